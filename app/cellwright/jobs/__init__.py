"""Long work: what an operation is, and what runs one: inline, on background threads, or in a process of its own."""

from cellwright.jobs.isolated import IsolatedRun, RunReport, RunState
from cellwright.jobs.operation import Operation, Progress, run_inline
from cellwright.jobs.queue import Job, JobQueue, JobState, Lane
from cellwright.jobs.stopping import is_stop_asked, stoppable

__all__ = [
    "IsolatedRun",
    "Job",
    "JobQueue",
    "JobState",
    "Lane",
    "Operation",
    "Progress",
    "RunReport",
    "RunState",
    "is_stop_asked",
    "run_inline",
    "stoppable",
]

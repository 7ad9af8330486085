"""Long work: what an operation is, and the two drivers that run one (inline, or on background threads)."""

from cellwright.jobs.operation import Operation, Progress, run_inline
from cellwright.jobs.queue import Job, JobQueue, JobState, Lane

__all__ = ["Job", "JobQueue", "JobState", "Lane", "Operation", "Progress", "run_inline"]

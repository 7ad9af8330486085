"""The window's driver of operations: plain threads, one lane for the device and one for files.

Not generator workers of a GUI library: those lose every `RuntimeError`, and running out of device memory is one.
"""

from __future__ import annotations

import itertools
import logging
import queue
import threading
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Generic, TypeVar

from psygnal import Signal, SignalInstance

from cellwright.jobs.operation import Operation, Progress
from cellwright.jobs.stopping import stoppable

R = TypeVar("R")

_log = logging.getLogger(__name__)
_next_id = itertools.count(1)


class Lane(str, Enum):
    """Which workers take a job."""

    DEVICE = "device"
    """Work that fills the processor or the graphics card: one at a time."""
    FILES = "files"
    """Work that waits for disks: a few at a time."""


class JobState(str, Enum):
    """Where a job is in its life; it only moves down this list, and the last three are ends."""

    QUEUED = "queued"
    """Waits for a free worker."""
    RUNNING = "running"
    """A worker is on it."""
    DONE = "done"
    """Ended well; `Job.result` holds what came out."""
    CANCELLED = "cancelled"
    """Stopped because someone asked."""
    FAILED = "failed"
    """Raised an error; see `Job.error` and `Job.error_text`."""

    @property
    def is_end(self) -> bool:
        """Whether nothing more will happen to the job."""
        return self in (JobState.DONE, JobState.CANCELLED, JobState.FAILED)


class Job(Generic[R]):
    """One operation on its way through a queue.

    The three signals are emitted on the worker's thread (on the thread that cancels, for a job that never started),
    so a window bridges them by a queued signal of its own.

    Attributes
    ----------
    id : int
        Counts up through the life of the program.
    operation : Operation
        What runs.
    lane : Lane
        Which workers take it.
    state : JobState
        Where it is.
    progress : Progress or None
        The last report.
    result : object or None
        What the operation returned, once `state` is ``DONE``.
    error : BaseException or None
        What it raised, once `state` is ``FAILED``.
    error_text : str
        The traceback of that error; empty otherwise.
    started_at, ended_at : datetime or None
        When a worker took it and when it was over, in UTC.
    changed : Signal()
        After every change of `state`.
    reported : Signal(Progress)
        For every report of the operation.
    ended : Signal()
        Once, after `state` has become an end.
    """

    changed = Signal()
    reported = Signal(Progress)
    ended = Signal()

    def __init__(self, operation: Operation[R], lane: Lane = Lane.DEVICE) -> None:
        self.id = next(_next_id)
        self.operation = operation
        self.lane = lane
        self.state = JobState.QUEUED
        self.progress: Progress | None = None
        self.result: R | None = None
        self.error: BaseException | None = None
        self.error_text = ""
        self.started_at: datetime | None = None
        self.ended_at: datetime | None = None
        self._lock = threading.Lock()
        self._cancel_asked = threading.Event()
        self._over = threading.Event()
        self._clock = _Clock()

    @property
    def title(self) -> str:
        """Name of the work."""
        return self.operation.title

    @property
    def is_cancelling(self) -> bool:
        """Whether someone asked to cancel and the running step has not ended yet."""
        return self._cancel_asked.is_set() and not self.state.is_end

    @property
    def seconds(self) -> float:
        """How long it has run so far, or ran; 0 before it starts."""
        return self._clock.elapsed()

    def seconds_left(self) -> float | None:
        """Return how long it will probably go on, from the pace of the steps so far; None while that is unknown."""
        return self._clock.left() if self.state is JobState.RUNNING else None

    def cancel(self) -> None:
        """Ask to stop: at once while queued, else after the step that is running. A job that is over stays so."""
        self._cancel_asked.set()
        with self._lock:
            never_started = self.state is JobState.QUEUED
            if never_started:
                self._end(JobState.CANCELLED)
        if never_started:
            self._announce_end()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until the job is over and its last signal was delivered; return whether that happened in time."""
        return self._over.wait(timeout)

    def work(self) -> None:
        """Run the operation on this thread to its end; for the workers of a queue."""
        with self._lock:
            if self.state is not JobState.QUEUED:
                return  # cancelled while it waited
            self.state = JobState.RUNNING
            self.started_at = datetime.now(UTC)
            self._clock.start()
        _emit(self.changed)
        try:
            end = self._steps()
        # Everything is kept, also what is no `Exception`: a worker must not die, and no error may vanish.
        except BaseException as error:  # noqa: BLE001
            self.error = error
            self.error_text = "".join(traceback.format_exception(error))
            _log.info("%s failed", self.title, exc_info=error)
            end = JobState.FAILED
        with self._lock:
            self._end(end)
        self._announce_end()

    def _steps(self) -> JobState:
        """Drive the generator to its end, or close it when someone asks to stop."""
        steps = self.operation.run()
        try:
            with stoppable(self._cancel_asked.is_set):
                while not self._cancel_asked.is_set():
                    self._report(next(steps))
            return JobState.CANCELLED
        except StopIteration as end:
            self.result = end.value
            return JobState.DONE
        finally:
            steps.close()

    def _report(self, progress: Progress) -> None:
        self.progress = progress
        self._clock.tick(progress.done, progress.total)
        _emit(self.reported, progress)

    def _end(self, state: JobState) -> None:
        self.state = state
        self.ended_at = datetime.now(UTC)
        self._clock.stop()

    def _announce_end(self) -> None:
        _emit(self.changed)
        _emit(self.ended)
        self._over.set()


class JobQueue:
    """Workers that run operations in the order they were handed in, lane by lane.

    Parameters
    ----------
    device_workers, file_workers : int
        Threads of either lane, at least 1.

    Attributes
    ----------
    added : Signal(Job)
        On the thread that submits, before any worker can see the job: the place to connect to its signals.
    """

    added = Signal(Job)

    def __init__(self, device_workers: int = 1, file_workers: int = 2) -> None:
        self._lanes: dict[Lane, queue.SimpleQueue[Job[Any] | None]] = {lane: queue.SimpleQueue() for lane in Lane}
        self._jobs: list[Job[Any]] = []
        self._is_closed = False
        counts = {Lane.DEVICE: device_workers, Lane.FILES: file_workers}
        self._threads = [
            # Daemons: a worker stuck in a long native call must not keep a closed program alive.
            threading.Thread(target=_serve, args=(self._lanes[lane],), name=f"{lane.value}-{i}", daemon=True)
            for lane, count in counts.items()
            for i in range(max(1, count))
        ]
        self._workers_of = {lane: max(1, count) for lane, count in counts.items()}
        for thread in self._threads:
            thread.start()

    @property
    def jobs(self) -> tuple[Job[Any], ...]:
        """Every job submitted and not forgotten, oldest first."""
        return tuple(self._jobs)

    @property
    def is_busy(self) -> bool:
        """Whether any job is queued or running."""
        return any(not job.state.is_end for job in self._jobs)

    def submit(
        self, operation: Operation[R], lane: Lane = Lane.DEVICE, watch: Callable[[Job[R]], None] | None = None
    ) -> Job[R]:
        """Put an operation at the end of a lane.

        Parameters
        ----------
        operation : Operation
            What to run.
        lane : Lane
            Which workers take it.
        watch : callable, optional
            Called with the job before any worker can see it, so that no signal is missed.

        Returns
        -------
        Job
            To follow and to cancel.

        Raises
        ------
        RuntimeError
            If the queue is closed.
        """
        if self._is_closed:
            raise RuntimeError("This queue is closed and takes no more work.")
        job: Job[R] = Job(operation, lane)
        self._jobs.append(job)
        if watch is not None:
            watch(job)
        _emit(self.added, job)
        self._lanes[lane].put(job)
        return job

    def forget_ended(self) -> None:
        """Drop the jobs that are over, and with them their results."""
        self._jobs = [job for job in self._jobs if not job.state.is_end]

    def close(self, timeout: float | None = 10.0) -> bool:
        """Cancel every job, stop the workers and wait for them.

        Returns
        -------
        bool
            Whether every worker ended within `timeout` seconds; one that did not ends with the program.
        """
        self._is_closed = True
        for job in self.jobs:
            job.cancel()
        for lane, count in self._workers_of.items():
            for _ in range(count):
                self._lanes[lane].put(None)
        deadline = None if timeout is None else time.monotonic() + timeout
        for thread in self._threads:
            thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)


class _Clock:
    """Elapsed and remaining time of one job."""

    def __init__(self) -> None:
        self._began = self._stopped = 0.0
        self._first: tuple[float, int] | None = None
        self._last = (0.0, 0, 0)

    def start(self) -> None:
        self._began = time.monotonic()

    def tick(self, done: int, total: int) -> None:
        now = time.monotonic()
        # The pace is taken from the first report on: loading a model before it says nothing about the steps.
        if self._first is None:
            self._first = (now, done)
        self._last = (now, done, total)

    def stop(self) -> None:
        self._stopped = time.monotonic()

    def elapsed(self) -> float:
        if not self._began:
            return 0.0
        return (self._stopped or time.monotonic()) - self._began

    def left(self) -> float | None:
        at, done, total = self._last
        if self._first is None or done <= self._first[1] or total <= 0:
            return None
        pace = (at - self._first[0]) / (done - self._first[1])
        return max(0.0, pace * (total - done) - (time.monotonic() - at))


def _serve(lane: queue.SimpleQueue[Job[Any] | None]) -> None:
    """Work through a lane until its end is marked."""
    while (job := lane.get()) is not None:
        job.work()


def _emit(signal: SignalInstance, *values: object) -> None:
    """Emit, and write down what a listener raises: a broken panel must not fail the work."""
    try:
        signal.emit(*values)
    except Exception:  # noqa: BLE001 - a listener may raise anything
        _log.exception("A listener to %s failed", signal.name)

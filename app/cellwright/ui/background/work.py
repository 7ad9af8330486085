"""`Work`: runs operations on the queue, lists those that a person should see, and says what failed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from cellwright.core import CellwrightError
from cellwright.jobs import Operation
from cellwright.jobs.queue import Job, JobQueue, JobState, Lane
from cellwright.ui.background.bridge import JobBridge
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.panels.jobs_panel import error_sentence

_log = logging.getLogger(__name__)


class Work(QObject):
    """Joins a window with the job queue.

    Parameters
    ----------
    queue : JobQueue
        Where long work runs.

    Signals
    -------
    message(object)
        A `Message` for the person.
    job_listed(object)
        A `Job` that the person should see in the list of jobs.
    job_changed(object)
        A `Job` of that list moved on.
    reported(object, object)
        A `Job` and its `Progress`, after `job_changed`.
    """

    message = Signal(object)
    job_listed = Signal(object)
    job_changed = Signal(object)
    reported = Signal(object, object)

    def __init__(self, queue: JobQueue) -> None:
        super().__init__()
        self.queue = queue
        self._listed: dict[int, Job[Any]] = {}
        self._done: dict[int, Callable[[Job[Any]], None]] = {}
        self._bridge = JobBridge(self)
        self._bridge.reported.connect(self._pass_on)
        self._bridge.changed.connect(self.job_changed)
        self._bridge.ended.connect(self._on_ended)

    @property
    def is_working(self) -> bool:
        """Whether a job of the list is queued or running, or what came of it was not taken here yet."""
        return bool(self._listed)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is under way, listed or not, and whatever came of it was taken here."""
        return not self._done

    def cancel_all(self) -> None:
        """Ask every job of the list to stop."""
        for job in list(self._listed.values()):
            job.cancel()

    def submit(self, operation: Operation[Any], lane: Lane) -> Job[Any]:
        """Run an operation that the person should see in the list of jobs; if it fails, they are told."""
        return self.submit_quietly(operation, lane, self.say_failed, listed=True)

    def submit_quietly(
        self, operation: Operation[Any], lane: Lane, done: Callable[[Job[Any]], None], *, listed: bool = False
    ) -> Job[Any]:
        """Run an operation and call `done` with its job, on this thread, when it is over."""

        def watch(job: Job[Any]) -> None:
            self._done[job.id] = done
            self._bridge.watch(job)

        job = self.queue.submit(operation, lane, watch)
        if listed:
            self._listed[job.id] = job
            self.job_listed.emit(job)
        return job

    def say_failed(self, job: Job[Any]) -> None:
        """Tell the person why a job failed; nothing where it did not."""
        if job.state is JobState.FAILED:
            is_ours = isinstance(job.error, CellwrightError)
            if not is_ours:
                _log.error("%s failed\n%s", job.title, job.error_text)
            text = error_sentence(job.title, job.error)
            self.message.emit(Message(Level.ERROR, text, job.error_text))

    def close(self) -> bool:
        """Cancel everything and wait; return whether every worker ended in time."""
        return self.queue.close()

    def _pass_on(self, job: Job[Any], progress: object) -> None:
        self.job_changed.emit(job)
        self.reported.emit(job, progress)

    def _on_ended(self, job: Job[Any]) -> None:
        self._listed.pop(job.id, None)
        self.job_changed.emit(job)
        done = self._done.pop(job.id, None)
        self.queue.forget_ended()
        if done is not None:
            done(job)

"""Carries what jobs say on their threads over to the window's thread."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from cellwright.jobs import Progress
from cellwright.jobs.queue import Job


class JobBridge(QObject):
    """Signals of jobs, received on the thread of this object.

    Signals
    -------
    reported(object, object)
        A `Job` and its `Progress`.
    changed(object), ended(object)
        A `Job` has another state; is over.
    """

    reported = Signal(object, object)
    changed = Signal(object)
    ended = Signal(object)
    _on_worker_reported = Signal(object, object)
    _on_worker_changed = Signal(object)
    _on_worker_ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # queued: emitted on the worker, received on the window's thread, and never in the middle of something there
        queued = Qt.ConnectionType.QueuedConnection
        self._on_worker_reported.connect(self._report, queued)
        self._on_worker_changed.connect(self._change, queued)
        self._on_worker_ended.connect(self._end, queued)

    def watch(self, job: Job[Any]) -> None:
        """Carry over what a job says from now on; call it before a worker can see the job."""
        job.reported.connect(lambda progress: self._on_worker_reported.emit(job, progress))
        job.changed.connect(lambda: self._on_worker_changed.emit(job))
        job.ended.connect(lambda: self._on_worker_ended.emit(job))

    def _report(self, job: Job[Any], progress: Progress) -> None:
        self.reported.emit(job, progress)

    def _change(self, job: Job[Any]) -> None:
        self.changed.emit(job)

    def _end(self, job: Job[Any]) -> None:
        self.ended.emit(job)

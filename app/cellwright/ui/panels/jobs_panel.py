"""The panel with the long work: what it does, how far it is, how long it will take, and a button that stops it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QProgressBar, QVBoxLayout, QWidget

from cellwright.core import CellwrightError
from cellwright.jobs.queue import Job, JobState
from cellwright.ui.looks.widgets import button, column, describe, label, restyle, scrolling
from cellwright.ui.looks.wording import seconds_text, time_left_text

_REFRESH_MS = 500
_KEPT = 50


class JobsPanel(QWidget):
    """One row a job, the newest above.

    Signals
    -------
    running_changed(int)
        How many jobs are queued or running.
    """

    running_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[int, JobRow] = {}
        self._content = QWidget()
        self._list = column(self._content, margin=0, gap=0)
        self._list.addStretch(1)
        self._hint = label(
            "Long work shows here: what it does, how long it will take, and a button that stops it.", "muted", wrap=True
        )
        self._hint.setContentsMargins(12, 12, 12, 12)
        self._clear = button("Clear finished", "Take jobs that are over from the list.", self.clear_finished, "small")
        head = QHBoxLayout()
        head.setContentsMargins(12, 6, 12, 2)
        head.addWidget(self._hint, 1)
        head.addStretch(1)
        head.addWidget(self._clear)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(scrolling(self._content, "Jobs"), 1)
        # "about 2 min left" has to go on counting between two reports
        self._timer = QTimer(self)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self._refresh_running)
        self._was_running = -1
        self._update_head()

    @property
    def rows(self) -> tuple[JobRow, ...]:
        """Rows, oldest first."""
        return tuple(self._rows.values())

    def add(self, job: Job[Any]) -> None:
        """Put a job at the head of the list."""
        row = JobRow(job)
        self._rows[job.id] = row
        self._list.insertWidget(0, row)
        for old in [r for r in self._rows.values() if r.job.state.is_end][: max(0, len(self._rows) - _KEPT)]:
            self._drop(old)
        self._update_head()

    def refresh(self, job: Job[Any]) -> None:
        """Show a job anew."""
        row = self._rows.get(job.id)
        if row is not None:
            row.refresh()
            self._update_head()

    def clear_finished(self) -> None:
        """Take jobs that are over from the list."""
        for row in self.rows:
            if row.job.state.is_end:
                self._drop(row)
        self._update_head()

    def stop(self) -> None:
        """Stop the timer, before the window goes."""
        self._timer.stop()

    def _drop(self, row: JobRow) -> None:
        self._rows.pop(row.job.id)
        row.hide()
        row.setParent(None)
        row.deleteLater()

    def _refresh_running(self) -> None:
        for row in self._rows.values():
            if not row.job.state.is_end:
                row.refresh()

    def _update_head(self) -> None:
        running = sum(not row.job.state.is_end for row in self._rows.values())
        self._hint.setVisible(not self._rows)
        self._clear.setVisible(len(self._rows) > running)
        if running and not self._timer.isActive():
            self._timer.start()
        elif not running:
            self._timer.stop()
        if running != self._was_running:
            self._was_running = running
            self.running_changed.emit(running)


class JobRow(QFrame):
    """One job."""

    def __init__(self, job: Job[Any]) -> None:
        super().__init__()
        self.setObjectName("job")
        self.job = job
        self._title = label(job.title, "section")
        self._state = label("", "muted", wrap=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        describe(self._bar, f"Progress of {job.title}", "How much is done.")
        self.cancel = button(
            "Cancel", "Stop this job; what it found so far stays.", self._on_cancel, "small", name=f"Cancel {job.title}"
        )
        self._details_button = button(
            "Details", "Show what happened in detail.", self._toggle, "small", name=f"Details of {job.title}"
        )
        self._copy = button(
            "Copy", "Copy the message and its details.", self._on_copy, "small", name=f"Copy the error of {job.title}"
        )
        self._details = QPlainTextEdit()
        self._details.setReadOnly(True)
        self._details.setMinimumHeight(140)
        self._details.hide()
        describe(self._details, f"Details of {job.title}", "What happened in detail; useful in a report.")
        self._lay_out()
        self.refresh()

    def _lay_out(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(12, 8, 12, 8)
        outer.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(12)
        words = column(margin=0, gap=2)
        words.addWidget(self._title)
        words.addWidget(self._state)
        words.addWidget(self._bar)
        row.addLayout(words, 1)
        for widget in (self._details_button, self._copy, self.cancel):
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)
        outer.addLayout(row)
        outer.addWidget(self._details)

    @property
    def state_text(self) -> str:
        """What the row says under its title."""
        return self._state.text()

    def refresh(self) -> None:
        """Show the job as it is now."""
        job = self.job
        failed = job.state is JobState.FAILED
        self._state.setText(job_text(job))
        kind = {JobState.FAILED: "bad", JobState.DONE: "good", JobState.CANCELLED: "warn"}.get(job.state, "muted")
        if self._state.property("kind") != kind:
            self._state.setProperty("kind", kind)
            restyle(self._state)
        total = job.progress.total if job.progress is not None else 0
        self._bar.setVisible(not job.state.is_end)
        self._bar.setRange(0, total)
        self._bar.setValue(job.progress.done if job.progress is not None else 0)
        self.cancel.setVisible(not job.state.is_end)
        self.cancel.setEnabled(not job.is_cancelling)
        self._details_button.setVisible(failed)
        self._copy.setVisible(failed)
        if failed:
            self._details.setPlainText(job.error_text)

    def _on_cancel(self) -> None:
        self.job.cancel()
        self.refresh()

    def _toggle(self) -> None:
        self._details.setVisible(not self._details.isVisible())

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(f"{self.job.title}\n{self.state_text}\n\n{self.job.error_text}")


def job_text(job: Job[Any]) -> str:
    """Return in one line how a job stands."""
    if job.state is JobState.QUEUED:
        return "Waiting for its turn"
    if job.state is JobState.DONE:
        return f"Done in {seconds_text(job.seconds)}"
    if job.state is JobState.CANCELLED:
        return "Cancelled"
    if job.state is JobState.FAILED:
        return error_sentence(job.title, job.error)
    if job.is_cancelling:
        return "Stopping after this step…"
    message = job.progress.message if job.progress is not None else "Starting"
    return " · ".join(part for part in (message, time_left_text(job.seconds_left())) if part)


def error_sentence(title: str, error: BaseException | None) -> str:
    """Return an error as a person may read it: our own as they are, others with what was being done."""
    if isinstance(error, CellwrightError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{title}: there is not enough memory. Close other programs or pictures and try again."
    kind = type(error).__name__
    return f"{title} failed because of a mistake in the program ({kind}). Details can be copied and reported."

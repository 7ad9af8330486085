"""`TeachPanel`: choices, progress, curves, verdict and lineage, from top to bottom. It shows and emits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QProgressBar, QSizePolicy, QTabWidget, QWidget

from cellwright.jobs import RunReport, RunState
from cellwright.ui.looks.theme import GRID_PX, Theme
from cellwright.ui.looks.widgets import button, column, describe, label, restyle, scrolling
from cellwright.ui.looks.wording import time_left_text
from cellwright.ui.teaching.choices import TeachChoices
from cellwright.ui.teaching.curves import Curves
from cellwright.ui.teaching.lineage_view import LineageView
from cellwright.ui.teaching.worst_view import WorstView
from cellwright.workflows.teaching import LessonSummary

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QResizeEvent

_NO_PROJECT = "Open a project with corrected or accepted cells to teach a model."
_WORST_TITLE = "Worst cases: before, after"
_NOT_YET = "Progress and curves are shown here while a model is taught."
_NO_VERDICT = "When a model was taught, it is said here whether it became better, and what it gets wrong."
_CHOICES_PX = 300
_COURSE, _VERDICT = 0, 1
_STATES = {
    RunState.STARTING: "Starting",
    RunState.RUNNING: "Teaching",
    RunState.PAUSED: "Paused",
    RunState.DONE: "Done",
    RunState.CANCELLED: "Stopped; it can go on",
    RunState.FAILED: "It could not go on",
}


class TeachPanel(QWidget):
    """Everything about teaching, for one project at a time.

    Signals
    -------
    preview_asked(), start_asked(), pause_asked(), cancel_asked(), go_on_asked()
        What the buttons say.
    same_asked(str, str)
        A class of the project is to bear the name of one that the model knows.
    keep_asked(str), back_asked()
        Put a model in use; go back to the one before.
    case_chosen(object)
        A worst case, as in `Verdict.to_dict`.
    """

    preview_asked = Signal()
    start_asked = Signal()
    pause_asked = Signal()
    cancel_asked = Signal()
    go_on_asked = Signal()
    same_asked = Signal(str, str)
    keep_asked = Signal(str)
    back_asked = Signal()
    case_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._result: dict[str, Any] | None = None
        self.summary = label(_NO_PROJECT, "muted", wrap=True)
        self.same = QComboBox()
        describe(self.same, "The same under another name", "A class new to the model, and what the model calls it.")
        self.same.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.same.setMinimumContentsLength(6)
        self.rename = button(
            "Call it so", "Give the project's class the model's name; it can be taken back.", self._emit_same, "small"
        )
        self.choices = TeachChoices()
        self.preview = button("Preview…", "See how pictures are changed for training.", self.preview_asked.emit)
        self.start = button("Teach", "Teach the model in a process of its own.", self.start_asked.emit, "primary")
        self.pause = button("Pause", "Wait after the step that is running.", self.pause_asked.emit)
        self.cancel = button("Stop", "Stop; what was saved can be gone on with.", self.cancel_asked.emit)
        self.go_on = button("Go on", "Go on from what was saved.", self.go_on_asked.emit)
        self.bar = QProgressBar()
        describe(self.bar, "Progress of the teaching", "How much of the teaching is done.")
        self.said = label("", "muted", wrap=True)
        self.curves = Curves()
        self.verdict = label("", "heading", wrap=True, selectable=True)
        self.lineage = LineageView()
        self.worst_title = label(_WORST_TITLE, "muted")
        self.worst_title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.worst = WorstView()
        for view in (self.worst, self.lineage):
            # They take what is left, and scroll by themselves.
            view.setMinimumHeight(56)
            view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.keep = button("Keep it", "Use the taught model from now on.", self._emit_keep, "primary")
        self.back = button("Go back", "Use the model again that was in use before.", self.back_asked.emit)
        self.pages = QTabWidget()
        describe(self.pages, "What comes of it", "How it goes, what came of it, and which models there are.")
        self.pages.tabBar().setAccessibleName("Pages of teaching")
        self.pages.setDocumentMode(True)
        self.pages.tabBar().setDrawBase(False)
        self._lay_out()
        self.worst.case_chosen.connect(self.case_chosen)
        self.show_summary(None)
        self.show_report(None, None)

    def set_theme(self, theme: Theme) -> None:
        """Follow the look of the window."""
        self.curves.set_theme(theme)

    def show_summary(self, summary: LessonSummary | None, problem: str = _NO_PROJECT) -> None:
        """Say what would be learned from, or why nothing can be."""
        self.summary.setText(problem if summary is None else _summary_text(summary))
        self._offer_names(summary)
        self._can_start = summary is not None
        for each in (self.start, self.preview):
            each.setEnabled(self._can_start)

    def _offer_names(self, summary: LessonSummary | None) -> None:
        """Offer to call each class that is new by each name of the model that nothing teaches."""
        pairs = [] if summary is None else [(new, known) for new in summary.new_classes for known in summary.untaught]
        self.same.clear()
        for new, known in pairs:
            self.same.addItem(f"{new} is {known}", (new, known))
        for widget in (self.same, self.rename):
            widget.setVisible(bool(pairs))

    def show_report(self, report: RunReport | None, seconds_left: float | None) -> None:
        """Show how far the run is; None where there is none."""
        state = None if report is None else report.state
        is_running = state is not None and not state.is_end
        can_go_on = state in (RunState.CANCELLED, RunState.FAILED)
        self.start.setEnabled(self._can_start and not is_running)
        self.choices.setEnabled(not is_running)
        for each in (self.same, self.rename):
            each.setEnabled(not is_running)
        for widget, is_there in (
            (self.bar, is_running),
            (self.pause, is_running),
            (self.cancel, is_running),
            (self.go_on, can_go_on),
        ):
            widget.setVisible(is_there)
        self.pause.setText("Go on" if state is RunState.PAUSED else "Pause")
        if report is None or state is None:
            self.said.setText(_NOT_YET)
            return
        progress = report.progress
        self.bar.setRange(0, progress.total if progress is not None else 0)
        if progress is not None:
            self.bar.setValue(progress.done)
        words = [_STATES[state]]
        if is_running and progress is not None:
            words += [progress.message, time_left_text(seconds_left)]
        words.append(report.problem)
        self.said.setText(". ".join(word for word in words if word))

    def show_result(self, result: dict[str, Any] | None, *, can_go_back: bool, crops: Path | None = None) -> None:
        """Show what came of it, as in `Taught.to_dict`; None before anything did. `crops` holds the worst cases."""
        self._result = result
        for widget in (self.worst_title, self.worst):
            widget.setVisible(result is not None and bool(result["verdict"]["worst"]))
        self.keep.setVisible(result is not None)
        self.back.setEnabled(can_go_back)
        self.worst.show_cases([] if result is None else result["verdict"]["worst"], crops)
        self.pages.setCurrentIndex(_COURSE if result is None else _VERDICT)
        if result is None:
            self._say_verdict(_NO_VERDICT, "muted")
            return
        verdict = result["verdict"]
        is_better = bool(verdict["is_better"])
        self._say_verdict(verdict["sentence"], "good" if is_better else "warn")
        self.keep.setEnabled(is_better and not result["is_in_use"])
        self.keep.setText("In use" if result["is_in_use"] else "Keep it")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the verdict the height that its words take at the new width."""
        super().resizeEvent(event)
        self._fit_verdict()

    def _say_verdict(self, text: str, kind: str) -> None:
        self.verdict.setText(text)
        self.verdict.setProperty("kind", kind)
        restyle(self.verdict)
        self._fit_verdict()

    def _fit_verdict(self) -> None:
        # Beside a view that takes what is left a label that wraps would be cut: nobody asks how high it is at a width.
        self.verdict.setMinimumHeight(max(0, self.verdict.heightForWidth(max(self.verdict.width(), 1))))

    def _emit_same(self) -> None:
        new, known = self.same.currentData()
        self.same_asked.emit(new, known)

    def _emit_keep(self) -> None:
        if self._result is not None:
            self.keep_asked.emit(str(self._result["name"]))

    def _lay_out(self) -> None:
        """Put what is chosen beside what comes of it; that stands in pages, since the panel is wider than high."""
        chosen, course, came, lineage = QWidget(), QWidget(), QWidget(), QWidget()
        left = column(chosen, margin=0)
        left.addWidget(self.summary)
        names = QHBoxLayout()
        # the page is a little wider than what is seen of it beside its own scroll bar
        names.setContentsMargins(0, 0, 2 * GRID_PX, 0)
        names.addWidget(self.same, 1)
        names.addWidget(self.rename)
        left.addLayout(names)
        left.addLayout(_row(self.start, self.preview))
        left.addWidget(self.choices)
        left.addStretch(1)
        happens = column(course, margin=0)
        happens.setContentsMargins(0, GRID_PX, 0, 0)
        line = QHBoxLayout()
        line.addWidget(self.said, 1)
        for each in (self.pause, self.cancel, self.go_on):
            line.addWidget(each)
        happens.addWidget(self.bar)
        happens.addLayout(line)
        happens.addWidget(self.curves, 1)
        # Words and crops beside each other: the panel is not high, and crops are to be seen without scrolling first.
        verdict = QHBoxLayout(came)
        verdict.setContentsMargins(0, GRID_PX, 0, 0)
        verdict.setSpacing(2 * GRID_PX)
        said, shown = column(margin=0), column(margin=0)
        said.addWidget(self.verdict)
        said.addLayout(_row(self.keep, self.back))
        said.addStretch(1)
        shown.addWidget(self.worst_title)
        shown.addWidget(self.worst, 1)
        verdict.addLayout(said, 2)
        verdict.addLayout(shown, 3)
        column(lineage, margin=0).addWidget(self.lineage, 1)
        for page, title in ((course, "Course"), (came, "Verdict"), (lineage, "Models")):
            self.pages.addTab(page, title)
        columns = QHBoxLayout(self)
        columns.setContentsMargins(GRID_PX, GRID_PX, GRID_PX, GRID_PX)
        columns.setSpacing(2 * GRID_PX)
        area = scrolling(chosen, "What is taught")
        area.setMaximumWidth(_CHOICES_PX)
        columns.addWidget(area, 2)
        columns.addWidget(self.pages, 3)


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row


def _summary_text(summary: LessonSummary) -> str:
    counts = ", ".join(f"{count:,} {name}" for name, count in summary.by_class.items())
    words = (
        f"Learns from {summary.objects:,} objects ({counts}) on {summary.pictures:,} pictures; "
        f"judged on {summary.held_out:,} {'other' if summary.held_out == 1 else 'others'}."
    )
    if summary.new_classes:
        words += f" {summary.new_words}"
    if summary.held_out < 3:
        words += " At least three pictures must be held out to tell whether it becomes better."
    return words

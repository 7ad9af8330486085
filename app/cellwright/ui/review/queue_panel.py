"""`QueuePanel`: one doubtful thing after the other, large, with the keys that answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QProgressBar, QWidget

from cellwright.project import ReviewProgress
from cellwright.ui.looks.widgets import as_panel, button, column, describe, empty, label, scrolling
from cellwright.ui.review.crop_view import CropView
from cellwright.ui.review.queue import QueueKind

CUT_PX = 320
"""Side that crops are cut with."""
_KEYS = {*"1234567890", "A", "X", "N", "P"}
_COLUMNS, _ROOM_PX = 6, 360
"""Buttons of classes beside each other at most, and what they may take of the width."""
_LEAST_PX = 28
"""Height of one row of them."""


class QueuePanel(QWidget):
    """The queue.

    Signals
    -------
    queue_chosen(object, int)
        A `QueueKind`, and the number of the audit (0 for none).
    audit_asked()
        An audit is to be drawn.
    said(str)
        A key: a digit, ``"A"`` (yes), ``"X"`` (no), ``"N"`` (next), ``"P"`` (previous).
    class_chosen(str)
        The class of that name is right.
    place_asked()
        The thing is to be shown on its picture.
    start_asked()
        Reviewing is to begin.
    """

    queue_chosen = Signal(object, int)
    audit_asked = Signal()
    said = Signal(str)
    class_chosen = Signal(str)
    place_asked = Signal()
    start_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        as_panel(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Review queue")
        self._kinds = QComboBox()
        self._bar = QProgressBar()
        self._progress = label("", "muted")
        self._crop = CropView()
        self._why = label("", wrap=True)
        self._kinds_of_cells = QWidget()
        self._classes = QGridLayout(self._kinds_of_cells)
        self._classes.setContentsMargins(0, 0, 0, 0)
        self._audits: list[int] = []
        self._yes = button("", "", lambda: self.said.emit("A"), "primary", name="Yes")
        self._no = button("", "", lambda: self.said.emit("X"), name="No")
        self._body = QWidget()
        self._words = label("", "muted", wrap=True)
        self._start = button("Start reviewing", "Begin a project and go through its cells.", self.start_asked.emit)
        self._lay_out()
        self.set_audits([])

    def _lay_out(self) -> None:
        describe(self._kinds, "What to look at", "Doubtful cells, places where cells may be missing, or an audit.")
        describe(self._bar, "How far the review is", "How many of the queue have been looked at.")
        self._kinds.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._kinds.setMinimumContentsLength(16)
        self._kinds.currentIndexChanged.connect(self._on_kind)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(160)
        layout = column(self, margin=8)
        layout.addLayout(self._top_row())
        layout.addWidget(self._words)
        layout.addWidget(self._start, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._body, 1)
        layout.addStretch(0)
        inside = QHBoxLayout(self._body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(16)
        inside.addWidget(self._crop)
        words = column(margin=0)
        words.addWidget(self._why)
        words.addLayout(self._answer_row())
        # many classes scroll, or they would push the picture away
        classes = scrolling(self._kinds_of_cells, "Classes")
        classes.setMinimumHeight(_LEAST_PX)
        words.addWidget(classes, 1)
        words.addLayout(self._step_row())
        inside.addLayout(words, 1)

    def _top_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._kinds, 2)
        ask = "Draw cells at random, to learn how often the model is right."
        row.addWidget(button("Draw an audit…", ask, self.audit_asked.emit, "small"))
        row.addStretch(1)
        row.addWidget(self._progress)
        row.addWidget(self._bar)
        return row

    def _answer_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._yes)
        row.addWidget(self._no)
        row.addStretch(1)
        return row

    def _step_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        on, place = "Go to the next that nobody has looked at (N).", "Go to this place on its picture."
        row.addWidget(button("Previous", "Go back (P).", lambda: self.said.emit("P"), "small"))
        row.addWidget(button("Next", on, lambda: self.said.emit("N"), "small"))
        row.addWidget(button("Show on picture", place, self.place_asked.emit, "small"))
        row.addStretch(1)
        return row

    # ---- what is shown

    def set_audits(self, audits: Sequence[tuple[int, str]]) -> None:
        """Offer these audits, each a number and its words, beside the two queues."""
        entries = [(QueueKind.DOUBTFUL, 0, "Doubtful cells"), (QueueKind.WINDOWS, 0, "Places with missed cells")]
        entries += [(QueueKind.AUDIT, number, words) for number, words in audits]
        now = self._kinds.currentData()
        self._kinds.blockSignals(True)
        self._kinds.clear()
        for kind, number, words in entries:
            self._kinds.addItem(words, (kind, number))
        chosen = next((at for at in range(len(entries)) if self._kinds.itemData(at) == now), 0)
        self._kinds.setCurrentIndex(chosen)
        self._kinds.blockSignals(False)

    def show_kind(self, kind: QueueKind, number: int = 0) -> None:
        """Show which queue it is, without choosing it anew."""
        self._kinds.blockSignals(True)
        self.choose(kind, number)
        self._kinds.blockSignals(False)

    def choose(self, kind: QueueKind, number: int = 0) -> None:
        """Choose a queue, as a person would."""
        at = next((at for at in range(self._kinds.count()) if self._kinds.itemData(at) == (kind, number)), -1)
        if at >= 0:
            self._kinds.setCurrentIndex(at)

    def set_classes(self, classes: Sequence[tuple[str, str, str]]) -> None:
        """Offer these classes as answers: name, title and key of each."""
        empty(self._classes)
        made = [
            button(
                f"{key}  {title}" if key else title,
                f"This is: {title}.",
                partial(self.class_chosen.emit, name),
                "small",
                name=title,
            )
            for name, title, key in classes
        ]
        # many long names in one row would make the window wider than the screen
        widest = max((each.sizeHint().width() for each in made), default=1)
        columns = min(_COLUMNS, max(1, _ROOM_PX // (widest + self._classes.horizontalSpacing())))
        for place, each in enumerate(made):
            self._classes.addWidget(each, place // columns, place % columns)

    def show_progress(self, progress: ReviewProgress) -> None:
        """Say how far the queue has been looked through."""
        self._bar.setRange(0, max(1, progress.total))
        self._bar.setValue(progress.reviewed)
        self._progress.setText(str(progress))

    def show_words(self, text: str, *, can_start: bool = False) -> None:
        """Show words in place of a thing; none shows the thing."""
        self._words.setText(text)
        self._words.setVisible(bool(text))
        self._start.setVisible(can_start)
        self._body.setVisible(not text)

    def show_item(self, why: str, *, is_window: bool) -> None:
        """Show why a thing stands here, and the answers it can have; its crop comes later."""
        self._why.setText(why)
        self._yes.setText("Nothing missed (A)" if is_window else "Accept (A)")
        self._no.setText("Cells missed (X)" if is_window else "Reject (X)")
        for at in range(self._classes.count()):
            item = self._classes.itemAt(at)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.setVisible(not is_window)
        self._crop.show_image(None, QRectF(), [])

    def show_crop(self, image: QImage | None, cell: QRectF, found: Sequence[tuple[QRectF, str]]) -> None:
        """Show the crop with the thing marked in it, and what was found there; see `CropView.show_image`."""
        if image is None:
            self._why.setText("This part of the picture cannot be read.")
        self._crop.show_image(image, cell, found)

    # ---- Qt

    def event(self, event: QEvent) -> bool:
        """Keep the keys of the queue from the window's actions while the queue has the focus."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _said(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Answer."""
        said = _said(event)
        if said:
            self.said.emit(said)
        else:
            super().keyPressEvent(event)

    def _on_kind(self, _at: int) -> None:
        chosen = self._kinds.currentData()
        if chosen is not None:
            self.queue_chosen.emit(*chosen)


def _said(event: QKeyEvent) -> str:
    if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
        return ""
    text = event.text().upper()
    return text if text in _KEYS else ""

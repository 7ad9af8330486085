"""The dialog of a project's classes: name, title, colour and key; closing it with Save is one step of work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from cellwright.annotation import ClassRecord, Edit, EditKind, RecordChange
from cellwright.ui.looks.widgets import button, column, describe, label

_COLOURS = ("#009E73", "#CC79A7", "#56B4E9", "#F0E442", "#D55E00", "#0072B2", "#E69F00")
_KEYS = ("", *"123456789")
_WORDS = "The name stands in files, the title on the screen. A key from 1 to 9 gives the class to selected cells."
_COLOUR, _NAME, _TITLE, _KEY = range(4)


@dataclass(frozen=True, slots=True)
class ClassDraft:
    """A class as it is edited; `number` is that of its record, None where it is new."""

    number: int | None
    name: str
    title: str
    colour: str
    key: str = ""


class ClassesDialog(QDialog):
    """Edits the classes.

    Parameters
    ----------
    classes : sequence of ClassRecord
        As they are.
    parent : QWidget
        The window.

    Signals
    -------
    chosen(object)
        Tuple of `ClassDraft`, as they are to be.
    """

    chosen = Signal(object)

    def __init__(self, classes: Sequence[ClassRecord], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Classes")
        self.setAccessibleName("Classes")
        self.resize(560, 420)
        self._numbers: list[int | None] = []
        self.table = QTableWidget(0, 4)
        self._problem = label("", "warn", wrap=True)
        self._ok = button("Save", "Change the classes, as one step that can be taken back.", self._accept, "primary")
        self._ok.setDefault(True)
        self._set_up()
        for each in classes:
            self.add(ClassDraft(each.id, each.name, each.title, each.colour, each.key))
        self._check()

    @property
    def drafts(self) -> tuple[ClassDraft, ...]:
        """The classes as the table says."""
        return tuple(self._draft(row) for row in range(self.table.rowCount()))

    def add(self, draft: ClassDraft) -> None:
        """Put a class at the end of the table."""
        row = self.table.rowCount()
        self.table.blockSignals(True)
        self.table.insertRow(row)
        self._numbers.append(draft.number)
        swatch = QTableWidgetItem()
        swatch.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        self.table.setItem(row, _COLOUR, swatch)
        self.table.setItem(row, _NAME, QTableWidgetItem(draft.name))
        self.table.setItem(row, _TITLE, QTableWidgetItem(draft.title))
        keys = QComboBox()
        describe(keys, f"Key of {draft.title}", "Key that gives this class to the selected cells.")
        keys.addItems(_KEYS)
        keys.setCurrentText(draft.key)
        keys.currentTextChanged.connect(lambda _text: self._check())
        self.table.setCellWidget(row, _KEY, keys)
        self.table.blockSignals(False)
        self._paint(row, draft.colour)

    def remove_current(self) -> None:
        """Take the class of the current row away."""
        row = self.table.currentRow()
        if row >= 0:
            self.table.removeRow(row)
            del self._numbers[row]
            self._check()

    def set_colour(self, row: int, colour: str) -> None:
        """Give a class another colour, ``#rrggbb``."""
        self._paint(row, colour)
        self._check()

    def _set_up(self) -> None:
        table = self.table
        describe(table, "Classes", "One row a class; a double click on the colour chooses another.")
        table.setHorizontalHeaderLabels(["Colour", "Name", "Title", "Key"])
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.setIconSize(QSize(40, 16))
        header = table.horizontalHeader()
        header.setSectionResizeMode(_TITLE, QHeaderView.ResizeMode.Stretch)
        table.setColumnWidth(_COLOUR, 88)
        table.setColumnWidth(_NAME, 130)
        table.setColumnWidth(_KEY, 80)
        table.itemChanged.connect(lambda _item: self._check())
        table.cellDoubleClicked.connect(self._ask_colour)
        layout = column(self, margin=16, gap=12)
        layout.addWidget(label(_WORDS, "muted", wrap=True))
        layout.addWidget(table, 1)
        layout.addWidget(self._problem)
        row = QHBoxLayout()
        row.addWidget(button("Add", "Add a class.", self._add_new, "small", name="Add a class"))
        row.addWidget(button("Colour…", "Choose another colour for the chosen class.", self._ask_current, "small"))
        row.addWidget(button("Remove", "Remove the chosen class; no cell may have it.", self.remove_current, "small"))
        row.addStretch(1)
        row.addWidget(button("Cancel", "Close this dialog; nothing changes.", self.reject))
        row.addWidget(self._ok)
        layout.addLayout(row)

    def _add_new(self) -> None:
        drafts = self.drafts
        names, keys = {each.name for each in drafts}, {each.key for each in drafts}
        number = next(n for n in range(1, len(drafts) + 2) if f"class-{n}" not in names)
        key = next((each for each in _KEYS[1:] if each not in keys), "")
        colour = _COLOURS[len(drafts) % len(_COLOURS)]
        self.add(ClassDraft(None, f"class-{number}", f"Class {number}", colour, key))
        self.table.setCurrentCell(len(drafts), _TITLE)
        self.table.editItem(self._item(len(drafts), _NAME))
        self._check()

    def _ask_current(self) -> None:
        if self.table.currentRow() >= 0:
            self._ask_colour(self.table.currentRow(), _COLOUR)

    def _ask_colour(self, row: int, at: int) -> None:
        if at == _COLOUR:
            chosen = QColorDialog.getColor(QColor(self._draft(row).colour), self, "Colour of the class")
            if chosen.isValid():
                self.set_colour(row, chosen.name().upper())

    def _paint(self, row: int, colour: str) -> None:
        swatch = self._item(row, _COLOUR)
        pixels = QPixmap(40, 16)
        pixels.fill(QColor(colour))
        swatch.setIcon(QIcon(pixels))
        swatch.setData(Qt.ItemDataRole.UserRole, colour)
        swatch.setToolTip(colour)

    def _item(self, row: int, at: int) -> QTableWidgetItem:
        item = self.table.item(row, at)
        assert item is not None
        return item

    def _draft(self, row: int) -> ClassDraft:
        texts = [self._item(row, at).text().strip() for at in (_NAME, _TITLE)]
        keys = self.table.cellWidget(row, _KEY)
        key = keys.currentText() if isinstance(keys, QComboBox) else ""
        colour = str(self._item(row, _COLOUR).data(Qt.ItemDataRole.UserRole))
        return ClassDraft(self._numbers[row], texts[0], texts[1], colour, key)

    def _check(self) -> None:
        problem = problem_of(self.drafts)
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._ok.setEnabled(not problem)

    def _accept(self) -> None:
        if not problem_of(self.drafts):
            self.accept()
            self.chosen.emit(self.drafts)


def problem_of(drafts: Sequence[ClassDraft]) -> str:
    """Return what is wrong with classes, in a sentence; empty where nothing is."""
    if any(not each.name or not each.title for each in drafts):
        return "Every class needs a name and a title."
    names = [each.name for each in drafts]
    for name in names:
        if names.count(name) > 1:
            return f"Two classes are called {name!r}; names must differ."
    keys = [each.key for each in drafts if each.key]
    for key in keys:
        if keys.count(key) > 1:
            return f"Two classes have the key {key}; keys must differ."
    return ""


def edit_of_classes(before: Sequence[ClassRecord], after: Sequence[ClassDraft], first_new: int) -> Edit | None:
    """Return the step that makes classes of what is there; None where nothing changes.

    Parameters
    ----------
    before : sequence of ClassRecord
        As they are.
    after : sequence of ClassDraft
        As they are to be.
    first_new : int
        Number of the first class that is new.
    """
    wanted = {each.number: each for each in after if each.number is not None}
    changes = []
    for each in before:
        draft = wanted.get(each.id)
        now = None
        if draft is not None:
            now = replace(each, name=draft.name, title=draft.title, colour=draft.colour, key=draft.key)
        if now != each:
            changes.append(RecordChange(each, now))
    new = [each for each in after if each.number is None]
    for at, draft in enumerate(new):
        changes.append(
            RecordChange(None, ClassRecord(first_new + at, draft.name, draft.title, draft.colour, draft.key))
        )
    return Edit(EditKind.CLASSES, records=tuple(changes)) if changes else None

"""The window in which a person chooses what the table of cells shows, and what is measured for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from cellwright.ui.looks.widgets import as_panel, button, column, describe, label
from cellwright.ui.looks.wording import plural

_KEY = Qt.ItemDataRole.UserRole
_SIZE = (620, 560)
_ROW = QSize(0, 24)


@dataclass(frozen=True, slots=True)
class Choice:
    """One column that can be chosen.

    Parameters
    ----------
    name : str
        As in the table, files and filters.
    title : str
        The name with the unit.
    description : str
        What it means.
    group : str
        Title of the set it belongs to.
    is_known : bool
        Whether it has values; else it is measured first.
    """

    name: str
    title: str
    description: str
    group: str
    is_known: bool


class ColumnsDialog(QDialog):
    """Columns, set by set, with a search.

    Parameters
    ----------
    choices : sequence of Choice
        What there is, in its order.
    shown : collection of str
        Names of those that the table has now.
    note : str
        What to know of what is not offered.
    many : bool
        Whether other pictures could be measured too.
    last : str
        Name of a wide column that stays behind all others.

    Signals
    -------
    chosen(object, object, bool)
        Names of the columns to show, those of them to measure first, and whether on every open picture.
    """

    chosen = Signal(object, object, bool)

    def __init__(
        self,
        choices: Sequence[Choice],
        shown: Sequence[str],
        note: str,
        *,
        many: bool,
        last: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        as_panel(self)
        self.setWindowTitle("Columns of the table")
        self.resize(*_SIZE)
        self._choices = {each.name: each for each in choices}
        self._shown, self._last = tuple(shown), last
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search by name or meaning")
        describe(self.search, "Search columns", "Show only columns whose name or meaning has these words.")
        self.search.textChanged.connect(self._on_search)
        self.tree = self._tree()
        self._fill(choices, set(shown))
        self.tree.itemChanged.connect(lambda _item, _column: self._refresh())
        self.of_all = QCheckBox("Measure every open picture")
        about = "So that pictures can be compared; else the one shown is measured."
        describe(self.of_all, "Measure every open picture", about)
        self.of_all.setVisible(many)
        self.said = label("", "muted", wrap=True)
        self.usual = button("Usual columns", "Show the columns that the table has before anybody chooses.", self._usual)
        self.show_button = button(
            "Show", "Show these columns; measure first what has no values.", self._done, "primary"
        )
        self.show_button.setDefault(True)
        layout = column(self, margin=16, gap=8)
        layout.addWidget(self.search)
        layout.addWidget(self.tree, 1)
        if note:
            layout.addWidget(label(note, "muted", wrap=True))
        layout.addWidget(self.of_all)
        layout.addWidget(self.said)
        layout.addLayout(self._buttons())
        self._refresh()
        self.search.setFocus()

    def _tree(self) -> QTreeWidget:
        tree = QTreeWidget()
        describe(tree, "Columns", "Tick what the table shows; tick a set for all of it.")
        tree.setColumnCount(3)
        tree.setHeaderLabels(["Column", "What it is", ""])
        tree.setUniformRowHeights(True)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.resizeSection(0, 250)
        header.resizeSection(2, 96)
        return tree

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(self.usual)
        row.addStretch(1)
        row.addWidget(button("Cancel", "Leave the table as it is.", self.reject))
        row.addWidget(self.show_button)
        return row

    def _fill(self, choices: Sequence[Choice], shown: set[str]) -> None:
        groups: dict[str, QTreeWidgetItem] = {}
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsSelectable
        for each in choices:
            if each.group not in groups:
                groups[each.group] = QTreeWidgetItem(self.tree, [each.group])
                groups[each.group].setSizeHint(0, _ROW)
                groups[each.group].setFlags(flags | Qt.ItemFlag.ItemIsAutoTristate)
            item = QTreeWidgetItem(
                groups[each.group], [each.title, each.description, "" if each.is_known else "to measure"]
            )
            item.setFlags(flags)
            item.setSizeHint(0, _ROW)
            item.setData(0, _KEY, each.name)
            item.setToolTip(1, each.description)
            item.setCheckState(0, Qt.CheckState.Checked if each.name in shown else Qt.CheckState.Unchecked)
        for group in groups.values():
            group.setExpanded(any(item.checkState(0) is Qt.CheckState.Checked for item in _inside(group)))
            group.setText(1, f"{group.childCount()} columns")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns that are ticked: those of the table in its order, then new ones."""
        ticked = [item.data(0, _KEY) for item in self._items() if item.checkState(0) is Qt.CheckState.Checked]
        kept = [name for name in self._shown if name in ticked]
        found = dict.fromkeys((*kept, *ticked))
        return tuple([name for name in found if name != self._last] + [name for name in found if name == self._last])

    @property
    def to_measure(self) -> tuple[str, ...]:
        """Those of `names` that have no values yet."""
        return tuple(name for name in self.names if not self._choices[name].is_known)

    def tick(self, names: Sequence[str]) -> None:
        """Tick these too, and bring the first into view."""
        wanted = set(names)
        for item in self._items():
            if item.data(0, _KEY) in wanted:
                item.setCheckState(0, Qt.CheckState.Checked)
                self.tree.scrollToItem(item)

    def _items(self) -> list[QTreeWidgetItem]:
        return [item for group in self._groups() for item in _inside(group)]

    def _groups(self) -> list[QTreeWidgetItem]:
        groups = (self.tree.topLevelItem(row) for row in range(self.tree.topLevelItemCount()))
        return [group for group in groups if group is not None]

    def _on_search(self, text: str) -> None:
        words = text.casefold().split()
        for group in self._groups():
            found = 0
            for item in _inside(group):
                said = f"{item.text(0)} {item.text(1)} {group.text(0)}".casefold()
                is_meant = all(word in said for word in words)
                item.setHidden(not is_meant)
                found += is_meant
            group.setHidden(not found)
            if words:
                group.setExpanded(True)

    def _refresh(self) -> None:
        names, new = self.names, self.to_measure
        self.said.setText(
            f"{plural(len(names), 'column')}; {len(new)} of them are measured first."
            if new
            else plural(len(names), "column")
        )
        self.show_button.setText("Measure and show" if new else "Show")
        self.show_button.setEnabled(bool(names))
        self.of_all.setEnabled(bool(new))

    def _usual(self) -> None:
        self.chosen.emit((), (), False)
        self.accept()

    def _done(self) -> None:
        self.chosen.emit(self.names, self.to_measure, self.of_all.isChecked() and bool(self.to_measure))
        self.accept()


def _inside(group: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    items = (group.child(row) for row in range(group.childCount()))
    return [item for item in items if item is not None]

"""`GateBox`: the tools that draw gates, what to do with the cells chosen, and the gates that have names."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QDoubleValidator
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)

from cellwright.ui.looks.icons import icon
from cellwright.ui.looks.theme import Theme
from cellwright.ui.looks.widgets import as_panel, button, column, describe, label
from cellwright.ui.plots.tools import TOOLS, PlotTool
from cellwright.ui.state.plotting_gate import OPEN_END, Gate

_WIDTH_PX = 236
_ICON_PX = 16
FORMATS = {"png": "Picture", "svg": "Drawing", "csv": "Table of what is drawn"}
"""What a plot can be written as, by suffix."""


class GateBox(QWidget):
    """Tools and verbs beside a plot.

    Parameters
    ----------
    theme : Theme
        For the icons.

    Signals
    -------
    tool_chosen(PlotTool)
        Another tool is at hand.
    ends_typed(float, float)
        A person typed the ends of a stretch.
    class_menu_asked(QMenu)
        The menu of classes is about to be seen, and is to be filled.
    reject_asked(), keep_asked(), show_asked(), clear_asked()
        Reject the chosen cells; reject all others; show only those in the gate; take the gate away.
    save_asked(str), apply_asked(str), delete_asked(str)
        Of the gate of that name.
    colour_asked()
        The colours in the picture are to stand for a column.
    write_asked(str)
        The plot is to be written, in the format of that suffix.
    """

    tool_chosen = Signal(object)
    ends_typed = Signal(float, float)
    class_menu_asked = Signal(object)
    reject_asked = Signal()
    keep_asked = Signal()
    show_asked = Signal()
    clear_asked = Signal()
    save_asked = Signal(str)
    apply_asked = Signal(str)
    delete_asked = Signal(str)
    colour_asked = Signal()
    write_asked = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        as_panel(self)
        self.setFixedWidth(_WIDTH_PX)
        self.tools: dict[PlotTool, QToolButton] = {}
        self.said = label("", "muted", wrap=True)
        self.low, self.high = (
            self._end("From", "Lower end of the gate; empty for none."),
            self._end("To", "Upper end of the gate, which is outside; empty for none."),
        )
        layout = column(self, margin=6, gap=4)
        layout.addLayout(self._tool_row(theme))
        layout.addWidget(self._ends_row())
        layout.addWidget(self.said)
        layout.addLayout(self._verbs())
        layout.addLayout(self._shelf())
        layout.addStretch(1)
        self.offer_tools(tuple(PlotTool))
        self.show_gate(None)
        self.offer_verbs(chosen=0)

    # ---- what is shown

    def offer_tools(self, tools: Sequence[PlotTool]) -> None:
        """Offer the tools that fit the plot; another one is taken where the one at hand does not."""
        for tool, made in self.tools.items():
            made.setVisible(tool in tools)
        if self.tool not in tools and tools:
            self.tools[tools[0]].click()

    @property
    def tool(self) -> PlotTool:
        """The tool at hand."""
        return next((tool for tool, made in self.tools.items() if made.isChecked()), PlotTool.LOOK)

    def set_theme(self, theme: Theme) -> None:
        """Follow the look of the window."""
        for words in TOOLS:
            self.tools[words.tool].setIcon(icon(words.icon, theme.text, theme.muted))

    def say(self, text: str) -> None:
        """Tell what is chosen."""
        self.said.setText(text)

    def show_gate(self, gate: Gate | None, *, has_ends: bool = False) -> None:
        """Show the ends of a gate where it has one axis, and offer what a gate can be used for."""
        self._ends.setVisible(has_ends)
        corners = sorted(corner[0] for corner in gate.corners) if gate is not None and len(gate.axes) == 1 else []
        for line, value in ((self.low, corners[:1]), (self.high, corners[-1:])):
            line.setText("".join(f"{end:.6g}" for end in value if abs(end) < OPEN_END))
        self.clear.setEnabled(gate is not None)
        self._has_gate = gate is not None
        self._offer_save()

    def offer_verbs(self, chosen: int, *, can_filter: bool = False) -> None:
        """Offer what can be done with so many cells."""
        for verb in (self.classes, self.reject, self.keep):
            verb.setEnabled(chosen > 0)
        self.show_only.setEnabled(can_filter)

    def offer_outputs(self, *, is_drawn: bool, column: str) -> None:
        """Offer to write what is drawn, and to colour the picture by a column where there is one."""
        self.write.setEnabled(is_drawn)
        self.colour.setEnabled(is_drawn and bool(column))
        self.colour.setToolTip(f"Let the colours of the cells in the picture stand for {column or 'a column'}.")

    def show_names(self, names: Sequence[str], current: str = "") -> None:
        """Offer the gates that have names."""
        self.names.clear()
        self.names.addItems(list(names))
        self.names.setCurrentIndex(self.names.findText(current) if current else -1)
        self.names.setEditText(current)
        self._offer_save()

    # ---- building

    def _tool_row(self, theme: Theme) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2)
        group = QButtonGroup(self)
        for words in TOOLS:
            made = QToolButton()
            made.setCheckable(True)
            made.setIconSize(QSize(_ICON_PX, _ICON_PX))
            made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            describe(made, words.title, f"{words.title}: {words.tooltip}")
            made.clicked.connect(lambda _on=False, tool=words.tool: self.tool_chosen.emit(tool))
            group.addButton(made)
            row.addWidget(made)
            self.tools[words.tool] = made
        self.tools[PlotTool.LOOK].setChecked(True)
        self.set_theme(theme)
        row.addStretch(1)
        self.clear = button("Clear", "Take the gate away and choose no cell.", self.clear_asked.emit, "small")
        row.addWidget(self.clear)
        return row

    def _end(self, name: str, tooltip: str) -> QLineEdit:
        line = QLineEdit()
        line.setPlaceholderText(name.lower())
        line.setValidator(QDoubleValidator(line))
        describe(line, name, tooltip)
        line.returnPressed.connect(self._on_ends)
        return line

    def _ends_row(self) -> QWidget:
        self._ends = QWidget()
        row = QHBoxLayout(self._ends)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.low)
        row.addWidget(label("to", "muted"))
        row.addWidget(self.high)
        return self._ends

    def _verbs(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(4)
        menu = QMenu(self)
        menu.aboutToShow.connect(lambda: self.class_menu_asked.emit(menu))
        self.classes = _verb("Class", "Give the chosen cells a class, as one step that can be taken back.")
        self.classes.setMenu(menu)
        self.reject = _verb("Reject", "Reject the chosen cells, as one step that can be taken back.")
        self.keep = _verb("Keep only", "Reject all other cells shown, as one step that can be taken back.")
        self.show_only = _verb("Show only", "Show only the cells in the gate; the filter above the table says which.")
        for verb, signal in (
            (self.reject, self.reject_asked),
            (self.keep, self.keep_asked),
            (self.show_only, self.show_asked),
        ):
            verb.clicked.connect(lambda _on=False, asked=signal: asked.emit())
        self.colour = _verb("Colour", "Let the colours of the cells in the picture stand for this column.")
        self.colour.clicked.connect(lambda _on=False: self.colour_asked.emit())
        self.write = _verb("Save plot", "Write the plot as a picture, or what is drawn as a table with units.")
        formats = QMenu(self)
        for suffix, title in FORMATS.items():
            formats.addAction(f"{title} (.{suffix})…").triggered.connect(
                lambda _on=False, kind=suffix: self.write_asked.emit(kind)
            )
        self.write.setMenu(formats)
        verbs = (self.classes, self.reject, self.keep, self.show_only, self.colour, self.write)
        for at, verb in enumerate(verbs):
            grid.addWidget(verb, at // 3, at % 3)
        return grid

    def _shelf(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        self.names = QComboBox()
        self.names.setEditable(True)
        self.names.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.names.setMinimumContentsLength(6)
        self.names.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        line = self.names.lineEdit()
        assert line is not None
        line.setPlaceholderText("name of a gate")
        describe(line, "Name of a gate", "Type a name and save the gate under it.")
        describe(self.names, "Gates", "Choose a gate to apply it to this picture, or type a name to save one.")
        self.names.activated.connect(lambda _at: self.apply_asked.emit(self.names.currentText().strip()))
        self.names.editTextChanged.connect(lambda _text: self._offer_save())
        self._has_gate = False
        self.save = button(
            "Save", "Keep the gate under this name.", lambda: self.save_asked.emit(self.name), "small", name="Save gate"
        )
        self.delete = button(
            "Delete", "Forget the gate of this name.", lambda: self.delete_asked.emit(self.name), "small",
            name="Delete gate",
        )  # fmt: skip
        row.addWidget(self.names, 1)
        row.addWidget(self.save)
        row.addWidget(self.delete)
        return row

    @property
    def name(self) -> str:
        """The name that stands in the line."""
        return self.names.currentText().strip()

    def _offer_save(self) -> None:
        self.save.setEnabled(self._has_gate and bool(self.name))
        self.delete.setEnabled(self.names.findText(self.name) >= 0 if self.name else False)

    def _on_ends(self) -> None:
        low, high = (_number(line.text()) for line in (self.low, self.high))
        self.ends_typed.emit(-OPEN_END if low is None else low, OPEN_END if high is None else high)


def fill_classes(menu: QMenu, actions: Sequence[QAction]) -> None:
    """Offer the classes that can be given."""
    menu.clear()
    for action in actions:
        menu.addAction(action)


def _verb(text: str, tooltip: str) -> QPushButton:
    return button(text, tooltip, lambda: None, "small")


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None

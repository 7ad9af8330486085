"""`GateBox`: the tools that draw gates, what to do with the cells chosen, and the gates that have names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QDoubleValidator
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QMenu, QPushButton, QToolButton, QWidget

from cellwright.ui.looks.icons import icon
from cellwright.ui.looks.theme import Theme
from cellwright.ui.looks.widgets import as_panel, button, column, describe, label
from cellwright.ui.plots.tools import TOOLS, PlotTool
from cellwright.ui.state.plotting_gate import OPEN_END, Gate

_WIDTH_PX = 146
_ICON_PX = 16
FORMATS = {"png": "Picture", "svg": "Drawing", "csv": "Table of what is drawn"}
"""What a plot can be written as, by suffix."""


class GateBox(QWidget):
    """Tools and verbs beside a plot.

    Parameters
    ----------
    theme : Theme
        For the icons.
    classes : callable
        Returns the actions that give the chosen cells a class.

    Signals
    -------
    tool_chosen(PlotTool)
        Another tool is at hand.
    ends_typed(float, float)
        A person typed the ends of a stretch.
    reject_asked(), keep_asked(), show_asked(), clear_asked()
        Reject the chosen cells; reject all others; show only those in the gate; take the gate away.
    save_asked(), apply_asked(str), delete_asked(str)
        Keep the gate that is drawn under a name; use or forget the one of that name.
    colour_asked()
        The colours in the picture are to stand for a column.
    write_asked(str)
        The plot is to be written, in the format of that suffix.
    """

    tool_chosen = Signal(object)
    ends_typed = Signal(float, float)
    reject_asked = Signal()
    keep_asked = Signal()
    show_asked = Signal()
    clear_asked = Signal()
    save_asked = Signal()
    apply_asked = Signal(str)
    delete_asked = Signal(str)
    colour_asked = Signal()
    write_asked = Signal(str)

    def __init__(self, theme: Theme, classes: Callable[[], Sequence[QAction]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        as_panel(self)
        self.setFixedWidth(_WIDTH_PX)
        self._classes = classes
        self._gate: Gate | None = None
        self.tools: dict[PlotTool, QToolButton] = {}
        self.said = label("", "muted", wrap=True)
        self.low = self._end("From", "Lower end of the gate, which is inside; empty for none. Enter chooses.")
        self.high = self._end("To", "Upper end of the gate, which is outside; empty for none. Enter chooses.")
        self.chosen = _menu_button("Chosen cells", "Give the chosen cells a class, reject them, or keep only them.")
        self.gates = _menu_button("Gates", "Keep a gate under a name, and use it on another picture.")
        self.more = _menu_button("Plot", "Write the plot to a file, or colour the picture by its column.")
        layout = column(self, margin=6, gap=4)
        layout.addLayout(self._tool_row(theme))
        layout.addWidget(self._ends_row())
        layout.addWidget(self.said)
        for each in (self.chosen, self.gates, self.more):
            layout.addWidget(each)
        layout.addStretch(1)
        self._make_verbs()
        self._make_outputs()
        self.offer_tools(tuple(PlotTool))
        self.show_names(())
        self.show_gate(None)
        self.offer_verbs(chosen=0)

    # ---- what is shown

    @property
    def tool(self) -> PlotTool:
        """The tool at hand."""
        return next((tool for tool, made in self.tools.items() if made.isChecked()), PlotTool.LOOK)

    def offer_tools(self, tools: Sequence[PlotTool]) -> None:
        """Offer the tools that fit the plot; another one is taken where the one at hand does not."""
        for tool, made in self.tools.items():
            made.setVisible(tool in tools)
        if self.tool not in tools and tools:
            self.tools[tools[0]].click()

    def set_theme(self, theme: Theme) -> None:
        """Follow the look of the window."""
        for words in TOOLS:
            self.tools[words.tool].setIcon(icon(words.icon, theme.text, theme.muted))

    def say(self, text: str) -> None:
        """Tell what is chosen."""
        self.said.setText(text)

    def show_gate(self, gate: Gate | None, *, has_ends: bool = False) -> None:
        """Show the ends of a gate where it has one axis, and offer what a gate can be used for."""
        self._gate = gate
        self._ends.setVisible(has_ends)
        corners = sorted(corner[0] for corner in gate.corners) if gate is not None and len(gate.axes) == 1 else []
        for line, value in ((self.low, corners[:1]), (self.high, corners[-1:])):
            line.setText("".join(f"{end:.6g}" for end in value if abs(end) < OPEN_END))
        self.clear.setEnabled(gate is not None)
        self.save.setEnabled(gate is not None)

    def show_names(self, names: Sequence[str], current: str = "") -> None:
        """Offer the gates that have names."""
        menu = self.gates.menu()
        menu.clear()
        self.save = menu.addAction("Save this gate…")
        self.save.setEnabled(self._gate is not None)
        self.save.triggered.connect(lambda _on=False: self.save_asked.emit())
        if names:
            menu.addSeparator()
        for name in names:
            action = menu.addAction(name.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(name == current)
            action.setToolTip("Choose the cells of this gate on the picture that is shown.")
            action.triggered.connect(lambda _on=False, of=name: self.apply_asked.emit(of))
        if names:
            menu.addSeparator()
            forget = menu.addMenu("Delete")
            for name in names:
                forget.addAction(name.replace("&", "&&")).triggered.connect(
                    lambda _on=False, of=name: self.delete_asked.emit(of)
                )

    def offer_verbs(self, chosen: int, *, can_filter: bool = False) -> None:
        """Offer what can be done with so many cells."""
        self.reject.setEnabled(chosen > 0)
        self.keep.setEnabled(chosen > 0)
        self.show_only.setEnabled(can_filter)
        self.chosen.setEnabled(chosen > 0 or can_filter)

    def offer_outputs(self, *, is_drawn: bool, column: str) -> None:
        """Offer to write what is drawn, and to colour the picture by a column where there is one."""
        self.more.setEnabled(is_drawn)
        self.colour.setEnabled(bool(column))
        self.colour.setText(f"Colour the picture by {column}" if column else "Colour the picture")

    # ---- building

    def _tool_row(self, theme: Theme) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(0)
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
        return row

    def _end(self, name: str, tooltip: str) -> QLineEdit:
        line = QLineEdit()
        line.setPlaceholderText(name.lower())
        line.setValidator(QDoubleValidator(line))
        line.setMinimumWidth(40)
        describe(line, name, tooltip)
        line.returnPressed.connect(self._on_ends)
        return line

    def _ends_row(self) -> QWidget:
        self._ends = QWidget()
        row = QHBoxLayout(self._ends)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.low)
        row.addWidget(self.high)
        return self._ends

    def _make_verbs(self) -> None:
        menu = self.chosen.menu()
        self.reject = _verb("Reject", "As one step that can be taken back.", self.reject_asked.emit, self)
        self.keep = _verb("Keep only these", "Reject all other cells, as one step.", self.keep_asked.emit, self)
        self.show_only = _verb(
            "Show only these", "Show only the cells in the gate; the filter says which.", self.show_asked.emit, self
        )
        self.clear = _verb("Take the gate away", "Take the gate away and choose no cell.", self.clear_asked.emit, self)
        self._fill_verbs()
        menu.aboutToShow.connect(self._fill_verbs)

    def _fill_verbs(self) -> None:
        menu = self.chosen.menu()
        menu.clear()
        menu.addActions(list(self._classes()))
        menu.addSeparator()
        menu.addActions([self.reject, self.keep])
        menu.addSeparator()
        menu.addActions([self.show_only, self.clear])

    def _make_outputs(self) -> None:
        menu = self.more.menu()
        self.colour = menu.addAction("Colour the picture")
        self.colour.triggered.connect(lambda _on=False: self.colour_asked.emit())
        menu.addSeparator()
        for suffix, title in FORMATS.items():
            menu.addAction(f"Save: {title} (.{suffix})…").triggered.connect(
                lambda _on=False, kind=suffix: self.write_asked.emit(kind)
            )

    def _on_ends(self) -> None:
        low, high = (_number(line.text()) for line in (self.low, self.high))
        self.ends_typed.emit(-OPEN_END if low is None else low, OPEN_END if high is None else high)


def _menu_button(text: str, tooltip: str) -> QPushButton:
    made = button(text, tooltip, lambda: None, "small")
    menu = QMenu(made)
    menu.setToolTipsVisible(True)
    made.setMenu(menu)
    return made


def _verb(text: str, tooltip: str, ask: Callable[[], object], parent: QWidget) -> QAction:
    action = QAction(text, parent)
    action.setToolTip(tooltip)
    action.triggered.connect(lambda _on=False: ask())
    return action


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None

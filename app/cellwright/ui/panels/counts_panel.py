"""The panel with the numbers: how many of each class and how sure that is, or how large each class is; and shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QFrame, QGridLayout, QSizePolicy, QWidget

from cellwright.core import PixelSize
from cellwright.ui.looks.icons import badge
from cellwright.ui.looks.widgets import button, column, describe, empty, label, picture_label, restyle, rule
from cellwright.ui.looks.wording import (
    area_text,
    count_text,
    density_interval_text,
    density_text,
    interval_text,
    percent_interval_text,
    percent_text,
    plural,
)
from cellwright.ui.state.class_style import ClassStyle

if TYPE_CHECKING:
    from cellwright.measure import CardiothoracicRatio
    from cellwright.workflows import AreaRow, AreaTable, CountRow, CountTable

_INTERVAL = "With 95 % certainty the true mean count lies in this range (exact Poisson interval)."
_SHARE = "Share of all counted cells, with its exact binomial 95 % interval."
_DENSITY = "Cells on a square millimetre of what was analyzed, with the 95 % interval of the count."
_AREA_SHARE = "Share of what was analyzed that pixels of this class cover, and in how many connected parts."
_RATIO = "Width of the heart over the inner width of the chest, both measured on the outlines; see the two lines."
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NAME_RIM = 12
"""Pixels of a name's button left and right of its text."""
_LONG_COUNT = 10_000
"""From this count on the interval stands below it."""


class CountsPanel(QWidget):
    """Counts of the picture that is shown.

    Signals
    -------
    visible_changed(str, bool)
        A class is to be shown or hidden.
    class_lit(object)
        Name of the class whose cells are to stand out; None for none.
    """

    visible_changed = Signal(str, bool)
    class_lit = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, ClassRow] = {}
        self._shape: tuple[ClassStyle, ...] = ()
        self._table: CountTable | AreaTable | None = None
        self._hint = label("", "muted", wrap=True)
        self._body = QWidget()
        self._classes = column(margin=0, gap=2)
        self._total = ClassRow(None)
        self._coverage = label("", "muted", wrap=True)
        self._density = label("", "muted", wrap=True)
        self.ratio = label("", "section", wrap=True, selectable=True)
        self.ratio.setToolTip(_RATIO)
        self.ratio.hide()
        self._widths = label("", "muted", wrap=True, selectable=True)
        self._widths.hide()
        inside = column(self._body, margin=0, gap=6)
        inside.addWidget(self.ratio)
        inside.addWidget(self._widths)
        inside.addLayout(self._classes)
        self._line = rule()
        inside.addWidget(self._line)
        inside.addWidget(self._total)
        for words in (self._coverage, self._density, self.ratio, self._widths):
            words.setContentsMargins(4, 0, 4, 0)
        inside.addWidget(self._coverage)
        inside.addWidget(self._density)
        layout = column(self, margin=8, gap=6)
        layout.addWidget(self._hint)
        layout.addWidget(self._body)
        layout.addStretch(1)
        self.show_hint("Counts appear here once a picture is analyzed.")

    @property
    def table(self) -> CountTable | AreaTable | None:
        """What is shown."""
        return self._table

    def row(self, name: str) -> ClassRow:
        """Return the row of a class."""
        return self._rows[name]

    def show_hint(self, text: str) -> None:
        """Say why there are no numbers."""
        self._table = None
        self._hint.setText(text)
        self._hint.show()
        self._body.hide()

    def show_counts(
        self,
        table: CountTable,
        styles: tuple[ClassStyle, ...],
        hidden: set[str],
        lit: str | None,
        notes: Sequence[str] = (),
    ) -> None:
        """Show these numbers.

        Parameters
        ----------
        table : CountTable
            One row a class.
        styles : tuple of ClassStyle
            Looks of the classes, in the same order.
        hidden : set of str
            Classes whose boxes are not drawn; their numbers stay.
        lit : str or None
            The class that stands out.
        notes : sequence of str
            What to know beside the numbers, one sentence each.
        """
        self._table = table
        if styles != self._shape:
            self._build(styles)
        for row in table.rows:
            self._rows[row.name].fill(row, visible=row.name not in hidden, lit=row.name == lit)
            if len(table.rows) == 1:
                self._rows[row.name].share.hide()  # a hundred per cent of itself
        self._show_total(len(table.rows) > 1)
        self._total.fill(table.total, visible=True, lit=False)
        self._show_notes((table.note, *notes), table.is_complete)
        self._density.setText("" if table.area_mm2 else "Set the pixel size to see cells per mm².")
        self._density.setVisible(not table.area_mm2)
        self._show_ratio(("", ""))

    def show_areas(
        self,
        table: AreaTable,
        styles: tuple[ClassStyle, ...],
        hidden: set[str],
        lit: str | None,
        notes: Sequence[str] = (),
        ratio: tuple[str, str] = ("", ""),
    ) -> None:
        """Show how large each class is, as `show_counts` does how many; `ratio` the cardiothoracic one."""
        self._table = table
        if styles != self._shape:
            self._build(styles)
        for row in table.rows:
            self._rows[row.name].fill_area(row, visible=row.name not in hidden, lit=row.name == lit)
        self._show_total(len(table.rows) > 1)
        self._total.fill_area(table.total, visible=True, lit=False)
        self._show_notes((table.note, *notes), table.is_complete)
        self._density.setText("Set the pixel size to see areas in µm².")
        self._density.setVisible(table.analysed_um2 is None)
        self._show_ratio(ratio)

    def _show_total(self, is_needed: bool) -> None:
        self._line.setVisible(is_needed)
        self._total.setVisible(is_needed)

    def _show_ratio(self, ratio: tuple[str, str]) -> None:
        for words, text in zip((self.ratio, self._widths), ratio, strict=True):
            words.setText(text)
            words.setVisible(bool(text))

    def _show_notes(self, notes: Sequence[str], is_complete: bool) -> None:
        self._coverage.setText("\n".join(notes).strip())
        self._coverage.setProperty("kind", "muted" if is_complete else "warn")
        restyle(self._coverage)
        self._coverage.setVisible(bool(self._coverage.text()))
        self._hint.hide()
        self._body.show()

    def copy(self) -> None:
        """Put the numbers on the clipboard, separated by tabs."""
        if self._table is not None:
            QGuiApplication.clipboard().setText(numbers_as_text(self._table))

    def _build(self, styles: tuple[ClassStyle, ...]) -> None:
        empty(self._classes)
        self._shape, self._rows = styles, {}
        for style in styles:
            row = ClassRow(style)
            row.visible_changed.connect(lambda on, name=style.name: self.visible_changed.emit(name, on))
            row.pressed.connect(lambda name=style.name: self._on_pressed(name))
            self._rows[style.name] = row
            self._classes.addWidget(row)

    def _on_pressed(self, name: str) -> None:
        self.class_lit.emit(None if self._rows[name].is_lit else name)


class ClassRow(QFrame):
    """The numbers of one class, or of all together (`style` None).

    Signals
    -------
    visible_changed(bool)
        The box was ticked or cleared.
    pressed()
        The name was clicked.
    """

    visible_changed = Signal(bool)
    pressed = Signal()

    def __init__(self, style: ClassStyle | None) -> None:
        super().__init__()
        self.setObjectName("classRow")
        self.is_lit = False
        self._is_below = False
        self._style = style
        title = style.title if style is not None else "All cells"
        self.check = QCheckBox()
        describe(
            self.check, f"Show {title}", f"Show or hide the boxes and rows of this class; its count stays ({title})."
        )
        self.check.toggled.connect(self.visible_changed.emit)
        self.name = button(title, "Let these cells stand out in the picture; again to stop.", self.pressed.emit, "link")
        # long titles give way to the numbers
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.name.setMinimumWidth(40)
        self.name.installEventFilter(self)
        self._title = label(title, "section")
        self.count = label("", "number")
        self.interval = label("", "muted")
        self.share = label("", "muted")
        self.density = label("", "muted")
        self.interval.setToolTip(_INTERVAL)
        self.share.setToolTip(_SHARE)
        self.density.setToolTip(_DENSITY)
        self._lay_out()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Shorten the title with dots where the numbers leave it too little room."""
        if watched is self.name and event.type() == QEvent.Type.Resize and self._style is not None:
            room = self.name.contentsRect().width() - _NAME_RIM
            self.name.setText(self.name.fontMetrics().elidedText(self._style.title, Qt.TextElideMode.ElideRight, room))
        return super().eventFilter(watched, event)

    def _lay_out(self) -> None:
        grid = self._grid = QGridLayout(self)
        grid.setContentsMargins(4, 3, 6, 3)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(1)
        grid.setColumnStretch(2, 1)
        if self._style is not None:
            grid.addWidget(self.check, 0, 0)
            grid.addWidget(picture_label(badge(self._style.letter, self._style.colour), self._style.title), 0, 1)
            grid.addWidget(self.name, 0, 2)
        else:
            self.check.hide()
            self.name.hide()
            self.check.setParent(self)
            self.name.setParent(self)
            grid.addWidget(self._title, 0, 0, 1, 3)
        grid.addWidget(self.count, 0, 3, _RIGHT)
        grid.addWidget(self.interval, 0, 4, _RIGHT)
        grid.addWidget(self.share, 2, 0, 1, 5, _RIGHT)
        grid.addWidget(self.density, 3, 0, 1, 5, _RIGHT)

    def fill(self, row: CountRow, *, visible: bool, lit: bool) -> None:
        """Show the numbers of a row."""
        self._title.setText(row.title)
        self.share.setToolTip(_SHARE)
        self.count.setText(count_text(row.count))
        self.interval.setText(f"({interval_text(row.count_interval)})")
        self._place_interval(is_below=row.count >= _LONG_COUNT)
        self.share.setText(
            f"{percent_text(row.share)}  ({percent_interval_text(row.share_interval)})" if row.share_interval else ""
        )
        self.share.setVisible(bool(row.share_interval))
        dense = row.per_mm2 is not None
        self.density.setText(
            f"{density_text(row.per_mm2)}  ({density_interval_text(row.per_mm2_interval)})"
            if row.per_mm2 is not None
            else ""
        )
        self.density.setVisible(dense)
        self._show_state(f"{row.title}: {row.count}", visible=visible, lit=lit)

    def _place_interval(self, *, is_below: bool) -> None:
        """Put the interval beside the count, or below where both would be too wide for the panel."""
        if is_below == self._is_below:
            return
        self._is_below = is_below
        self._grid.removeWidget(self.interval)
        self._grid.addWidget(self.interval, *((1, 0, 1, 5) if is_below else (0, 4, 1, 1)), _RIGHT)

    def fill_area(self, row: AreaRow, *, visible: bool, lit: bool) -> None:
        """Show how large a class is."""
        self._title.setText(row.title)
        said = area_text(row.area_px2, row.area_um2)
        self.count.setText(said)
        self.interval.setText("")
        parts = ["" if row.percent is None else f"{percent_text(row.percent / 100)} of the picture"]
        parts.append(plural(row.objects, "connected part"))
        self.share.setText(" · ".join(part for part in parts if part))
        self.share.setToolTip(_AREA_SHARE)
        self.share.show()
        self.density.hide()
        self._show_state(f"{row.title}: {said}", visible=visible, lit=lit)

    def _show_state(self, name: str, *, visible: bool, lit: bool) -> None:
        self.check.blockSignals(True)
        self.check.setChecked(visible)
        self.check.blockSignals(False)
        self.setAccessibleName(name)
        if lit != self.is_lit:
            self.is_lit = lit
            self.setProperty("lit", lit)
            restyle(self)


def ratio_text(chest: CardiothoracicRatio, pixel_size: PixelSize | None) -> tuple[str, str]:
    """Return the cardiothoracic ratio in words, and the two widths it comes from."""
    step, unit = (1.0, "px") if pixel_size is None else (pixel_size.x_um / 1000, "mm")
    heart, across = (f"{line.length_px * step:,.0f}" for line in (chest.heart_line, chest.thorax_line))
    return f"Cardiothoracic ratio {chest.ratio:.2f}", f"Heart {heart} {unit} of {across} {unit} across the chest"


def numbers_as_text(table: CountTable | AreaTable) -> str:
    """Return what the panel shows with a header, separated by tabs, as spreadsheets take it."""
    from cellwright.workflows import AreaTable

    return areas_as_text(table) if isinstance(table, AreaTable) else counts_as_text(table)


def areas_as_text(table: AreaTable) -> str:
    """Return areas with a header, separated by tabs."""
    lines = ["class\tarea px²\tarea µm²\tpercent\tobjects"]
    for row in (*table.rows, table.total):
        values = (row.area_px2, row.area_um2, row.percent, row.objects)
        lines.append("\t".join([row.title, *("" if value is None else f"{value:.10g}" for value in values)]))
    if table.note:
        lines.append(table.note)
    return "\n".join(lines)


def counts_as_text(table: CountTable) -> str:
    """Return counts with a header, separated by tabs, as spreadsheets take them."""
    level = f"{100 * table.level:.0f} %"
    lines = [
        "\t".join(
            ("class", "count", f"count low {level}", f"count high {level}", "share", f"share low {level}",
             f"share high {level}", "per mm²", f"per mm² low {level}", f"per mm² high {level}")
        )
    ]  # fmt: skip
    for row in (*table.rows, table.total):
        values = (row.count, *row.count_interval, row.share, *(row.share_interval or (None, None)), row.per_mm2)
        values = (*values, *(row.per_mm2_interval or (None, None)))
        lines.append("\t".join([row.title, *("" if value is None else f"{value:.6g}" for value in values)]))
    if table.note:
        lines.append(table.note)
    return "\n".join(lines)

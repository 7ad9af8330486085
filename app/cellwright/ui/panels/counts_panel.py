"""The panel with the numbers: how many of each class and how sure that is, or how large each class is; and shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from cellwright.core import PixelSize
from cellwright.ui.looks.widgets import column, empty, label, restyle, rule
from cellwright.ui.panels.class_row import ClassRow, Detail
from cellwright.ui.state.class_style import ClassStyle

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from cellwright.measure import CardiothoracicRatio
    from cellwright.workflows import AreaTable, CountTable

_RATIO = "Width of the heart over the inner width of the chest, both measured on the outlines; see the two lines."
_LESS_AND_LESS = [(detail, is_folded) for is_folded in (False, True) for detail in reversed(Detail)]
"""What is tried, from all that can be told to the least."""


class CountsPanel(QWidget):
    """Counts of the picture that is shown; tells less of each class where there is no room for all of them.

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
        self._is_of_areas = False
        self._hint = label("", "muted", wrap=True)
        self._body = QWidget()
        self._classes = column(margin=0, gap=1)
        self._none = label("", "muted", wrap=True)
        self._none.setContentsMargins(4, 0, 4, 0)
        self._none.hide()
        self._viewport: QObject | None = None
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
        inside.addWidget(self._none)
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
        self._table, self._is_of_areas = table, False
        if styles != self._shape:
            self._build(styles)
        for row in table.rows:
            self._rows[row.name].fill(row, visible=row.name not in hidden, lit=row.name == lit)
            if len(table.rows) == 1:
                self._rows[row.name].leave_share_out()
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
        self._table, self._is_of_areas = table, True
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
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the place that there is."""
        super().showEvent(event)
        parent = self.parentWidget()
        if parent is not None and parent is not self._viewport:
            self._viewport = parent
            parent.installEventFilter(self)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tell more or less where the panel becomes higher or lower."""
        if watched is self._viewport and event.type() == QEvent.Type.Resize:
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        """Tell as much of each class as there is room for, so that the last class and the total are seen."""
        parent = self.parentWidget()
        if self._table is None or parent is None or not self.isVisible():
            return
        for detail, is_folded in _LESS_AND_LESS:
            if detail is Detail.LINE and self._is_of_areas:
                continue  # an area and its share leave no room for a name beside them; the total may be scrolled to
            self._tell(detail, is_folded=is_folded)
            if self._needed(parent.width()) <= parent.height():
                break

    def _needed(self, width: int) -> int:
        """Return the height from the top to the end of the total; what is said below it may be scrolled to."""
        layout, inside = self.layout(), self._body.layout()
        if layout is None or inside is None:
            return 0
        notes = [each for each in (self._coverage, self._density) if not each.isHidden()]
        for each in notes:
            each.hide()
        for made in (inside, layout):
            made.invalidate()
            made.activate()
        needed = layout.heightForWidth(width) if layout.hasHeightForWidth() else layout.sizeHint().height()
        for each in notes:
            each.show()
        return needed

    def _tell(self, detail: Detail, *, is_folded: bool) -> None:
        """Tell so much of each class; folded, those without any cell are put together."""
        folded = [row.title for row in self._rows.values() if row.is_empty] if is_folded else []
        for row in (*self._rows.values(), self._total):
            row.set_detail(detail)
            if row is not self._total:
                row.setVisible(row.title not in folded)
        self._none.setText(f"None: {', '.join(folded)}" if folded else "")
        self._none.setVisible(bool(folded))

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

"""`ClassRow`: the numbers of one class in the panel of counts, as many of them as there is room for."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QGridLayout, QSizePolicy

from cellwright.ui.looks.icons import badge
from cellwright.ui.looks.widgets import button, describe, label, picture_label, restyle
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
    from cellwright.workflows import AreaRow, CountRow

_INTERVAL = "With 95 % certainty the true mean count lies in this range (exact Poisson interval)."
_SHARE = "Share of all counted cells, with its exact binomial 95 % interval."
_DENSITY = "Cells on a square millimetre of what was analyzed, with the 95 % interval of the count."
_AREA_SHARE = "Share of what was analyzed that pixels of this class cover, and in how many connected parts."
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NAME_RIM = 12
"""Pixels of a name's button left and right of its text."""
_LONG_COUNT = 10_000
"""From this count on the interval stands below it."""


class Detail(IntEnum):
    """How much is told of each class; less where there is little room, so that the total is always seen."""

    LINE = 1
    """One line; the rest stands in the hint."""
    SHARE = 2
    """Count and share; the density stands in the hint."""
    ALL = 3
    """Count, share and density, each in its line."""


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
        self._detail = Detail.ALL
        self._has = {"share": False, "density": False}
        self.is_empty = False
        self._area_share = ""
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
        grid.setContentsMargins(4, 1, 6, 1)
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
        self._area_share = ""
        self.interval.setText(f"({interval_text(row.count_interval)})")
        self.interval.setToolTip(_INTERVAL)
        self._place_interval(is_below=row.count >= _LONG_COUNT)
        self.share.setText(
            f"{percent_text(row.share)}  ({percent_interval_text(row.share_interval)})" if row.share_interval else ""
        )
        self.density.setText(
            f"{density_text(row.per_mm2)}  ({density_interval_text(row.per_mm2_interval)})"
            if row.per_mm2 is not None
            else ""
        )
        self.is_empty = not row.count
        self._has = {"share": bool(row.share_interval), "density": row.per_mm2 is not None}
        self._show_lines()
        self._show_state(f"{row.title}: {row.count}", visible=visible, lit=lit)

    @property
    def title(self) -> str:
        """What the class is called, in full."""
        return self._style.title if self._style is not None else self._title.text()

    def leave_share_out(self) -> None:
        """Say no share: of the only class there is, it says nothing."""
        self._has["share"] = False
        self._show_lines()

    def set_detail(self, detail: Detail) -> None:
        """Tell more or less; what is left out stands in the hint of the count."""
        self._detail = detail
        self._show_lines()

    def _show_lines(self) -> None:
        least = {"share": Detail.SHARE, "density": Detail.ALL}
        left_out = []
        for name, words in (("share", self.share), ("density", self.density)):
            is_shown = self._has[name] and self._detail >= least[name]
            words.setVisible(is_shown)
            if self._has[name] and not is_shown:
                left_out.append(words.text())
        self.count.setToolTip("\n".join(left_out))
        if self._area_share:
            # an area has no interval; its share of the picture takes that place where it has no line of its own
            self.interval.setText("" if self._detail >= Detail.SHARE else self._area_share)
        # the panel asks at once how high it is now; Qt itself would look at it a turn later
        self._grid.invalidate()
        self._grid.activate()
        self.updateGeometry()

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
        self._area_share = "" if row.percent is None else f"({percent_text(row.percent / 100)})"
        self.interval.setText("")
        self.interval.setToolTip(_AREA_SHARE)
        self._place_interval(is_below=False)
        parts = ["" if row.percent is None else f"{percent_text(row.percent / 100)} of the picture"]
        parts.append(plural(row.objects, "part"))
        self.share.setText(" · ".join(part for part in parts if part))
        self.share.setToolTip(_AREA_SHARE)
        self.is_empty = False
        self._has = {"share": True, "density": False}
        self._show_lines()
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

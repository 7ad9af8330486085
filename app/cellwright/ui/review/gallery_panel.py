"""`GalleryPanel`: the bins, the crops of the chosen one, and how they are sorted."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QSlider, QSplitter, QStackedLayout, QWidget

from cellwright.project import ReviewProgress
from cellwright.ui.looks.theme import Theme
from cellwright.ui.looks.widgets import as_panel, button, column, describe, label
from cellwright.ui.review.bin_list import BinList
from cellwright.ui.review.crop_grid import LARGEST_PX, SMALLEST_PX, CropGrid
from cellwright.ui.review.crop_painting import CropLook
from cellwright.workflows.doubt import Order

ORDERS = {
    Order.DOUBT: "Most doubtful first",
    Order.SIZE: "Largest first",
    Order.OUTLIERNESS: "Most unusual first",
    Order.PLACE: "As on the picture",
}
_EMPTY = "No cells yet. Analyze a picture; then every cell found on it stands here as a crop, sorted into its class."
_NO_PROJECT = "What you decide here is kept in a project. Start reviewing, and one is begun for you."


class GalleryPanel(QWidget):
    """The gallery.

    Signals
    -------
    order_chosen(object)
        An `Order`.
    unreviewed_only_changed(bool)
        Whether cells that were looked at are left out.
    every_picture_changed(bool)
        Whether the cells of all pictures are shown, or of the one that is shown.
    accept_visible_asked()
        The crops in view are all right.
    start_asked()
        Reviewing is to begin.
    """

    order_chosen = Signal(object)
    unreviewed_only_changed = Signal(bool)
    every_picture_changed = Signal(bool)
    accept_visible_asked = Signal()
    start_asked = Signal()

    def __init__(self, look_of: Callable[[int], CropLook], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bins = BinList()
        self.grid = CropGrid(look_of)
        self._orders = QComboBox()
        self._unreviewed = QCheckBox("Unreviewed")
        self._every = QCheckBox("All pictures")
        self._size = QSlider(Qt.Orientation.Horizontal)
        self._progress = label("", "muted", wrap=True)
        self._words = label("", "muted", wrap=True)
        self._start = button("Start reviewing", "Begin a project and show every cell as a crop.", self.start_asked.emit)
        self._accept = button(
            "Accept all in view",
            "Accept every crop that can be seen now, as one step (undo takes it back).",
            self.accept_visible_asked.emit,
            "small",
        )
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty_page())
        self._stack.addWidget(self._full_page())
        self.show_words(has_cells=False, can_start=False)

    def _empty_page(self) -> QWidget:
        page = QWidget()
        as_panel(page)
        layout = column(page, margin=24)
        layout.addStretch(1)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(self._words)
        layout.addWidget(self._start, 0, Qt.AlignmentFlag.AlignCenter)
        layout.addStretch(1)
        return page

    def _full_page(self) -> QWidget:
        page = QWidget()
        as_panel(page)
        layout = column(page, margin=0, gap=0)
        layout.addLayout(self._top_row())
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.bins)
        split.addWidget(self.grid)
        split.setStretchFactor(1, 1)
        split.setSizes([210, 800])
        split.setCollapsible(0, False)
        self.bins.setMinimumWidth(200)
        layout.addWidget(split, 1)
        return page

    def _top_row(self) -> QHBoxLayout:
        for order, words in ORDERS.items():
            self._orders.addItem(words, order)
        self._orders.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._orders.setMinimumContentsLength(12)
        describe(self._orders, "Sort crops by", "What stands first.")
        describe(self._unreviewed, "Only unreviewed", "Leave out the cells that somebody has looked at.")
        describe(self._every, "All pictures", "Show the cells of every picture of the project, not of this one alone.")
        describe(self._size, "Size of the crops", "Larger or smaller crops (Ctrl and the mouse wheel).")
        self._size.setRange(SMALLEST_PX, LARGEST_PX)
        self._size.setValue(96)
        self._size.setFixedWidth(60)
        self._orders.currentIndexChanged.connect(lambda _at: self.order_chosen.emit(self._orders.currentData()))
        self._unreviewed.toggled.connect(self.unreviewed_only_changed)
        self._every.toggled.connect(self.every_picture_changed)
        self._size.valueChanged.connect(self.grid.set_side)
        row = QHBoxLayout()
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(8)
        for widget in (self._orders, self._unreviewed, self._every, self._size):
            row.addWidget(widget)
        # in two lines where there is little room
        self._progress.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._progress, 1)
        row.addWidget(self._accept)
        return row

    def show_words(self, *, has_cells: bool, can_start: bool) -> None:
        """Say what will be here, and offer the next step where there is one."""
        self._words.setText(_NO_PROJECT if can_start else "" if has_cells else _EMPTY)
        self._start.setVisible(can_start)
        self._stack.setCurrentIndex(1 if has_cells else 0)

    def show_choices(self, *, every_picture: bool, unreviewed_only: bool) -> None:
        """Show which cells are chosen among, without choosing anew."""
        for box, on in ((self._every, every_picture), (self._unreviewed, unreviewed_only)):
            box.blockSignals(True)
            box.setChecked(on)
            box.blockSignals(False)

    def show_progress(self, progress: ReviewProgress) -> None:
        """Say how far the review has come."""
        self._progress.setText(str(progress))

    def set_theme(self, theme: Theme) -> None:
        """Follow the look of the window."""
        self.grid.set_theme(theme)

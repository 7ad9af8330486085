"""`Pages`: the pages below the picture, in the order of their numbers."""

from __future__ import annotations

from bisect import bisect_right

from PySide6.QtWidgets import QTabWidget, QWidget

from cellwright.ui.looks.widgets import describe

OBJECTS, GALLERY, REVIEW, JOBS, TEACH, REGIONS, SLIDES = range(100, 800, 100)
"""Where our first pages stand; registered panels stand between or behind them."""


class Pages(QTabWidget):
    """Pages behind one row of tabs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._orders: list[int] = []
        self.setDocumentMode(True)
        self.tabBar().setDrawBase(False)
        describe(self, "Objects and jobs", "The table of cells, and the running jobs.")
        self.tabBar().setAccessibleName("Objects and jobs")

    def put(self, page: QWidget, title: str, order: int) -> None:
        """Add a page before all that have a greater number; pages stay where they are put."""
        at = bisect_right(self._orders, order)
        self._orders.insert(at, order)
        self.insertTab(at, page, title)

    def show_page(self, page: QWidget) -> None:
        """Bring a page to the front, for the keyboard too."""
        self.setCurrentWidget(page)
        page.setFocus()

"""The line at the foot of the window: where the mouse is, zoom, pixel size with its source, running jobs."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStatusBar, QWidget

from cellwright.core import PixelSize
from cellwright.ui.looks.widgets import button, label
from cellwright.ui.looks.wording import pixel_size_text, plural


class StatusLine(QStatusBar):
    """Facts about what is shown.

    Signals
    -------
    pixel_size_asked(), jobs_asked()
        A fact that is also a button was pressed.
    """

    pixel_size_asked = Signal()
    jobs_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Status")
        self.setSizeGripEnabled(False)
        self._place = label()
        self._zoom = label()
        self._picture = label()
        self.pixel_size = button("", "", self.pixel_size_asked.emit, "link", name="Pixel size")
        self.jobs = button("", "Show the running jobs.", self.jobs_asked.emit, "link", name="Running jobs")
        for widget in (self._place, self.jobs, self._picture, self._zoom, self.pixel_size):
            self.addPermanentWidget(widget)
        self.show_jobs(0)
        self.clear_picture()

    def clear_picture(self) -> None:
        """Show no facts about a picture."""
        for words in (self._place, self._zoom, self._picture):
            words.clear()
        self.pixel_size.hide()

    def show_picture(
        self, shape: tuple[int, int] | None, size: PixelSize | None, note: str, magnification: float | None = None
    ) -> None:
        """Show the size of a picture and of its pixels, where the latter is known from, and the objective."""
        lens = "" if magnification is None else f"  {magnification:g}×"
        self._picture.setText("" if shape is None else f"{shape[1]:,} × {shape[0]:,} px{lens}")
        self.pixel_size.setText(pixel_size_text(size))
        known_from = f" Known from: {note}." if note else ""
        self.pixel_size.setToolTip(f"Set the pixel size (Ctrl+Alt+P).{known_from}")
        self.pixel_size.setAccessibleName(f"Pixel size: {pixel_size_text(size)}; press to change")
        self.pixel_size.show()

    def ask_pixel_size(self, fitting: PixelSize) -> None:
        """Ask whether pixels are as large as would fit what was found."""
        self.pixel_size.setText(f"Pixel size unknown: {fitting.x_um:.2g} µm?")
        said = f"Nobody said how large pixels are. With {fitting.x_um:.2g} µm red cells would have their usual width."
        self.pixel_size.setToolTip(f"{said} Press to set the pixel size (Ctrl+Alt+P).")
        self.pixel_size.setAccessibleName(f"Pixel size unknown; {fitting.x_um:.2g} µm would fit; press to set it")

    def show_place(self, y: float, x: float, size: PixelSize | None) -> None:
        """Show where the mouse is."""
        um = "" if size is None else f"  ({y * size.y_um:,.1f}, {x * size.x_um:,.1f} µm)"
        self._place.setText(f"y {y:,.0f}, x {x:,.0f}{um}")

    def show_zoom(self, zoom: float) -> None:
        """Show how large the picture is drawn, 1 being pixel on pixel."""
        self._zoom.setText(f"{100 * zoom:.0f} %")

    def show_jobs(self, running: int) -> None:
        """Show how many jobs run."""
        self.jobs.setText(f"{plural(running, 'job')} running")
        self.jobs.setVisible(running > 0)

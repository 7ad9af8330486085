"""Crops of cells: cut in the background, only those that are seen or soon will be, the newest kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from cellwright.core import Box, CellwrightError, Region
from cellwright.jobs import Progress
from cellwright.jobs.queue import Job, Lane

if TYPE_CHECKING:
    from cellwright.imaging import Slide
    from cellwright.imaging.slide import Limits

CROP_PX = 96
"""Side of a crop as it is kept; drawn larger or smaller as asked."""
KEPT = 12_000
"""So many crops are kept: 28 KB each."""
_AT_ONCE = 48
_REPORTED = 16
"""A report for so many crops: each is carried over to the window's thread, which has to draw."""
_OPEN_PICTURES = 6
_RIM = 0.25


@dataclass(frozen=True, slots=True)
class Wanted:
    """A crop to be cut: the picture, the id of the object, and its box (y0, x0, y1, x1)."""

    picture: int
    name: bytes
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """Pixels, (Y, X, 3) uint8, and which part of the picture they show."""

    pixels: NDArray[np.uint8]
    box: Box


class OpenSlides:
    """Pictures that crops are cut from, the few used last kept open with their contrast; for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: OrderedDict[Path, tuple[Slide, Limits]] = OrderedDict()
        self._is_closed = False

    def cut(self, path: Path, box: Box, side_px: int = CROP_PX) -> Crop:
        """Return a square part of a picture, moved inwards where it would reach beyond an edge.

        Raises
        ------
        SlideNotReadable
            If the picture cannot be read there.
        """
        from cellwright.imaging import read_rgb

        with self._lock:
            slide, limits = self._slide(path)
            inside = _moved_inwards(box, slide.shape)
            pixels = read_rgb(slide, Region(inside, max(inside.height, 1) / side_px), limits)
        return Crop(_exactly(pixels, side_px), inside)

    def close(self) -> None:
        """Let go of every picture."""
        with self._lock:
            self._is_closed = True
            while self._open:
                self._open.popitem()[1][0].close()

    def _slide(self, path: Path) -> tuple[Slide, Limits]:
        from cellwright.imaging import contrast_limits
        from cellwright.project.pictures import slide_ref

        if path in self._open:
            self._open.move_to_end(path)
            return self._open[path]
        if self._is_closed:
            raise CellwrightError("The gallery is closed.")
        slide = slide_ref(path).open()
        self._open[path] = slide, contrast_limits(slide)
        while len(self._open) > _OPEN_PICTURES:
            self._open.popitem(last=False)[1][0].close()
        return self._open[path]


@dataclass(frozen=True, slots=True)
class CutCrops:
    """Operation: cut some crops; returns them in order, None for one that could not be read.

    Parameters
    ----------
    slides : OpenSlides
        Where from.
    wanted : tuple of (Path, Wanted)
        The picture's file, and what of it.
    side_px : int
        Side of the crops.
    rim : float
        Surroundings on each side, as a share of the cell's longer side.
    """

    slides: OpenSlides
    wanted: tuple[tuple[Path, Wanted], ...]
    side_px: int = CROP_PX
    rim: float = _RIM

    @property
    def title(self) -> str:
        """Name of the work."""
        return "Cut crops of cells"

    def run(self) -> Generator[Progress, None, list[Crop | None]]:
        """Cut one after the other."""
        crops: list[Crop | None] = []
        for path, each in self.wanted:
            if len(crops) % _REPORTED == 0:
                yield Progress(len(crops), len(self.wanted), "Cutting crops")
            try:
                crops.append(self.slides.cut(path, square_around(each.box, self.rim), self.side_px))
            except CellwrightError:
                crops.append(None)
        return crops


Submit = Callable[..., Job[Any]]


class CropStore(QObject):
    """Crops by object, cut when they are asked for.

    Parameters
    ----------
    submit : callable
        Runs an operation on a lane and calls back; see `Work.submit_quietly`.
    path_of : callable
        Returns where the picture with a number lies, None where nobody knows.

    Signals
    -------
    arrived()
        Some of the crops asked for last are there now.
    """

    arrived = Signal()

    def __init__(
        self, submit: Submit, path_of: Callable[[int], Path | None], parent: QObject | None = None, most: int = KEPT
    ) -> None:
        super().__init__(parent)
        self._submit, self._path_of, self._most = submit, path_of, most
        self._slides = OpenSlides()
        self._kept: OrderedDict[Wanted, QImage | None] = OrderedDict()
        self._wishes: list[Wanted] = []
        self._job: Job[Any] | None = None

    def get(self, wanted: Wanted) -> QImage | None:
        """Return a crop if it is there."""
        found = self._kept.get(wanted)
        if found is not None:
            self._kept.move_to_end(wanted)
        return found

    def is_missing(self, wanted: Wanted) -> bool:
        """Return whether a crop was never cut, or given up; one that cannot be read is not missing."""
        return wanted not in self._kept

    def want(self, wishes: Sequence[Wanted]) -> None:
        """Ask for these crops, the most urgent first; earlier wishes that are not among them are dropped."""
        self._wishes = [each for each in wishes if each not in self._kept]
        self._go_on()

    def forget(self) -> None:
        """Let go of everything, because another project is shown."""
        self._wishes = []
        self._kept.clear()

    def close(self) -> None:
        """Cut no more."""
        self._wishes = []
        if self._job is not None:
            self._job.cancel()
        self._slides.close()

    def _go_on(self) -> None:
        if self._job is not None or not self._wishes:
            return
        batch = self._wishes[:_AT_ONCE]
        placed = [(path, each) for each in batch if (path := self._path_of(each.picture)) is not None]
        for each in batch:
            if all(each != other for _, other in placed):
                self._kept[each] = None
        self._wishes = self._wishes[_AT_ONCE:]
        if placed:
            operation = CutCrops(self._slides, tuple(placed))
            self._job = self._submit(operation, Lane.FILES, self._on_cut)

    def _on_cut(self, job: Job[Any]) -> None:
        self._job = None
        operation = job.operation
        assert isinstance(operation, CutCrops)
        crops = job.result if job.result is not None else []
        for (_, wanted), crop in zip(operation.wanted, crops, strict=False):
            self._kept[wanted] = None if crop is None else image_of(crop.pixels)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        if crops:
            self.arrived.emit()
        self._go_on()


def square_around(box: tuple[float, float, float, float], rim: float = _RIM) -> Box:
    """Return the square with a cell in its middle and some of its surroundings."""
    y0, x0, y1, x1 = box
    half = max(4.0, (0.5 + rim) * max(y1 - y0, x1 - x0))
    top, left = round((y0 + y1) / 2 - half), round((x0 + x1) / 2 - half)
    side = max(1, round(2 * half))
    return Box(top, left, top + side, left + side)


def image_of(pixels: NDArray[np.uint8]) -> QImage:
    """Return (Y, X, 3) pixels as an image with memory of its own."""
    data = np.ascontiguousarray(pixels)
    height, width = data.shape[:2]
    # drawn without conversion
    return QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888).convertToFormat(
        QImage.Format.Format_RGB32
    )


def _moved_inwards(box: Box, shape: tuple[int, int]) -> Box:
    """Return a box of the same size that lies inside the picture, as far as there is room."""

    def shift(low: int, high: int, length: int) -> int:
        return -low if low < 0 or high - low > length else min(0, length - high)

    return box.shift(shift(box.y0, box.y1, shape[0]), shift(box.x0, box.x1, shape[1]))


def _exactly(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return pixels with just so many rows and columns; rounding may have given one more or less."""
    height, width = pixels.shape[:2]
    if (height, width) == (side, side):
        return pixels
    rows = np.minimum(np.arange(side) * height // side, height - 1)
    columns = np.minimum(np.arange(side) * width // side, width - 1)
    fitted: NDArray[np.uint8] = pixels[rows][:, columns]
    return fitted

"""DICOM: X-rays, CT, ultrasound and other pictures from the clinic, and whole-slide tiles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydicom.pixels.processing import apply_color_lut

from cellwright.core import Box
from cellwright.imaging.cache import PIXELS
from cellwright.imaging.dicom_file import open_header
from cellwright.imaging.dicom_frames import Frames
from cellwright.imaging.dicom_spacing import pixel_spacing, slice_step_um
from cellwright.imaging.dicom_tiles import TileGrid, tile_grid
from cellwright.imaging.dicom_values import GreyScale, grey_scale, window
from cellwright.imaging.failure import DAMAGED, not_readable
from cellwright.imaging.limits import check_decoded_size
from cellwright.imaging.pyramid import LevelBox, PyramidSlide, SlideInfo, rgb_channels
from cellwright.imaging.scanner import scanner_or_none
from cellwright.imaging.slide import SlideRef

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_MOVING = frozenset({"US", "XA", "RF", "ES", "XC", "GM", "IVUS"})
"""Modalities whose frames are a film; those of the others are slices."""

_PALETTE = "PALETTE COLOR"
_WHITE = 255


def open_dicom(path: Path, series: int = 0) -> PyramidSlide:
    """Open a DICOM file; see `cellwright.imaging.open_slide`.

    A slide's resolutions are files of their own, beside each other: OpenSlide finds them all from any one.
    """
    if series != 0:
        raise not_readable(path, f"it holds one picture; there is no number {series}", "Ask for number 0.")
    slide = DicomSlide(path)
    together = scanner_or_none(path) if slide.is_tiled else None
    if together is None:
        return slide
    slide.close()
    return together


class DicomSlide(PyramidSlide):
    """One DICOM picture; its frames are slices, moments or tiles.

    Greys are read as the measured values (Hounsfield units in CT), the larger the brighter; colours as 8-bit red,
    green, blue.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._source, header, syntax, start = open_header(path)
        try:
            _check_header(path, header)
            self._frames = Frames(path, self._source, header, syntax, start)
            self._grid: TileGrid | None = tile_grid(header, lambda index: self._frames.read(index)[0])
            self._palette_header = header if header.get("PhotometricInterpretation") == _PALETTE else None
            is_grey = int(header.get("SamplesPerPixel") or 1) == 1 and self._palette_header is None
            self._scale: GreyScale | None = grey_scale(header) if is_grey else None
            super().__init__(SlideRef(path), self._describe(header))
        except BaseException:
            self._source.close()
            raise

    @property
    def is_tiled(self) -> bool:
        """Whether its frames are tiles of a slide."""
        return self._grid is not None

    def close(self) -> None:
        """Let go of the file."""
        super().close()
        self._source.close()

    def _describe(self, header: Dataset) -> SlideInfo:
        size, note = pixel_spacing(header)
        limits = window(header, self._scale) if self._scale is not None else None
        frames = 1 if self._grid is not None else self._frames.count
        is_moving = header.get("Modality") in _MOVING or "FrameTime" in header or "FrameTimeVector" in header
        is_deep = frames > 1 and not is_moving
        return SlideInfo(
            shape=self._grid.shape if self._grid is not None else (int(header.Rows), int(header.Columns)),
            dtype=self._scale.dtype if self._scale is not None else np.dtype(np.uint8),
            channels=rgb_channels(self._scale is None, 1 if self._scale is not None else 3),
            is_rgb=self._scale is None,
            n_z=frames if is_deep else 1,
            n_t=1 if is_deep else frames,
            pixel_size=size,
            pixel_size_note=note,
            z_step_um=slice_step_um(header) if is_deep else None,
            background=None if self._scale is None else (limits[0] if limits else self._scale.low),
            suggested_limits=None if limits is None else (limits,),
        )

    def _read_level(self, wanted: LevelBox) -> NDArray[Any]:
        if self._grid is not None:
            return wanted.pick(self._tiles(self._grid, wanted.box))
        # Frames are either slices or moments, so one of the two numbers is 0.
        return wanted.pick(self._frame(wanted.z + wanted.t, wanted.box))

    def _frame(self, index: int, box: Box) -> NDArray[Any]:
        pixels = PIXELS.get((self._owner, index), lambda: self._decode(index))
        return pixels[box.y0 : box.y1, box.x0 : box.x1]

    def _tiles(self, grid: TileGrid, box: Box) -> NDArray[Any]:
        # Tiles that a sparse file leaves out hold nothing but glass.
        result = np.full((box.height, box.width, len(self.channels)), self.background, self.dtype)
        for index, place in grid.touched(box):
            part = place.intersect(box)
            pixels = self._frame(index, part.shift(-place.y0, -place.x0))
            result[part.y0 - box.y0 : part.y1 - box.y0, part.x0 - box.x0 : part.x1 - box.x0] = pixels
        return result

    def _decode(self, index: int) -> NDArray[Any]:
        stored, meaning = self._frames.read(index)
        if self._palette_header is not None:
            pixels = _eight_bit(apply_color_lut(stored[:, :, 0], self._palette_header))
        elif self._scale is not None:
            pixels = self._scale.apply(stored)
        elif meaning == "RGB":
            pixels = _eight_bit(stored)
        else:
            reason = f"its colours are {meaning}, which is not supported"
            raise not_readable(self.ref.path, reason, "Export it as RGB.")
        return np.ascontiguousarray(pixels, self.dtype)


def _check_header(path: Path, header: Dataset) -> None:
    if "Rows" not in header or "Columns" not in header or "BitsAllocated" not in header:
        advice = "It may be a report, a plan or a folder's index; open the images."
        raise not_readable(path, "there is no picture in it, or the file was cut short", advice)
    samples = int(header.get("SamplesPerPixel") or 1)
    if samples not in (1, 3):
        raise not_readable(path, f"each of its pixels has {samples} samples; 1 and 3 are known", DAMAGED)
    check_decoded_size(path, int(header.Rows), int(header.Columns), samples * int(header.BitsAllocated) // 8 or 1)


def _eight_bit(colours: NDArray[Any]) -> NDArray[np.uint8]:
    """Return colours of 16 bits as 8, by their upper half."""
    if colours.dtype == np.uint8:
        return colours
    is_wide = int(colours.max(initial=0)) > _WHITE
    return (colours >> 8 if is_wide else colours).astype(np.uint8)

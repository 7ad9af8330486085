"""Slides of scanners through OpenSlide: MRXS, SCN, BIF, VMS and VMU, Philips and Ventana TIFF, DICOM pyramids."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, PixelSize, SlideNotReadable
from cellwright.imaging.blocks import from_blocks
from cellwright.imaging.calibration import UNKNOWN, SizeClaim, plausible_magnification, settle
from cellwright.imaging.failure import DAMAGED, not_readable
from cellwright.imaging.handles import HandlePool
from cellwright.imaging.limits import check_decoded_size
from cellwright.imaging.pyramid import LevelBox, PyramidSlide, SlideInfo
from cellwright.imaging.resolution import size_from_tag
from cellwright.imaging.slide import RGB_CHANNELS, SlideRef

if TYPE_CHECKING:
    from openslide import OpenSlide

_BLOCK = (512, 512)
_CACHE_BYTES = 64 * 2**20
"""What OpenSlide may keep of its own tiles, for all handles of one slide together."""


def open_scanner(path: Path, series: int = 0) -> ScannerSlide:
    """Open a slide with OpenSlide; see `cellwright.imaging.open_slide`."""
    if series != 0:
        raise not_readable(path, f"it holds one picture; there is no number {series}", "Ask for number 0.")
    return ScannerSlide(path)


def scanner_or_none(path: Path) -> ScannerSlide | None:
    """Open a file with OpenSlide if it can; None where it refuses, so that another reader may try."""
    try:
        from openslide import OpenSlideError
    except ImportError:
        return None
    try:
        return ScannerSlide(path)
    except (OpenSlideError, SlideNotReadable):
        return None


class ScannerSlide(PyramidSlide):
    """One slide, read with OpenSlide; where a scanner left glass out, it is the slide's background colour.

    Parameters
    ----------
    path : Path
        The file; those that belong to it (the folder of an MRXS) lie beside it.
    """

    def __init__(self, path: Path) -> None:
        from openslide import OpenSlideCache

        self._cache = OpenSlideCache(_CACHE_BYTES)
        self._path = path
        self._pool: HandlePool[OpenSlide] = HandlePool(self._open, _close)
        try:
            with self._pool.use() as handle:
                self._levels = tuple((int(y), int(x)) for x, y in handle.level_dimensions)
                self._downsamples = tuple(float(step) for step in handle.level_downsamples)
                self._paper = _background(handle.properties)
                info = self._describe(handle)
            super().__init__(SlideRef(path), info)
        except BaseException:
            self._pool.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        super().close()
        self._pool.close()

    def _open(self) -> OpenSlide:
        from openslide import OpenSlide, OpenSlideUnsupportedFormatError

        try:
            handle = OpenSlide(self._path)
        except OpenSlideUnsupportedFormatError as error:
            reason = "OpenSlide finds no slide of a scanner in it"
            raise not_readable(
                self._path, reason, f"Does every file that belongs to it lie beside it? {DAMAGED}"
            ) from (error)
        handle.set_cache(self._cache)
        return handle

    def _describe(self, handle: OpenSlide) -> SlideInfo:
        said = handle.properties
        magnification = plausible_magnification(said.get("openslide.objective-power"))
        size, note = settle([_claim(said)], magnification)
        return SlideInfo(
            shape=self._levels[0],
            dtype=np.dtype(np.uint8),
            channels=RGB_CHANNELS,
            is_rgb=True,
            pixel_size=size,
            pixel_size_note=note,
            magnification=magnification,
            levels=self._levels,
            background=float(self._paper[0]) if len(set(self._paper)) == 1 else None,
            associated=tuple(handle.associated_images),
        )

    def _read_level(self, wanted: LevelBox) -> NDArray[Any]:
        def read(place: Box) -> NDArray[Any]:
            return self._block(wanted.level, place)

        key = (self._owner, wanted.level)
        return wanted.pick(from_blocks(wanted.box, self._levels[wanted.level], _BLOCK, key, read))

    def _block(self, level: int, place: Box) -> NDArray[np.uint8]:
        step = self._downsamples[level]
        corner = (round(place.x0 * step), round(place.y0 * step))
        with self._pool.use() as handle:
            picture = handle.read_region(corner, level, (place.width, place.height))
        return _on_paper(np.asarray(picture), self._paper)

    def _read_associated(self, name: str) -> NDArray[Any]:
        with self._pool.use() as handle:
            picture = handle.associated_images[name]
        check_decoded_size(self._path, picture.height, picture.width, 4, f"its {name} picture")
        return _on_paper(np.asarray(picture), self._paper)


def _close(handle: OpenSlide) -> None:
    handle.close()


def _claim(said: Mapping[str, str]) -> SizeClaim:
    vendor = said.get("openslide.vendor", "")
    try:
        size: PixelSize | None = size_from_tag(float(said["openslide.mpp-y"]), float(said["openslide.mpp-x"]))
    except (KeyError, ValueError):
        size = None
    return SizeClaim(size, f"{vendor} µm/px, as OpenSlide reads it" if size is not None else UNKNOWN)


def _background(said: Mapping[str, str]) -> tuple[int, int, int]:
    text = said.get("openslide.background-color", "")
    try:
        red, green, blue = bytes.fromhex(text)
    except ValueError:
        return (255, 255, 255)
    return (red, green, blue)


def _on_paper(pixels: NDArray[np.uint8], paper: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return (Y, X, 3) colours of (Y, X, 4) pixels with opacity, laid on the background."""
    opacity = pixels[:, :, 3:]
    if (opacity == 255).all():
        return np.ascontiguousarray(pixels[:, :, :3])
    share = opacity.astype(np.float32) / 255.0
    blended = pixels[:, :, :3] * share + np.asarray(paper, np.float32) * (1.0 - share)
    return np.asarray(np.rint(blended).astype(np.uint8))

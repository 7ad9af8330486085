"""Nikon ND2: positions as series, with planes, time points and channels; uncompressed frames are read row by row."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box
from cellwright.imaging.cache import PIXELS
from cellwright.imaging.calibration import UNKNOWN, SizeClaim, plausible_magnification, settle
from cellwright.imaging.failure import explained, not_readable
from cellwright.imaging.files import FileBytes
from cellwright.imaging.handles import HandlePool
from cellwright.imaging.limits import check_decoded_size
from cellwright.imaging.pyramid import LevelBox, PyramidSlide, SlideInfo, plain_channels
from cellwright.imaging.resolution import size_from_tag
from cellwright.imaging.slide import RGB_CHANNELS, Channel, SlideRef

if TYPE_CHECKING:
    from nd2 import ND2File

_FRAME = "CYXS"
_NARROW = 0.5
"""Regions narrower than this share of a row are read row by row, wider ones in one go."""

_SCANNED = frozenset({"laserScanConfocal", "spinningDiskConfocal", "nonLinear"})


def open_nd2(path: Path, series: int = 0) -> Nd2Slide:
    """Open an ND2 file; see `cellwright.imaging.open_slide`."""
    return Nd2Slide(path, series)


class Nd2Slide(PyramidSlide):
    """One position of an ND2 file.

    Parameters
    ----------
    path : Path
        The file.
    series : int
        Which position, where the file holds several.
    """

    def __init__(self, path: Path, series: int) -> None:
        self._path = path
        self._source = FileBytes(path)
        self._pool: HandlePool[ND2File] = HandlePool(self._open, _close)
        try:
            with self._pool.use() as file, explained(path, "the description in this ND2 file makes no sense"):
                info = self._describe(file, series)
            super().__init__(SlideRef(path, series), info)
        except BaseException:
            self._pool.close()
            self._source.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        super().close()
        self._pool.close()
        self._source.close()

    def _open(self) -> ND2File:
        from nd2 import ND2File

        return ND2File(self._path)

    def _describe(self, file: ND2File, series: int) -> SlideInfo:
        sizes = dict(file.sizes)
        self._loops = [(axis, length) for axis, length in sizes.items() if axis not in _FRAME]
        self._names = _position_names(file, sizes.get("P", 1))
        if not 0 <= series < len(self._names):
            reason = f"it holds {len(self._names)} pictures; there is no number {series}"
            raise not_readable(self._path, reason, f"Ask for 0 to {len(self._names) - 1}.")
        self._series = series
        height, width = sizes["Y"], sizes["X"]
        dtype = np.dtype(file.dtype).newbyteorder("=")
        n_channels = sizes.get("C", 1) * sizes.get("S", 1)
        check_decoded_size(self._path, height, width, n_channels * dtype.itemsize, "one frame of it")
        self._row_bytes = int(file.attributes.widthBytes or 0)
        self._offsets = None if file.is_legacy else dict(file._rdr._frame_offsets)  # type: ignore[attr-defined]  # noqa: SLF001 - frames that are missing from this list would come as zeros
        is_plain = self._offsets is not None and file.attributes.compressionType is None
        self._is_plain = is_plain and self._row_bytes >= width * n_channels * dtype.itemsize
        self._stored = dtype.newbyteorder("<")
        self._n_stored = n_channels
        # Colours come as blue, green, red.
        is_rgb = bool(file.is_rgb) and n_channels == 3
        size, note, z_step_um, magnification = _calibration(file)
        return SlideInfo(
            shape=(height, width),
            dtype=dtype,
            channels=RGB_CHANNELS if is_rgb else _channels(file, n_channels),
            is_rgb=is_rgb,
            n_z=sizes.get("Z", 1),
            n_t=math.prod(length for axis, length in self._loops if axis not in "ZP"),
            pixel_size=size,
            pixel_size_note=note,
            magnification=magnification,
            z_step_um=z_step_um if sizes.get("Z", 1) > 1 else None,
            series_names=self._names,
        )

    def _read_level(self, wanted: LevelBox) -> NDArray[Any]:
        index = self._frame_index(wanted.z, wanted.t)
        if self._offsets is not None and index not in self._offsets:
            reason = f"plane {wanted.z + 1} at time {wanted.t + 1} was never taken"
            raise not_readable(self._path, reason, "The recording was stopped early; read the other planes.")
        if self._is_plain and self._offsets is not None:
            pixels = self._rows(self._offsets[index], wanted.box)
        else:
            box = wanted.box
            pixels = self._whole(index)[box.y0 : box.y1, box.x0 : box.x1]
        return wanted.pick(pixels)

    def _frame_index(self, z: int, t: int) -> int:
        """Return the number of a frame; loops that are neither depth nor positions count as time, the last fastest."""
        index, rest = 0, t
        places = {"Z": z, "P": self._series}
        for axis, length in reversed(self._loops):
            if axis not in places:
                rest, places[axis] = divmod(rest, length)
        for axis, length in self._loops:
            index = index * length + places[axis]
        return index

    def _rows(self, offset: int, box: Box) -> NDArray[Any]:
        pixel_bytes = self._n_stored * self._stored.itemsize
        width = self.info.shape[1]
        if box.width < width * _NARROW:
            first, length = box.x0 * pixel_bytes, box.width * pixel_bytes
            starts = (offset + y * self._row_bytes + first for y in range(box.y0, box.y1))
            data = b"".join(self._source.read_at(start, length) for start in starts)
            pixels = np.frombuffer(data, self._stored).reshape(box.height, box.width, self._n_stored)
        else:
            data = self._source.read_at(offset + box.y0 * self._row_bytes, box.height * self._row_bytes)
            rows = np.frombuffer(data, np.uint8).reshape(box.height, self._row_bytes)
            kept = np.ascontiguousarray(rows[:, box.x0 * pixel_bytes : box.x1 * pixel_bytes])
            pixels = kept.view(self._stored).reshape(box.height, box.width, self._n_stored)
        return self._native(pixels)

    def _whole(self, index: int) -> NDArray[Any]:
        def read() -> NDArray[Any]:
            with self._pool.use() as file:
                frame = np.asarray(file.read_frame(index))
            # One axis for channels, one for colours, each left out where it is 1.
            shape = self.info.shape
            if frame.shape[:2] != shape:
                frame = np.moveaxis(frame.reshape(-1, *shape, self._n_stored if self.is_rgb else 1), 0, -2)
            return np.array(self._native(frame.reshape(*shape, self._n_stored)), order="C")

        return PIXELS.get((self._owner, index), read)

    def _native(self, pixels: NDArray[Any]) -> NDArray[Any]:
        pixels = pixels.astype(self.dtype, copy=False)
        return pixels[:, :, ::-1] if self.is_rgb else pixels


def _close(file: ND2File) -> None:
    file.close()


def _position_names(file: ND2File, count: int) -> tuple[str, ...]:
    for loop in file.experiment:
        if loop.type == "XYPosLoop":
            names = [point.name or f"position {i + 1}" for i, point in enumerate(loop.parameters.points)]
            if len(names) == count:
                return tuple(names)
    return tuple(f"position {i + 1}" for i in range(count)) if count > 1 else ("",)


def _channels(file: ND2File, count: int) -> tuple[Channel, ...]:
    described = getattr(file.metadata, "channels", None) or []
    if len(described) != count:
        return plain_channels(count)
    colours = [item.channel.color for item in described]
    return tuple(
        Channel(item.channel.name or f"channel {i + 1}", (int(colour.r), int(colour.g), int(colour.b)))
        for i, (item, colour) in enumerate(zip(described, colours, strict=True))
    )


def _calibration(file: ND2File) -> tuple[Any, str, float | None, float | None]:
    """Return pixel size, its note, the distance of planes, and the magnification of the objective."""
    described = getattr(file.metadata, "channels", None) or []
    first = described[0] if described else None
    is_calibrated = first is not None and all(first.volume.axesCalibrated[:2])
    voxel = file.voxel_size()
    size = size_from_tag(voxel.y, voxel.x) if is_calibrated else None
    magnification = plausible_magnification(first.microscope.objectiveMagnification) if first is not None else None
    flags = set(first.microscope.modalityFlags) if first is not None else set()
    is_camera = not flags & _SCANNED
    settled, note = settle(
        [SizeClaim(size, "ND2 calibration" if size else UNKNOWN)], magnification if is_camera else None
    )
    return settled, note, voxel.z or None, magnification

"""Pixels of one resolution of a TIFF stack: only the tiles, strips or rows that a region touches are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box
from cellwright.imaging.cache import PIXELS
from cellwright.imaging.failure import DAMAGED, not_readable
from cellwright.imaging.files import FileBytes
from cellwright.imaging.jpeg import jpeg_pieces
from cellwright.imaging.limits import check_decoded_size

if TYPE_CHECKING:
    import threading

    from tifffile import TiffFrame, TiffPage, TiffPageSeries

_JPEG = frozenset({6, 7, 34892, 33007})
_SMALL_SHARE = 16
"""Planes up to this part of the shared store are kept whole once they are decoded."""

_NARROW = 0.5
"""Regions narrower than this share of a row are read row by row, wider ones in one go."""


class PlaneStack:
    """Reads boxes of stored planes.

    Parameters
    ----------
    series : TiffPageSeries
        The pages of one resolution. Its file handle is used under `lock` only.
    open_file : callable
        Returns the shared bytes of a path; pages of one series may lie in several files.
    lock : Lock
        Guards tifffile's objects, which are not thread-safe.
    owner, level : int
        First parts of the keys in the shared store of pixels.
    """

    def __init__(
        self,
        series: TiffPageSeries,
        open_file: Callable[[Path], FileBytes],
        lock: threading.RLock,
        owner: int,
        level: int,
    ) -> None:
        self._series = series
        self._open_file = open_file
        self._lock = lock
        self._owner = owner
        self._level = level
        keyframe = series.keyframe
        self.path = Path(keyframe.parent.filehandle.path)
        self._planes_a_page = keyframe.shaped[0] * keyframe.shaped[1]
        self.height, self.width, self.samples = keyframe.shaped[2:]
        self.dtype = np.dtype(series.dtype)
        self._stored_dtype = self.dtype.newbyteorder(keyframe.parent.byteorder)
        self._start = series.dataoffset
        self._plane_bytes = self.height * self.width * self.samples * self.dtype.itemsize
        # Of a large picture, only pieces that are used in part are worth keeping: a neighbouring region needs the rest.
        self._is_large = self._plane_bytes > PIXELS.limit_bytes // _SMALL_SHARE
        self._jpeg = jpeg_pieces(keyframe)
        self._check(series)

    def read(self, plane: int, box: Box) -> NDArray[Any]:
        """Return the (Y, X, samples) pixels of a box of one stored plane."""
        if self._start is not None:
            return self._rows(self._open_file(self.path), self._start + plane * self._plane_bytes, box)
        page_index, inner = divmod(plane, self._planes_a_page)
        page = self._page(page_index)
        file = self._open_file(Path(page.parent.filehandle.path))
        if page.is_final:
            return self._rows(file, page.dataoffsets[0] + inner * self._plane_bytes, box)
        return self._segments(file, page, page_index, inner, box)

    def _check(self, series: TiffPageSeries) -> None:
        """Refuse at once what cannot be complete or would not fit into memory."""
        file = self._open_file(self.path)
        if self._start is not None:
            end = self._start + prod(series.get_shape(False)) * self.dtype.itemsize
            self._must_reach(file, end)
            return
        page = self._page(0)
        if page.is_final:
            self._must_reach(file, page.dataoffsets[0] + page.nbytes)
            return
        keyframe = series.keyframe
        rows, columns = self._segment_shape()
        per_pixel = self.samples * max(1, keyframe.tiledepth) * self.dtype.itemsize
        check_decoded_size(self.path, rows, columns, per_pixel, "one piece of it, which can only be decoded whole,")
        needed = prod(keyframe.chunked)
        offsets, counts = page.dataoffsets, page.databytecounts
        if min(len(offsets), len(counts)) < needed:
            raise not_readable(self.path, f"{needed} pieces make it up and only {len(offsets)} are listed", DAMAGED)
        ends = np.add(np.asarray(offsets[:needed], np.uint64), np.asarray(counts[:needed], np.uint64))
        self._must_reach(file, int(ends.max(initial=0)))

    def _must_reach(self, file: FileBytes, end: int) -> None:
        if end > file.size:
            raise not_readable(
                file.path, f"it was cut short: {end:,} bytes are needed and {file.size:,} are there", DAMAGED
            )

    def _page(self, index: int) -> TiffPage | TiffFrame:
        with self._lock:
            page = self._series[index]
            if page is None:
                raise not_readable(self.path, f"plane {index} is missing from the file", DAMAGED)
            _ = page.dataoffsets, page.databytecounts  # read from the file now, while nobody else does
            return page

    def _segment_shape(self) -> tuple[int, int]:
        keyframe = self._series.keyframe
        if keyframe.is_tiled:
            return keyframe.tilelength, keyframe.tilewidth
        return min(keyframe.rowsperstrip, self.height), self.width

    def _rows(self, file: FileBytes, start: int, box: Box) -> NDArray[Any]:
        """Read a box of a plane that lies uncompressed, row after row, from `start` on."""
        pixel_bytes = self.samples * self.dtype.itemsize
        row_bytes = self.width * pixel_bytes
        if box.width < self.width * _NARROW:
            skip = box.x0 * pixel_bytes
            rows = (file.read_at(start + y * row_bytes + skip, box.width * pixel_bytes) for y in range(box.y0, box.y1))
            data, width, first = b"".join(rows), box.width, 0
        else:
            data = file.read_at(start + box.y0 * row_bytes, box.height * row_bytes)
            width, first = self.width, box.x0
        pixels = np.frombuffer(data, self._stored_dtype).reshape(box.height, width, self.samples)
        return pixels[:, first : first + box.width].astype(self.dtype, copy=False)

    def _segments(
        self, file: FileBytes, page: TiffPage | TiffFrame, page_index: int, inner: int, box: Box
    ) -> NDArray[Any]:
        """Read a box of a plane that is cut into tiles or strips."""
        height, width = self._segment_shape()
        result: NDArray[Any] | None = None
        for index, depth, y, x in self._touched(inner, box):

            def decode(index: int = index) -> NDArray[Any]:
                return self._decode(file, page, index)

            part = box.intersect(Box(y, x, y + height, x + width))
            is_used_up = self._is_large and part.area == height * width
            key = (self._owner, (self._level, page_index, index))
            segment = PIXELS.get_or_make(key, decode) if is_used_up else PIXELS.get(key, decode)
            segment = segment[depth] if segment.ndim == 4 else segment
            is_all = segment.shape[:2] == (part.height, part.width)
            # A piece that was decoded for us alone is handed on as it is: a cut of it would have to be copied.
            pixels = segment if is_all else segment[part.y0 - y : part.y1 - y, part.x0 - x : part.x1 - x]
            if pixels.shape[:2] != (part.height, part.width):
                raise not_readable(self.path, f"the piece at y={y}, x={x} is smaller than it should be", DAMAGED)
            if part == box:
                whole: NDArray[Any] = pixels
                return whole
            if result is None:
                result = np.empty((box.height, box.width, self.samples), self.dtype)
            result[part.y0 - box.y0 : part.y1 - box.y0, part.x0 - box.x0 : part.x1 - box.x0] = pixels
        if result is None:
            raise ValueError("no tile or strip lies there")
        return result

    def _touched(self, inner: int, box: Box) -> Iterator[tuple[int, int, int, int]]:
        """Yield number, layer, first row and first column of every piece that a box touches."""
        keyframe = self._series.keyframe
        height, width = self._segment_shape()
        across, down = -(-self.width // width), -(-self.height // height)
        tile_depth = keyframe.tiledepth if keyframe.is_tiled else 1
        planar, layer = divmod(inner, keyframe.shaped[1])
        layers = -(-keyframe.shaped[1] // tile_depth)
        first = (planar * layers + layer // tile_depth) * down
        for row in range(box.y0 // height, -(-box.y1 // height)):
            for column in range(box.x0 // width, -(-box.x1 // width)):
                yield (first + row) * across + column, layer % tile_depth, row * height, column * width

    def _decode(self, file: FileBytes, page: TiffPage | TiffFrame, index: int) -> NDArray[Any]:
        """Return one decoded piece as (Y, X, samples), or (layer, Y, X, samples) where it may have several layers."""
        offset, count = page.dataoffsets[index], page.databytecounts[index]
        if count == 0:
            raise not_readable(self.path, f"piece {index} of it was never written", DAMAGED)
        data = file.read_at(offset, count)
        if self._jpeg is not None:
            return self._jpeg.decode(data, page.jpegtables)
        keyframe = self._series.keyframe
        tables: dict[str, Any] = {}
        if keyframe.compression in _JPEG:
            tables = {"jpegtables": page.jpegtables, "jpegheader": keyframe.jpegheader}
        with self._lock:
            decode = keyframe.decode
        pixels, _, _ = decode(data, index, **tables)
        return np.ascontiguousarray(pixels, self.dtype)

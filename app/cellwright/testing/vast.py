"""Pyramids of any size in a few megabytes: every tile is one of a few, written once and pointed at from everywhere."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SHORT, _LONG, _RATIONAL, _LONG8 = 3, 4, 5, 16
_FORMATS = {_SHORT: "<u2", _LONG: "<u4", _LONG8: "<u8"}
_JPEG, _YCBCR, _PER_CM = 7, 6, 3


def write_vast_pyramid(
    path: Path,
    side: int,
    tiles: Sequence[NDArray[np.uint8]],
    *,
    quality: int = 80,
    smallest: int = 1024,
    um_per_px: float = 0.25,
) -> Path:
    """Write a pyramidal BigTIFF of `side` × `side` pixels whose tiles repeat.

    The tables of places are as long as those of a real slide, so that opening costs what it costs there; only the
    pixels are shared.

    Parameters
    ----------
    path : Path
        Where to write.
    side : int
        Rows and columns of the finest level.
    tiles : sequence of (T, T, 3) ndarray of uint8
        Colour tiles, all of one size, a multiple of 16; tile number i of a level shows ``tiles[i % len(tiles)]``.
    quality : int
        Of the JPEGs.
    smallest : int
        Levels are halved until they are no larger than this.
    um_per_px : float
        Pixel size to write.

    Returns
    -------
    Path
        The same path.
    """
    from imagecodecs import jpeg8_encode

    packed = [bytes(jpeg8_encode(tile, level=quality)) for tile in tiles]
    edge = tiles[0].shape[0]
    with path.open("wb") as file:
        file.write(struct.pack("<2sHHHQ", b"II", 43, 8, 0, 0))
        places = np.cumsum([16, *(len(data) for data in packed)])[:-1].astype(np.uint64)
        file.write(b"".join(packed))
        lengths = np.array([len(data) for data in packed], np.uint64)
        link, size, level = 8, side, 0
        while True:
            count = (-(-size // edge)) ** 2
            which = np.arange(count) % len(packed)
            tags = _tags(size, edge, um_per_px * 2**level, level, places[which], lengths[which])
            begin = _write_directory(file, tags)
            file.seek(link)
            file.write(struct.pack("<Q", begin))
            link = begin + 8 + 20 * len(tags)
            file.seek(0, 2)
            if size <= smallest:
                return path
            size, level = -(-size // 2), level + 1


def _tags(
    size: int, edge: int, um: float, level: int, places: NDArray[np.uint64], lengths: NDArray[np.uint64]
) -> list[tuple[int, int, Any]]:
    per_cm = [(round(1e4 / um * 1000), 1000)]
    return [
        (254, _LONG, [1 if level else 0]),
        (256, _LONG, [size]),
        (257, _LONG, [size]),
        (258, _SHORT, [8, 8, 8]),
        (259, _SHORT, [_JPEG]),
        (262, _SHORT, [_YCBCR]),
        (277, _SHORT, [3]),
        (282, _RATIONAL, per_cm),
        (283, _RATIONAL, per_cm),
        (284, _SHORT, [1]),
        (296, _SHORT, [_PER_CM]),
        (322, _LONG, [edge]),
        (323, _LONG, [edge]),
        (324, _LONG8, places),
        (325, _LONG8, lengths),
        (530, _SHORT, [2, 2]),
    ]


def _write_directory(file: Any, tags: list[tuple[int, int, Any]]) -> int:
    """Write long values first and the directory after them; return where it begins."""
    entries = []
    for code, kind, values in tags:
        if kind == _RATIONAL:
            data = b"".join(struct.pack("<II", *pair) for pair in values)
        else:
            data = np.asarray(values).astype(_FORMATS[kind]).tobytes()
        if len(data) > 8:
            place = file.tell()
            file.write(data + bytes(-len(data) % 8))
            data = struct.pack("<Q", place)
        entries.append(struct.pack("<HHQ", code, kind, len(values)) + data.ljust(8, b"\0"))
    begin: int = file.tell()
    file.write(struct.pack("<Q", len(entries)) + b"".join(entries) + struct.pack("<Q", 0))
    return begin

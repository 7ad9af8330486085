"""A pyramidal slide of any size whose tiles share their bytes: 100,000² in a file of some megabytes, written at once.

Reading it costs what reading a real slide costs, but for the disk: every tile is found through its own offset and
decoded by itself. What is seen are patches of the drawn smear, out of order.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

TILE_PX = 512
_KINDS = 16
_LEVEL_STEP = 4
_UM_PER_PX = 0.25

# TIFF tags and types, of the specification of BigTIFF
_SHORT, _LONG, _RATIONAL, _LONG8, _IFD8 = 3, 4, 5, 16, 18
_SIZES = {_SHORT: 2, _LONG: 4, _RATIONAL: 8, _LONG8: 8, _IFD8: 8}


@dataclass(frozen=True, slots=True)
class _Level:
    """One resolution: its rows and columns, and which stored tile stands at each place, (rows, columns)."""

    shape: tuple[int, int]
    kinds: NDArray[np.intp]


def write_shared_tiles(path: Path, side: int, seed: int = 0) -> None:
    """Write a colour slide of `side` × `side` pixels, each level a quarter of the side of the one before.

    Parameters
    ----------
    path : Path
        A TIFF file; replaced if it is there.
    side : int
        Rows and columns.
    seed : int
        Of the drawn cells and of the order of the tiles.
    """
    rng = np.random.default_rng(seed)
    levels = [_level(side, rng)]
    while levels[-1].shape[0] > 2 * TILE_PX:
        levels.append(_level(-(-levels[-1].shape[0] // _LEVEL_STEP), rng))
    with path.open("wb") as file:
        file.write(struct.pack("<2sHHHQ", b"II", 43, 8, 0, 0))
        places, sizes = [], []
        for jpeg in _tiles(seed):
            places.append(file.tell())
            sizes.append(len(jpeg))
            file.write(jpeg)
        stored = (np.array(places, np.uint64), np.array(sizes, np.uint64))
        coarser: list[int] = []
        for level in levels[:0:-1]:
            coarser.insert(0, _write_ifd(file, level, stored, ()))
        first = _write_ifd(file, levels[0], stored, tuple(coarser))
        file.seek(8)
        file.write(struct.pack("<Q", first))


def _level(length: int, rng: np.random.Generator) -> _Level:
    across = -(-length // TILE_PX)
    return _Level((length, length), rng.integers(0, _KINDS, (across, across)))


def _tiles(seed: int) -> list[bytes]:
    import imagecodecs

    from cellwright.core import Box
    from cellwright.testing import Smear

    drawn = _KINDS // 4
    smear = Smear(seed, (TILE_PX, drawn * TILE_PX), red_cell_px=60.0)
    patches = [smear.read(Box(0, i * TILE_PX, TILE_PX, (i + 1) * TILE_PX)) for i in range(drawn)]
    turned = [np.ascontiguousarray(np.rot90(patch, turn)) for patch in patches for turn in range(4)]
    return [bytes(imagecodecs.jpeg8_encode(patch, level=85, subsampling="420")) for patch in turned]


def _write_ifd(
    file: BinaryIO, level: _Level, stored: tuple[NDArray[np.uint64], NDArray[np.uint64]], coarser: tuple[int, ...]
) -> int:
    """Write one directory and return where it stands."""
    per_cm = round(10_000 / _UM_PER_PX)
    kinds = level.kinds.ravel()
    values: list[tuple[int, int, bytes]] = [
        (254, _LONG, struct.pack("<I", 0 if coarser else 1)),
        (256, _LONG, struct.pack("<I", level.shape[1])),
        (257, _LONG, struct.pack("<I", level.shape[0])),
        (258, _SHORT, struct.pack("<3H", 8, 8, 8)),
        (259, _SHORT, struct.pack("<H", 7)),
        (262, _SHORT, struct.pack("<H", 6)),
        (277, _SHORT, struct.pack("<H", 3)),
        (282, _RATIONAL, struct.pack("<2I", per_cm, 1)),
        (283, _RATIONAL, struct.pack("<2I", per_cm, 1)),
        (284, _SHORT, struct.pack("<H", 1)),
        (296, _SHORT, struct.pack("<H", 3)),
        (322, _LONG, struct.pack("<I", TILE_PX)),
        (323, _LONG, struct.pack("<I", TILE_PX)),
        (324, _LONG8, stored[0][kinds].astype("<u8").tobytes()),
        (325, _LONG8, stored[1][kinds].astype("<u8").tobytes()),
        (530, _SHORT, struct.pack("<2H", 2, 2)),
    ]
    if coarser:
        values.append((330, _IFD8, struct.pack(f"<{len(coarser)}Q", *coarser)))
    return _write_tags(file, sorted(values))


def _write_tags(file: BinaryIO, values: list[tuple[int, int, bytes]]) -> int:
    entries = b""
    for tag, kind, data in values:
        count = len(data) // _SIZES[kind]
        if len(data) <= 8:
            entries += struct.pack("<HHQ", tag, kind, count) + data.ljust(8, b"\0")
        else:
            file.seek(0, 2)
            file.write(b"\0" * (-file.tell() % 8))
            entries += struct.pack("<HHQQ", tag, kind, count, file.tell())
            file.write(data)
    file.seek(0, 2)
    file.write(b"\0" * (-file.tell() % 8))
    place = file.tell()
    file.write(struct.pack("<Q", len(values)) + entries + struct.pack("<Q", 0))
    return place

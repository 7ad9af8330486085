"""Pictures that show the same field twice, turned or mirrored perhaps: across splits they flatter every score."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright.imaging import SlideRef

_SIDE = 32
_BITS_APART = 14
"""Of 63 bits; two pictures further apart are not compared. Unrelated ones differ in about 32."""
_SAME = 0.97
"""Set on smears, nuclei and chests: the same field refocused lies above, the chests of two people below."""
_FLAT = 1e-3
_BLOCK = 512


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What a picture looks like from afar.

    Parameters
    ----------
    path : Path
        The picture.
    thumbnail : (32, 32) ndarray of float32
        Its grey values, whatever its shape.
    """

    path: Path
    thumbnail: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Two pictures of the same field.

    Parameters
    ----------
    first, second : Path
        The pictures.
    similarity : float
        Correlation of their thumbnails, in the position in which they are most alike; at most 1.
    is_turned : bool
        Whether one has to be turned or mirrored for that.
    """

    first: Path
    second: Path
    similarity: float
    is_turned: bool


def look_at(picture: Path | SlideRef) -> Look | None:
    """Decode a picture and return what it looks like; None where it cannot be decoded to its last pixel."""
    from cellwright.core import Box, Region, SlideNotReadable
    from cellwright.imaging import contrast_limits, read_rgb

    ref = picture if isinstance(picture, SlideRef) else SlideRef(picture)
    grey = None if ref.is_part or ref.series else _decoded(ref.path)
    if grey is None:
        try:
            with ref.open() as slide:
                rows, columns = slide.shape
                downsample = max(1.0, min(rows, columns) / (2 * _SIDE))
                region = Region(Box(0, 0, rows, columns), downsample)
                grey = read_rgb(slide, region, contrast_limits(slide)).mean(2).astype(np.float32)
        except SlideNotReadable:
            return None
    return Look(ref.path, _shrunk(grey))


def _decoded(path: Path) -> NDArray[np.float32] | None:
    """Return the grey values of a plain picture file; None for other files."""
    from PIL import Image, ImageOps

    if path.suffix.lower() not in {".png", ".jpg", ".jpeg", ".bmp"}:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                if picture.mode.startswith("I") or picture.mode == "F":
                    return None  # 16 bits need contrast limits
                picture.draft("L", (4 * _SIDE, 4 * _SIDE))
                upright = ImageOps.exif_transpose(picture).convert("L")
                return np.asarray(upright.reduce(max(1, min(upright.size) // (4 * _SIDE))), np.float32)
    except (OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError):
        return None


def _shrunk(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    from PIL import Image

    small = Image.fromarray(grey).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    return np.asarray(small, np.float32)


def near_duplicates(looks: Sequence[Look], same: float = _SAME) -> list[NearDuplicate]:
    """Return the pairs of pictures that show the same field, the most alike first.

    Candidates are pairs whose perceptual hashes (the signs of the 63 lowest cosine coefficients against their median;
    Zauner 2010) differ in few bits, one of the two in any of its eight positions. They are checked by the correlation
    of the thumbnails. Fields that only overlap are not found.

    Parameters
    ----------
    looks : sequence of Look
        Of different files.
    same : float
        Correlation from which two pictures are the same.
    """
    if len(looks) < 2:
        return []
    positions = np.stack([_positions(look.thumbnail) for look in looks])  # (N, 8, 32, 32)
    unit = _normalised(positions)
    hashes = _hashes(positions)
    found = []
    for i, j in _candidates(hashes):
        alike = unit[i, 0] @ unit[j].T
        best = int(alike.argmax())
        if alike[best] >= same:
            found.append(NearDuplicate(looks[i].path, looks[j].path, float(alike[best]), best != 0))
    return sorted(found, key=lambda pair: (-pair.similarity, pair.first, pair.second))


def _positions(thumbnail: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a thumbnail in its eight positions, itself first."""
    mirrored = (thumbnail, thumbnail[:, ::-1])
    return np.stack([np.rot90(each, turns) for each in mirrored for turns in range(4)])


def _normalised(positions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (N, 8, 1024): each with mean 0 and length 1; zeros for a picture of one grey."""
    flat = positions.reshape(*positions.shape[:2], -1)
    centred = flat - flat.mean(2, keepdims=True)
    length = np.linalg.norm(centred, axis=2, keepdims=True)
    result: NDArray[np.float32] = np.divide(centred, length, out=np.zeros_like(centred), where=length > _FLAT)
    return result


def _hashes(positions: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Return (N, 8): the perceptual hash of each position."""
    from scipy.fft import dctn

    low = dctn(positions, axes=(2, 3), norm="ortho")[:, :, :8, :8].reshape(*positions.shape[:2], 64)[:, :, 1:]
    bits = (low > np.median(low, axis=2, keepdims=True)).astype(np.uint64)
    hashes: NDArray[np.uint64] = (bits << np.arange(63, dtype=np.uint64)).sum(2, dtype=np.uint64)
    return hashes


def _candidates(hashes: NDArray[np.uint64]) -> list[tuple[int, int]]:
    """Return the pairs i < j whose hashes are near in one of the positions of j."""
    n = len(hashes)
    pairs: set[tuple[int, int]] = set()
    for begin in range(0, n, _BLOCK):
        block = hashes[begin : begin + _BLOCK, 0]
        for position in range(8):
            apart = np.bitwise_count(block[:, None] ^ hashes[None, :, position])
            near = np.argwhere(apart <= _BITS_APART)
            pairs.update((begin + i, j) for i, j in near.tolist() if begin + i < j)
    return sorted(pairs)

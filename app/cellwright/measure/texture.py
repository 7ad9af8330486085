"""The set ``texture``: co-occurring grey levels (Haralick) and local binary patterns (Ojala)."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.measure.columns import SCIKIT_IMAGE, Column
from cellwright.measure.patches import patches
from cellwright.measure.statistics_of import pixels_on
from cellwright.measure.subject import MeasureOptions, Needs, Subject, Values
from cellwright.shapes.compiled import loops

_HARALICK = f"{SCIKIT_IMAGE} (graycomatrix, graycoprops); Haralick, Shanmugam & Dinstein, IEEE Trans. SMC 3 (1973) 610"
_OJALA = f"{SCIKIT_IMAGE} (local_binary_pattern); Ojala, Pietikäinen & Mäenpää, IEEE Trans. PAMI 24 (2002) 971"
_GLCM = {
    "glcm_contrast": ("how far neighbouring grey levels are apart, squared", "Σ p (a − b)²"),
    "glcm_dissimilarity": ("how far neighbouring grey levels are apart", "Σ p |a − b|"),
    "glcm_homogeneity": ("how alike neighbouring grey levels are, 0 to 1", "Σ p / (1 + (a − b)²)"),
    "glcm_ASM": ("angular second moment: 1 where all pairs are the same", "Σ p²"),
    "glcm_energy": ("root of the angular second moment", "√Σ p²"),
    "glcm_correlation": ("how far neighbouring grey levels go along with each other, −1 to 1", "cov(a, b) / var(a)"),
    "glcm_entropy": ("disorder of pairs of grey levels", "−Σ p ln p"),
}
_PATTERNS = 10
_POINTS = 8


@dataclass(frozen=True, slots=True)
class Texture:
    """Grey levels of neighbouring pixels inside an object, and patterns of pixels with their eight neighbours."""

    title: str = "Texture"
    needs: Needs = Needs.PIXELS

    def columns(self, channels: Sequence[str], *, is_rgb: bool) -> tuple[Column, ...]:  # noqa: ARG002
        """Return the columns of each channel."""
        return tuple(column.on(channel) for channel in channels for column in (*_GLCM_COLUMNS, *_LBP_COLUMNS))

    def rim_px(self, options: MeasureOptions, pixel: tuple[float, float]) -> int:  # noqa: ARG002
        """Patterns look one pixel further, and their points lie between pixels."""
        return 2

    def measure(self, subject: Subject, wanted: Collection[str]) -> Mapping[str, NDArray[np.float64]]:
        """Return what is wanted, channel by channel."""
        picture = subject.picture
        assert picture is not None, "sets that need pixels are given a picture"
        found: dict[str, Values] = {}
        for number, channel in enumerate(picture.channels):
            names = {key.removesuffix(f"-{channel}") for key in wanted if key.endswith(f"-{channel}")}
            plane = picture.values[:, :, number]
            if names & set(_GLCM):
                low, high = picture.range_of(number)
                grey = grey_levels(plane, low, high, subject.options.levels)
                values = glcm_of(subject.masks, grey, subject.options.levels, picture.origin)
                found |= {f"{name}-{channel}": values[:, i] for i, name in enumerate(_GLCM) if name in names}
            if any(name.startswith("lbp") for name in names):
                shares = pattern_shares(subject.masks, binary_patterns(plane), picture.origin)
                found |= {f"lbp-{k}-{channel}": shares[:, k] for k in range(_PATTERNS) if f"lbp-{k}" in names}
        return found


_GLCM_COLUMNS = tuple(
    Column(name, said, f"{formula}, pairs one pixel apart in four directions, both ways", _HARALICK)
    for name, (said, formula) in _GLCM.items()
)
_LBP_COLUMNS = tuple(
    Column(
        f"lbp-{k}",
        f"share of pixels with {k} of 8 points around them as bright or brighter, next to each other"
        if k < _PATTERNS - 1
        else "share of pixels whose brighter points are scattered",
        "uniform rotation-invariant patterns, 8 points at radius 1, interpolated",
        _OJALA,
    )
    for k in range(_PATTERNS)
)


def grey_levels(plane: NDArray[np.generic], low: float, high: float, levels: int) -> NDArray[np.uint8]:
    """Return the grey level of each value: `levels` steps of equal width from `low` to `high`, both included."""
    scaled = (plane.astype(np.float64) - low) * (levels / (high - low))
    return np.clip(np.floor(scaled), 0, levels - 1).astype(np.uint8)


def glcm_of(masks: Masks, grey: NDArray[np.uint8], levels: int, origin: tuple[int, int] = (0, 0)) -> Values:
    """Return the properties of the co-occurrence matrix of each object, (N, 7) float64, in the order of the columns.

    Both pixels of a pair belong to the object; pairs of 0°, 45°, 90° and 135° go into one symmetric matrix, so that
    turning an object changes little. NaN for an object without a pair.
    """
    kernels = loops("texture_kernels", "measure")
    if kernels is None:
        return _glcm(masks, grey, levels, origin)
    y0, x0 = int(origin[0]), int(origin[1])
    answers: Values = kernels.textures(masks.starts, masks.spans, grey, y0, x0, levels)
    return answers


def _glcm(masks: Masks, grey: NDArray[np.uint8], levels: int, origin: tuple[int, int]) -> Values:
    """Do what the compiled loops do: all pairs of pixels, counted by object and levels."""
    answers = np.full((len(masks), len(_GLCM)), np.nan)
    for patch in patches(masks):
        level = np.zeros(len(patch.inside), np.int64)
        level[patch.at] = grey[patch.y - origin[0], patch.x - origin[1]]
        codes = []
        for step in (np.ones_like(patch.line), patch.line - 1, patch.line, patch.line + 1):
            met = patch.inside[patch.at + step]
            a, b = level[patch.at[met]], level[(patch.at + step)[met]]
            codes += [(patch.owner[met] * levels + a) * levels + b, (patch.owner[met] * levels + b) * levels + a]
        codes_of, counts = np.unique(np.concatenate(codes), return_counts=True)
        owner, pair = np.divmod(codes_of, levels * levels)
        answers[patch.rows] = _properties(owner, *np.divmod(pair, levels), counts, len(patch.rows))
    return answers


def _properties(
    owner: NDArray[np.int64], a: NDArray[np.int64], b: NDArray[np.int64], counts: NDArray[np.int64], n: int
) -> Values:
    def summed(values: Values) -> Values:
        return np.bincount(owner, values, n).astype(np.float64)

    total = summed(counts.astype(np.float64))
    p = counts / total[owner]
    mean = summed(p * a)
    asm, apart = summed(p * p), (a - b).astype(np.float64)
    variance = summed(p * (a - mean[owner]) ** 2)
    covariance = summed(p * (a - mean[owner]) * (b - mean[owner]))
    correlation = np.divide(covariance, variance, out=np.ones(n), where=variance > 1e-15)
    made = np.stack(
        [
            summed(p * apart**2),
            summed(p * np.abs(apart)),
            summed(p / (1 + apart**2)),
            asm,
            np.sqrt(asm),
            correlation,
            -summed(p * np.log(p)),
        ],
        1,
    )
    made[total == 0] = np.nan
    return made


def binary_patterns(plane: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Return the uniform rotation-invariant pattern of each pixel: 0 to 8, or 9 where it is not uniform.

    Eight points on a circle of radius 1, those between pixels interpolated, are compared with the middle. Beyond the
    picture lies what lies at its edge.
    """
    values = np.pad(plane.astype(np.float64), 2, mode="edge")
    brighter = np.stack([_at(values, *_point(k)) - values[2:-2, 2:-2] >= 0 for k in range(_POINTS)])
    changes = (brighter != np.roll(brighter, -1, axis=0)).sum(axis=0)
    return np.where(changes <= 2, brighter.sum(axis=0), _PATTERNS - 1).astype(np.uint8)


def _point(k: int) -> tuple[float, float]:
    """Return y, x of a point from the middle, rounded as scikit-image rounds them so that ties fall alike."""
    turn = 2 * math.pi * k / _POINTS
    return round(-math.sin(turn), 5), round(math.cos(turn), 5)


def _at(values: Values, dy: float, dx: float) -> Values:
    """Return the values moved by less than two pixels, interpolated linearly, without the rim of two."""
    y, x = math.floor(dy), math.floor(dx)
    fy, fx = dy - y, dx - x
    rows, columns = values.shape

    def moved(by_y: int, by_x: int) -> Values:
        return values[2 + by_y : rows - 2 + by_y, 2 + by_x : columns - 2 + by_x]

    if not fy and not fx:
        return moved(y, x)
    above = (1 - fx) * moved(y, x) + fx * moved(y, x + 1)
    below = (1 - fx) * moved(y + 1, x) + fx * moved(y + 1, x + 1)
    between: Values = (1 - fy) * above + fy * below
    return between


def pattern_shares(masks: Masks, codes: NDArray[np.uint8], origin: tuple[int, int] = (0, 0)) -> Values:
    """Return the share of each pattern among the pixels of each object, (N, 10) float64; NaN without pixels."""
    owner, y, x = pixels_on(masks, (codes.shape[0], codes.shape[1]), origin)
    counts = np.bincount(owner * _PATTERNS + codes[y, x], minlength=len(masks) * _PATTERNS).reshape(-1, _PATTERNS)
    total = counts.sum(axis=1, keepdims=True)
    shares: Values = np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)
    return shares

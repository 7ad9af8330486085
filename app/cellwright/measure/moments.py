"""The set ``moments``: moments of an object's pixels, raw, central, normalised, and Hu's seven."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.measure.columns import SCIKIT_IMAGE, Column
from cellwright.measure.moment_sums import moments_of
from cellwright.measure.subject import MeasureOptions, Needs, Subject, Values

_ORDERS = tuple((p, q) for p in range(4) for q in range(4))
_HU = "Hu, IRE Trans. Inf. Theory 8 (1962) 179"


def _columns() -> tuple[Column, ...]:
    raw = [
        Column(
            f"moments-{p}-{q}",
            f"moment y^{p} x^{q} from the first pixel of the box",
            f"Σ (y h)^{p} (x w)^{q}",
            SCIKIT_IMAGE,
            p + q,
        )
        for p, q in _ORDERS
    ]
    central = [
        Column(
            f"moments_central-{p}-{q}",
            f"moment y^{p} x^{q} from the centroid",
            f"Σ ((y − ȳ) h)^{p} ((x − x̄) w)^{q}",
            SCIKIT_IMAGE,
            p + q,
        )
        for p, q in _ORDERS
    ]
    normal = [
        Column(
            f"moments_normalized-{p}-{q}",
            f"moment y^{p} x^{q} that does not change with place and size",
            f"μ_{p}{q} / (μ₀₀^(1 + {p + q}/2) (h w)^({p + q}/2))",
            f"{SCIKIT_IMAGE}, which for pixels that are not square divides by the shorter side: no measure of size",
            decimals=9,
        )
        for p, q in _ORDERS
        if p + q >= 2
    ]
    hu = [
        Column(
            f"moments_hu-{k}",
            f"number {k + 1} of seven that do not change with place, size and turning",
            f"Hu's φ{k + 1} of the normalised moments",
            f"{SCIKIT_IMAGE}; {_HU}",
            decimals=12,
        )
        for k in range(7)
    ]
    return (*raw, *central, *normal, *hu)


COLUMNS = _columns()


@dataclass(frozen=True, slots=True)
class Moments:
    """Moments of an object's pixels, each counted as a point at its middle."""

    title: str = "Moments"
    needs: Needs = Needs.OUTLINES

    def columns(self, channels: Sequence[str], *, is_rgb: bool) -> tuple[Column, ...]:  # noqa: ARG002
        """Return the same columns for every picture."""
        return COLUMNS

    def rim_px(self, options: MeasureOptions, pixel: tuple[float, float]) -> int:  # noqa: ARG002
        """No pixels are looked at."""
        return 0

    def measure(self, subject: Subject, wanted: Collection[str]) -> Mapping[str, NDArray[np.float64]]:
        """Return the moments that are wanted."""
        h, w = subject.pixel
        scale = np.array([[h**p * w**q for q in range(4)] for p in range(4)])
        raw, central = (sums * scale for sums in moments_of(subject.masks))
        has_pixels = (subject.masks.counts > 0)[:, None, None]
        raw, central = np.where(has_pixels, raw, np.nan), np.where(has_pixels, central, np.nan)
        normal = _normalised(central, h * w)
        hu = _hu(normal) if any(key.startswith("moments_hu") for key in wanted) else np.empty((0, 7))
        found = {"moments": raw, "moments_central": central, "moments_normalized": normal}
        return {key: _one(key, found, hu) for key in wanted}


def _one(key: str, found: Mapping[str, Values], hu: Values) -> Values:
    kind, *orders = key.split("-")
    if kind == "moments_hu":
        return hu[:, int(orders[0])]
    return found[kind][:, int(orders[0]), int(orders[1])]


def _normalised(central: Values, square: float) -> Values:
    """Return the moments divided by the area to the power that takes size away."""
    half = 0.5 * np.add.outer(np.arange(4), np.arange(4))
    area = central[:, 0, 0, None, None]
    normal: Values = central / (area ** (1 + half) * square**half)
    return normal


def _hu(nu: Values) -> Values:
    """Return Hu's seven numbers, (N, 7)."""
    n20, n02, n11 = nu[:, 2, 0], nu[:, 0, 2], nu[:, 1, 1]
    n30, n03, n21, n12 = nu[:, 3, 0], nu[:, 0, 3], nu[:, 2, 1], nu[:, 1, 2]
    a, b = n30 + n12, n21 + n03
    c, d = n30 - 3 * n12, 3 * n21 - n03
    twisted_a, twisted_b = a * (a * a - 3 * b * b), b * (3 * a * a - b * b)
    return np.stack(
        [
            n20 + n02,
            (n20 - n02) ** 2 + 4 * n11**2,
            c * c + d * d,
            a * a + b * b,
            c * twisted_a + d * twisted_b,
            (n20 - n02) * (a * a - b * b) + 4 * n11 * a * b,
            d * twisted_a - c * twisted_b,
        ],
        1,
    )

"""Shares and means in which NaN says that there was nothing to divide or to average."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from cellwright.evaluate.inputs import Floats


def share(part: ArrayLike, whole: ArrayLike) -> Floats:
    """Return part / whole, elementwise; NaN where the whole is 0."""
    above, below = np.broadcast_arrays(np.asarray(part, np.float64), np.asarray(whole, np.float64))
    ratio: Floats = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
    return ratio


def mean(values: Floats) -> Floats:
    """Return the mean over the first axis of what is not NaN; NaN where nothing is left."""
    known = ~np.isnan(values)
    return share(np.where(known, values, 0.0).sum(axis=0), known.sum(axis=0))


def plain(value: float) -> float | None:
    """Return a number as JSON knows it: None for NaN."""
    return None if math.isnan(value) else float(value)

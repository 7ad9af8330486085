"""`ClassProbabilities`: what a classifier said of each object, kept beside the objects by their ids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Objects


@dataclass(frozen=True, slots=True, eq=False)
class ClassProbabilities:
    """Calibrated probabilities of the classes of a classifier.

    Parameters
    ----------
    ids : (N,) ndarray of 'V16'
        Of the objects that it was asked about.
    classes : tuple of str
        The classifier's, C of them.
    values : (N, C) ndarray of float32
        Each row together 1.

    Raises
    ------
    BadParameter
        If the columns do not fit together.
    """

    ids: NDArray[np.void]
    classes: tuple[str, ...]
    values: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.ids), len(self.classes)):
            raise BadParameter(
                f"Probabilities {self.values.shape} do not fit {len(self.ids)} objects and {len(self.classes)} classes."
            )

    def of(self, objects: Objects) -> NDArray[np.float32]:
        """(M, C) float32: of each of some objects; NaN where the classifier was not asked about it."""
        found = np.full((len(objects), len(self.classes)), np.nan, np.float32)
        place = {one.tobytes(): row for row, one in enumerate(self.ids)}
        rows = np.array([place.get(one.tobytes(), -1) for one in objects.ids], np.intp)
        found[rows >= 0] = self.values[rows[rows >= 0]]
        return found

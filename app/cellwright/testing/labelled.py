"""From a label image that was drawn to the table of what is on it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks, Objects


def objects_of(
    labels: NDArray[np.int32], classes: Sequence[str], source: str, class_of: dict[int, int] | None = None
) -> Objects:
    """Return one object a label, with its pixels, its smallest box and score 1.

    Parameters
    ----------
    labels : (H, W) ndarray of int32
        0 is background; every other value is one object.
    classes : sequence of str
        Names of the classes.
    source : str
        What the rows say about where they come from; also decides their ids.
    class_of : dict of int to int, optional
        Class index by label; 0 for all where None.
    """
    values, masks = _masks(labels)
    ids = [hashlib.blake2b(f"{source}/{value}".encode(), digest_size=16).digest() for value in values.tolist()]
    index = [0 if class_of is None else class_of[value] for value in values.tolist()]
    return Objects(
        np.array(ids, "V16") if ids else np.empty(0, "V16"),
        masks.boxes(),
        np.array(index, np.int16),
        np.ones(len(values), np.float32),
        tuple(classes),
        source,
        masks,
    )


def _masks(labels: NDArray[np.int32]) -> tuple[NDArray[np.int32], Masks]:
    """Return the labels that occur, rising, and the runs of each."""
    walled = np.zeros((labels.shape[0], labels.shape[1] + 2), np.int32)
    walled[:, 1:-1] = labels
    y, x = np.nonzero(walled[:, 1:] != walled[:, :-1])
    begins = walled[y, x + 1] > 0
    ends = walled[y, x] > 0
    # Along a row every run begins before it ends and no run holds another: the n-th end is that of the n-th beginning.
    spans = np.stack([y[begins], x[begins], x[ends]], axis=1)
    values, owner = np.unique(walled[y[begins], x[begins] + 1], return_inverse=True)
    return values, Masks.from_spans(owner, spans, len(values))

"""Stable ids: the same model finding the same object on the same picture gives it the same id, on every machine."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from cellwright.inference.candidates import Boxes


def object_ids(found: Boxes, picture: str, model_sha256: str) -> NDArray[np.void]:
    """Return a 128-bit id for each object: BLAKE2b of picture, model, class and box.

    Parameters
    ----------
    found : Boxes
        No two of one class with the same box.
    picture : str
        Names the picture by its content (and the place in its file).
    model_sha256 : str
        Hash of the weights.

    Returns
    -------
    (N,) ndarray of 'V16'
        Equal inputs give equal ids.
    """
    start = hashlib.blake2b(f"{picture}\0{model_sha256}\0".encode(), digest_size=16)
    boxes = np.ascontiguousarray(found.boxes, "<f4")
    kinds = np.ascontiguousarray(found.class_index, "<i2")
    digests = bytearray()
    for kind, box in zip(kinds, boxes, strict=True):
        row = start.copy()
        row.update(kind.tobytes() + box.tobytes())
        digests += row.digest()
    return np.frombuffer(bytes(digests), "V16")

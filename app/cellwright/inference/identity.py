"""Stable ids: the same model finding the same object on the same picture gives it the same id, on every machine."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from cellwright.inference.candidates import Boxes


def object_ids(found: Boxes, picture: str, model_sha256: str) -> NDArray[np.void]:
    """Return a 128-bit id for each object: BLAKE2b of picture, model, class, box and, where it is outlined, first span.

    Parameters
    ----------
    found : Boxes
        No two of one class with the same box, unless their masks share no pixel.
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
    columns = [kinds.view(np.uint8).reshape(-1, 2), boxes.view(np.uint8).reshape(-1, 16)]
    if found.masks is not None:
        first = np.ascontiguousarray(found.masks.spans[found.masks.starts[:-1]], "<i4")
        columns.append(first.view(np.uint8).reshape(-1, 12))
    digests = bytearray()
    for content in np.concatenate(columns, axis=1):
        row = start.copy()
        row.update(content.tobytes())
        digests += row.digest()
    return np.frombuffer(bytes(digests), "V16")

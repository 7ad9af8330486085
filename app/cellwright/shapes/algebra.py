"""Two tables of masks, row by row: what both hold, what either holds, what one holds and the other does not."""

from __future__ import annotations

import numpy as np

from cellwright.core import BadParameter, Masks
from cellwright.shapes.compiled import loops
from cellwright.shapes.kinds import Int64s


def joined(a: Masks, b: Masks) -> Masks:
    """Return the pixels of object i of `a` or of object i of `b`; `BadParameter` if their numbers differ."""
    _refuse_uneven(a, b)
    spans = np.concatenate([a.spans, b.spans])
    return Masks.from_spans(np.concatenate([a.owners, b.owners]), spans, len(a))


def intersection(a: Masks, b: Masks) -> Masks:
    """Return the pixels of object i of `a` and of object i of `b`; `BadParameter` if their numbers differ."""
    return _kept(a, b, 2)


def difference(a: Masks, b: Masks) -> Masks:
    """Return the pixels of object i of `a` that object i of `b` lacks; `BadParameter` if their numbers differ."""
    return _kept(a, b, 1)


def _kept(a: Masks, b: Masks, wanted: int) -> Masks:
    """Return the pixels of `a` that lie in `wanted` of the two objects."""
    _refuse_uneven(a, b)
    kernels = loops("algebra_kernels")
    if kernels is None:
        return _swept(a, b, wanted)
    starts, spans = kernels.kept(a.starts, a.spans, b.starts, b.spans, wanted == 2)
    return Masks(starts, spans)


def _swept(a: Masks, b: Masks, wanted: int) -> Masks:
    """Do what the compiled loop does: sweep over the ends of all spans and count what each place lies in."""
    spans = np.concatenate([a.spans, b.spans]).astype(np.int64)
    owner = np.concatenate([a.owners, b.owners])
    # an object of `a` counts 1 and one of `b` 2 less or more, so that the sum tells which of them are there
    weight = np.repeat(np.array([1, 2], np.int64), [len(a.spans), len(b.spans)])
    whose, y = np.tile(owner, 2), np.tile(spans[:, 0], 2)
    x, step = np.concatenate([spans[:, 1], spans[:, 2]]), np.concatenate([weight, -weight])
    order = np.lexsort((x, y, whose))
    whose, y, x = whose[order], y[order], x[order]
    # a line ends with as much taken away as was added, so that no count reaches into the next
    inside = np.cumsum(step[order]) == (3 if wanted == 2 else 1)
    at: Int64s = np.flatnonzero(inside).astype(np.int64)
    return Masks.from_spans(whose[at], np.stack([y[at], x[at], x[at + 1]], 1), len(a))


def _refuse_uneven(a: Masks, b: Masks) -> None:
    if len(a) != len(b):
        raise BadParameter(f"Objects are compared row by row: {len(a)} of one table do not fit {len(b)} of the other.")

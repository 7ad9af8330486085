"""Label pictures and back: a number a pixel, and runs an object."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike, NDArray

from cellwright.core import BadParameter, Masks
from cellwright.shapes.compiled import loops


def masks_from_labels(
    labels: NDArray[np.integer] | NDArray[np.bool_], origin: tuple[int, int] = (0, 0)
) -> tuple[Masks, NDArray[np.integer]]:
    """Return the pixels of each label.

    Parameters
    ----------
    labels : (H, W) ndarray of int or bool
        The object of each pixel; 0 is background.
    origin : (int, int)
        y, x of the picture's first pixel in level-0 pixels.

    Returns
    -------
    masks : Masks
        One object a value, by rising value.
    values : (N,) ndarray
        The values, of the type of `labels` (uint8 for bool).

    Raises
    ------
    BadParameter
        If `labels` is not two-dimensional or not whole numbers.
    """
    given = np.ascontiguousarray(labels)
    picture: NDArray[np.integer] = given.view(np.uint8) if given.dtype == np.bool_ else given.view(given.dtype)
    if picture.ndim != 2 or picture.dtype.kind not in "iu":
        raise BadParameter(f"A label picture is (H, W) whole numbers, not {picture.shape} of {picture.dtype}.")
    if not picture.size:
        return Masks.empty(), np.empty(0, picture.dtype)
    begin, end, value = _runs(picture)
    order = np.argsort(value, kind="stable")
    begin, end, value = begin[order], end[order], value[order]
    first = np.flatnonzero(np.append(True, value[1:] != value[:-1])) if len(value) else np.empty(0, np.intp)
    y, x0 = np.divmod(begin, picture.shape[1])
    spans = np.stack([y + origin[0], x0 + origin[1], x0 + (end - begin) + origin[1]], 1)
    limits = np.iinfo(np.int32)
    if len(spans) and (spans.min() < limits.min or spans.max() > limits.max):
        raise BadParameter(f"A picture of {picture.shape} at {origin} reaches beyond the 32 bits masks are kept in.")
    return Masks(np.append(first, len(value)).astype(np.int64), spans.astype(np.int32)), value[first]


def _runs(picture: NDArray[np.integer]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.integer]]:
    """Return where the runs of one value other than 0 begin and end, counted through the picture, and the values."""
    flat = picture.ravel()
    begins = np.empty(len(flat), np.bool_)
    np.not_equal(flat[1:], flat[:-1], out=begins[1:])
    begins[:: picture.shape[1]] = True
    begin = np.flatnonzero(begins)
    value = flat[begin]
    objects = value != 0
    return begin[objects], np.append(begin[1:], len(flat))[objects], value[objects]


def labels_from_masks(
    masks: Masks,
    shape: tuple[int, int],
    origin: tuple[int, int] = (0, 0),
    values: NDArray[np.integer] | None = None,
    dtype: DTypeLike = np.int32,
) -> NDArray[np.integer]:
    """Return a label picture of the objects; where two overlap, the earlier row is on top.

    Parameters
    ----------
    masks : Masks
        What of them lies outside the picture is left out.
    shape : (int, int)
        Height and width of the picture.
    origin : (int, int)
        y, x of its first pixel in level-0 pixels.
    values : (N,) ndarray of int, optional
        What to write for each object; row i is i + 1 where it is not given.
    dtype : dtype
        Of the picture, a whole-number type.

    Returns
    -------
    (H, W) ndarray
        0 where there is no object.

    Raises
    ------
    BadParameter
        If there is not one value an object, or a value does not fit `dtype`.
    """
    written = np.arange(1, len(masks) + 1) if values is None else np.asarray(values)
    kind = np.dtype(dtype)
    if written.shape != (len(masks),) or kind.kind not in "iu":
        raise BadParameter(f"{len(masks)} objects need as many values and a whole-number type, not {kind}.")
    limits = np.iinfo(kind)
    if len(written) and (int(written.min()) < limits.min or int(written.max()) > limits.max):
        raise BadParameter(f"Values up to {written.max()} do not fit {kind}; ask for a wider type such as int32.")
    labels = np.zeros(shape, kind)
    kernels = loops("paint_kernels")
    if kernels is None:
        _paint(labels, masks, written.astype(kind), origin)
    else:
        kernels.paint(labels, masks.starts, masks.spans, written.astype(kind), int(origin[0]), int(origin[1]))
    return labels


def _paint(labels: NDArray[np.integer], masks: Masks, values: NDArray[np.integer], origin: tuple[int, int]) -> None:
    """Do what the compiled `paint` does, with arrays of one entry a pixel."""
    height, width = labels.shape
    y, x0, x1 = (masks.spans.astype(np.int64) - [origin[0], origin[1], origin[1]]).T
    x0, x1 = np.maximum(x0, 0), np.minimum(x1, width)
    inside = (y >= 0) & (y < height) & (x1 > x0)
    begin, length = (y * width + x0)[inside], (x1 - x0)[inside]
    before = np.cumsum(length) - length
    pixels = np.arange(length.sum()) + np.repeat(begin - before, length)
    # Of several values for one pixel the last one stays, so the first object comes last.
    labels.reshape(-1)[pixels[::-1]] = np.repeat(values[masks.owners[inside]], length)[::-1]

"""Run lengths as COCO writes them: down the columns, packed into text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Box, Masks


class CocoRle(TypedDict):
    """One mask as in a COCO file: the height and width of the picture, and the packed runs."""

    size: list[int]
    counts: str


def coco_rle(masks: Masks, shape: tuple[int, int]) -> list[CocoRle]:
    """Return each mask as COCO's compressed run lengths; `pycocotools.mask.encode` writes the same.

    Parameters
    ----------
    masks : Masks
        What lies outside the picture is left out.
    shape : (int, int)
        Height and width of the picture, whose first pixel is at 0, 0.
    """
    height, width = int(shape[0]), int(shape[1])
    inside = masks.clipped(Box(0, 0, height, width))
    boxes = _int_boxes(inside)
    rles = []
    for row in range(len(inside)):
        spans = inside.spans[inside.starts[row] : inside.starts[row + 1]]
        counts = _column_counts(spans, boxes[row], height, width)
        rles.append(CocoRle(size=[height, width], counts=_packed(counts)))
    return rles


def _int_boxes(masks: Masks) -> list[tuple[int, int, int, int]]:
    boxes = masks.boxes().astype(np.int64)
    return [(int(y0), int(x0), int(y1), int(x1)) for y0, x0, y1, x1 in boxes]


def _column_counts(
    spans: NDArray[np.int32], box: tuple[int, int, int, int], height: int, width: int
) -> NDArray[np.int64]:
    """Return the lengths of the runs down the columns, outside and inside in turn, an outside one first."""
    y0, x0, y1, x1 = box
    # +1 where a span begins and -1 where it ends; summed along rows this is the mask, of its box alone.
    steps = np.zeros((y1 - y0, x1 - x0 + 1), np.int8)
    np.add.at(steps, (spans[:, 0] - y0, spans[:, 1] - x0), 1)
    np.add.at(steps, (spans[:, 0] - y0, spans[:, 2] - x0), -1)
    filled = np.cumsum(steps, 1, dtype=np.int8)[:, :-1]
    edged = np.zeros((x1 - x0, y1 - y0 + 2), np.int8)
    edged[:, 1:-1] = filled.T
    column, row = np.nonzero(edged[:, 1:] != edged[:, :-1])
    ends = (column + x0) * height + row + y0
    # A run that ends at the foot of a column and one that begins at the head of the next are one.
    if len(ends):
        joined = np.flatnonzero(ends[1:-1:2] == ends[2::2]) * 2 + 1
        ends = np.delete(ends, np.concatenate([joined, joined + 1]))
    counts = np.diff(np.concatenate([[0], ends, [height * width]]))
    return counts[:-1] if len(counts) > 1 and counts[-1] == 0 else counts


def _packed(counts: NDArray[np.int64]) -> str:
    """Pack run lengths into text: from the fourth on as differences, five bits a letter, the lowest first."""
    values = counts.copy()
    values[3:] -= counts[1:-2]
    letters, going = [], np.ones(len(values), np.bool_)
    while going.any():
        low = values & 31
        values = values >> 5
        more = np.where(low & 16, values != -1, values != 0)
        letters.append(np.where(going, low + 32 * more + 48, 0))
        going &= more
    table = np.stack(letters, 1) if letters else np.empty((0, 0), np.int64)
    return table[table > 0].astype(np.uint8).tobytes().decode("ascii")


def masks_from_coco_rle(rles: Sequence[Mapping[str, Any]]) -> Masks:
    """Return the masks of COCO run lengths, packed (`counts` is text or bytes) or not (a list of lengths).

    Raises
    ------
    BadParameter
        If an entry has no size and counts, or the runs do not fill the picture.
    """
    owner, spans = [], []
    for row, rle in enumerate(rles):
        try:
            height, width = (int(side) for side in rle["size"])
            raw = rle["counts"]
        except (KeyError, TypeError, ValueError) as error:
            raise BadParameter(f"Mask {row} is no COCO run lengths: it needs a size of two and counts.") from error
        counts = _unpacked(raw) if isinstance(raw, str | bytes) else np.asarray(raw, np.int64)
        if (counts < 0).any() or counts.sum() != height * width:
            raise BadParameter(f"The runs of mask {row} cover {counts.sum()} of {height} × {width} pixels.")
        found = _row_spans(counts, height)
        spans.append(found)
        owner.append(np.full(len(found), row, np.int64))
    if not spans:
        return Masks.empty()
    return Masks.from_spans(np.concatenate(owner), np.concatenate(spans), len(rles))


def _unpacked(text: str | bytes) -> NDArray[np.int64]:
    """Do the reverse of `_packed`."""
    letters = np.frombuffer(text.encode("ascii") if isinstance(text, str) else text, np.uint8).astype(np.int64) - 48
    last = np.flatnonzero((letters & 32) == 0)
    if not len(letters) or last[-1:].tolist() != [len(letters) - 1] or letters.min() < 0:
        raise BadParameter("Packed run lengths of a mask end in the middle of a number or hold other letters.")
    first = np.append(0, last[:-1] + 1)
    place = np.arange(len(letters)) - np.repeat(first, last - first + 1)
    values = np.add.reduceat((letters & 31) << (5 * place), first)
    # The fifth bit of the last letter is the sign.
    values = np.where(letters[last] & 16, values - (np.int64(1) << (5 * (place[last] + 1))), values)
    for odd in (1, 2):
        # Differences to the length two before, from the fourth on: sums along every other one.
        values[odd::2] = np.cumsum(values[odd::2])
    return values


def _row_spans(counts: NDArray[np.int64], height: int) -> NDArray[np.int64]:
    """Return the runs inside, cut at the feet of columns and turned into rows of single pixels."""
    ends = np.cumsum(counts)
    begin, end = ends[0::2][: len(counts) // 2], ends[1::2]
    before = np.cumsum(end - begin) - (end - begin)
    pixels = np.arange(int((end - begin).sum())) + np.repeat(begin - before, end - begin)
    x, y = np.divmod(pixels, max(height, 1))
    return np.stack([y, x, x + 1], 1)

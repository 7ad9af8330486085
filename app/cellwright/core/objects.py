"""`Objects`: the columnar table every model answers with, one row an object."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core.errors import BadParameter
from cellwright.core.masks import Masks


@dataclass(frozen=True, slots=True, eq=False)
class Objects:
    """Found objects, column by column; every column has one entry an object.

    Parameters
    ----------
    ids : (N,) ndarray of 'V16'
        128-bit stable ids (the bytes of a UUID). See `id_strings`.
    boxes : (N, 4) ndarray of float32
        y0, x0, y1, x1 in level-0 pixels, half-open, y0 <= y1 and x0 <= x1.
    class_index : (N,) ndarray of int16
        Index into `classes`.
    scores : (N,) ndarray of float32
        Calibrated probability in [0, 1] that the object is there and of this class.
    classes : tuple of str
        Names of the classes, in the order of the model's card.
    source : str
        What or who made the rows: ``"model:NAME@HASH12"`` or ``"person:NAME"``.
    masks : Masks, optional
        The pixels of each object; None where only boxes are known.

    Raises
    ------
    BadParameter
        If the columns differ in length or a class index has no name.
    """

    ids: NDArray[np.void]
    boxes: NDArray[np.float32]
    class_index: NDArray[np.int16]
    scores: NDArray[np.float32]
    classes: tuple[str, ...]
    source: str = ""
    masks: Masks | None = None

    def __post_init__(self) -> None:
        n = len(self.ids)
        if self.boxes.shape != (n, 4) or self.class_index.shape != (n,) or self.scores.shape != (n,):
            raise BadParameter(
                f"Columns of different length: {n} ids, boxes {self.boxes.shape}, "
                f"classes {self.class_index.shape}, scores {self.scores.shape}."
            )
        if self.masks is not None and len(self.masks) != n:
            raise BadParameter(f"Columns of different length: {n} ids, {len(self.masks)} masks.")
        if n and not 0 <= int(self.class_index.min()) <= int(self.class_index.max()) < len(self.classes):
            raise BadParameter(f"A class index lies outside the {len(self.classes)} classes {self.classes}.")

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def empty(cls, classes: Sequence[str], source: str = "") -> Objects:
        """Return a table without rows."""
        return cls(
            np.empty(0, "V16"),
            np.empty((0, 4), np.float32),
            np.empty(0, np.int16),
            np.empty(0, np.float32),
            tuple(classes),
            source,
        )

    @property
    def centres(self) -> NDArray[np.float32]:
        """(N, 2) float32: y, x of the middle of each box."""
        middle: NDArray[np.float32] = (self.boxes[:, :2] + self.boxes[:, 2:]) * np.float32(0.5)
        return middle

    @property
    def sizes(self) -> NDArray[np.float32]:
        """(N, 2) float32: height and width of each box in pixels."""
        return self.boxes[:, 2:] - self.boxes[:, :2]

    def id_strings(self) -> list[str]:
        """Return the ids as UUID text, in row order."""
        return [str(uuid.UUID(bytes=row.tobytes())) for row in self.ids]

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Objects:
        """Return the rows that a mask or an index array picks, in its order."""
        return Objects(
            self.ids[rows],
            self.boxes[rows],
            self.class_index[rows],
            self.scores[rows],
            self.classes,
            self.source,
            None if self.masks is None else self.masks.take(rows),
        )

    def at_least(self, thresholds: float | Sequence[float]) -> Objects:
        """Return the rows whose score reaches the threshold, one for all classes or one each."""
        per_class = np.broadcast_to(np.asarray(thresholds, np.float32), (len(self.classes),))
        return self.take(self.scores >= per_class[self.class_index])

    def counts(self) -> NDArray[np.int64]:
        """(C,) int64: how many objects there are of each class."""
        return np.bincount(self.class_index, minlength=len(self.classes)).astype(np.int64)

    @staticmethod
    def concatenate(parts: Iterable[Objects]) -> Objects:
        """Return the rows of all parts, one after the other.

        Raises
        ------
        BadParameter
            If there is no part, the parts differ in classes or source, or some rows have masks and others none.
        """
        tables = list(parts)
        if not tables:
            raise BadParameter("Nothing to join: give at least one table of objects.")
        first = tables[0]
        if any(t.classes != first.classes or t.source != first.source for t in tables):
            raise BadParameter("Tables of objects with different classes or sources cannot be joined.")
        return Objects(
            np.concatenate([t.ids for t in tables]),
            np.concatenate([t.boxes for t in tables]),
            np.concatenate([t.class_index for t in tables]),
            np.concatenate([t.scores for t in tables]),
            first.classes,
            first.source,
            _joined_masks(tables),
        )


def _joined_masks(tables: Sequence[Objects]) -> Masks | None:
    """Join the masks; a table without rows says nothing about whether there are any."""
    masks = [table.masks for table in tables if table.masks is not None]
    if not masks:
        return None
    if any(table.masks is None and len(table) for table in tables):
        raise BadParameter("Objects with masks and objects without cannot be joined in one table.")
    return Masks.concatenate(masks)

"""The cells of one or many pictures column by column, as the gallery sorts, filters and counts them. Knows no Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks, Objects
from cellwright.ui.state.marks import Marks
from cellwright.workflows.cell_features import areas_px2
from cellwright.workflows.doubt import Pairs, margins, rival_scores, same_places

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """N cells, which may lie on several pictures.

    Parameters
    ----------
    picture : (N,) ndarray of int64
        Number of each cell's picture in the project.
    ids : (N,) ndarray of 'V16'
        The bytes of their UUIDs.
    boxes : (N, 4) ndarray of float32
        y0, x0, y1, x1 in level-0 pixels.
    class_index : (N,) ndarray of int16
        Into the classes of the project.
    scores : (N,) ndarray of float32
        Calibrated; NaN for what a person drew.
    marks : Marks
        What people think of each.
    margins, areas : (N,) ndarray of float64
        How sure the model was (see `workflows.doubt.margins`), and how large each is in px².
    """

    picture: NDArray[np.int64]
    ids: NDArray[np.void]
    boxes: NDArray[np.float32]
    class_index: NDArray[np.int16]
    scores: NDArray[np.float32]
    marks: Marks
    margins: Values
    areas: Values

    def __len__(self) -> int:
        return len(self.ids)

    @staticmethod
    def empty() -> Cells:
        """Return no cells."""
        marks, none = Marks.unreviewed(0, ""), np.zeros(0)
        return Cells(
            np.zeros(0, np.int64),
            np.zeros(0, "V16"),
            np.zeros((0, 4), np.float32),
            np.zeros(0, np.int16),
            np.zeros(0, np.float32),
            marks,
            none,
            none,
        )

    def key(self, row: int) -> tuple[int, bytes]:
        """Return what names a cell among all: its picture and its id."""
        return int(self.picture[row]), self.ids[row].tobytes()

    def rows_of(self, ids: Sequence[bytes]) -> list[int]:
        """Return the rows of cells by their ids, in that order; those that are not there are left out."""
        place = {each.tobytes(): row for row, each in enumerate(self.ids)} if ids else {}
        return [place[each] for each in ids if each in place]


def cells_of(
    picture_id: int, objects: Objects, marks: Marks, decisions: Sequence[float], places: Pairs | None = None
) -> Cells:
    """Return the cells of one picture: those that count, and those that a person rejected.

    Parameters
    ----------
    picture_id : int
        Its number in the project.
    objects, marks : Objects, Marks
        Everything down to the floor of the model: what does not count may still be the rival of what does.
    decisions : sequence of float
        Score from which each class of ``objects.classes`` counts.
    places : (ndarray, ndarray), optional
        `workflows.doubt.same_places` of the boxes, where it is known already: it takes longest.
    """
    places = same_places(objects.boxes) if places is None else places
    scores = np.where(marks.by_person, np.float32(np.nan), objects.scores)
    deciding = np.asarray(decisions, np.float64)[objects.class_index] if len(objects) else np.zeros(0)
    margin = margins(scores, deciding, rival_scores(places, objects.class_index, scores))
    shown = marks.counted(objects.scores >= deciding.astype(np.float32)) | _is_rejected(marks)
    rows = np.flatnonzero(shown)
    masks = None if objects.masks is None else objects.masks.take(rows)
    return Cells(
        np.full(len(rows), picture_id, np.int64),
        objects.ids[rows],
        objects.boxes[rows],
        objects.class_index[rows],
        scores[rows],
        marks.take(rows),
        margin[rows],
        areas_px2(objects.boxes[rows], masks),
    )


def joined(parts: Sequence[Cells]) -> Cells:
    """Return the cells of all parts, one after the other."""
    if not parts:
        return Cells.empty()

    def column(name: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(part, name) for part in parts])

    marks = Marks.concatenate([part.marks for part in parts])
    names = ("picture", "ids", "boxes", "class_index", "scores", "margins", "areas")
    return Cells(marks=marks, **{name: column(name) for name in names})  # type: ignore[arg-type]


def decisions_in(classes: Sequence[str], threshold: Callable[[str], float]) -> list[float]:
    """Return the score from which each class counts."""
    return [threshold(name) for name in classes]


def masks_of(objects: Objects, ids: NDArray[np.void]) -> Masks | None:
    """Return the pixels of some objects of a table, in the order of `ids`; None where only boxes are known."""
    if objects.masks is None:
        return None
    place = {each.tobytes(): row for row, each in enumerate(objects.ids)}
    return objects.masks.take(np.array([place[each.tobytes()] for each in ids], np.intp))


def _is_rejected(marks: Marks) -> NDArray[np.bool_]:
    from cellwright.annotation import Status

    return marks.is_status(Status.REJECTED)

"""The worst cases of a tuned model: what it misses, invents or sorts badly on held-out pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.evaluate import Matches, iou_matrix
from cellwright.evaluate.matching import FALSE_POSITIVE, TRUE_POSITIVE
from cellwright.workflows.held_out import BoxShowing, OutlineShowing, PixelShowing, Showing

if TYPE_CHECKING:
    from cellwright.core import Objects
    from cellwright.training.lesson import LessonPicture

WORST_SHOWN = 20
_SAME_PLACE = 0.3
"""Overlap of boxes from which an answer is one about the object in question."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that the tuned model gets wrong.

    Parameters
    ----------
    picture : Path
        Where.
    box : tuple of float
        y0, x0, y1, x1 in level-0 pixels: of the object, or of the picture where pixels are sorted.
    kind : str
        ``"missed"``, ``"invented"`` or ``"poor"``.
    class_name : str
        Of the object.
    score : float
        Of what was invented; the score of the picture where pixels are sorted; 0 else.
    was_right : bool
        Whether the old model had it right.
    before, after : str
        What the old and the tuned model answer there, in words; empty where pixels are sorted.
    crop : str
        Name of the file that shows it, in the folder that `gate.judge` was given; empty where there is none.
    """

    picture: Path
    box: tuple[float, float, float, float]
    kind: str
    class_name: str
    score: float
    was_right: bool
    before: str = ""
    after: str = ""
    crop: str = ""


def worst_cases(
    before: Showing, after: Showing, pictures: Sequence[LessonPicture], classes: tuple[str, ...]
) -> tuple[Case, ...]:
    """Return at most twenty cases, what the old model had right first."""
    if isinstance(after, PixelShowing):
        return _poor_pictures(before, after, pictures)
    if not isinstance(before, BoxShowing | OutlineShowing) or not isinstance(after, BoxShowing | OutlineShowing):
        return ()
    cases = [*_missed(before, after, pictures, classes), *_invented(before, after, pictures, classes)]
    cases.sort(key=lambda case: (not case.was_right, -case.score))
    # Half of each kind at the most, so that one does not hide the other.
    missed, invented = ([c for c in cases if c.kind == kind] for kind in ("missed", "invented"))
    half = WORST_SHOWN // 2
    chosen = missed[: max(half, WORST_SHOWN - len(invented))] + invented[: max(half, WORST_SHOWN - len(missed))]
    return tuple(sorted(chosen, key=lambda case: (not case.was_right, -case.score))[:WORST_SHOWN])


def mean_score(table: NDArray[np.float64], like: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """(D,) mean over the classes that occur in a draw; 0 where none does."""
    there = ~np.isnan(table if like is None else like)
    total = np.where(there, np.nan_to_num(table), 0.0).sum(1)
    means: NDArray[np.float64] = np.divide(total, there.sum(1), out=np.zeros(len(table)), where=there.any(1))
    return means


def _hits(matches: Matches, picture: int) -> set[int]:
    """Return the true objects of a picture that were found."""
    mine = (matches.picture == picture) & (matches.outcome[0] == TRUE_POSITIVE)
    return set(matches.truth_row[0, mine].tolist())


def _missed(
    then: BoxShowing | OutlineShowing,
    now: BoxShowing | OutlineShowing,
    pictures: Sequence[LessonPicture],
    classes: tuple[str, ...],
) -> list[Case]:
    cases = []
    for number, picture in enumerate(pictures):
        found, had = _hits(now.shown, number), _hits(then.shown, number)
        for row in sorted(set(range(len(picture))) - found):
            kind, box = classes[int(picture.kinds[row])], _corners(picture.boxes[row])
            words = _answer(then.looks[number], box), _answer(now.looks[number], box)
            cases.append(Case(picture.path, box, "missed", kind, 0.0, row in had, *words))
    return cases


def _invented(
    then: BoxShowing | OutlineShowing,
    now: BoxShowing | OutlineShowing,
    pictures: Sequence[LessonPicture],
    classes: tuple[str, ...],
) -> list[Case]:
    cases = []
    for row in np.flatnonzero(now.shown.outcome[0] == FALSE_POSITIVE):
        number = int(now.shown.picture[row])
        box = _corners(now.looks[number].boxes[int(now.shown.row[row])])
        kind, score = classes[int(now.shown.class_index[row])], float(now.shown.scores[row])
        words = _answer(then.looks[number], box), f"{kind} {score:.2f}"
        cases.append(Case(pictures[number].path, box, "invented", kind, score, False, *words))
    return cases


def _answer(found: Objects, box: tuple[float, float, float, float]) -> str:
    """Return what was found at a place, in words."""
    if not len(found):
        return "nothing"
    overlap = iou_matrix(np.array([box], np.float32), found.boxes)[0]
    best = int(overlap.argmax())
    if overlap[best] < _SAME_PLACE:
        return "nothing"
    return f"{found.classes[int(found.class_index[best])]} {float(found.scores[best]):.2f}"


def _poor_pictures(before: Showing, after: Showing, pictures: Sequence[LessonPicture]) -> tuple[Case, ...]:
    cases = []
    for number, picture in enumerate(pictures):
        drawn = np.eye(len(pictures), dtype=np.int64)[number]
        then, now = (mean_score(showing.scores(drawn)[None])[0] for showing in (before, after))
        whole = (0.0, 0.0, float(picture.shape[0]), float(picture.shape[1]))
        words = f"{then:.3f}", f"{now:.3f}"
        cases.append(Case(picture.path, whole, "poor", "", float(now), bool(then > now), *words))
    return tuple(sorted(cases, key=lambda case: case.score)[:WORST_SHOWN])


def _corners(box: NDArray[np.float32]) -> tuple[float, float, float, float]:
    y0, x0, y1, x1 = (float(value) for value in box)
    return y0, x0, y1, x1

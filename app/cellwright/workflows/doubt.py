"""In which order cells are worth a look: how unsure the model was, how large they are, how unlike the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter

if TYPE_CHECKING:
    from cellwright.project import Project

Values = NDArray[np.float64]
Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]

DECISION = 0.5
"""Score from which an object of a class counts, where no model of the project says another."""

FEWEST_OF_A_KIND = 8
"""With fewer cells of a class nothing can be said about what is usual for it, and all cells are its measure."""

_FARTHEST_Z = 10.0
_MAD_TO_SIGMA, _MEAN_TO_SIGMA = 1.4826, 1.2533


class Order(str, Enum):
    """What stands first."""

    DOUBT = "doubt"
    """What the model was least sure of."""
    SIZE = "size"
    """The largest."""
    OUTLIERNESS = "outlierness"
    """What is least like the others of its class."""
    PLACE = "place"
    """As they lie on the picture, row by row."""


def margins(scores: NDArray[np.floating], decisions: NDArray[np.floating], rivals: Values | None = None) -> Values:
    """Return how far each calibrated score is from another answer: the smaller, the more doubtful.

    Two answers are near: that the object does not count at all (its score against the score from which its class
    counts), and that it is of another class (its score against the best of another class at the same place; margin
    sampling, Scheffer, Decomain & Wrobel, IDA 2001). The margin is the smaller of the two distances. It means
    something because the scores are calibrated: 0.55 against 0.45 is a nearly open question for every model.

    Parameters
    ----------
    scores : (N,) ndarray of float
        Calibrated, in [0, 1]; NaN where no model said one.
    decisions : (N,) ndarray of float
        Score from which an object of this class counts.
    rivals : (N,) ndarray of float, optional
        Best score of another class at the same place, 0 where there is none; see `rival_scores`.

    Returns
    -------
    (N,) ndarray of float64
        In [0, 1]; 1 for what no model found: there is no score to doubt.
    """
    found = np.asarray(scores, np.float64)
    margin = np.abs(found - decisions)
    if rivals is not None:
        margin = np.where(rivals > 0, np.minimum(margin, np.abs(found - rivals)), margin)
    return np.where(np.isnan(found), 1.0, margin)


def same_places(boxes: NDArray[np.floating], iou: float = 0.5) -> Pairs:
    """Return which boxes are of one place: the rows of each pair that overlaps by at least `iou`, itself left out."""
    from cellwright.evaluate.overlap import overlapping_pairs

    one, other, _ = overlapping_pairs(boxes, boxes, iou)
    return one[one != other], other[one != other]


def rival_scores(pairs: Pairs, classes: NDArray[np.integer], scores: NDArray[np.floating]) -> Values:
    """Return for each object the best score of one of another class at the same place, 0 where there is none.

    Parameters
    ----------
    pairs : (ndarray, ndarray)
        From `same_places`, of all objects of one picture with those below the threshold.
    classes, scores : (N,) ndarray
        Their classes and calibrated scores.
    """
    one, other = pairs
    differ = classes[one] != classes[other]
    best = np.zeros(len(classes), np.float64)
    np.maximum.at(best, one[differ], np.nan_to_num(np.asarray(scores, np.float64))[other[differ]])
    return best


def decisions_of(project: Project, picture_id: int | None = None) -> dict[int, float]:
    """Return the score from which each class of a project counts, as the cards of its models say; the latest wins.

    Of a picture it is the model that looked at it last, as for all that is counted on it.
    """
    import json

    models = project.models()
    runs = [] if picture_id is None else project.runs(picture_id)
    if runs:
        models = [each for each in models if each.id == runs[-1].model]
    named: dict[str, float] = {}
    for model in models:
        card = json.loads(model.card)
        thresholds = card.get("thresholds", {}) if isinstance(card, dict) else {}
        named.update(thresholds.get("confidence", {}))
    return {number: limit_of(names, named) for number, names in project.class_names().items()}


def limit_of(names: Iterable[str], limits: Mapping[str, float]) -> float:
    """Return the score from which objects of a class count.

    Parameters
    ----------
    names : iterable of str
        Its present name and those that it had before, see `Project.class_names`: renaming a class counts nothing anew.
    limits : mapping
        Score by name, as a model's card has it; `DECISION` where it knows none of them.
    """
    return next((float(limits[name]) for name in names if name in limits), DECISION)


def decisions_for(classes: NDArray[np.integer], decisions: Mapping[int, float]) -> Values:
    """Return the deciding score of each object, `DECISION` for a class that is not named."""
    return np.array([decisions.get(int(each), DECISION) for each in classes], np.float64)


def outlierness(features: Values, groups: NDArray[np.integer]) -> Values:
    """Return how unlike the others of its group each object is.

    Each feature becomes a robust z: its distance from the group's median in units of 1.4826 times the median absolute
    deviation, or of 1.2533 times the mean one where more than half are equal (Iglewicz & Hoaglin, How to detect and
    handle outliers, 1993). The answer is the root mean square of an object's z, none counted beyond 10.

    Parameters
    ----------
    features : (N, F) ndarray of float64
        NaN where one is unknown; it is left out.
    groups : (N,) ndarray of int
        Class of each. Groups of fewer than `FEWEST_OF_A_KIND` are measured against all objects.

    Returns
    -------
    (N,) ndarray of float64
        0 for what is most usual.

    Raises
    ------
    BadParameter
        If the rows differ in number.
    """
    if features.ndim != 2 or len(features) != len(groups):
        raise BadParameter(f"{len(groups)} objects need as many rows of features, not {features.shape}.")
    squares = np.zeros(features.shape)
    for group in np.unique(groups):
        mine = groups == group
        measure = features[mine] if mine.sum() >= FEWEST_OF_A_KIND else features
        squares[mine] = np.minimum(np.abs(_robust_z(features[mine], measure)), _FARTHEST_Z) ** 2
    known = np.isfinite(squares)
    total = np.where(known, squares, 0.0).sum(axis=1)
    mean: Values = np.divide(total, known.sum(axis=1), out=np.zeros(len(groups)), where=known.any(axis=1))
    return np.sqrt(mean)


def ordered(order: Order, columns: Mapping[Order, Values], boxes: NDArray[np.floating]) -> NDArray[np.intp]:
    """Return the rows in an order; equal ones stand as they lie on the picture.

    Parameters
    ----------
    order : Order
        What stands first.
    columns : mapping
        The `margins`, the areas and the `outlierness` of each object, as far as they are known; where the one asked
        for is missing, the order is that of the picture.
    boxes : (N, 4) ndarray of float
        Where they lie.
    """
    values = columns.get(order)
    if values is None:
        return np.lexsort((boxes[:, 1], boxes[:, 0]))
    first = values if order is Order.DOUBT else -values
    return np.lexsort((boxes[:, 1], boxes[:, 0], first))


def _robust_z(values: Values, measure: Values) -> Values:
    if not len(measure):
        return np.zeros(values.shape)
    # A column that nobody knows anything of stays NaN and is left out.
    known = np.where(np.isfinite(measure).any(axis=0), measure, 0.0)
    middle = np.nanmedian(known, axis=0)
    distance = np.abs(known - middle)
    spread = _MAD_TO_SIGMA * np.nanmedian(distance, axis=0)
    spread = np.where(spread > 0, spread, _MEAN_TO_SIGMA * np.nanmean(distance, axis=0))
    z: Values = np.divide(values - middle, spread, out=np.zeros(values.shape), where=spread > 0)
    known_z: Values = np.where(np.isfinite(values), z, np.nan)
    return known_z

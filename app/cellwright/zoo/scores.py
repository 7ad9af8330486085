"""`Metrics` and `Reliability`: how good a model is, as its card says it."""

from __future__ import annotations

from pydantic import Field, FiniteFloat, JsonValue, model_validator

from cellwright.zoo.part import Fraction, Part

_SCORE_TITLES = {
    "map_50": "mAP@0.5",
    "map_50_95": "mAP@0.5:0.95",
    "mask_map_50": "mask mAP@0.5",
    "mask_map_50_95": "mask mAP@0.5:0.95",
    "ap_50": "AP@0.5",
    "mean_ap_50": "AP@0.5, mean over pictures",
    "mean_ap_50_90": "mean AP@0.5:0.9",
    "dice": "Dice",
    "iou": "IoU",
    "f1_50": "F1@0.5",
    "pq": "PQ",
    "aji": "AJI",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "ece": "calibration error",
    "ctr_mae": "error of the cardiothoracic ratio",
}


def score_title(name: str) -> str:
    """Return how a score of a card is called before a person."""
    return _SCORE_TITLES.get(name, name.replace("_", " "))


class ClassMetrics(Part):
    """How well one class is found on the judging pictures; what its task does not measure is None.

    Parameters
    ----------
    ap_50, ap_50_95 : float or None
        Average precision of boxes, as COCO defines it.
    precision, recall, count_error : float or None
        At the default threshold.
    dice, iou : float or None
        Of the class's pixels.
    f1 : float or None
        Harmonic mean of precision and recall, of pictures that are of one class each.
    """

    ap_50: Fraction | None = None
    ap_50_95: Fraction | None = None
    precision: Fraction | None = None
    recall: Fraction | None = None
    count_error: float | None = Field(default=None, ge=0.0)
    dice: Fraction | None = None
    iou: Fraction | None = None
    f1: Fraction | None = None


class Metrics(Part):
    """Scores on pictures that the network never saw.

    Parameters
    ----------
    data : str
        Which pictures, and why they are unseen.
    pictures : int
        How many.
    map_50, map_50_95 : float or None
        Mean average precision of boxes at IoU 0.5, and averaged over 0.5, 0.55 … 0.95.
    scores : dict of str to float
        Scores of outlines and pixels by name: ``"ap_50"``, ``"mean_ap_50_90"`` (TP / (TP + FP + FN), as StarDist
        defines it), ``"dice"``, ``"iou"``, ``"ctr_mae"`` (mean absolute error of the cardiothoracic ratio), and such.
    per_class : dict of str to ClassMetrics
        The same by class name; `count_error` is the mean over pictures of ``|found - true| / true``.
    details : dict
        Anything more, as plain JSON.
    """

    data: str
    pictures: int = Field(ge=0)
    map_50: Fraction | None = None
    map_50_95: Fraction | None = None
    scores: dict[str, FiniteFloat] = Field(default={})
    per_class: dict[str, ClassMetrics] = Field(default={})
    details: dict[str, JsonValue] = Field(default={})

    def named(self) -> dict[str, float]:
        """Return every score of the whole as a person reads it, the most telling first: ``{"mAP@0.5": 0.93, …}``."""
        own = {"map_50": self.map_50, "map_50_95": self.map_50_95} | self.scores
        return {score_title(name): value for name, value in own.items() if value is not None}


class Reliability(Part):
    """What came true of one class's confidences: per bin the mean score, the fraction that were objects, how many.

    `ece_before` and `ece` are the expected calibration errors without and with the temperature.
    """

    ece: Fraction
    ece_before: Fraction | None = None
    confidence: tuple[Fraction, ...] = ()
    precision: tuple[Fraction, ...] = ()
    count: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _bins_agree(self) -> Reliability:
        if not len(self.confidence) == len(self.precision) == len(self.count):
            raise ValueError("confidence, precision and count need one entry a bin each")
        return self

"""Judging a classifier on pictures that show one object each."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright.core import DatasetNotReadable
from cellwright.datasets import ImportReport, LabelledPicture
from cellwright.evaluate import ClassScores, Naming, class_scores_of, coverage_at
from cellwright.evaluate.ratios import plain
from cellwright.stats import Interval, binomial_interval
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.judged_set import JudgedSet
from cellwright.workflows.pictures import LeftOut
from cellwright.zoo import ModelCard

WORST_SHOWN = 10


@dataclass(frozen=True, slots=True, eq=False)
class PictureClass:
    """How one picture was named.

    Parameters
    ----------
    path : Path
        The picture.
    kind : int
        What it shows.
    probabilities : (C,) ndarray of float32
        Calibrated.
    """

    path: Path
    kind: int
    probabilities: NDArray[np.float32]

    @property
    def named(self) -> int:
        """The likeliest class."""
        return int(self.probabilities.argmax())

    @property
    def given(self) -> float:
        """Probability that was given to what it shows."""
        return float(self.probabilities[self.kind])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ClassEvaluation(JudgedSet):
    """What came of judging a classifier.

    Parameters
    ----------
    scores : ClassScores
        Of the likeliest class of each picture, however unsure.
    named : Naming
        What comes of naming only what reaches the model's threshold.
    pictures : tuple of PictureClass
        In the order of the set.
    card, data, split, report, left_out, seconds
        See `JudgedSet`.
    """

    scores: ClassScores
    named: Naming
    pictures: tuple[PictureClass, ...]

    @property
    def worst(self) -> tuple[PictureClass, ...]:
        """The pictures whose class was given the least probability, the worst first."""
        return tuple(sorted(self.pictures, key=lambda picture: picture.given)[:WORST_SHOWN])

    def accuracy_interval(self, level: float = 0.95) -> Interval:
        """Return the exact binomial interval of the share that is named rightly; pictures count as independent."""
        return binomial_interval(self.scores.right, self.scores.pictures, level)

    def recall_interval(self, kind: int, level: float = 0.95) -> Interval:
        """Return the exact binomial interval of a class's recall."""
        row = self.scores.confusion[kind]
        return binomial_interval(int(row[kind]), int(row.sum()), level)

    def to_dict(self) -> dict[str, object]:
        """Return the evaluation as values that JSON knows."""
        scores, low_high = self.scores, self.accuracy_interval()
        names = scores.classes
        return {
            **self.asked(),
            "task": self.card.task,
            "pictures": scores.pictures,
            "accuracy": plain(scores.accuracy),
            "accuracy_95": [low_high.low, low_high.high],
            "balanced_accuracy": plain(scores.balanced_accuracy),
            "log_loss": plain(scores.log_loss),
            "reliability": scores.reliability.to_dict(),
            "named": {
                "least": self.named.least,
                "share": plain(self.named.coverage),
                "right": plain(self.named.accuracy),
            },
            "per_class": {
                name: {
                    "precision": plain(scores.precision[c]),
                    "recall": plain(scores.recall[c]),
                    "f1": plain(scores.f1[c]),
                }
                for c, name in enumerate(names)
            },
            "confusion": {"classes": list(names), "shown_by_named": scores.confusion.tolist()},
            "worst_pictures": [
                {"path": str(p.path), "shown": names[p.kind], "named": names[p.named], "given": p.given}
                for p in self.worst
            ],
            **self.account(),
        }


def named_picture(picture: LabelledPicture, analysis: Analysis) -> PictureClass:
    """Return how a picture was named.

    Raises
    ------
    DatasetNotReadable
        If it shows none or several objects, or the model was asked for none.
    """
    if len(picture) != 1:
        raise DatasetNotReadable(
            f"{picture.path} shows {len(picture)} objects; a classifier is judged by pictures that show one each."
        )
    assert analysis.probabilities is not None
    return PictureClass(picture.path, int(picture.class_index[0]), analysis.probabilities.values[0])


def judge_classes(
    card: ModelCard,
    data: Path,
    split: str | None,
    judged: Sequence[PictureClass],
    report: ImportReport,
    left_out: Sequence[LeftOut],
    began: float,
) -> ClassEvaluation:
    """Put together how pictures were named; `began` is when the work did, by `time.monotonic`."""
    probabilities = np.stack([picture.probabilities for picture in judged])
    truth = [picture.kind for picture in judged]
    return ClassEvaluation(
        card=card,
        data=data,
        split=split,
        scores=class_scores_of(probabilities, truth, card.class_names),
        named=coverage_at(probabilities, truth, min(card.confidence_thresholds())),
        pictures=tuple(judged),
        report=report,
        left_out=tuple(left_out),
        seconds=time.monotonic() - began,
    )

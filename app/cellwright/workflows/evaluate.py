"""`EvaluateModel`: how good a model is on pictures that people labelled, judged as it would be used."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import DatasetNotReadable, SlideNotReadable
from cellwright.datasets import ImportReport, LabelledPicture, LabelledSet, dataset_splits, read_dataset
from cellwright.evaluate import (
    CELL_MAX_DETECTIONS,
    CountErrors,
    DetectionScores,
    Matches,
    OperatingPoint,
    PictureDetections,
    PictureTruth,
    Reliability,
    count_errors,
    match,
    operating_points,
    picture_counts,
    reliability,
    score_detections,
    whole_counts,
)
from cellwright.evaluate.matching import FALSE_POSITIVE, IGNORED, TRUE_POSITIVE
from cellwright.jobs import Progress, run_inline
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.analyze import AnalyzePicture
from cellwright.workflows.evaluate_classes import ClassEvaluation, PictureClass, judge_classes, named_picture
from cellwright.workflows.evaluate_outlines import OutlineEvaluation
from cellwright.workflows.evaluate_pixels import PixelOutcome, compare_pixels, judge_pixels
from cellwright.workflows.judged_set import JudgedSet
from cellwright.workflows.pictures import LeftOut
from cellwright.zoo import ModelCard, find_model, load_card

JUDGED_FLOOR = 1e-5
"""Average precision integrates over all confidences, so boxes are judged that no person would ever be shown."""

WORST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class PictureScore:
    """How one picture went at the default thresholds and an overlap of 0.5, all classes together."""

    path: Path
    true_positives: int
    false_positives: int
    false_negatives: int

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 1 where there is nothing and nothing was found."""
        whole = 2 * self.true_positives + self.false_positives + self.false_negatives
        return 2 * self.true_positives / whole if whole else 1.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Evaluation(JudgedSet):
    """What came of it.

    Parameters
    ----------
    scores : DetectionScores
        Average precision, by class and overlap.
    points : tuple of OperatingPoint
        Precision, recall and F1 of each class at the model's default threshold and an overlap of 0.5.
    counts : tuple of CountErrors
        How far the number of cells on each picture is off, by class.
    whole : tuple of CountErrors
        The same of the cells that no edge of the picture cuts.
    reliability : tuple of Reliability
        Confidence against the share that is right, by class.
    worst : tuple of PictureScore
        The pictures with the lowest F1, the worst first.
    card, data, split, report, left_out, seconds
        See `JudgedSet`.
    """

    scores: DetectionScores
    points: tuple[OperatingPoint, ...]
    counts: tuple[CountErrors, ...]
    whole: tuple[CountErrors, ...]
    reliability: tuple[Reliability, ...]
    worst: tuple[PictureScore, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the evaluation as values that JSON knows."""
        return {
            **self.asked(),
            "scores": self.scores.to_dict(),
            "per_class": {
                name: {
                    "operating_point": self.points[i].to_dict(),
                    "counts": self.counts[i].to_dict(),
                    "counts_of_whole_cells": self.whole[i].to_dict(),
                    "reliability": self.reliability[i].to_dict(),
                }
                for i, name in enumerate(self.scores.classes)
            },
            "worst_pictures": [
                {
                    "path": str(p.path),
                    "f1": p.f1,
                    "true_positives": p.true_positives,
                    "false_positives": p.false_positives,
                    "false_negatives": p.false_negatives,
                }
                for p in self.worst
            ],
            "max_detections": CELL_MAX_DETECTIONS,
            **self.account(),
        }


@dataclass(frozen=True, slots=True)
class EvaluateModel:
    """Score a model on a labelled set; an `Operation` whose result is an `Evaluation` of the kind that fits its task.

    Every picture goes through `AnalyzePicture`. Precision, recall, counts and calibration are those of what a person
    gets; only average precision of boxes looks further down, at boxes that no person would be shown. A model that
    outlines objects or sorts pixels is judged by its pixels where the set has label images or outlines; one that
    outlines objects by its boxes where the set has only those.

    Parameters
    ----------
    model : str or Path
        Name of a model on the shelf, or its folder.
    data : Path
        The labelled set.
    split : str or None
        Which part of it. None takes ``"val"`` where the set has one, ``"test"`` before it for classifiers of whole
        pictures, else everything.
    device, augment, scales
        See `AnalyzePicture`.
    """

    model: str | Path
    data: Path
    split: str | None = None
    device: str = "auto"
    augment: bool = False
    scales: tuple[float, ...] = (1.0,)

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Evaluate {Path(self.model).name} on {self.data.name}"

    def run(self) -> Generator[Progress, None, Evaluation | OutlineEvaluation | ClassEvaluation]:
        """Analyse the labelled pictures one by one, then judge them together.

        Raises
        ------
        UnknownName, ModelNotUsable
            If there is no such model, or it is damaged.
        DatasetNotReadable
            If the set cannot be read, has no such split, or none of its pictures can be analysed.
        """
        began = time.monotonic()
        folder = find_model(self.model)
        card = load_card(folder)
        yield Progress(0, 0, "Reading labels")
        labelled, report, split = read_labelled(self.data, self.split, card)
        with_pixels = card.task in {"instances", "semantic"} and any(picture.labels is not None for picture in labelled)
        if card.task == "semantic" and not with_pixels:
            raise DatasetNotReadable(
                f"{self.data} has boxes but no label images or outlines, which {card.name} is judged by; give others."
            )
        look = self._look_at_pixels if with_pixels else self._name if card.task == "classification" else self._look
        judged: list[Any] = []
        left_out: list[LeftOut] = []
        for number, picture in enumerate(labelled):
            yield Progress(number, len(labelled), picture.path.name)
            outcome = look(picture, folder)
            if isinstance(outcome, LeftOut):
                left_out.append(outcome)
            else:
                judged.append(outcome)
        if not judged:
            why = f" ({left_out[0]})" if left_out else ""
            raise DatasetNotReadable(f"None of the {len(labelled)} pictures of {self.data} could be judged{why}.")
        yield Progress(len(labelled), len(labelled), "Judging")
        if card.task == "classification":
            return judge_classes(card, self.data, split, judged, report, left_out, began)
        if with_pixels:
            return judge_pixels(card, self.data, split, judged, report, left_out, began)
        return _judge(card, self.data, split, judged, report, left_out, began)

    def _analysis(self, picture: LabelledPicture, folder: Path) -> AnalyzePicture:
        return AnalyzePicture(picture.path, folder, self.device, augment=self.augment, scales=self.scales)

    def _look_at_pixels(self, picture: LabelledPicture, folder: Path) -> PixelOutcome | LeftOut:
        """Analyse a picture as a person would and compare the pixels, so that none of them need be kept."""
        try:
            analysis = run_inline(self._analysis(picture, folder))
            if analysis.is_complete:
                return compare_pixels(picture, analysis)
        except (SlideNotReadable, DatasetNotReadable) as error:
            return LeftOut(str(picture.path), str(error))
        return LeftOut(str(picture.path), analysis.coverage.sentence())

    def _name(self, picture: LabelledPicture, folder: Path) -> PictureClass | LeftOut:
        """Say what a picture shows."""
        try:
            return named_picture(picture, run_inline(self._analysis(picture, folder)))
        except (SlideNotReadable, DatasetNotReadable) as error:
            return LeftOut(str(picture.path), str(error))

    def _look(self, picture: LabelledPicture, folder: Path) -> _Judged | LeftOut:
        """Analyse a picture as a person would, and once more down to where average precision ends."""
        shown = self._analysis(picture, folder)
        try:
            # Reports about single tiles mean nothing here.
            analyses = [run_inline(shown), run_inline(replace(shown, floor=JUDGED_FLOOR, every_class=True))]
        except SlideNotReadable as error:
            return LeftOut(str(picture.path), str(error))
        for analysis in analyses:
            if not analysis.is_complete:
                return LeftOut(str(picture.path), analysis.coverage.sentence())
        return _Judged(picture, *(_detections(analysis) for analysis in analyses))


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """A labelled picture, what a person is shown of it, and everything that average precision looks at."""

    picture: LabelledPicture
    shown: PictureDetections
    everything: PictureDetections


def read_labelled(data: Path, split: str | None, card: ModelCard) -> tuple[LabelledSet, ImportReport, str | None]:
    """Read a labelled set in the classes of a model.

    A class of the set belongs to a class of the model if it has its name or title, in the singular or the plural.

    Returns
    -------
    LabelledSet
        In the model's classes.
    ImportReport
        What was left out.
    str or None
        The split that was taken: the one asked for, else ``"val"`` where there is one, else None for all. A classifier
        of whole pictures takes ``"test"`` first: by ``"val"`` its threshold was chosen.
    """
    aliases = class_aliases(card)
    if split is None:
        there = dataset_splits(data, classes=card.class_names)
        preferred = ("test", "val") if card.task == "classification" else ("val",)
        split = next((name for name in preferred if name in there), None)
    labelled, report = read_dataset(data, split=split, classes=card.class_names, aliases=aliases)
    return labelled, report, split


def class_aliases(card: ModelCard) -> dict[str, str]:
    """Return the model's class for every name that means it: its title, and the plural of both."""
    return {text: kind.name for kind in card.classes for text in (kind.title, f"{kind.title}s", f"{kind.name}s")}


def _detections(analysis: Analysis) -> PictureDetections:
    objects = analysis.objects
    return PictureDetections(objects.boxes, objects.class_index, objects.scores)


def _judge(
    card: ModelCard,
    data: Path,
    split: str | None,
    judged: Sequence[_Judged],
    report: ImportReport,
    left_out: Sequence[LeftOut],
    began: float,
) -> Evaluation:
    pictures = [j.picture for j in judged]
    truths = [PictureTruth(p.boxes, p.class_index, p.ignored) for p in pictures]
    names, thresholds = card.class_names, np.asarray(card.confidence_thresholds())
    shown = [j.shown for j in judged]
    # One overlap is enough for what a person gets; average precision asks for ten.
    matches = match(shown, truths, len(names), iou_thresholds=0.5, max_detections=CELL_MAX_DETECTIONS)
    counted, true = picture_counts(shown, truths, len(names), thresholds)
    uncut = whole_counts(matches, shown, truths, [p.size for p in pictures], thresholds)
    scored = _picture_scores(pictures, matches, thresholds, true.sum(axis=1))
    return Evaluation(
        card=card,
        data=data,
        split=split,
        scores=score_detections([j.everything for j in judged], truths, names, max_detections=CELL_MAX_DETECTIONS),
        points=tuple(operating_points(matches, thresholds)),
        counts=tuple(count_errors(counted[:, c], true[:, c]) for c in range(len(names))),
        whole=tuple(count_errors(uncut[0][:, c], uncut[1][:, c]) for c in range(len(names))),
        reliability=tuple(_reliability(matches, c) for c in range(len(names))),
        worst=tuple(sorted(scored, key=lambda p: (p.f1, -p.false_negatives - p.false_positives))[:WORST_SHOWN]),
        report=report,
        left_out=tuple(left_out),
        seconds=time.monotonic() - began,
    )


def _reliability(matches: Matches, class_index: int) -> Reliability:
    rows = matches.of_class(class_index)
    outcome = matches.outcome[matches.threshold_row(0.5), rows]
    judged = outcome != IGNORED
    return reliability(matches.scores[rows][judged], outcome[judged] == TRUE_POSITIVE)


def _picture_scores(
    pictures: Sequence[LabelledPicture],
    matches: Matches,
    thresholds: NDArray[np.float64],
    positives: NDArray[np.int64],
) -> list[PictureScore]:
    outcome = matches.outcome[matches.threshold_row(0.5)]
    kept = matches.scores >= thresholds[matches.class_index]
    right = np.bincount(matches.picture[kept & (outcome == TRUE_POSITIVE)], minlength=len(pictures))
    wrong = np.bincount(matches.picture[kept & (outcome == FALSE_POSITIVE)], minlength=len(pictures))
    return [
        PictureScore(picture.path, int(right[i]), int(wrong[i]), int(positives[i] - right[i]))
        for i, picture in enumerate(pictures)
    ]

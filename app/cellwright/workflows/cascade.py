"""A detector and a classifier one after the other: the classifier says what the cells are that the detector found."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation import UNIDENTIFIED
from cellwright.core import BadParameter, Box, Objects, PixelSize
from cellwright.jobs import Progress
from cellwright.workflows.class_probabilities import ClassProbabilities
from cellwright.zoo import Calibration, Crops, ModelCard, ObjectClass, Thresholds

if TYPE_CHECKING:
    from cellwright.imaging import Limits, Slide
    from cellwright.inference import Predictor

_UNIDENTIFIED = ObjectClass(name=UNIDENTIFIED, title="Unidentified", colour="#9AA4B2", badge="?")
"""What the detector found and the classifier is not sure enough of; called and coloured as reviews do."""
PARTS = "parts"
"""Under this name the parameters of a run in a project hold the names and hashes of detector and classifier."""
_LONGEST_NAME = 80
_LOWEST = 0.001
"""No threshold is lower: a card's floor is above 0."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """Objects of a detector under the classes of a cascade.

    Parameters
    ----------
    objects : Objects
        As many as before, with the same ids and boxes, in the same order.
    probabilities : ClassProbabilities
        What the classifier said of those that it was asked about.
    told : int
        Of how many of these it was sure.
    scale : str
        How large the crops are, and how that was found; a sentence for people.
    notes : tuple of str
        What a person should know, one sentence each.
    """

    objects: Objects
    probabilities: ClassProbabilities
    told: int
    scale: str
    notes: tuple[str, ...]


def crops_of(classifier: ModelCard, detector: ModelCard) -> Crops:
    """Return how a classifier looks at what a detector found.

    Raises
    ------
    BadParameter
        If one of the two is no such model, or they do not know a class in common.
    """
    if classifier.task != "classification" or classifier.crops is None:
        raise BadParameter(
            f"{classifier.name} does not tell apart what a detector found; choose a classifier whose card has crops."
        )
    if detector.task not in {"detection", "instances"}:
        raise BadParameter(f"{detector.name} finds no single objects that {classifier.name} could tell apart.")
    if not set(classifier.crops.of) & set(detector.class_names):
        raise BadParameter(
            f"{classifier.name} tells {', '.join(classifier.crops.of)} apart, and {detector.name} finds "
            f"{', '.join(detector.class_names)}; choose a detector that finds them."
        )
    return classifier.crops


def joined_card(detector: ModelCard, classifier: ModelCard) -> ModelCard:
    """Return the card of the two together: what an analysis by both has as its card.

    Its classes are the detector's, then those that the classifier alone knows, then `UNIDENTIFIED`. An object counts
    under a class of the classifier from the product of the two models' thresholds on, which is reached wherever both
    are: no object counts, or fails to count, because it was told apart. The hash is that of the two models' hashes.

    Raises
    ------
    BadParameter
        See `crops_of`.
    """
    crops = crops_of(classifier, detector)
    new = [kind for kind in classifier.classes if kind.name not in detector.class_names]
    confidence = dict(detector.thresholds.confidence)
    found = min(confidence[name] for name in crops.of if name in confidence)
    confidence |= {kind.name: _below(found * classifier.thresholds.confidence[kind.name]) for kind in new}
    confidence[UNIDENTIFIED] = found
    both = hashlib.sha256(f"{detector.model_hash}\n{classifier.model_hash}\n".encode()).hexdigest()
    asked = detector.thresholds
    return ModelCard(
        name=f"{detector.name}.{classifier.name}"[:_LONGEST_NAME],
        title=f"{detector.title}, told apart",
        summary=f"{detector.summary} {', '.join(crops.of)} are told apart by {classifier.name}.",
        task=detector.task,
        architecture=detector.architecture,
        input=detector.input,
        classes=(*detector.classes, *new, _UNIDENTIFIED),
        decoding=detector.decoding,
        thresholds=Thresholds(
            confidence=confidence,
            floor=max(_LOWEST, min(asked.floor, *confidence.values())),
            nms_iou=asked.nms_iou,
            nms=asked.nms,
        ),
        calibration=Calibration(temperature=dict(detector.calibration.temperature), data=detector.calibration.data),
        weights=detector.weights.model_copy(update={"sha256": both}),
        licence="; ".join(dict.fromkeys(card.licence for card in (detector, classifier) if card.licence)),
        citations=tuple(dict.fromkeys((*detector.citations, *classifier.citations))),
    )


def parts_said(parts: Iterable[ModelCard]) -> list[dict[str, str]]:
    """Return the names and hashes of models, for JSON."""
    return [{"name": card.name, "sha256": card.model_hash} for card in parts]


def joined_source(detector: ModelCard, classifier: ModelCard) -> str:
    """Return what `Objects.source` says of objects of a cascade: both models and both hashes."""
    return f"{detector.source}+{classifier.source.removeprefix('model:')}"


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """How the crops of a picture are shown where only some of its objects are at hand.

    Parameters
    ----------
    limits : tuple of (float, float)
        Contrast of the whole picture.
    rulers : (M, 4) ndarray of float32
        Boxes of whole objects of the ruler's class.
    z, t : int
        Plane and time point.
    """

    limits: Limits
    rulers: NDArray[np.float32]
    z: int = 0
    t: int = 0


def sort_objects(
    slide: Slide,
    objects: Objects,
    detector: ModelCard,
    classifier: Predictor,
    pixel_size: PixelSize | None,
    shown: Shown | None = None,
) -> Generator[Progress, None, Sorted]:
    """Ask a classifier about what a detector found.

    Asked about is what reaches the detector's default threshold in one of the classes that the classifier tells apart;
    what lies below keeps the detector's class. An object's score becomes the detector's score times the calibrated
    probability of the class: the probability that it is there and of this class. Where the likeliest class does not
    reach the classifier's threshold, or is one that the detector knows too and did not say, the object is
    `UNIDENTIFIED` and keeps the detector's score.

    Parameters
    ----------
    slide : Slide
        The open picture.
    objects : Objects
        Of the detector, down to its floor.
    detector : ModelCard
        Its card.
    classifier : Predictor
        The classifier.
    pixel_size : PixelSize or None
        Of the picture, where somebody knows it.
    shown : Shown, optional
        How crops are shown where these are not all objects of the picture; then each object is told as it would be
        alone. None finds it out from the picture and its objects.

    Raises
    ------
    SlideNotReadable
        If the picture cannot be decoded at an object.
    """
    from cellwright.imaging import contrast_limits
    from cellwright.inference.crops import crop_sides, name_crops

    card = classifier.card
    crops = crops_of(card, detector)
    rows = asked_rows(objects, detector, crops)
    how = shown or Shown(
        contrast_limits(slide, card.input.contrast_percentiles),
        whole_boxes(objects, detector, crops.ruler, slide.shape),
    )
    sides, said = crop_sides(crops, objects.boxes[rows], how.rulers, pixel_size)
    steps = name_crops(slide, classifier, objects.boxes[rows], sides, how.limits, how.z, how.t)
    while True:
        try:
            done, total = next(steps)
        except StopIteration as end:
            shares: NDArray[np.float32] = end.value
            break
        yield Progress(done, total, f"{done:,} of {total:,} told apart")
    found, told = _named(objects, rows, shares, detector, card)
    note = told_sentence(card, crops, told, len(rows), said)
    probabilities = ClassProbabilities(objects.ids[rows], card.class_names, shares)
    return Sorted(found, probabilities, told, said, (note,) if len(rows) else ())


def untold_objects(objects: Objects, detector: ModelCard, classifier: ModelCard) -> Objects:
    """Return objects of a detector as `sort_objects` does where the classifier is sure of none."""
    rows = asked_rows(objects, detector, crops_of(classifier, detector))
    nothing = np.full((len(rows), len(classifier.classes)), np.nan, np.float32)
    return _named(objects, rows, nothing, detector, classifier)[0]


def told_sentence(classifier: ModelCard, crops: Crops, told: int, asked: int, scale: str) -> str:
    """Return for people how many objects were told apart, and at which scale."""
    return f"{classifier.name} told {told:,} of {asked:,} {', '.join(crops.of)} apart. {scale}".rstrip()


def _named(
    objects: Objects, rows: NDArray[np.intp], shares: NDArray[np.float32], detector: ModelCard, classifier: ModelCard
) -> tuple[Objects, int]:
    """Return objects under the classes of both models, and of how many of `rows` the classifier was sure."""
    names = joined_card(detector, classifier).class_names
    kinds, scores = objects.class_index.copy(), objects.scores.copy()
    sure = np.zeros(0, bool)
    if len(rows):
        best, most = shares.argmax(axis=1), shares.max(axis=1)
        # The detector, which knows platelets, called it no platelet: of two models that disagree none is believed.
        is_new = np.array([name not in detector.class_names for name in classifier.class_names])
        index = np.array([names.index(name) for name in classifier.class_names])
        sure = is_new[best] & (most >= np.asarray(classifier.confidence_thresholds(), np.float32)[best])
        kinds[rows] = np.where(sure, index[best], names.index(UNIDENTIFIED))
        scores[rows] *= np.where(sure, most, np.float32(1))
    source = joined_source(detector, classifier)
    found = replace(objects, class_index=kinds, scores=scores, classes=names, source=source)
    return found, int(sure.sum())


def asked_rows(objects: Objects, detector: ModelCard, crops: Crops) -> NDArray[np.intp]:
    """Return the rows that a classifier is asked about: of its classes, and sure enough to count."""
    limits = np.asarray(detector.confidence_thresholds(), np.float32)
    asked = np.array([name in crops.of for name in objects.classes], bool)
    return np.flatnonzero(asked[objects.class_index] & (objects.scores >= limits[objects.class_index]))


def whole_boxes(objects: Objects, detector: ModelCard, ruler: str, shape: tuple[int, int]) -> NDArray[np.float32]:
    """(M, 4) float32: boxes of the counted objects of a class that no edge of the picture cuts."""
    if ruler not in objects.classes:
        return np.empty((0, 4), np.float32)
    counted = objects.at_least(detector.confidence_thresholds())
    boxes = counted.boxes[counted.class_index == objects.classes.index(ruler)]
    picture = Box(0, 0, *shape)
    inside = (boxes[:, :2] > 1).all(axis=1) & (boxes[:, 2] < picture.y1 - 1) & (boxes[:, 3] < picture.x1 - 1)
    whole: NDArray[np.float32] = boxes[inside]
    return whole


def _below(product: float) -> float:
    """Round a threshold down, so that what reaches both parts of the product reaches it."""
    return max(_LOWEST, int(product * 1000) / 1000)

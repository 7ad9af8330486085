"""`AuditLabels`: where a model and the people who labelled a set disagree, the likeliest mistakes of people first."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright.core import DatasetNotReadable, Objects, SlideNotReadable
from cellwright.datasets import ImportReport, LabelledPicture, LabelledSet, read_dataset
from cellwright.evaluate import overlapping_pairs
from cellwright.jobs import Progress, run_inline
from cellwright.workflows.analyze import DEFAULT_MODEL, AnalyzePicture
from cellwright.workflows.dataset_source import is_project, read_source
from cellwright.workflows.evaluate import class_aliases
from cellwright.workflows.pictures import LeftOut
from cellwright.zoo import ModelCard, find_model, load_card

SAME_IOU = 0.5
"""Overlap from which a label and what a model found are the same object."""

TOUCHING_IOU = 0.3
"""Overlap from which what a model found speaks for a label, even where the two differ about its size."""


class DoubtKind(str, Enum):
    """What is probably wrong with the labels."""

    MISSING = "missing"
    """The model sees an object that nobody labelled."""
    CLASS = "class"
    """The model sees the labelled object as one of another class."""
    NOTHING_THERE = "nothing there"
    """The model sees nothing where somebody labelled an object."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """One place where the labels are probably wrong.

    Parameters
    ----------
    picture : Path
        The picture.
    kind : DoubtKind
        What is probably wrong.
    box : (float, float, float, float)
        y0, x0, y1, x1 in pixels: of the label where there is one, else of what the model found.
    labelled : str
        Class that was labelled; empty where nothing was.
    found : str
        Class that the model saw; empty where it saw nothing.
    score : float
        Calibrated probability in [0, 1] that the model is right.
    """

    picture: Path
    kind: DoubtKind
    box: tuple[float, float, float, float]
    labelled: str
    found: str
    score: float

    def to_dict(self) -> dict[str, object]:
        """Return the doubt as values that JSON knows."""
        return {
            "picture": str(self.picture),
            "kind": self.kind.value,
            "box": [round(edge, 2) for edge in self.box],
            "labelled": self.labelled,
            "found": self.found,
            "score": round(self.score, 4),
        }


@dataclass(frozen=True, slots=True)
class LabelAudit:
    """What came of it.

    Parameters
    ----------
    model : str
        Name and hash of the model.
    pictures : int
        How many were looked at.
    doubts : tuple of Doubt
        Surest first.
    report : ImportReport or None
        What was left out when the set was read; None for a project.
    left_out : tuple of LeftOut
        Pictures that could not be analysed.
    """

    model: str
    pictures: int
    doubts: tuple[Doubt, ...]
    report: ImportReport | None
    left_out: tuple[LeftOut, ...]

    def of_kind(self, kind: DoubtKind) -> tuple[Doubt, ...]:
        """Return the doubts of one kind, surest first."""
        return tuple(doubt for doubt in self.doubts if doubt.kind is kind)

    def to_dict(self) -> dict[str, object]:
        """Return the audit as values that JSON knows."""
        return {
            "model": self.model,
            "pictures": self.pictures,
            "doubts": [doubt.to_dict() for doubt in self.doubts],
            "left_out": [left.to_dict() for left in self.left_out],
            "import": self.report.to_dict() if self.report is not None else None,
        }


@dataclass(frozen=True, slots=True)
class AuditLabels:
    """Let a model look for mistakes in a labelled set; an `Operation` whose result is a `LabelAudit`.

    Labels of classes that the model does not know are left out of account. A model is no judge: it ranks places for a
    person to look at, and it should not have been trained on the labels that it audits.

    Parameters
    ----------
    data : Path
        The set, as in `read_dataset`.
    model : str or Path
        Name of a model on the shelf, or its folder.
    split : str or None
        Only this split.
    device : str
        See `AnalyzePicture`.
    pictures : frozenset of str or None
        Only pictures of these file names.
    format : str
        As in `read_dataset`; a project is read as `read_source` does.
    """

    data: Path
    model: str | Path = DEFAULT_MODEL
    split: str | None = None
    device: str = "auto"
    pictures: frozenset[str] | None = None
    format: str = "auto"

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Audit the labels of {self.data.name}"

    def run(self) -> Generator[Progress, None, LabelAudit]:
        """Analyse the pictures one by one, comparing each with its labels.

        Every `Progress` carries in ``partial`` the doubts of the picture before it.

        Raises
        ------
        UnknownName, ModelNotUsable
            If there is no such model, or it is damaged.
        DatasetNotReadable
            If the set cannot be read, or none of its pictures can be analysed.
        """
        folder = find_model(self.model)
        card = load_card(folder)
        if card.task == "semantic":
            raise DatasetNotReadable(f"{card.name} sorts pixels and finds no objects; audit with a model that does.")
        yield Progress(0, 0, "Reading labels")
        labelled, report = self._labelled(card)
        asked = [p for p in labelled if self.pictures is None or p.path.name in self.pictures]
        chosen = [p for p in asked if not p.is_part]
        doubts: list[Doubt] = []
        # a doubt names a file and a place in it, which does not tell one plane from another
        left_out = [LeftOut(p.stem, "labels of single planes are not ranked") for p in asked if p.is_part]
        for number, picture in enumerate(chosen):
            yield Progress(number, len(chosen), picture.path.name)
            try:
                analysis = run_inline(AnalyzePicture(picture.path, folder, self.device))
            except SlideNotReadable as error:
                left_out.append(LeftOut(str(picture.path), str(error)))
                continue
            doubts.extend(doubts_of(picture, analysis.objects, card.thresholds.floor))
        if asked and len(left_out) == len(asked):
            raise DatasetNotReadable(f"None of the {len(asked)} pictures of {self.data} could be analysed.")
        yield Progress(len(chosen), len(chosen), "Ranking")
        ranked = tuple(sorted(doubts, key=lambda doubt: -doubt.score))
        source = f"{card.name}@{card.model_hash[:12]}"
        return LabelAudit(source, len(chosen) - len(left_out), ranked, report, tuple(left_out))

    def _labelled(self, card: ModelCard) -> tuple[LabelledSet, ImportReport | None]:
        if is_project(self.data):
            return read_source(self.data, split=self.split, classes=card.class_names)[0], None
        return read_dataset(self.data, self.format, self.split, card.class_names, class_aliases(card))


def doubts_of(picture: LabelledPicture, found: Objects, floor: float = 0.0) -> Iterator[Doubt]:
    """Yield where the labels of a picture and what a model found differ.

    What was found claims labels one to one, the surest first, each the label it overlaps most, at least by `SAME_IOU`.
    What claims none is missing among the labels. What claims one of another class doubts its class, and the doubt is
    as strong as the score. A label that nothing claims is doubted the more, the less sure the surest object is that
    overlaps it by `TOUCHING_IOU`. Objects that are judged neither way are never doubted.

    Parameters
    ----------
    picture : LabelledPicture
        Its boxes in the classes of `found`.
    found : Objects
        Down to the model's floor confidence.
    floor : float
        That confidence: of a place where nothing was kept, no more is known than that the score lay below it.
    """
    claimed = _claims(picture, found)
    names = found.classes
    for row in np.argsort(-found.scores, kind="stable").tolist():
        score, kind = float(found.scores[row]), int(found.class_index[row])
        label = int(claimed[row])
        if label < 0:
            yield Doubt(picture.path, DoubtKind.MISSING, _edges(found.boxes[row]), "", names[kind], score)
        elif not picture.ignored[label] and (said := int(picture.class_index[label])) != kind:
            box = _edges(picture.boxes[label])
            yield Doubt(picture.path, DoubtKind.CLASS, box, names[said], names[kind], score)
    support = _support(picture, found)
    unclaimed = np.setdiff1d(np.flatnonzero(~picture.ignored), claimed)
    for label in unclaimed.tolist():
        drawn = names[int(picture.class_index[label])]
        box, doubt = _edges(picture.boxes[label]), 1.0 - max(floor, float(support[label]))
        yield Doubt(picture.path, DoubtKind.NOTHING_THERE, box, drawn, "", doubt)


def _claims(picture: LabelledPicture, found: Objects) -> NDArray[np.intp]:
    """Return the label that each found object claims, -1 for none."""
    claimed = np.full(len(found), -1, np.intp)
    rows, labels, overlaps = overlapping_pairs(found.boxes, picture.boxes, SAME_IOU)
    # Of two labels on one object, the one of the same class is meant.
    agrees = found.class_index[rows] == picture.class_index[labels]
    taken: set[int] = set()
    for pair in np.lexsort((-overlaps, ~agrees, -found.scores[rows])).tolist():
        row, label = int(rows[pair]), int(labels[pair])
        if claimed[row] < 0 and label not in taken:
            claimed[row] = label
            taken.add(label)
    return claimed


def _support(picture: LabelledPicture, found: Objects) -> NDArray[np.float64]:
    """Return for each label the highest score among the found objects of its class that overlap it."""
    support = np.zeros(len(picture))
    rows, labels, _ = overlapping_pairs(found.boxes, picture.boxes, TOUCHING_IOU)
    same = found.class_index[rows] == picture.class_index[labels]
    np.maximum.at(support, labels[same], found.scores[rows[same]])
    return support


def _edges(box: NDArray[np.float32]) -> tuple[float, float, float, float]:
    y0, x0, y1, x1 = box.tolist()
    return y0, x0, y1, x1

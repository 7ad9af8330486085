"""`CheckDataset`: a labelled set looked over before anybody trains on it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright.datasets import (
    Health,
    ImportReport,
    LabelledSet,
    NearDuplicate,
    Reason,
    health,
    heat_map,
    look_at,
    near_duplicates,
)
from cellwright.jobs import Progress
from cellwright.workflows.dataset_audit import AuditLabels, LabelAudit
from cellwright.workflows.dataset_source import read_reported

_MUCH_RARER = 10
_SMALL_PX = 4.0


@dataclass(frozen=True, slots=True)
class DatasetHealth:
    """What came of it.

    Parameters
    ----------
    data : Path
        The set.
    health : Health
        Numbers of pictures, boxes and classes.
    report : ImportReport or None
        What was left out; None for a project.
    notes : tuple of str
        What a person should know about how it was read.
    heat : (G, G) ndarray of int64
        Middles of boxes, all classes, in a grid over the pictures.
    empty : tuple of Path
        Pictures without a box.
    unreadable : tuple of Path
        Pictures that cannot be decoded to their last pixel.
    duplicates : tuple of NearDuplicate
        Pictures of the same field, the most alike first.
    duplicates_across : tuple of NearDuplicate
        Those of them that lie in different splits.
    audit : LabelAudit or None
        What a model doubts, where one was asked.
    """

    data: Path
    health: Health
    report: ImportReport | None
    notes: tuple[str, ...]
    heat: NDArray[np.int64]
    empty: tuple[Path, ...]
    unreadable: tuple[Path, ...]
    duplicates: tuple[NearDuplicate, ...]
    duplicates_across: tuple[NearDuplicate, ...]
    audit: LabelAudit | None = None

    @property
    def without_labels(self) -> int:
        """Pictures that nobody said anything about."""
        return self.report.count(Reason.NO_LABELS) if self.report is not None else 0

    def warnings(self) -> list[str]:
        """Return what should be looked into, one sentence each, the gravest first."""
        found: list[str] = []
        if self.unreadable:
            found.append(f"{len(self.unreadable)} pictures cannot be read, such as {self.unreadable[0].name}.")
        if self.health.groups_across_splits:
            found.append(
                f"{self.health.groups_across_splits} groups have pictures in more than one split, which flatters "
                "scores; divide the set by group."
            )
        if self.duplicates_across:
            pair = self.duplicates_across[0]
            found.append(
                f"Nearly the same picture lies in different splits {_times(len(self.duplicates_across))}, such as "
                f"{pair.first.name} and {pair.second.name}; put them on one side."
            )
        if self.without_labels:
            found.append(f"{self.without_labels} pictures have no labels; nobody said that they are empty.")
        return found + _of_classes(self.health) + self._of_doubts()

    def _of_doubts(self) -> list[str]:
        if self.audit is None:
            return []
        sure = sum(doubt.score >= 0.5 for doubt in self.audit.doubts)
        return [f"In {sure:,} places {self.audit.model} would have labelled otherwise; look at the first ones."]

    def to_dict(self) -> dict[str, object]:
        """Return the health as values that JSON knows."""
        return {
            "data": str(self.data),
            **self.health.to_dict(),
            "warnings": self.warnings(),
            "without_labels": self.without_labels,
            "empty_pictures": [str(path) for path in self.empty],
            "unreadable": [str(path) for path in self.unreadable],
            "near_duplicates": [_pair(each) for each in self.duplicates],
            "near_duplicates_across_splits": [_pair(each) for each in self.duplicates_across],
            "heat_map": self.heat.tolist(),
            "audit": self.audit.to_dict() if self.audit is not None else None,
            "import": self.report.to_dict() if self.report is not None else None,
        }


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _pair(each: NearDuplicate) -> dict[str, object]:
    return {
        "first": str(each.first),
        "second": str(each.second),
        "similarity": round(each.similarity, 4),
        "is_turned": each.is_turned,
    }


def _of_classes(found: Health) -> list[str]:
    sentences = []
    most = max((each.boxes for each in found.classes), default=0)
    for each in found.classes:
        if not each.boxes:
            sentences.append(f"No object of the class {each.name} is labelled.")
        elif each.boxes * _MUCH_RARER < most:
            sentences.append(f"{each.name} is rare: {each.boxes:,} objects, against {most:,} of the commonest class.")
        if each.side_px is not None and each.side_px[0] < _SMALL_PX:
            sentences.append(f"One in twenty objects of {each.name} is smaller than {_SMALL_PX:g} px across.")
    return sentences


@dataclass(frozen=True, slots=True)
class CheckDataset:
    """Look a labelled set over; an `Operation` whose result is a `DatasetHealth`.

    Parameters
    ----------
    data : Path
        A project, or what `read_dataset` reads.
    model : str or Path or None
        Asked for labels that are probably missing or wrong; None asks none.
    format : str
        As in `read_dataset`.
    split : str or None
        Only this split.
    device : str
        Where the model runs.
    """

    data: Path
    model: str | Path | None = None
    format: str = "auto"
    split: str | None = None
    device: str = "auto"

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Check {self.data.name}"

    def run(self) -> Generator[Progress, None, DatasetHealth]:
        """Read the labels, decode every picture once, then let the model look.

        Raises
        ------
        DatasetNotReadable, UnknownName
            If the set cannot be read.
        UnknownName, ModelNotUsable
            If there is no such model, or it is damaged.
        """
        yield Progress(0, 0, "Reading labels")
        labelled, report, notes = read_reported(self.data, self.format, self.split)
        looks, unreadable = [], []
        for number, picture in enumerate(labelled):
            yield Progress(number, len(labelled), picture.path.name)
            look = look_at(picture.ref)
            if look is None:
                unreadable.append(picture.path)
            else:
                looks.append(look)
        yield Progress(len(labelled), len(labelled), "Comparing pictures")
        # planes of a stack are alike, and are no mistake: they stay on one side of every split
        duplicates = [each for each in near_duplicates(looks) if each.first != each.second]
        audit = None
        if self.model is not None:
            audit = yield from AuditLabels(self.data, self.model, self.split, self.device, format=self.format).run()
        return DatasetHealth(
            self.data,
            health(labelled),
            report,
            notes,
            heat_map(labelled),
            tuple(picture.path for picture in labelled if not len(picture)),
            tuple(unreadable),
            tuple(duplicates),
            _across(labelled, duplicates),
            audit,
        )


def _across(labelled: LabelledSet, duplicates: list[NearDuplicate]) -> tuple[NearDuplicate, ...]:
    split_of = {picture.path: picture.split for picture in labelled}
    return tuple(each for each in duplicates if split_of[each.first] != split_of[each.second])

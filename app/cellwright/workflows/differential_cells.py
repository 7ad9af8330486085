"""The cells that a differential is made of, picture by picture, whether they come from a model or from a project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation import Status
from cellwright.core import CellwrightError, unknown_name
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.doubt import decisions_for, decisions_of

if TYPE_CHECKING:
    from cellwright.project import Project


@dataclass(frozen=True, slots=True, eq=False)
class FieldCells:
    """The cells of one picture that count.

    Parameters
    ----------
    name : str
        Of the picture.
    ids : (N,) ndarray of 'V16'
        Stable ids.
    class_index : (N,) ndarray of int
        Into `classes`.
    is_reviewed : (N,) ndarray of bool
        Which a person has looked at, or drawn.
    classes : tuple of str
        Names, as in files.
    titles : mapping
        As shown, by name.
    area_mm2 : float or None
        What was looked at; None where nobody knows.
    note : str
        What is missing on this picture, in one sentence; empty where nothing is.
    """

    name: str
    ids: NDArray[np.void]
    class_index: NDArray[np.integer]
    is_reviewed: NDArray[np.bool_]
    classes: tuple[str, ...]
    titles: Mapping[str, str] = field(default_factory=dict)
    area_mm2: float | None = None
    note: str = ""

    def counts(self) -> dict[str, int]:
        """Return how many cells there are by class."""
        numbers = np.bincount(self.class_index, minlength=len(self.classes))
        return {name: int(number) for name, number in zip(self.classes, numbers, strict=True)}

    def unreviewed(self) -> dict[str, int]:
        """Return how many of them nobody has looked at, by class."""
        numbers = np.bincount(self.class_index[~self.is_reviewed], minlength=len(self.classes))
        return {name: int(number) for name, number in zip(self.classes, numbers, strict=True)}


def fields_of_analyses(
    analyses: Sequence[Analysis], thresholds: float | Sequence[float] | None = None
) -> list[FieldCells]:
    """Return the cells of analyses that reach the thresholds (the card's where None are given).

    What people confirmed counts in any case, and is what they have looked at.
    """
    return [_field_of(each, thresholds) for each in analyses]


def fields_of_project(
    project: Project, thresholds: Mapping[str, float] | None = None, *, with_areas: bool = False
) -> list[FieldCells]:
    """Return the cells of every picture of a project that somebody or something looked at, as people left them.

    Parameters
    ----------
    project : Project
        Open.
    thresholds : mapping, optional
        Score from which what nobody has looked at counts, by class; those of the models' cards for the others.
    with_areas : bool
        Whether pictures are opened for how large their pixels are.

    Raises
    ------
    UnknownName
        If a threshold is for a class that the project does not have.
    """
    classes = project.classes()
    names, titles = tuple(each.name for each in classes), {each.name: each.title for each in classes}
    place = {each.id: at for at, each in enumerate(classes)}
    said = thresholds or {}
    for name in set(said) - set(names):
        raise unknown_name("class of the project", name, names)
    statuses = tuple(Status)
    fields = []
    for picture in project.pictures():
        columns = project.columns(picture.id)
        if not len(columns) and not project.runs(picture.id) and not project.regions_reviewed(picture.id):
            continue
        own = decisions_of(project, picture.id)
        decisions = {number: said.get(names[place[number]], least) for number, least in own.items()}
        status = columns.status
        reviewed = columns.by_person | (status != statuses.index(Status.UNREVIEWED))
        sure = np.isnan(columns.scores) | (
            columns.scores >= decisions_for(columns.class_ids, decisions).astype(np.float32)
        )
        rows = np.flatnonzero((reviewed | sure) & (status != statuses.index(Status.REJECTED)))
        index = np.array([place[int(each)] for each in columns.class_ids[rows]], np.int64)
        area, note = _looked_at(project, picture.id) if with_areas else (None, "")
        fields.append(FieldCells(picture.path, columns.ids[rows], index, reviewed[rows], names, titles, area, note))
    return fields


def _field_of(analysis: Analysis, thresholds: float | Sequence[float] | None) -> FieldCells:
    objects = analysis.objects
    limits = analysis.default_thresholds if thresholds is None else thresholds
    of_class = np.broadcast_to(np.asarray(limits, np.float32), (len(objects.classes),))
    confirmed = np.zeros(len(objects), np.bool_) if analysis.confirmed is None else analysis.confirmed
    rows = np.flatnonzero((objects.scores >= of_class[objects.class_index]) | confirmed)
    titles = {each.name: each.title for each in analysis.card.classes}
    note = "" if analysis.is_complete else f"{analysis.picture.name}: {analysis.coverage.sentence()}"
    return FieldCells(
        analysis.picture.name,
        objects.ids[rows],
        objects.class_index[rows],
        confirmed[rows],
        objects.classes,
        titles,
        analysis.analysed_mm2,
        note,
    )


def _looked_at(project: Project, picture_id: int) -> tuple[float | None, str]:
    from cellwright.workflows.project_export import analysis_of_picture

    record = next(each for each in project.pictures() if each.id == picture_id)
    try:
        analysis = analysis_of_picture(project, record)
    except CellwrightError as error:
        return None, str(error)
    if analysis is None:
        return None, ""
    note = "" if analysis.is_complete else f"{record.path}: {analysis.coverage.sentence()}"
    return analysis.analysed_mm2, note

"""Projects and results of Cellwright as layers: every picture with what is known of its cells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellwright.annotation import PictureRecord, Status
from cellwright.core import CellwrightError, Objects, ProjectNotReadable
from cellwright.project import ObjectColumns, Project
from cellwright.workflows import analysis_of_picture
from napari_cellwright.object_layers import layers_of_analysis
from napari_cellwright.picture_layers import LayerTuple, grid_of, layers_of
from napari_cellwright.placing import Placement

if TYPE_CHECKING:
    from cellwright.imaging import Slide

MOST_PICTURES = 24
"""So many pictures of a project are opened at most, the first ones."""


def read_project(path: str | Path) -> list[LayerTuple]:
    """Return the layers of a project: its pictures, the first of them shown, and above each what was found on it.

    Parameters
    ----------
    path : str or Path
        The project's folder; it is read and not changed.

    Raises
    ------
    ProjectNotReadable
        If it is damaged, or none of its pictures can be opened.
    """
    found: list[LayerTuple] = []
    problems: list[str] = []
    with Project(path, read_only=True) as project:
        for record in project.pictures()[:MOST_PICTURES]:
            try:
                found += _picture(project, record, visible=not found)
            except CellwrightError as error:
                problems.append(str(error))
    if not found:
        why = problems[0] if problems else "it has no pictures"
        raise ProjectNotReadable(f"Nothing of the project {Path(path).name} can be shown: {why}")
    return found


def _picture(project: Project, record: PictureRecord, *, visible: bool) -> list[LayerTuple]:
    slide = project.picture_ref(record).open()
    placement = _placement(slide)
    layers = layers_of(slide, visible=visible)
    analysis = analysis_of_picture(project, record)
    if analysis is None:
        return layers
    drawn = layers_of_analysis(analysis, placement, more=_history(project.columns(record.id)))
    for _, said, _ in drawn:
        said["visible"] = visible
    return [*layers, *drawn]


def _placement(slide: Slide) -> Placement:
    """Return how objects lie on a picture of a project, whose planes are pictures of their own."""
    grid = grid_of(slide)
    return Placement({name: values[-2:] for name, values in grid.items()})


def _history(columns: ObjectColumns) -> Callable[[Objects], dict[str, list[str]]]:
    """Return what a project knows of each object beside the model's answer: who made it, and what people said."""
    row_of = {each.tobytes(): row for row, each in enumerate(columns.ids)}
    statuses = tuple(Status)

    def of(objects: Objects) -> dict[str, list[str]]:
        rows = np.array([row_of[each.tobytes()] for each in objects.ids], np.intp)
        return {
            "source": [columns.sources[number] for number in columns.source_index[rows].tolist()],
            "status": [statuses[number].value for number in columns.status[rows].tolist()],
        }

    return of

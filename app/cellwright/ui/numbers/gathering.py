"""The cells of a window as a differential takes them: of its project, or of its open pictures where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from cellwright.annotation import Status
from cellwright.ui.correcting.parts import plane_of
from cellwright.workflows.differential_cells import FieldCells, fields_of_analyses
from cellwright.workflows.doubt import DECISION, decisions_of

if TYPE_CHECKING:
    from cellwright.annotation import PictureRecord
    from cellwright.ui.correcting.project_link import OpenProject
    from cellwright.ui.panel_host import PanelHost
    from cellwright.ui.state.picture import Picture

_READ_AT_ONCE = 50_000
"""Pictures with more cells that are not in memory are left to the command line."""


def limits_of(host: PanelHost) -> dict[str, float]:
    """Return the score from which each class counts now: the slider's, else that of the model that found it."""
    chosen, link = host.session.thresholds, host.link
    if link is None:
        return chosen
    known = decisions_of(link.project)
    return {each.name: chosen.get(each.name, known.get(each.id, DECISION)) for each in link.classes}


def fields_of_window(host: PanelHost, limits: Mapping[str, float]) -> list[FieldCells]:
    """Return the cells that count now, picture by picture, as people left them.

    Of a project all pictures that somebody or something looked at, also those that are not open.
    """
    link = host.link
    if link is None:
        analyses = host.analyses(of_all=True)
        names = analyses[0].objects.classes if analyses else ()
        return fields_of_analyses(analyses, [limits.get(name, DECISION) for name in names])
    numbers = {link.picture_id(each.written, plane_of(each)): each for each in host.session.pictures}
    fields = [_field(link, record, limits, numbers.get(record.id)) for record in link.pictures]
    return [each for each in fields if each is not None]


def _field(
    link: OpenProject, record: PictureRecord, limits: Mapping[str, float], shown: Picture | None
) -> FieldCells | None:
    names = tuple(each.name for each in link.classes)
    titles = {each.name: each.title for each in link.classes}
    if not link.is_quick(record.id, _READ_AT_ONCE):
        note = f"{record.path} has too many cells to be counted here; use 'cellwright differential'."
        return FieldCells(
            record.path, np.zeros(0, "V16"), np.zeros(0, np.int64), np.zeros(0, np.bool_), names, titles, None, note
        )
    table = link.table(record.id)
    if not len(table.objects) and not link.project.runs(record.id) and not link.project.regions_reviewed(record.id):
        return None
    objects, marks = table.objects, table.marks
    least = np.array([limits.get(name, DECISION) for name in objects.classes], np.float32)
    rows = np.flatnonzero(
        marks.counted(objects.scores >= least[objects.class_index]) & ~marks.is_status(Status.REJECTED)
    )
    analysis = shown.analysis if shown is not None else None
    area = None
    if analysis is not None and shown is not None:
        from cellwright.ui.state.numbers import now_of

        area = now_of(shown, analysis).analysed_mm2
    note = "" if analysis is None or analysis.is_complete else f"{record.path}: {analysis.coverage.sentence()}"
    return FieldCells(
        record.path,
        objects.ids[rows],
        objects.class_index[rows],
        marks.is_reviewed[rows],
        objects.classes,
        titles,
        area,
        note,
    )

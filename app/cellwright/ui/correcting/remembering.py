"""What a project remembers of a picture as an analysis: of its last run, or drawn by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cellwright.annotation import PictureRecord
from cellwright.core import CellwrightError
from cellwright.ui.correcting.corrected import corrected, drawn, remembered
from cellwright.ui.correcting.parts import plane_of
from cellwright.ui.correcting.project_link import OpenProject
from cellwright.ui.correcting.tables import PictureTable, styles_of_classes
from cellwright.ui.state.class_style import ClassStyle
from cellwright.ui.state.picture import Picture

if TYPE_CHECKING:
    from cellwright.workflows import Analysis


def last_analysis(link: OpenProject, picture: Picture, number: int, table: PictureTable) -> Analysis | None:
    """Return the analysis that a project remembers of a picture; None where no model looked, or it is not open."""
    runs = link.project.runs(number)
    models = {each.id: each for each in link.project.models()}
    record = next(each for each in link.pictures if each.id == number)
    if not runs or runs[-1].model not in models:
        return None
    from cellwright.workflows import parts_of

    run = runs[-1]
    parts, coverage = parts_of(run, tuple(models.values())), link.project.coverage(run.id)
    return remembered(picture, record, models[run.model], run, table, coverage, parts)


def unshown(link: OpenProject | None, picture: Picture, letters: Mapping[str, ClassStyle]) -> list[Analysis]:
    """Return what a project knows of a picture beside `Picture.analyses`: drawn by hand, or on other planes."""
    if link is None:
        return []
    known = {_plane_of_analysis(picture, each) for each in picture.analyses}
    found = []
    for record in link.records_of(picture.written):
        if record.plane not in known:
            analysis = _of_record(link, picture, record, letters)
            found += [analysis] if analysis is not None else []
    return found


def _of_record(
    link: OpenProject, picture: Picture, record: PictureRecord, letters: Mapping[str, ClassStyle]
) -> Analysis | None:
    if picture.shape is None:  # in the list and not opened yet
        from cellwright.workflows import analysis_of_picture

        try:
            return analysis_of_picture(link.project, record)
        except CellwrightError:
            return None
    table = link.table(record.id)
    made = last_analysis(link, picture, record.id, table)
    if made is not None:
        return corrected(made, table, styles_of_classes(link.classes, letters), link.class_names)
    return drawn(picture, record, table, link.classes, link.project.regions_reviewed(record.id))


def _plane_of_analysis(picture: Picture, analysis: Analysis) -> tuple[int, int] | None:
    ref = analysis.picture.ref
    return None if plane_of(picture) is None else (ref.z or 0, ref.t or 0)

"""An analysis as people corrected it, so that counts, tables and files follow; and one remembered by a project."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from pydantic import ValidationError

from cellwright.annotation import ClassRecord, ModelRecord, PictureRecord, RunRecord, Status
from cellwright.core import Box, Coverage
from cellwright.ui.correcting.tables import PictureTable, styles_of_classes
from cellwright.ui.looks.wording import plural
from cellwright.ui.state.class_style import ClassStyle
from cellwright.ui.state.picture import Picture

if TYPE_CHECKING:
    from cellwright.workflows import Analysis, PictureInfo
    from cellwright.zoo import ModelCard


def corrected(
    analysis: Analysis,
    table: PictureTable,
    styles: tuple[ClassStyle, ...],
    names: Mapping[str, Sequence[str]] | None = None,
) -> Analysis:
    """Return an analysis whose objects are those of a project: without the rejected, with people's word for the others.

    Its card has the project's classes; what else the network said is dropped, as nothing can be chosen from it anew.
    `names` are those that each class ever had: a class that was renamed counts from the same score as before.
    """
    marks = table.marks
    keep = np.flatnonzero(~marks.is_status(Status.REJECTED))
    confirmed = marks.counted(np.zeros(len(marks), bool))[keep]
    objects = table.objects if len(keep) == len(marks) else table.objects.take(keep)
    return replace(
        analysis,
        objects=objects,
        confirmed=confirmed,
        card=_with_classes(analysis.card, styles, names or {}),
        notes=(*(note for note in analysis.notes if not note.endswith(_END)), review_note(table)),
        answers=None,
    )


_END = "reviewed by people."


def review_note(table: PictureTable) -> str:
    """Return how many cells were looked at, in one sentence; those that were rejected are among them."""
    return f"{plural(int(table.marks.is_reviewed.sum()), 'cell')} {_END}"


def remembered(
    picture: Picture,
    record: PictureRecord,
    model: ModelRecord,
    run: RunRecord,
    table: PictureTable,
    coverage: Coverage,
    parts: tuple[ModelCard, ...] = (),
) -> Analysis | None:
    """Return the analysis that a project remembers of an opened picture; None where its card cannot be read.

    Parameters
    ----------
    picture, record : Picture, PictureRecord
        As it is open, and as the project knows it.
    model, run : ModelRecord, RunRecord
        Which model looked at it, and how.
    table : PictureTable
        What is there.
    coverage : Coverage
        The account of its tiles; without any where none was kept.
    parts : tuple of ModelCard
        Of detector and classifier, where the model is both.
    """
    from cellwright.workflows import Analysis, coverage_of_share
    from cellwright.zoo import ModelCard

    info = _info(picture, record)
    if info is None:
        return None
    try:
        card = ModelCard.model_validate_json(model.card)
        said = json.loads(run.parameters)
    except (ValidationError, ValueError):
        return None
    return Analysis(
        info,
        card,
        table.objects,
        coverage if coverage.records else coverage_of_share(info.shape, run.coverage),
        str(said.get("device", "")),
        str(said.get("engine", "")),
        float(said.get("seconds", 0.0)),
        parts=parts,
    )


def drawn(
    picture: Picture,
    record: PictureRecord,
    table: PictureTable,
    classes: Sequence[ClassRecord],
    regions: Sequence[Box],
) -> Analysis | None:
    """Return what people drew on an opened picture that no model looked at, so that it can be written to files.

    Parameters
    ----------
    picture, record, table
        As in `remembered`.
    classes : sequence of ClassRecord
        Of the project.
    regions : sequence of Box
        What of the picture was looked at in full.
    """
    from cellwright.workflows import drawn_by_people

    info = _info(picture, record)
    if info is None or not len(table.objects):
        return None
    styles = styles_of_classes(classes, {})
    return corrected(drawn_by_people(info, table.objects, classes, regions), table, styles)


def _info(picture: Picture, record: PictureRecord) -> PictureInfo | None:
    """Return what is known of a picture or plane; None while it is not open, and so its size is not known."""
    from cellwright.imaging import SlideRef
    from cellwright.workflows import PictureInfo

    if picture.shape is None:
        return None
    z, t = record.plane or (None, None)
    return PictureInfo(
        SlideRef(picture.path, record.series, z=z, t=t),
        _name_of(picture, record),
        picture.shape,
        picture.pixel_size,
        picture.pixel_size_note,
        record.sha256,
    )


def _name_of(picture: Picture, record: PictureRecord) -> str:
    """Return the name of a picture, or of a plane as its own analysis gives it."""
    if record.plane is None or picture.facts is None:
        return picture.name
    counts = (("z", record.plane[0], picture.facts.n_z), ("t", record.plane[1], picture.facts.n_t))
    parts = [f"{axis} {at + 1}" for axis, at, many in counts if many > 1]
    return f"{picture.name} [{', '.join(parts)}]"


def _with_classes(card: ModelCard, styles: tuple[ClassStyle, ...], names: Mapping[str, Sequence[str]]) -> ModelCard:
    from cellwright.workflows.doubt import limit_of
    from cellwright.zoo import ObjectClass

    classes = tuple(
        ObjectClass(name=style.name, title=style.title, colour=style.colour, badge=style.letter) for style in styles
    )
    known = card.thresholds.confidence
    limits = {each.name: limit_of(names.get(each.name, (each.name,)), known) for each in styles}
    thresholds = card.thresholds.model_copy(update={"confidence": limits})
    return card.model_copy(update={"classes": classes, "thresholds": thresholds})

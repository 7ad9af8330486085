"""What a project knows of its pictures, as analyses that can be counted and written like fresh ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from pydantic import ValidationError

from cellwright.annotation import ClassRecord, ModelRecord, PictureRecord, RunRecord, Status
from cellwright.core import Box, CellwrightError, Coverage, Objects, TileRecord, TileState
from cellwright.project import ObjectColumns, Project
from cellwright.workflows.analysis import BY_HAND, BY_HAND_NOTE, Analysis, PictureInfo
from cellwright.workflows.cascade import PARTS, joined_source
from cellwright.workflows.doubt import DECISION, limit_of
from cellwright.workflows.pictures import LeftOut
from cellwright.zoo import InputContract, ModelCard, ObjectClass, Thresholds, WeightsFile


def analyses_of_project(project: Project) -> tuple[list[Analysis], list[LeftOut]]:
    """Return every picture of a project that a model or a person looked at, as people left it.

    Pictures that nobody looked at are left out, as are files that are not there; the second list says why.
    """
    found: list[Analysis] = []
    left_out: list[LeftOut] = []
    for record in project.pictures():
        try:
            analysis = analysis_of_picture(project, record)
        except CellwrightError as error:
            left_out.append(LeftOut(record.path, str(error)))
            continue
        if analysis is not None:
            found.append(analysis)
    return found, left_out


def analysis_of_picture(project: Project, record: PictureRecord) -> Analysis | None:
    """Return what a project knows of a picture; None where nobody looked at it.

    Rejected objects are not in it, and what people drew, accepted or corrected counts whatever its score.

    Raises
    ------
    SlideNotReadable
        If the picture is not there any more.
    """
    classes, columns = project.classes(), project.columns(record.id)
    run = next(iter(reversed(project.runs(record.id))), None)
    if run is None and not len(columns) and not project.regions_reviewed(record.id):
        return None
    with project.picture_ref(record).open() as slide:
        entered = project.pixel_size(record.id)
        note = slide.pixel_size_note if entered is None else BY_HAND_NOTE
        info = PictureInfo(slide.ref, slide.name, slide.shape, entered or slide.pixel_size, note, record.sha256)
    known = None if run is None else _card_of(project, run)
    if known is None or run is None:
        regions = project.regions_reviewed(record.id)
        made = drawn_by_people(info, columns.objects(classes, ""), classes, regions)
    else:
        said = json.loads(run.parameters)
        coverage = project.coverage(run.id)
        coverage = coverage if coverage.records else coverage_of_share(info.shape, run.coverage)
        parts = parts_of(run, project.models())
        objects = columns.objects(classes, joined_source(*parts) if parts else known.source)
        words = str(said.get("device", "")), str(said.get("engine", "")), float(said.get("seconds", 0.0))
        made = Analysis(
            info, with_classes(known, classes, project.class_names()), objects, coverage, *words, parts=parts
        )
    return _as_people_left_it(made, columns)


def drawn_by_people(
    info: PictureInfo, objects: Objects, classes: Sequence[ClassRecord], regions: Sequence[Box] = ()
) -> Analysis:
    """Return what people drew on a picture that no model looked at.

    Parameters
    ----------
    info : PictureInfo
        Which picture.
    objects : Objects
        What they drew, in the classes of the project.
    classes : sequence of ClassRecord
        All of the project.
    regions : sequence of Box
        What they looked at in full; unless one of them is the whole picture, nobody knows whether cells are missing.
    """
    whole = Box(0, 0, *info.shape)
    said = "nobody said that every cell of it is marked"
    is_complete = any(each.intersect(whole) == whole for each in regions)
    tile = TileRecord(whole, TileState.ANALYSED) if is_complete else TileRecord(whole, TileState.FAILED, said)
    card = ModelCard(
        name=BY_HAND,
        title="Drawn by people",
        architecture={},
        input=InputContract(tile_px=512, halo_px=64),
        classes=_object_classes(classes),
        thresholds=Thresholds(confidence={each.name: DECISION for each in classes}),
        weights=WeightsFile(sha256="0" * 64),
    )
    return Analysis(info, card, objects, Coverage((tile,)), "", "", 0.0)


def with_classes(
    card: ModelCard, classes: Sequence[ClassRecord], names: Mapping[int, Sequence[str]] | None = None
) -> ModelCard:
    """Return a model's card with the classes of a project, which may have more and others.

    `names` are those that each class ever had, see `Project.class_names`: a class that was renamed counts as before.
    """
    said = names or {}
    known = card.thresholds.confidence
    limits = {each.name: limit_of(said.get(each.id, (each.name,)), known) for each in classes}
    letters = {each.name: each.badge for each in card.classes}
    thresholds = card.thresholds.model_copy(update={"confidence": limits})
    return card.model_copy(update={"classes": _object_classes(classes, letters), "thresholds": thresholds})


def parts_of(run: RunRecord, models: Sequence[ModelRecord]) -> tuple[ModelCard, ...]:
    """Return the cards of detector and classifier of a run; none where one model made it, or one cannot be read."""
    known = {(each.name, each.sha256): each for each in models}
    said = json.loads(run.parameters).get(PARTS, ())
    cards = [_read_card(known.get((each["name"], each["sha256"]))) for each in said]
    found = tuple(card for card in cards if card is not None)
    return found if len(found) == len(cards) else ()


def coverage_of_share(shape: tuple[int, int], share: float) -> Coverage:
    """Return the account of an analysis of which only the covered share, 0 to 1, is known."""
    everything = shape[0] * shape[1]
    if share >= 1:
        return Coverage((TileRecord(Box(0, 0, *shape), TileState.ANALYSED),))
    # Densities rest on the very number of pixels, which need not be whole rows.
    rows = round(share * shape[0])
    seen = TileRecord(Box(0, 0, rows, shape[1]), TileState.ANALYSED, asked_px=share * everything)
    why = "not analysed when the project was made"
    left = TileRecord(Box(rows, 0, *shape), TileState.FAILED, why, (1 - share) * everything)
    return Coverage((seen, left) if share > 0 else (left,))


def _as_people_left_it(analysis: Analysis, columns: ObjectColumns) -> Analysis:
    statuses = tuple(Status)
    keep = np.flatnonzero(columns.status != statuses.index(Status.REJECTED))
    judged = np.isin(columns.status, [statuses.index(Status.ACCEPTED), statuses.index(Status.CORRECTED)])
    reviewed = int((columns.by_person | (columns.status != statuses.index(Status.UNREVIEWED))).sum())
    note = f"{reviewed:,} {'cell' if reviewed == 1 else 'cells'} reviewed by people."
    return replace(
        analysis,
        objects=analysis.objects.take(keep),
        confirmed=(judged | columns.by_person)[keep],
        notes=(*analysis.notes, note),
    )


def _card_of(project: Project, run: RunRecord) -> ModelCard | None:
    """Return the card of the model of a run; None where it cannot be read."""
    return _read_card(next((each for each in project.models() if each.id == run.model), None))


def _read_card(model: ModelRecord | None) -> ModelCard | None:
    try:
        return None if model is None else ModelCard.model_validate_json(model.card)
    except ValidationError:
        return None


def _object_classes(classes: Sequence[ClassRecord], letters: dict[str, str] | None = None) -> tuple[ObjectClass, ...]:
    known = letters or {}
    return tuple(
        ObjectClass(name=each.name, title=each.title, colour=each.colour, badge=known.get(each.name, each.title[:1]))
        for each in classes
    )

"""`gather`: what people say in a project, as a lesson: corrected and accepted objects, and where somebody looked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation import (
    NOT_CLASSED,
    UNIDENTIFIED,
    AnnotatedObject,
    GeometryKind,
    ObjectState,
    PictureRecord,
    Status,
    part_path,
    split_part,
)
from cellwright.core import BadParameter, DatasetNotReadable, Masks
from cellwright.datasets import LabelledPicture, LabelledSet, split_by_group
from cellwright.project import Project
from cellwright.shapes import masks_from_polygons
from cellwright.training.lesson import ClassLook, Lesson, LessonPicture
from cellwright.zoo import ModelCard

_TRUE = {Status.ACCEPTED, Status.CORRECTED}
_MARGIN = 0.5
"""How far around an object somebody surely looked, as a share of its longer side, where no region was marked."""
_LIMIT = 0.5
_LEAST_FOLDERS = 4
"""From so many folders on, each stays whole on one side of the split; below it each picture does."""


@dataclass(frozen=True, slots=True)
class ClassNames:
    """The classes of a lesson: those of the model first, then those of the project that it lacks.

    Parameters
    ----------
    names : tuple of str
        All of them.
    index_of : mapping of int to int
        Number of a class of the project → index into `names`.
    new : tuple of str
        Those that the model lacks.
    limits : tuple of float
        Score from which each of `names` counts; `_LIMIT` for those that the model lacks.
    """

    names: tuple[str, ...]
    index_of: Mapping[int, int]
    new: tuple[str, ...]
    limits: tuple[float, ...]


def class_names(project: Project, card: ModelCard) -> ClassNames:
    """Match the classes of a project to those of a model by name or title; of the others, take those that are used.

    Cells that nobody can tell, or nobody has classed, are no class to be learnt: they teach nothing.
    """
    names = list(card.class_names)
    known = {text.casefold(): i for i, kind in enumerate(card.classes) for text in (kind.name, kind.title)}
    used = {
        class_id
        for picture in project.pictures()
        for (class_id, status), count in project.counts(picture.id).items()
        if status in _TRUE and count
    }
    index_of: dict[int, int] = {}
    for each in project.classes():
        place = known.get(each.name.casefold(), known.get(each.title.casefold()))
        if place is None and each.id in used and each.name not in (UNIDENTIFIED, NOT_CLASSED):
            place = len(names)
            names.append(each.name)
        if place is not None:
            index_of[each.id] = place
    new = tuple(names[len(card.classes) :])
    return ClassNames(tuple(names), index_of, new, (*card.confidence_thresholds(), *(_LIMIT for _ in new)))


def gather(project: Project, card: ModelCard, held_out: float = 0.25, seed: int = 0) -> Lesson:
    """Collect what a project teaches a model.

    Objects that were accepted or corrected are what is true; those that were rejected are not there. Where a region was
    marked as reviewed, whatever else counts in it is true too, and the rest of it is ground; so is what a model found
    below the score from which its class counts, since nobody was shown that. Outside of such regions, somebody looked
    at the answered objects and a little around them; everything else teaches nothing.

    Parameters
    ----------
    project : Project
        Open.
    card : ModelCard
        Of the model to be taught: says which classes it has and whether it needs outlines.
    held_out : float
        Share of the pictures, in [0, 1), to be judged on; whole pictures, or whole folders where there are four or
        more. At least one, where there are two.
    seed : int
        Of the choice.

    Raises
    ------
    DatasetNotReadable
        If nothing was accepted or corrected, or none of it has the outlines that the model needs.
    BadParameter
        If the share is impossible, or the model is none that corrections teach.
    """
    if not 0 <= held_out < 1:
        raise BadParameter(f"A share of {held_out} cannot be held out; give 0 or more, and less than 1.")
    if card.task == "classification":
        raise BadParameter(
            f"{card.name} says what whole pictures show, and corrections do not teach it yet; train it from a recipe."
        )
    classes = class_names(project, card)
    found = []
    for record in project.pictures():
        picture = _picture(project, record, classes, needs_masks=card.task != "detection")
        if picture is not None:
            found.append(picture)
    if not found:
        what = "outlines" if card.task != "detection" else "objects"
        raise DatasetNotReadable(
            f"{project.folder} has no accepted or corrected {what} to teach {card.name}; correct some pictures first."
        )
    taught, judged = divided(found, classes.names, held_out, seed)
    journal = project.journal(1)
    looks = tuple(
        ClassLook(each.name, each.title, each.colour) for each in project.classes() if each.name in classes.new
    )
    return Lesson(classes.names, taught, judged, journal[-1].id if journal else 0, looks)


def divided(
    pictures: Sequence[LessonPicture], classes: tuple[str, ...], share: float, seed: int = 0
) -> tuple[tuple[LessonPicture, ...], tuple[LessonPicture, ...]]:
    """Divide pictures into those to learn from and those to be judged on, each group whole on one side."""
    # Planes of a stack, and pictures of one file, show the same cells or the same glass: they stay together.
    files = [Path(split_part(str(picture.path))[0]) for picture in pictures]
    is_by_folder = len({file.parent for file in files}) >= _LEAST_FOLDERS
    groups = [str(file.parent if is_by_folder else file) for file in files]
    if share <= 0 or len(set(groups)) < 2:
        return tuple(pictures), ()
    rows = tuple(
        LabelledPicture(each.path, each.shape, each.boxes, each.kinds.astype(np.int16), group)
        for each, group in zip(pictures, groups, strict=True)
    )
    parted = split_by_group(LabelledSet(rows, classes, Path()), {"taught": 1 - share, "held out": share}, seed)
    is_held = [row.split == "held out" for row in parted]
    return (
        tuple(picture for picture, held in zip(pictures, is_held, strict=True) if not held),
        tuple(picture for picture, held in zip(pictures, is_held, strict=True) if held),
    )


def _picture(
    project: Project, record: PictureRecord, classes: ClassNames, *, needs_masks: bool
) -> LessonPicture | None:
    """Return what a picture teaches, None where that is nothing."""
    objects = project.objects_in(record.id)
    regions = project.regions_reviewed(record.id)
    rects = np.array([[b.y0, b.x0, b.y1, b.x1] for b in regions], np.float32).reshape(-1, 4)
    true, unsure, answered = [], [], []
    for each in objects:
        state = each.state
        is_usable = state.class_id in classes.index_of and not (needs_masks and not _has_pixels(each))
        is_left = state.status is Status.UNREVIEWED and _is_inside(state.geometry.box, rects)
        if is_left and is_usable and not _counts(state, classes):
            continue
        is_said = state.status in _TRUE or is_left
        if state.status is not Status.UNREVIEWED and is_usable:
            answered.append(state.geometry.box)
        if is_said and is_usable:
            true.append(each)
        elif state.status is not Status.REJECTED:
            unsure.append(state.geometry.box)
    if not true and not len(rects):
        return None
    ref = project.picture_ref(record)
    with ref.open() as slide:
        shape = slide.shape
    true.sort(key=lambda each: each.id.bytes)
    return LessonPicture(
        Path(part_path(str(ref.path), record.plane, record.series)),
        record.sha256,
        (int(shape[0]), int(shape[1])),
        np.array([each.state.geometry.box for each in true], np.float32).reshape(-1, 4),
        np.array([classes.index_of[each.state.class_id] for each in true], np.int64),
        Masks.concatenate([_pixels(each) for each in true]) if needs_masks else None,
        known_regions(np.concatenate([rects, _around(answered)]), unsure, (int(shape[0]), int(shape[1]))),
    )


def known_regions(
    looked_at: NDArray[np.float32], unsure: Iterable[tuple[float, float, float, float]], shape: tuple[int, int]
) -> NDArray[np.float32] | None:
    """Return what is known of a picture: the boxes looked at, without those that nobody answered.

    Parameters
    ----------
    looked_at : (K, 4) ndarray of float32
        y0, x0, y1, x1.
    unsure : iterable of boxes
        Taken out of each.
    shape : (int, int)
        Of the picture; boxes are cut off at its edges.

    Returns
    -------
    (K', 4) ndarray of float32 or None
        None where one box covers the whole picture and nothing is taken out.
    """
    h, w = shape
    limit = np.array([h, w, h, w], np.float32)
    known = [tuple(row) for row in looked_at.clip(0, limit).tolist()]
    holes = list(unsure)
    if not holes and (0.0, 0.0, float(h), float(w)) in known:
        return None
    for hole in holes:
        known = [part for box in known for part in _without(box, hole)]
    return np.array(known, np.float32).reshape(-1, 4)


_Edges = tuple[float, ...]


def _without(box: _Edges, hole: _Edges) -> list[_Edges]:
    """Return a box without another one, as up to four boxes."""
    y0, x0, y1, x1 = box
    top, left, bottom, right = max(y0, hole[0]), max(x0, hole[1]), min(y1, hole[2]), min(x1, hole[3])
    if top >= bottom or left >= right:
        return [box]
    parts = [(y0, x0, top, x1), (bottom, x0, y1, x1), (top, x0, bottom, left), (top, right, bottom, x1)]
    return [part for part in parts if part[2] > part[0] and part[3] > part[1]]


def _around(boxes: Sequence[tuple[float, float, float, float]]) -> NDArray[np.float32]:
    every = np.array(boxes, np.float32).reshape(-1, 4)
    margin = _MARGIN * (every[:, 2:] - every[:, :2]).max(1, initial=0.0, keepdims=True)
    return np.concatenate([every[:, :2] - margin, every[:, 2:] + margin], 1)


def _is_inside(box: tuple[float, float, float, float], regions: NDArray[np.float32]) -> bool:
    """Whether the middle of a box lies in one of the regions."""
    y, x = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    y0, x0, y1, x1 = regions.T
    return bool(((y0 <= y) & (y < y1) & (x0 <= x) & (x < x1)).any())


def _counts(state: ObjectState, classes: ClassNames) -> bool:
    """Whether an object that nobody answered was shown to whoever looked: found surely enough, or not by a model."""
    return state.score is None or state.score >= classes.limits[classes.index_of[state.class_id]]


def _has_pixels(each: AnnotatedObject) -> bool:
    return each.state.geometry.kind in (GeometryKind.MASK, GeometryKind.POLYGON)


def _pixels(each: AnnotatedObject) -> Masks:
    place = each.state.geometry
    return place.masks() if place.kind is GeometryKind.MASK else masks_from_polygons([place.rings()])

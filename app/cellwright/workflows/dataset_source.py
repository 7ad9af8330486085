"""`read_source`: a labelled set from wherever it is: a project, or a folder in any format."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from os.path import commonpath
from pathlib import Path

import numpy as np

from cellwright.annotation import AnnotatedObject, Geometry, GeometryKind, PictureRecord, Status
from cellwright.core import BadParameter, Box, DatasetNotReadable, Masks, SlideNotReadable
from cellwright.datasets import (
    ImportReport,
    KeptMasks,
    LabelledPicture,
    LabelledSet,
    picture_size,
    read_dataset,
)
from cellwright.imaging import SlideRef, resolved
from cellwright.project import Project
from cellwright.workflows.pictures import LeftOut

JUDGED = frozenset({Status.ACCEPTED, Status.CORRECTED})
"""What people stand for."""

_DATABASE = "project.sqlite"


def is_project(path: Path) -> bool:
    """Whether a folder is a project."""
    return (path / _DATABASE).is_file()


def read_source(
    path: Path,
    format: str = "auto",  # noqa: A002 - the word that everybody uses for it
    split: str | None = None,
    classes: Sequence[str] | None = None,
    statuses: Collection[Status] = JUDGED,
) -> tuple[LabelledSet, tuple[str, ...]]:
    """Read a labelled set.

    Parameters
    ----------
    path : Path
        Folder of a project, or what `read_dataset` reads.
    format, split, classes
        As in `read_dataset`; a project has no splits, and its format is its own.
    statuses : collection of Status
        Of a project, which objects are taken.

    Returns
    -------
    LabelledSet
        With at least one picture.
    tuple of str
        What a person should know, one sentence each, the summary first.

    Raises
    ------
    DatasetNotReadable, UnknownName
        If there is nothing to read.
    ProjectNotReadable
        If the project is damaged.
    """
    if not is_project(path):
        labelled, report = read_dataset(path, format, split, classes)
        return labelled, tuple(report.lines())
    if split is not None:
        raise DatasetNotReadable(f"{path} is a project and has no splits; leave the split away.")
    with Project(path, read_only=True) as project:
        return labelled_of_project(project, statuses, classes)


def read_reported(
    path: Path,
    format: str = "auto",  # noqa: A002 - as above
    split: str | None = None,
) -> tuple[LabelledSet, ImportReport | None, tuple[str, ...]]:
    """Read a labelled set as `read_source` does, with the report where it is no project."""
    if is_project(path):
        labelled, notes = read_source(path, format, split)
        return labelled, None, notes
    labelled, report = read_dataset(path, format, split)
    return labelled, report, tuple(report.lines())


def labelled_of_project(
    project: Project, statuses: Collection[Status] = JUDGED, classes: Sequence[str] | None = None
) -> tuple[LabelledSet, tuple[str, ...]]:
    """Return the pictures of a project and what is drawn on them as a labelled set.

    Pictures that nobody looked at are left out: nobody said that they are empty. Looked at are those with an object
    of one of `statuses`, those of which every object was rejected, and those reviewed from edge to edge. A picture's
    group is its folder where the pictures lie in several, else itself; planes of a stack are pictures of one group.

    Raises
    ------
    DatasetNotReadable
        If no picture is left.
    """
    records = project.classes()
    names = tuple(classes) if classes is not None else tuple(each.name for each in records)
    index = {each.id: names.index(each.name) for each in records if each.name in names}
    found: list[tuple[PictureRecord, Path, tuple[int, int], list[AnnotatedObject]]] = []
    left_out: list[LeftOut] = []
    unseen = flat = 0
    for record in project.pictures():
        try:
            ref = project.picture_ref(record)
        except SlideNotReadable as error:
            left_out.append(LeftOut(record.path, str(error)))
            continue
        path = resolved(ref.path)
        size = _size_of_part(ref) if record.plane is not None or record.series else picture_size(path)
        if size is None:
            left_out.append(LeftOut(record.path, "its header cannot be read"))
            continue
        everything = project.objects_in(record.id)
        if not _is_looked_at(project, record.id, size, everything, statuses):
            unseen += 1
            continue
        chosen = [e for e in everything if e.state.status in statuses and e.state.class_id in index]
        solid = [each for each in chosen if _has_area(each.state.geometry)]
        flat += len(chosen) - len(solid)
        found.append((record, path, size, sorted(solid, key=lambda each: (each.state.geometry.box, each.id.bytes))))
    if not found:
        raise DatasetNotReadable(
            f"{project.folder} holds no picture with accepted or corrected objects; review some first."
        )
    folders = {path.parent for _, path, _, _ in found}
    root = Path(commonpath(list(folders)))
    pictures = tuple(
        replace(
            _picture(path, size, objects, index, path.parent.name if len(folders) > 1 else path.stem),
            series=record.series,
            plane=record.plane,
        )
        for record, path, size, objects in found
    )
    made = LabelledSet(pictures, names, root)
    notes = [f"{sum(map(len, pictures)):,} objects on {len(pictures):,} pictures."]
    notes += [f"{unseen:,} pictures that nobody looked at yet are not in the set."] if unseen else []
    notes += [f"{flat:,} points and boxes without area are not in the set."] if flat else []
    return made, (*notes, *map(str, left_out))


def _size_of_part(ref: SlideRef) -> tuple[int, int] | None:
    try:
        with ref.open() as slide:
            return slide.shape
    except (SlideNotReadable, BadParameter):
        return None


def _is_looked_at(
    project: Project,
    picture_id: int,
    size: tuple[int, int],
    objects: Collection[AnnotatedObject],
    statuses: Collection[Status],
) -> bool:
    if any(each.state.status in statuses for each in objects):
        return True
    if objects and all(each.state.status is Status.REJECTED for each in objects):
        return True
    whole = Box(0, 0, *size)
    return any(box.intersect(whole) == whole for box in project.regions_reviewed(picture_id))


def _has_area(geometry: Geometry) -> bool:
    y0, x0, y1, x1 = geometry.box
    return geometry.kind is not GeometryKind.POINTS and y1 > y0 and x1 > x0


def _picture(
    path: Path, size: tuple[int, int], objects: list[AnnotatedObject], index: dict[int, int], group: str
) -> LabelledPicture:
    masks = [mask_of(each.state.geometry) for each in objects]
    outlined = bool(objects) and all(mask is not None and mask.counts.all() for mask in masks)
    held = Masks.concatenate([mask for mask in masks if mask is not None]) if outlined else None
    boxes = np.array([each.state.geometry.box for each in objects], np.float32).reshape(-1, 4)
    high = np.tile(np.array(size, np.float32), 2)
    return LabelledPicture(
        path,
        size,
        np.clip(held.boxes() if held is not None else boxes, 0, high),
        np.array([index[each.state.class_id] for each in objects], np.int16),
        group,
        labels=KeptMasks(size, held) if held is not None else None,
    )


def mask_of(geometry: Geometry) -> Masks | None:
    """Return the pixels of an object, None where only its box or points are known."""
    if geometry.kind is GeometryKind.MASK:
        return geometry.masks()
    if geometry.kind is GeometryKind.POLYGON:
        from cellwright.shapes import masks_from_polygons

        return masks_from_polygons([[ring.astype(np.float64) for ring in geometry.rings()]])
    return None

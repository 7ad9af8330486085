"""The edits that people make, from the objects as they stand. What a person touches is theirs: its status says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID, uuid4

from cellwright.annotation.edit import Edit, EditKind, ObjectChange
from cellwright.annotation.geometry import Geometry
from cellwright.annotation.state import AnnotatedObject, ObjectState, Status
from cellwright.core import BadParameter


def added(picture_id: int, states: Iterable[ObjectState], reason: str = "", ids: Sequence[UUID] | None = None) -> Edit:
    """Return the edit that puts new objects on a picture, with random ids where none are given."""
    new = list(states)
    names = [uuid4() for _ in new] if ids is None else list(ids)
    changes = (ObjectChange(name, picture_id, None, state) for name, state in zip(names, new, strict=True))
    return Edit(EditKind.ADD, tuple(changes), reason=reason)


def deleted(objects: Iterable[AnnotatedObject], reason: str = "") -> Edit:
    """Return the edit that takes objects away."""
    return Edit(EditKind.DELETE, tuple(_to(each, None) for each in objects), reason=reason)


def reclassified(objects: Iterable[AnnotatedObject], class_id: int, reason: str = "") -> Edit:
    """Return the edit that gives objects another class."""
    changes = (
        _to(each, replace(each.state, class_id=class_id, status=Status.CORRECTED))
        for each in objects
        if each.state.class_id != class_id
    )
    return Edit(EditKind.RECLASSIFY, tuple(changes), reason=reason)


def reviewed(objects: Iterable[AnnotatedObject], status: Status, reason: str = "") -> Edit:
    """Return the edit that says what a person thinks of objects."""
    return Edit(EditKind.REVIEW, tuple(_to(each, replace(each.state, status=status)) for each in objects), (), reason)


def reshaped(each: AnnotatedObject, geometry: Geometry, kind: EditKind = EditKind.MOVE, reason: str = "") -> Edit:
    """Return the edit that moves, resizes, paints or erases one object: it now lies at `geometry`."""
    state = replace(each.state, geometry=geometry, status=Status.CORRECTED)
    return Edit(kind, (_to(each, state),), reason=reason)


def merged(objects: Sequence[AnnotatedObject], geometry: Geometry, reason: str = "") -> Edit:
    """Return the edit that makes one object of several: the first stays, at `geometry`, and the others go.

    Raises
    ------
    BadParameter
        If there are fewer than two, or they lie on different pictures.
    """
    if len(objects) < 2 or len({each.picture_id for each in objects}) != 1:
        raise BadParameter("Merging takes at least two objects of one picture.")
    first, *others = objects
    stays = _to(first, replace(first.state, geometry=geometry, status=Status.CORRECTED))
    return Edit(EditKind.MERGE, (stays, *(_to(each, None) for each in others)), reason=reason)


def split(each: AnnotatedObject, parts: Sequence[Geometry], source: str, reason: str = "") -> Edit:
    """Return the edit that makes several objects of one: the first part keeps its id, the others come from `source`.

    Raises
    ------
    BadParameter
        If there are fewer than two parts.
    """
    if len(parts) < 2:
        raise BadParameter("Splitting takes at least two parts.")
    state = replace(each.state, geometry=parts[0], status=Status.CORRECTED)
    rest = (replace(state, geometry=part, source=source) for part in parts[1:])
    new = (ObjectChange(uuid4(), each.picture_id, None, one) for one in rest)
    return Edit(EditKind.SPLIT, (_to(each, state), *new), reason=reason)


def _to(each: AnnotatedObject, after: ObjectState | None) -> ObjectChange:
    return ObjectChange(each.id, each.picture_id, each.state, after)

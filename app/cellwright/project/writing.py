"""Edits into rows of the journal, one by one or a million at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation import Edit, ObjectState, Status
from cellwright.core import EditRefused, Masks, Objects
from cellwright.project import query
from cellwright.project.journal import JournalEntry, begin_entry, finish_entry
from cellwright.project.records import write_changes

_CHANGE = "INSERT INTO change VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SHAPE = "INSERT INTO shape (id, kind, y0, x0, y1, x1, data) VALUES (?, ?, ?, ?, ?, ?, ?)"
_IDENTITY = "INSERT OR IGNORE INTO object (id, uuid, picture) VALUES (?, ?, ?)"
_NOTHING = (None, None, None, None, None)
_GRID_PX = 1024


def write_edit(connection: sqlite3.Connection, edit: Edit, author: str, *, is_aside: bool = False) -> JournalEntry:
    """Write an edit and its effect; called inside a transaction.

    Raises
    ------
    EditRefused
        If the edit begins from another state than the project's.
    """
    number = begin_entry(connection, edit.kind, author, edit.reason, is_aside=is_aside)
    write_changes(connection, number, edit.records)
    for change in edit.objects:
        row = _identity(connection, change.id, change.picture_id)
        present = query.object_by_id(connection, change.id)
        if (present.state if present else None) != change.before:
            raise EditRefused("An object was changed meanwhile, perhaps in another window; look at it again, repeat.")
        before = connection.execute(
            "SELECT shape, class, score, source, status FROM object WHERE id = ?", (row,)
        ).fetchone()
        is_same_place = (
            change.before is not None and change.after is not None and change.before.geometry == change.after.geometry
        )
        after = _state(connection, change.after, before[0] if is_same_place else None)
        connection.execute(_CHANGE, (number, row, *before, *after))
    return finish_entry(connection, number)


def write_objects(
    connection: sqlite3.Connection, edit: int, picture: int, objects: Objects, classes: Sequence[int]
) -> None:
    """Write into entry `edit` that a table of objects appears; those already there stay as people left them.

    One that nobody looked at becomes what is said of it now, at the place where it is: a classifier may have told it
    apart since, or another one.

    Parameters
    ----------
    connection : sqlite3.Connection
        Inside a transaction.
    edit, picture : int
        The entry, and the picture the objects lie on.
    objects : Objects
        Any number.
    classes : sequence of int
        The number of the class record for each of ``objects.classes``.
    """
    # Neighbours one after the other keep the tree of boxes, and reading a viewport, quick.
    cell = np.floor(objects.boxes[:, :2] / _GRID_PX)
    objects = objects.take(np.lexsort((objects.boxes[:, 1], cell[:, 1], cell[:, 0])))
    rows, is_there = _identities(connection, objects.ids, picture)
    if is_there.any():
        _write_anew(connection, edit, rows[is_there], objects.take(is_there), classes)
        objects, rows = objects.take(~is_there), rows[~is_there]
    first = _next(connection, "shape")
    connection.executemany(_SHAPE, _shapes(first, objects))
    source = source_id(connection, objects.source)
    named = np.asarray(classes, np.int64)[objects.class_index].tolist()
    scores = objects.scores.astype(np.float64).tolist()
    unreviewed = Status.UNREVIEWED.value
    connection.executemany(
        _CHANGE,
        (
            (edit, row, *_NOTHING, first + i, named[i], scores[i], source, unreviewed)
            for i, row in enumerate(rows.tolist())
        ),
    )


def _write_anew(
    connection: sqlite3.Connection, edit: int, rows: NDArray[np.int64], objects: Objects, classes: Sequence[int]
) -> None:
    """Write class, score and source of objects that a model found before, where they are others and nobody looked."""
    source = source_id(connection, objects.source)
    named = np.asarray(classes, np.int64)[objects.class_index].tolist()
    scores = objects.scores.astype(np.float64).tolist()
    asked = (
        "SELECT o.shape, o.class, o.score, o.source, o.status FROM object AS o JOIN source AS s ON s.id = o.source "
        "WHERE o.id = ? AND o.status = ? AND s.name LIKE 'model:%'"
    )
    unreviewed = Status.UNREVIEWED.value
    for row, kind, score in zip(rows.tolist(), named, scores, strict=True):
        before = connection.execute(asked, (row, unreviewed)).fetchone()
        if before is not None and before[1:4] != (kind, score, source):
            connection.execute(_CHANGE, (edit, row, *before, before[0], kind, score, source, unreviewed))


def write_selection(
    connection: sqlite3.Connection,
    edit: int,
    ids: Iterable[UUID],
    *,
    class_id: int | None,
    status: Status | None,
    is_deleted: bool,
) -> None:
    """Write into entry `edit` the same change of many objects; those it would not change are left out."""
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS chosen (uuid BLOB PRIMARY KEY) WITHOUT ROWID")
    connection.execute("DELETE FROM chosen")
    connection.executemany("INSERT OR IGNORE INTO chosen VALUES (?)", ((each.bytes,) for each in ids))
    after = (
        "NULL, NULL, NULL, NULL, NULL"
        if is_deleted
        else ("o.shape, coalesce(:class, o.class), o.score, o.source, coalesce(:status, o.status)")
    )
    connection.execute(
        f"INSERT INTO change SELECT :edit, o.id, o.shape, o.class, o.score, o.source, o.status, {after} "
        "FROM chosen AS c CROSS JOIN object AS o ON o.uuid = c.uuid WHERE o.shape IS NOT NULL AND (:gone "
        "OR coalesce(:class, o.class) IS NOT o.class OR coalesce(:status, o.status) IS NOT o.status) ORDER BY o.id",
        {"edit": edit, "class": class_id, "status": status.value if status else None, "gone": is_deleted},
    )
    connection.execute("DELETE FROM chosen")


def source_id(connection: sqlite3.Connection, name: str) -> int:
    """Return the number of a source, which is written down at its first use."""
    connection.execute("INSERT OR IGNORE INTO source (name) VALUES (?)", (name,))
    return int(connection.execute("SELECT id FROM source WHERE name = ?", (name,)).fetchone()[0])


def _state(connection: sqlite3.Connection, state: ObjectState | None, shape: int | None) -> tuple[object, ...]:
    """Return the five columns of a state; its shape is written down unless it stands there already as `shape`."""
    if state is None:
        return _NOTHING
    if shape is None:
        shape, place = _next(connection, "shape"), state.geometry
        connection.execute(_SHAPE, (shape, place.kind.value, *place.box, place.data))
    return shape, state.class_id, state.score, source_id(connection, state.source), state.status.value


def _identity(connection: sqlite3.Connection, name: UUID, picture: int) -> int:
    rows, _ = _identities(connection, np.frombuffer(name.bytes, "V16"), picture)
    return int(rows[0])


def _identities(
    connection: sqlite3.Connection, ids: NDArray[np.void], picture: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the row of each object, made where it is new, and whether the object is there now."""
    first, names = _next(connection, "object"), [each.tobytes() for each in ids]
    new = connection.executemany(_IDENTITY, ((first + i, name, picture) for i, name in enumerate(names))).rowcount
    if new == len(names):
        return np.arange(first, first + new), np.zeros(new, np.bool_)
    if len(set(names)) != len(names):
        raise EditRefused("Two objects have the same id; each needs its own.")
    found = [
        connection.execute("SELECT id, picture, shape IS NOT NULL FROM object WHERE uuid = ?", (name,)).fetchone()
        for name in names
    ]
    if any(row[1] != picture for row in found):
        raise EditRefused("An object of this id lies on another picture; give it a new id.")
    return np.array([row[0] for row in found], np.int64), np.array([row[2] for row in found], np.bool_)


def _shapes(first: int, objects: Objects) -> Iterable[tuple[object, ...]]:
    boxes = objects.boxes.astype(np.float64)
    if not np.isfinite(boxes).all() or (boxes[:, :2] > boxes[:, 2:]).any():
        raise EditRefused("A box holds no finite numbers or is turned around; nothing was added.")
    if not (np.isfinite(objects.scores).all() and ((objects.scores >= 0) & (objects.scores <= 1)).all()):
        raise EditRefused("A score does not lie between 0 and 1; nothing was added.")
    if objects.masks is None:
        return ((first + i, "box", *box, None) for i, box in enumerate(boxes.tolist()))
    return _mask_shapes(first, objects.masks, boxes)


def _mask_shapes(first: int, masks: Masks, boxes: NDArray[np.float64]) -> Iterable[tuple[object, ...]]:
    """Give rows of masks; one without pixels is kept as its box. A mask's box is the one that just holds it."""
    held, data, starts = masks.boxes().astype(np.float64).tolist(), masks.spans.astype("<i4"), masks.starts.tolist()
    for i, box in enumerate(boxes.tolist()):
        spans = data[starts[i] : starts[i + 1]]
        yield (first + i, "mask", *held[i], spans.tobytes()) if len(spans) else (first + i, "box", *box, None)


def _next(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()[0])

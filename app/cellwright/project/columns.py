"""The objects of a picture column by column, as screens and tables want them, and which of them changed lately."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation import ClassRecord, Geometry, GeometryKind, Status
from cellwright.core import Masks, Objects
from cellwright.shapes import masks_from_polygons

_AT_ONCE = 50_000
_STATUSES = {status.value: number for number, status in enumerate(Status)}
WAS_DELETED = (
    "o.shape IS NULL AND 'delete' = (SELECT e.kind FROM "
    "change AS c CROSS JOIN edit AS e ON e.id = c.edit WHERE c.object = o.id ORDER BY c.edit DESC LIMIT 1)"
)
"""Of an object `o`: a person deleted it."""
_COLUMNS = "o.uuid, s.kind, s.y0, s.x0, s.y1, s.x1, s.data, o.class, o.score, o.status, o.source"


@dataclass(frozen=True, slots=True, eq=False)
class ObjectColumns:
    """N objects of one picture as they stand.

    Parameters
    ----------
    ids : (N,) ndarray of 'V16'
        The bytes of their UUIDs.
    boxes : (N, 4) ndarray of float32
        y0, x0, y1, x1 in level-0 pixels, half-open.
    class_ids : (N,) ndarray of int64
        A `ClassRecord` each.
    scores : (N,) ndarray of float32
        In [0, 1]; NaN where no model said one.
    status : (N,) ndarray of uint8
        Index into ``tuple(Status)``.
    source_index : (N,) ndarray of int32
        Index into `sources`.
    sources : tuple of str
        What made them: ``"model:NAME@HASH12"`` or ``"person:NAME"``.
    masks : Masks or None
        Pixels of masks and polygons, none for boxes and points; None where there are boxes and points alone.
    """

    ids: NDArray[np.void]
    boxes: NDArray[np.float32]
    class_ids: NDArray[np.int64]
    scores: NDArray[np.float32]
    status: NDArray[np.uint8]
    source_index: NDArray[np.int32]
    sources: tuple[str, ...]
    masks: Masks | None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def by_person(self) -> NDArray[np.bool_]:
        """(N,) bool: whether a person drew it."""
        drawn = np.array([name.startswith("person:") for name in self.sources], np.bool_)
        return drawn[self.source_index]

    def objects(self, classes: Sequence[ClassRecord], source: str) -> Objects:
        """Return them as a table of objects; what a person drew is as sure as can be.

        Parameters
        ----------
        classes : sequence of ClassRecord
            All of the project; their order is that of ``Objects.classes``.
        source : str
            What made most of them, see `Objects.source`.
        """
        number = {each.id: at for at, each in enumerate(classes)}
        index = np.array([number[each] for each in self.class_ids.tolist()], np.int16)
        scores = np.where(np.isnan(self.scores), np.float32(1), self.scores).astype(np.float32)
        names = tuple(each.name for each in classes)
        return Objects(self.ids, self.boxes, index, scores, names, source, self.masks)


@dataclass(frozen=True, slots=True, eq=False)
class PictureChange:
    """What became of the objects of one picture.

    Parameters
    ----------
    picture_id : int
        Which picture.
    present : ObjectColumns
        Those that were changed or are new, as they stand now.
    gone : (K,) ndarray of 'V16'
        Those that are not there any more.
    """

    picture_id: int
    present: ObjectColumns
    gone: NDArray[np.void]


def columns(connection: sqlite3.Connection, picture: int) -> ObjectColumns:
    """Return all objects of a picture, in the order in which they came."""
    found = connection.execute(
        f"SELECT {_COLUMNS} FROM region AS r CROSS JOIN object AS o ON o.id = r.id "
        "CROSS JOIN shape AS s ON s.id = o.shape "
        "WHERE r.picture0 = :picture AND r.picture1 = :picture ORDER BY o.id",
        {"picture": picture},
    )
    names, parts = _source_names(connection), []
    while rows := found.fetchmany(_AT_ONCE):  # as rows they take many times the memory
        parts.append(_columns(rows, names))
    return _joined(parts) if parts else _columns([], names)


def has_more(connection: sqlite3.Connection, picture: int, than: int) -> bool:
    """Return whether a picture has more objects, looking at no more than needed."""
    question = "SELECT count(*) FROM (SELECT 1 FROM region WHERE picture0 = ? AND picture1 = ? LIMIT ?)"
    return int(connection.execute(question, (picture, picture, than + 1)).fetchone()[0]) > than


def changes_since(connection: sqlite3.Connection, number: int) -> list[PictureChange]:
    """Return what became of every object that entries of the journal after `number` touched, picture by picture."""
    rows = connection.execute(
        f"SELECT o.picture, {_COLUMNS} FROM (SELECT DISTINCT object FROM change WHERE edit > ?) AS c "
        "CROSS JOIN object AS o ON o.id = c.object LEFT JOIN shape AS s ON s.id = o.shape ORDER BY o.id",
        (number,),
    ).fetchall()
    found, names = [], _source_names(connection)
    for picture in dict.fromkeys(row[0] for row in rows):
        mine = [row[1:] for row in rows if row[0] == picture]
        gone = b"".join(row[0] for row in mine if row[1] is None)
        there = _columns([row for row in mine if row[1] is not None], names)
        found.append(PictureChange(picture, there, np.frombuffer(gone, "V16")))
    return found


def deleted(connection: sqlite3.Connection, picture: int) -> list[bytes]:
    """Return the ids of the objects of a picture that a person deleted; not of those whose coming was taken back."""
    rows = connection.execute(
        f"SELECT o.uuid FROM object AS o WHERE o.picture = ? AND {WAS_DELETED}",
        (picture,),
    )
    return [bytes(row[0]) for row in rows]


def newest(connection: sqlite3.Connection) -> int:
    """Return the number of the newest entry of the journal, 0 where it is empty."""
    return int(connection.execute("SELECT coalesce(max(id), 0) FROM edit").fetchone()[0])


def _source_names(connection: sqlite3.Connection) -> dict[int, str]:
    return dict(connection.execute("SELECT id, name FROM source ORDER BY id"))


def _columns(rows: Sequence[tuple[Any, ...]], names: Mapping[int, str]) -> ObjectColumns:
    ids, kinds, y0, x0, y1, x1, data, classes, scores, status, sources = zip(*rows, strict=True) if rows else ((),) * 11
    boxes = np.array([y0, x0, y1, x1], np.float32).T.reshape(-1, 4)
    used, source_index = np.unique(np.array(sources, np.int64), return_inverse=True)
    return ObjectColumns(
        np.frombuffer(b"".join(ids), "V16"),
        boxes,
        np.array(classes, np.int64),
        np.array([np.nan if score is None else score for score in scores], np.float32),
        np.array([_STATUSES[each] for each in status], np.uint8),
        source_index.astype(np.int32).reshape(-1),
        tuple(names[each] for each in used.tolist()),
        _masks(kinds, data, boxes),
    )


def _joined(parts: Sequence[ObjectColumns]) -> ObjectColumns:
    if len(parts) == 1:
        return parts[0]
    names = tuple(dict.fromkeys(name for part in parts for name in part.sources))
    place = {name: at for at, name in enumerate(names)}
    index = [np.array([place[name] for name in part.sources], np.int32)[part.source_index] for part in parts]
    masks = [part.masks if part.masks is not None else Masks.empty(len(part)) for part in parts]
    return ObjectColumns(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.class_ids for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.status for part in parts]),
        np.concatenate(index),
        names,
        Masks.concatenate(masks) if any(part.masks is not None for part in parts) else None,
    )


def _masks(kinds: Sequence[str], data: Sequence[bytes | None], boxes: NDArray[np.float32]) -> Masks | None:
    """Join the pixels of every object; polygons are filled."""
    if not {"mask", "polygon"} & set(kinds):
        return None
    spans = [_spans(kind, each, boxes[row]) for row, (kind, each) in enumerate(zip(kinds, data, strict=True))]
    starts = np.concatenate([[0], np.cumsum([len(each) for each in spans])]).astype(np.int64)
    return Masks(starts, np.concatenate(spans).astype(np.int32))


def _spans(kind: str, data: bytes | None, box: NDArray[np.float32]) -> NDArray[np.int32]:
    if kind == "mask" and data is not None:
        return np.frombuffer(data, "<i4").reshape(-1, 3)
    if kind == "polygon":
        y0, x0, y1, x1 = (float(edge) for edge in box)
        return masks_from_polygons([Geometry(GeometryKind.POLYGON, (y0, x0, y1, x1), data).rings()]).spans
    return np.zeros((0, 3), np.int32)

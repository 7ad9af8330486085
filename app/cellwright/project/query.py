"""Questions to a project: what lies in a part of a picture, and what one object is."""

from __future__ import annotations

import sqlite3
from typing import Any
from uuid import UUID

from cellwright.annotation import AnnotatedObject, Geometry, GeometryKind, ObjectState, Status
from cellwright.core import Box

_COLUMNS = "o.uuid, o.picture, s.kind, s.y0, s.x0, s.y1, s.x1, s.data, o.class, o.score, u.name, o.status"
_FROM_OBJECT = "object AS o CROSS JOIN shape AS s ON s.id = o.shape CROSS JOIN source AS u ON u.id = o.source"


def objects_in(connection: sqlite3.Connection, picture: int, box: Box | None = None) -> list[AnnotatedObject]:
    """Return the objects of a picture whose box shares some of `box`, all of them where it is None.

    Points and empty boxes count when they lie in `box` or on its upper or left edge.
    """
    if box is None:
        where, values = "r.picture0 = :picture AND r.picture1 = :picture", {"picture": picture}
    else:
        where = (
            "r.picture0 = :picture AND r.picture1 = :picture AND r.y0 <= :y1 AND r.y1 >= :y0 AND r.x0 <= :x1 "
            # The tree keeps 32-bit numbers, rounded outwards: the shape itself has the last word.
            "AND r.x1 >= :x0 AND s.y0 < :y1 AND s.x0 < :x1 AND (s.y1 > :y0 OR (s.y0 = s.y1 AND s.y0 = :y0)) "
            "AND (s.x1 > :x0 OR (s.x0 = s.x1 AND s.x0 = :x0))"
        )
        values = {"picture": picture, "y0": box.y0, "x0": box.x0, "y1": box.y1, "x1": box.x1}
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM region AS r CROSS JOIN object AS o ON o.id = r.id "
        "CROSS JOIN shape AS s ON s.id = o.shape CROSS JOIN source AS u ON u.id = o.source "
        f"WHERE {where}",
        values,
    )
    return [_object(row) for row in rows]


def object_by_id(connection: sqlite3.Connection, name: UUID) -> AnnotatedObject | None:
    """Return one object, None where it is not there."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM {_FROM_OBJECT} WHERE o.uuid = ?", (name.bytes,)).fetchone()
    return None if row is None else _object(row)


def counts(connection: sqlite3.Connection, picture: int) -> dict[tuple[int, Status], int]:
    """Return how many objects of each class and status a picture has."""
    rows = connection.execute(
        "SELECT class, status, count(*) FROM object WHERE picture = ? AND shape IS NOT NULL GROUP BY class, status",
        (picture,),
    )
    return {(class_id, Status(status)): number for class_id, status, number in rows}


def _object(row: tuple[Any, ...]) -> AnnotatedObject:
    name, picture, kind, y0, x0, y1, x1, data, class_id, score, source, status = row
    place = Geometry(GeometryKind(kind), (y0, x0, y1, x1), data)
    return AnnotatedObject(UUID(bytes=name), picture, ObjectState(place, class_id, score, source, Status(status)))

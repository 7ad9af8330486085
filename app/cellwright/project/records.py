"""Pictures, classes, models, runs and reviews in the database; their changes stand in the journal as JSON."""

from __future__ import annotations

import dataclasses
import itertools
import json
import sqlite3
from collections.abc import Mapping
from typing import TypeVar

from cellwright.annotation import (
    AuditItemRecord,
    AuditRecord,
    ClassRecord,
    LaboratoryFactorRecord,
    ModelRecord,
    PictureRecord,
    PixelSizeRecord,
    Record,
    RecordChange,
    RegionOfInterestRecord,
    RegionReviewedRecord,
    ReviewRecord,
    RunRecord,
    SignOffRecord,
)
from cellwright.core import EditRefused

R = TypeVar("R", bound=Record)

NAMES: Mapping[type, str] = {
    PictureRecord: "picture",
    ClassRecord: "class",
    ModelRecord: "model",
    RunRecord: "run",
    ReviewRecord: "review",
    AuditRecord: "audit",
    AuditItemRecord: "audit_item",
    RegionReviewedRecord: "region_reviewed",
    RegionOfInterestRecord: "region_of_interest",
    SignOffRecord: "sign_off",
    LaboratoryFactorRecord: "laboratory_factor",
    PixelSizeRecord: "pixel_size",
}
_COLUMNS = {name: tuple(field.name for field in dataclasses.fields(kind)) for kind, name in NAMES.items()}


def read(connection: sqlite3.Connection, kind: type[R], value: int | str | None = None, column: str = "id") -> list[R]:
    """Return the records of one kind in the order of their numbers: all, or those with `value` in a column."""
    name = NAMES[kind]
    where, values = ("", ()) if value is None else (f"WHERE {column} = ?", (value,))
    rows = connection.execute(f"SELECT {', '.join(_COLUMNS[name])} FROM {name} {where} ORDER BY id", values)
    return [kind(*row) for row in rows]


def next_id(connection: sqlite3.Connection, kind: type[Record]) -> int:
    """Return a number that no record of this kind ever had."""
    found = connection.execute(
        "SELECT coalesce(max(record), 0) + 1 FROM record_change WHERE name = ?", (NAMES[kind],)
    ).fetchone()
    return int(found[0])


def write_changes(connection: sqlite3.Connection, edit: int, changes: tuple[RecordChange, ...]) -> None:
    """Write the changes of an entry into the journal.

    Raises
    ------
    EditRefused
        If a record is not as the change says it was.
    """
    for number, change in enumerate(changes):
        record = change.after if change.after is not None else change.before
        assert record is not None
        present = read(connection, type(record), record.id)
        if (present[0] if present else None) != change.before:
            raise EditRefused(f"The {NAMES[type(record)]} was changed meanwhile; look at it again and repeat.")
        connection.execute(
            "INSERT INTO record_change (edit, number, name, record, before, after) VALUES (?, ?, ?, ?, ?, ?)",
            (edit, number, NAMES[type(record)], record.id, _text(change.before), _text(change.after)),
        )


def take_effect(connection: sqlite3.Connection, edit: int) -> None:
    """Bring the records to where an entry of the journal leads."""
    rows = connection.execute("SELECT name, record, after FROM record_change WHERE edit = ? ORDER BY number", (edit,))
    for (name, is_gone), some in itertools.groupby(rows, lambda row: (row[0], row[2] is None)):
        columns = _COLUMNS[name]  # a name that is none of ours ends here
        if is_gone:
            connection.executemany(f"DELETE FROM {name} WHERE id = ?", ((record,) for _, record, _ in some))
            continue
        marks = ", ".join("?" for _ in columns)
        news = ", ".join(f"{column} = excluded.{column}" for column in columns[1:])
        connection.executemany(
            f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {news}",
            ([values[column] for column in columns] for values in (json.loads(after) for _, _, after in some)),
        )


def refuse_nonsense(connection: sqlite3.Connection, edit: int) -> None:
    """Raise `EditRefused` if two classes share a name, or objects lost their class or picture."""
    rows = connection.execute("SELECT name, after IS NULL FROM record_change WHERE edit = ?", (edit,)).fetchall()
    if any(name == "class" for name, _ in rows):
        twice = connection.execute("SELECT name FROM class GROUP BY name HAVING count(*) > 1 LIMIT 1").fetchone()
        if twice:
            raise EditRefused(f"There is a class {twice[0]!r} already; choose another name.")
    for name in {name for name, is_gone in rows if is_gone} & {"class", "picture"}:
        used = connection.execute(
            f"SELECT 1 FROM object WHERE shape IS NOT NULL AND {name} NOT IN (SELECT id FROM {name}) LIMIT 1"
        ).fetchone()
        if used:
            raise EditRefused(f"Objects still belong to this {name}; delete or change them first.")


def clear(connection: sqlite3.Connection) -> None:
    """Forget all records; the journal brings them back."""
    for name in _COLUMNS:
        connection.execute(f"DELETE FROM {name}")


def _text(record: Record | None) -> str | None:
    return None if record is None else json.dumps(dataclasses.asdict(record), ensure_ascii=False, sort_keys=True)

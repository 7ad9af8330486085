"""What objects were before something else happened: read from the journal, which forgets nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cellwright.annotation import Record, Status
from cellwright.project.failure import explained
from cellwright.project.records import NAMES

_PERSON = "person:"


@dataclass(frozen=True, slots=True)
class EarlierState:
    """An object as it was.

    Parameters
    ----------
    class_id : int
        Its class.
    score : float or None
        Calibrated; None for what a person drew.
    by_person : bool
        Whether a person drew it.
    status : Status
        What people thought of it.
    """

    class_id: int
    score: float | None
    by_person: bool
    status: Status


class Earlier:
    """The part of a `Project` that looks back; knows its database."""

    _path: Path
    _connection: sqlite3.Connection

    def before(self, record: Record, names: Iterable[UUID]) -> dict[UUID, EarlierState]:
        """Return what objects were when a record, such as an audit, came into the project.

        Parameters
        ----------
        record : Record
            Which; it must have been written by `apply`.
        names : iterable of UUID
            The objects; those that were not there yet are left out of the answer.
        """
        with explained(self._path):
            row = self._connection.execute(
                "SELECT min(edit) FROM record_change WHERE name = ? AND record = ? AND before IS NULL",
                (NAMES[type(record)], record.id),
            ).fetchone()
            entry = row[0] if row and row[0] is not None else 0
            found = {}
            for name in names:
                state = self._connection.execute(
                    "SELECT c.after_shape, c.after_class, c.after_score, u.name, c.after_status FROM object AS o "
                    "CROSS JOIN change AS c ON c.object = o.id LEFT JOIN source AS u ON u.id = c.after_source "
                    "WHERE o.uuid = ? AND c.edit < ? ORDER BY c.edit DESC LIMIT 1",
                    (name.bytes, entry),
                ).fetchone()
                if state is not None and state[0] is not None:
                    _, class_id, score, source, status = state
                    is_drawn = str(source).startswith(_PERSON)
                    found[name] = EarlierState(int(class_id), score, is_drawn, Status(status))
        return found

    def class_names(self) -> dict[int, tuple[str, ...]]:
        """Return every name that each class ever had, by its number: the present one first, then the newest first.

        Objects of a class that was renamed were found under an earlier name, and a model's card knows that one alone.
        """
        with explained(self._path):
            rows = self._connection.execute(
                "SELECT c.id, c.name, json_extract(r.after, '$.name') FROM class AS c JOIN record_change AS r "
                "ON r.name = 'class' AND r.record = c.id AND r.after IS NOT NULL ORDER BY c.id, r.edit DESC"
            ).fetchall()
        found: dict[int, dict[str, None]] = {}
        for number, present, earlier in rows:
            found.setdefault(number, {present: None})[earlier] = None
        return {number: tuple(names) for number, names in found.items()}

    def origins(self, picture_id: int) -> dict[bytes, EarlierState]:
        """Return what every object that ever lay on a picture was when it came, by the bytes of its id."""
        with explained(self._path):
            rows = self._connection.execute(
                "SELECT o.uuid, c.after_class, c.after_score, u.name, c.after_status FROM object AS o "
                "CROSS JOIN change AS c ON c.object = o.id "
                "AND c.edit = (SELECT min(edit) FROM change WHERE object = o.id) "
                "CROSS JOIN source AS u ON u.id = c.after_source WHERE o.picture = ? AND c.after_shape IS NOT NULL",
                (picture_id,),
            ).fetchall()
        return {
            bytes(name): EarlierState(int(kind), score, str(source).startswith(_PERSON), Status(status))
            for name, kind, score, source, status in rows
        }

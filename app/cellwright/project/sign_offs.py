"""What a project knows of signatures under its differentials, and of its laboratory's own factors."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.annotation import (
    Edit,
    EditKind,
    Estimated,
    LaboratoryFactorRecord,
    RecordChange,
    SignOffRecord,
)
from cellwright.project import records
from cellwright.project.failure import explained
from cellwright.project.journal import JournalEntry
from cellwright.project.migrate import version_of
from cellwright.project.writing import write_edit

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

_FIRST_WITH_SIGN_OFFS = 4


class SignOffs:
    """The part of a `Project` that is about signatures; knows its database and how it writes."""

    _path: Path
    _connection: sqlite3.Connection

    def sign_offs(self) -> list[SignOffRecord]:
        """Return the signatures that stand, oldest first; whether one still holds is told by its SHA-256."""
        return self._signed(SignOffRecord)

    def laboratory_factors(self) -> dict[Estimated, LaboratoryFactorRecord]:
        """Return the factor that was entered last for each thing that is estimated."""
        return {each.estimated: each for each in self._signed(LaboratoryFactorRecord)}

    def sign_off(self, author: str, cells: int, sha256: str, counts: str, remark: str = "") -> JournalEntry:
        """Write down that a person puts their name to a differential, now.

        It is a fact of its own: undoing steps of work passes it by, and only withdrawing it takes it away, in a step
        that says who did so.

        Raises
        ------
        BadParameter
            If there is no name.
        """
        with self._writing():
            number = records.next_id(self._connection, SignOffRecord)
            record = SignOffRecord(number, _now(), author.strip(), cells, sha256, counts, remark)
            edit = Edit(EditKind.SIGN_OFF, records=(RecordChange(None, record),), reason=remark)
            return write_edit(self._connection, edit, author.strip(), is_aside=True)

    def withdraw_sign_off(self, number: int, author: str, reason: str = "") -> JournalEntry | None:
        """Take a signature back; the journal keeps that it was given, and who withdrew it. None where there is none."""
        with self._writing():
            record = next((each for each in self.sign_offs() if each.id == number), None)
            if record is None:
                return None
            edit = Edit(EditKind.SIGN_OFF, records=(RecordChange(record, None),), reason=reason or "withdrawn")
            return write_edit(self._connection, edit, author, is_aside=True)

    def set_laboratory_factor(
        self, estimated: Estimated, per_ul: float | None, author: str, field_mm2: float | None = None
    ) -> JournalEntry | None:
        """Enter the laboratory's factor for something that is estimated, in place of the one before; None for none.

        Returns
        -------
        JournalEntry or None
            None where that was said before.

        Raises
        ------
        BadParameter
            If a number is impossible, or there is no name.
        """
        with self._writing():
            before = self.laboratory_factors().get(estimated)
            after = None
            if per_ul is not None:
                number = records.next_id(self._connection, LaboratoryFactorRecord)
                after = LaboratoryFactorRecord(number, _now(), author.strip(), estimated, per_ul, field_mm2)
            if _says_the_same(before, after):
                return None
            news = [RecordChange(before, None)] if before is not None else []
            news += [RecordChange(None, after)] if after is not None else []
            return write_edit(self._connection, Edit(EditKind.FACTOR, records=tuple(news)), author, is_aside=True)

    def _signed(self, kind: type[records.R]) -> list[records.R]:
        with explained(self._path):
            if version_of(self._connection) < _FIRST_WITH_SIGN_OFFS:
                return []  # an older project that was opened for reading only
            return records.read(self._connection, kind)

    def _writing(self) -> AbstractContextManager[None]:
        raise NotImplementedError


def _says_the_same(before: LaboratoryFactorRecord | None, after: LaboratoryFactorRecord | None) -> bool:
    if before is None or after is None:
        return before is after
    return replace(after, id=before.id, time=before.time, author=before.author) == before


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")

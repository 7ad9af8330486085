"""What a project knows of reviews: who said what, how it was drawn, which regions were looked at, how far work is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from cellwright.annotation import (
    AuditItemRecord,
    AuditRecord,
    Draw,
    Drawn,
    RegionReviewedRecord,
    Reviewer,
    ReviewRecord,
    Verdict,
    region_marked,
)
from cellwright.core import Box
from cellwright.project import records
from cellwright.project.failure import explained
from cellwright.project.journal import JournalEntry
from cellwright.project.migrate import version_of
from cellwright.project.verdicts import write_verdict
from cellwright.project.writing import write_edit

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

_FIRST_WITH_REVIEWS = 2


@dataclass(frozen=True, slots=True)
class ReviewProgress:
    """How far a review has come; as text ``"214 of 1,020 reviewed"``."""

    reviewed: int
    total: int

    def __str__(self) -> str:
        return f"{self.reviewed:,} of {self.total:,} reviewed"


class Reviews:
    """The part of a `Project` that is about reviews; knows its database and how it writes."""

    _path: Path
    _connection: sqlite3.Connection

    def reviewer(self, author: str) -> Reviewer:
        """Return who reviews, with the numbers that their next records get; take a new one for every edit."""
        with explained(self._path):
            review = records.next_id(self._connection, ReviewRecord)
            return Reviewer(author, review, records.next_id(self._connection, RegionReviewedRecord))

    def regions_reviewed(self, picture_id: int) -> list[Box]:
        """Return the parts of a picture that were looked at in full, as they were marked; they may overlap."""
        return [each.box for each in self.region_reviews(picture_id)]

    def region_reviews(self, picture_id: int) -> list[RegionReviewedRecord]:
        """Return who looked at which parts of a picture in full, and when."""
        return self._reviewed(RegionReviewedRecord, picture_id, "picture")

    def mark_reviewed(self, picture_id: int, box: Box, author: str) -> JournalEntry | None:
        """Say that what is marked in `box` is all there is, as one step; None where that was said before.

        Raises
        ------
        BadParameter
            If the box is empty.
        """
        with self._writing():
            if any(known.intersect(box) == box for known in self.regions_reviewed(picture_id)):
                return None
            return write_edit(self._connection, region_marked(picture_id, box, self.reviewer(author)), author)

    def answer_many(self, ids: Iterable[UUID], verdict: Verdict, author: str) -> JournalEntry | None:
        """Say the same of many objects, as one step with a review each; None where that would change nothing.

        Raises
        ------
        EditRefused
            If the project lacks the class, or a record of the verdict is not as it found it.
        ProjectNotWritable
            If it could not be put on disk; the project is as it was.
        """
        with self._writing():
            return write_verdict(self._connection, ids, verdict, self.reviewer(author))

    def reviews(self, picture_id: int | None = None) -> list[ReviewRecord]:
        """Return every answer that stands, oldest first: of one picture, or of all."""
        return self._reviewed(ReviewRecord, picture_id, "picture")

    def audit_reviews(self, audit_id: int) -> list[ReviewRecord]:
        """Return the answers that were given for an audit."""
        return self._reviewed(ReviewRecord, audit_id, "audit")

    def window_reviews(self) -> list[ReviewRecord]:
        """Return what was said of windows in which cells may have been missed."""
        return self._reviewed(ReviewRecord, Drawn.EMPTY_WINDOW.value, "drawn")

    def audits(self) -> list[AuditRecord]:
        """Return the random draws that were made."""
        return self._reviewed(AuditRecord)

    def audit_items(self, audit_id: int) -> list[AuditItemRecord]:
        """Return what an audit drew, in the order it is to be looked at."""
        return self._reviewed(AuditItemRecord, audit_id, "audit")

    def audit_draws(self, audit_id: int) -> dict[str, Draw]:
        """Return how an audit drew each object, by the object's id in hexadecimal; windows are left out."""
        return {
            each.object: Draw(Drawn.AUDIT, each.probability, audit_id)
            for each in self.audit_items(audit_id)
            if each.window is None
        }

    def next_audit(self) -> tuple[int, int]:
        """Return numbers that no audit, and no item of one, has had."""
        with explained(self._path):
            audit, item = (records.next_id(self._connection, kind) for kind in (AuditRecord, AuditItemRecord))
            return audit, item

    def progress(self, picture_id: int | None = None, decisions: Mapping[int, float] | None = None) -> ReviewProgress:
        """Return how many objects people have looked at: those that are no longer unreviewed, however that came.

        Parameters
        ----------
        picture_id : int, optional
            Only of this picture.
        decisions : mapping, optional
            Score from which each class counts, by its number; what no person answered and lies below is left out.
        """
        limits = decisions or {}
        cases = " ".join("WHEN ? THEN ?" for _ in limits)
        limit = f"CASE class {cases} ELSE 0 END" if limits else "0"
        where, only = ("", ()) if picture_id is None else ("AND picture = ?", (picture_id,))
        question = (
            "SELECT count(*), total(status IS NOT 'unreviewed') FROM object WHERE shape IS NOT NULL "
            f"AND (status IS NOT 'unreviewed' OR score IS NULL OR score >= {limit}) {where}"
        )
        values = [value for pair in limits.items() for value in pair]
        with explained(self._path):
            total, reviewed = self._connection.execute(question, (*values, *only)).fetchone()
        return ReviewProgress(int(reviewed), int(total))

    def audit_progress(self, audit_id: int) -> ReviewProgress:
        """Return how many of an audit's objects and windows have been answered for it."""
        if not self._has_reviews():
            return ReviewProgress(0, 0)
        question = (
            "SELECT (SELECT count(DISTINCT coalesce(object, picture || ' ' || y0 || ' ' || x0)) FROM review "
            "WHERE audit = :audit), "
            "(SELECT count(*) FROM audit_item WHERE audit = :audit)"
        )
        with explained(self._path):
            reviewed, total = self._connection.execute(question, {"audit": audit_id}).fetchone()
        return ReviewProgress(int(reviewed), int(total))

    def _reviewed(self, kind: type[records.R], value: int | str | None = None, column: str = "id") -> list[records.R]:
        if not self._has_reviews():
            return []
        with explained(self._path):
            return records.read(self._connection, kind, value, column)

    def _has_reviews(self) -> bool:
        """Tell whether the tables are there; in an older project opened for reading only they are not."""
        with explained(self._path):
            return version_of(self._connection) >= _FIRST_WITH_REVIEWS

    def _writing(self) -> AbstractContextManager[None]:
        raise NotImplementedError

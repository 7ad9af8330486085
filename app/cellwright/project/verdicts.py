"""The same answer about very many objects: worked out in the database, with a review of each, as one entry."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Iterable, Iterator
from uuid import UUID

from cellwright.annotation import Answer, Reviewer, ReviewRecord, Status, Verdict
from cellwright.project.journal import JournalEntry, begin_entry, drop_entry, finish_entry
from cellwright.project.records import write_changes

_ACCEPTED = f"CASE o.status WHEN '{Status.CORRECTED.value}' THEN o.status ELSE '{Status.ACCEPTED.value}' END"
_CLASSED = f"CASE o.class WHEN :class THEN {_ACCEPTED} ELSE '{Status.CORRECTED.value}' END"
_CHOSEN = "FROM chosen AS c CROSS JOIN object AS o ON o.uuid = c.uuid"
_SEEN = (
    "SELECT o.picture, lower(hex(o.uuid)), s.y0, s.x0, s.y1, s.x1, o.class, o.score "
    f"{_CHOSEN} CROSS JOIN shape AS s ON s.id = o.shape "
    "WHERE NOT :gone OR o.status = :unreviewed ORDER BY o.id"
)


def write_verdict(
    connection: sqlite3.Connection, ids: Iterable[UUID], verdict: Verdict, reviewer: Reviewer
) -> JournalEntry | None:
    """Write what a person says of many objects, and its effect; called inside a transaction.

    Parameters
    ----------
    connection : sqlite3.Connection
        Inside a transaction.
    ids : iterable of UUID
        Which; those that are not there are left out.
    verdict : Verdict
        What is said.
    reviewer : Reviewer
        Who says so, with the number of their next review.

    Returns
    -------
    JournalEntry or None
        None where nothing would change; then nothing was written.

    Raises
    ------
    EditRefused
        If the project lacks the class, or a record is not as the verdict found it.
    """
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS chosen (uuid BLOB PRIMARY KEY) WITHOUT ROWID")
    connection.execute("DELETE FROM chosen")
    connection.executemany("INSERT OR IGNORE INTO chosen VALUES (?)", ((each.bytes,) for each in ids))
    number = begin_entry(connection, verdict.kind, reviewer.author, "")
    write_changes(connection, number, verdict.records)
    if not _write_objects(connection, number, verdict) and not verdict.records:
        drop_entry(connection, number)
        return None
    _write_reviews(connection, number, verdict, reviewer)
    connection.execute("DELETE FROM chosen")
    return finish_entry(connection, number)


def _write_objects(connection: sqlite3.Connection, edit: int, verdict: Verdict) -> int:
    """Write what becomes of each object; return how many change. What would stay as it is, is left out."""
    kind = "o.class" if verdict.class_id is None else ":class"
    status = {None: _CLASSED, Status.ACCEPTED: _ACCEPTED, Status.REJECTED: f"'{Status.REJECTED.value}'"}[verdict.status]
    after = "NULL, NULL, NULL, NULL, NULL" if verdict.is_deleted else f"o.shape, {kind}, o.score, o.source, {status}"
    return connection.execute(
        f"INSERT INTO change SELECT :edit, o.id, o.shape, o.class, o.score, o.source, o.status, {after} {_CHOSEN} "
        f"WHERE o.shape IS NOT NULL AND (:gone OR {kind} IS NOT o.class OR {status} IS NOT o.status) ORDER BY o.id",
        {"edit": edit, "class": verdict.class_id, "gone": verdict.is_deleted},
    ).rowcount


def _write_reviews(connection: sqlite3.Connection, edit: int, verdict: Verdict, reviewer: Reviewer) -> None:
    """Write an answer for each object as it was; for those that go only where nobody had looked at them."""
    # row by row: a million of them at once would fill a gigabyte
    seen = connection.execute(_SEEN, {"gone": verdict.is_deleted, "unreviewed": Status.UNREVIEWED.value})
    connection.executemany(
        "INSERT INTO record_change (edit, number, name, record, before, after) VALUES (?, ?, 'review', ?, NULL, ?)",
        (
            (edit, len(verdict.records) + at, record["id"], json.dumps(record, ensure_ascii=False, sort_keys=True))
            for at, record in enumerate(_reviews(seen, verdict, reviewer))
        ),
    )


def _reviews(seen: Iterable[tuple[object, ...]], verdict: Verdict, reviewer: Reviewer) -> Iterator[dict[str, object]]:
    """Give each answer as the journal keeps it; a record is made once, since checking each takes most of the time."""
    drawn = verdict.drawn
    empty = ReviewRecord(0, reviewer.time, reviewer.author, 0, None, 0, 0, 0, 0, Answer.ACCEPTED, drawn=drawn)
    same = dataclasses.asdict(empty)
    for number, (picture, name, y0, x0, y1, x1, kind, score) in enumerate(seen, reviewer.first_review):
        yield {
            **same,
            "id": number,
            "picture": picture,
            "object": name,
            "y0": y0,
            "x0": x0,
            "y1": y1,
            "x1": x1,
            "answer": _answer(verdict, kind).value,
            "class_before": kind,
            "class_after": kind if verdict.class_id is None else verdict.class_id,
            "score": score,
        }


def _answer(verdict: Verdict, kind: object) -> Answer:
    if verdict.is_deleted or verdict.status is Status.REJECTED:
        return Answer.REJECTED
    return Answer.ACCEPTED if verdict.class_id in (None, kind) else Answer.RECLASSIFIED

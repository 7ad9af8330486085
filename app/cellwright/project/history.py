"""What happened to one object, told line by line."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

_DONE = {"move": "moved", "paint": "painted", "erase": "erased a part of", "merge": "merged", "split": "split"}
_COLUMNS = ", ".join(
    f"c.{side}_{name}" for side in ("before", "after") for name in ("shape", "class", "score", "status")
)


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing that happened to an object.

    Parameters
    ----------
    time : datetime
        In UTC.
    author : str
        Who did it.
    text : str
        ``"blood-cells-yolo 0.71: NEU"``, ``"A. reclassified NEU → EOS"``, ``"A. undid: …"``.
    reason : str
        Why, in the person's words.
    """

    time: datetime
    author: str
    text: str
    reason: str


def history(connection: sqlite3.Connection, name: UUID) -> list[HistoryLine]:
    """Return everything that happened to an object, oldest first; nothing where nobody knows it."""
    rows = connection.execute(
        f"SELECT e.time, e.author, e.reason, e.kind, e.action, u.name, {_COLUMNS} FROM object AS o "
        "CROSS JOIN change AS c ON c.object = o.id CROSS JOIN edit AS e ON e.id = c.edit "
        "LEFT JOIN source AS u ON u.id = c.after_source WHERE o.uuid = ? ORDER BY e.id",
        (name.bytes,),
    ).fetchall()
    classes = dict(connection.execute("SELECT id, title FROM class").fetchall())
    return [_line(row, classes) for row in rows]


def _line(row: tuple[Any, ...], classes: dict[int, str]) -> HistoryLine:
    time, author, reason, kind, action, source, *states = row
    before, after = states[:4], states[4:]
    if action in ("do", "more"):
        text = _said(author, kind, source, before, after, classes)
    else:
        began, ended = (after, before) if action == "undo" else (before, after)
        verb = "undid" if action == "undo" else "redid"
        text = f"{author} {verb}: {_said('', kind, source, began, ended, classes).strip()}"
    return HistoryLine(datetime.fromisoformat(time), author, text, reason)


def _said(
    author: str, kind: str, source: str | None, before: list[Any], after: list[Any], classes: dict[int, str]
) -> str:
    if before[0] is None:
        named = classes.get(after[1], "a removed class")
        made, _, maker = (source or "").partition(":")
        if made == "model":
            score = "" if after[2] is None else f" {after[2]:.2f}"
            return f"{maker.partition('@')[0]}{score}: {named}"
        return f"{author} added {named}"
    if after[0] is None:
        return f"{author} {'merged it into another' if kind == 'merge' else 'deleted it'}"
    if before[1] != after[1]:
        old, new = (classes.get(side[1], "a removed class") for side in (before, after))
        return f"{author} reclassified {old} → {new}"
    if before[0] != after[0]:
        return f"{author} {_DONE.get(kind, 'changed')} it"
    if before[3] != after[3]:
        return f"{author} set it to {after[3]}"
    return f"{author} changed it"

"""The journal: what was done, in order; its effect; the way back and forth in it; and the state made anew from it.

An entry's effect is worked out in the database from the entry alone (`_take_effect`), and doing, undoing, redoing and
replaying all go that one way. ``cursor`` is the entry up to which everything is done after an entry; ``parent`` is the
cursor before it. Undoing moves the cursor to the parent of the entry undone, redoing to its latest child.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime

from cellwright.annotation import EditKind
from cellwright.core import EditRefused
from cellwright.project import records

_STATE = ("shape", "class", "score", "source", "status")
_BEFORE = ", ".join(f"before_{name}" for name in _STATE)
_AFTER = ", ".join(f"after_{name}" for name in _STATE)

_WITH_MORE = "(SELECT :target UNION SELECT id FROM edit WHERE action = 'more' AND target = :target)"


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One line of the journal.

    Parameters
    ----------
    id : int
        Rises by one from 1.
    time : datetime
        In UTC.
    author, reason : str
        Who, and why.
    kind : EditKind
        What was done; for undoing and redoing, what was undone or redone.
    action : str
        ``"do"``, ``"undo"``, ``"redo"``, ``"aside"`` for what undoing passes by, or ``"more"`` for what belongs to
        an earlier step that took long, and is undone with it.
    target : int
        The entry undone, redone or added to; its own id where something new was done.
    objects : int
        How many objects it changed.
    """

    id: int
    time: datetime
    author: str
    reason: str
    kind: EditKind
    action: str
    target: int
    objects: int


def begin_entry(
    connection: sqlite3.Connection, kind: EditKind, author: str, reason: str, *, is_aside: bool = False
) -> int:
    """Write the head of a new entry; its changes follow, then `finish_entry`.

    What is done aside, such as a picture that joins by itself, is no step of work: undoing passes it by.
    """
    number, cursor = _next(connection), _cursor(connection)
    action, after = ("aside", cursor) if is_aside else ("do", number)
    _write_head(connection, (number, _now(), author, kind.value, reason, action, number, cursor, after, 0))
    return number


def begin_more(connection: sqlite3.Connection, target: int, author: str) -> int:
    """Write the head of an entry that adds to the step `target`, which is undone and redone together with it.

    Raises
    ------
    EditRefused
        If that step was taken back.
    """
    if not stands(connection, target):
        raise EditRefused("This step was taken back meanwhile; do it again, or start anew.")
    kind, reason = connection.execute("SELECT kind, reason FROM edit WHERE id = ?", (target,)).fetchone()
    number, cursor = _next(connection), _cursor(connection)
    _write_head(connection, (number, _now(), author, kind, reason, "more", target, cursor, cursor, 0))
    return number


def stands(connection: sqlite3.Connection, number: int) -> bool:
    """Return whether a step is done and was not taken back."""
    found = connection.execute(
        "WITH RECURSIVE done (id) AS (SELECT :cursor UNION SELECT e.parent FROM done AS d "
        "JOIN edit AS e ON e.id = d.id WHERE d.id > :number) SELECT 1 FROM done WHERE id = :number",
        {"cursor": _cursor(connection), "number": number},
    ).fetchone()
    return found is not None


def finish_entry(connection: sqlite3.Connection, number: int) -> JournalEntry:
    """Let an entry whose changes are written take effect.

    Raises
    ------
    EditRefused
        If it begins from another state than the present one, or leads to one that makes no sense.
    """
    connection.execute(
        "UPDATE edit SET objects = (SELECT count(*) FROM change WHERE edit = :edit) WHERE id = :edit", {"edit": number}
    )
    _refuse_another_beginning(connection, number)
    _take_effect(connection, number)
    _refuse_nonsense(connection, number)
    return entry(connection, number)


def drop_entry(connection: sqlite3.Connection, number: int) -> None:
    """Take an entry that changes nothing out again, before it was ever acknowledged."""
    connection.execute("DELETE FROM edit WHERE id = ?", (number,))


def undo(connection: sqlite3.Connection, author: str) -> JournalEntry | None:
    """Take back the latest entry that stands; None where there is none."""
    target = _cursor(connection)
    if not target:
        return None
    parent = int(connection.execute("SELECT parent FROM edit WHERE id = ?", (target,)).fetchone()[0])
    return _again(connection, author, "undo", target, parent)


def redo(connection: sqlite3.Connection, author: str) -> JournalEntry | None:
    """Do again what was undone last; None where nothing was undone, or something new was done since."""
    target = redo_target(connection)
    return _again(connection, author, "redo", target, target) if target else None


def undo_target(connection: sqlite3.Connection) -> int:
    """Return the entry that `undo` would take back, 0 for none."""
    return _cursor(connection)


def redo_target(connection: sqlite3.Connection) -> int:
    """Return the entry that `redo` would do again, 0 for none."""
    cursor = _cursor(connection)
    found = connection.execute("SELECT max(id) FROM edit WHERE parent = ? AND action = 'do'", (cursor,)).fetchone()
    return int(found[0] or 0)


def entry(connection: sqlite3.Connection, number: int) -> JournalEntry:
    """Return one entry."""
    return entries(connection, "WHERE id = ?", (number,))[0]


def entries(connection: sqlite3.Connection, where: str = "", values: tuple[object, ...] = ()) -> list[JournalEntry]:
    """Return entries, chosen by a condition of our own."""
    rows = connection.execute(
        f"SELECT id, time, author, reason, kind, action, target, objects FROM edit {where}", values
    )
    return [
        JournalEntry(number, datetime.fromisoformat(time), author, reason, EditKind(kind), action, target, objects)
        for number, time, author, reason, kind, action, target, objects in rows
    ]


def replay(connection: sqlite3.Connection) -> None:
    """Forget the present state and make it anew from the journal, entry by entry."""
    connection.execute("DELETE FROM region")
    connection.execute("UPDATE object SET shape = NULL, class = NULL, score = NULL, source = NULL, status = NULL")
    records.clear(connection)
    for (number,) in connection.execute("SELECT id FROM edit ORDER BY id").fetchall():
        _refuse_another_beginning(connection, number)
        _take_effect(connection, number)


def _again(connection: sqlite3.Connection, author: str, action: str, target: int, cursor: int) -> JournalEntry:
    """Write an entry that repeats or reverses another, and let it take effect."""
    number, before = _next(connection), _cursor(connection)
    kind, reason = connection.execute("SELECT kind, reason FROM edit WHERE id = ?", (target,)).fetchone()
    _write_head(connection, (number, _now(), author, kind, reason, action, target, before, cursor, 0))
    # Of an object that a step and what was added to it changed twice, the first and the last state count.
    old, new = ("l.after", "f.before") if action == "undo" else ("f.before", "l.after")
    first, second = (", ".join(f"{side}_{name}" for name in _STATE) for side in (old, new))
    connection.execute(
        f"INSERT INTO change (edit, object, {_BEFORE}, {_AFTER}) SELECT :new, g.object, {first}, {second} "
        "FROM (SELECT object, min(edit) AS one, max(edit) AS two FROM change "
        f"WHERE edit IN {_WITH_MORE} GROUP BY object) AS g "
        "CROSS JOIN change AS f ON f.edit = g.one AND f.object = g.object "
        "CROSS JOIN change AS l ON l.edit = g.two AND l.object = g.object ORDER BY g.object",
        {"new": number, "target": target},
    )
    sides, way = ("after, before", "DESC") if action == "undo" else ("before, after", "ASC")
    connection.execute(
        "INSERT INTO record_change (edit, number, name, record, before, after) "
        f"SELECT :new, row_number() OVER (ORDER BY edit {way}, number {way}), name, record, {sides} "
        f"FROM record_change WHERE edit IN {_WITH_MORE}",
        {"new": number, "target": target},
    )
    return finish_entry(connection, number)


def _take_effect(connection: sqlite3.Connection, number: int) -> None:
    records.take_effect(connection, number)
    connection.execute(
        "DELETE FROM region WHERE id IN (SELECT object FROM change "
        "WHERE edit = ? AND before_shape IS NOT NULL AND before_shape IS NOT after_shape)",
        (number,),
    )
    state = ", ".join(f"{name} = c.after_{name}" for name in _STATE)
    connection.execute(
        f"UPDATE object SET {state} FROM change AS c WHERE c.edit = ? AND c.object = object.id", (number,)
    )
    connection.execute(
        "INSERT INTO region SELECT c.object, s.y0, s.y1, s.x0, s.x1, o.picture, o.picture FROM change AS c "
        "CROSS JOIN shape AS s ON s.id = c.after_shape CROSS JOIN object AS o ON o.id = c.object "
        "WHERE c.edit = ? AND c.before_shape IS NOT c.after_shape",
        (number,),
    )


def _refuse_another_beginning(connection: sqlite3.Connection, number: int) -> None:
    same = " AND ".join(f"c.before_{name} IS o.{name}" for name in _STATE)
    found = connection.execute(
        "SELECT 1 FROM change AS c CROSS JOIN object AS o ON o.id = c.object "
        f"WHERE c.edit = ? AND NOT ({same}) LIMIT 1",
        (number,),
    ).fetchone()
    if found:
        raise EditRefused("An object was changed meanwhile, perhaps in another window; look at it again and repeat.")


def _refuse_nonsense(connection: sqlite3.Connection, number: int) -> None:
    stray = connection.execute(
        "SELECT 1 FROM change AS c CROSS JOIN object AS o ON o.id = c.object WHERE c.edit = ? "
        "AND c.after_shape IS NOT NULL AND (c.after_class NOT IN (SELECT id FROM class) "
        "OR o.picture NOT IN (SELECT id FROM picture)) LIMIT 1",
        (number,),
    ).fetchone()
    if stray:
        raise EditRefused("An object needs a class and a picture that the project has; add them first.")
    records.refuse_nonsense(connection, number)


def _write_head(connection: sqlite3.Connection, values: tuple[object, ...]) -> None:
    connection.execute(
        "INSERT INTO edit (id, time, author, kind, reason, action, target, parent, cursor, objects) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        values,
    )


def _cursor(connection: sqlite3.Connection) -> int:
    found = connection.execute("SELECT cursor FROM edit ORDER BY id DESC LIMIT 1").fetchone()
    return int(found[0]) if found else 0


def _next(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(id), 0) + 1 FROM edit").fetchone()[0])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")

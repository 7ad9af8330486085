"""The head of the journal: its latest entry, and one hash over everything that was ever written up to it."""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from cellwright.project.connection import DATABASE
from cellwright.project.failure import explained
from cellwright.project.opening import opened

_QUERIES = (
    """SELECT id, time, author, kind, reason, action, target, parent, cursor, objects
    FROM edit WHERE id <= ? ORDER BY id""",
    """SELECT c.edit, hex(o.uuid), c.before_shape, c.before_class, c.before_score, c.before_source, c.before_status,
    c.after_shape, c.after_class, c.after_score, c.after_source, c.after_status
    FROM change AS c JOIN object AS o ON o.id = c.object WHERE c.edit <= ? ORDER BY c.edit, c.object""",
    "SELECT edit, number, name, record, before, after FROM record_change WHERE edit <= ? ORDER BY edit, number",
    """SELECT id, kind, y0, x0, y1, x1, hex(data)
    FROM shape WHERE id IN (SELECT after_shape FROM change WHERE edit <= ?) ORDER BY id""",
    "SELECT id, name FROM source WHERE id IN (SELECT after_source FROM change WHERE edit <= ?) ORDER BY id",
)


@dataclass(frozen=True, slots=True)
class JournalHead:
    """Where the journal of a project stands.

    Parameters
    ----------
    entry : int
        Number of the entry; 0 for an empty journal.
    sha256 : str
        Of all entries up to it with all their changes, shapes and sources. Entries are only ever added, so that it
        stays the same while the project goes on.
    """

    entry: int
    sha256: str


def journal_head(folder: str | Path, entry: int | None = None) -> JournalHead:
    """Return the head of a project's journal, or what it was at an earlier entry.

    Parameters
    ----------
    folder : str or Path
        The project; it is read and not changed.
    entry : int, optional
        Which entry; None takes the latest.

    Raises
    ------
    ProjectNotReadable
        If there is no project, or it is damaged.
    """
    folder = Path(folder)
    with closing(opened(folder, read_only=True)) as connection, explained(folder / DATABASE):
        connection.execute("BEGIN")  # one state for all queries, whoever writes meanwhile
        last = int(connection.execute("SELECT coalesce(max(id), 0) FROM edit").fetchone()[0])
        chosen = last if entry is None else min(entry, last)
        digest = hashlib.sha256()
        for query in _QUERIES:
            for row in connection.execute(query, (chosen,)):
                digest.update(repr(row).encode("utf-8", "surrogatepass"))
                digest.update(b"\n")
            digest.update(b"\x1d")
    return JournalHead(chosen, digest.hexdigest())

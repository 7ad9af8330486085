"""Connections to a project's database, and transactions that happen whole or not at all."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from cellwright.project.failure import explained

DATABASE = "project.sqlite"
WAIT_MS = 5_000
"""How long one window waits while another writes."""
_CACHE_KIB = 65_536


def connect(path: Path, *, read_only: bool = False, wait_ms: int = WAIT_MS) -> sqlite3.Connection:
    """Open the database; what it answers is checked by the caller.

    Every commit has reached the disk when it returns (WAL, ``synchronous = FULL``).
    """
    mode = "ro" if read_only else "rw"
    connection = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode={mode}", uri=True, isolation_level=None)
    connection.execute(f"PRAGMA busy_timeout = {wait_ms}")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute("PRAGMA trusted_schema = OFF")
    if not read_only:
        connection.execute("PRAGMA synchronous = FULL")
    return connection


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Write everything in the block, or nothing; one writer at a time, others wait.

    Raises
    ------
    ProjectNotWritable
        If the disk is full, another program keeps writing, or the file may only be read.
    """
    with explained(path):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            # After some errors, a full disk among them, SQLite has taken everything back by itself.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

"""Making and opening a project's database; every way in which that can fail is told in a sentence."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from cellwright.core import OutputExists, OutputNotWritable, ProjectNotReadable
from cellwright.project.connection import DATABASE, WAIT_MS, connect, transaction
from cellwright.project.failure import damaged, explained
from cellwright.project.migrate import migrate, version_of
from cellwright.project.schema import APPLICATION_ID, TABLES, VERSION, statements

LABELS = "labels"
GATES = "gates.json"
"""What of a project lies beside its database: label maps, and gates of plots that were given names."""
_MAGIC = b"SQLite format 3\0"
_CHECKED_BYTES = 32 << 20
"""Files up to this size are read in full when they are opened, which takes less than a moment."""


def create(folder: Path) -> None:
    """Make an empty project in `folder`, which may exist if it is empty.

    Raises
    ------
    OutputExists
        If the folder holds something.
    OutputNotWritable
        If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise OutputExists(f"{folder} is not empty; choose a new folder for the project.")
        (folder / LABELS).mkdir()
        part = folder / f".{DATABASE}.part"
        part.touch()
        with contextlib.closing(connect(part)) as connection, transaction(connection, part):
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
            for statement in statements(TABLES):
                connection.execute(statement)
        # The finished file gets its name last: a project that was never finished is not taken for one.
        os.replace(part, folder / DATABASE)  # noqa: PTH105 - says more beside `part`
        with contextlib.closing(connect(folder / DATABASE)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    except OSError as error:
        if isinstance(error, OutputExists):
            raise
        reason = error.strerror or str(error)
        raise OutputNotWritable(f"No project could be made in {folder}: {reason}; choose another folder.") from error


def opened(folder: Path, *, read_only: bool = False, wait_ms: int = WAIT_MS) -> sqlite3.Connection:
    """Open the database of a project, after having looked whether it is whole and ours.

    Raises
    ------
    ProjectNotReadable
        If there is no project, it is damaged or only half copied, or a newer version made it.
    ProjectNotWritable
        If it is locked.
    """
    path = folder / DATABASE
    _refuse_what_is_no_project(folder, path)
    with explained(path):
        connection = connect(path, read_only=read_only, wait_ms=wait_ms)
        try:
            _refuse_contents(connection, folder, path)
            if not read_only:
                migrate(connection, folder)
                connection.execute("PRAGMA journal_mode = WAL")
        except BaseException:
            connection.close()
            raise
    return connection


def check(connection: sqlite3.Connection, folder: Path) -> None:
    """Read the whole database and its indices; `ProjectNotReadable` if anything does not fit."""
    with explained(folder / DATABASE):
        answer = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
        tree = str(connection.execute("SELECT rtreecheck('region')").fetchone()[0])
    for said in (answer, tree):
        if said != "ok":
            raise damaged(folder, said.splitlines()[0])


def _refuse_what_is_no_project(folder: Path, path: Path) -> None:
    """Look at the file without SQLite, which would take an empty one for an empty database."""
    if not path.is_file():
        if path.with_name(f".{DATABASE}.part").exists():
            raise damaged(folder, "it was never finished")
        raise ProjectNotReadable(f"{folder} is no project: it holds no {DATABASE}. Choose the project's own folder.")
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except OSError as error:
        raise ProjectNotReadable(f"{path} cannot be read: {error.strerror}; change its permissions.") from error
    if len(head) < 100:
        raise damaged(folder, f"{DATABASE} is cut off after {len(head)} bytes")
    if not head.startswith(_MAGIC):
        raise damaged(folder, f"{DATABASE} is no SQLite database")
    page = int.from_bytes(head[16:18], "big")
    expected = int.from_bytes(head[28:32], "big") * (65_536 if page == 1 else page)
    log = path.with_name(f"{DATABASE}-wal")
    # While a log lies beside it, pages may still be there alone.
    if not (log.is_file() and log.stat().st_size) and path.stat().st_size < expected:
        raise damaged(folder, f"{DATABASE} has {path.stat().st_size:,} of {expected:,} bytes, so it was copied in part")


def _refuse_contents(connection: sqlite3.Connection, folder: Path, path: Path) -> None:
    if int(connection.execute("PRAGMA application_id").fetchone()[0]) != APPLICATION_ID:
        raise ProjectNotReadable(f"{path} is a database of another program; choose a folder made by Cellwright.")
    if (version := version_of(connection)) > VERSION:
        raise ProjectNotReadable(
            f"{folder} was written by a newer Cellwright (version {version} of the project format, this one reads up "
            f"to {VERSION}); install the newer program."
        )
    if path.stat().st_size <= _CHECKED_BYTES:
        answer = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        if answer != "ok":
            raise damaged(folder, answer.splitlines()[0])
    connection.execute("SELECT count(*) FROM edit WHERE id = 0").fetchone()

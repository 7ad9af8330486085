"""Copies of the whole database, made while it is open, and the way back to one."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from cellwright.core import ProjectNotReadable
from cellwright.core.atomic import replacing
from cellwright.project.connection import DATABASE

FOLDER = "backups"
_KEPT = 3


def backups(folder: Path) -> list[Path]:
    """Return the copies that a project has, oldest first."""
    return sorted((folder / FOLDER).glob("project-*.sqlite"))


def back_up(connection: sqlite3.Connection, folder: Path) -> Path:
    """Copy the database as it stands into the folder ``backups``, whole or not at all; the three newest are kept.

    Raises
    ------
    OutputNotWritable
        If there is no room; the older copies are still there.
    """
    when = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    target = folder / FOLDER / f"project-{when}.sqlite"
    write_copy(connection, target)
    for old in backups(folder)[:-_KEPT]:
        old.unlink(missing_ok=True)
    return target


def write_copy(connection: sqlite3.Connection, target: Path) -> None:
    """Write the database as it stands into a new file, whole or not at all."""
    with replacing(target, overwrite=False) as part, contextlib.closing(sqlite3.connect(part)) as copy:
        try:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as error:
            raise OSError(0, str(error)) from error


def restore(folder: str | Path, backup: str | Path | None = None) -> Path:
    """Put a copy in the place of the database, which is kept beside it under another name.

    Parameters
    ----------
    folder : str or Path
        The project; no window may have it open.
    backup : str or Path, optional
        One of its `backups`; the newest where none is named.

    Returns
    -------
    Path
        Where the old database lies now; it need not exist if there was none.

    Raises
    ------
    ProjectNotReadable
        If there is no such copy in the project's own folder of backups.
    """
    folder = Path(folder)
    kept = {path.name: path for path in backups(folder)}
    name = Path(backup).name if backup is not None else max(kept, default="")
    if name not in kept:
        raise ProjectNotReadable(f"{folder} has no backup {name!r}; there is: {', '.join(kept) or 'none'}.")
    database = folder / DATABASE
    aside = folder / f"project.damaged-{secrets.token_hex(4)}.sqlite"
    for tail in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            Path(f"{database}{tail}").replace(f"{aside}{tail}")
    with replacing(database, overwrite=False) as part:
        shutil.copyfile(kept[name], part)
    return aside

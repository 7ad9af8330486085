"""What SQLite says when something fails, in words that a person can act on."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from cellwright.core import BadParameter, CellwrightError, ProjectNotReadable, ProjectNotWritable

DAMAGED = ("malformed", "not a database", "disk i/o error", "no such table", "no such column", "file is encrypted")
_NOT_WRITTEN = {
    "full": "the disk is full; free some space and repeat the step",
    "locked": "another window or program is writing to it; wait a moment and repeat the step",
    "busy": "another window or program is writing to it; wait a moment and repeat the step",
    "readonly": "it may only be read; change its permissions or copy it to another folder",
}


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into one sentence.

    Raises
    ------
    ProjectNotWritable
        If nothing could be written; the project stands as it was.
    ProjectNotReadable
        If the file is damaged.
    BadParameter
        If the project is closed or belongs to another thread.
    """
    try:
        yield
    except sqlite3.ProgrammingError as error:
        raise BadParameter(f"{path.parent} is closed, or was opened by another thread: open it here.") from error
    except sqlite3.Error as error:
        raise explanation(path, error) from error


def explanation(path: Path, error: sqlite3.Error) -> CellwrightError:
    """Return what to tell a person about an error of SQLite."""
    said = str(error).lower()
    for word, reason in _NOT_WRITTEN.items():
        if word in said:
            return ProjectNotWritable(f"{path} could not be written: {reason}. Nothing that was saved before is lost.")
    if any(word in said for word in DAMAGED):
        return damaged(path.parent, f"the file cannot be read in full ({error})")
    return ProjectNotReadable(f"{path}: {error}. Close other programs that use it and open the project again.")


def damaged(folder: Path, what: str) -> ProjectNotReadable:
    """Return the error for a project that cannot be used, naming the last good state where there is one."""
    # Here, because backups are made through a connection, and connections explain their errors.
    from cellwright.project.backup import backups

    kept = backups(folder)
    way = (
        f"The last good state is {kept[-1].name} in its folder backups; restore it."
        if kept
        else "There is no backup; copy the whole folder again from where it came from."
    )
    return ProjectNotReadable(f"The project {folder} is damaged: {what}. {way}")

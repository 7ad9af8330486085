"""The way from the tables of an older version to today's, with a copy made before the first step."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path

from cellwright.project.backup import back_up
from cellwright.project.connection import DATABASE, transaction
from cellwright.project.schema import (
    PIXEL_SIZE_TABLES,
    REVIEW_TABLES,
    RUN_TABLES,
    SIGN_OFF_TABLES,
    VERSION,
    statements,
)

Step = Callable[[sqlite3.Connection], None]


def _add_reviews(connection: sqlite3.Connection) -> None:
    for statement in statements(REVIEW_TABLES):
        connection.execute(statement)


def _add_runs(connection: sqlite3.Connection) -> None:
    for statement in statements(RUN_TABLES):
        connection.execute(statement)


def _add_sign_offs(connection: sqlite3.Connection) -> None:
    for statement in statements(SIGN_OFF_TABLES):
        connection.execute(statement)


def _add_pixel_sizes(connection: sqlite3.Connection) -> None:
    for statement in statements(PIXEL_SIZE_TABLES):
        connection.execute(statement)


STEPS: Mapping[int, Step] = {1: _add_reviews, 2: _add_runs, 3: _add_sign_offs, 4: _add_pixel_sizes}
"""From each older version the step to the next one."""


def migrate(
    connection: sqlite3.Connection, folder: Path, steps: Mapping[int, Step] = STEPS, version: int = VERSION
) -> Path | None:
    """Bring a project to `version`: all steps or none.

    Returns
    -------
    Path or None
        The copy made before; None where there was nothing to do.

    Raises
    ------
    OutputNotWritable
        If the copy cannot be made; then nothing is changed.
    """
    if version_of(connection) >= version:
        return None
    copy = back_up(connection, folder)
    with transaction(connection, folder / DATABASE):
        # Asked again now that nobody else writes: another window may have taken the steps meanwhile.
        for old in range(version_of(connection), version):
            steps[old](connection)
            connection.execute(f"PRAGMA user_version = {old + 1}")
    return copy


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of the tables, as the file's header says it."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])

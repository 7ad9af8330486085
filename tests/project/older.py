"""Projects as older versions wrote them, and what opening one must have done."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from cellwright.project import Project, backups
from cellwright.project.schema import VERSION
from tests.project import version_1, version_2, version_3, version_4
from tests.project.made import rows

_TABLES = {1: version_1.TABLES, 2: version_2.TABLES, 3: version_3.TABLES, 4: version_4.TABLES}
# What the tree of boxes writes by itself.
_OF_THE_TREE = ("region_node", "region_parent", "region_rowid")


def make_older(folder: Path, version: int) -> None:
    """Write the database of a project anew with the tables of an older version and what they can hold."""
    database = folder / "project.sqlite"
    new = folder / "old.sqlite"
    with contextlib.closing(sqlite3.connect(new, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("PRAGMA application_id = 1129794097")
        for statement in _TABLES[version].split(";\n"):
            connection.execute(statement)
        connection.execute("ATTACH ? AS today", (str(database),))
        names = "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        for (name,) in connection.execute(names).fetchall():
            if name not in _OF_THE_TREE:
                connection.execute(f"INSERT INTO {name} SELECT * FROM today.{name}")
    for old in (database, Path(f"{database}-wal"), Path(f"{database}-shm")):
        old.unlink(missing_ok=True)
    new.rename(database)


def assert_brought_to_today(folder: Path, version: int) -> None:
    """Assert that a project has the tables of a new one, and that a copy of the older version was kept."""
    Project.create(folder.parent / "new").close()
    question = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    assert set(rows(folder, question)) == set(rows(folder.parent / "new", question))
    assert rows(folder, "PRAGMA user_version") == [(VERSION,)]
    with contextlib.closing(sqlite3.connect(backups(folder)[0])) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (version,)

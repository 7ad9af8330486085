from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from cellwright.annotation import added
from cellwright.core import (
    BadParameter,
    OutputExists,
    ProjectNotReadable,
    ProjectNotWritable,
)
from cellwright.project import Project, backups, restore
from cellwright.project.migrate import migrate, version_of
from cellwright.project.schema import VERSION
from tests.project.made import everything, project_in, rows, seen, state, table


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A closed project with 2,000 objects and one backup."""
    with project_in(tmp_path) as project:
        project.add_objects(1, table(2000), "m")
    return tmp_path / "p"


def _set(folder: Path, pragma: str) -> None:
    with contextlib.closing(sqlite3.connect(folder / "project.sqlite")) as connection:
        connection.execute(f"PRAGMA {pragma}")
        connection.commit()


def test_a_new_project_is_a_database_in_wal_mode_and_a_folder_of_labels(tmp_path: Path) -> None:
    Project.create(tmp_path / "a" / "b").close()
    assert {entry.name for entry in (tmp_path / "a" / "b").iterdir()} == {"project.sqlite", "labels"}
    assert rows(tmp_path / "a" / "b", "PRAGMA journal_mode") == [("wal",)]
    with pytest.raises(OutputExists, match="not empty"):
        Project.create(tmp_path / "a")


def test_where_there_is_no_project_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(ProjectNotReadable, match="is no project"):
        Project(tmp_path)
    (tmp_path / "project.sqlite").write_bytes(b"")
    with pytest.raises(ProjectNotReadable, match="cut off after 0 bytes"):
        Project(tmp_path)
    (tmp_path / "project.sqlite").write_bytes(b"something else" * 100)
    with pytest.raises(ProjectNotReadable, match="no SQLite database"):
        Project(tmp_path)
    (tmp_path / "project.sqlite").unlink()
    with contextlib.closing(sqlite3.connect(tmp_path / "project.sqlite")) as connection:
        connection.execute("CREATE TABLE other (a)")
    with pytest.raises(ProjectNotReadable, match="another program"):
        Project(tmp_path)


def test_a_newer_version_is_left_alone(folder: Path) -> None:
    _set(folder, "user_version = 99")
    with pytest.raises(ProjectNotReadable, match="newer Cellwright"):
        Project(folder)
    assert rows(folder, "PRAGMA user_version") == [(99,)]


def test_half_copied_and_damaged_projects_name_the_last_good_state_and_come_back(folder: Path) -> None:
    with Project(folder, read_only=True) as project:
        before = everything(project)
    database = folder / "project.sqlite"
    whole = database.read_bytes()
    for broken in (
        whole[: len(whole) // 2],
        whole[:60],
        whole[:4096] + bytes(len(whole) - 4096),
        whole[:1000] + b"\xff" * 3096 + whole[4096:],
    ):
        database.write_bytes(broken)
        with pytest.raises(ProjectNotReadable, match="last good state is project-") as said:
            Project(folder)
        assert "\n" not in str(said.value)
        aside = restore(folder)
        assert aside.read_bytes() == broken
        with Project(folder, read_only=True) as project:
            assert everything(project) == before


def test_without_a_backup_the_way_out_is_another_copy(folder: Path) -> None:
    shutil.rmtree(folder / "backups")
    database = folder / "project.sqlite"
    database.write_bytes(database.read_bytes()[:9000])
    with pytest.raises(ProjectNotReadable, match="There is no backup"):
        Project(folder)
    with pytest.raises(ProjectNotReadable, match="no backup"):
        restore(folder)


def test_only_the_projects_own_backups_are_restored(folder: Path, tmp_path: Path) -> None:
    stray = tmp_path / "project-0.sqlite"
    stray.write_bytes(b"x")
    for name in (stray, "../blood.png", "/etc/passwd"):
        with pytest.raises(ProjectNotReadable, match="no backup"):
            restore(folder, name)


def test_a_project_opened_for_reading_is_not_written(folder: Path) -> None:
    before = (folder / "project.sqlite").read_bytes()
    with Project(folder, read_only=True) as project:
        assert len(seen(project)) == 2000
        with pytest.raises(ProjectNotWritable, match="reading only"):
            project.apply(added(1, [state()]), "A.")
    assert (folder / "project.sqlite").read_bytes() == before


def test_a_file_that_turns_read_only_is_told_from_a_damaged_one(folder: Path) -> None:
    with Project(folder) as project:
        project._connection.execute("PRAGMA query_only = ON")
        with pytest.raises(ProjectNotWritable, match="only be read"):
            project.apply(added(1, [state()]), "A.")
        project._connection.execute("PRAGMA query_only = OFF")


def test_a_locked_project_says_so(folder: Path) -> None:
    with contextlib.closing(sqlite3.connect(folder / "project.sqlite", isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("UPDATE edit SET reason = 'mine'")
        with pytest.raises(ProjectNotWritable, match="another window or program"):
            Project(folder, wait_ms=20)
        other.execute("ROLLBACK")


def test_a_closed_project_says_so(folder: Path) -> None:
    project = Project(folder)
    project.close()
    with pytest.raises(BadParameter, match="is closed"):
        project.undo("A.")


def test_migration_copies_first_and_takes_all_steps_or_none(folder: Path) -> None:
    def adds(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE picture ADD COLUMN note TEXT")

    def fails(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM edit")
        raise sqlite3.OperationalError("database or disk is full")

    shutil.rmtree(folder / "backups")
    with contextlib.closing(sqlite3.connect(folder / "project.sqlite", isolation_level=None)) as connection:
        with pytest.raises(ProjectNotWritable, match="disk is full"):
            migrate(connection, folder, {VERSION: adds, VERSION + 1: fails}, VERSION + 2)
        assert version_of(connection) == VERSION
        assert connection.execute("SELECT count(*) FROM edit").fetchone() == (3,)
        copy = migrate(connection, folder, {VERSION: adds}, VERSION + 1)
        assert version_of(connection) == VERSION + 1
        assert migrate(connection, folder, {VERSION: adds}, VERSION + 1) is None
    assert copy is not None
    with contextlib.closing(sqlite3.connect(copy)) as old:
        assert version_of(old) == VERSION


def test_closing_after_work_keeps_the_three_newest_copies(folder: Path) -> None:
    for step in range(4):
        with Project(folder) as project:
            project.apply(added(1, [state(step)]), "A.")
    with Project(folder) as project:
        assert len(seen(project)) == 2004
    assert len(backups(folder)) == 3
    restore(folder)
    with Project(folder) as project:
        assert len(seen(project)) == 2004
        project.check()

"""The head of a journal stays what it was while the project goes on, and changes with whatever is forged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cellwright.core import ProjectNotReadable
from cellwright.project import Project, journal_head
from tests.project.made import project_in, table


def forge(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "project.sqlite")) as database:
        database.execute(statement)
        database.commit()


def test_the_head_is_the_latest_entry_and_grows_with_the_journal(tmp_path: Path) -> None:
    project_in(tmp_path).close()
    first = journal_head(tmp_path / "p")
    assert first.entry == 2 and first == journal_head(tmp_path / "p", 2)
    with Project(tmp_path / "p") as project:
        project.undo("B.")
    second = journal_head(tmp_path / "p")
    assert second.entry == 3 and second.sha256 != first.sha256
    assert journal_head(tmp_path / "p", 2) == first, "what was there stays what it was"
    assert journal_head(tmp_path / "p", 99) == second


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE edit SET author = 'C.' WHERE id = 2",
        "UPDATE edit SET time = '2020-01-01' WHERE id = 1",
        "DELETE FROM record_change WHERE edit = 2 AND number = 0",
        "UPDATE record_change SET after = replace(after, 'NEU', 'LYM') WHERE edit = 2",
        "UPDATE shape SET y0 = y0 + 1 WHERE id = 1",
        "UPDATE change SET after_score = 0.5 WHERE edit = 3",
        "UPDATE source SET name = 'person:D.'",
    ],
)
def test_whatever_is_forged_changes_the_head(tmp_path: Path, statement: str) -> None:
    with project_in(tmp_path) as project:
        project.add_objects(1, table(5), "A.")
    before = journal_head(tmp_path / "p")
    forge(tmp_path / "p", statement)
    assert journal_head(tmp_path / "p") != before


def test_reading_the_head_changes_nothing_and_needs_a_project(tmp_path: Path) -> None:
    project_in(tmp_path).close()
    before = (tmp_path / "p" / "project.sqlite").read_bytes()
    journal_head(tmp_path / "p")
    assert (tmp_path / "p" / "project.sqlite").read_bytes() == before
    with pytest.raises(ProjectNotReadable):
        journal_head(tmp_path / "nowhere")

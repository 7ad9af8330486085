from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from cellwright.annotation import added, reclassified
from cellwright.core import EditRefused, ProjectNotWritable
from cellwright.project import Project
from tests.clean_process import run_in_clean_process
from tests.project.made import everything, project_in, seen, state, table

KILLS = 200
_NUMBER = 4


def _write_until_killed(folder: Path, acknowledge: int) -> None:
    """Edit without pause; the number of each journal entry is told once the project says that it is on disk."""
    project = Project(folder)
    for step in range(100_000):
        there = seen(project)
        if step % 5 == 4 and there:
            entry = project.undo("A.")
        elif step % 5 == 3 and there:
            entry = project.apply(reclassified(list(there.values())[:3], 1 + step % 2), "A.")
        elif step % 7 == 6:
            entry = project.change_objects(list(there), "A.", is_deleted=True)
        else:
            entry = project.apply(added(1, [state(step), state(step, class_id=2)]), "A.")
        if entry is not None:
            os.write(acknowledge, entry.id.to_bytes(_NUMBER, "big"))


def kill_over_and_over(place: str) -> None:
    """Kill a program that edits again and again; in a process of its own, since it forks."""
    project_in(Path(place)).close()
    folder, moments = Path(place) / "p", random.Random(4)
    acknowledged = 0
    for kill in range(KILLS):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            try:
                _write_until_killed(folder, writing)
            finally:
                os._exit(3)
        os.close(writing)
        first = os.read(reading, _NUMBER)  # it has begun to write
        time.sleep(moments.uniform(0, 0.02))
        os.kill(child, signal.SIGKILL)
        told = first
        while more := os.read(reading, 1 << 16):
            told += more
        os.close(reading)
        _, how = os.waitpid(child, 0)
        assert os.WIFSIGNALED(how), "the writer failed by itself"
        whole = told[: len(told) // _NUMBER * _NUMBER]
        newest = int.from_bytes(whole[-_NUMBER:], "big")
        acknowledged += len(whole) // _NUMBER
        # One more may have reached the disk before it could be told; less than what was told may not.
        with Project(folder, read_only=True) as project:
            entries = [entry.id for entry in project.journal()]
        assert entries == list(range(1, len(entries) + 1))
        assert newest <= len(entries) <= newest + 1
        if kill % 50 == 49:
            _refuse_another_state_than_the_journals(folder)
    assert acknowledged > KILLS


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that begin at once")
def test_killed_at_any_moment_every_acknowledged_edit_is_there(tmp_path: Path) -> None:
    run_in_clean_process(kill_over_and_over, tmp_path)


def _refuse_another_state_than_the_journals(folder: Path) -> None:
    with Project(folder) as project:
        project.check()
        before = everything(project)
        project.rebuild()
        assert everything(project) == before


def test_a_full_disk_keeps_the_last_good_state_and_says_so(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        project.apply(added(1, [state()]), "A.")
        before, length = everything(project), len(project.journal())
        pages = project._connection.execute("PRAGMA page_count").fetchone()[0]
        project._connection.execute(f"PRAGMA max_page_count = {pages + 3}")
        with pytest.raises(ProjectNotWritable, match="disk is full"):
            project.add_objects(1, table(5000), "m")
        assert (everything(project), len(project.journal())) == (before, length)
        project._connection.execute("PRAGMA max_page_count = 100000")
        project.check()
        project.add_objects(1, table(5000), "m")
        assert len(seen(project)) == 5001


def test_two_windows_see_each_other_and_refuse_to_overwrite(tmp_path: Path) -> None:
    with project_in(tmp_path) as one, Project(tmp_path / "p") as two:
        one.apply(added(1, [state()]), "A.")
        assert two.was_changed_elsewhere()
        assert not two.was_changed_elsewhere()
        (shared,) = seen(two).values()
        two.apply(reclassified([shared], 2), "B.")
        with pytest.raises(EditRefused, match="another window"):
            one.apply(reclassified([shared], 2), "A.")
        assert seen(one) == seen(two)
        one.undo("A.")
        assert seen(two) == {shared.id: shared}


def test_a_writer_waits_its_turn_and_then_says_who_is_in_the_way(tmp_path: Path) -> None:
    with project_in(tmp_path) as one, Project(tmp_path / "p", wait_ms=50) as two:
        one._connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(ProjectNotWritable, match="another window"):
            two.apply(added(1, [state()]), "B.")
        one._connection.execute("ROLLBACK")
        two.apply(added(1, [state()]), "B.")


def _add_many(folder: Path, n: int) -> None:
    with Project(folder, wait_ms=300_000) as project:
        for step in range(n):
            project.apply(added(1, [state(step)]), "A.")


def test_two_programs_writing_at_once_lose_nothing(tmp_path: Path) -> None:
    project_in(tmp_path).close()
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_add_many, args=(tmp_path / "p", 40)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    with Project(tmp_path / "p") as project:
        assert len(seen(project)) == 80
        project.check()


def test_an_edit_that_fails_halfway_leaves_nothing(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        before = everything(project)
        project._connection.execute(
            "CREATE TEMP TRIGGER no BEFORE UPDATE ON main.object BEGIN SELECT raise(FAIL, 'x'); END"
        )
        with pytest.raises((OSError, sqlite3.Error)):
            project.apply(added(1, [state()]), "A.")
        project._connection.execute("DROP TRIGGER temp.no")
        assert everything(project) == before
        assert not project._connection.in_transaction

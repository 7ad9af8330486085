from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from cellwright.annotation import (
    UNIDENTIFIED,
    Answer,
    AuditItemRecord,
    AuditRecord,
    ClassRecord,
    Draw,
    Drawn,
    Edit,
    EditKind,
    RecordChange,
    Status,
    added,
    judged,
    reclassified,
    sorted_into,
    window_judged,
)
from cellwright.core import BadParameter, Box
from cellwright.project import Project
from tests.project.made import everything, project_in, rows, seen, state, table, uuids
from tests.project.older import assert_brought_to_today, make_older


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A project of version 1 with 50 objects, and no backups."""
    with project_in(tmp_path) as project:
        project.add_objects(1, table(50), "m")
    make_older(tmp_path / "p", 1)
    shutil.rmtree(tmp_path / "p" / "backups")
    return tmp_path / "p"


def test_a_project_of_version_1_is_copied_and_brought_to_todays_tables(old: Path) -> None:
    assert rows(old, "PRAGMA user_version") == [(1,)]
    with Project(old) as project:
        before = everything(project)
        assert len(seen(project)) == 50
        assert project.mark_reviewed(1, Box(0, 0, 9, 9), "A.") is not None
        project.check()
        project.rebuild()
        assert everything(project) == before
    assert_brought_to_today(old, 1)


def test_a_project_of_version_1_can_be_read_without_being_changed(old: Path) -> None:
    bytes_before = (old / "project.sqlite").read_bytes()
    with Project(old, read_only=True) as project:
        assert (project.regions_reviewed(1), project.reviews(), project.audits()) == ([], [], [])
        assert str(project.progress()) == "0 of 50 reviewed"
        assert project.audit_progress(1).total == 0
    assert (old / "project.sqlite").read_bytes() == bytes_before


def test_every_answer_is_kept_with_how_it_was_drawn_and_undone_with_its_effect(tmp_path: Path) -> None:
    objects = table(30)
    names = uuids(objects)
    with project_in(tmp_path) as project:
        project.add_objects(1, objects, "m")
        project.apply(
            Edit(
                EditKind.AUDIT,
                records=(
                    RecordChange(None, AuditRecord(1, "2026-01-01T00:00:00+00:00", "A.", 5, 30, 1)),
                    RecordChange(None, AuditItemRecord(1, 1, 1, names[2].hex, 0, 1 / 30)),
                ),
            ),
            "A.",
        )
        there = seen(project)
        doubtful = {names[0]: Draw(Drawn.DOUBTFUL)}
        project.apply(judged([there[names[0]]], project.reviewer("A."), Status.ACCEPTED, doubtful), "A.")
        project.apply(judged([there[names[1]]], project.reviewer("A."), Status.REJECTED), "A.")
        audited = there[names[2]]
        other = 3 - audited.state.class_id
        draws = {name: project.audit_draws(1)[name.hex] for name in names[2:3]}
        project.apply(sorted_into([audited], project.reviewer("B."), other, draws), "B.")
        said = project.reviews(1)
        assert [(each.author, each.answer, each.drawn, each.probability, each.audit) for each in said] == [
            ("A.", Answer.ACCEPTED, Drawn.DOUBTFUL, None, None),
            ("A.", Answer.REJECTED, Drawn.FREE, None, None),
            ("B.", Answer.RECLASSIFIED, Drawn.AUDIT, 1 / 30, 1),
        ]
        assert (said[2].class_before, said[2].class_after, said[2].object) == (3 - other, other, names[2].hex)
        assert said[2].score == pytest.approx(audited.state.score)
        assert all(each.time for each in said)
        assert str(project.progress(1)) == "3 of 30 reviewed"
        assert (project.audit_progress(1).reviewed, project.audit_progress(1).total) == (1, 1)
        statuses = [seen(project)[name].state.status for name in names[:3]]
        assert statuses == [Status.ACCEPTED, Status.REJECTED, Status.CORRECTED]
        project.undo("A.")
        assert project.reviews(1) == said[:2]
        assert seen(project)[names[2]] == audited
        project.redo("A.")
        assert project.reviews(1) == said
        project.rebuild()
        assert project.reviews() == said
        project.check()


def test_progress_is_of_what_counts_and_of_what_was_answered(tmp_path: Path) -> None:
    objects = table(100)
    with project_in(tmp_path) as project:
        project.add_objects(1, objects, "m")
        least = int(np.argmin(objects.scores))
        project.change_objects([uuids(objects)[least]], "A.", status=Status.REJECTED)
        counted = (objects.scores >= np.where(objects.class_index == 0, 0.5, 0.8)).sum()
        assert str(project.progress(1, {1: 0.5, 2: 0.8})) == f"1 of {counted + 1} reviewed"
        assert str(project.progress()) == "1 of 100 reviewed"


def test_bulk_answers_are_one_step_with_a_review_each(tmp_path: Path) -> None:
    objects = table(200)
    with project_in(tmp_path) as project:
        project.add_objects(1, objects, "m")
        before = everything(project)
        project.apply(judged(list(seen(project).values()), project.reviewer("A."), Status.ACCEPTED), "A.")
        assert len({each.object for each in project.reviews()}) == 200
        assert str(project.progress()) == "200 of 200 reviewed"
        project.undo("A.")
        assert everything(project) == before
        assert project.reviews() == []


def test_a_cell_that_nobody_can_tell_brings_its_class_along_in_the_same_step(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        project.apply(added(1, [state(), state(50)]), "A.")
        cell, _ = seen(project).values()
        kind = ClassRecord(3, UNIDENTIFIED, "Unidentified", "#888888")
        project.apply(sorted_into([cell], project.reviewer("A."), kind), "A.")
        assert [each.name for each in project.classes()] == ["NEU", "EOS", UNIDENTIFIED]
        assert seen(project)[cell.id].state.class_id == 3
        project.undo("A.")
        assert [each.name for each in project.classes()] == ["NEU", "EOS"]
        assert seen(project)[cell.id] == cell


def test_confirming_a_class_or_accepting_a_correction_changes_no_status_but_is_written_down(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        project.apply(added(1, [state(), state(50, class_id=2)]), "A.")
        project.apply(reclassified(list(seen(project).values())[:1], 2), "A.")
        project.apply(sorted_into(list(seen(project).values()), project.reviewer("A."), 2), "A.")
        assert sorted(each.state.status for each in seen(project).values()) == [Status.ACCEPTED, Status.CORRECTED]
        assert [each.answer for each in project.reviews()] == [Answer.ACCEPTED] * 2


def test_regions_are_marked_once_and_undone(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        assert project.mark_reviewed(1, Box(0, 0, 100, 100), "A.") is not None
        assert project.mark_reviewed(1, Box(10, 10, 20, 20), "A.") is None
        project.mark_reviewed(1, Box(50, 50, 200, 120), "B.")
        assert project.regions_reviewed(1) == [Box(0, 0, 100, 100), Box(50, 50, 200, 120)]
        assert project.regions_reviewed(2) == []
        project.undo("A.")
        assert project.regions_reviewed(1) == [Box(0, 0, 100, 100)]
        with pytest.raises(BadParameter, match="at least one pixel"):
            project.mark_reviewed(1, Box(300, 300, 300, 305), "A.")


def test_a_window_without_missed_cells_counts_as_looked_at_in_full(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        project.apply(window_judged(1, Box(0, 0, 64, 64), project.reviewer("A."), is_complete=True), "A.")
        project.apply(window_judged(1, Box(64, 0, 128, 64), project.reviewer("A."), is_complete=False), "A.")
        assert [each.answer for each in project.reviews()] == [Answer.NOTHING_MISSED, Answer.MISSED]
        assert {each.drawn for each in project.reviews()} == {Drawn.EMPTY_WINDOW}
        assert {each.probability for each in project.reviews()} == {None}
        assert project.regions_reviewed(1) == [Box(0, 0, 64, 64)]


@pytest.mark.parametrize(
    "draw", [(Drawn.AUDIT, None, 1), (Drawn.AUDIT, 0.5, None), (Drawn.FREE, 0.5, None), (Drawn.AUDIT, 0.0, 1)]
)
def test_chance_is_claimed_where_it_was_at_work_and_nowhere_else(
    draw: tuple[Drawn, float | None, int | None],
) -> None:
    with pytest.raises(BadParameter, match=r"drawn with|an audit drew"):
        Draw(*draw)

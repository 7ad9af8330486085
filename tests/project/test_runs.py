"""Runs and regions of interest in a project: their tables, the way there from older ones, and steps that take long."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from cellwright.annotation import ClassRecord, ModelRecord, Status, added, reviewed
from cellwright.core import Box, EditRefused, Objects, Regions, TileRecord, TileState, UnknownName
from cellwright.project import Project, RunStage, RunStep
from tests.project.made import everything, project_in, rows, seen, state, table
from tests.project.older import assert_brought_to_today, make_older

MODEL = ModelRecord(1, "blood", "a" * 64)
TILES = [TileRecord(Box(0, x, 100, x + 100), TileState.PENDING) for x in range(0, 500, 100)]


def begun(project: Project, parameters: str = "{}") -> int:
    return project.begin_run(1, MODEL, parameters, TILES, "A.")


def test_a_project_of_version_2_is_copied_and_brought_to_todays_tables(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        project.add_objects(1, table(50), "m")
        project.mark_reviewed(1, Box(0, 0, 9, 9), "A.")
    folder = tmp_path / "p"
    make_older(folder, 2)
    shutil.rmtree(folder / "backups")
    with Project(folder, read_only=True) as project:
        assert (project.runs(1), project.coverage(1).records, project.run_status(1)) == ([], (), None)
        assert project.regions_of_interest(1).is_everything
    assert rows(folder, "PRAGMA user_version") == [(2,)]
    with Project(folder) as project:
        before = everything(project)
        assert project.set_regions_of_interest(1, Regions.of_boxes(Box(0, 0, 9, 9)), "A.") is not None
        project.check()
        project.rebuild()
        assert everything(project) == before
        assert len(project.regions_of_interest(1).include) == 1
        assert len(project.regions_reviewed(1)) == 1
    assert_brought_to_today(folder, 2)


def test_what_comes_in_pieces_is_undone_and_redone_as_one_step(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        run = begun(project)
        for number in range(3):
            step = RunStep(table(20, number), {number: (TileState.ANALYSED, "")}, {}, {"objects": 20})
            project.write_run_step(run, step, "A.")
        person = project.apply(added(1, [state()]), "B.")
        project.write_run_step(run, RunStep(table(20, 9)), "A.")
        full = everything(project)
        assert len(seen(project)) == 81
        assert project.journal()[-1].action == "more"
        undone = project.undo("A.")
        assert undone is not None
        assert undone.target == person.id
        project.undo("A.")
        assert (len(seen(project)), project.runs()) == (0, [])
        with pytest.raises(UnknownName):
            project.write_run_step(run, RunStep(table(5, 11)), "A.")
        project.redo("A.")
        project.redo("A.")
        assert everything(project) == full
        project.rebuild()
        assert everything(project) == full
        status = project.run_status(run)
        assert status is not None
        assert status.totals == {"objects": 60}


def test_a_run_keeps_an_account_and_is_found_again(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        run = begun(project, '{"a": 1}')
        assert project.find_run(1, MODEL.sha256, "{}") is None
        found = project.find_run(1, MODEL.sha256, '{"a": 1}')
        assert found is not None
        assert (found.run.id, found.stage) == (run, RunStage.UNFINISHED)
        tiles = {0: (TileState.ANALYSED, ""), 1: (TileState.FAILED, "no")}
        project.write_run_step(run, RunStep(None, tiles, {0: b"seam", 1: None}), "A.")
        project.write_run_step(run, RunStep(kept={0: b"rest"}), "A.")
        assert project.kept(run) == {0: b"rest"}
        project.finish_run(run, "A.")
        coverage = project.coverage(run)
        assert [record.state.value for record in coverage.records] == ["analysed", "failed", *["pending"] * 3]
        assert coverage.records[1].reason == "no"
        assert project.runs(1)[0].coverage == pytest.approx(0.2)
        assert project.reopen_run(run, np.zeros(0, "V16"), {}, "A.") == 1
        assert project.coverage(run).count(TileState.FAILED) == 0
        assert begun(project) == run + 1
        assert len(project.models()) == 1


def test_what_people_did_stays_when_a_model_looks_again(tmp_path: Path) -> None:
    objects = table(30)
    with project_in(tmp_path) as project:
        first = begun(project)
        project.write_run_step(first, RunStep(objects), "A.")
        project.finish_run(first, "A.")
        there = list(seen(project).values())
        project.change_objects([there[0].id], "B.", is_deleted=True)
        project.apply(reviewed([there[1]], Status.ACCEPTED), "B.")
        second = begun(project, '{"again": true}')
        keep = np.arange(30) < 10
        project.write_run_step(second, RunStep(objects.take(keep)), "A.")
        project.finish_run(second, "A.", superseded=Regions.everything())
        expected = {each.tobytes() for each in objects.ids[:10]} | {there[1].id.bytes}
        expected -= {there[0].id.bytes}
        assert {name.bytes for name in seen(project)} == expected


def test_classes_of_the_model_come_with_the_run(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        kinds = [ClassRecord(1, "NEU", "Neutrophil", "#000000"), ClassRecord(1, "LYM", "Lymphocyte", "#000000")]
        run = project.begin_run(1, MODEL, "{}", TILES, "A.", classes=kinds)
        assert [each.name for each in project.classes()] == ["NEU", "EOS", "LYM"]
        assert project.classes()[0].title == "NEU"
        strange = Objects.empty(("ODD",), "model:x@1")
        project.write_run_step(run, RunStep(strange), "A.")
        one = table(1)
        odd = Objects(one.ids, one.boxes, np.zeros(1, np.int16), one.scores, ("ODD",), "model:x@1")
        with pytest.raises(UnknownName):
            project.write_run_step(run, RunStep(odd), "A.")
        wrong = Objects(one.ids, one.boxes[:, [2, 3, 0, 1]], one.class_index, one.scores, one.classes, one.source)
        with pytest.raises(EditRefused):
            project.write_run_step(run, RunStep(wrong, {0: (TileState.ANALYSED, "")}), "A.")
        assert project.coverage(run).count(TileState.ANALYSED) == 0

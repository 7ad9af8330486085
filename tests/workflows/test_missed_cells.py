"""Windows drawn at random say how many cells were missed; what counted before, or lies elsewhere, was not."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from PIL import Image

from cellwright.annotation import (
    AnnotatedObject,
    Draw,
    Drawn,
    Geometry,
    ObjectState,
    Status,
    added,
    judged,
    window_judged,
)
from cellwright.core import BadParameter, Objects
from cellwright.project import Project
from cellwright.workflows.audit import Strata, draw_audit, populations, window_populations
from cellwright.workflows.audited_counts import audited_counts
from cellwright.workflows.missed_cells import missed_cells

SIDE = 200
LIMITS = {"WBC": 0.5, "RBC": 0.5}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A picture of 200² with one found red cell in each window of its left half; one more is not sure enough."""
    picture = tmp_path / "smear.png"
    Image.fromarray(np.full((SIDE, SIDE, 3), 200, np.uint8)).save(picture)
    made = Project.create(tmp_path / "cells")
    made.add_pictures([picture], "A.")
    made.add_classes([(name, name, "#0072B2", "") for name in LIMITS], "A.")
    corners = np.array([[y, x] for y in range(6, 200, 40) for x in (6, 46)] + [[126, 126]], np.float32)
    n = len(corners)
    scores = np.full(n, 0.9, np.float32)
    scores[-1] = 0.2
    ids = np.frombuffer(np.random.default_rng(3).bytes(16 * n), "V16")
    boxes = np.concatenate([corners, corners + 10], axis=1)
    made.add_objects(1, Objects(ids, boxes, np.ones(n, np.int16), scores, ("WBC", "RBC")), "A.")
    return made


def draw(project: Project, windows: int, size: int = 10) -> None:
    limits = {each.id: LIMITS[each.name] for each in project.classes()}
    there = window_populations(project, {1: (SIDE, SIDE)}, limits)
    assert sum(len(each.members) for each in there) == 25, "windows of 40 pixels"
    groups = populations(project, Strata.NONE, decisions=limits)
    project.apply(draw_audit(groups, size, 1, "A.", project.next_audit(), LIMITS, there, windows), "A.")


def look(project: Project, *, at_most: int = 99, missed: bool = False) -> None:
    items = [each for each in project.audit_items(1) if each.window is not None]
    for item in items[:at_most]:
        how = Draw(Drawn.AUDIT, item.probability, 1)
        assert item.window is not None
        edit = window_judged(1, item.window, project.reviewer("A."), is_complete=not missed, draw=how)
        project.apply(edit, "A.")


def draw_cell(project: Project, y: float, x: float, class_id: int = 1) -> None:
    state = ObjectState(Geometry.of_box(y, x, y + 10, x + 10), class_id, None, "person:A.", Status.CORRECTED)
    project.apply(added(1, [state]), "A.")


def objects(project: Project) -> list[AnnotatedObject]:
    return project.objects_in(1)


def test_an_audit_of_every_window_tells_every_missed_cell(project: Project) -> None:
    with project:
        draw_cell(project, 5, 165)  # drawn before: it counts already
        draw(project, 25)
        look(project)
        assert missed_cells(project, 1).total.value == 0
        for y, x, kind in ((85, 85, 1), (90, 130, 1), (165, 5, 2)):
            draw_cell(project, y, x, kind)
        unsure = next(each for each in objects(project) if each.state.score == pytest.approx(0.2))
        project.apply(judged([unsure], project.reviewer("A."), Status.ACCEPTED), "A.")
        found = missed_cells(project, 1)
        assert (found.answered, found.drawn, found.population, found.found) == (25, 25, 25, 4)
        assert (found.total.value, *found.total.interval) == (4, 4, 4)
        assert {kind: each.value for kind, each in found.by_class.items()} == {1: 2, 2: 2}
        assert found.notes == ()
        drawn = next(each for each in objects(project) if each.state.geometry.box[0] == 165)
        project.apply(judged([drawn], project.reviewer("A."), Status.REJECTED), "A.")
        assert missed_cells(project, 1).total.value == 3


def test_windows_looked_at_stand_for_the_rest(project: Project) -> None:
    with project:
        draw(project, 20)
        look(project, at_most=12)
        drawn = [each.window for each in project.audit_items(1) if each.window is not None]
        window = drawn[0]
        assert window is not None
        draw_cell(project, window.y0 + 10, window.x0 + 10)
        found = missed_cells(project, 1)
        assert 1 < found.total.value < 3
        low, high = found.total.interval
        assert low == 1
        assert high > found.total.value
        assert any("12 of 20 drawn windows" in note for note in found.notes)


def test_cells_said_to_be_missed_and_not_drawn_are_asked_for(project: Project) -> None:
    with project:
        draw(project, 25)
        look(project, missed=True)
        assert any("In 25 windows cells were said to be missed" in note for note in missed_cells(project, 1).notes)


def test_counts_corrected_by_the_cells_of_an_audit_leave_its_windows_out(project: Project) -> None:
    with project:
        draw(project, 25)
        draws = project.audit_draws(1)
        for item in [each for each in project.audit_items(1) if each.window is None]:
            each = project.object(UUID(hex=item.object))
            assert each is not None
            edit = judged([each], project.reviewer("A."), Status.ACCEPTED, {each.id: draws[item.object]})
            project.apply(edit, "A.")
        found = audited_counts(project, 1)
        assert (found.population, found.drawn, found.answered) == (10, 10, 10)
        assert found.row_named("RBC").corrected.value == 10
        assert found.missed is None
        assert any("Nobody has looked at a window" in note for note in found.notes)
        look(project)
        again = audited_counts(project, 1)
        assert again.missed is not None
        assert again.missed.total.value == 0
        assert len(again.notes) == 1


def test_an_audit_without_windows_tells_nothing_of_missed_cells(project: Project) -> None:
    with project:
        for number in (1, 2):
            with pytest.raises(BadParameter):
                missed_cells(project, number)
            if number == 1:
                draw(project, 0)
        draw(project, 10, size=0)
        with pytest.raises(BadParameter, match="Nobody has looked"):
            missed_cells(project, 2)
        with pytest.raises(BadParameter, match="windows alone"):
            audited_counts(project, 2)

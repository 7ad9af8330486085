from __future__ import annotations

import tempfile
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cellwright.annotation import (
    ClassRecord,
    Edit,
    EditKind,
    Geometry,
    RecordChange,
    RunRecord,
    Status,
    added,
    deleted,
    merged,
    reclassified,
    reshaped,
    reviewed,
    split,
)
from cellwright.core import Box, EditRefused, Masks, UnknownName
from cellwright.project import Project
from tests.project.made import PERSON, everything, project_in, rows, seen, state, table, uuids


def test_undo_and_redo_go_to_the_beginning_and_back_across_restarts(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    trail = [everything(project)]
    edit = added(1, [state(), state(40), state(80, score=0.5)])
    for step in range(6):
        objects = list(seen(project).values())
        project.apply(
            [
                lambda _: edit,
                lambda o: reclassified(o, 2, "eosinophils"),
                lambda o: reshaped(
                    o[0], Geometry.of_mask(Masks.from_spans(np.zeros(1, int), np.array([[1, 2, 9]]), 1))
                ),
                lambda o: split(o[0], [Geometry.of_box(0, 0, 2, 2), Geometry.of_box(2, 0, 4, 2)], PERSON),
                lambda o: merged(o[:2], Geometry.of_polygon([np.array([[0, 0], [0, 5], [5, 5.0]])])),
                deleted,
            ][step](objects),
            "A.",
        )
        trail.append(everything(project))
    assert project.redo("B.") is None
    for there in trail[-2::-1]:
        project.close()
        project = Project(tmp_path / "p")
        entry = project.undo("B.")
        assert entry is not None
        assert entry.action == "undo"
        assert everything(project) == there
    for there in trail[1:]:
        project.close()
        project = Project(tmp_path / "p")
        assert project.redo("B.") is not None
        assert everything(project) == there
    assert project.next_redo() is None
    project.rebuild()
    assert everything(project) == trail[-1]
    project.check()
    project.close()


def test_something_new_ends_what_could_be_done_again(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        project.apply(added(1, [state()]), "A.")
        project.undo("A.")
        assert project.next_redo() is not None
        project.apply(added(1, [state(5)]), "A.")
        assert project.next_redo() is None
        project.undo("A.")
        project.redo("A.")
        assert [each.state for each in seen(project).values()] == [state(5)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from("adcrmubxU"), st.integers(0, 9)), max_size=14))
def test_any_work_replays_to_the_same_state_and_undoes_to_the_same_beginning(steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = project_in(Path(folder))
        beginning, records = everything(project), len(project.journal())
        for step, number in steps:
            before = everything(project)
            there = sorted(seen(project).values(), key=lambda each: each.id)
            some = there[number % len(there) :][:3] if there else []
            did = _take(project, step, number, some)
            after = everything(project)
            if did:
                project.undo("A.")
                assert everything(project) == before
                project.redo("A.")
                assert everything(project) == after
        last = everything(project)
        project.rebuild()
        assert everything(project) == last
        assert len(project.journal()) >= records
        while {each.id for each in project.pictures()} and everything(project) != beginning:
            assert project.undo("A.") is not None
        project.check()
        project.close()


def _take(project: Project, step: str, number: int, some: list) -> bool:
    """One step of work; True if it is something new that can be undone."""
    if step == "u":
        if len(project.journal()) > 2 and seen(project):
            project.undo("A.")
        return False
    if step == "U":
        project.redo("A.")
        return False
    if step == "b":
        project.add_objects(1, table(5, number), "m")
        return True
    if step == "a":
        project.apply(added(1, [state(number), state(number, class_id=2)]), "A.")
        return True
    if not some:
        return False
    if step == "x":
        return project.change_objects([each.id for each in some], "A.", class_id=1 + number % 2) is not None
    edit = {
        "d": lambda: deleted(some),
        "c": lambda: reclassified(some, 1 + number % 2),
        "r": lambda: reviewed(some, Status.REJECTED),
        "m": lambda: reshaped(some[0], Geometry.of_box(number, number, number + 1.5, number + 2)),
    }[step]()
    project.apply(edit, "A.")
    return True


def test_a_bulk_change_is_one_step(tmp_path: Path) -> None:
    objects = table(500)
    with project_in(tmp_path) as project:
        project.add_objects(1, objects, "m", "first look")
        before = everything(project)
        entry = project.change_objects(uuids(objects)[:300], "A.", class_id=2)
        assert entry is not None
        assert 0 < entry.objects <= 300
        assert sum(each.state.status is Status.CORRECTED for each in seen(project).values()) == entry.objects
        assert project.change_objects(uuids(objects)[:300], "A.", class_id=2) is None
        project.change_objects(uuids(objects), "A.", is_deleted=True)
        assert not seen(project)
        project.undo("A.")
        project.undo("A.")
        assert everything(project) == before


def test_a_second_look_leaves_what_people_corrected_and_deleted_objects_come_back(tmp_path: Path) -> None:
    objects = table(20)
    first, second = uuids(objects)[:2]
    with project_in(tmp_path) as project:
        project.add_objects(1, objects, "m")
        project.apply(reclassified([seen(project)[first]], 3 - seen(project)[first].state.class_id), "A.")
        project.apply(deleted([seen(project)[second]]), "A.")
        corrected = seen(project)[first]
        assert project.add_objects(1, objects, "m").objects == 1
        assert seen(project)[first] == corrected
        assert second in seen(project)


def test_a_viewport_holds_what_reaches_into_it(tmp_path: Path) -> None:
    objects, box = table(400), Box(200, 300, 500, 450)
    with project_in(tmp_path) as project:
        project.add_objects(1, objects, "m")
        y0, x0, y1, x1 = objects.boxes.T
        inside = (y0 < box.y1) & (y1 > box.y0) & (x0 < box.x1) & (x1 > box.x0)
        assert {each.id for each in project.objects_in(1, box)} == set(uuids(objects.take(inside)))
        assert project.objects_in(2, box) == []
        assert sum(project.counts(1).values()) == 400


def test_history_tells_what_happened_to_one_object(tmp_path: Path) -> None:
    objects = table(3)
    name = uuids(objects)[0]
    with project_in(tmp_path) as project:
        project.add_objects(1, objects, "m")
        project.change_objects([name], "A.", class_id=1)
        project.change_objects([name], "A.", class_id=2, reason="granules")
        project.undo("B.")
        project.redo("B.")
        project.change_objects([name], "A.", status=Status.ACCEPTED)
        lines = project.history(name)
        assert lines[0].text == f"blood {objects.scores[0]:.2f}: {objects.classes[objects.class_index[0]]}"
        assert [line.text for line in lines[-4:]] == [
            "A. reclassified NEU → EOS",
            "B. undid: reclassified NEU → EOS",
            "B. redid: reclassified NEU → EOS",
            "A. set it to accepted",
        ]
        assert lines[-4].reason == "granules"
        assert project.history(UUID(int=5)) == []


def test_an_edit_of_yesterdays_state_is_refused_and_leaves_no_trace(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        project.apply(added(1, [state()]), "A.")
        (old,) = seen(project).values()
        project.apply(reclassified([old], 2), "A.")
        before, length = everything(project), len(project.journal())
        for edit in (reclassified([old], 2), deleted([old]), added(1, [state(class_id=9)]), added(5, [state()])):
            with pytest.raises(EditRefused):
                project.apply(edit, "A.")
        with pytest.raises(EditRefused, match="already"):
            project.add_classes([("NEU", "x", "#000000", "")], "A.")
        gone = project.classes()[1]
        with pytest.raises(EditRefused, match="still belong"):
            project.apply(Edit(EditKind.CLASSES, records=(RecordChange(gone, None),)), "A.")
        with pytest.raises(UnknownName):
            project.add_objects(1, table(3).__class__.empty(("LYM",)), "m")
        assert (everything(project), len(project.journal())) == (before, length)


def test_classes_models_and_runs_are_edited_and_undone_like_objects(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        before = everything(project)
        old = project.classes()[0]
        new = ClassRecord(old.id, "NEUTRO", "Neutrophil", "#009E73", "n")
        run = RunRecord(1, 1, 1, '{"score": 0.3}', 0.5)
        project.apply(Edit(EditKind.MIXED, records=(RecordChange(old, new), RecordChange(None, run))), "A.")
        assert (project.classes()[0], project.runs()) == (new, [run])
        project.undo("A.")
        assert everything(project) == before


def test_objects_with_masks_are_kept_with_every_pixel(tmp_path: Path) -> None:
    masks = Masks.from_spans(np.array([0, 0, 1]), np.array([[3, 1, 4], [4, 1, 3], [9, 9, 12]]), 3)
    plain = table(3)
    objects = type(plain)(*(getattr(plain, name) for name in plain.__slots__[:-1]), masks)
    with project_in(tmp_path) as project:
        project.add_objects(1, objects, "m")
        found = [seen(project)[name].state.geometry for name in uuids(objects)]
        assert [place.kind.value for place in found] == ["mask", "mask", "box"]
        assert found[0].masks().equals(masks.take(np.array([0])))
        assert found[1].box == (9, 9, 10, 12)
    assert rows(tmp_path / "p", "SELECT count(*) FROM shape WHERE kind = 'mask'") == [(2,)]

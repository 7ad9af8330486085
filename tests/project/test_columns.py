"""Objects column by column say the same as objects one by one, and what changed is told exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cellwright.annotation import Geometry, ObjectState, Status, added, reviewed
from cellwright.project import Project, copy_project
from tests.project.made import PERSON, everything, project_in, table, uuids


def test_columns_are_the_objects(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        project.add_objects(1, table(50), "A.")
        project.apply(
            added(1, [ObjectState(Geometry.of_polygon([np.array([[0, 0], [0, 9], [9, 9]])]), 2, None, PERSON)]), "A."
        )
        found = project.columns(1)
        single = {each.id.bytes: each.state for each in project.objects_in(1)}
        assert len(found) == len(single) == 51
        for row, name in enumerate(each.tobytes() for each in found.ids):
            state = single[name]
            np.testing.assert_allclose(found.boxes[row], state.geometry.box)
            assert found.class_ids[row] == state.class_id
            assert tuple(Status)[found.status[row]] is state.status
            assert found.by_person[row] == state.source.startswith("person:")
            assert np.isnan(found.scores[row]) == (state.score is None)
        assert found.masks is not None
        assert found.masks.areas()[:50].max() == 0
        assert found.masks.areas()[50] > 30


def test_changes_name_what_is_there_and_what_is_gone(tmp_path: Path) -> None:
    objects = table(10)
    with project_in(tmp_path) as project:
        project.add_objects(1, objects, "A.")
        before = project.newest()
        names = uuids(objects)
        project.change_objects(names[:2], "A.", is_deleted=True)
        one = project.object(names[5])
        assert one is not None
        project.apply(reviewed([one], Status.ACCEPTED), "A.")
        (change,) = project.changes_since(before)
        assert {each.tobytes() for each in change.gone} == {name.bytes for name in names[:2]}
        assert [each.tobytes() for each in change.present.ids] == [names[5].bytes]
        assert set(project.deleted(1)) == {name.bytes for name in names[:2]}
        project.undo("A.")
        project.undo("A.")
        assert project.deleted(1) == []
        assert project.changes_since(project.newest()) == []


def test_a_new_analysis_replaces_in_one_step(tmp_path: Path) -> None:
    old, new = table(10), table(7, seed=1)
    with project_in(tmp_path) as project:
        project.add_objects(1, old, "A.")
        before = everything(project)
        entry = project.add_objects(1, new, "A.", replaced=uuids(old))
        assert entry.objects == 17
        assert {each.id for each in project.objects_in(1)} == set(uuids(new))
        project.undo("A.")
        assert everything(project) == before


def test_undo_passes_by_what_was_done_aside(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        project.add_objects(1, table(3), "A.")
        other = tmp_path / "other.png"
        other.write_bytes(b"another picture")
        project.undo("A.")
        project.add_pictures([other], "A.", is_aside=True)
        after = everything(project)
        project.redo("A.")
        assert len(project.objects_in(1)) == 3, "redo is still there"
        project.undo("A.")
        assert everything(project) == after, "and the picture stays"
        project.rebuild()
        assert everything(project) == after


def test_a_copy_has_everything_and_finds_its_pictures(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        project.add_objects(1, table(20), "A.")
        far = tmp_path / "a" / "b" / "c" / "copy"
        with copy_project(project, far, "A.") as copy:
            assert copy.objects_in(1).__len__() == 20
            (picture,) = copy.pictures()
            assert copy.picture_path(picture) == (tmp_path / "blood.png").resolve()
            entry = copy.next_undo()
            assert entry is not None
            assert entry.kind.value == "analyse", "the move is no step of work"
            copy.check()
        assert Project(far).pictures()

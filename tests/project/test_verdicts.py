"""What is said of many objects in one go is what would have been said of them one by one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from cellwright.annotation import (
    UNIDENTIFIED,
    AnnotatedObject,
    ClassRecord,
    Drawn,
    Edit,
    EditKind,
    RecordChange,
    Reviewer,
    ReviewRecord,
    Status,
    Verdict,
    deleted,
    judged,
    sorted_into,
    with_reviews,
)
from cellwright.core import BadParameter, EditRefused
from cellwright.project import Project
from tests.project.made import everything, project_in, seen, table, uuids

Way = Callable[[Sequence[AnnotatedObject], Reviewer], Edit]
WAYS: dict[str, tuple[Verdict, Way]] = {
    "accept": (Verdict(status=Status.ACCEPTED), lambda each, who: judged(each, who, Status.ACCEPTED)),
    "reject": (Verdict(status=Status.REJECTED), lambda each, who: judged(each, who, Status.REJECTED)),
    "class": (Verdict(class_id=2), lambda each, who: sorted_into(each, who, 2)),
    "delete": (Verdict(is_deleted=True), lambda each, who: with_reviews(deleted(each), who)),
}


def mixed(folder: Path) -> Project:
    """A project whose objects stand in every way: of both classes, unreviewed, accepted, corrected, rejected."""
    folder.mkdir()
    project = project_in(folder)
    objects = table(80, seed=3)
    project.add_objects(1, objects, "m")
    names = uuids(objects)
    project.change_objects(names[:20], "B.", class_id=1)
    project.change_objects(names[20:35], "B.", status=Status.ACCEPTED)
    project.change_objects(names[35:50], "B.", status=Status.REJECTED)
    return project


def answers(project: Project) -> set[tuple[object, ...]]:
    """Every answer, without its number and its time."""
    rest = [field.name for field in dataclasses.fields(ReviewRecord) if field.name not in ("id", "time")]
    return {tuple(getattr(each, name) for name in rest) for each in project.reviews()}


@pytest.mark.parametrize("way", WAYS)
def test_many_at_once_is_the_same_as_one_by_one(way: str, tmp_path: Path) -> None:
    verdict, edit_of = WAYS[way]
    with mixed(tmp_path / "a") as one_by_one, mixed(tmp_path / "b") as at_once:
        before = everything(at_once)
        chosen = list(seen(one_by_one).values())[10:70]
        edit = edit_of(chosen, one_by_one.reviewer("A."))
        one_by_one.apply(edit, "A.")
        entry = at_once.answer_many([each.id for each in chosen], verdict, "A.")
        assert entry is not None
        assert (entry.kind, entry.objects) == (edit.kind, len(edit.objects))
        assert everything(at_once) == everything(one_by_one)
        assert answers(at_once) == answers(one_by_one) != set()
        said = at_once.reviews()
        assert len({each.id for each in said}) == len(said)
        assert at_once.undo("A.") is not None
        assert everything(at_once) == before
        assert not at_once.reviews()
        at_once.redo("A.")
        assert at_once.reviews() == said
        at_once.rebuild()
        at_once.check()
        assert everything(at_once) == everything(one_by_one)
        assert at_once.reviews() == said


def test_what_changes_nothing_leaves_the_journal_alone(tmp_path: Path) -> None:
    with mixed(tmp_path / "a") as project:
        names = list(seen(project))
        assert project.answer_many(names, Verdict(class_id=1), "A.") is not None
        newest = project.newest()
        assert project.answer_many(names, Verdict(class_id=1), "A.") is None
        assert project.answer_many([], Verdict(is_deleted=True), "A.") is None
        assert project.newest() == newest
        project.answer_many(names, Verdict(is_deleted=True), "A.")
        assert project.answer_many(names, Verdict(is_deleted=True), "A.") is None


def test_a_new_class_comes_and_goes_with_its_objects(tmp_path: Path) -> None:
    with mixed(tmp_path / "a") as project:
        before, kind = everything(project), ClassRecord(3, UNIDENTIFIED, "Unidentified", "#888888", "0")
        verdict = Verdict(class_id=3, drawn=Drawn.DOUBTFUL, records=(RecordChange(None, kind),))
        entry = project.answer_many(list(seen(project)), verdict, "A.")
        assert entry is not None
        assert entry.kind is EditKind.MIXED
        assert {each.state.class_id for each in seen(project).values()} == {3}
        assert {each.drawn for each in project.reviews()} == {Drawn.DOUBTFUL}
        project.undo("A.")
        assert everything(project) == before


def test_a_class_that_is_not_there_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    with mixed(tmp_path / "a") as project:
        before, newest = everything(project), project.newest()
        with pytest.raises(EditRefused, match="class"):
            project.answer_many(list(seen(project)), Verdict(class_id=7), "A.")
        assert (everything(project), project.newest(), project.reviews()) == (before, newest, [])


def test_a_verdict_says_one_thing() -> None:
    for said in ({}, {"class_id": 1, "is_deleted": True}, {"status": Status.CORRECTED}):
        with pytest.raises(BadParameter, match="say one of these"):
            Verdict(**said)
    with pytest.raises(BadParameter, match="one by one"):
        Verdict(class_id=1, drawn=Drawn.AUDIT)

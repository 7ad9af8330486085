"""Two readings of the same cells: who saw what, what is one cell, and numbers worked out by hand."""

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
    deleted,
    judged,
    sorted_into,
)
from cellwright.core import BadParameter, Objects
from cellwright.project import Project
from cellwright.workflows.agreement import NOTHING, ReadCell, agreement_of
from cellwright.workflows.agreement_readings import (
    reader_and_model,
    readers_of,
    several_readers,
    two_projects,
    two_readers,
    whites_as_one,
)
from cellwright.workflows.audit import Strata, draw_audit, populations

CLASSES = ("WBC", "RBC", "PLT")
PAIRS = [(name, name) for name in CLASSES]


def a_project(folder: Path, index: list[int], scores: list[float] | None = None, *, shift: float = 0) -> Project:
    """A project with a picture whose cells stand in a row, ten pixels each."""
    picture = folder.parent / "smear.png"
    if not picture.exists():
        Image.fromarray(np.full((100, 400, 3), 200, np.uint8)).save(picture)
    made = Project.create(folder)
    made.add_pictures([picture], "A.")
    made.add_classes([(*pair, "#0072B2", "") for pair in PAIRS], "A.")
    n = len(index)
    x = 20.0 * np.arange(n) + shift
    boxes = np.stack([np.full(n, 5.0), x, np.full(n, 15.0), x + 10], axis=1).astype(np.float32)
    said = np.array(scores or [0.9] * n, np.float32)
    ids = np.frombuffer(np.random.default_rng(len(str(folder))).bytes(16 * n), "V16")
    made.add_objects(1, Objects(ids, boxes, np.array(index, np.int16), said, CLASSES), "A.")
    return made


def cells_of(project: Project) -> list[AnnotatedObject]:
    return sorted(project.objects_in(1), key=lambda each: each.state.geometry.box[1])


def answer(
    project: Project, author: str, kinds: list[str | None], drawn: dict[UUID, Draw] | None = None, first: int = 0
) -> None:
    """Say of cells what they are, from the left; None for none."""
    numbers = {each.name: each.id for each in project.classes()}
    for each, kind in zip(cells_of(project)[first:], kinds, strict=False):
        reviewer = project.reviewer(author)
        if kind is None:
            edit = judged([each], reviewer, Status.REJECTED, drawn)
        else:
            edit = sorted_into([each], reviewer, numbers[kind], drawn)
        project.apply(edit, author)


def test_the_table_and_its_cells_are_those_of_the_readings() -> None:
    said = (
        [("WBC", "WBC")] * 8
        + [("WBC", "RBC")] * 2
        + [("RBC", "RBC")] * 9
        + [("RBC", "WBC"), (None, "PLT"), ("RBC", None)]
    )
    cells = [ReadCell(bytes([at] * 16), 1 + at % 4, *pair) for at, pair in enumerate(said)]
    found = agreement_of(("A.", "B."), PAIRS, cells, [1, 2, 3, 4], 0.95, [])
    assert found.classes == CLASSES
    assert found.table.tolist() == [[8, 2, 0, 0], [1, 9, 0, 1], [0, 0, 0, 0], [0, 0, 1, 0]]
    assert found.ids(0, 1) == [bytes([8] * 16), bytes([9] * 16)]
    assert found.title(3) == NOTHING.capitalize()
    same, seen, interval = found.agreed
    assert (same, seen) == (17, 20)
    assert 17 / 20 in interval
    # By hand: 0.85 observed, 0.5 · 0.45 + 0.5 · 0.55 = 0.5 by chance.
    assert found.kappa is not None
    assert found.kappa.value == pytest.approx((0.85 - 0.5) / 0.5)
    assert found.limits().shares[0, 1] == 0.2


def test_counts_by_picture_are_compared_as_bland_and_altman_do() -> None:
    cells = [ReadCell(bytes([at] * 16), 1 + at % 4, "WBC", "WBC" if at % 4 else None) for at in range(12)]
    found = agreement_of(("A.", "B."), PAIRS, cells, [1, 2, 3, 4], 0.95, [])
    first, second = found.counts("WBC")
    assert (first.tolist(), second.tolist()) == ([3, 3, 3, 3], [0, 3, 3, 3])
    limits = found.bland_altman("WBC")
    assert limits is not None
    assert limits.bias.value == pytest.approx(0.75)
    assert agreement_of(("A.", "B."), PAIRS, cells[:2], [1, 2], 0.95, []).bland_altman() is None
    with pytest.raises(BadParameter):
        agreement_of(("A.", "B."), PAIRS, [], [1], 0.95, [])


def test_a_reader_is_compared_with_what_the_model_had_said(tmp_path: Path) -> None:
    with a_project(tmp_path / "p", [0, 0, 1, 1, 2, 1], [0.9, 0.9, 0.9, 0.9, 0.9, 0.2]) as project:
        with pytest.raises(BadParameter, match="no cell"):
            reader_and_model(project)
        answer(project, "A.", ["WBC", "RBC", "RBC", None])
        answer(project, "A.", ["RBC"], first=5)  # the model was not sure enough of it
        state = ObjectState(Geometry.of_box(50, 50, 60, 60), 3, None, "person:A.", Status.CORRECTED)
        project.apply(added(1, [state]), "A.")
        found = reader_and_model(project)
        assert found.classes == CLASSES
        # Rows: what the reader says; the platelet that the model found was looked at by nobody.
        assert found.table.tolist() == [[1, 0, 0, 0], [1, 1, 0, 1], [0, 0, 0, 1], [0, 1, 0, 0]]
        assert any("looked at whole" in note for note in found.notes)
        gone = next(each for each in cells_of(project) if each.state.class_id == 3 and each.state.score is not None)
        project.apply(deleted([gone]), "A.")
        assert reader_and_model(project).table[3, 2] == 1, "what was deleted is no cell"
        assert reader_and_model(project, {"RBC": 0.1}).table.tolist()[1] == [1, 2, 0, 0]


def test_only_audits_tell_of_all_cells(tmp_path: Path) -> None:
    with a_project(tmp_path / "p", [0, 0, 1, 1, 2, 2]) as project:
        project.apply(draw_audit(populations(project, Strata.NONE), 2, 1, "A.", project.next_audit()), "A.")
        draws = project.audit_draws(1)
        drawn = {UUID(hex=name): draw for name, draw in draws.items()}
        doubtful = {each.id: Draw(Drawn.DOUBTFUL) for each in cells_of(project) if each.id not in drawn}
        answer(project, "A.", ["WBC"] * 6, {**drawn, **doubtful})
        assert len(reader_and_model(project).cells) == 6
        assert any("4 of 6 cells were looked at because" in note for note in reader_and_model(project).notes)
        found = reader_and_model(project, audits_alone=True)
        assert len(found.cells) == 2
        assert any("missed" in note for note in found.notes)


def test_two_and_more_readers_of_one_project(tmp_path: Path) -> None:
    with a_project(tmp_path / "p", [0] * 6) as project:
        answer(project, "A.", ["WBC", "WBC", "RBC", "RBC", None, None])
        answer(project, "B.", ["WBC", "RBC", "RBC", "RBC", None])
        answer(project, "C.", ["WBC", "WBC", "RBC"])
        assert readers_of(project) == ["A.", "B.", "C."]
        found = two_readers(project, "A.", "B.")
        assert found.table.tolist() == [[1, 1, 0], [0, 2, 0], [0, 0, 0]]
        assert any("1 more that both rejected" in note for note in found.notes)
        assert any("blind" in note for note in found.notes)
        several = several_readers(project, ["A.", "B.", "C."])
        assert several.cells == 3
        # By hand: two cells agreed by all, one by two of three: (1 + 1 + 1/3) / 3; 5/9 white, 4/9 red.
        chance = (5 / 9) ** 2 + (4 / 9) ** 2
        assert several.kappa.value == pytest.approx((7 / 9 - chance) / (1 - chance))
        for call in (lambda: two_readers(project, "A.", "D."), lambda: several_readers(project, ["A.", "D."])):
            with pytest.raises(BadParameter):
                call()


def test_two_projects_are_compared_on_the_pictures_they_share(tmp_path: Path) -> None:
    with (
        a_project(tmp_path / "one", [0, 1, 2, 1]) as first,
        a_project(tmp_path / "other", [0, 0, 2], shift=2) as second,
    ):
        found = two_projects(first, second, names=("Anna", "Ben"))
        assert (found.first, found.second) == ("Anna", "Ben")
        assert found.table.tolist() == [[1, 0, 0, 0], [1, 0, 0, 1], [0, 0, 1, 0], [0, 0, 0, 0]]
        apart = two_projects(first, second, 0.9)
        assert int(apart.named.sum()) == 0
        assert apart.kappa is None
        with pytest.raises(BadParameter):
            two_projects(first, second, 0.0)
    other = tmp_path / "elsewhere"
    other.mkdir()
    with a_project(other / "p", [0], shift=1) as strange, Project(tmp_path / "one", read_only=True) as first:
        again = two_projects(strange, first)
        assert len(again.pictures) == 1, "the same picture elsewhere is the same picture"


def test_who_sorts_white_cells_does_not_contradict_a_model_that_only_finds_them() -> None:
    pairs = [("neutrophil", "Neutrophil"), ("monocyte", "Monocyte"), ("WBC", "White blood cell"), ("RBC", "Red cell")]
    said = [("neutrophil", "WBC"), ("monocyte", "WBC"), ("RBC", "WBC"), ("RBC", "RBC"), (None, "WBC")]
    cells = [ReadCell(bytes([at] * 16), 1, *pair) for at, pair in enumerate(said)]
    found = agreement_of(("A.", "B."), pairs, cells, [1], 0.95, ["note"])
    assert found.agreed[:2] == (1, 4)
    one = whites_as_one(found)
    assert one.classes == ("White cell", "RBC")
    assert one.table.tolist() == [[2, 0, 0], [1, 1, 0], [1, 0, 0]]
    assert one.ids(0, 0) == [bytes(16), bytes([1] * 16)]
    assert one.notes == ("note",)

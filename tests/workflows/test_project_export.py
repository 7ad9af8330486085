"""What a project knows of its pictures is written as a fresh analysis would be, hand-drawn objects as well."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cellwright.annotation import Geometry, ModelRecord, ObjectState, RecordChange, RunRecord, Status, added, reviewed
from cellwright.cli import main
from cellwright.core import Box
from cellwright.project import Project
from cellwright.workflows import analyses_of_project
from tests.ui.known_boxes import make_card, make_objects

PERSON = "person:A."


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Three pictures: one analysed, one with two cells drawn by hand, one that nobody looked at."""
    paths = []
    for number in range(3):
        path = tmp_path / f"smear_{number}.png"
        Image.fromarray(np.full((300 + number, 400, 3), 200, np.uint8)).save(path)
        paths.append(path)
    made = Project.create(tmp_path / "cells")
    made.add_pictures(paths, "A.")
    card = make_card()
    made.add_classes([(c.name, c.title, c.colour, "") for c in card.classes], "A.")
    model = ModelRecord(1, card.name, card.model_hash, card.model_dump_json())
    found = make_objects(40, (300, 400))
    run = RunRecord(1, 1, 1, "{}", 1.0)
    made.add_objects(1, found, "A.", records=[RecordChange(None, model), RecordChange(None, run)])
    square, round_ = Geometry.of_box(10, 20, 30, 50), Geometry.of_polygon([np.array([[50, 50], [50, 90], [90, 70.0]])])
    made.apply(added(2, [ObjectState(each, 2, None, PERSON, Status.ACCEPTED) for each in (square, round_)]), "A.")
    return made


def count_in(folder: Path, picture: str) -> int:
    with (folder / "objects.csv").open(encoding="utf-8-sig") as file:
        return sum(row["picture"] == picture for row in csv.DictReader(file))


def test_people_have_the_last_word_in_what_is_written(project: Project) -> None:
    objects = project.columns(1)
    scores, names = objects.scores, [each.tobytes() for each in objects.ids]
    by_id = {each.id.bytes: each for each in project.objects_in(1)}
    sure, unsure = names[int(np.argmax(scores))], names[int(np.argmin(scores))]
    before, _ = analyses_of_project(project)
    n = len(before[0].counted())
    project.apply(reviewed([by_id[sure]], Status.REJECTED), "A.")
    project.apply(reviewed([by_id[unsure]], Status.ACCEPTED), "A.")
    after, left_out = analyses_of_project(project)
    assert not left_out
    counted = {each.tobytes() for each in after[0].counted().ids}
    assert sure not in counted
    assert unsure in counted
    assert len(counted) == n
    assert after[0].card.name == "blood-cells-test"
    assert after[0].is_complete
    project.close()


def test_what_people_drew_is_written_and_nothing_is_claimed_of_the_rest(project: Project) -> None:
    found, _ = analyses_of_project(project)
    assert [each.picture.name for each in found] == ["smear_0.png", "smear_1.png"], "nobody looked at the third"
    drawn = found[1]
    assert drawn.is_by_hand
    assert len(drawn.counted()) == 2
    assert not drawn.is_complete
    assert "nobody said that every cell" in drawn.coverage.sentence()
    from cellwright.annotation import all_marked

    project.apply(all_marked([], 2, Box(0, 0, 301, 400), project.reviewer("A.")), "A.")
    (_, complete), _ = analyses_of_project(project)
    assert complete.is_complete
    project.close()


def test_a_project_is_written_on_the_command_line(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project.folder
    project.close()
    out = tmp_path / "out"
    assert main(["export", str(folder), "--out", str(out), "--format", "csv,coco,geojson,overlay"]) == 0
    assert count_in(out, "smear_1.png") == 2
    assert count_in(out, "smear_0.png") > 10
    assert (out / "overlays" / "smear_1.png").is_file()
    assert "2 pictures" in capsys.readouterr().err
    (tmp_path / "smear_1.png").unlink()
    assert main(["export", str(folder), "--out", str(tmp_path / "again"), "--format", "csv"]) == 1
    assert "not there" in capsys.readouterr().err


def test_a_project_without_anything_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Project.create(tmp_path / "empty").close()
    assert main(["export", str(tmp_path / "empty"), "--out", str(tmp_path / "out")]) == 2
    assert "nothing to write" in capsys.readouterr().err


def test_a_class_that_is_renamed_counts_as_many_cells_as_before(project: Project) -> None:
    from cellwright.annotation import Edit, EditKind
    from cellwright.workflows.doubt import decisions_of

    (before, *_), _ = analyses_of_project(project)
    (first, *_), counted = project.classes(), before.counted().counts().tolist()
    limits = decisions_of(project)
    assert before.counted(0.5).counts().tolist() != counted, "another limit counts others"
    for name in ("erythrocyte", "Red cells"):
        now = next(each for each in project.classes() if each.id == first.id)
        change = RecordChange(now, replace(now, name=name))
        project.apply(Edit(EditKind.CLASSES, records=(change,)), "A.")
    (after, *_), _ = analyses_of_project(project)
    assert after.objects.classes[0] == "Red cells"
    assert after.counted().counts().tolist() == counted
    assert decisions_of(project) == limits, "the differential and reviews ask from the same score"
    project.close()


def test_a_limit_for_one_class_leaves_the_others_to_the_model_of_each_picture(project: Project) -> None:
    from cellwright.cli.confidence import at_confidence

    analyses, _ = analyses_of_project(project)
    project.close()
    model, by_hand = analyses
    kinds = model.objects.classes
    before = model.counted().counts()
    (first, second), thresholds = at_confidence(f"{kinds[1]}=0.95", [by_hand, model])
    assert first.is_by_hand and len(first.counted(thresholds)) == 2
    after = second.counted(thresholds).counts()
    expected = [before[0], int((model.objects.scores[model.objects.class_index == 1] >= 0.95).sum()), *before[2:]]
    assert after.tolist() == expected, "though people drew the first picture's cells, for whom 0.5 is written down"
    assert at_confidence("0.4", [by_hand, model])[1] == (0.4,) * len(kinds)
    assert at_confidence(None, [model]) == ((model,), None)


def test_the_differential_counts_each_picture_from_the_score_of_its_own_model(project: Project) -> None:
    from cellwright.workflows.differential_cells import fields_of_project

    card = make_card()
    limits = card.thresholds.model_copy(update={"confidence": dict.fromkeys(card.class_names, 0.9)})
    strict = card.model_copy(update={"thresholds": limits})
    model = ModelRecord(2, "strict", "ef" * 32, strict.model_dump_json())
    found = replace(make_objects(40, (300, 400)), ids=np.frombuffer(np.random.default_rng(3).bytes(640), "V16"))
    records = [RecordChange(None, model), RecordChange(None, RunRecord(2, 3, 2, "{}", 1.0))]
    project.add_objects(3, found, "A.", records=records)
    analyses, _ = analyses_of_project(project)
    told = [len(each.ids) for each in fields_of_project(project)]
    assert told == [len(each.counted()) for each in analyses]
    assert told[0] > told[2], "the same scores, and another limit"
    project.close()

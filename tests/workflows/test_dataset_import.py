"""Labelled sets become a project in one step, and nothing of a bad set does."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from cellwright.annotation import GeometryKind, Status
from cellwright.core import CellwrightError
from cellwright.jobs import run_inline
from cellwright.project import Project
from cellwright.workflows import ImportDataset


def make_coco(folder: Path, annotations: list[dict[str, object]]) -> Path:
    (folder / "images").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name in ("a.png", "b.png"):
        Image.fromarray(rng.integers(0, 255, (80, 100, 3), np.uint8)).save(folder / "images" / name)
    content = {
        "images": [{"id": i, "file_name": n, "height": 80, "width": 100} for i, n in ((1, "a.png"), (2, "b.png"))],
        "categories": [{"id": 1, "name": "NEU"}, {"id": 2, "name": "EOS"}],
        "annotations": [{"id": i, "image_id": 1, "category_id": 1, **each} for i, each in enumerate(annotations)],
    }
    (folder / "annotations.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    Project.create(tmp_path / "project").close()
    return tmp_path / "project"


def test_a_project_is_no_set_to_be_imported_and_the_sentence_says_what_to_do(tmp_path: Path, project: Path) -> None:
    Project.create(tmp_path / "other").close()
    with pytest.raises(CellwrightError, match="dataset export"):
        run_inline(ImportDataset(project, tmp_path / "other", "A."))


def test_a_set_comes_in_as_one_step_that_can_be_taken_back(tmp_path: Path, project: Path) -> None:
    data = make_coco(tmp_path / "set", [{"bbox": [10, 20, 30, 15]}, {"bbox": [1, 2, 3, 4], "iscrowd": 1}])
    done = run_inline(ImportDataset(project, data, "A."))
    assert (done.pictures, done.objects, done.classes) == (2, 2, 2)
    with Project(project) as opened:
        assert len(opened.journal()) == 1
        assert [(c.name, c.key) for c in opened.classes()] == [("NEU", "1"), ("EOS", "2")]
        first, second = sorted(opened.objects_in(1), key=lambda each: -each.state.geometry.box[0])
        assert first.state.geometry.box == (20.0, 10.0, 35.0, 40.0)
        assert (first.state.source, first.state.status, first.state.score) == ("person:set", Status.ACCEPTED, None)
        assert second.state.status is Status.UNREVIEWED
        opened.undo("A.")
        assert not opened.pictures() and not opened.classes() and not opened.objects_in(1)
        opened.redo("A.")
        opened.rebuild()
        assert len(opened.objects_in(1)) == 2


def test_the_same_set_twice_is_there_once_and_edits_stay(tmp_path: Path, project: Path) -> None:
    data = make_coco(tmp_path / "set", [{"bbox": [10, 20, 30, 15]}, {"bbox": [50, 20, 30, 15]}])
    run_inline(ImportDataset(project, data, "A."))
    with Project(project) as opened:
        chosen = opened.objects_in(1)[0]
        opened.change_objects([chosen.id], "B.", status=Status.REJECTED)
    again = run_inline(ImportDataset(project, data, "A."))
    assert (again.pictures, again.objects, again.classes, again.entry) == (0, 0, 0, None)
    assert (again.known_pictures, again.known_objects) == (2, 2)
    with Project(project) as opened:
        assert opened.object(chosen.id).state.status is Status.REJECTED  # type: ignore[union-attr]
        assert len(opened.journal()) == 2


def test_outlines_come_as_masks(tmp_path: Path, project: Path) -> None:
    ring = [10, 10, 20, 10, 20, 30, 10, 30]
    data = make_coco(tmp_path / "set", [{"bbox": [10, 10, 10, 20], "segmentation": [ring]}])
    run_inline(ImportDataset(project, data, "A.", status=Status.UNREVIEWED))
    with Project(project) as opened:
        (each,) = opened.objects_in(1)
        assert each.state.geometry.kind is GeometryKind.MASK
        assert each.state.geometry.masks().areas().tolist() == [200]
        assert each.state.status is Status.UNREVIEWED


def test_what_cannot_be_read_leaves_the_project_as_it_was(tmp_path: Path, project: Path) -> None:
    before = (project / "project.sqlite").read_bytes()
    (tmp_path / "nothing").mkdir()
    for data in (tmp_path / "nothing", tmp_path / "not there"):
        with pytest.raises(CellwrightError):
            run_inline(ImportDataset(project, data, "A."))
    assert (project / "project.sqlite").read_bytes() == before


def test_connected_parts_of_a_class_are_objects(tmp_path: Path, project: Path) -> None:
    for folder in ("images", "masks"):
        (tmp_path / "set" / folder).mkdir(parents=True)
    pixels = np.zeros((40, 50), np.uint8)
    pixels[2:5, 2:6] = pixels[10:14, 20:30] = 1
    pixels[30:33, 30:33] = 2
    for name in "ab":
        Image.new("RGB", (50, 40)).save(tmp_path / "set" / "images" / f"{name}.png", pnginfo=None)
        Image.fromarray(pixels).save(tmp_path / "set" / "masks" / f"{name}.png")
    done = run_inline(ImportDataset(project, tmp_path / "set", "A.", "index", classes=("lung", "heart")))
    # The two pictures are the same to the byte: one picture of the project, and each object once.
    assert (done.pictures, done.objects, done.known_objects) == (1, 3, 3)
    with Project(project) as opened:
        names = {c.id: c.name for c in opened.classes()}
        areas = sorted(
            (names[e.state.class_id], int(e.state.geometry.masks().areas()[0])) for e in opened.objects_in(1)
        )
    assert areas == [("heart", 9), ("lung", 12), ("lung", 40)]


def test_a_real_set_comes_in_whole(data_dir: Path, project: Path) -> None:
    done = run_inline(ImportDataset(project, data_dir / "blood_bccd_voc", "A."))
    assert (done.pictures, done.objects, done.classes) == (292, done.report.boxes, 3)
    assert done.report.boxes_left_out == 2


def test_classes_are_named_as_a_model_names_them(data_dir: Path, project: Path) -> None:
    run_inline(ImportDataset(project, data_dir / "blood_bccd_voc", "A.", split="val", like="blood-cells-yolo"))
    with Project(project) as opened:
        named = {each.name: (each.title, each.colour) for each in opened.classes()}
    assert named["PLT"] == ("Platelet", "#E69F00") and named.keys() == {"WBC", "RBC", "PLT"}


HOSTILE: list[Any] = [
    None,
    -1,
    2**70,
    1e308,
    float("nan"),
    "",
    "\0",
    "../../outside.png",
    "/etc/passwd",
    [],
    {},
    [float("nan")] * 4,
    [-5, -5, -9, -9],
    [[0, 0, 1e9, 0, 1e9, 1e9]],
    {"size": [10**9, 10**9], "counts": [10**18]},
]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.sampled_from(["bbox", "id", "image_id", "category_id", "segmentation"]), st.integers(0, 14)),
        max_size=4,
    ),
    st.lists(st.tuples(st.sampled_from(["file_name", "id", "height"]), st.integers(0, 14)), max_size=2),
)
def test_hostile_sets_come_in_as_one_step_or_not_at_all(
    tmp_path: Path, annotations: list[tuple[str, int]], images: list[tuple[str, int]]
) -> None:
    with tempfile.TemporaryDirectory(dir=tmp_path) as place:
        rows = [{"bbox": [10, 20, 30, 15]}, *({"bbox": [1, 2, 9, 9], key: HOSTILE[at]} for key, at in annotations)]
        data = make_coco(Path(place) / "set", rows)
        content = json.loads((data / "annotations.json").read_text(encoding="utf-8"))
        for key, at in images:
            content["images"][1][key] = HOSTILE[at]
        (data / "annotations.json").write_text(json.dumps(content), encoding="utf-8")
        project = Path(place) / "project"
        Project.create(project).close()
        try:
            steps = 1 if run_inline(ImportDataset(project, data, "A.")).entry else 0
        except CellwrightError:
            steps = 0
        with Project(project) as opened:
            assert len(opened.journal()) == steps
            opened.check()
            before = {each.id for picture in opened.pictures() for each in opened.objects_in(picture.id)}
            opened.rebuild()
            assert before == {each.id for picture in opened.pictures() for each in opened.objects_in(picture.id)}

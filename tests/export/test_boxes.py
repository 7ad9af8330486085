"""Boxes that were written are read back as they were."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from cellwright.core import BadParameter, Objects, OutputExists, OutputNotWritable
from cellwright.datasets import LabelledSet, read_dataset
from cellwright.export import BoxedPicture, unique_file_names, write_coco, write_voc, write_yolo

CLASSES = ("WBC", "RBC", "PLT")
WRITERS: dict[str, Callable[..., Path]] = {"coco": write_coco, "yolo": write_yolo, "voc": write_voc}
TOLERANCE_PX = {"coco": 2e-3, "yolo": 1e-3, "voc": 0.5 + 1e-4}


def objects(boxes: object, classes: object) -> Objects:
    array = np.asarray(boxes, np.float32).reshape(-1, 4)
    ids = np.frombuffer(np.arange(4 * len(array), dtype=np.uint32).tobytes(), "V16")
    index = np.asarray(classes, np.int16)
    return Objects(ids, array, index, np.linspace(0.5, 1, len(array), dtype=np.float32), CLASSES)


def picture(name: str, size: tuple[int, int], found: Objects) -> BoxedPicture:
    return BoxedPicture(name, size, found, lambda path: Image.new("RGB", size[::-1]).save(path, format="PNG"))


SMEAR = picture(
    "smear.png", (120, 160), objects([[10.25, 20.5, 40.75, 60], [0, 0, 30.5, 20], [90, 100, 120, 160]], [0, 1, 2])
)
EMPTY = picture("empty field.png", (50, 60), objects([], []))


def read(folder: Path, kind: str) -> LabelledSet:
    labelled, report = read_dataset(folder, kind, classes=CLASSES)
    assert report.is_clean and not report.findings, report.lines()
    return labelled


@pytest.mark.parametrize("kind", WRITERS)
def test_what_is_written_is_read_back(tmp_path: Path, kind: str) -> None:
    folder = WRITERS[kind](tmp_path / kind, [SMEAR, EMPTY])
    labelled = read(folder, kind)
    by_name = {p.path.name: p for p in labelled}
    assert set(by_name) == {"smear.png", "empty field.png"}
    back = by_name["smear.png"]
    assert back.size == (120, 160)
    np.testing.assert_allclose(back.boxes, SMEAR.objects.boxes, atol=TOLERANCE_PX[kind])
    assert back.class_index.tolist() == [0, 1, 2]
    assert len(by_name["empty field.png"]) == 0


@pytest.mark.parametrize("kind", WRITERS)
def test_the_format_is_recognised_without_being_told(tmp_path: Path, kind: str) -> None:
    WRITERS[kind](tmp_path / "set", [SMEAR])
    labelled, report = read_dataset(tmp_path / "set")
    assert report.format == kind and len(labelled) == 1


@st.composite
def boxed_pictures(draw: st.DrawFn) -> BoxedPicture:
    size = (draw(st.integers(8, 5000)), draw(st.integers(8, 5000)))
    n = draw(st.integers(0, 6))
    unit = draw(hnp.arrays(np.float64, (n, 4), elements=st.floats(0, 1, width=32)))
    low = np.minimum(unit[:, :2], unit[:, 2:]) * (np.array(size) - 4)
    high = low + 3 + np.abs(unit[:, 2:] - unit[:, :2]) * (np.array(size) - low - 3)
    boxes = np.unique(np.concatenate((low, high), axis=1).astype(np.float32), axis=0)
    return picture(
        "any.png", size, objects(boxes, draw(st.lists(st.integers(0, 2), min_size=len(boxes), max_size=len(boxes))))
    )


@pytest.mark.parametrize("kind", WRITERS)
@settings(max_examples=15, deadline=None)
@given(one=boxed_pictures())
def test_any_boxes_come_back(tmp_path_factory: pytest.TempPathFactory, kind: str, one: BoxedPicture) -> None:
    folder = tmp_path_factory.mktemp("any")
    WRITERS[kind](folder / "set", [one])
    labelled, report = read_dataset(folder / "set", kind, classes=CLASSES)
    # Boxes a fraction of a pixel apart may become the same one in whole pixels; then the reader says so.
    assert len(labelled[0]) + report.boxes_left_out == len(one.objects)
    if report.is_clean:
        order = np.argsort(labelled[0].class_index, kind="stable")
        true = np.argsort(one.objects.class_index, kind="stable")
        np.testing.assert_allclose(labelled[0].boxes[order], one.objects.boxes[true], atol=TOLERANCE_PX[kind] + 1e-3)


def test_coco_says_what_it_says_by_hand(tmp_path: Path) -> None:
    content = json.loads((write_coco(tmp_path / "coco", [SMEAR]) / "annotations.json").read_text())
    assert content["images"] == [{"id": 1, "file_name": "smear.png", "height": 120, "width": 160}]
    assert [c["name"] for c in content["categories"]] == list(CLASSES)
    first = content["annotations"][0]
    assert first["bbox"] == [20.5, 10.25, 39.5, 30.5] and first["area"] == 39.5 * 30.5
    assert (first["image_id"], first["category_id"], first["iscrowd"]) == (1, 1, 0)
    assert first["uuid"] == SMEAR.objects.id_strings()[0]


def test_yolo_and_voc_say_what_they_say_by_hand(tmp_path: Path) -> None:
    one = picture("a.png", (100, 200), objects([[10, 20, 30, 60]], [1]))
    write_yolo(tmp_path / "yolo", [one])
    assert (tmp_path / "yolo/labels/a.txt").read_text() == "1 0.2000000 0.2000000 0.2000000 0.2000000\n"
    write_voc(tmp_path / "voc", [one])
    text = (tmp_path / "voc/Annotations/a.xml").read_text()
    for piece in ("<xmin>21</xmin>", "<ymin>11</ymin>", "<xmax>60</xmax>", "<ymax>30</ymax>", "<name>RBC</name>"):
        assert piece in text


def test_boxes_over_the_edge_are_cut_and_those_outside_are_gone(tmp_path: Path) -> None:
    one = picture("a.png", (50, 50), objects([[-5, -5, 10, 10], [60, 60, 70, 70], [40, 40, 55, 55]], [0, 1, 2]))
    boxes = read(write_coco(tmp_path / "coco", [one]), "coco")[0].boxes
    assert boxes.tolist() == [[0, 0, 10, 10], [40, 40, 50, 50]]


def test_without_pictures_only_labels_are_written(tmp_path: Path) -> None:
    bare = BoxedPicture("smear.png", SMEAR.size, SMEAR.objects)
    for kind, write in WRITERS.items():
        write(tmp_path / kind, [bare])
        assert not list((tmp_path / kind).rglob("*.png"))


@pytest.mark.parametrize("kind", WRITERS)
def test_a_set_is_replaced_whole_and_only_with_leave(tmp_path: Path, kind: str) -> None:
    write, folder = WRITERS[kind], tmp_path / "set"
    write(folder, [SMEAR, EMPTY])
    with pytest.raises(OutputExists):
        write(folder, [SMEAR])
    write(folder, [EMPTY], overwrite=True)
    assert [p.path.name for p in read(folder, kind)] == ["empty field.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["set"]


@pytest.mark.parametrize("kind", WRITERS)
def test_a_folder_with_anything_else_in_it_is_never_replaced(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "thesis.docx").write_text("ten years")
    with pytest.raises(OutputNotWritable, match=r"thesis\.docx"):
        WRITERS[kind](folder, [SMEAR], overwrite=True)
    assert (folder / "thesis.docx").read_text() == "ten years"


@pytest.mark.parametrize("kind", WRITERS)
def test_a_picture_that_fails_leaves_the_old_set(tmp_path: Path, kind: str) -> None:
    write, folder = WRITERS[kind], tmp_path / "set"
    write(folder, [SMEAR])

    def fail(path: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputNotWritable, match="disk is full"):
        write(folder, [BoxedPicture("b.png", (10, 10), objects([], []), fail)], overwrite=True)
    assert [p.path.name for p in read(folder, kind)] == ["smear.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["set"]


def test_file_names_are_unique_and_safe() -> None:
    names = ["a.tif", "A.png", "b/c.svs", "..", "x\x00y.png", "a_2.png"]
    given_names = unique_file_names(names, [".png"] * len(names))
    assert given_names == ["a.png", "A_2.png", "c.png", "picture.png", "x_y.png", "a_2_2.png"]


def test_pictures_that_make_no_set_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="no picture"):
        write_coco(tmp_path / "coco", [])
    with pytest.raises(BadParameter, match="share a name"):
        write_yolo(tmp_path / "yolo", [SMEAR, SMEAR])


def test_the_place_of_a_plane_stays_in_its_file_name() -> None:
    names = ["a.ome.tif [z 2, t 1]", "a.ome.tif [z 3, t 1]", "a.ome.tif", "b [1].tif", "b.tif [DAPI]", "c.OME.TIFF"]
    given = unique_file_names(names, [".png"] * len(names))
    assert given == ["a_z2_t1.png", "a_z3_t1.png", "a.png", "b [1].png", "b_DAPI.png", "c.png"]

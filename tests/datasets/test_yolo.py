"""YOLO sets: every layout people use, every kind of bad line, and no way out of the folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cellwright.core import DatasetNotReadable, UnknownName
from cellwright.datasets import Reason, read_dataset
from cellwright.shapes import masks_from_polygons

Write = Callable[..., Path]
NAMES = "names: [WBC, RBC]\n"
GOOD = "1 0.5 0.5 0.2 0.25\n"  # on 80 × 100: y 30…50, x 40…60


def simple_set(root: Path, picture: Write, text: Write, label: str = GOOD) -> Path:
    picture(root / "images" / "a.png")
    text(root / "labels" / "a.txt", label)
    text(root / "data.yaml", f"path: .\ntrain: images\nval: images\n{NAMES}")
    return root


def test_fractions_become_pixels_y_first(tmp_path: Path, picture: Write, text: Write) -> None:
    labelled, report = read_dataset(simple_set(tmp_path, picture, text))
    assert labelled[0].boxes.tolist() == [[30, 40, 50, 60]]
    assert labelled[0].boxes.dtype == np.float32
    assert labelled[0].class_index.tolist() == [1]
    assert labelled[0].size == (80, 100)
    assert report.is_clean
    assert report.sentence() == "1 box on 1 picture; nothing was left out."


@pytest.mark.parametrize(
    ("image", "label", "train"),
    [
        ("images/train/a.png", "labels/train/a.txt", "images/train"),
        ("train/images/a.png", "train/labels/a.txt", "train/images"),
        ("train/images/a.png", "train/labels/a.txt", "../train/images"),
        ("images/a.png", "images/a.txt", "images"),
        ("train/a.png", "train/a.txt", "train"),
        ("images/deep/er/a.png", "labels/deep/er/a.txt", "images"),
        ("images/a.png", "labels/a.txt", "train.txt"),
        ("images/train/a.png", "labels/train/a.txt", "[images/train]"),
    ],
)
def test_every_usual_layout_is_read(
    tmp_path: Path, picture: Write, text: Write, image: str, label: str, train: str
) -> None:
    picture(tmp_path / image)
    text(tmp_path / label, GOOD)
    text(tmp_path / "data.yaml", f"train: {train}\n{NAMES}")
    if train.endswith(".txt"):
        text(tmp_path / train, f"./{image}\n")
    labelled, report = read_dataset(tmp_path, split="train")
    assert labelled[0].boxes.tolist() == [[30, 40, 50, 60]]
    assert report.is_clean


def test_a_path_of_another_machine_does_no_harm(tmp_path: Path, picture: Write, text: Write) -> None:
    picture(tmp_path / "images/train/a.png")
    text(tmp_path / "labels/train/a.txt", GOOD)
    text(tmp_path / "data.yaml", f"path: /home/someone/datasets/blood\ntrain: images/train\n{NAMES}")
    assert read_dataset(tmp_path)[1].boxes == 1


def test_valid_is_another_word_for_val(tmp_path: Path, picture: Write, text: Write) -> None:
    for split in ("train", "valid"):
        picture(tmp_path / split / "images" / f"{split}.png")
        text(tmp_path / split / "labels" / f"{split}.txt", GOOD)
    text(tmp_path / "data.yaml", f"train: train/images\nval: valid/images\n{NAMES}")
    assert read_dataset(tmp_path, split="val")[0][0].path.stem == "valid"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1 0.5 0.5 0 0.2", Reason.ZERO_SIZE),
        ("1 0.5 0.5 -0.2 0.2", Reason.NEGATIVE_SIZE),
        ("1 nan 0.5 0.2 0.2", Reason.NOT_FINITE),
        ("1 0.5 0.5 inf 0.2", Reason.NOT_FINITE),
        ("1 1.5 0.5 0.2 0.2", Reason.OUTSIDE),
        ("1 300 200 50 40", Reason.OUTSIDE),
        ("7 0.5 0.5 0.2 0.2", Reason.UNKNOWN_CLASS),
        ("-1 0.5 0.5 0.2 0.2", Reason.UNKNOWN_CLASS),
        ("0.5 0.5 0.5 0.2 0.2", Reason.UNKNOWN_CLASS),
        ("1e308 0.5 0.5 0.2 0.2", Reason.UNKNOWN_CLASS),
        ("999999999999999999999999 0.5 0.5 0.2 0.2", Reason.UNKNOWN_CLASS),
        ("nan 0.5 0.5 0.2 0.2", Reason.UNKNOWN_CLASS),
        ("RBC 0.5 0.5 0.2 0.2", Reason.BAD_LINE),
        ("1 0.5 0.5 0.2", Reason.BAD_LINE),
        ("1 0.5 0.5 0.2 0.2 0.9", Reason.BAD_LINE),
        ("1,0.5,0.5,0.2,0.2", Reason.BAD_LINE),
        ("\x00\x01", Reason.BAD_LINE),
        (GOOD.strip(), Reason.DUPLICATE),
        ("0 0.1 0.1 nan 0.2 0.3 0.3", Reason.NOT_FINITE),
    ],
)
def test_one_bad_line_costs_one_box_and_is_named(
    tmp_path: Path, picture: Write, text: Write, line: str, reason: Reason
) -> None:
    labelled, report = read_dataset(simple_set(tmp_path, picture, text, f"{GOOD}{line}\n"))
    assert len(labelled[0]) == 1
    assert report.boxes_left_out == report.count(reason) == 1
    assert report.findings[0].examples == ("labels/a.txt:2",)


def test_a_box_over_the_edge_is_cut_there(tmp_path: Path, picture: Write, text: Write) -> None:
    labelled, report = read_dataset(simple_set(tmp_path, picture, text, "1 0.0 0.5 0.2 0.25"))
    assert labelled[0].boxes.tolist() == [[30, 0, 50, 10]]
    assert report.count(Reason.CLIPPED) == 1
    assert report.is_clean


def test_rounding_over_the_edge_is_not_worth_a_line(tmp_path: Path, picture: Write, text: Write) -> None:
    labelled, report = read_dataset(simple_set(tmp_path, picture, text, "1 0.1 0.5 0.200002 0.25"))
    assert labelled[0].boxes[0, 1] == 0
    assert not report.findings


def test_an_outline_is_read_and_has_the_box_around_it(tmp_path: Path, picture: Write, text: Write) -> None:
    labelled, report = read_dataset(simple_set(tmp_path, picture, text, "1 0.4 0.5 0.6 0.375 0.5 0.625"))
    np.testing.assert_allclose(labelled[0].boxes, [[30, 40, 50, 60]], atol=1e-5)
    source = labelled[0].labels
    assert report.is_clean and source is not None
    triangle = masks_from_polygons([[[40, 40], [30, 60], [50, 50]]])
    assert source.masks().equals(triangle)
    assert labelled.pictures[0].size == (80, 100)


def test_an_outline_beside_a_plain_box_leaves_boxes_alone(tmp_path: Path, picture: Write, text: Write) -> None:
    mixed = "1 0.4 0.5 0.6 0.375 0.5 0.625\n" + GOOD
    labelled, report = read_dataset(simple_set(tmp_path, picture, text, mixed))
    assert len(labelled[0]) == 2 and labelled[0].labels is None
    assert report.count(Reason.NO_OUTLINE) == 1


def test_two_classes_on_one_box_are_kept_and_named(tmp_path: Path, picture: Write, text: Write) -> None:
    labelled, report = read_dataset(simple_set(tmp_path, picture, text, GOOD + "0" + GOOD[1:]))
    assert len(labelled[0]) == 2
    assert report.count(Reason.SAME_BOX) == 1


def test_an_empty_label_file_says_there_is_nothing(tmp_path: Path, picture: Write, text: Write) -> None:
    labelled, report = read_dataset(simple_set(tmp_path, picture, text, ""))
    assert len(labelled[0]) == 0
    assert labelled[0].boxes.shape == (0, 4)
    assert report.is_clean


def test_a_picture_without_label_file_is_not_taken_for_empty(tmp_path: Path, picture: Write, text: Write) -> None:
    simple_set(tmp_path, picture, text)
    picture(tmp_path / "images" / "b.png")
    labelled, report = read_dataset(tmp_path)
    assert len(labelled) == 1
    assert report.count(Reason.NO_LABELS) == report.pictures_left_out == 1


def test_a_damaged_picture_costs_one_picture(tmp_path: Path, picture: Write, text: Write) -> None:
    simple_set(tmp_path, picture, text)
    text(tmp_path / "images" / "b.png", "not a picture")
    (tmp_path / "images" / "c.jpg").touch()
    text(tmp_path / "images" / "d.tif", "not a picture")
    for name in "bcd":
        text(tmp_path / "labels" / f"{name}.txt", GOOD)
    labelled, report = read_dataset(tmp_path)
    assert [p.path.stem for p in labelled] == ["a"]
    assert report.count(Reason.BAD_PICTURE) == 3


def test_a_label_file_that_is_no_text_costs_one_picture(tmp_path: Path, picture: Write, text: Write) -> None:
    simple_set(tmp_path, picture, text)
    picture(tmp_path / "images" / "b.png")
    (tmp_path / "labels" / "b.txt").write_bytes(b"\xff\xfe\x00\x81")
    assert read_dataset(tmp_path)[1].count(Reason.BAD_LABELS) == 1


def test_a_manifest_decides_when_one_folder_holds_both_splits(tmp_path: Path, picture: Write, text: Write) -> None:
    simple_set(tmp_path, picture, text)
    for name in "bc":
        picture(tmp_path / "images" / f"{name}.png")
        text(tmp_path / "labels" / f"{name}.txt", GOOD)
    text(tmp_path / "manifest.csv", "file,split,group\na.png,train,p1\nimages/b.png,validation,p2\nz.png,train,p3\n")
    labelled, report = read_dataset(tmp_path)
    assert [(p.path.stem, p.split, p.group) for p in labelled] == [
        ("a", "train", "p1"),
        ("b", "val", "p2"),
        ("c", "", "c"),
    ]
    assert report.count(Reason.NO_PICTURE) == 1
    assert report.count(Reason.NO_SPLIT) == 1


def test_one_folder_for_both_splits_and_no_manifest_counts_as_train(
    tmp_path: Path, picture: Write, text: Write
) -> None:
    labelled, report = read_dataset(simple_set(tmp_path, picture, text))
    assert labelled[0].split == "train"
    assert any("same pictures" in note for note in report.notes)


@pytest.mark.parametrize("way_out", ["../secret.png", "{outside}/secret.png", "images/../../secret.png"])
def test_a_list_never_leads_out_of_the_folder(tmp_path: Path, picture: Write, text: Write, way_out: str) -> None:
    outside = tmp_path / "outside"
    picture(outside / "secret.png")
    text(outside / "secret.txt", GOOD)
    root = simple_set(outside / "set", picture, text)
    text(root / "data.yaml", f"train: train.txt\n{NAMES}")
    text(root / "train.txt", f"images/a.png\n{way_out.format(outside=outside)}\n")
    labelled, report = read_dataset(root)
    assert [p.path.stem for p in labelled] == ["a"]
    assert report.count(Reason.OUTSIDE_ROOT) == 1


@pytest.mark.parametrize("way_out", ["..", "/", "../..", "{outside}"])
def test_a_description_never_leads_out_of_the_folder(tmp_path: Path, picture: Write, text: Write, way_out: str) -> None:
    outside = tmp_path / "outside"
    picture(outside / "secret.png")
    text(outside / "secret.txt", GOOD)
    root = simple_set(outside / "set", picture, text)
    place = way_out.format(outside=outside)
    text(root / "data.yaml", f"path: '{place}'\ntrain: '{place}'\nval: images\n{NAMES}")
    assert {p.path.stem for p in read_dataset(root)[0]} == {"a"}


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path, picture: Write, text: Write) -> None:
    picture(tmp_path / "outside" / "images" / "b.png")
    text(tmp_path / "outside" / "b.txt", GOOD)
    root = simple_set(tmp_path / "set", picture, text)
    (root / "images" / "b.png").symlink_to(tmp_path / "outside" / "images" / "b.png")
    (root / "images" / "deep").symlink_to(tmp_path / "outside" / "images")
    (root / "images" / "loop").symlink_to(root / "images")
    text(root / "labels" / "b.txt", GOOD)
    picture(root / "images" / "c.png")
    (root / "labels" / "c.txt").symlink_to(tmp_path / "outside" / "b.txt")
    labelled, report = read_dataset(root)
    assert [p.path.stem for p in labelled] == ["a"]
    assert report.count(Reason.OUTSIDE_ROOT) == 1
    assert report.count(Reason.NO_LABELS) == 1


def test_a_set_reached_through_a_link_is_read(tmp_path: Path, picture: Write, text: Write) -> None:
    simple_set(tmp_path / "set", picture, text)
    (tmp_path / "link").symlink_to(tmp_path / "set")
    assert read_dataset(tmp_path / "link")[1].boxes == 1


def test_other_names_and_an_order_of_classes_can_be_asked_for(tmp_path: Path, picture: Write, text: Write) -> None:
    simple_set(tmp_path, picture, text, "0 0.5 0.5 0.1 0.1\n1 0.5 0.5 0.2 0.2\n2 0.5 0.5 0.3 0.3\n")
    text(tmp_path / "data.yaml", "train: images\nnames: {0: wbc, 1: RBC, 2: Platelets}\n")
    labelled, report = read_dataset(tmp_path, classes=["PLT", "WBC"], aliases={"platelets": "PLT"})
    assert labelled.classes == ("PLT", "WBC")
    assert labelled[0].class_index.tolist() == [1, 0]
    assert report.count(Reason.UNWANTED_CLASS) == 1


def test_classes_can_be_joined_under_one_name(tmp_path: Path, picture: Write, text: Write) -> None:
    simple_set(tmp_path, picture, text, "0 0.5 0.5 0.1 0.1\n1 0.5 0.5 0.2 0.2\n")
    labelled, _ = read_dataset(tmp_path, aliases={"WBC": "cell", "RBC": "cell"})
    assert labelled.classes == ("cell",)
    assert labelled.counts().tolist() == [2]


def test_names_can_come_from_a_list_or_from_the_caller(tmp_path: Path, picture: Write, text: Write) -> None:
    simple_set(tmp_path, picture, text)
    (tmp_path / "data.yaml").unlink()
    assert read_dataset(tmp_path, classes=["a", "b"])[0].counts().tolist() == [0, 1]
    text(tmp_path / "classes.txt", "WBC\nRBC\n")
    assert read_dataset(tmp_path)[0].classes == ("WBC", "RBC")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "names: 3",
        "names: []",
        "names: {a: WBC}",
        "{",
        "\t- :",
        "a: &a [*a]",
        "names:\n  - [x]",
        "!!python/x 1",
    ],
)
def test_a_description_that_is_none_is_refused_in_one_sentence(
    tmp_path: Path, picture: Write, text: Write, content: str
) -> None:
    text(simple_set(tmp_path, picture, text) / "data.yaml", content)
    with pytest.raises(DatasetNotReadable) as caught:
        read_dataset(tmp_path)
    assert "data.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_set_that_is_not_there_is_refused(tmp_path: Path, picture: Write, text: Write) -> None:
    with pytest.raises(DatasetNotReadable, match="does not exist"):
        read_dataset(tmp_path / "nowhere")
    with pytest.raises(DatasetNotReadable, match="no labels"):
        read_dataset(tmp_path)
    simple_set(tmp_path, picture, text)
    with pytest.raises(DatasetNotReadable, match=r"no split 'test'; there is: 'train'"):
        read_dataset(tmp_path, split="test")
    with pytest.raises(UnknownName, match="yolo"):
        read_dataset(tmp_path, format="yol")
    (tmp_path / "images" / "a.png").unlink()
    with pytest.raises(DatasetNotReadable, match="no labelled picture"):
        read_dataset(tmp_path)


def test_the_size_is_that_of_the_picture_as_shown(tmp_path: Path, picture: Write, text: Write) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    for name, turned in (("a.jpg", True), ("b.png", True), ("c.webp", True), ("d.tif", False), ("e.bmp", False)):
        picture(tmp_path / "images" / name, **({"exif": exif} if turned else {}))
        text(tmp_path / "labels" / f"{name[0]}.txt", GOOD)
    text(tmp_path / "data.yaml", f"train: images\n{NAMES}")
    from cellwright.imaging import open_slide

    labelled, _ = read_dataset(tmp_path)
    assert [p.size for p in labelled] == [(100, 80)] * 3 + [(80, 100)] * 2
    for p in labelled:
        with open_slide(p.path) as slide:
            assert slide.shape == p.size


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    label=st.text(max_size=200)
    | st.lists(st.lists(st.floats(), max_size=8), max_size=8).map(
        lambda rows: "\n".join(" ".join(map(str, row)) for row in rows)
    )
)
def test_no_text_in_a_label_file_breaks_the_reader(tmp_path: Path, picture: Write, text: Write, label: str) -> None:
    simple_set(tmp_path, picture, text)
    (tmp_path / "labels" / "a.txt").write_text(label, encoding="utf-8", errors="replace")
    labelled, report = read_dataset(tmp_path)
    for p in labelled:
        assert np.isfinite(p.boxes).all()
        assert (p.boxes[:, 2:] > p.boxes[:, :2]).all()
        assert (p.boxes >= 0).all()
        assert (p.boxes[:, 2:] <= (80, 100)).all()
    assert report.boxes == sum(map(len, labelled))

"""Pascal VOC sets: counting from one, splits, and XML that means harm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cellwright.core import DatasetNotReadable
from cellwright.datasets import Reason, read_dataset

Write = Callable[..., Path]


def xml_object(corners: str, name: str = "RBC", extra: str = "") -> str:
    values = dict(zip(("xmin", "ymin", "xmax", "ymax"), corners.split(), strict=False))
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in values.items())
    return f"<object><name>{name}</name>{extra}<bndbox>{inner}</bndbox></object>"


def xml(*objects: str, filename: str = "a.png", size: tuple[int, int] = (80, 100)) -> str:
    head = f"<filename>{filename}</filename><size><width>{size[1]}</width><height>{size[0]}</height></size>"
    return f"<annotation>{head}{''.join(objects)}</annotation>"


def simple_set(root: Path, picture: Write, text: Write, *objects: str) -> Path:
    picture(root / "JPEGImages" / "a.png")
    text(root / "Annotations" / "a.xml", xml(*objects))
    return root


def test_the_whole_picture_is_the_whole_picture(tmp_path: Path, picture: Write, text: Write) -> None:
    labelled, report = read_dataset(simple_set(tmp_path, picture, text, xml_object("1 1 100 80")))
    assert labelled[0].boxes.tolist() == [[0, 0, 80, 100]]
    assert report.is_clean
    assert not report.findings


def test_classes_that_nobody_declared_are_sorted(tmp_path: Path, picture: Write, text: Write) -> None:
    objects = [xml_object("1 1 20 20", name) for name in ("WBC", "PLT", "RBC")]
    assert read_dataset(simple_set(tmp_path, picture, text, *objects))[0].classes == ("PLT", "RBC", "WBC")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (xml_object("20 20 20 20"), Reason.ZERO_SIZE),
        (xml_object("20 20 20 40"), Reason.ZERO_SIZE),
        (xml_object("40 20 20 40"), Reason.NEGATIVE_SIZE),
        (xml_object("nan 20 20 40"), Reason.NOT_FINITE),
        (xml_object("110 20 120 40"), Reason.OUTSIDE),
        (xml_object("-30 20 -10 40"), Reason.OUTSIDE),
        (xml_object("10 20 30"), Reason.BAD_LINE),
        (xml_object("x 20 30 40"), Reason.BAD_LINE),
        (xml_object("10 20 30 40", name=""), Reason.UNKNOWN_CLASS),
        (xml_object("10 20 30 40"), Reason.DUPLICATE),
        ("<object><name>RBC</name></object>", Reason.NO_BOX),
    ],
)
def test_one_bad_object_costs_one_box_and_is_named(
    tmp_path: Path, picture: Write, text: Write, bad: str, reason: Reason
) -> None:
    labelled, report = read_dataset(simple_set(tmp_path, picture, text, xml_object("10 20 30 40"), bad))
    assert len(labelled[0]) == 1
    assert report.boxes_left_out == report.count(reason) == 1
    assert report.findings[0].examples == ("Annotations/a.xml object 2",)


def test_difficult_objects_are_kept_to_be_ignored(tmp_path: Path, picture: Write, text: Write) -> None:
    objects = [xml_object("1 1 20 20", extra="<difficult>1</difficult>"), xml_object("31 31 50 50")]
    labelled, _ = read_dataset(simple_set(tmp_path, picture, text, *objects))
    assert labelled[0].ignored.tolist() == [True, False]
    assert labelled.counts().tolist() == [1]


def test_lists_name_the_splits(tmp_path: Path, picture: Write, text: Write) -> None:
    for name in "abcd":
        picture(tmp_path / "JPEGImages" / f"{name}.jpg")
        text(tmp_path / "Annotations" / f"{name}.xml", xml(xml_object("1 1 9 9"), filename=f"{name}.jpg"))
    lists = tmp_path / "ImageSets" / "Main"
    text(lists / "train.txt", "a\n")
    text(lists / "val.txt", "b\n\nz\n")
    text(lists / "trainval.txt", "a\nb\nc\n")
    text(lists / "RBC_train.txt", "a 1\nd -1\n")
    labelled, report = read_dataset(tmp_path)
    assert [(p.path.stem, p.split) for p in labelled] == [("a", "train"), ("b", "val"), ("c", "trainval"), ("d", "")]
    assert report.count(Reason.NO_SPLIT) == 1
    assert report.count(Reason.NO_PICTURE) == 1


def test_pictures_and_xml_may_lie_side_by_side(tmp_path: Path, picture: Write, text: Write) -> None:
    picture(tmp_path / "a.png")
    text(tmp_path / "a.xml", xml(xml_object("1 1 9 9")))
    assert read_dataset(tmp_path)[1].boxes == 1


def test_a_picture_without_xml_is_not_taken_for_empty(tmp_path: Path, picture: Write, text: Write) -> None:
    simple_set(tmp_path, picture, text)
    picture(tmp_path / "JPEGImages" / "b.png")
    assert read_dataset(tmp_path)[1].count(Reason.NO_LABELS) == 1


def test_a_size_that_is_not_the_picture_s_is_named(tmp_path: Path, picture: Write, text: Write) -> None:
    simple_set(tmp_path, picture, text)
    text(tmp_path / "Annotations" / "a.xml", xml(xml_object("1 1 9 9"), size=(800, 1000)))
    labelled, report = read_dataset(tmp_path)
    assert labelled[0].size == (80, 100)
    assert report.count(Reason.SIZE_DIFFERS) == 1


BOMB = (
    '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;&x;">]>'
    "<annotation><filename>&y;</filename></annotation>"
)
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><annotation><filename>&x;</filename></annotation>'


@pytest.mark.parametrize("content", ["", "<annotation>", "<a/>", "no xml", BOMB, OUTSIDE, "<annotation>\x00"])
def test_xml_that_is_none_or_means_harm_costs_one_picture(
    tmp_path: Path, picture: Write, text: Write, content: str
) -> None:
    simple_set(tmp_path, picture, text, xml_object("1 1 9 9"))
    picture(tmp_path / "JPEGImages" / "b.png")
    text(tmp_path / "Annotations" / "b.xml", content)
    labelled, report = read_dataset(tmp_path)
    assert [p.path.stem for p in labelled] == ["a"]
    assert report.count(Reason.BAD_LABELS) == 1


@pytest.mark.parametrize("filename", ["../secret.png", "/etc/hostname", "..\\secret.png", "secret.png"])
def test_a_file_name_never_leads_out_of_the_folder(tmp_path: Path, picture: Write, text: Write, filename: str) -> None:
    picture(tmp_path / "secret.png")
    root = simple_set(tmp_path / "set", picture, text, xml_object("1 1 9 9"))
    text(root / "Annotations" / "b.xml", xml(filename=filename))
    labelled, report = read_dataset(root)
    assert [p.path.stem for p in labelled] == ["a"]
    assert report.count(Reason.NO_PICTURE) == 1


def test_a_link_to_a_picture_outside_is_not_followed(tmp_path: Path, picture: Write, text: Write) -> None:
    secret = picture(tmp_path / "secret.png")
    root = simple_set(tmp_path / "set", picture, text, xml_object("1 1 9 9"))
    (root / "JPEGImages" / "b.png").symlink_to(secret)
    text(root / "Annotations" / "b.xml", xml(filename="b.png"))
    assert read_dataset(root)[1].count(Reason.OUTSIDE_ROOT) == 1


def test_a_folder_without_xml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetNotReadable, match="no XML files"):
        read_dataset(tmp_path, format="voc")

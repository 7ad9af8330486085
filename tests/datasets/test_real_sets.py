"""The two blood sets come in whole, and what is wrong in them is named."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from cellwright.datasets import LabelledSet, Reason, health, read_dataset

CLASSES = ("WBC", "RBC", "PLT")
ALIASES = {"Platelets": "PLT"}


@pytest.fixture(scope="module")
def manifest(data_dir: Path) -> dict[str, dict[str, str]]:
    with (data_dir / "blood_txl_pbc" / "manifest.csv").open(newline="") as stream:
        return {row["file"]: row for row in csv.DictReader(stream)}


def test_txl_pbc_is_split_as_its_manifest_says(data_dir: Path) -> None:
    labelled, report = read_dataset(data_dir / "blood_txl_pbc", classes=CLASSES, aliases=ALIASES)
    assert Counter(p.split for p in labelled) == {"train": 817, "val": 239}
    assert labelled.classes == CLASSES
    assert report.format == "yolo"
    assert any("manifest.csv" in note for note in report.notes)
    assert report.pictures_left_out == 0


def test_txl_pbc_holds_the_boxes_of_its_manifest(data_dir: Path, manifest: dict[str, dict[str, str]]) -> None:
    labelled, report = read_dataset(data_dir / "blood_txl_pbc", classes=CLASSES, aliases=ALIASES)
    duplicates = {
        example.split(":")[0].removeprefix("labels/")[:4]
        for f in report.findings
        for example in f.examples
        if f.reason is Reason.DUPLICATE
    }
    assert report.count(Reason.DUPLICATE) == len(duplicates) == 2
    for picture in labelled:
        row = manifest[picture.path.name]
        said = np.array([int(row["wbc"]), int(row["rbc"]), int(row["platelet"])])
        off = said.sum() - len(picture)
        assert off == (picture.path.stem in duplicates)
        assert picture.size == (int(row["height"]), int(row["width"]))
    assert report.boxes == sum(len(p) for p in labelled)
    assert report.boxes + report.boxes_left_out == 18_360


def test_asking_for_one_split_gives_the_same_pictures(data_dir: Path) -> None:
    whole, _ = read_dataset(data_dir / "blood_txl_pbc")
    val, report = read_dataset(data_dir / "blood_txl_pbc" / "data.yaml", split="val")
    assert [p.path for p in val] == [p.path for p in whole.of_split("val")]
    assert report.pictures == 239


def test_bccd_loses_its_two_boxes_of_no_size_and_says_so(data_dir: Path) -> None:
    labelled, report = read_dataset(data_dir / "blood_bccd_voc", classes=CLASSES, aliases=ALIASES)
    assert report.format == "voc"
    assert Counter(p.split for p in labelled) == {"train": 205, "val": 87}
    assert report.count(Reason.ZERO_SIZE) == report.boxes_left_out == 2
    places = {example for f in report.findings for example in f.examples}
    assert places == {"Annotations/BloodImage_00338.xml object 13", "Annotations/BloodImage_00343.xml object 4"}
    assert labelled.counts().tolist() == [301, 3348, 292]


def test_corners_counted_from_one_become_half_open(data_dir: Path) -> None:
    labelled, _ = read_dataset(data_dir / "blood_bccd_voc", classes=CLASSES, aliases=ALIASES)
    first = next(p for p in labelled if p.path.stem == "BloodImage_00000")
    # The file says xmin 260, ymin 177, xmax 491, ymax 376.
    assert first.boxes[0].tolist() == [176, 259, 376, 491]


def assert_lawful(labelled: LabelledSet) -> None:
    """Every box has an area, lies inside its picture and has a class."""
    for p in labelled:
        assert (p.boxes[:, 2:] > p.boxes[:, :2]).all()
        assert (p.boxes >= 0).all()
        assert (p.boxes[:, 2:] <= np.array(p.size)).all()
        assert ((p.class_index >= 0) & (p.class_index < len(labelled.classes))).all()


@pytest.mark.parametrize("name", ["blood_txl_pbc", "blood_bccd_voc"])
def test_every_box_of_the_real_sets_is_lawful(data_dir: Path, name: str) -> None:
    labelled, report = read_dataset(data_dir / name)
    assert_lawful(labelled)
    summary = health(labelled)
    assert summary.boxes == report.boxes
    assert summary.empty == 0
    assert summary.groups_across_splits == 0
    assert sum(summary.sizes.values()) == len(labelled)
    white, red = (next(c for c in summary.classes if c.name == name) for name in ("WBC", "RBC"))
    assert white.side_px is not None
    assert red.side_px is not None
    assert white.side_px[1] > red.side_px[1]

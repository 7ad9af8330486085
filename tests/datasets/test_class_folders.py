"""Sets of pictures that show one object each: folders, columns, and the same division on every machine."""

from collections import Counter

import numpy as np
import pytest
from PIL import Image

from cellwright.core import DatasetNotReadable
from cellwright.datasets import dataset_splits, read_dataset


def paint(path, shape=(12, 10)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((*shape, 3), np.uint8)).save(path)


@pytest.fixture
def cells(tmp_path):
    for kind in ("mono", "lympho"):
        for number in range(10):
            paint(tmp_path / kind / f"{kind}_{number}.png")
    return tmp_path


def test_folders_are_classes_and_a_picture_is_one_object(cells):
    found, report = read_dataset(cells)
    assert report.format == "classes" and found.classes == ("lympho", "mono") and len(found) == 20
    assert all(len(picture) == 1 for picture in found)
    np.testing.assert_array_equal(found[0].boxes, [[0, 0, 12, 10]])
    assert {p.path.parent.name for p in found if p.class_index[0] == 0} == {"lympho"}


def test_classes_are_asked_for_in_an_order_and_by_other_names(cells):
    found, _ = read_dataset(cells, classes=["MONO", "L"], aliases={"lympho": "L", "mono": "MONO"})
    assert found.classes == ("MONO", "L")
    assert Counter(int(p.class_index[0]) for p in found) == {0: 10, 1: 10}


def test_each_class_is_divided_by_itself_and_always_alike(cells):
    found, report = read_dataset(cells)
    sides = Counter((p.split, int(p.class_index[0])) for p in found)
    assert sides == {(s, c): n for s, n in (("test", 2), ("val", 2), ("train", 6)) for c in (0, 1)}
    assert any("held out" in note for note in report.notes)
    assert dataset_splits(cells) == ("test", "train", "val")
    assert [p.split for p in read_dataset(cells)[0]] == [p.split for p in found]


def test_folders_that_name_splits_are_believed(tmp_path):
    for split in ("train", "test"):
        for kind in ("a", "b"):
            paint(tmp_path / split / kind / "1.png")
    found, report = read_dataset(tmp_path, "classes")
    assert found.classes == ("a", "b") and found.splits == ("test", "train") and not report.notes


def test_a_column_says_more_than_a_folder(tmp_path):
    for name in ("1.png", "2.png", "3.png"):
        paint(tmp_path / "images" / name)
    (tmp_path / "manifest.csv").write_text("file,class,split\n1.png,mono,train\n2.png,lympho,val\n3.png,,val\n")
    found, _ = read_dataset(tmp_path, "classes")
    assert [(p.path.name, found.classes[p.class_index[0]], p.split) for p in found] == [
        ("1.png", "mono", "train"),
        ("2.png", "lympho", "val"),
    ]


def test_a_folder_without_classes_is_refused(tmp_path):
    paint(tmp_path / "1.png")
    with pytest.raises(DatasetNotReadable, match="named after classes"):
        read_dataset(tmp_path, "classes")
    with pytest.raises(DatasetNotReadable, match="no labels that are known"):
        read_dataset(tmp_path)


def test_the_real_set_is_divided_evenly(data_dir):
    found, _ = read_dataset(data_dir / "wbc_pbc8")
    assert len(found) == 448 and len(found.classes) == 8
    sides = Counter((p.split, int(p.class_index[0])) for p in found)
    assert set(sides.values()) == {36, 11, 9}


def test_cells_that_a_detection_set_names_are_read_by_its_column(data_dir):
    found, _ = read_dataset(data_dir / "blood_txl_pbc", "classes")
    kinds = ("basophil", "eosinophil", "lymphocyte", "monocyte", "neutrophil")
    assert Counter(found.classes[p.class_index[0]] for p in found) == dict.fromkeys(kinds, 90)

"""Label images and index images: what is read, what is left out, and where the split comes from."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from PIL import Image

from cellwright.core import DatasetNotReadable
from cellwright.datasets import (
    IGNORED_PIXEL,
    HashedPicture,
    Meaning,
    Reason,
    read_dataset,
    read_label_image,
    split_of,
)
from cellwright.datasets.label_sources import boxes_of_labels, renumbered

Write = Callable[..., Path]
SMALL = [[0, 7, 7, 0], [0, 7, 0, 0], [3, 0, 0, 900]]


def save(path: Path, labels: ArrayLike, dtype: type = np.uint16) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.asarray(labels, dtype)
    if path.suffix == ".tif":
        tifffile.imwrite(path, values)
    else:
        Image.fromarray(values).save(path)
    return path


@pytest.fixture
def objects(tmp_path: Path, picture: Write) -> Path:
    """Return a set of two pictures, one of them without an object."""
    picture(tmp_path / "images" / "a.png", 3, 4)
    picture(tmp_path / "images" / "b.png", 3, 4)
    save(tmp_path / "labels" / "a.png", SMALL)
    save(tmp_path / "labels" / "b.png", np.zeros((3, 4)))
    return tmp_path


def classes_set(root: Path, picture: Write, values: ArrayLike, n: int = 4) -> Path:
    for name in range(n):
        picture(root / "images" / f"{name}.png", 3, 4)
        save(root / "masks" / f"{name}.png", values, np.uint8)
    return root


def test_row_i_of_the_boxes_is_label_i_and_one(objects: Path) -> None:
    labelled, report = read_dataset(objects)
    first, second = labelled
    assert report.format == "labels"
    assert first.boxes.tolist() == [[2, 0, 3, 1], [0, 1, 2, 3], [2, 3, 3, 4]]
    assert first.labels is not None
    assert first.labels.meaning is Meaning.OBJECTS
    assert first.labels.read().tolist() == [[0, 2, 2, 0], [0, 2, 0, 0], [1, 0, 0, 3]]
    assert len(second) == 0
    assert second.labels is not None
    assert not second.labels.read().any()
    assert labelled.counts().tolist() == [3]


def test_a_copy_of_the_labels_reads_the_same(objects: Path) -> None:
    first = read_dataset(objects)[0][0]
    assert first.labels is not None
    assert np.array_equal(copy.deepcopy(first.labels).read(), first.labels.read())


@pytest.mark.parametrize(("suffix", "dtype"), [(".png", np.uint8), (".png", np.uint16), (".tif", np.int32)])
def test_every_kind_of_file_gives_the_same_labels(tmp_path: Path, suffix: str, dtype: type) -> None:
    labels = [[0, 7, 7], [9, 0, 200]]
    assert read_label_image(save(tmp_path / f"x{suffix}", labels, dtype)).tolist() == labels


def test_a_palette_counts_by_its_indices(tmp_path: Path) -> None:
    made = Image.fromarray(np.array([[0, 2], [1, 0]], np.uint8), "L").convert("P")
    made.putpalette([0, 0, 0, 250, 10, 10, 10, 250, 10])
    made.save(tmp_path / "p.png")
    assert read_label_image(tmp_path / "p.png").tolist() == [[0, 2], [1, 0]]


def test_a_stack_or_a_colour_picture_is_no_label_image(tmp_path: Path) -> None:
    save(tmp_path / "stack.tif", np.zeros((3, 5, 5)))
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)).save(tmp_path / "colour.png")
    tifffile.imwrite(tmp_path / "half.tif", np.full((2, 2), 0.5, np.float32))
    tifffile.imwrite(tmp_path / "below.tif", np.full((2, 2), -4, np.int16))
    (tmp_path / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    for name in ("stack.tif", "colour.png", "half.tif", "below.tif", "torn.png", "missing.png"):
        with pytest.raises(DatasetNotReadable, match=name):
            read_label_image(tmp_path / name)


def test_what_cannot_be_used_is_left_out_and_named(objects: Path, picture: Write) -> None:
    for name in "cde":
        picture(objects / "images" / f"{name}.png", 3, 4)
    (objects / "labels" / "c.png").write_bytes(b"no picture")
    save(objects / "labels" / "d.png", np.zeros((4, 3)))
    (objects / "images" / "f.png").write_bytes(b"no picture")
    save(objects / "labels" / "f.png", SMALL)
    labelled, report = read_dataset(objects)
    assert [p.path.stem for p in labelled] == ["a", "b"]
    reasons = (Reason.BAD_LABELS, Reason.LABELS_DIFFER, Reason.NO_LABELS, Reason.BAD_PICTURE)
    assert [report.count(reason) for reason in reasons] == [1, 1, 1, 1]
    assert report.pictures_left_out == 4


def test_a_link_out_of_the_folder_is_not_followed(objects: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = save(tmp_path_factory.mktemp("elsewhere") / "z.png", SMALL)
    (objects / "labels" / "a.png").unlink()
    (objects / "labels" / "a.png").symlink_to(elsewhere)
    labelled, report = read_dataset(objects)
    assert [p.path.stem for p in labelled] == ["b"]
    assert report.count(Reason.OUTSIDE_ROOT) == 1


def test_a_path_that_goes_up_and_down_leads_to_the_same_set(objects: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there, _ = read_dataset(objects)
    monkeypatch.chdir(objects / "images")
    for way in ("..", "../labels/..", objects / "images" / ".."):
        found, _ = read_dataset(way)
        assert [record.path for record in found] == [record.path for record in there]


def test_the_same_few_numbers_everywhere_are_classes(tmp_path: Path, picture: Write) -> None:
    labelled, report = read_dataset(classes_set(tmp_path, picture, [[0, 1, 1, 0], [2, 2, 0, 0], [0, 0, 0, 0]]))
    assert report.format == "index"
    assert labelled.classes == ("class 1", "class 2")
    assert labelled[0].boxes.tolist() == [[0, 1, 1, 3], [1, 0, 2, 2]]
    assert labelled[0].class_index.tolist() == [0, 1]
    as_objects, report = read_dataset(tmp_path, "labels")
    assert report.format == "labels"
    assert as_objects.classes == ("object",)


def test_numbers_take_the_names_given_in_order_and_unasked_ones_become_background(
    tmp_path: Path, picture: Write, text: Callable[[Path, str], Path]
) -> None:
    classes_set(tmp_path, picture, [[0, 1, 1, 0], [2, 2, 3, 0], [0, 0, 0, 0]])
    named, report = read_dataset(tmp_path, classes=("lung", "heart"))
    assert any("2 is heart" in note for note in report.notes)
    assert report.count(Reason.SPARE_VALUE) == 4
    assert named[0].labels is not None
    assert named[0].labels.read()[1].tolist() == [2, 2, IGNORED_PIXEL, 0]
    text(tmp_path / "classes.txt", "lung\nheart\nrib\n")
    one, _ = read_dataset(tmp_path, "index", classes=("Heart",))
    assert one[0].labels is not None
    assert one[0].labels.read()[:2].tolist() == [[0, 0, 0, 0], [1, 1, 0, 0]]
    assert one.counts().tolist() == [4]


def test_a_mask_of_black_and_white_is_one_class(tmp_path: Path, picture: Write) -> None:
    root = classes_set(tmp_path, picture, [[0, 255, 255, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    labelled, _ = read_dataset(root, classes=("lung",))
    assert labelled[0].labels is not None
    assert labelled[0].labels.read()[0].tolist() == [0, 1, 1, 0]


def test_objects_of_two_classes_cannot_be_said_in_label_images(objects: Path) -> None:
    with pytest.raises(DatasetNotReadable, match="COCO"):
        read_dataset(objects, "labels", classes=("round", "long"))


def test_the_split_is_a_folder_or_the_manifest_or_ours(
    tmp_path: Path, picture: Write, text: Callable[[Path, str], Path]
) -> None:
    for split in ("train", "valid"):
        picture(tmp_path / "by_folder" / split / "images" / "a.png", 3, 4)
        save(tmp_path / "by_folder" / split / "labels" / "a.png", SMALL)
    assert read_dataset(tmp_path / "by_folder")[0].splits == ("train", "val")
    root = tmp_path / "ours"
    for name in range(20):
        picture(root / "images" / f"{name}.png", 3, 4)
        save(root / "labels" / f"{name}.png", np.arange(12).reshape(3, 4) * (name > 3))
    assert read_dataset(root)[0].splits == ("",)
    assert len(read_dataset(root, split="val")[0]) == 4
    rows = [f"{name}.png,{'stained' if name < 10 else 'plain'},{name == 3}" for name in range(20)]
    text(root / "manifest.csv", "\n".join(["file,kind,same_field_as_test", *rows]))
    labelled, report = read_dataset(root)
    assert Counter((p.split, p.kind) for p in labelled) == {
        ("train", "stained"): 7,
        ("val", "stained"): 2,
        ("leak", "stained"): 1,
        ("train", "plain"): 8,
        ("val", "plain"): 2,
    }
    assert any("20%" in note for note in report.notes)
    assert labelled[0].facts["kind"] == "stained"


@given(
    names=st.sets(st.integers(0, 10**6), min_size=1, max_size=60),
    groups=st.integers(1, 20),
    order=st.randoms(use_true_random=False),
)
def test_our_split_keeps_groups_whole_and_knows_no_order(names: set[int], groups: int, order: object) -> None:
    pictures = [HashedPicture(str(n), str(n % groups), ("kind", n % 2)) for n in sorted(names)]
    said = dict(zip(pictures, split_of(pictures), strict=True))
    shuffled = list(pictures)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert dict(zip(shuffled, split_of(shuffled), strict=True)) == said
    homes = {(p.group, split) for p, split in said.items()}
    assert len(homes) == len({p.group for p in pictures})


def test_one_in_five_of_each_stratum_is_held_out() -> None:
    pictures = [
        HashedPicture(f"{kind}{i}", f"{kind}{i}", (kind,))
        for kind, n in (("a", 50), ("b", 5), ("c", 1))
        for i in range(n)
    ]
    held_out = Counter(p.stratum[0] for p, split in zip(pictures, split_of(pictures), strict=True) if split == "val")
    assert held_out == {"a": 10, "b": 1}


@given(st.lists(st.lists(st.sampled_from([0, 1, 5, 5, 300, 2**30]), min_size=4, max_size=4), min_size=1, max_size=5))
def test_renumbering_keeps_order_and_shapes(rows: list[list[int]]) -> None:
    labels = np.array(rows, np.int32)
    new = renumbered(labels)
    values = sorted(set(labels.ravel().tolist()) - {0})
    assert sorted(set(new.ravel().tolist()) - {0}) == list(range(1, len(values) + 1))
    for number, value in enumerate(values, start=1):
        assert np.array_equal(new == number, labels == value)
    index, boxes = boxes_of_labels(new)
    assert index.tolist() == list(range(len(values)))
    for box, value in zip(boxes.astype(int), values, strict=True):
        y, x = np.nonzero(labels == value)
        assert box.tolist() == [y.min(), x.min(), y.max() + 1, x.max() + 1]


def test_the_nuclei_are_divided_by_kind_and_size(data_dir: Path) -> None:
    labelled, report = read_dataset(data_dir / "nuclei_dsb2018", split="val", classes=("nucleus",))
    assert report.is_clean
    assert Counter(p.kind for p in labelled) == {"fluorescence": 108, "histology_colour": 11}
    for picture in labelled:
        assert len(picture) == int(picture.facts["n_objects"])
        assert picture.size == (int(picture.facts["height"]), int(picture.facts["width"]))


def test_the_chests_keep_their_split_and_hospital(data_dir: Path) -> None:
    names = ("right-lung", "left-lung", "heart")
    labelled, report = read_dataset(data_dir / "chest_lung_heart", split="val", classes=names)
    assert report.format == "index"
    assert report.is_clean
    assert Counter(p.kind for p in labelled) == {"jsrt": 21, "wingspan": 11}
    assert all(0.3 < float(p.facts["ctr_from_mask"]) < 0.8 for p in labelled)
    # In a picture of a chest the right lung lies on the left.
    assert all(p.boxes[0, 1] < p.boxes[1, 1] for p in labelled)


def test_the_whole_cells_come_in_with_their_split(data_dir: Path) -> None:
    labelled, report = read_dataset(data_dir / "phase_t98g")
    assert report.is_clean
    assert Counter(p.split for p in labelled) == {"train": 9, "val": 5}
    assert [len(p) for p in labelled] == [int(p.facts["n_cells"]) for p in labelled]

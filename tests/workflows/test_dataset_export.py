"""Sets written in every format come back as they were, divided and frozen; a project goes out as it came in."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cellwright.annotation import Status
from cellwright.core import BadParameter, CellwrightError, OutputExists
from cellwright.datasets import Preparation, changed_files, compare_versions, read_dataset, read_version
from cellwright.jobs import run_inline
from cellwright.project import Project
from cellwright.workflows import (
    DATASET_FORMATS,
    CheckDataset,
    Division,
    ExportDataset,
    ExportFormat,
    FreezeDataset,
    ImportDataset,
    PreviewDataset,
    contact_sheet,
    read_augmentation,
    read_source,
)

SHARES = Division({"train": 0.5, "val": 0.25, "test": 0.25})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Eight pictures with outlined cells of one class, as COCO."""
    folder = tmp_path / "set"
    (folder / "images").mkdir(parents=True)
    rng = np.random.default_rng(0)
    images, annotations = [], []
    for i in range(8):
        Image.fromarray(rng.integers(0, 255, (40, 50, 3), np.uint8)).save(folder / "images" / f"p{i}.png")
        images.append({"id": i, "file_name": f"p{i}.png", "height": 40, "width": 50})
        for x in (3, 18, 33)[: 1 + i % 3]:
            ring = [x, 5, x + 10, 5, x + 10, 12, x + 4, 12, x + 4, 18, x, 18]
            annotations.append({"image_id": i, "category_id": 1, "bbox": [x, 5, 10, 13], "segmentation": [ring]})
    content = {
        "images": images,
        "categories": [{"id": 1, "name": "cell"}],
        "annotations": [{"id": number, **each} for number, each in enumerate(annotations)],
    }
    (folder / "annotations.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


@pytest.mark.parametrize("kind", DATASET_FORMATS)
def test_every_format_comes_back_divided_as_it_was_written(data: Path, tmp_path: Path, kind: ExportFormat) -> None:
    done = run_inline(ExportDataset(data, tmp_path / "out", kind, SHARES, with_pictures=True))
    assert (done.pictures, done.objects, done.splits) == (8, 15, {"test": 2, "train": 4, "val": 2})
    before, _ = read_dataset(data)
    after, report = read_dataset(tmp_path / "out", classes=["cell"])
    assert report.is_clean
    assert report.format == {"geojson": "qupath", "index-png": "index"}.get(kind.value, kind.value.split("-")[0])
    assert {split: len(after.of_split(split)) for split in after.splits} == done.splits
    assert [p.path.name for p in after] == [p.path.name for p in before]
    assert [p.group for p in after] == [p.group for p in before]
    for old, new in zip(before, after, strict=True):
        assert old.path.read_bytes() == new.path.read_bytes()
        if kind is not ExportFormat.INDEX_PNG:
            np.testing.assert_allclose(new.boxes, old.boxes, atol=0.01)
        if kind.needs_outlines or kind in {ExportFormat.COCO, ExportFormat.GEOJSON}:
            written, meant = new.labels.read(), old.labels.read()  # type: ignore[union-attr]
            np.testing.assert_array_equal(written, meant > 0 if kind is ExportFormat.INDEX_PNG else meant)


def test_a_project_goes_out_as_it_came_in(data: Path, tmp_path: Path) -> None:
    Project.create(tmp_path / "p").close()
    run_inline(ImportDataset(tmp_path / "p", data, "A."))
    with Project(tmp_path / "p") as project:
        gone = project.objects_in(1)[0]
        project.change_objects([gone.id], "A.", status=Status.REJECTED)
    done = run_inline(ExportDataset(tmp_path / "p", tmp_path / "out", ExportFormat.COCO, with_pictures=True))
    assert (done.pictures, done.objects) == (8, 14)
    labelled, _ = read_source(tmp_path / "p", statuses=frozenset(Status))
    again, _ = read_dataset(data)
    for one, other in zip(labelled, again, strict=True):
        assert one.labels.masks().equals(other.labels.masks())  # type: ignore[union-attr]


def test_nothing_there_is_replaced_and_boxes_are_no_outlines(data: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine", encoding="utf-8")
    for overwrite in (False, True):
        with pytest.raises(CellwrightError):
            run_inline(ExportDataset(data, tmp_path / "out", ExportFormat.YOLO, overwrite=overwrite))
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["mine.txt"]
    run_inline(ExportDataset(data, tmp_path / "boxes", ExportFormat.YOLO, with_pictures=True))
    with pytest.raises(BadParameter, match="outlines"):
        run_inline(ExportDataset(tmp_path / "boxes", tmp_path / "labels", ExportFormat.LABELS))
    assert not (tmp_path / "labels").exists()
    with pytest.raises(BadParameter, match="not written as"):
        run_inline(ExportDataset(data, tmp_path / "xlsx", ExportFormat.XLSX))


def test_a_version_is_frozen_and_never_replaced(data: Path, tmp_path: Path) -> None:
    first = run_inline(FreezeDataset(data, tmp_path / "v1", division=SHARES))
    again = run_inline(FreezeDataset(data, tmp_path / "v1 again", "same", division=SHARES))
    assert first.version.hash == again.version.hash
    with pytest.raises(OutputExists):
        run_inline(FreezeDataset(data, tmp_path / "v1"))
    half = Preparation(tile_px=25, is_grey=True)
    second = run_inline(FreezeDataset(data, tmp_path / "v2", parent=tmp_path / "v1", preparation=half))
    assert second.version.parent == first.version.hash
    assert second.written.pictures == 32
    changes = compare_versions(read_version(tmp_path / "v1"), read_version(tmp_path / "v2"))
    assert len(changes.added) == 32 and len(changes.removed) == 8 and not changes.is_prepared_alike
    labelled, report = read_dataset(tmp_path / "v2")
    assert report.is_clean and {p.size for p in labelled} == {(25, 25), (15, 25)}
    target = tmp_path / "v1" / "images" / "p3.png"
    target.write_bytes(target.read_bytes() + b" ")
    assert changed_files(tmp_path / "v1", first.version) == ["p3.png"]


def test_changed_copies_are_of_training_pictures_alone_and_can_be_made_again(data: Path, tmp_path: Path) -> None:
    copies = read_augmentation(2, seed=5)
    plain = run_inline(FreezeDataset(data, tmp_path / "plain", division=SHARES))
    first = run_inline(FreezeDataset(data, tmp_path / "v1", division=SHARES, augmentation=copies))
    again = run_inline(FreezeDataset(data, tmp_path / "v2", division=SHARES, augmentation=copies))
    other = run_inline(FreezeDataset(data, tmp_path / "v3", division=SHARES, augmentation=read_augmentation(2, seed=6)))
    assert first.written.splits == {"test": 2, "train": 4 * 3, "val": 2}
    assert first.version.hash == again.version.hash
    assert len({each.version.hash for each in (plain, first, other)}) == 3
    assert "augmentation" not in plain.version.preparation  # versions frozen before keep their hash
    said = read_version(tmp_path / "v1").preparation["augmentation"]
    assert isinstance(said, dict)
    assert (said["copies"], said["seed"], said["split"]) == (2, 5, "train") and said["changes"]["turn"]
    labelled, report = read_dataset(tmp_path / "v1")
    assert report.is_clean
    made = {p.path.name: p for p in labelled}
    for name, picture in made.items():
        if "_copy" not in name:
            continue
        original = made[name.partition("_copy")[0] + ".png"]
        assert picture.group == original.group and picture.split == original.split == "train"
        assert len(picture) == len(original) and picture.size in {(40, 50), (50, 40)}
        assert picture.labels is not None and original.labels is not None
        areas = [sorted(each.labels.masks().areas().tolist()) for each in (picture, original)]
        assert areas[0] == areas[1]
    assert changed_files(tmp_path / "v1", first.version) == []


def test_copies_of_a_set_that_is_not_divided_are_refused(data: Path, tmp_path: Path) -> None:
    for operation in (
        FreezeDataset(data, tmp_path / "v", augmentation=read_augmentation(1)),
        ExportDataset(data, tmp_path / "e", ExportFormat.YOLO, augmentation=read_augmentation(1)),
    ):
        with pytest.raises(BadParameter, match="split 'train'"):
            run_inline(operation)
    assert not (tmp_path / "v").exists() and not (tmp_path / "e").exists()


def test_copies_bring_pictures_along_in_any_format(data: Path, tmp_path: Path) -> None:
    shown = run_inline(PreviewDataset(data, count=3, augmentation=read_augmentation(1)))
    assert all(tile.name.endswith("_copy1.png") and len(tile.objects) for tile in shown)
    done = run_inline(ExportDataset(data, tmp_path / "e", ExportFormat.VOC, SHARES, augmentation=read_augmentation(3)))
    assert done.pictures == 8 + 4 * 3
    assert len(list((tmp_path / "e").rglob("*_copy*.png"))) == 12


def test_health_names_what_is_wrong(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_inline(ExportDataset(data, out, ExportFormat.YOLO, SHARES, with_pictures=True))
    train = (out / "train.txt").read_text(encoding="utf-8").split()
    val = (out / "val.txt").read_text(encoding="utf-8").split()
    rng = np.random.default_rng(5)
    for name in (*train, *val):
        blob = np.kron(rng.integers(0, 255, (5, 5, 3)), np.ones((8, 10, 1))).astype(np.uint8)
        Image.fromarray(blob).save(out / name)
    # The same field, mirrored, on the other side; and a picture cut short.
    twin = Image.open(out / train[0]).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    twin.save(out / val[0])
    whole = (out / train[1]).read_bytes()
    (out / train[1]).write_bytes(whole[: len(whole) // 2])
    (out / "labels" / f"{Path(train[2]).stem}.txt").write_text("", encoding="utf-8")
    found = run_inline(CheckDataset(out))
    assert [path.name for path in found.unreadable] == [Path(train[1]).name]
    assert [path.name for path in found.empty] == [Path(train[2]).name]
    assert {p.is_turned for p in found.duplicates_across} == {True}
    assert found.heat.sum() == found.health.boxes < 15
    assert any("different splits" in line for line in found.warnings())
    assert json.loads(json.dumps(found.to_dict()))["pictures"] == 8


def test_a_preview_shows_what_training_will_see(data: Path, repository: Path) -> None:
    recipe = repository / "models" / "blood-cells-yolo" / "recipe.toml"
    plain = run_inline(PreviewDataset(data, Preparation(size=(64, 64)), count=5, seed=1))
    assert [tile.rgb.shape for tile in plain] == [(64, 64, 3)] * 5
    assert all(tile.objects.masks is not None and len(tile.objects) for tile in plain)
    one, other = (run_inline(PreviewDataset(data, recipe=recipe, count=4, seed=3)) for _ in range(2))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.rgb, b.rgb)
        assert (a.objects.boxes[:, 2:] > a.objects.boxes[:, :2]).all()
    assert contact_sheet(plain, 50).shape == (2 * 54 - 4, 3 * 54 - 4, 3)
    with pytest.raises(BadParameter):
        run_inline(PreviewDataset(data, count=0))

"""Models that outline are perfect on what they found themselves, and lose what is taken away; in every format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cellwright.jobs import run_inline
from cellwright.shapes import labels_from_masks
from cellwright.workflows import Analysis, AnalyzePicture, ExportFormat, export_analyses
from tests.tiny_model import write_smear
from tests.tiny_outliner import write_outliner

Run = Callable[..., Any]
DEVICE = ("--device", "cpu:torch-fp32")


@pytest.fixture(scope="module")
def sorter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "sorter"
    return write_outliner(folder, {"kind": "classes"}, "plasma", "blob", seed=22)


@pytest.fixture(scope="module")
def outliner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "outliner"
    return write_outliner(folder, {"kind": "touching", "min_area_px": 4}, "nucleus", seed=8)


def analyses_of(model: Path, folder: Path) -> list[Analysis]:
    pictures = [write_smear(folder / f"smear_{seed}.png", (120, 160), seed) for seed in (1, 2)]
    return [run_inline(AnalyzePicture(path, model, DEVICE[1])) for path in pictures]


def write_truth(root: Path, analyses: list[Analysis], *, classes: bool, without: int = 0) -> Path:
    """Write what was found as label images, less the first objects of the first picture."""
    for number, analysis in enumerate(analyses):
        found = analysis.counted()
        assert found.masks is not None and len(found) > without
        keep = np.arange(len(found)) >= (without if number == 0 else 0)
        kept = found.take(keep)
        assert kept.masks is not None
        values = kept.class_index.astype(np.int32) + 1 if classes else None
        labels = labels_from_masks(kept.masks, analysis.picture.shape, values=values)
        for folder in ("images", "masks" if classes else "labels"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        name = analysis.picture.path.name
        (root / "images" / name).write_bytes(analysis.picture.path.read_bytes())
        Image.fromarray(labels.astype(np.uint16)).save(root / ("masks" if classes else "labels") / name)
    return root


def test_a_sorter_of_pixels_is_perfect_on_its_own_index_images(cellwright: Run, sorter: Path, tmp_path: Path) -> None:
    data = write_truth(tmp_path / "set", analyses_of(sorter, tmp_path), classes=True)
    said = cellwright("evaluate", "--model", sorter, "--data", data, "--json", *DEVICE)
    assert said.code == 0, said.err
    result = said.json
    assert result["task"] == "semantic"
    assert result["scores"]["pixels"]["accuracy"] == 1
    assert {entry["dice"] for entry in result["per_class"].values()} <= {1.0, None}
    assert "objects" not in result["scores"]
    shown = cellwright("evaluate", "--model", sorter, "--data", data, "--per-picture", *DEVICE)
    for word in ("Dice", "IoU", "plasma", "blob", "Worst pictures", "Every picture", "smear_2.png", "100.0%"):
        assert word in shown.out


def test_an_outliner_is_perfect_on_its_own_label_images_and_masks(
    cellwright: Run, outliner: Path, tmp_path: Path
) -> None:
    analyses = analyses_of(outliner, tmp_path)
    export_analyses(analyses, tmp_path / "out", (ExportFormat.COCO,), with_pictures=True)
    for data in (write_truth(tmp_path / "set", analyses, classes=False), tmp_path / "out" / "coco"):
        said = cellwright("evaluate", "--model", outliner, "--data", data, "--json", *DEVICE)
        assert said.code == 0, said.err
        objects = said.json["scores"]["objects"]
        assert objects["true"] == objects["found"] > 0
        assert objects["ap"] == objects["mean_ap"] == [1.0] * 10
        assert objects["aji"] == 1
        assert said.json["per_class"]["nucleus"]["dice"] == 1
        assert said.json["mask_scores"]["map_50"] == pytest.approx(1)


def test_what_the_truth_lacks_is_invented_and_the_picture_is_the_worst(
    cellwright: Run, outliner: Path, tmp_path: Path
) -> None:
    data = write_truth(tmp_path / "set", analyses_of(outliner, tmp_path), classes=False, without=1)
    said = cellwright("evaluate", "--model", outliner, "--data", data, "--json", *DEVICE)
    result = said.json
    assert result["scores"]["objects"]["found"] - result["scores"]["objects"]["true"] == 1
    worst = result["worst_pictures"][0]
    assert Path(worst["path"]).name == "smear_1.png" and worst["found"] - worst["right"] == 1
    shown = cellwright("evaluate", "--model", outliner, "--data", data, *DEVICE)
    for word in ("AP@0.5", "PQ", "AJI", "Dice", "mask mAP@0.5", "Worst pictures"):
        assert word in shown.out
    assert "Every picture" not in shown.out


def test_a_set_of_boxes_judges_an_outliner_by_boxes_and_no_sorter_of_pixels(
    cellwright: Run, outliner: Path, sorter: Path, tmp_path: Path
) -> None:
    for model, code in ((outliner, 0), (sorter, 2)):
        analyses = analyses_of(model, tmp_path)
        export_analyses(analyses, tmp_path / model.name, (ExportFormat.YOLO,), with_pictures=True)
        said = cellwright("evaluate", "--model", model, "--data", tmp_path / model.name / "yolo", *DEVICE)
        assert said.code == code, said.err
        assert ("mAP@0.5" in said.out) == (code == 0)
        assert ("label images" in said.err) == (code == 2)

"""Our own models go out and come back: the same objects on real pictures, the test output within what is promised."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from cellwright_onnx import command
from cellwright_onnx.checking import check
from PIL import Image

from cellwright.core import Objects
from cellwright.inference import DetectOptions, detect_file, open_predictor
from cellwright.jobs import run_inline
from cellwright.workflows import verify_model
from cellwright.workflows.model_export import ExportModel, ModelFormat
from cellwright.zoo import load_card

NUCLEI = "nuclei_dsb2018/images"
SMEARS = "blood_txl_pbc"


def exported(model: str, kind: ModelFormat, folder: Path) -> Path:
    return run_inline(ExportModel(model, kind, folder)).folder


def found(model: str | Path, picture: Path, device: str = "auto") -> Objects:
    detection = detect_file(picture, open_predictor(model, device), DetectOptions())
    assert detection.coverage.is_complete
    return detection.objects


def same(recorded: Objects, own: Objects) -> None:
    """Check boxes within a fifth of a pixel, scores within a thousandth, masks within 1 % of their pixels."""
    assert len(recorded) == len(own) > 3
    rows = [np.lexsort(np.rint(objects.boxes).T[::-1]) for objects in (recorded, own)]
    np.testing.assert_allclose(recorded.boxes[rows[0]], own.boxes[rows[1]], atol=0.2)
    np.testing.assert_allclose(recorded.scores[rows[0]], own.scores[rows[1]], atol=1e-3)
    np.testing.assert_array_equal(recorded.class_index[rows[0]], own.class_index[rows[1]])
    if own.masks is not None:
        assert recorded.masks is not None
        areas = recorded.masks.areas()[rows[0]], own.masks.areas()[rows[1]]
        np.testing.assert_allclose(*areas, rtol=0.01)


def picture_of(data_dir: Path, folder: str) -> Path:
    return sorted((data_dir / folder).rglob("*.png" if "nuclei" in folder else "*.jpg"))[0]


def square_of(data_dir: Path, folder: Path) -> Path:
    """Cut 512×512 pixels out of a real picture: what a network of one size sees as the original does."""
    for path in sorted((data_dir / NUCLEI).glob("*.png")):
        with Image.open(path) as image:
            if min(image.size) >= 512:
                image.convert("RGB").crop((0, 0, 512, 512)).save(folder / "square.png")
                return folder / "square.png"
    raise AssertionError("no picture is large enough")


@pytest.mark.parametrize(
    ("model", "kind", "folder"),
    [
        ("nuclei-stardist", "onnx", NUCLEI),
        ("nuclei-unet", "bioimageio", NUCLEI),
        ("blood-cells-yolo", "torchscript", SMEARS),
        pytest.param("blood-cells-yolo", "bioimageio", SMEARS, marks=pytest.mark.slow),
        pytest.param("cells-maskrcnn", "onnx", NUCLEI, marks=pytest.mark.slow),
    ],
)
def test_a_model_that_went_out_finds_the_same_objects(
    model: str, kind: ModelFormat, folder: str, tmp_path: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = exported(model, kind, tmp_path)
    if kind == "torchscript":
        assert command.main(["trust", str(made), "--yes"]) == command.DONE
    picture = picture_of(data_dir, folder) if model != "cells-maskrcnn" else square_of(data_dir, tmp_path)
    same(found(made, picture), found(model, picture, "cpu:torch-fp32"))
    checked = check(made)
    assert checked
    assert all(one.is_right for one in checked)
    if kind == "bioimageio":
        validated(made, model)
    else:
        assert verify_model(made) == ()
    capsys.readouterr()


VALIDATION = """
import socket, sys
from pathlib import Path

def refuse(*given): raise OSError("no network here")
socket.socket.connect = refuse

from bioimageio.spec import load_description
from bioimageio.spec.model.v0_5 import ModelDescr

described = load_description(Path(sys.argv[1]), perform_io_checks=True)
print([(error.loc, error.msg) for part in described.validation_summary.details for error in part.errors])
sys.exit(not isinstance(described, ModelDescr))
"""
"""A program of its own: the library leaves files open, which is an error here."""


def validated(folder: Path, model: str) -> None:
    """Ask bioimage.io's own library about the description, its files and their hashes, without a network."""
    asked = [sys.executable, "-c", VALIDATION, str(folder / "rdf.yaml")]
    ended = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    card = load_card(folder)
    assert card.parent is not None
    assert card.parent.startswith(f"{model}@")
    raw = yaml.safe_load((folder / "rdf.yaml").read_text())
    assert raw["weights"]["onnx"]["opset_version"] == 18
    assert raw["inputs"][0]["axes"][2]["size"] == {"min": 224 if model == "nuclei-unet" else 32, "step": 32}

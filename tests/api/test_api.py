"""`import cellwright` gives what the command line gives, quickly, typed and without Qt."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cellwright as cw
from cellwright.core import BadParameter, OutputExists, SlideNotReadable, UnknownName
from cellwright.jobs import Progress


@pytest.fixture(scope="module")
def smear() -> cw.Found:
    return cw.analyze(cw.sample_picture("smear"))


def test_importing_it_loads_neither_torch_nor_qt_nor_pandas() -> None:
    asked = (
        "import sys, cellwright as cw; cw.analyze; cw.models; "
        "print([m for m in ('torch', 'PySide6', 'napari', 'pandas', 'scipy', 'skimage') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_every_public_name_is_there_and_no_other() -> None:
    assert set(dir(cw)) == set(cw.__all__)
    assert all(hasattr(cw, name) for name in cw.__all__)
    with pytest.raises(AttributeError):
        _ = cw.nothing_of_that_name


def test_the_sample_is_counted_as_its_makers_know_it(smear: cw.Found) -> None:
    known = json.loads(cw.sample_picture("smear").with_suffix(".json").read_text("utf-8"))
    assert len(smear) == sum(smear.counts.values()) == len(smear.boxes)
    assert set(smear.counts) == {"WBC", "RBC", "PLT"}
    assert smear.is_complete
    assert "whole picture" in smear.coverage
    truth = sum(1 for each in known["objects"] if each["class"] == "WBC") if "objects" in known else smear.counts["WBC"]
    assert smear.counts["WBC"] == truth


def test_a_table_has_a_row_an_object_and_units(smear: cw.Found) -> None:
    table = smear.to_pandas()
    assert len(table) == len(smear)
    np.testing.assert_allclose(table[["bbox-0", "bbox-1", "bbox-2", "bbox-3"]], smear.boxes)
    assert table.attrs["units"]["bbox-0_um"] == "µm"
    counts = smear.counts_to_pandas().set_index("class")
    assert counts.loc["all", "count"] == len(smear)
    assert (counts["count_low"] <= counts["count"]).all()


def test_an_array_gives_what_the_file_gives(smear: cw.Found) -> None:
    pixels = np.asarray(Image.open(cw.sample_picture("smear")).convert("RGB"))
    from_array = cw.analyze(pixels)
    np.testing.assert_array_equal(from_array.boxes, smear.boxes)
    assert from_array.analysis.picture.pixel_size is None
    again = cw.analyze(pixels.copy(), pixel_size_um=0.08)
    assert again.analysis.picture.pixel_size is not None
    same = cw.analyze(pixels)
    assert same.objects.id_strings() == from_array.objects.id_strings()


def test_thresholds_act_without_asking_the_model_again(smear: cw.Found) -> None:
    few, many = smear.at_least(0.9), smear.at_least(0.1)
    assert len(few) <= len(smear) <= len(many)
    assert few.analysis is smear.analysis
    assert (few.objects.scores >= 0.9).all()


def test_outlines_become_a_label_image() -> None:
    found = cw.analyze(cw.sample_picture("nuclei"), "nuclei-stardist")
    labels = found.labels()
    assert labels.shape == found.analysis.picture.shape
    assert set(np.unique(labels)) - {0} <= set(range(1, len(found) + 1))
    assert labels.max() == len(found)


def test_boxes_alone_have_no_labels(smear: cw.Found) -> None:
    with pytest.raises(BadParameter, match="boxes"):
        smear.labels()


def test_results_are_saved_and_never_overwritten_unasked(smear: cw.Found, tmp_path: Path) -> None:
    written = smear.save(tmp_path, ["csv", "geojson"])
    assert {path.name for path in written} >= {"objects.csv", "counts.csv"}
    with pytest.raises(OutputExists):
        smear.save(tmp_path, "csv")
    assert smear.save(tmp_path, "csv", overwrite=True)
    with pytest.raises(BadParameter, match="csv"):
        smear.save(tmp_path, "docx")


def test_progress_is_told_and_may_stop_the_work() -> None:
    said: list[Progress] = []

    def stop(report: Progress) -> None:
        said.append(report)
        if report.total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cw.analyze(cw.sample_picture("smear"), on_progress=stop)
    assert said


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((0, 5), np.uint8),
        np.zeros((2, 3, 4, 5), np.uint8),
        np.zeros((4, 5, 65), np.uint8),
        np.zeros((4, 5), np.complex64),
        np.full((4, 5), np.nan, np.float32),
    ],
)
def test_what_is_no_picture_is_refused_in_a_sentence(pixels: np.ndarray) -> None:
    with pytest.raises(BadParameter, match=r"[a-z]+\.$"):
        cw.analyze(pixels)


def test_a_small_grey_float_picture_is_taken() -> None:
    pixels = np.random.default_rng(0).random((40, 50)).astype(np.float32)
    assert cw.analyze(pixels, "nuclei-stardist").is_complete


def test_models_are_named_and_described() -> None:
    assert {"blood-cells-yolo", "nuclei-stardist"} <= set(cw.models())
    assert cw.model_card("nuclei-stardist").class_names == ("nucleus",)
    with pytest.raises(UnknownName):
        cw.model_card("no-such-model")
    with pytest.raises(UnknownName, match="nuclei"):
        cw.sample_picture("no-such-sample")


def test_a_picture_is_opened_lazily(tmp_path: Path) -> None:
    with cw.open_picture(cw.sample_picture("smear")) as slide:
        assert slide.shape == (600, 800)
    with pytest.raises(SlideNotReadable):
        cw.open_picture(tmp_path / "missing.png")


def test_the_notebook_runs_from_top_to_bottom(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    notebook = json.loads((repository / "docs" / "first-steps.ipynb").read_text("utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(cells) >= 5
    names: dict[str, object] = {"__name__": "notebook"}
    for number, cell in enumerate(cells):
        exec(compile(cell, f"cell {number}", "exec"), names)
    assert "WBC" in capsys.readouterr().out
    assert (tmp_path / "results" / "objects.csv").is_file()


def test_the_examples_of_the_page_run(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, smear: cw.Found
) -> None:
    monkeypatch.chdir(tmp_path)
    page = (repository / "docs" / "api.md").read_text("utf-8")
    blocks = [part.split("```")[0] for part in page.split("```python\n")[1:]]
    assert len(blocks) >= 3
    names: dict[str, object] = {}
    for number, block in enumerate(blocks):
        exec(compile(block, f"example {number}", "exec"), names)
    assert names["found"].counts == smear.counts  # type: ignore[attr-defined]


def test_the_page_names_everything_there_is(repository: Path) -> None:
    page = (repository / "docs" / "api.md").read_text("utf-8")
    assert [name for name in cw.__all__ if not re.search(rf"`(cw\.)?{name}\b", page)] == []
    said = {name for name in (*dir(cw.Found), *cw.Found.__dataclass_fields__) if not name.startswith("_")}
    assert [name for name in sorted(said) if f".{name}" not in page] == []
    arguments = inspect.signature(cw.analyze).parameters
    assert [name for name in arguments if name != "picture" and not re.search(rf"\b{name}\b", page)] == []

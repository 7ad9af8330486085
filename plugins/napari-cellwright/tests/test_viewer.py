"""A real napari viewer: a real file is opened, analyzed, measured and counted through the plugin's forms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari_cellwright.forms import AnalyzeForm, CountForm, MeasureForm

import cellwright as cw
from cellwright.jobs import run_inline
from cellwright.workflows.measuring import MeasureAnalyses

if TYPE_CHECKING:
    import napari
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gl

MODEL = "nuclei-stardist"
PICTURE = "formats/multichannel_cellprofiler"


def _docked(viewer: napari.Viewer, name: str) -> Any:
    """Open a form as napari's menu does."""
    _, form = viewer.window.add_plugin_dock_widget("napari-cellwright", name)
    return form


def _done(qtbot: QtBot, form: Any) -> None:
    qtbot.waitUntil(lambda: form.running is None, timeout=120_000)


@pytest.fixture
def picture(data_dir: Path) -> Path:
    """A real picture of nuclei."""
    return next(iter(sorted((data_dir / PICTURE).glob("*.tif"))))


def test_one_engine_on_a_real_picture(make_viewer: Callable[[], napari.Viewer], picture: Path, qtbot: QtBot) -> None:
    viewer = make_viewer()
    (image,) = viewer.open(str(picture), plugin="napari-cellwright")
    form = _docked(viewer, "Analyze with Cellwright")
    assert isinstance(form, AnalyzeForm)
    form.asked["model"].value = MODEL
    form.go()
    _done(qtbot, form)
    direct = cw.analyze(picture, model=MODEL)
    assert len(direct) > 5
    layer = viewer.layers[-1]
    np.testing.assert_array_equal(layer.data, direct.labels())
    assert layer.features["uuid"].tolist() == direct.objects.id_strings()
    assert f"{len(direct):,}" in form.said.value
    measuring = _docked(viewer, "Measure")
    assert isinstance(measuring, MeasureForm)
    measuring.asked["objects"].value = layer
    measuring.asked["image"].value = image
    measuring.go()
    _done(qtbot, measuring)
    table = run_inline(MeasureAnalyses((direct.analysis,)))
    area = next(column for column in table.columns if column.name.startswith("area"))
    np.testing.assert_array_equal(layer.features[area.name], area.values)
    counting = _docked(viewer, "Count")
    assert isinstance(counting, CountForm)
    counting.asked["objects"].value = layer
    counting.button.changed.emit(True)
    assert counting.table.data[0, 1] in (len(direct), f"{len(direct):,}", str(len(direct)))


def test_outlines_are_drawn_where_the_cells_are(
    make_viewer: Callable[[], napari.Viewer], nuclei_path: Path, qtbot: QtBot
) -> None:
    viewer = make_viewer()
    viewer.open(str(nuclei_path), plugin="napari-cellwright")
    form = _docked(viewer, "Analyze with Cellwright")
    form.asked["model"].value = MODEL
    form.go()
    _done(qtbot, form)
    image, labels = viewer.layers
    labels.contour, labels.opacity, image.visible = 0, 1.0, False
    painted = viewer.screenshot(canvas_only=True, flash=False)[..., :3].max(-1) > 20
    image.visible, labels.visible, image.contrast_limits = True, False, (0, 60)
    bright = viewer.screenshot(canvas_only=True, flash=False)[..., :3].max(-1) > 100
    both = (painted & bright).sum() / (painted | bright).sum()
    assert both > 0.8


def test_a_work_that_is_cancelled_leaves_nothing(
    make_viewer: Callable[[], napari.Viewer], nuclei_path: Path, qtbot: QtBot
) -> None:
    viewer = make_viewer()
    viewer.open(str(nuclei_path), plugin="napari-cellwright")
    form = _docked(viewer, "Analyze with Cellwright")
    form.go()
    assert form.cancel_button.enabled
    form.cancel()
    _done(qtbot, form)
    assert len(viewer.layers) == 1
    assert "Stopped" in form.said.value
    assert form.button.enabled


def test_what_goes_wrong_is_told_in_the_form(
    make_viewer: Callable[[], napari.Viewer], nuclei_path: Path, qtbot: QtBot
) -> None:
    viewer = make_viewer()
    form = _docked(viewer, "Analyze with Cellwright")
    form.go()
    assert "Open a picture first" in form.said.value
    viewer.open(str(nuclei_path), plugin="napari-cellwright")
    measuring = _docked(viewer, "Measure")
    measuring.go()
    assert "Analyze a picture first" in " ".join(measuring.said.value.split())


def test_the_same_question_again_replaces_its_answer(
    make_viewer: Callable[[], napari.Viewer], nuclei_path: Path, qtbot: QtBot
) -> None:
    viewer = make_viewer()
    viewer.open(str(nuclei_path), plugin="napari-cellwright")
    form = _docked(viewer, "Analyze with Cellwright")
    form.asked["model"].value = MODEL
    for least in (0.0, 0.6):
        form.asked["least_score"].value = least
        form.go()
        _done(qtbot, form)
    assert len(viewer.layers) == 2
    assert viewer.layers[-1].features["score"].min() >= 0.6


def test_a_model_that_fits_is_chosen_until_a_person_chooses(
    make_viewer: Callable[[], napari.Viewer], nuclei_path: Path, qtbot: QtBot
) -> None:
    viewer = make_viewer()
    form = _docked(viewer, "Analyze with Cellwright")
    viewer.open(str(nuclei_path), plugin="napari-cellwright")
    qtbot.waitUntil(lambda: form.asked["model"].value == MODEL, timeout=60_000)
    assert "Nuclei" in form.about.value
    form.asked["model"].value = "nuclei-unet"
    viewer.open(str(cw.sample_picture("chest")), plugin="napari-cellwright")
    form.asked["image"].value = viewer.layers[-1]
    qtbot.wait(500)
    assert form.asked["model"].value == "nuclei-unet"


@pytest.mark.parametrize("sample", ["smear", "nuclei", "chest"])
def test_samples_open(make_viewer: Callable[[], napari.Viewer], sample: str) -> None:
    viewer = make_viewer()
    (layer,) = viewer.open_sample("napari-cellwright", sample)
    assert layer.name == f"{sample}.png"

"""A classifier is chosen beside the model: its classes are counted, and the next analysis asks it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cellwright.annotation import UNIDENTIFIED
from cellwright.core import Regions
from cellwright.jobs import run_inline
from cellwright.project import Project
from cellwright.ui.correcting.storing import Found, store
from cellwright.ui.panels.model_panel import ModelPanel
from cellwright.ui.panels.selected_panel import source_text
from cellwright.ui.state.class_style import styles_of
from cellwright.ui.state.session import Session
from cellwright.ui.state.told_apart import kinds_said
from cellwright.workflows import Analysis, AnalyzePicture, ClassProbabilities, analysis_of_picture
from cellwright.workflows.batch import BatchSlide, ItemState
from cellwright.zoo import ListedModel, load_card
from tests.tiny_classifier import COLOURS, colour_card, write_colour_model
from tests.tiny_model import write_smear, write_tiny_model
from tests.ui.known_boxes import make_card

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cellwright.ui.main_window import MainWindow

DETECTOR, CLASSIFIER = Path("models/blood-cells-test"), Path("models/colours")


@pytest.fixture
def panel(qtbot: QtBot) -> ModelPanel:
    session = Session()
    made = ModelPanel(session)
    qtbot.addWidget(made)
    listed = [ListedModel(DETECTOR, make_card()), ListedModel(CLASSIFIER, colour_card())]
    made.set_models(listed)
    session.set_model(DETECTOR, make_card())
    return made


def test_what_fits_the_model_is_offered_and_named_after_its_cells(panel: ModelPanel) -> None:
    assert panel.apart.isVisibleTo(panel)
    assert [panel.apart.itemText(i) for i in range(panel.apart.count())] == ["Not told apart", "Colours"]
    assert panel._apart_title.text() == "Tell white blood cells apart with"
    assert panel.apart.accessibleName()


def test_a_choice_brings_the_classes_of_both_and_leaving_takes_them_away(panel: ModelPanel) -> None:
    session = panel._session
    panel.apart.setCurrentIndex(1)
    panel.apart.activated.emit(1)
    assert session.classifier_folder == CLASSIFIER
    names = [style.name for style in session.styles]
    assert names == ["WBC", "RBC", "PLT", *COLOURS, UNIDENTIFIED]
    assert session.threshold("red") == pytest.approx(0.5 * 0.6) and session.threshold("WBC") == 0.5
    assert session.card is not None and session.card.class_names == ("WBC", "RBC", "PLT")
    assert panel.apart.currentText() == "Colours"
    session.set_threshold("red", 0.9)
    session.reset_thresholds()
    assert session.threshold("red") == pytest.approx(0.3)
    panel.apart.setCurrentIndex(0)
    panel.apart.activated.emit(0)
    assert session.classifier_folder is None and len(session.styles) == 3


def test_a_model_that_it_does_not_fit_lets_go_of_it(panel: ModelPanel) -> None:
    session = panel._session
    session.set_classifier(CLASSIFIER, colour_card())
    names = ("A", "B", "C")
    kinds = tuple(k.model_copy(update={"name": n}) for k, n in zip(make_card().classes, names, strict=True))
    limits = make_card().thresholds.model_copy(update={"confidence": dict.fromkeys(names, 0.5)})
    other = make_card().changed(classes=kinds, thresholds=limits, metrics=None)
    session.set_model(Path("models/other"), other)
    assert session.classifier_folder is None
    assert not panel.apart.isVisibleTo(panel)
    session.set_model(CLASSIFIER, colour_card())
    assert not panel.apart.isVisibleTo(panel) and [style.name for style in session.styles] == list(COLOURS)


def test_the_next_analysis_asks_it(analyzed: MainWindow) -> None:
    asked = AnalyzePicture(Path("smear.png"), DETECTOR)
    assert analyzed.controller._with_classifier(asked) == asked
    analyzed.session.set_classifier(CLASSIFIER, colour_card())
    assert analyzed.controller._with_classifier(asked) == replace(asked, classify=CLASSIFIER)


def test_an_analysis_in_a_project_is_told_apart_anew_and_keeps_both_models(tmp_path: Path) -> None:
    detector, classifier = write_tiny_model(tmp_path / "tiny"), write_colour_model(tmp_path / "colours", 0.0)
    picture = write_smear(tmp_path / "smear.png")
    alone, told = (
        run_inline(AnalyzePicture(picture, detector, "cpu:torch-fp32", classify=each)) for each in (None, classifier)
    )
    with Project.create(tmp_path / "p") as project:
        for analysis in (alone, told):
            stored = store(project, "A.", Found(picture, analysis.picture.sha256, analysis, styles_of(analysis.card)))
        assert stored.table.objects.counts().sum() == len(told.objects)
        again = analysis_of_picture(project, project.pictures()[0])
    assert again is not None and again.parts == told.parts
    assert again.objects.source == told.objects.source
    kinds = {each: again.objects.classes[kind] for each, kind in zip(*named(again), strict=True)}
    assert kinds == {each: told.objects.classes[kind] for each, kind in zip(*named(told), strict=True)}
    assert set(kinds.values()) & set(COLOURS)


def named(analysis: Analysis) -> tuple[list[str], list[int]]:
    return analysis.objects.id_strings(), analysis.objects.class_index.tolist()


def test_slides_that_are_counted_are_told_apart_with_the_same_choice(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    detector, classifier = write_tiny_model(tmp_path / "tiny"), write_colour_model(tmp_path / "colours", 0.0)
    window.controller.analyze_on_open, window.controller.device = False, "cpu:torch-fp32"
    window.session.set_model(detector, load_card(detector))
    window.session.set_classifier(classifier, load_card(classifier))
    batching = window.slides.batching
    batching.set_slides((BatchSlide(write_smear(tmp_path / "smear.png"), regions=Regions.everything()),))
    batching.page.start.click()
    assert batching.is_running
    qtbot.waitUntil(lambda: not batching.is_running, timeout=60_000)
    (item,) = batching.page.table.items
    assert item.state is ItemState.DONE, item.said
    counts = dict(item.counts)
    assert counts["WBC"] == 0 < sum(counts[name] for name in (*COLOURS, UNIDENTIFIED))
    link = window.correcting.link
    assert link is not None
    assert {*COLOURS, UNIDENTIFIED} <= {each.name for each in link.project.classes()}
    assert {"tiny", "colours"} <= {each.name for each in link.project.models()}


def test_a_cell_says_what_the_classifier_took_it_for(analyzed: MainWindow) -> None:
    picture = analyzed.session.current
    assert picture is not None and picture.analysis is not None and picture.objects is not None
    assert kinds_said(picture, 0) == ""
    shares = np.array([[0.7, 0.298, 0.002], [0.2, 0.2, 0.6]], np.float32)
    said = ClassProbabilities(picture.objects.ids[:2], COLOURS, shares)
    picture.analysis = replace(picture.analysis, probabilities=said)
    assert kinds_said(picture, 0) == "red 0.70\ngreen 0.30"
    assert kinds_said(picture, 1) == "blue 0.60\nred 0.20\ngreen 0.20"
    assert kinds_said(picture, 2) == ""


def test_a_source_of_two_models_names_both() -> None:
    assert source_text("model:finder@0123+teller@4567") == "model finder (0123), teller (4567)"
    assert source_text("model:finder@0123") == "model finder (0123)"
    assert source_text("person:Ann + Bob") == "person Ann + Bob"
    assert source_text("") == "unknown"

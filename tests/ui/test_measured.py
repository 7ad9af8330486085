"""What the window measures on outlines: areas in the table, the cardiothoracic ratio over the picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication

from cellwright.core import Masks, Objects, PixelSize, PixelSizeSource
from cellwright.inference.view import plan_view
from cellwright.ui.chest import chest_lines, chest_of
from cellwright.ui.main_window import MainWindow
from cellwright.ui.panels.class_row import Detail
from cellwright.ui.panels.model_panel import score_note, score_text, summary_text
from cellwright.ui.state.class_style import styles_of
from cellwright.ui.state.colouring import MAP, ColourBy, areas_of, object_colours, rgb
from cellwright.ui.state.ruler import scale_words
from cellwright.workflows import AreaTable, Proposal, ScaleFit, scale_advice
from cellwright.zoo import (
    ClassDecoding,
    ClassMetrics,
    Metrics,
    ModelCard,
    ObjectClass,
    Thresholds,
    find_model,
    load_card,
)
from tests.ui.conftest import is_done
from tests.ui.known_boxes import KnownBoxes, make_card
from tests.ui.known_masks import disc_objects

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

HALF_UM = PixelSize(0.5, 0.5, PixelSizeSource.USER)


def block(y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
    rows = np.arange(y0, y1)
    return np.stack([rows, np.full_like(rows, x0), np.full_like(rows, x1)], 1)


def chest() -> Objects:
    """Lungs from column 10 to 110 of 120, a heart 50 pixels wide."""
    parts = [block(10, 90, 10, 50), block(10, 90, 70, 110), block(50, 90, 45, 95)]
    owners = np.repeat(np.arange(3), [len(part) for part in parts])
    masks = Masks.from_spans(owners, np.concatenate(parts), 3)
    ids = np.array([bytes([i + 1] * 16) for i in range(3)], "V16")
    kinds = np.arange(3, dtype=np.int16)
    return Objects(
        ids, masks.boxes(), kinds, np.full(3, 0.9, np.float32), ("right-lung", "left-lung", "heart"), "", masks
    )


def test_the_ratio_is_drawn_as_two_lines_with_its_number() -> None:
    found = chest_of(chest(), np.arange(3))
    assert found is not None
    assert found.ratio == pytest.approx(49 / 99)
    across, heart = chest_lines(found)
    assert (across.start[1], across.end[1], heart.start[1], heart.end[1]) == (10.5, 109.5, 45.5, 94.5)
    assert heart.text == "CTR 0.49"
    assert across.text == ""


def test_without_a_heart_there_is_no_ratio() -> None:
    assert chest_of(chest(), np.array([0, 1])) is None
    assert chest_of(disc_objects([(50, 50)], 10), np.arange(1)) is None


def chest_card() -> ModelCard:
    """A card as a model of lungs and heart has one."""
    names = ("right-lung", "left-lung", "heart")
    return make_card("chest-test").changed(
        task="semantic",
        decoding=ClassDecoding(),
        classes=tuple(
            ObjectClass(name=name, title=name.replace("-", " ").capitalize(), colour=colour, badge=name[0].upper())
            for name, colour in zip(names, ("#0072B2", "#009E73", "#D55E00"), strict=True)
        ),
        thresholds=Thresholds(confidence=dict.fromkeys(names, 0.5)),
        metrics=None,
    )


@pytest.fixture
def film(window: MainWindow, known: KnownBoxes, smear: Path, qtbot: QtBot) -> MainWindow:
    """A window that shows lungs and a heart."""
    known.objects, known.card = chest(), chest_card()
    window.session.set_model(Path("models/chest-test"), known.card)
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: is_done(window), timeout=30_000)
    return window


def test_classes_of_pixels_are_counted_by_area(film: MainWindow, qtbot: QtBot) -> None:
    table = film.counts.table
    assert isinstance(table, AreaTable)
    heart = film.counts.row("heart")
    assert heart.count.text() == "2,000 px²"
    assert heart.share.text() == "0.4\u202f% of the picture · 1 part"
    assert film.counts.ratio.text() == "Cardiothoracic ratio 0.49"
    assert film.counts._widths.text() == "Heart 49 px of 99 px across the chest"
    assert film.session.current is not None
    film.session.set_pixel_size(film.session.current, PixelSize(200.0, 200.0, PixelSizeSource.USER))
    qtbot.waitUntil(lambda: heart.count.text() == "80.0 mm²")
    assert film.counts._widths.text() == "Heart 10 mm of 20 mm across the chest"
    qtbot.waitUntil(lambda: "3 regions" in film.pictures.list.item(0).text())


def test_the_share_of_an_area_is_seen_however_little_room_there_is(film: MainWindow) -> None:
    heart = film.counts.row("heart")
    for detail in Detail:
        heart.set_detail(detail)
        seen = [words.text() for words in (heart.interval, heart.share) if words.isVisibleTo(heart)]
        assert sum("0.4\u202f%" in text for text in seen) == 1, (detail, seen)


def test_names_of_areas_are_whole_on_a_small_screen(film: MainWindow, qtbot: QtBot) -> None:
    film.resize(1280, 700)
    qtbot.waitUntil(lambda: film.counts.row("heart").name.text() == film.counts.row("heart").title)
    rows = [film.counts.row(style.name) for style in film.session.current.styles]  # type: ignore[union-attr]
    assert [row.name.text() for row in rows] == [row.title for row in rows]


def test_areas_are_copied_as_a_table(film: MainWindow) -> None:
    film.actions_set["edit.copy_counts"].trigger()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].split("\t") == ["class", "area px²", "area µm²", "percent", "objects"]
    assert lines[3].startswith("Heart\t2000\t\t0.41666")


def test_a_heart_below_the_threshold_has_no_ratio(film: MainWindow, qtbot: QtBot) -> None:
    film.session.set_threshold("heart", 0.95)
    qtbot.waitUntil(lambda: not film.counts.ratio.isVisibleTo(film.counts))
    assert film.counts.row("heart").count.text() == "0 px²"


def test_areas_are_those_of_the_outline() -> None:
    discs = disc_objects([(50, 50), (150, 150)], 10)
    areas, unit = areas_of(discs, None)
    assert unit == "px²"
    assert areas.tolist() == discs.masks.areas().tolist()  # type: ignore[union-attr]
    assert areas_of(discs, HALF_UM)[0].tolist() == (areas / 4).tolist()
    boxes, _ = areas_of(replace(discs, masks=None), None)
    assert boxes.tolist() == [441, 441]


def test_colours_stand_for_what_they_say() -> None:
    discs = disc_objects([(50, 50), (150, 150), (250, 250)], 10, scores=(0.0, 0.5, 1.0))
    styles = styles_of(make_card())
    by_class, nothing = object_colours(discs, styles, ColourBy.CLASS, None)
    assert nothing is None
    assert [tuple(c) for c in by_class] == [rgb(style.colour) for style in styles]
    by_score, legend = object_colours(discs, styles, ColourBy.SCORE, None)
    assert legend is not None
    assert by_score.tolist() == MAP[[0, 128, 255]].tolist()
    own, _ = object_colours(discs, styles, ColourBy.OBJECT, None)
    assert len({tuple(c) for c in own}) == 3
    one, _ = object_colours(discs.take(np.array([2])), styles, ColourBy.OBJECT, None)
    assert one[0].tolist() == own[2].tolist()


def test_the_table_has_area_and_perimeter_of_the_outline(
    open_window: Callable[..., MainWindow], known: KnownBoxes, smear: Path, qtbot: QtBot
) -> None:
    known.objects = disc_objects([(120, 160), (300, 400)], 40)
    window = open_window()
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: is_done(window), timeout=30_000)
    model = window.objects.model
    from PySide6.QtCore import Qt

    titles = [model.headerData(i, Qt.Orientation.Horizontal) for i in range(model.columnCount())]
    area, around = titles.index("area (px²)"), titles.index("perimeter_crofton (px)")
    assert known.objects.masks is not None
    assert float(model.text(0, area).replace(",", "")) == known.objects.masks.areas()[0]
    assert float(model.text(0, around)) == pytest.approx(2 * np.pi * 40, rel=0.03)
    window.objects.view.selectRow(0)
    assert window.selected._values["Area"].text().endswith("px²")


def test_every_kind_of_model_says_what_it_does_and_how_well() -> None:
    card = make_card()
    assert score_text(card) == "mAP@0.5 0.970 · mAP@0.5:0.95 0.820"
    pixels = card.changed(
        task="semantic",
        decoding=ClassDecoding(),
        metrics=Metrics(
            data="x",
            pictures=56,
            scores={"dice": 0.96, "ctr_mae": 0.012},
            per_class={"RBC": ClassMetrics(dice=0.97), "WBC": ClassMetrics(dice=0.95)},
        ),
    )
    assert score_text(pixels) == "Dice 0.960 · error of the cardiothoracic ratio 0.012"
    assert "Dice: red blood cell 0.970, white blood cell 0.950" in score_note(pixels)
    assert summary_text(pixels).startswith("Gives every pixel a class.")


def test_a_model_that_fits_far_better_is_proposed_and_taken(
    analyzed: MainWindow, known: KnownBoxes, qtbot: QtBot
) -> None:
    picture, card = analyzed.session.current, analyzed.session.card
    assert picture is not None
    assert card is not None
    folder = analyzed.model_folder("blood-cells-yolo")
    assert folder is not None
    other = load_card(folder)
    assert other.input.light == ("stained",)
    silent = other.changed(input=other.input.model_copy(update={"light": ()}))
    advice = scale_advice(card, None)
    known_well, unlike = Proposal(other, 0.7, advice, "It fits."), Proposal(card, 0.1, advice, "It does not.")
    analyzed.proposing.say(picture, (Proposal(other, 0.12, advice, "Hardly."), unlike))
    assert analyzed.centre.banner.message is None
    analyzed.proposing.say(picture, (Proposal(silent, 0.7, advice, "Who knows."), unlike))
    assert analyzed.centre.banner.message is None
    analyzed.proposing.say(picture, (known_well, unlike))
    message = analyzed.centre.banner.message
    assert message is not None
    assert message.text == f"The model {other.title} fits this picture better than {card.title}."
    assert message.details == "It fits."
    asked = len(known.asked)
    analyzed.centre.banner._act()
    assert analyzed.session.card == other
    qtbot.waitUntil(lambda: len(known.asked) > asked and not analyzed.controller.is_working, timeout=20_000)


def test_an_unknown_scale_offers_the_ruler(analyzed: MainWindow) -> None:
    panel, card = analyzed.model_panel, analyzed.session.card
    assert card is not None
    assert not panel.measure.isVisibleTo(panel)
    sized = card.changed(input=card.input.model_copy(update={"object_px": 40.0}))
    analyzed.session.set_model(Path("models/x"), sized)
    panel.show_scale(analyzed.session.current)
    assert panel.measure.isVisibleTo(panel)
    panel.measure.click()
    assert analyzed.actions_set["edit.ruler"].isChecked()
    assert analyzed.session.current is not None
    analyzed.session.current.object_px = 80.0
    panel.show_scale(analyzed.session.current)
    assert not panel.measure.isVisibleTo(panel)
    assert "shrunk 2.0 times" in panel._scale.text()


@pytest.mark.parametrize("name", ["nuclei-stardist", "nuclei-unet", "cells-maskrcnn"])
@pytest.mark.parametrize("factor", [0.5, 0.79, 0.82, 0.85, 1.0, 1.18, 1.22, 1.26, 3.0])
def test_what_is_said_of_the_scale_is_what_is_done(name: str, factor: float) -> None:
    card = load_card(find_model(name))
    assert card.input.object_px is not None
    across = factor * card.input.object_px
    is_rescaled = plan_view((300, 400), None, card.input, across).downsample != 1.0
    assert is_rescaled == (not 1 / 1.2 <= factor <= 1.2)
    assert (scale_advice(card, None, across).fit is ScaleFit.RESCALED) == is_rescaled
    assert bool(scale_words(across, card)) == is_rescaled

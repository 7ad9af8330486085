"""Models are proposed by what they were trained on, in one plain sentence each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cellwright.core import PixelSize, PixelSizeSource
from cellwright.imaging import open_slide
from cellwright.testing.nuclei import Nuclei
from cellwright.workflows import ScaleFit, propose_models, scale_advice
from cellwright.workflows.scale import Light, light_of
from cellwright.zoo import ModelCard, find_model, load_card
from tests.workflows.conftest import CARD


def card(name: str, **contract: object) -> ModelCard:
    return CARD.changed(name=name, input=CARD.input.model_copy(update=contract))


def um(size: float) -> PixelSize:
    return PixelSize(size, size, PixelSizeSource.USER)


def test_scales_are_compared_by_objects_first_then_by_pixels() -> None:
    both = card("both", um_per_px=0.5, object_px=20.0)
    assert scale_advice(both, um(0.5)).fit is ScaleFit.FITS
    assert scale_advice(both, um(0.55)).fit is ScaleFit.FITS
    halved = scale_advice(both, um(0.25))
    assert (halved.fit, halved.factor) == (ScaleFit.RESCALED, 2.0)
    assert "shrunk 2.0 times" in halved.sentence
    enlarged = scale_advice(both, um(0.5), object_px=10.0)
    assert (enlarged.fit, enlarged.factor) == (ScaleFit.RESCALED, 0.5)
    assert "enlarged 2.0 times" in enlarged.sentence


def test_where_the_scale_is_not_known_a_person_is_asked_to_measure() -> None:
    unknown = scale_advice(card("nuclei", object_px=20.0), None)
    assert unknown.asks_to_measure
    assert "about 20 px wide" in unknown.sentence
    assert scale_advice(card("any"), None).fit is ScaleFit.ANY
    assert not scale_advice(card("any"), um(0.5)).asks_to_measure


@pytest.fixture
def fluorescence(tmp_path: Path) -> Path:
    nuclei = Nuclei(3, (200, 220))
    Image.fromarray(nuclei.read(nuclei.box)).save(tmp_path / "nuclei.png")
    return tmp_path / "nuclei.png"


def test_a_model_for_bright_objects_comes_first_on_bright_objects(fluorescence: Path) -> None:
    cards = [card("blood", light=("stained",)), card("nuclei", light=("fluorescence",)), card("chest", light=("grey",))]
    with open_slide(fluorescence) as slide:
        assert light_of(slide) is Light.FLUORESCENCE
        proposals = propose_models(slide, cards=cards)
    assert proposals[0].card.name == "nuclei"
    assert [p.fitness for p in proposals] == sorted((p.fitness for p in proposals), reverse=True)
    assert "bright objects on a dark ground" in proposals[0].sentence
    assert "not trained on" in proposals[-1].sentence


def test_the_nearer_scale_comes_first_among_equals(fluorescence: Path) -> None:
    cards = [card("far", um_per_px=5.0), card("near", um_per_px=0.5)]
    with open_slide(fluorescence) as slide:
        assert [p.card.name for p in propose_models(slide, um(0.5), cards=cards)] == ["near", "far"]


def test_of_models_that_fit_alike_the_better_one_is_proposed(fluorescence: Path) -> None:
    shipped = [load_card(find_model(name)) for name in ("cells-maskrcnn", "nuclei-stardist", "nuclei-unet")]
    with open_slide(fluorescence) as slide:
        proposals = propose_models(slide, cards=shipped)
        unmeasured = propose_models(slide, cards=[card.changed(metrics=None) for card in shipped])
    assert len({p.fitness for p in proposals}) == 1
    scores = [p.card.metrics.scores["mean_ap_50_90"] for p in proposals if p.card.metrics is not None]
    assert scores == sorted(scores, reverse=True)
    assert proposals[0].card.name == "nuclei-stardist"
    assert [p.card.name for p in unmeasured] == ["cells-maskrcnn", "nuclei-stardist", "nuclei-unet"]


def test_stained_and_grey_pictures_are_told_apart(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    stained = np.full((60, 60, 3), (230, 200, 220), np.uint8)
    stained[20:40, 20:40] = (120, 40, 130)
    grey = rng.integers(100, 200, (60, 60)).astype(np.uint8)
    for name, pixels, light in (("a.png", stained, Light.STAINED), ("b.png", grey, Light.GREY)):
        Image.fromarray(pixels).save(tmp_path / name)
        with open_slide(tmp_path / name) as slide:
            assert light_of(slide) is light


def test_films_of_chests_are_grey_however_dark_and_fluorescence_is_not(data_dir: Path) -> None:
    films = sorted((data_dir / "chest_lung_heart" / "wingspan" / "images").iterdir())[::6]
    nuclei = sorted((data_dir / "nuclei_dsb2018" / "images").iterdir())[:400:40]
    for paths, light in ((films, Light.GREY), (nuclei, Light.FLUORESCENCE)):
        seen = []
        for path in paths:
            with open_slide(path) as slide:
                seen.append(light_of(slide))
        assert seen.count(light) > 0.8 * len(seen)
        assert set(seen) <= {light, Light.STAINED}
    assert len(films) > 5


def test_pale_cells_far_apart_are_stained_too(data_dir: Path, tmp_path: Path) -> None:
    smear = np.full((400, 400, 3), (238, 236, 234), np.uint8)
    for y, x in ((60, 80), (200, 300), (320, 120)):
        smear[y : y + 40, x : x + 40] = (196, 150, 148)
    Image.fromarray(smear).save(tmp_path / "sparse.png")
    pale = sorted((data_dir / "rbc_chula12" / "images").iterdir())[::10]
    assert len(pale) > 5
    for path in (tmp_path / "sparse.png", *pale):
        with open_slide(path) as slide:
            assert light_of(slide) is Light.STAINED, path


def test_a_picture_of_one_value_has_a_kind_of_light(tmp_path: Path) -> None:
    for value, light in ((0, Light.FLUORESCENCE), (255, Light.GREY)):
        Image.fromarray(np.full((20, 30), value, np.uint8)).save(tmp_path / f"{value}.png")
        with open_slide(tmp_path / f"{value}.png") as slide:
            assert light_of(slide) is light

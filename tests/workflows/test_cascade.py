"""Detector and classifier one after the other: classes change, and neither boxes nor counts."""

import json

import numpy as np
import pytest
from PIL import Image

import cellwright as cw
from cellwright.annotation import UNIDENTIFIED
from cellwright.core import BadParameter
from cellwright.jobs import run_inline
from cellwright.workflows import AnalyzePicture, ExportAnalyses, ExportFormat, joined_card
from cellwright.workflows.analysis_recipe import read_recipe, recipe_of
from cellwright.workflows.manifest import read_manifest
from cellwright.workflows.rerunning import RerunManifest
from cellwright.workflows.verifying import VerifyManifest
from cellwright.zoo import load_card
from tests.tiny_classifier import COLOURS, colour_card, write_colour_model
from tests.tiny_model import write_smear, write_tiny_model

DEVICE = "cpu:torch-fp32"


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    return write_smear(tmp_path_factory.mktemp("pictures") / "smear.png")


@pytest.fixture(scope="module")
def alone(detector, picture):
    return run_inline(AnalyzePicture(picture, detector, DEVICE))


def told_apart(picture, detector, classifier):
    return run_inline(AnalyzePicture(picture, detector, DEVICE, classify=classifier))


@pytest.mark.parametrize("least", [0.0, 0.5, 0.999])
@pytest.mark.parametrize("of", [("WBC",), ("WBC", "PLT")])
def test_neither_boxes_nor_ids_nor_counts_change(alone, detector, picture, tmp_path, least, of):
    both = told_apart(picture, detector, write_colour_model(tmp_path / "colours", least, of=of))
    assert len(alone.counted()) > 3
    np.testing.assert_array_equal(both.objects.boxes, alone.objects.boxes)
    np.testing.assert_array_equal(both.objects.ids, alone.objects.ids)
    counted = dict(zip(both.objects.classes, both.counted().counts().tolist(), strict=True))
    before = dict(zip(alone.objects.classes, alone.counted().counts().tolist(), strict=True))
    assert sorted(both.counted().id_strings()) == sorted(alone.counted().id_strings())
    new = [*COLOURS, UNIDENTIFIED]
    assert sum(counted[name] for name in new) == sum(before[name] for name in of)
    assert all(counted[name] == (0 if name in of else before[name]) for name in before)
    assert (counted[UNIDENTIFIED] > 0) == (least == 0.999) or least == 0.5


def test_scores_are_products_and_what_is_unsure_keeps_its_own(alone, detector, picture, tmp_path):
    both = told_apart(picture, detector, write_colour_model(tmp_path / "colours", 0.4))
    shares = both.probabilities.of(both.objects)
    asked = ~np.isnan(shares[:, 0])
    white = (alone.objects.class_index == 0) & (alone.objects.scores >= alone.default_thresholds[0])
    np.testing.assert_array_equal(asked, white)
    for row in np.flatnonzero(asked):
        name, best = both.objects.classes[both.objects.class_index[row]], shares[row].max()
        if best >= 0.4:
            assert name == COLOURS[shares[row].argmax()]
            assert both.objects.scores[row] == pytest.approx(alone.objects.scores[row] * best, rel=1e-5)
        else:
            assert name == UNIDENTIFIED and both.objects.scores[row] == alone.objects.scores[row]
    rest = ~asked
    np.testing.assert_array_equal(both.objects.scores[rest], alone.objects.scores[rest])
    np.testing.assert_array_equal(both.objects.class_index[rest], alone.objects.class_index[rest])


def test_where_the_models_disagree_neither_is_believed(alone, detector, picture, tmp_path):
    folder = write_colour_model(tmp_path / "colours", 0.0)
    card = json.loads((folder / "card.json").read_text())
    shared = {"red": "PLT", "green": "RBC", "blue": "blue"}
    for kind in card["classes"]:
        kind["name"] = shared[kind["name"]]
    card["thresholds"]["confidence"] = dict.fromkeys(shared.values(), 0.0)
    (folder / "card.json").write_text(json.dumps(card))
    both = told_apart(picture, detector, folder)
    assert both.objects.classes == ("WBC", "RBC", "PLT", "blue", UNIDENTIFIED)
    shares = both.probabilities.of(both.objects)
    for row in np.flatnonzero(~np.isnan(shares[:, 0])):
        said = both.probabilities.classes[shares[row].argmax()]
        assert both.objects.classes[both.objects.class_index[row]] == (said if said == "blue" else UNIDENTIFIED)
    assert sorted(both.counted().id_strings()) == sorted(alone.counted().id_strings())


def test_both_models_and_both_hashes_are_named(detector, picture, tmp_path):
    folder = write_colour_model(tmp_path / "colours")
    both = told_apart(picture, detector, folder)
    one, other = load_card(detector), load_card(folder)
    assert both.parts == (one, other)
    assert both.objects.source == f"model:tiny@{one.model_hash[:12]}+colours@{other.model_hash[:12]}"
    assert both.models_said == "tiny+colours" and both.hashes_said == f"{one.model_hash}+{other.model_hash}"
    assert both.model_hash not in (one.model_hash, other.model_hash)
    assert any("told" in note for note in both.notes)


def test_the_joined_card_is_a_card_like_any_other(detector):
    joined = joined_card(load_card(detector), colour_card(0.5))
    assert joined.class_names == ("WBC", "RBC", "PLT", *COLOURS, UNIDENTIFIED)
    assert joined.thresholds.confidence["red"] == pytest.approx(0.3 * 0.5)
    assert joined.changed(title="Another").classes == joined.classes


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("detector", "detector", "does not tell apart"),
        ("classifier", "classifier", "finds no single objects"),
        ("detector", "of nuclei", "choose a detector"),
    ],
)
def test_models_that_do_not_fit_are_refused(detector, picture, tmp_path, one, other, said):
    folders = {
        "detector": detector,
        "classifier": write_colour_model(tmp_path / "colours"),
        "of nuclei": write_colour_model(tmp_path / "nuclei", of=("nucleus",)),
    }
    with pytest.raises(BadParameter, match=said):
        run_inline(AnalyzePicture(picture, folders[one], DEVICE, classify=folders[other]))


def test_a_single_cell_is_one_object_with_all_its_probabilities(tmp_path):
    model = write_colour_model(tmp_path / "colours")
    Image.new("RGB", (50, 60), (0, 255, 0)).save(tmp_path / "cell.png")
    found = cw.analyze(tmp_path / "cell.png", model, device=DEVICE)
    np.testing.assert_array_equal(found.boxes, [[0, 0, 60, 50]])
    assert found.counts == {"red": 0, "green": 1, "blue": 0}
    assert sum(float(values[0]) for values in found.probabilities.values()) == pytest.approx(1, abs=1e-5)
    table = found.to_pandas()
    assert table["class"].tolist() == ["green"] and table["probability_green"][0] > 0.99


def test_python_asks_the_same(alone, detector, picture, tmp_path):
    folder = write_colour_model(tmp_path / "colours", 0.0)
    found = cw.analyze(picture, detector, device=DEVICE, classify=folder)
    assert len(found) == len(alone.counted()) and set(found.probabilities) == set(COLOURS)
    table = found.to_pandas()
    assert table["probability_red"].isna().any() and set(table["model"]) == {"tiny+colours"}
    assert cw.analyze(picture, detector, device=DEVICE).probabilities == {}


def test_a_manifest_names_both_and_the_rerun_agrees_in_every_bit(detector, picture, tmp_path):
    folder = write_colour_model(tmp_path / "colours", 0.5)
    both = told_apart(picture, detector, folder)
    run_inline(ExportAnalyses((both,), tmp_path / "out", (ExportFormat.CSV,), manifest=True))
    manifest = read_manifest(tmp_path / "out" / "manifest.json")
    assert [entry.name for entry in manifest.models] == ["tiny", "colours"]
    assert run_inline(VerifyManifest(tmp_path / "out" / "manifest.json")).is_good
    assert run_inline(RerunManifest(tmp_path / "out" / "manifest.json")).is_same


def test_a_recipe_asks_both_models(detector, picture, tmp_path, monkeypatch):
    monkeypatch.setenv("CELLWRIGHT_MODELS", str(tmp_path))
    folder = write_colour_model(tmp_path / "colours", 0.5)
    both = told_apart(picture, detector, folder)
    run_inline(ExportAnalyses((both,), tmp_path / "out", (ExportFormat.CSV,), manifest=True))
    recipe = recipe_of(read_manifest(tmp_path / "out" / "manifest.json"))
    (tmp_path / "recipe.toml").write_text(recipe.to_toml())
    again = read_recipe(tmp_path / "recipe.toml")
    assert again == recipe and again.classify is not None and again.classify.name == "colours"
    assert again.checked_model(detector)[1].class_names == both.objects.classes
    assert again.checked_classifier() == folder

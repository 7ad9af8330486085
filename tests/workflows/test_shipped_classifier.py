"""The shipped classifier on real cells that nothing was chosen by, alone and behind the shipped detector."""

import numpy as np
import pytest

import cellwright as cw
from cellwright.annotation import UNIDENTIFIED
from cellwright.datasets import read_dataset
from cellwright.jobs import run_inline
from cellwright.workflows import ClassEvaluation, EvaluateModel

MODEL = "wbc-classifier"


@pytest.fixture(scope="module")
def evaluation(data_dir) -> ClassEvaluation:
    return run_inline(EvaluateModel(MODEL, data_dir / "wbc_pbc8", device="cpu"))


def test_it_names_held_out_cells_as_its_card_says(evaluation):
    card = cw.model_card(MODEL)
    assert evaluation.split == "test" and evaluation.scores.pictures == 88
    assert evaluation.scores.accuracy >= 0.93
    assert evaluation.scores.accuracy == pytest.approx(card.metrics.scores["accuracy"], abs=0.012)
    assert evaluation.scores.ece < 0.06
    assert evaluation.named.accuracy >= card.metrics.scores["accuracy"]


def test_wrong_ones_come_first_among_the_worst(evaluation):
    wrong = [picture for picture in evaluation.pictures if picture.named != picture.kind]
    assert {picture.path for picture in wrong} == {picture.path for picture in evaluation.worst[: len(wrong)]}


@pytest.mark.parametrize("kind", ["eosinophil", "lymphocyte", "neutrophil"])
def test_behind_the_detector_it_names_the_cell_in_the_middle(data_dir, kind):
    held_out, _ = read_dataset(data_dir / "wbc_pbc8", split="test")
    path = next(p.path for p in held_out if held_out.classes[p.class_index[0]] == kind)
    alone, both = (cw.analyze(path, device="cpu", classify=name) for name in (None, MODEL))
    np.testing.assert_array_equal(np.sort(both.boxes, 0), np.sort(alone.boxes, 0))
    assert sum(both.counts[name] for name in ("neutrophil", "eosinophil", "lymphocyte", UNIDENTIFIED)) >= 1
    assert both.counts["WBC"] == 0 and both.counts["RBC"] == alone.counts["RBC"]
    boxes = both.boxes
    middle = (boxes[:, :2] < 181).all(1) & (boxes[:, 2:] > 181).all(1) & ~np.isnan(both.probabilities[kind])
    assert [both.objects.classes[both.objects.class_index[row]] for row in np.flatnonzero(middle)] == [kind]

"""`publish_classes`: a classifier becomes a model folder, calibrated, and judged by the code that will use it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright.evaluate import ClassScores, class_scores_of, coverage_at, fit_shared_temperature, least_for
from cellwright.inference import open_predictor
from cellwright.inference.decoders.picture import calibrated_shares
from cellwright.training.recipe import Recipe
from cellwright.training.taught_network import TaughtNetwork
from cellwright.training.whole_pictures import ShownPicture, as_shown
from cellwright.zoo import Calibration, ClassMetrics, Metrics, ModelCard, save_card, write_model


def publish_classes(
    folder: Path, taught: TaughtNetwork, judged: Sequence[ShownPicture], tested: Sequence[ShownPicture]
) -> Path | None:
    """Write a model folder; every score on its card is measured with the weights as they were stored.

    Parameters
    ----------
    folder : Path
        Where to; a model that stands there is replaced.
    taught : TaughtNetwork
        What the model is; where its recipe has no card part nothing is written.
    judged : sequence of ShownPicture
        Pictures that were not trained on: temperature and threshold come from them.
    tested : sequence of ShownPicture
        Pictures that nothing was chosen by: the scores come from them. Where there are none, from `judged`.

    Returns
    -------
    Path or None
        The folder.
    """
    recipe, part = taught.recipe, taught.recipe.card
    if part is None:
        return None
    shown = {"stride": int(taught.network.max_stride), "contrast": recipe.look.contrast, "centre": recipe.look.centre}  # type: ignore[arg-type]
    decoding = {"kind": "picture", **part.decoding}
    card = taught.first_card(part, shown, task="classification", decoding=decoding, crops=part.crops or None)
    card = write_model(folder, card, taught.network, overwrite=True)
    save_card(folder, judged_card(card, folder, judged, tested or judged, recipe))
    return folder


def judged_card(
    card: ModelCard, folder: Path, judged: Sequence[ShownPicture], tested: Sequence[ShownPicture], recipe: Recipe
) -> ModelCard:
    """Return the card with temperature and threshold from `judged`, and its scores from `tested`."""
    part = recipe.card
    assert part is not None
    raw, raw_tested = named(folder, card, judged), named(folder, card, tested)
    truth = np.array([picture.kind for picture in judged])
    tested_truth = np.array([picture.kind for picture in tested])
    temperature = round(fit_shared_temperature(raw, truth), 4)
    least = least_for(calibrated_shares(raw, temperature), truth, part.right).least
    probabilities = calibrated_shares(raw_tested, temperature)
    scores = class_scores_of(probabilities, tested_truth, card.class_names)
    before = class_scores_of(raw_tested, tested_truth, card.class_names)
    sure = coverage_at(probabilities, tested_truth, least)
    names = card.class_names
    return card.changed(
        thresholds=card.thresholds.model_copy(update={"confidence": dict.fromkeys(names, least)}),
        calibration=Calibration(
            temperature=dict.fromkeys(names, temperature),
            data=f"{len(judged)} pictures that were not trained on; the best epoch and the threshold were chosen on "
            "them too",
        ),
        metrics=Metrics(
            data=part.judged_on,
            pictures=len(tested),
            scores={
                "accuracy": round(scores.accuracy, 4),
                "balanced_accuracy": round(scores.balanced_accuracy, 4),
                "ece": round(scores.ece, 4),
            },
            per_class=_per_class(scores),
            details={
                "ece_before_calibration": round(before.ece, 4),
                "named": {"least": least, "share": round(sure.coverage, 4), "right": round(sure.accuracy, 4)},
                "confusion": scores.confusion.tolist(),
            },
        ),
    )


def named(folder: Path, card: ModelCard, pictures: Sequence[ShownPicture]) -> NDArray[np.float32]:
    """(N, C) float32: what a model folder says of pictures, before calibration, in float32."""
    # In float32, the number format that every machine has.
    predictor = open_predictor(folder, "cpu:torch-fp32")
    try:
        rows = [predictor.predict(_shown(picture, card)[None]) for picture in pictures]
    finally:
        predictor.close()
    return np.concatenate([np.empty((0, len(card.classes)), np.float32), *rows])


def _shown(picture: ShownPicture, card: ModelCard) -> NDArray[np.uint8]:
    """(S, S, 3) uint8: a picture as the model is shown it."""
    shown: NDArray[np.uint8] = as_shown(picture.image, card.input.tile_px, card.input.centre).permute(1, 2, 0).numpy()
    return shown


def _per_class(scores: ClassScores) -> dict[str, ClassMetrics]:
    columns = (scores.precision, scores.recall, scores.f1)
    rows = [[round(float(np.nan_to_num(values[c])), 4) for values in columns] for c in range(len(scores.classes))]
    return {
        name: ClassMetrics(precision=row[0], recall=row[1], f1=row[2])
        for name, row in zip(scores.classes, rows, strict=True)
    }

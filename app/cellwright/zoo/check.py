"""`verify`: is a model folder whole, unchanged, and does it still find what its card promises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cellwright.core import ModelNotUsable, Objects
from cellwright.zoo.card import ModelCard, load_card
from cellwright.zoo.sample import read_expected, read_expected_masks, sample_problems
from cellwright.zoo.weights import file_sha256, weights_problem

FindObjects = Callable[[Path, Path], Objects]
"""From model folder and picture to the objects found, at the card's floor confidence."""


def verify(folder: Path, find: FindObjects | None = None) -> tuple[str, ...]:
    """Check a model folder.

    Parameters
    ----------
    folder : Path
        The model folder.
    find : callable, optional
        Runs the model on a picture; without it only the files are checked. The room above hands it down:
        `cellwright.inference.find_objects`.

    Returns
    -------
    tuple of str
        Every problem, in sentences; empty when the model is as its card says.
    """
    try:
        card = load_card(folder)
    except ModelNotUsable as error:
        return (str(error),)
    if problem := weights_problem(folder, card):
        return (problem,)
    try:
        return _sample_check(folder, card, find)
    except ModelNotUsable as error:
        return (str(error),)


def _sample_check(folder: Path, card: ModelCard, find: FindObjects | None) -> tuple[str, ...]:
    if card.sample is None:
        return ()
    picture = folder / card.sample.picture
    if not picture.is_file():
        return (f"The sample picture {picture} is missing; copy the model folder again.",)
    expected = read_expected(folder / card.sample.expected)
    masks = read_expected_masks(folder / card.sample.expected, expected)
    if file_sha256(picture) != expected.picture_sha256:
        return (f"The sample picture {picture} is not the one its expected objects were found on.",)
    if expected.model_sha256 != card.weights.sha256:
        return (f"The expected objects of {folder} were found with other weights; write them anew.",)
    if find is None:
        return ()
    return sample_problems(expected, find(folder, picture), card.confidence_thresholds(), masks)

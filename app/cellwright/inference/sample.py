"""Running a model on its own sample: for verifying a model folder, and for writing down what it must find."""

from __future__ import annotations

from pathlib import Path

from cellwright.core import ModelNotUsable, Objects
from cellwright.imaging import SlideRef, content_sha256, open_slide
from cellwright.inference.detection import Detection, DetectOptions, detect
from cellwright.inference.predictor import Predictor, open_predictor
from cellwright.zoo import load_card, write_expected


def find_objects(model: Path, picture: Path, device: str = "auto") -> Objects:
    """Return all objects at or above the floor that a model finds on a picture file.

    Raises
    ------
    SlideNotReadable
        If the picture cannot be read, or a part of it.
    ModelNotUsable
        If the model cannot answer everywhere.
    """
    predictor = open_predictor(model, device)
    try:
        found = detect_file(picture, predictor)
    finally:
        predictor.close()
    if not found.coverage.is_complete:
        raise ModelNotUsable(f"{picture}: {found.coverage.sentence()}")
    return found.objects


def detect_file(picture: Path | SlideRef, predictor: Predictor, options: DetectOptions | None = None) -> Detection:
    """Run `detect` on a picture file to its end."""
    with picture.open() if isinstance(picture, SlideRef) else open_slide(picture) as slide:
        steps = detect(slide, predictor, options)
        try:
            while True:
                next(steps)
        except StopIteration as end:
            result: Detection = end.value
            return result


def record_sample(model: Path, device: str = "cpu:torch-fp32") -> Objects:
    """Write down what a model finds on its sample at its default thresholds, as what it must find from now on.

    Raises
    ------
    ModelNotUsable
        If its card names no sample.
    """
    card = load_card(model)
    if card.sample is None:
        raise ModelNotUsable(f"The card of {model} names no sample; add picture and expected to it.")
    picture = model / card.sample.picture
    found = find_objects(model, picture, device).at_least(card.confidence_thresholds())
    write_expected(model / card.sample.expected, found, content_sha256(picture), card.model_hash)
    return found

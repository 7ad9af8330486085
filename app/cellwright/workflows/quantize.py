"""`QuantizeModel`: run a model in 8 bits where that answers as well; ranges from pictures, scores from others."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, DatasetNotReadable
from cellwright.jobs import Progress
from cellwright.project.pictures import slide_ref
from cellwright.workflows.evaluate import EvaluateModel, Evaluation, read_labelled
from cellwright.workflows.evaluate_classes import ClassEvaluation
from cellwright.workflows.evaluate_outlines import OutlineEvaluation
from cellwright.zoo import ModelCard, find_model, load_card

if TYPE_CHECKING:
    from cellwright.imaging import SlideRef
    from cellwright.inference.eight_bit import EightBit

LARGEST_LOSS = 0.004
"""A score may fall by so much at most: a third of what scores differ by from one set of pictures to another."""
_TAUGHT = 24
"""Of what a model was taught with, so many pictures are looked at."""


@dataclass(frozen=True, slots=True)
class QuantizeModel:
    """Find out how a model is run in 8 bits; an `Operation` whose result is an `EightBit`, written into its folder.

    Parameters
    ----------
    model : str or Path
        Name of a model on the shelf, or its folder.
    data : Path
        The labelled set that it was trained on.
    split, judged_on : str
        Which part the ranges are taken from, and which the scores.
    pictures : int
        How many pictures the ranges are taken from, spread evenly.
    """

    model: str | Path
    data: Path
    split: str = "train"
    judged_on: str = "val"
    pictures: int = 24

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Run {Path(self.model).name} in 8 bits"

    def run(self) -> Generator[Progress, None, EightBit]:
        """Look at pictures, write the ranges, and judge the model in both number formats.

        Raises
        ------
        UnknownName, ModelNotUsable
            If there is no such model, or it is damaged.
        DatasetNotReadable
            If the set cannot be read or has no such part.
        BadParameter
            If the model loses more than `LARGEST_LOSS` by it, or is not run by OpenVINO; then nothing is written.
        """
        from cellwright.inference import eight_bit, has_native_bf16
        from cellwright.inference.openvino_engine import OpenvinoEngine, can_convert, is_installed

        folder = find_model(self.model)
        card = load_card(folder)
        if not is_installed() or not can_convert(card):
            raise BadParameter(f"{card.name} is not run by OpenVINO here, which alone computes in 8 bits.")
        yield Progress(0, 0, "Reading labels")
        labelled, _, _ = read_labelled(self.data, self.split, card)
        chosen = list(labelled)[:: max(1, len(labelled) // self.pictures)][: self.pictures]
        yield Progress(0, 0, f"Looking at {len(chosen)} pictures")
        engine = OpenvinoEngine(folder, card, "f32")
        layers = engine.observe(part for picture in chosen for part in _parts(slide_ref(picture.path), card))
        usual = "cpu:openvino-bf16" if has_native_bf16() else "cpu:openvino-f32"
        plain = yield from self._scores(folder, usual)
        said = eight_bit.EightBit(
            weights_sha256=card.weights.sha256, layers=layers, pictures=len(chosen), data=self.data.name
        )
        before = (folder / eight_bit.FILE).read_bytes() if (folder / eight_bit.FILE).is_file() else None
        eight_bit.write_eight_bit(folder, said)
        try:
            rounded = yield from self._scores(folder, "cpu:openvino-int8")
            lost = [name for name, value in rounded.items() if plain[name] - value > LARGEST_LOSS]
            if lost:
                name = lost[0]
                raise BadParameter(
                    f"In 8 bits {name} of {card.name} falls from {plain[name]:.3f} to {rounded[name]:.3f}, by more "
                    f"than {LARGEST_LOSS}; it is run as before."
                )
        except BaseException:
            _put_back(folder / eight_bit.FILE, before)
            raise
        measured = {name: (round(plain[name], 4), round(value, 4)) for name, value in rounded.items()}
        said = said.model_copy(update={"measured": measured})
        eight_bit.write_eight_bit(folder, said)
        return said

    def _scores(self, folder: Path, device: str) -> Generator[Progress, None, dict[str, float]]:
        steps = EvaluateModel(folder, self.data, self.judged_on, device).run()
        while True:
            try:
                yield next(steps)
            except StopIteration as end:
                return telling_scores(end.value)


def carry_over(parent: Path, tuned: Path, pictures: Iterable[Path]) -> bool:
    """Let a taught model compute in 8 bits where the one it comes from does, so that both are judged alike.

    Parameters
    ----------
    parent, tuned : Path
        Their folders.
    pictures : iterable of Path
        What it was taught with, as a project writes it; ranges seen there are joined with those of its parent.

    Returns
    -------
    bool
        Whether it does.
    """
    from cellwright.inference import eight_bit
    from cellwright.inference.openvino_engine import OpenvinoEngine, can_convert, is_installed

    card = load_card(tuned)
    known = eight_bit.read_eight_bit(parent, load_card(parent).weights.sha256)
    chosen = list(pictures)[:_TAUGHT]
    if known is None or not chosen or not is_installed() or not can_convert(card):
        return False
    engine = OpenvinoEngine(tuned, card, "f32")
    seen = engine.observe(part for path in chosen for part in _parts(slide_ref(path), card))
    layers = tuple(
        each.model_copy(update={"low": min(each.low, before.low), "high": max(each.high, before.high)})
        for each, before in zip(seen, known.layers, strict=False)
    )
    if len(layers) != len(seen):
        return False
    said = eight_bit.EightBit(
        weights_sha256=card.weights.sha256, layers=layers, pictures=len(chosen), data=f"taught from {known.data}"
    )
    eight_bit.write_eight_bit(tuned, said)
    return True


def telling_scores(made: Evaluation | OutlineEvaluation | ClassEvaluation) -> dict[str, float]:
    """Return the scores by which a model is chosen, by name.

    Raises
    ------
    DatasetNotReadable
        If there are none: nothing was true on the pictures.
    """
    found: dict[str, float]
    if isinstance(made, Evaluation):
        found = {"mAP@0.5": made.scores.map_50, "mAP@0.5:0.95": made.scores.map_50_95}
    elif isinstance(made, ClassEvaluation):
        found = {"accuracy": made.scores.accuracy}
    elif made.scores.objects is not None:
        objects = made.scores.objects
        found = {"AP@0.5": float(objects.mean_ap[0]), "AP@0.5:0.9": objects.over(objects.mean_ap)}
    else:
        pixels = made.scores.pixels
        found = {f"Dice {name}": float(value) for name, value in zip(pixels.classes, pixels.mean_dice, strict=True)}
    if not found or any(math.isnan(value) for value in found.values()):
        raise DatasetNotReadable(f"{made.data} has nothing true by which {made.card.name} could be judged.")
    return found


def _parts(picture: SlideRef, card: ModelCard) -> Iterator[NDArray[np.uint8]]:
    """Yield (1, H, W, 3) parts of a picture as the network sees them; at most two."""
    from cellwright.imaging import contrast_limits
    from cellwright.inference import DetectOptions

    options = DetectOptions()
    with picture.open() as slide:
        view = options.view(slide, card)
        looking = options.looking(slide, card, view)
        limits = contrast_limits(slide, card.input.contrast_percentiles)
        for tile in view.tiles[:2]:
            (pixels, *_) = looking.read(slide, tile, limits, 0, 0)
            yield np.ascontiguousarray(pixels[None] if pixels.ndim == 3 else pixels)


def _put_back(path: Path, before: bytes | None) -> None:
    if before is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(before)

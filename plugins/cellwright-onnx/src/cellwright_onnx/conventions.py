"""From what a network answers with to what Cellwright's decoders take, one function a convention.

Every function takes the answers to one picture, in the convention's order and without a batch axis, and the picture's
sides; it answers as `cellwright.inference.engine.Engine.run` does for one picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import ModelNotUsable
from cellwright.zoo import BoxDecoding, ModelCard, RegionDecoding, StarDecoding

Array = NDArray[np.float32]

SHORTEST_PX = 1e-3
"""No ray is shorter, so that every star has an area."""

_ROUNDING = 1e-3
"""By how much a probability may leave 0 … 1: half precision rounds."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the answers belong to.

    Parameters
    ----------
    card : ModelCard
        Of the model.
    shape : (int, int)
        Rows and columns of the picture that the network was given.
    """

    card: ModelCard
    shape: tuple[int, int]

    @property
    def classes(self) -> int:
        """How many classes the card names."""
        return len(self.card.classes)


def as_answer(convention: str, answers: Sequence[Array], asked: Asked) -> Array:
    """Return the answer to one picture as the card's decoder takes it.

    Raises
    ------
    ModelNotUsable
        If the answers have another form than the convention says.
    """
    return _CONVENTIONS[convention](answers, asked)


def _cellwright(answers: Sequence[Array], asked: Asked) -> Array:
    """Return the answer as it is: it was recorded from one of Cellwright's own networks."""
    answer, card = answers[0], asked.card
    if isinstance(card.decoding, BoxDecoding | RegionDecoding):
        return _rows(answer, 4 + asked.classes if isinstance(card.decoding, BoxDecoding) else None, asked)
    if card.decoding.kind == "picture":
        return answer.reshape(-1)
    return _maps(answer, asked, card.decoding.grid if isinstance(card.decoding, StarDecoding) else 1)


def _yolo_v5(answers: Sequence[Array], asked: Asked) -> Array:
    """Read (A, 5 + C): middle x and y, width, height, that there is an object, and of which class it is."""
    rows = _rows(answers[0], 5 + asked.classes, asked)
    probabilities = _probabilities(rows[:, 4:5], asked) * _probabilities(rows[:, 5:], asked)
    return np.concatenate([_corners(rows[:, :4]), probabilities], 1)


def _yolo_v8(answers: Sequence[Array], asked: Asked) -> Array:
    """Read (4 + C, A): middle x and y, width, height, and the probability of each class."""
    rows = _rows(np.ascontiguousarray(answers[0].T) if answers[0].ndim == 2 else answers[0], 4 + asked.classes, asked)
    return np.concatenate([_corners(rows[:, :4]), _probabilities(rows[:, 4:], asked)], 1)


def _yolo_nms(answers: Sequence[Array], asked: Asked) -> Array:
    """Read (D, 6): x0, y0, x1, y1, score and class; suppression was done inside."""
    rows = _rows(answers[0], 6, asked)
    return _scored(rows[:, :4], rows[:, 4], rows[:, 5], asked)


def _detections(answers: Sequence[Array], asked: Asked) -> Array:
    """Read boxes (D, 4) as x0, y0, x1, y1, scores (D,) and classes (D,)."""
    if len(answers) < 3:
        raise ModelNotUsable(f"{asked.card.name} answers with {len(answers)} arrays; boxes, scores and classes are 3.")
    boxes, scores, kinds = answers[:3]
    if boxes.ndim != 2 or boxes.shape[1:] != (4,) or not len(boxes) == scores.size == kinds.size:
        raise ModelNotUsable(
            f"{asked.card.name} answers with boxes {boxes.shape}, scores {scores.shape} and classes {kinds.shape}; "
            "(D, 4), (D,) and (D,) are needed."
        )
    return _scored(boxes, scores.reshape(-1), kinds.reshape(-1), asked)


def _foreground(answers: Sequence[Array], asked: Asked) -> Array:
    """Read (1, H, W): the probability that a pixel belongs to an object."""
    maps = _probabilities(_maps(answers[0], asked, 1, 1), asked)
    return np.concatenate([1 - maps, maps])


def _classes(answers: Sequence[Array], asked: Asked) -> Array:
    """Read (1 + C, H, W): the ground first, then the classes."""
    return _probabilities(_maps(answers[0], asked, 1, 1 + asked.classes), asked)


def _boundary(answers: Sequence[Array], asked: Asked) -> Array:
    """Read (3, H, W): ground, inside and boundary, in the places that the card's decoding names."""
    return _probabilities(_maps(answers[0], asked, 1, 3), asked)


def _foreground_boundary(answers: Sequence[Array], asked: Asked) -> Array:
    """Read (2, H, W): that a pixel belongs to an object, and that it lies at an edge, each for itself."""
    whole, edge = _probabilities(_maps(answers[0], asked, 1, 2), asked)
    return np.stack([1 - whole, whole * (1 - edge), whole * edge])


def _stardist(answers: Sequence[Array], asked: Asked) -> Array:
    """Read a probability (1, h, w) and rays (R, h, w), in one array or two."""
    if len(answers) > 1 and answers[0].ndim == 3 and len(answers[0]) > 1 and len(answers[1]) == 1:
        answers = [answers[1], answers[0], *answers[2:]]
    whole = np.concatenate(answers[:2]) if len(answers) > 1 else answers[0]
    decoding = asked.card.decoding
    maps = _maps(whole, asked, decoding.grid if isinstance(decoding, StarDecoding) else 1)
    if len(maps) < 4:
        raise ModelNotUsable(
            f"{asked.card.name} answers with {len(maps)} maps; a probability and 3 rays are the least."
        )
    rays = 1 + len(maps[1:]) - (asked.classes if asked.classes > 1 else 0)
    probability = _probabilities(maps[:1], asked)
    return np.concatenate([probability, np.maximum(maps[1:rays], np.float32(SHORTEST_PX)), maps[rays:]])


def _labels(answers: Sequence[Array], asked: Asked) -> Array:
    """Read (C, H, W): numbers of objects, 0 is the ground."""
    return _maps(answers[0], asked, 1, asked.classes)


_CONVENTIONS: Mapping[str, Callable[[Sequence[Array], Asked], Array]] = {
    "cellwright": _cellwright,
    "yolo-v5": _yolo_v5,
    "yolo-v8": _yolo_v8,
    "yolo-nms": _yolo_nms,
    "detections": _detections,
    "foreground": _foreground,
    "classes": _classes,
    "boundary": _boundary,
    "foreground-boundary": _foreground_boundary,
    "stardist": _stardist,
    "instanseg": _labels,
    "labels": _labels,
}


def _rows(answer: Array, width: int | None, asked: Asked) -> Array:
    if answer.ndim != 2 or (width is not None and answer.shape[1] != width):
        wanted = "(A, 4 + …)" if width is None else f"(A, {width}) for its {asked.classes} classes"
        raise ModelNotUsable(
            f"{asked.card.name} answers with {answer.shape}, its card says {wanted}; correct the card."
        )
    return answer


def _maps(answer: Array, asked: Asked, grid: int, channels: int | None = None) -> Array:
    height, width = asked.shape[0] // grid, asked.shape[1] // grid
    if answer.ndim != 3 or answer.shape[1:] != (height, width) or (channels is not None and len(answer) != channels):
        wanted = f"({channels if channels is not None else 'K'}, {height}, {width})"
        raise ModelNotUsable(
            f"{asked.card.name} answers with {answer.shape} to a picture of {asked.shape[0]}×{asked.shape[1]} pixels, "
            f"its card says {wanted}; correct the card."
        )
    return answer


def _probabilities(values: Array, asked: Asked) -> Array:
    """Return probabilities, refusing what are none: logits would be read as certainties."""
    if values.size and not (values.min() >= -_ROUNDING and values.max() <= 1 + _ROUNDING):
        if not np.isfinite(values).all():
            return values  # the decoders say so
        raise ModelNotUsable(
            f"{asked.card.name} answers with values from {values.min():.3g} to {values.max():.3g} where probabilities "
            'are needed; if they are logits, add {"id": "sigmoid"} or {"id": "softmax"} to the steps of its output.'
        )
    result: Array = np.clip(values, 0, 1)
    return result


def _corners(boxes: Array) -> Array:
    """Return y0, x0, y1, x1 of (A, 4) middle x, middle y, width, height."""
    x, y, width, height = boxes.T
    return np.stack([y - height / 2, x - width / 2, y + height / 2, x + width / 2], 1)


def _scored(boxes: Array, scores: Array, kinds: Array, asked: Asked) -> Array:
    """Return (D, 4 + C) of boxes x0, y0, x1, y1, a score and the number of a class each; no score is padding."""
    there = scores > 0
    boxes, scores, kinds = boxes[there], _probabilities(scores[there], asked), kinds[there]
    numbers = np.rint(np.nan_to_num(kinds, nan=-1.0)).astype(np.int64)
    if numbers.size and (numbers.min() < 0 or numbers.max() >= asked.classes):
        raise ModelNotUsable(
            f"{asked.card.name} found an object of class {numbers.max()}, and its card names {asked.classes}; "
            "name all of them, the first is 0."
        )
    rows = np.zeros((len(boxes), 4 + asked.classes), np.float32)
    rows[:, :4] = boxes[:, [1, 0, 3, 2]]
    rows[np.arange(len(boxes)), 4 + numbers] = scores
    return rows

"""Pictures: what a network answers with that says what a whole picture shows; the picture is one object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter
from cellwright.inference.candidates import Boxes, Cut, refuse_not_finite
from cellwright.inference.decoders.decoder import Frame
from cellwright.inference.tiles import Tile

_SMALLEST = 1e-12
"""Probabilities are kept this far from 0, where their logarithm is infinite."""


@dataclass(frozen=True, slots=True, eq=False)
class NamedPicture:
    """Candidates of a whole picture, among which nothing is left to choose.

    Parameters
    ----------
    found : Boxes
        One object around the picture.
    shares : (C,) ndarray of float32
        Calibrated probability of each class, together 1.
    """

    found: Boxes
    shares: NDArray[np.float32]

    @property
    def nbytes(self) -> int:
        """Memory that they take."""
        return self.found.nbytes + self.shares.nbytes

    def objects(self, nms_iou: float) -> Boxes:  # noqa: ARG002 - there is one
        """Return the object."""
        return self.found


@dataclass(frozen=True, slots=True)
class PictureDecoder:
    """A `Decoder` of (C,) probabilities: one object around the picture, of its likeliest class.

    Its score is calibrated, and kept whatever the floor: a picture shows something, however unsure that is.

    Parameters
    ----------
    frame : Frame
    cut : Cut
        Whose temperatures are all the same.
    """

    frame: Frame
    cut: Cut

    def look(self, raw: NDArray[np.float32], tile: Tile) -> NamedPicture:
        """See `Decoder.look`."""
        if raw.shape != (len(self.cut.temperatures),):
            raise BadParameter(
                f"A network for {len(self.cut.temperatures)} classes of pictures answers with as many numbers, "
                f"not with {raw.shape}."
            )
        probabilities = calibrated_shares(raw[None], self.cut.temperatures[0])[0]
        best = int(probabilities.argmax())
        own = tile.owner
        boxes = np.array([[own.y0, own.x0, own.y1, own.x1]], np.float32)
        return NamedPicture(Boxes(boxes, np.array([best], np.int16), probabilities[best : best + 1]), probabilities)

    def join(self, answers: Iterable[tuple[Tile, Boxes]], unanswered: Sequence[Tile] = ()) -> Boxes:  # noqa: ARG002
        """See `Decoder.join`; there is one tile, the picture."""
        return Boxes.concatenate([found for _, found in answers])


def calibrated_shares(probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Return calibrated probabilities, each row together 1: ``p' ∝ p^(1/T)`` (Guo et al., ICML 2017, section 4.2).

    Parameters
    ----------
    probabilities : (N, C) ndarray of float32
        Of a softmax, or means of several.
    temperature : float
        Above 1 draws them towards each other, below 1 apart; their order stays.

    Returns
    -------
    (N, C) ndarray of float32

    Raises
    ------
    ModelNotUsable
        If a probability is no finite number.
    """
    refuse_not_finite(probabilities)
    logs = np.log(np.maximum(probabilities.astype(np.float64), _SMALLEST)) / temperature
    powers = np.exp(logs - logs.max(axis=1, keepdims=True, initial=-np.inf))
    shares: NDArray[np.float32] = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares

"""Touching objects: what a network answers with that sorts pixels into ground, inside and boundary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter
from cellwright.inference.candidates import Boxes, Cut, calibrated_rows
from cellwright.inference.decoders.decoder import Frame, Settled
from cellwright.inference.decoders.dense import level0_maps
from cellwright.inference.decoders.outlines import join_outlined, outlined_from_labels
from cellwright.inference.seams import near_own
from cellwright.inference.tiles import Tile
from cellwright.zoo import TouchingDecoding


@dataclass(frozen=True, slots=True)
class TouchingDecoder:
    """A `Decoder` of (K, H, W) class probabilities, two of whose classes are the inside and the boundary of objects.

    Parameters
    ----------
    frame : Frame
    cut : Cut
        Of one class; an object's score is the mean probability of its pixels not to be ground.
    decoding : TouchingDecoding
        The two classes and the thresholds.
    """

    frame: Frame
    cut: Cut
    decoding: TouchingDecoding

    def look(self, raw: NDArray[np.float32], tile: Tile) -> Settled:
        """See `Decoder.look`."""
        asked = self.decoding
        if raw.ndim != 3 or len(raw) <= max(asked.interior, asked.boundary):
            raise BadParameter(f"A network of insides and boundaries answers with (K, H, W), K > 2, not {raw.shape}.")
        # The ground is not asked for: bringing maps to level 0 takes longer than the rest.
        interior, boundary = level0_maps(raw[[asked.interior, asked.boundary]], self.frame, tile)
        return self._grown(interior, boundary, tile)

    def settle(self, maps: NDArray[np.float32], tile: Tile) -> Settled:
        """See `MapDecoder.settle`."""
        return self._grown(maps[self.decoding.interior], maps[self.decoding.boundary], tile)

    def _grown(self, interior: NDArray[np.float32], boundary: NDArray[np.float32], tile: Tile) -> Settled:
        asked, foreground = self.decoding, interior + boundary
        labels = grown_objects(interior, foreground, asked.seed, asked.foreground)
        smallest = asked.min_area_px * self.frame.step(tile) ** 2
        found = outlined_from_labels(labels, (tile.read.y0, tile.read.x0), foreground, smallest)
        scores = calibrated_rows(np.minimum(found.scores, 1), found.class_index, self.cut.temperatures)
        return Settled(near_own(replace(found, scores=scores).take(scores >= self.cut.floor), tile))

    def join(self, answers: Iterable[tuple[Tile, Boxes]], unanswered: Sequence[Tile] = ()) -> Boxes:
        """See `Decoder.join`."""
        return join_outlined(answers, unanswered)


def grown_objects(
    interior: NDArray[np.float32], foreground: NDArray[np.float32], seed: float, threshold: float
) -> NDArray[np.int32]:
    """Label objects: connected insides, grown into the foreground around them, the likeliest pixels first.

    A watershed (Vincent & Soille, IEEE PAMI 13, 1991) of the inside's probability in 32 steps. A pixel goes to the
    object that reaches it first; of several, to the one whose neighbouring pixel is likeliest, and among equals to the
    one above, then left, right, below. What happens at a pixel depends on its surroundings alone and not on where the
    picture begins, so that tiles agree. Foreground that no inside reaches is an object of its own.

    Parameters
    ----------
    interior, foreground : (H, W) ndarray of float32
        Probability that a pixel is inside an object, and that it is part of one.
    seed, threshold : float
        From which probability a pixel belongs to a seed, and to the foreground.

    Returns
    -------
    (H, W) ndarray of int32
        1 … N, 0 for the ground; pixels that touch by a corner are connected.
    """
    from cellwright.inference.decoders import touching_kernels

    covered = foreground >= np.float32(threshold)
    labels = touching_kernels.connected((interior >= np.float32(seed)) & covered)
    level = np.clip(interior * np.float32(32), 0, 31).astype(np.uint8)
    touching_kernels.grow(labels, level, covered)
    rest = touching_kernels.connected(covered & (labels == 0))
    count = int(labels.max(initial=0))
    result: NDArray[np.int32] = np.where(rest > 0, rest + count, labels).astype(np.int32)
    return result

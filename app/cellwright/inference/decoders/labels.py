"""Labels: what a model answers with that tells its objects apart by itself, as InstanSeg and classical methods do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter
from cellwright.inference.candidates import Boxes, Cut, calibrated_rows, refuse_not_finite
from cellwright.inference.decoders.decoder import Frame, Settled
from cellwright.inference.decoders.outlines import join_outlined
from cellwright.inference.seams import near_own
from cellwright.inference.tiles import Tile
from cellwright.zoo import LabelDecoding

LARGEST_LABEL = 2**24
"""From here on float32 skips numbers, and two objects would become one."""


@dataclass(frozen=True, slots=True)
class LabelDecoder:
    """A `Decoder` of (C, H, W) labels, one map a class.

    Parameters
    ----------
    frame : Frame
    cut : Cut
        One temperature a class; every object scores 1 before calibration, since labels say no more.
    decoding : LabelDecoding
        Which objects are kept.
    """

    frame: Frame
    cut: Cut
    decoding: LabelDecoding

    def look(self, raw: NDArray[np.float32], tile: Tile) -> Settled:
        """See `Decoder.look`."""
        if raw.ndim != 3 or len(raw) != len(self.cut.temperatures):
            raise BadParameter(
                f"A model of {len(self.cut.temperatures)} classes answers with as many maps of labels, "
                f"not with {raw.shape}."
            )
        refuse_not_finite(raw)
        maps = self._at_level0(self.frame.own_part(raw, tile), tile)
        found = Boxes.concatenate([self._of_class(labels, kind, tile) for kind, labels in enumerate(maps)])
        scores = calibrated_rows(found.scores, found.class_index, self.cut.temperatures)
        return Settled(near_own(found.take(scores >= self.cut.floor), tile))

    def join(self, answers: Iterable[tuple[Tile, Boxes]], unanswered: Sequence[Tile] = ()) -> Boxes:
        """See `Decoder.join`."""
        return join_outlined(answers, unanswered)

    def _of_class(self, labels: NDArray[np.int32], kind: int, tile: Tile) -> Boxes:
        from cellwright.shapes import masks_from_labels

        masks, _ = masks_from_labels(labels, (tile.read.y0, tile.read.x0))
        masks = masks.take(masks.areas() >= self.decoding.min_area_px * self.frame.step(tile) ** 2)
        return Boxes.outlined(masks, np.full(len(masks), kind, np.int16), np.ones(len(masks), np.float32))

    def _at_level0(self, maps: NDArray[np.float32], tile: Tile) -> NDArray[np.int32]:
        """(C, H, W) int32 of what a tile reads: the label of the pixel that each level-0 pixel's middle lies in."""
        if maps.size and (maps.min() < 0 or maps.max() >= LARGEST_LABEL):
            raise BadParameter(f"Labels are numbers from 0 to {LARGEST_LABEL - 1}; this model answers with others.")
        whole = np.rint(maps).astype(np.int32)
        (height, width), (rows, columns) = (tile.read.height, tile.read.width), maps.shape[1:]
        if (height, width) == (rows, columns):
            return whole
        y = np.minimum((np.arange(height) + 0.5) * rows / height, rows - 1).astype(np.intp)
        x = np.minimum((np.arange(width) + 0.5) * columns / width, columns - 1).astype(np.intp)
        return whole[:, y[:, None], x]

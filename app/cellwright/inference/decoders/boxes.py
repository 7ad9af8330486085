"""Boxes: what YOLO, Faster R-CNN and RetinaNet answer with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cellwright.inference.candidates import Boxes, Cut, above_floor, suppressed
from cellwright.inference.decoders.decoder import Frame
from cellwright.inference.seams import merge, near_own
from cellwright.inference.tiles import Tile
from cellwright.inference.view import boxes_to_level0


@dataclass(frozen=True, slots=True)
class BoxDecoder:
    """A `Decoder` of (A, 4 + C): y0, x0, y1, x1 in input pixels and class probabilities.

    Parameters
    ----------
    frame : Frame
    cut : Cut
    """

    frame: Frame
    cut: Cut

    def look(self, raw: NDArray[np.float32], tile: Tile) -> BoxCandidates:
        """See `Decoder.look`."""
        return BoxCandidates(above_floor(raw, self.cut), self.frame, tile, self.cut)

    def join(self, answers: Iterable[tuple[Tile, Boxes]], unanswered: Sequence[Tile] = ()) -> Boxes:
        """See `Decoder.join`."""
        return merge(answers, unanswered)


@dataclass(frozen=True, slots=True, eq=False)
class BoxCandidates:
    """Boxes before suppression, in pixels of the network's input."""

    found: Boxes
    frame: Frame
    tile: Tile
    cut: Cut

    @property
    def nbytes(self) -> int:
        """Memory that they take."""
        return self.found.nbytes

    def objects(self, nms_iou: float) -> Boxes:
        """See `Candidates.objects`."""
        left = suppressed(self.found, replace(self.cut, nms_iou=nms_iou))
        return near_own(in_level0(left, self.frame, self.tile), self.tile)


def in_level0(found: Boxes, frame: Frame, tile: Tile) -> Boxes:
    """Move boxes from the network's input to level-0 pixels; what has no area in the picture is left out."""
    moved = boxes_to_level0(found.boxes, frame.view, tile, frame.picture)
    has_area: NDArray[np.bool_] = np.all(moved[:, 2:] > moved[:, :2], axis=1)
    return replace(found, boxes=moved).take(has_area)

"""Regions: a box with a mask in it, what Mask R-CNN answers with (He et al., ICCV 2017)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Box, Masks, ModelNotUsable
from cellwright.inference.candidates import Boxes, Cut, calibrated_rows, refuse_not_finite
from cellwright.inference.decoders.decoder import Frame
from cellwright.inference.decoders.outlines import join_outlined
from cellwright.inference.seams import is_near_own
from cellwright.inference.suppression import nms
from cellwright.inference.tiles import Tile
from cellwright.inference.view import boxes_to_level0


@dataclass(frozen=True, slots=True)
class RegionDecoder:
    """A `Decoder` of (D, 6 + M·M): y0, x0, y1, x1, score, class, and mask probabilities inside the box, row by row.

    Parameters
    ----------
    frame : Frame
    cut : Cut
    mask_threshold : float
        Probability from which a pixel of the box belongs to the object.
    """

    frame: Frame
    cut: Cut
    mask_threshold: float

    def look(self, raw: NDArray[np.float32], tile: Tile) -> RegionCandidates:
        """See `Decoder.look`."""
        side = math.isqrt(max(raw.shape[1] - 6, 0)) if raw.ndim == 2 else 0
        if side < 1 or side * side != raw.shape[1] - 6:
            raise BadParameter(f"A network of masks in boxes answers with (D, 6 + M·M), not {raw.shape}.")
        refuse_not_finite(raw)
        used = raw[raw[:, 4] > 0]
        kinds = used[:, 5].astype(np.int16)
        if len(kinds) and not 0 <= kinds.min() <= kinds.max() < len(self.cut.temperatures):
            raise ModelNotUsable("The network answers with classes that its card does not name; verify the model.")
        scores = calibrated_rows(used[:, 4], kinds, self.cut.temperatures)
        kept = scores >= self.cut.floor
        masks = np.rint(used[kept, 6:] * np.float32(255)).astype(np.uint8).reshape(-1, side, side)
        found = Boxes(np.ascontiguousarray(used[kept, :4]), kinds[kept], scores[kept])
        return RegionCandidates(found, masks, self.frame, tile, self.cut, self.mask_threshold)

    def join(self, answers: Iterable[tuple[Tile, Boxes]], unanswered: Sequence[Tile] = ()) -> Boxes:
        """See `Decoder.join`."""
        return join_outlined(answers, unanswered)


@dataclass(frozen=True, slots=True, eq=False)
class RegionCandidates:
    """Boxes in pixels of the network's input, and their masks in steps of 1/255, before suppression."""

    found: Boxes
    masks: NDArray[np.uint8]  # (N, M, M)
    frame: Frame
    tile: Tile
    cut: Cut
    mask_threshold: float

    @property
    def nbytes(self) -> int:
        """Memory that they take."""
        return self.found.nbytes + self.masks.nbytes

    def objects(self, nms_iou: float) -> Boxes:
        """See `Candidates.objects`."""
        found = self.found
        left = nms(found.boxes, found.scores, found.class_index, nms_iou, self.cut.nms_kind)
        inside = boxes_to_level0(left.boxes, self.frame.view, self.tile, self.frame.picture)
        near = np.flatnonzero((inside[:, 2:] > inside[:, :2]).all(axis=1) & is_near_own(inside, self.tile))
        rows = left.rows[near]
        step = np.array(self.frame.view.step(self.tile) * 2)
        placed = left.boxes[near] * step + np.array([self.tile.read.y0, self.tile.read.x0] * 2)
        masks = pasted(self.masks[rows], placed, self.mask_threshold, self.frame.picture)
        return Boxes.outlined(masks, found.class_index[rows], found.scores[rows])


def pasted(masks: NDArray[np.uint8], boxes: NDArray[np.float64], threshold: float, picture: Box) -> Masks:
    """Lay masks into their boxes: between the centres of their cells linearly, to 0 one cell beyond them.

    Parameters
    ----------
    masks : (N, M, M) ndarray of uint8
        Probabilities in steps of 1/255.
    boxes : (N, 4) ndarray of float64
        y0, x0, y1, x1 in level-0 pixels; they may reach beyond the picture, the masks then do not.
    threshold : float
        From which probability at its middle a pixel belongs to the object.
    picture : Box
        The whole picture.
    """
    from cellwright.inference.decoders import region_kernels

    owner, spans = region_kernels.paste(
        np.ascontiguousarray(masks),
        np.ascontiguousarray(boxes),
        threshold * 255.0,
        (picture.y0, picture.x0, picture.y1, picture.x1),
    )
    return Masks.from_spans(owner, spans, len(masks))

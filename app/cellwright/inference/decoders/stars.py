"""Stars: what a star-convex network answers with (StarDist; Schmidt et al., MICCAI 2018)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter
from cellwright.inference.candidates import Boxes, Cut, calibrated_rows, raw_floors, refuse_not_finite
from cellwright.inference.decoders.decoder import Frame
from cellwright.inference.decoders.outlines import join_outlined
from cellwright.inference.seams import is_near_own
from cellwright.inference.tiles import Tile

OTHERS_PX = 4
"""See `worth_asking`."""


@dataclass(frozen=True, slots=True)
class StarDecoder:
    """A `Decoder` of (1 + R (+ C), h, w): an object's probability, ray lengths in input pixels, class probabilities.

    Parameters
    ----------
    frame : Frame
    cut : Cut
        One temperature a class; classes are answered for where there are two or more.
    grid : int
        Input pixels from one grid point to the next.
    """

    frame: Frame
    cut: Cut
    grid: int

    def look(self, raw: NDArray[np.float32], tile: Tile) -> StarCandidates:
        """See `Decoder.look`."""
        classes = len(self.cut.temperatures)
        told = classes if classes > 1 else 0
        if raw.ndim != 3 or len(raw) < 4 + told:
            raise BadParameter(f"A star network answers with (1 + rays + {told} classes, h, w), not {raw.shape}.")
        raw = self.frame.own_part(raw, tile, self.grid)
        refuse_not_finite(raw[0])
        # Counted flat: one index a point picks it out of every channel.
        points = np.flatnonzero((raw[0] >= raw_floors(self.cut).min()) & worth_asking(raw[0], self.grid))
        y, x = np.divmod(points, raw.shape[2])
        rays = raw[1 : len(raw) - told, y, x].T
        refuse_not_finite(rays)
        best = raw[len(raw) - told :, y, x].argmax(0) if told else np.zeros(len(points), np.intp)
        kinds: NDArray[np.int16] = best.astype(np.int16)
        scores = calibrated_rows(raw[0, y, x], kinds, self.cut.temperatures)
        kept = scores >= self.cut.floor
        return StarCandidates(
            self._level0(y[kept], x[kept], tile),
            np.ascontiguousarray(rays[kept] * np.float32(self.frame.step(tile))),
            scores[kept],
            kinds[kept],
            self.frame,
            tile,
        )

    def join(self, answers: Iterable[tuple[Tile, Boxes]], unanswered: Sequence[Tile] = ()) -> Boxes:
        """See `Decoder.join`."""
        return join_outlined(answers, unanswered)

    def _level0(self, y: NDArray[np.intp], x: NDArray[np.intp], tile: Tile) -> NDArray[np.float32]:
        """(N, 2) float32: where grid points lie, counted so that the middle of level-0 pixel 0 is 0."""
        step = np.array(self.frame.view.step(tile))
        offset = np.array([tile.read.y0, tile.read.x0])
        points = (np.stack([y, x], 1) * self.grid + 0.5) * step - 0.5 + offset
        return np.asarray(points, np.float32)


def worth_asking(probability: NDArray[np.float32], grid: int) -> NDArray[np.bool_]:
    """Return which grid points take part in suppression: all that no neighbour exceeds, and of the others a few.

    The surest point of an object is never exceeded, so it is always among them. The others only matter where the surest
    star of an object is suppressed by a neighbour's; one every `OTHERS_PX` input pixels is enough for that, and
    suppression is several times faster.

    Parameters
    ----------
    probability : (h, w) ndarray of float32
        Of the grid points of a tile, which begins at a multiple of the network's stride.
    grid : int
        Input pixels from one grid point to the next.
    """
    height, width = probability.shape
    padded = np.pad(probability, 1, constant_values=-1.0)
    rows = np.maximum(np.maximum(padded[:-2], padded[2:]), padded[1:-1])
    highest = np.maximum(np.maximum(rows[:, :-2], rows[:, 2:]), rows[:, 1:-1])
    chosen: NDArray[np.bool_] = probability >= highest
    step = max(1, OTHERS_PX // grid)
    chosen[:height:step, :width:step] = True
    return chosen


@dataclass(frozen=True, slots=True, eq=False)
class StarCandidates:
    """Stars before suppression, in level-0 pixels: 4 bytes a ray, and 14 more a star."""

    points: NDArray[np.float32]  # (N, 2)
    distances: NDArray[np.float32]  # (N, R)
    scores: NDArray[np.float32]  # (N,)
    class_index: NDArray[np.int16]  # (N,)
    frame: Frame
    tile: Tile

    @property
    def nbytes(self) -> int:
        """Memory that they take."""
        return self.points.nbytes + self.distances.nbytes + self.scores.nbytes + self.class_index.nbytes

    def objects(self, nms_iou: float) -> Boxes:
        """See `Candidates.objects`."""
        from cellwright.shapes import star_boxes, star_masks, star_nms

        rows = star_nms(self.points, self.distances, self.scores, nms_iou)
        boxes = star_boxes(self.points[rows], self.distances[rows])
        near = rows[is_near_own(boxes, self.tile)]
        masks = star_masks(self.points[near], self.distances[near]).clipped(self.frame.picture)
        return Boxes.outlined(masks, self.class_index[near], self.scores[near])

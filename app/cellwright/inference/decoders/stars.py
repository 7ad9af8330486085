"""Stars: what a star-convex network answers with (StarDist; Schmidt et al., MICCAI 2018)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter
from cellwright.inference.candidates import Boxes, Cut, calibrated_rows, raw_floors, refuse_not_finite
from cellwright.inference.decoders.decoder import Frame
from cellwright.inference.decoders.dense import level0_maps
from cellwright.inference.decoders.outlines import join_outlined
from cellwright.inference.seams import is_near_own
from cellwright.inference.tiles import Tile

OTHERS_PX = 4
"""See `worth_asking`."""


@dataclass(frozen=True, slots=True)
class StarDecoder:
    """A `Decoder` of (1 + R (+ g²) (+ C), h, w).

    An object's probability, ray lengths in input pixels, which pixels belong to objects, class probabilities.

    Parameters
    ----------
    frame : Frame
    cut : Cut
        One temperature a class; classes are answered for where there are two or more.
    grid : int
        Input pixels from one grid point to the next.
    foreground : float or None
        Probability from which a pixel belongs to an object; None where the network does not tell.
    reach_px : int
        How far outlines may move to follow the pixels, in pixels of the network's input.
    """

    frame: Frame
    cut: Cut
    grid: int
    foreground: float | None = None
    reach_px: int = 2

    def look(self, raw: NDArray[np.float32], tile: Tile) -> StarCandidates:
        """See `Decoder.look`."""
        classes = len(self.cut.temperatures)
        told = classes if classes > 1 else 0
        pixels = 0 if self.foreground is None else self.grid**2
        if raw.ndim != 3 or len(raw) < 4 + pixels + told:
            wanted = f"1 + rays + {pixels} pixels + {told} classes"
            raise BadParameter(f"A star network answers with ({wanted}, h, w), not {raw.shape}.")
        ends = len(raw) - told - pixels
        covered = None if self.foreground is None else self._covered(raw[ends : ends + pixels], self.foreground, tile)
        raw = self.frame.own_part(raw, tile, self.grid)
        refuse_not_finite(raw[0])
        # Counted flat: one index a point picks it out of every channel.
        points = np.flatnonzero((raw[0] >= raw_floors(self.cut).min()) & worth_asking(raw[0], self.grid))
        y, x = np.divmod(points, raw.shape[2])
        rays = raw[1:ends, y, x].T
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
            covered,
            max(1, round(self.reach_px * self.frame.step(tile))),
        )

    def _covered(self, pixels: NDArray[np.float32], foreground: float, tile: Tile) -> NDArray[np.bool_]:
        """(H, W) bool: which level-0 pixels of what a tile reads belong to objects."""
        grid, (height, width) = self.grid, pixels.shape[1:]
        squares = pixels.reshape(grid, grid, height, width).transpose(2, 0, 3, 1)
        whole = squares.reshape(1, height * grid, width * grid)
        covered: NDArray[np.bool_] = level0_maps(whole, self.frame, tile)[0] >= np.float32(foreground)
        return covered

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
    """Stars before suppression, in level-0 pixels: 4 bytes a ray, and 14 more a star; a byte a pixel that is told."""

    points: NDArray[np.float32]  # (N, 2)
    distances: NDArray[np.float32]  # (N, R)
    scores: NDArray[np.float32]  # (N,)
    class_index: NDArray[np.int16]  # (N,)
    frame: Frame
    tile: Tile
    covered: NDArray[np.bool_] | None = None  # (H, W) of what the tile reads
    reach: int = 1  # pixels that outlines may move to follow it

    @property
    def nbytes(self) -> int:
        """Memory that they take."""
        stars = self.points.nbytes + self.distances.nbytes + self.scores.nbytes + self.class_index.nbytes
        return stars + (0 if self.covered is None else self.covered.nbytes)

    def objects(self, nms_iou: float) -> Boxes:
        """See `Candidates.objects`."""
        from cellwright.shapes import fitted_to_pixels, star_boxes, star_masks, star_nms

        rows = star_nms(self.points, self.distances, self.scores, nms_iou)
        if self.covered is not None:
            # All stars of the tile, since a pixel that two might move to depends on both.
            stars = star_masks(self.points[rows], self.distances[rows])
            origin = (self.tile.read.y0, self.tile.read.x0)
            masks, left = fitted_to_pixels(stars, self.covered, origin, self.reach)
            own = is_near_own(masks.boxes(), self.tile)
            chosen = rows[left[own]]
            return Boxes.outlined(masks.take(own), self.class_index[chosen], self.scores[chosen])
        boxes = star_boxes(self.points[rows], self.distances[rows])
        near = rows[is_near_own(boxes, self.tile)]
        masks = star_masks(self.points[near], self.distances[near]).clipped(self.frame.picture)
        return Boxes.outlined(masks, self.class_index[near], self.scores[near])

"""`FindEmptyWindows`: places of a picture where cells may have been missed."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, CellwrightError, Region
from cellwright.jobs import Progress

if TYPE_CHECKING:
    from cellwright.imaging import Slide

Values = NDArray[np.float64]

WINDOW_CELLS = 4.0
"""Side of a window, in diameters of a typical cell: enough around one to judge it."""
FEWEST_CELLS = 0.25
"""A window that seems to hold less than this share of a cell is not worth a look."""

_CELL_PX = 8.0
"""Diameter of a typical cell in the overview; finer shows dirt, coarser loses cells."""
_LONGEST_PX = 2048
_NO_CELLS_SIDE = 32.0
"""Side, as a share of the picture's long one, of a typical cell where none was found."""
_RIM = 0.1
"""Boxes are taken this much larger on each side before what is left over counts as missed."""
_RIDGE = 1e-3


@dataclass(frozen=True, slots=True)
class EmptyWindow:
    """A place where cells may have been missed.

    Parameters
    ----------
    box : Box
        In level-0 pixels.
    cells : float
        About how many there may be: the summed scores of what did not count there, or the area that looks like cells
        and belongs to none divided by that of a typical cell, whichever is more. An ordering, not an estimate.
    candidates : int
        Objects below the threshold whose centre lies there.
    """

    box: Box
    cells: float
    candidates: int


@dataclass(frozen=True, slots=True, eq=False)
class FindEmptyWindows:
    """Look for missed cells on one picture; an `Operation` whose result is a list of `EmptyWindow`, likeliest first.

    Parameters
    ----------
    path : Path
        The picture.
    boxes : (N, 4) ndarray of float32
        y0, x0, y1, x1 of the objects that count, in level-0 pixels.
    candidate_boxes, candidate_scores : (M, 4) and (M,) ndarray of float32
        Objects below the threshold, and their calibrated scores.
    reviewed : tuple of Box
        Regions that a person looked at in full; windows whose middle lies there are left out.
    """

    path: Path
    boxes: NDArray[np.float32]
    candidate_boxes: NDArray[np.float32]
    candidate_scores: NDArray[np.float32]
    reviewed: tuple[Box, ...] = ()

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Look for missed cells on {self.path.name}"

    def run(self) -> Generator[Progress, None, list[EmptyWindow]]:
        """Read an overview and compare what was found with what is there.

        Raises
        ------
        SlideNotReadable
            If the picture cannot be read.
        """
        from cellwright.project.pictures import slide_ref

        yield Progress(0, 2, "Reading the picture")
        with slide_ref(self.path).open() as slide:
            shape = slide.shape
            cell = typical_diameter(self.boxes, shape)
            downsample = max(1.0, cell / _CELL_PX, max(shape) / _LONGEST_PX)
            overview = _overview(slide, downsample)
        yield Progress(1, 2, "Looking between the cells")
        left_over = uncovered(overview, self.boxes / np.float32(downsample))
        boxes, scores = _apart(self.candidate_boxes, self.candidate_scores, self.boxes)
        found = windows(shape, left_over, downsample, cell, boxes, scores)
        return [
            each for each in found if not any(region.contains_point(*_middle(each.box)) for region in self.reviewed)
        ]


@dataclass(frozen=True, slots=True)
class ReadShapes:
    """Read how large pictures are; an `Operation` whose result has rows and columns of each, None for unreadable ones.

    Parameters
    ----------
    paths : tuple of Path
        The pictures.
    """

    paths: tuple[Path, ...]
    title: str = field(default="Read the sizes of pictures", init=False)

    def run(self) -> Generator[Progress, None, list[tuple[int, int] | None]]:
        """Open one after the other."""
        from cellwright.project.pictures import slide_ref

        shapes: list[tuple[int, int] | None] = []
        for path in self.paths:
            yield Progress(len(shapes), len(self.paths), path.name)
            try:
                with slide_ref(path).open() as slide:
                    shapes.append(slide.shape)
            except CellwrightError:
                shapes.append(None)
        return shapes


def typical_diameter(boxes: NDArray[np.floating], shape: tuple[int, int]) -> float:
    """Return the median side of the boxes in pixels; a share of the picture's where there are none."""
    if not len(boxes):
        return max(8.0, max(shape) / _NO_CELLS_SIDE)
    return max(2.0, float(np.median(np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)))))


def window_side(boxes: NDArray[np.floating], shape: tuple[int, int]) -> int:
    """Return the side of windows on a picture in level-0 pixels, from the boxes of what counts there."""
    return max(8, round(WINDOW_CELLS * typical_diameter(boxes, shape)))


def uncovered(overview: NDArray[np.uint8], boxes: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return where a picture looks like the cells that were found and belongs to none of them.

    Pixels are described by colour and by how much brightness varies around them. The direction in which those inside
    the boxes differ most from those outside is Fisher's discriminant (Annals of Eugenics, 1936); beyond the middle
    between the two medians a pixel looks like a cell. So bright cells on a dark ground, stained ones on a bright one
    and textured ones on a smooth one are told by the same rule, learned from the picture itself.

    Parameters
    ----------
    overview : (H, W, 3) ndarray of uint8
        The picture, a typical cell being some pixels wide.
    boxes : (N, 4) ndarray of float
        y0, x0, y1, x1 of what was found, in pixels of the overview.

    Returns
    -------
    (H, W) ndarray of bool
        Without objects: what differs from the commonest colour.
    """
    described = _described(overview)  # (H, W, 4)
    inside, near = _covered(overview.shape[:2], boxes, -0.2), _covered(overview.shape[:2], boxes, _RIM)
    ground = described[~near]
    if not len(ground):
        return np.zeros(overview.shape[:2], np.bool_)
    if not inside.any():
        return _unlike_the_commonest(described)
    cells = described[inside]
    spread = np.cov(cells, rowvar=False) + np.cov(ground, rowvar=False)
    spread = spread + _RIDGE * (1 + np.trace(spread)) * np.eye(len(spread))
    direction = np.linalg.solve(spread, cells.mean(axis=0) - ground.mean(axis=0))
    cut = (np.median(cells @ direction) + np.median(ground @ direction)) / 2
    like_cells: NDArray[np.bool_] = (described @ direction > cut) & ~near
    return like_cells


def windows(
    shape: tuple[int, int],
    left_over: NDArray[np.bool_],
    downsample: float,
    cell: float,
    boxes: NDArray[np.floating],
    scores: NDArray[np.floating],
) -> list[EmptyWindow]:
    """Return windows by how many cells they seem to hold; together they tile the picture, so none is seen twice.

    Parameters
    ----------
    shape : (int, int)
        Of the picture at level 0.
    left_over : (H, W) ndarray of bool
        From `uncovered`.
    downsample : float
        Level-0 pixels per pixel of `left_over`.
    cell : float
        Diameter of a typical cell in level-0 pixels.
    boxes, scores : (M, 4) and (M,) ndarray of float
        Objects below the threshold that lie apart from those above it.
    """
    side = max(8, round(WINDOW_CELLS * cell))
    y0, x0 = np.arange(0, shape[0], side), np.arange(0, shape[1], side)
    area = _window_sums(left_over.astype(np.float64), y0, x0, side, downsample) * downsample**2 / cell**2
    weight, number = np.zeros(area.shape), np.zeros(area.shape, np.int64)
    middles = ((boxes[:, :2] + boxes[:, 2:]) / 2 // side).astype(np.intp)
    where = tuple(np.clip(middles, 0, np.array(area.shape) - 1).T)
    np.add.at(weight, where, scores)
    np.add.at(number, where, 1)
    seems = np.maximum(area, weight)
    rows, columns = np.unravel_index(np.argsort(-seems, axis=None, kind="stable"), seems.shape)
    return [
        EmptyWindow(
            Box(int(y0[r]), int(x0[c]), min(shape[0], int(y0[r]) + side), min(shape[1], int(x0[c]) + side)),
            float(seems[r, c]),
            int(number[r, c]),
        )
        for r, c in zip(rows, columns, strict=True)
        if seems[r, c] >= FEWEST_CELLS
    ]


def _overview(slide: Slide, downsample: float) -> NDArray[np.uint8]:
    from cellwright.imaging import contrast_limits, read_rgb

    return read_rgb(slide, Region(Box(0, 0, *slide.shape), downsample), contrast_limits(slide))


def _described(overview: NDArray[np.uint8]) -> Values:
    """Return red, green, blue and the local standard deviation of brightness, (H, W, 4)."""
    from scipy import ndimage

    colours = overview.astype(np.float64)
    grey = colours.mean(axis=2)
    side = round(_CELL_PX / 2) + 1
    mean, square = ndimage.uniform_filter(grey, side), ndimage.uniform_filter(grey**2, side)
    varies = np.sqrt(np.maximum(square - mean**2, 0.0))
    return np.concatenate([colours, varies[..., None]], axis=2)


def _covered(shape: tuple[int, ...], boxes: NDArray[np.floating], rim: float) -> NDArray[np.bool_]:
    """Return the pixels in boxes that were made larger by a share of their sides (smaller where negative)."""
    mask = np.zeros(shape, np.bool_)
    margin = rim * (boxes[:, 2:] - boxes[:, :2])
    low = np.maximum(np.floor(boxes[:, :2] - margin), 0).astype(int)
    high = np.maximum(np.ceil(boxes[:, 2:] + margin), 0).astype(int)
    for (a, b), (c, d) in zip(low.tolist(), high.tolist(), strict=True):
        mask[a:c, b:d] = True
    return mask


def _unlike_the_commonest(described: Values) -> NDArray[np.bool_]:
    from skimage.filters import threshold_otsu

    distance = np.linalg.norm(described - np.median(described, axis=(0, 1)), axis=2)
    if not distance.max() > distance.min():
        return np.zeros(distance.shape, np.bool_)
    unlike: NDArray[np.bool_] = distance > threshold_otsu(distance)  # type: ignore[no-untyped-call]
    return unlike


def _apart(
    boxes: NDArray[np.floating], scores: NDArray[np.floating], counted: NDArray[np.floating], iou: float = 0.3
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Leave out candidates that are second guesses about an object that counts."""
    from cellwright.evaluate.overlap import overlapping_pairs

    second = np.unique(overlapping_pairs(boxes, counted, iou)[0])
    keep = np.setdiff1d(np.arange(len(boxes)), second)
    return boxes[keep], scores[keep]


def _window_sums(
    values: Values, y0: NDArray[np.integer], x0: NDArray[np.integer], side: int, downsample: float
) -> Values:
    """Add up a map over windows, by a table of sums over everything above and to the left (Crow 1984)."""
    table = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    table[1:, 1:] = values.cumsum(axis=0).cumsum(axis=1)

    def scaled(edge: NDArray[np.integer], length: int) -> NDArray[np.intp]:
        return np.clip(np.rint(edge / downsample), 0, length).astype(np.intp)

    top, bottom = scaled(y0, values.shape[0]), scaled(y0 + side, values.shape[0])
    left, right = scaled(x0, values.shape[1]), scaled(x0 + side, values.shape[1])
    sums: Values = table[np.ix_(bottom, right)] - table[np.ix_(top, right)]
    return sums - table[np.ix_(bottom, left)] + table[np.ix_(top, left)]


def _middle(box: Box) -> tuple[float, float]:
    return (box.y0 + box.y1) / 2, (box.x0 + box.x1) / 2

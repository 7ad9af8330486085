"""`Preparation`: what is done to every picture of a set before it is trained on: cut into tiles, resized, made grey."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Box, Masks

FILL = 114
"""Grey around a picture that does not fill its new shape; inference pads with the same."""

_LONGEST = 2**16


class Resize(str, Enum):
    """How a picture gets another shape."""

    STRETCH = "stretch"
    """Each side to its length; shapes are distorted."""
    FIT = "fit"
    """As large as fits inside, on grey."""
    FILL = "fill"
    """As small as fills it, the rest cut off on both sides."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """What is done, in this order: tiles, size, grey.

    Parameters
    ----------
    tile_px : int or None
        Side of the tiles that pictures are cut into; those at the right and lower edge are as small as what is left.
    size : (int, int) or None
        Rows and columns afterwards.
    resize : Resize
        How.
    is_grey : bool
        Whether colour is taken away.
    least_left : float
        Share of an object that must be left after a cut, in [0, 1]; of less nobody could tell what it was.

    Raises
    ------
    BadParameter
        If a side or the share makes no sense.
    """

    tile_px: int | None = None
    size: tuple[int, int] | None = None
    resize: Resize = Resize.FIT
    is_grey: bool = False
    least_left: float = 0.3

    def __post_init__(self) -> None:
        sides = [*(self.size or ()), *([self.tile_px] if self.tile_px is not None else [])]
        if any(not 8 <= side <= _LONGEST for side in sides):
            raise BadParameter(f"Sides of {sides} pixels make no picture; give 8 to {_LONGEST}.")
        if not 0 <= self.least_left <= 1:
            raise BadParameter(f"A share lies between 0 and 1, not at {self.least_left}.")

    @property
    def changes_pixels(self) -> bool:
        """Whether anything is done at all."""
        return self.tile_px is not None or self.size is not None or self.is_grey

    def to_dict(self) -> dict[str, object]:
        """Return the steps as values that JSON knows."""
        return {
            "tile_px": self.tile_px,
            "size": list(self.size) if self.size else None,
            "resize": self.resize.value,
            "is_grey": self.is_grey,
            "least_left": self.least_left,
        }

    def pieces(self, size: tuple[int, int]) -> Iterator[Piece]:
        """Yield what becomes of a picture of so many rows and columns: one piece, or one a tile."""
        height, width = size
        side = self.tile_px or max(size)
        for y in range(0, height, side):
            for x in range(0, width, side):
                cut = Box(y, x, min(height, y + side), min(width, x + side))
                yield self._placed(cut, f"_y{y}_x{x}" if self.tile_px is not None else "")

    def _placed(self, cut: Box, name: str) -> Piece:
        if self.size is None:
            return Piece(cut, (cut.height, cut.width), (1.0, 1.0), (0.0, 0.0), name)
        rows, columns = self.size
        sy, sx = rows / cut.height, columns / cut.width
        if self.resize is Resize.STRETCH:
            return Piece(cut, self.size, (sy, sx), (0.0, 0.0), name)
        scale = min(sy, sx) if self.resize is Resize.FIT else max(sy, sx)
        # Whole pixels, so that the picture is placed exactly where its boxes are.
        high, wide = max(1, round(cut.height * scale)), max(1, round(cut.width * scale))
        offset = float(math.floor((rows - high) / 2)), float(math.floor((columns - wide) / 2))
        return Piece(cut, self.size, (high / cut.height, wide / cut.width), offset, name)


@dataclass(frozen=True, slots=True)
class Piece:
    """Where a part of a picture goes.

    Parameters
    ----------
    cut : Box
        The part, in pixels of the picture.
    size : (int, int)
        Rows and columns of the new picture.
    scale : (float, float)
        How much taller and wider the part becomes.
    offset : (float, float)
        y, x of its corner in the new picture; below 0 where it is cut off.
    name : str
        What tells it from the other pieces of its picture; empty for the only one.
    """

    cut: Box
    size: tuple[int, int]
    scale: tuple[float, float]
    offset: tuple[float, float]
    name: str

    def boxes(self, boxes: NDArray[np.float32], least_left: float) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
        """Return the boxes in the new picture, cut at its edges, and their rows; those of which too little is left go.

        Parameters
        ----------
        boxes : (N, 4) ndarray of float32
            y0, x0, y1, x1 in pixels of the picture.
        least_left : float
            Share of the area that must be left.
        """
        scale, offset = np.tile(self.scale, 2), np.tile(self.offset, 2)
        corner = np.tile((self.cut.y0, self.cut.x0), 2)
        moved = (boxes - corner) * scale + offset
        low, high = self._shown()
        kept = np.clip(moved, np.tile(low, 2), np.tile(high, 2))
        rows = np.flatnonzero(_is_left(_areas(kept), _areas(moved), least_left))
        return kept[rows].astype(np.float32), rows

    def masks(self, masks: Masks, least_left: float) -> tuple[Masks, NDArray[np.intp]]:
        """Return the outlines in the new picture, and their rows; as `boxes`."""
        from cellwright.shapes import contours, masks_from_polygons

        low, high = self._shown()
        shown = Box(round(low[0]), round(low[1]), round(high[0]), round(high[1]))
        if self.scale == (1.0, 1.0):
            moved = masks.shifted(*(round(o - c) for o, c in zip(self.offset, (self.cut.y0, self.cut.x0), strict=True)))
        else:
            traced = contours(masks)
            points = (traced.points - (self.cut.y0, self.cut.x0)) * self.scale + self.offset
            rings: list[list[NDArray[np.float64]]] = [[] for _ in range(len(masks))]
            ends = traced.ring_starts.tolist()
            for owner, begin, end in zip(traced.object_of_ring.tolist(), ends[:-1], ends[1:], strict=True):
                rings[owner].append(points[begin:end])
            moved = masks_from_polygons(rings)
        kept = moved.clipped(shown)
        expected = masks.areas() * self.scale[0] * self.scale[1]
        rows = np.flatnonzero(_is_left(kept.areas().astype(float), expected, least_left) & (kept.areas() > 0))
        return kept.take(rows), rows

    def pixels(self, picture: NDArray[np.uint8], *, is_grey: bool) -> NDArray[np.uint8]:
        """Return the new picture.

        Parameters
        ----------
        picture : (H, W, 3) ndarray of uint8
            The whole picture.
        is_grey : bool
            Whether colour is taken away.

        Returns
        -------
        ``(*size, 3)`` ndarray of uint8
        """
        from PIL import Image

        part = Image.fromarray(picture[self.cut.y0 : self.cut.y1, self.cut.x0 : self.cut.x1])
        if is_grey:
            part = part.convert("L").convert("RGB")
        high, wide = round(self.cut.height * self.scale[0]), round(self.cut.width * self.scale[1])
        if (wide, high) != part.size:
            part = part.resize(
                (wide, high), Image.Resampling.LANCZOS if high < part.height else Image.Resampling.BICUBIC
            )
        canvas = Image.new("RGB", (self.size[1], self.size[0]), (FILL, FILL, FILL))
        canvas.paste(part, (round(self.offset[1]), round(self.offset[0])))
        return np.asarray(canvas)

    def _shown(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the corners of what of the part can be seen in the new picture."""
        low = tuple(max(0.0, offset) for offset in self.offset)
        ends = (self.offset[0] + self.cut.height * self.scale[0], self.offset[1] + self.cut.width * self.scale[1])
        return (low[0], low[1]), (min(self.size[0], round(ends[0])), min(self.size[1], round(ends[1])))


def _areas(boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(1).astype(np.float64)
    return result


def _is_left(kept: NDArray[np.floating], whole: NDArray[np.floating], least: float) -> NDArray[np.bool_]:
    result: NDArray[np.bool_] = (kept > 0) & (kept >= least * whole * (1 - 1e-6))
    return result

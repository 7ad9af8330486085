"""Turned copies of what a network is shown, and how its answers are taken back: 4 quarter turns, each mirrored too."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, ModelNotUsable
from cellwright.zoo import ModelCard, StarDecoding


@dataclass(frozen=True, slots=True)
class Turn:
    """One way to lay a square on itself: rows, then columns in reverse, then rows and columns exchanged.

    Parameters
    ----------
    flips_y, flips_x : bool
        Whether the last row, or column, comes first.
    swaps : bool
        Whether rows become columns.
    """

    flips_y: bool
    flips_x: bool
    swaps: bool

    def shown(self, images: NDArray[np.uint8], grid: int = 1) -> NDArray[np.uint8]:
        """Turn pictures as the network is shown them.

        A network that answers at every `grid`-th pixel, the first of each square, would answer at the last ones of a
        reversed picture. So a reversed picture is moved by ``grid - 1`` pixels; its first row or column is repeated for
        what comes in, and as many at the other end are not shown.

        Parameters
        ----------
        images : (N, H, W, C) ndarray
            Sides are multiples of `grid`.
        grid : int
            Pixels from one answer to the next.
        """
        rows = _reversed(images.shape[1], grid, is_reversed=self.flips_y)
        columns = _reversed(images.shape[2], grid, is_reversed=self.flips_x)
        turned = images[:, rows[:, None], columns]
        return np.ascontiguousarray(turned.swapaxes(1, 2) if self.swaps else turned)

    def points_back(self, maps: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take (…, h, w) maps of a turned picture, one value a grid point, back to the picture as it is."""
        maps = maps.swapaxes(-1, -2) if self.swaps else maps
        maps = maps[..., ::-1, :] if self.flips_y else maps
        return maps[..., ::-1] if self.flips_x else maps

    def pixels_back(self, maps: NDArray[np.float32], grid: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Take (…, H, W) maps of a turned picture, one value a pixel, back, and say which pixels (H, W) were shown."""
        maps = maps.swapaxes(-1, -2) if self.swaps else maps
        height, width = maps.shape[-2:]
        rows = _reversed(height, grid, is_reversed=self.flips_y)
        columns = _reversed(width, grid, is_reversed=self.flips_x)
        was_shown_y = np.arange(height) <= (height - grid if self.flips_y else height)
        was_shown_x = np.arange(width) <= (width - grid if self.flips_x else width)
        return maps[..., rows[:, None], columns], was_shown_y[:, None] & was_shown_x

    def boxes_back(self, boxes: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
        """Take (…, 4) boxes y0, x0, y1, x1 on a turned picture back to the picture of `shape` rows and columns."""
        y0, x0, y1, x1 = np.moveaxis(boxes[..., [1, 0, 3, 2]] if self.swaps else boxes, -1, 0)
        height, width = np.float32(shape[0]), np.float32(shape[1])
        if self.flips_y:
            y0, y1 = height - y1, height - y0
        if self.flips_x:
            x0, x1 = width - x1, width - x0
        return np.stack([y0, x0, y1, x1], -1)

    def ray_order(self, rays: int) -> NDArray[np.intp]:
        """Return for each ray of a star the number that it has on the turned picture, (R,) intp.

        Ray k points to y + sin, x + cos of 2πk/R: reversing rows makes it ray -k, reversing columns R/2 - k, and
        exchanging the two R/4 - k.

        Raises
        ------
        BadParameter
            If a quarter turn does not lay the rays on each other.
        """
        refuse_rays_that_do_not_turn(rays)
        order = np.arange(rays)
        order = -order if self.flips_y else order
        order = rays // 2 - order if self.flips_x else order
        order = rays // 4 - order if self.swaps else order
        result: NDArray[np.intp] = (order % rays).astype(np.intp)
        return result


UPRIGHT = Turn(flips_y=False, flips_x=False, swaps=False)
"""The picture as it is."""

TURNS = tuple(Turn(y, x, swaps) for swaps, y, x in product((False, True), repeat=3))
"""All eight, the picture as it is first."""


def _reversed(length: int, grid: int, *, is_reversed: bool) -> NDArray[np.intp]:
    """Return which row or column comes at each place; going there and back is the same."""
    places = np.arange(length)
    return np.maximum(length - grid - places, 0) if is_reversed else places


def refuse_rays_that_do_not_turn(rays: int) -> None:
    """Raise `BadParameter` unless a quarter turn lays the rays of a star on each other."""
    if rays % 4:
        raise BadParameter(
            f"A star of {rays} rays does not fall on itself when it is turned by a quarter; "
            "analyze without turned copies, or choose a model whose rays are a multiple of 4."
        )


@dataclass(frozen=True, slots=True)
class MapLayout:
    """What the channels of a network's maps mean, as far as turning them matters.

    Parameters
    ----------
    grid : int
        Input pixels from one point of the maps to the next.
    is_stars : bool
        Whether channel 0 is followed by rays.
    pixels : int
        Channels that say something of each pixel of a point's square, row by row: grid² or none.
    more : int
        Channels after those.
    """

    grid: int = 1
    is_stars: bool = False
    pixels: int = 0
    more: int = 0

    @staticmethod
    def of(card: ModelCard) -> MapLayout:
        """Return how the maps of a model are laid out."""
        decoding = card.decoding
        if not isinstance(decoding, StarDecoding):
            return MapLayout()
        pixels = 0 if decoding.foreground is None else decoding.grid**2
        return MapLayout(decoding.grid, is_stars=True, pixels=pixels, more=len(card.classes) if card.classes[1:] else 0)

    def ray_channels(self, channels: int) -> slice:
        """Return which of so many channels are rays."""
        return slice(1, channels - self.pixels - self.more) if self.is_stars else slice(0, 0)

    def pixel_channels(self, channels: int) -> slice:
        """Return which of so many channels say something of pixels."""
        return slice(channels - self.pixels - self.more, channels - self.more)


@dataclass(slots=True)
class MapMean:
    """The mean of what a network says of the turned copies of some pictures, each answer taken back first.

    Lengths of rays are the same on every copy, their directions are exchanged. Memory is that of two answers, however
    many copies are added.

    Parameters
    ----------
    layout : MapLayout
        Of the maps.
    """

    layout: MapLayout
    _sum: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    _pixel_sum: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    _pixel_count: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    _count: int = 0

    def add(self, turn: Turn, raw: NDArray[np.float32]) -> None:
        """Add the (N, K, h, w) answer to the copies that `turn` makes.

        Raises
        ------
        BadParameter
            If its rays cannot be turned.
        """
        self._add_pixels(turn, raw[:, self.layout.pixel_channels(raw.shape[1])])
        back = turn.points_back(raw)
        rays = self.layout.ray_channels(raw.shape[1])
        if not self._count:
            self._sum = np.zeros(back.shape, np.float32)
        if self.layout.is_stars:
            order = turn.ray_order(rays.stop - rays.start) + 1
            self._sum[:, :1] += back[:, :1]
            for channel, there in enumerate(order, 1):  # one at a time: a copy of all rays would be as large as they
                self._sum[:, channel] += back[:, there]
            self._sum[:, rays.stop :] += back[:, rays.stop :]
        else:
            self._sum += back
        self._count += 1

    def mean(self) -> NDArray[np.float32]:
        """Return the (N, K, h, w) mean of all that was added."""
        self._sum /= np.float32(self._count)
        if self.layout.pixels:
            channels = self.layout.pixel_channels(self._sum.shape[1])
            self._sum[:, channels] = _squares(self._pixel_sum / self._pixel_count, self.layout.grid)
        return self._sum

    def _add_pixels(self, turn: Turn, squares: NDArray[np.float32]) -> None:
        if not self.layout.pixels:
            return
        back, was_shown = turn.pixels_back(_whole(squares, self.layout.grid), self.layout.grid)
        if not self._count:
            self._pixel_sum = np.zeros(back.shape, np.float32)
            self._pixel_count = np.zeros(was_shown.shape, np.float32)
        self._pixel_sum += np.where(was_shown, back, np.float32(0))
        self._pixel_count += was_shown


def _whole(squares: NDArray[np.float32], grid: int) -> NDArray[np.float32]:
    """(N, g², h, w) → (N, H, W): what is said of the pixels of each square, laid out."""
    n, _, height, width = squares.shape
    laid = squares.reshape(n, grid, grid, height, width).transpose(0, 3, 1, 4, 2)
    return laid.reshape(n, height * grid, width * grid)


def _squares(whole: NDArray[np.float32], grid: int) -> NDArray[np.float32]:
    """(N, H, W) → (N, g², h, w): the other way."""
    n, height, width = whole.shape
    cut = whole.reshape(n, height // grid, grid, width // grid, grid).transpose(0, 2, 4, 1, 3)
    return cut.reshape(n, grid * grid, height // grid, width // grid)


def rows_back(turn: Turn, rows: NDArray[np.float32], shape: tuple[int, int], mask_side: int = 0) -> NDArray[np.float32]:
    """Take the (N, A, 4 + …) answer to turned copies back: its boxes, and the masks that its rows end with.

    Parameters
    ----------
    turn : Turn
        Of the copies.
    rows : (N, A, 4 + …) ndarray of float32
        y0, x0, y1, x1 in pixels of the turned pictures.
    shape : (int, int)
        Rows and columns of the pictures as they are.
    mask_side : int
        M where rows end with M·M values of a mask in the box; 0 where they do not.
    """
    back = rows.copy()
    back[..., :4] = turn.boxes_back(rows[..., :4], shape)
    if mask_side:
        area = mask_side**2
        if rows.shape[-1] < 4 + area:
            raise ModelNotUsable(f"The network answers with {rows.shape[-1]} numbers a region, which hold no mask.")
        masks = rows[..., -area:].reshape(*rows.shape[:-1], mask_side, mask_side)
        back[..., -area:] = turn.points_back(masks).reshape(*rows.shape[:-1], area)
    return back

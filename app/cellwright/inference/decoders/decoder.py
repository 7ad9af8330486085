"""`Decoder` and `Candidates`: how the raw answers of a network become objects, whatever the network answers with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box
from cellwright.inference.candidates import Boxes
from cellwright.inference.tiles import Tile
from cellwright.inference.view import View


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the answers to tiles lie.

    Parameters
    ----------
    view : View
        How the picture is shown to the network.
    picture : Box
        The whole picture, in level-0 pixels; nothing is found outside.
    """

    view: View
    picture: Box

    def step(self, tile: Tile) -> float:
        """Return level-0 pixels per pixel of the network's input, the mean of down and across."""
        down, across = self.view.step(tile)
        return float(np.sqrt(down * across))

    def own_part(self, raw: NDArray[np.float32], tile: Tile, grid: int = 1) -> NDArray[np.float32]:
        """Cut the answers for padding off a (…, h, w) map with one entry per `grid` input pixels."""
        rows, columns = self.view.content_shape(tile)
        return raw[..., : -(-rows // grid), : -(-columns // grid)]


class Candidates(Protocol):
    """What a tile may hold, kept as small as choosing anew allows."""

    @property
    def nbytes(self) -> int:
        """Memory that they take."""
        ...

    def objects(self, nms_iou: float) -> Boxes:
        """Choose the objects: those of the tile, and those so near that the merge must see them, in level-0 pixels.

        Parameters
        ----------
        nms_iou : float
            Objects that overlap by more are one; where a network's pixels say what is one, it changes nothing.
        """
        ...


class Decoder(Protocol):
    """One kind of answer."""

    @property
    def frame(self) -> Frame:
        """Where the answers lie."""
        ...

    def look(self, raw: NDArray[np.float32], tile: Tile) -> Candidates:
        """Keep what reaches the floor of the answer to one tile.

        Raises
        ------
        ModelNotUsable
            If the answer holds numbers that are not finite.
        """
        ...

    def join(self, answers: Iterable[tuple[Tile, Boxes]], unanswered: Sequence[Tile] = ()) -> Boxes:
        """Put together what the tiles hold: every object once, by falling score, masks without overlap.

        Parameters
        ----------
        answers : iterable of (Tile, Boxes)
            From `Candidates.objects`, in any order.
        unanswered : sequence of Tile
            Tiles that gave no answer.
        """
        ...


@runtime_checkable
class MapDecoder(Protocol):
    """A `Decoder` of maps that decides at level 0, so that maps of several input sizes can be averaged first."""

    def settle(self, maps: NDArray[np.float32], tile: Tile) -> Candidates:
        """Decide what a tile holds.

        Parameters
        ----------
        maps : (K, H, W) ndarray of float32
            What the network answers with, brought to the level-0 pixels that the tile reads.
        tile : Tile
            Which.
        """
        ...


@dataclass(frozen=True, slots=True)
class Settled:
    """Candidates among which nothing is left to choose."""

    found: Boxes

    @property
    def nbytes(self) -> int:
        """Memory that they take."""
        return self.found.nbytes

    def objects(self, nms_iou: float) -> Boxes:  # noqa: ARG002 - pixels say what is one object
        """Return the objects."""
        return self.found

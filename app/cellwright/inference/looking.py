"""`Looking`: how often a tile is looked at, turned and at which sizes, and how one answer comes of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Box, CellwrightError
from cellwright.imaging import Limits, Slide
from cellwright.inference.agreement import SizedCandidates, TurnedCandidates
from cellwright.inference.candidates import Cut
from cellwright.inference.decoders import Candidates, Decoder, Frame, MapDecoder, decoder_of, level0_maps
from cellwright.inference.engine import BOXED
from cellwright.inference.tiles import Tile
from cellwright.inference.view import View, at_size, read_tile
from cellwright.inference.views import (
    TURNS,
    UPRIGHT,
    MapLayout,
    MapMean,
    Turn,
    refuse_rays_that_do_not_turn,
    rows_back,
)
from cellwright.inference.whole_picture import WholePicture
from cellwright.zoo import LabelDecoding, ModelCard, RegionDecoding, StarDecoding

Picture = tuple[NDArray[np.uint8], ...]
"""What the network is shown of a tile, (H, W, 3) for each size."""

Predict = Callable[..., NDArray[np.float32]]
"""Answers to (N, H, W, 3), and where a model asks for it, to a `WholePicture` beside it; see `Predictor.predict`."""

DEEPER = 4
"""A turned copy is asked for objects down to so small a part of the floor: what one copy hardly sees counts little in
the mean, and not as unseen."""


@dataclass(frozen=True, slots=True)
class Size:
    """One input size: how the picture is shown at it, and what turns the answers into objects.

    Parameters
    ----------
    view : View
        With the tiles of all sizes.
    decoder : Decoder
        Of answers to what it shows.
    """

    view: View
    decoder: Decoder


@dataclass(frozen=True, slots=True)
class Looking:
    """The plan for every tile of a picture.

    Parameters
    ----------
    card : ModelCard
        Of the model.
    decoder : Decoder
        At the model's own size: what joins the tiles.
    sizes : tuple of Size
        At which sizes a tile is looked at.
    turns : tuple of Turn
        Which copies are looked at at each size.
    cut : Cut
        What is kept.
    whole : WholePicture or None
        What the model is told of the whole picture with every part.
    """

    card: ModelCard
    decoder: Decoder
    sizes: tuple[Size, ...]
    turns: tuple[Turn, ...]
    cut: Cut
    whole: WholePicture | None = None

    @property
    def times(self) -> int:
        """How often the network is asked about each tile."""
        return len(self.sizes) * len(self.turns)

    def read(self, slide: Slide, tile: Tile, limits: Limits, z: int = 0, t: int = 0) -> Picture:
        """Read what the network is shown of a tile; see `read_tile`."""
        return tuple(read_tile(slide, size.view, tile, limits, z, t) for size in self.sizes)

    def look(
        self, predict: Predict, tiles: Sequence[Tile], pictures: Sequence[Picture]
    ) -> Generator[None, None, list[Candidates | Exception]]:
        """Ask the network about some tiles, at every size and in every copy.

        Yields between two questions, so that a person need not wait for all of them. At most one answer for each copy
        is held where answers are lists, and two in all where they are maps.

        Parameters
        ----------
        predict : callable
            Answers to (N, H, W, 3), see `Predictor.predict`.
        tiles : sequence of Tile
            Which, N of them.
        pictures : sequence of Picture
            From `read`.

        Returns
        -------
        list of Candidates or Exception
            What each tile may hold, or why nothing can be said about it.
        """
        if self.whole is not None:
            predict = partial(predict, whole=self.whole)
        found: list[_Found] = [_Found(self, tile) for tile in tiles]
        for place, size in enumerate(self.sizes):
            if place:
                yield
            answers = yield from self._turned(predict, np.stack([picture[place] for picture in pictures]))
            for row, one in enumerate(found):
                one.add(size, [answer[row] for answer in answers])
        return [one.settled() for one in found]

    def _turned(self, predict: Predict, images: NDArray[np.uint8]) -> Generator[None, None, list[NDArray[np.float32]]]:
        """Return the answers to all copies, taken back; the mean alone where they are maps."""
        if self.turns == (UPRIGHT,):
            return [predict(images)]
        layout, mean = MapLayout.of(self.card), MapMean(MapLayout.of(self.card))
        if self.card.decoding.kind == "picture":
            return [(yield from self._mean_of_turns(predict, images))]
        is_boxed = self.card.decoding.kind in BOXED
        rows: list[NDArray[np.float32]] = []
        for number, turn in enumerate(self.turns):
            if number:
                yield
            raw = predict(turn.shown(images, layout.grid))
            if is_boxed:
                height, width = images.shape[1:3]
                rows.append(rows_back(turn, raw, (height, width), self._mask_side(raw)))
            else:
                mean.add(turn, raw)
        return rows if is_boxed else [mean.mean()]

    def _mean_of_turns(self, predict: Predict, images: NDArray[np.uint8]) -> Generator[None, None, NDArray[np.float32]]:
        """Return the mean of what is said of all copies of whole pictures: there is nothing to take back."""
        total = np.zeros((len(images), len(self.card.classes)), np.float32)
        for number, turn in enumerate(self.turns):
            if number:
                yield
            total += predict(turn.shown(images, 1))
        return total / np.float32(len(self.turns))

    def _mask_side(self, raw: NDArray[np.float32]) -> int:
        return math.isqrt(max(raw.shape[-1] - 6, 0)) if isinstance(self.card.decoding, RegionDecoding) else 0


class _Found:
    """What the looks at one tile have brought so far."""

    def __init__(self, looking: Looking, tile: Tile) -> None:
        self._looking, self._tile = looking, tile
        self._candidates: list[Candidates] = []
        self._maps: NDArray[np.float32] | None = None
        self._problem: Exception | None = None

    def add(self, size: Size, answers: Sequence[NDArray[np.float32]]) -> None:
        """Take the answers at one size, one a copy."""
        try:
            # Maps of several sizes are averaged before anything is decided.
            if len(self._looking.sizes) > 1 and isinstance(self._looking.decoder, MapDecoder):
                self._add_maps(size, answers[0])
            else:
                self._candidates.append(self._candidates_of(size, answers))
        except (CellwrightError, MemoryError) as error:
            self._problem = error

    def settled(self) -> Candidates | Exception:
        """Return what the tile may hold, all sizes together."""
        if self._problem is not None:
            return self._problem
        if len(self._candidates) == 1:
            return self._candidates[0]
        if self._maps is None or not isinstance(self._looking.decoder, MapDecoder):
            return SizedCandidates(tuple(self._candidates))
        try:
            maps = self._maps / np.float32(len(self._looking.sizes))
            return self._looking.decoder.settle(maps, self._tile)
        except (CellwrightError, MemoryError) as error:
            return error

    def _candidates_of(self, size: Size, answers: Sequence[NDArray[np.float32]]) -> Candidates:
        looks = tuple(size.decoder.look(raw, self._tile) for raw in answers)
        return looks[0] if len(looks) == 1 else TurnedCandidates(looks, self._looking.cut)

    def _add_maps(self, size: Size, raw: NDArray[np.float32]) -> None:
        maps = level0_maps(raw, size.decoder.frame, self._tile)
        self._maps = maps.copy() if self._maps is None else np.add(self._maps, maps, out=self._maps)


def plan_looking(
    card: ModelCard,
    view: View,
    picture: Box,
    cut: Cut,
    scales: Sequence[float] = (1.0,),
    *,
    augment: bool = False,
    whole: WholePicture | None = None,
) -> Looking:
    """Plan how the tiles of a picture are looked at.

    Parameters
    ----------
    card : ModelCard
        Of the model.
    view : View
        How the picture is shown at the model's own size.
    picture : Box
        The whole picture.
    cut : Cut
        What is kept.
    scales : sequence of float
        Input sizes, 1 being the model's own.
    augment : bool
        Whether turned and mirrored copies are looked at too.
    whole : WholePicture, optional
        What the model is told of the whole picture, where its card asks for it.

    Raises
    ------
    BadParameter
        If the model knows upright pictures alone, or what it answers with cannot be turned.
    """
    if card.task == "classification" and tuple(scales) != (1.0,):
        raise BadParameter(f"{card.name} says what a whole picture shows, at one size; leave the sizes out.")
    if augment:
        _refuse_unturnable(card)
    turns = TURNS if augment else (UPRIGHT,)
    is_boxed = card.decoding.kind in BOXED
    deeper = Cut(cut.floor / DEEPER, cut.temperatures, cut.nms_iou, cut.nms_kind, cut.every_class)
    asked = deeper if augment and is_boxed else cut
    views = [at_size(view, scale, card.input.stride) for scale in scales]
    sizes = tuple(Size(shown, decoder_of(card, Frame(shown, picture), asked)) for shown in views)
    return Looking(card, decoder_of(card, Frame(view, picture), cut), sizes, turns, cut, whole)


def looking_note(scales: Sequence[float], *, augment: bool) -> tuple[str, ...]:
    """Say in one sentence how often a picture was looked at, where it was more than plainly once."""
    said = []
    if augment:
        said.append(f"in {len(TURNS)} turned and mirrored copies")
    if tuple(scales) != (1.0,):
        said.append("at the " + ("size " if len(scales) == 1 else "sizes ") + _listed([f"{s:g}" for s in scales]))
    return (f"The picture was looked at {' and '.join(said)}.",) if said else ()


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _refuse_unturnable(card: ModelCard) -> None:
    """Refuse before the first tile what would fail, or be wrong, at every tile."""
    if card.input.orientation == "upright":
        raise BadParameter(
            f"{card.name} knows up from down and left from right, and turned copies would mislead it; "
            "analyze without them."
        )
    if isinstance(card.decoding, LabelDecoding):
        raise BadParameter(
            f"{card.name} numbers its objects, and numbers of turned copies have no mean; analyze without them."
        )
    head = card.architecture.get("head")
    rays = head.get("rays") if isinstance(head, dict) else None
    if isinstance(card.decoding, StarDecoding) and isinstance(rays, int):
        refuse_rays_that_do_not_turn(rays)

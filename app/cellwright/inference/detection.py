"""`detect`: from an open picture and a predictor to objects and an account of every tile."""

from __future__ import annotations

import logging
import math
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from cellwright.core import BadParameter, Box, CellwrightError, Objects, PixelSize
from cellwright.imaging import Limits, Slide, contrast_limits
from cellwright.inference.answers import MOST_BYTES, Answers, as_objects
from cellwright.inference.candidates import Boxes, Cut
from cellwright.inference.coverage import Coverage, CoverageLedger, TileState
from cellwright.inference.decoders import Candidates
from cellwright.inference.looking import Looking, Picture, looking_note, plan_looking
from cellwright.inference.predictor import Predictor
from cellwright.inference.seams import is_owned
from cellwright.inference.suppression import NmsKind
from cellwright.inference.tiles import Tile
from cellwright.inference.view import FIT_LIMIT, View, contract_in_use, plan_view
from cellwright.inference.whole_picture import whole_picture
from cellwright.zoo import ModelCard

_LOG = logging.getLogger(__name__)
SCALE_RANGE = (0.25, 4.0)
"""Input sizes that can be asked for."""
_READ_AHEAD = 2
"""Batches that are read while one is computed."""

_Look = tuple[Candidates, Boxes]
"""What a tile may hold, and what it holds."""
_Settled = tuple[Tile, "_Look | Exception"]


@dataclass(frozen=True, slots=True)
class DetectOptions:
    """What can be asked differently than the model's card says; None leaves it to the card.

    Parameters
    ----------
    floor : float or None
        Calibrated score below which nothing is kept.
    nms_iou : float or None
        Two boxes of a class that overlap by more are one object.
    nms : {"greedy", "diou", "merge"} or None
        How the one is chosen.
    z, t : int
        Plane and time point.
    picture_id : str
        Names the picture in the objects' ids: the hash of its file. Empty where ids need not be the same elsewhere.
    pixel_size : PixelSize or None
        What a person says about the picture; None takes what its file says.
    every_class : bool
        Whether one place may answer with several classes; see `Cut`.
    object_px : float or None
        Diameter of a typical object in level-0 pixels, as a person measured it; the picture is then read so that
        objects are as large as those the model was trained on.
    augment : bool
        Whether eight turned and mirrored copies of each tile are looked at: maps are averaged, an object's score is the
        mean over the copies. Eight times slower.
    scales : tuple of float
        Input sizes at which each tile is looked at, from 0.25 to 4 and all different; 1 is the model's own. Maps of
        classes are averaged at level 0, of one object the surest sight stands.
    tile_px : int or None
        Side of the tiles that a large picture is cut into, in pixels of the network, made a multiple of its stride;
        None takes what suits the model. The objects are the same, up to what a network sees beyond the halo.
    origin : (int, int)
        How far the first tiles reach beyond the picture's upper and left edge, in level-0 pixels: moves every seam.

    Raises
    ------
    BadParameter
        If `scales` is empty or holds others, a tile is too small, or the origin is negative.
    """

    floor: float | None = None
    nms_iou: float | None = None
    nms: NmsKind | None = None
    z: int = 0
    t: int = 0
    picture_id: str = ""
    pixel_size: PixelSize | None = None
    every_class: bool = False
    object_px: float | None = None
    augment: bool = False
    scales: tuple[float, ...] = (1.0,)
    tile_px: int | None = None
    origin: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        refuse_scales(self.scales)
        if min(self.origin) < 0 or (self.tile_px is not None and self.tile_px < 1):
            raise BadParameter(f"Tiles of {self.tile_px} pixels that begin at {self.origin} cannot be; use 0 or more.")

    def view(self, slide: Slide, card: ModelCard) -> View:
        """Return how a picture is shown to a model, at the model's own size."""
        pixel_size = self.pixel_size or slide.pixel_size
        contract = contract_in_use(card)
        # Of a picture that is fitted whole, the card's tile is the scale, and no tile.
        is_fitted = contract.fit and max(slide.shape) <= FIT_LIMIT * contract.tile_px
        if self.tile_px is not None and not is_fitted:
            side = -(-self.tile_px // contract.stride) * contract.stride
            contract = contract.model_copy(update={"tile_px": side, "fit": False})
        return plan_view(slide.shape, pixel_size, contract, self.object_px, max(self.scales), self.origin)

    def looking(self, slide: Slide, card: ModelCard, view: View) -> Looking:
        """Return how often and how each tile of a view is looked at."""
        picture = Box(0, 0, *slide.shape)
        whole = whole_picture(slide, card, self.z, self.t)
        return plan_looking(card, view, picture, self.cut(card), self.scales, augment=self.augment, whole=whole)

    def cut(self, card: ModelCard) -> Cut:
        """Return what is kept of the raw answers of a model."""
        asked = card.thresholds
        return Cut(
            asked.floor if self.floor is None else self.floor,
            card.temperatures(),
            asked.nms_iou if self.nms_iou is None else self.nms_iou,
            asked.nms if self.nms is None else self.nms,
            self.every_class,
        )


def refuse_scales(scales: Sequence[float]) -> None:
    """Raise `BadParameter` unless these are input sizes that a picture can be looked at."""
    low, high = SCALE_RANGE
    if not scales or len(set(scales)) < len(scales) or not all(low <= s <= high and math.isfinite(s) for s in scales):
        said = ", ".join(f"{s:g}" for s in scales) or "none"
        raise BadParameter(
            f"Sizes to look at must be different numbers from {low:g} to {high:g}, as 0.8, 1; not {said}."
        )


@dataclass(frozen=True, slots=True)
class Glance:
    """A tile was looked at in one way and others follow; work may stop here.

    Parameters
    ----------
    done, total : int
        Tiles settled so far, and tiles in all.
    """

    done: int
    total: int


@dataclass(frozen=True, slots=True, eq=False)
class TileResult:
    """What one tile brought.

    Parameters
    ----------
    tile : Tile
        Which.
    done, total : int
        Tiles settled so far, this one among them, and tiles in all.
    objects : Objects
        The tile's own objects, for showing; the final list may differ at seams.
    problem : str
        Why the tile failed; empty when it did not.
    """

    tile: Tile
    done: int
    total: int
    objects: Objects
    problem: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """Everything found on one picture.

    Parameters
    ----------
    objects : Objects
        By falling score, all at or above the floor, each counted once.
    coverage : Coverage
        What became of every tile.
    engine, device : str
        What computed.
    notes : tuple of str
        What a person should know about scale and engine.
    answers : Answers or None
        What else the network said above the floor, for `rethreshold`; None where it would take too much memory.
    """

    objects: Objects
    coverage: Coverage
    engine: str
    device: str
    notes: tuple[str, ...] = field(default=())
    answers: Answers | None = None

    def rethreshold(self, nms_iou: float) -> Objects:
        """Choose the objects anew from what the network said, without asking it again; see `Answers.objects`.

        Raises
        ------
        BadParameter
            If `nms_iou` is not in [0, 1), or the answers were not kept.
        """
        if self.answers is None:
            raise BadParameter("The answers to so large a picture were not kept; analyze it again to change this.")
        return self.answers.objects(nms_iou)


def detect(
    slide: Slide, predictor: Predictor, options: DetectOptions | None = None
) -> Generator[TileResult | Glance, None, Detection]:
    """Find objects tile by tile.

    Contrast is taken once for the whole picture. A tile that cannot be read or computed is recorded as failed with its
    reason, and the others go on. Closing the generator stops the work within one batch, and within one look at it where
    there are several.

    Parameters
    ----------
    slide : Slide
        An open picture.
    predictor : Predictor
        The model.
    options : DetectOptions, optional
        What to ask differently than the card says.

    Yields
    ------
    TileResult
        For each tile, as soon as it is settled.
    Glance
        Between two looks at the same tiles, where turned copies or several sizes are asked for.

    Returns
    -------
    Detection
        The whole, seams merged.

    Raises
    ------
    SlideNotReadable
        If not even the overview that contrast is taken from can be read.
    BadParameter
        If what the model answers with cannot be turned.
    """
    asked = options or DetectOptions()
    card = predictor.card
    view = asked.view(slide, card)
    cut = asked.cut(card)
    looking = asked.looking(slide, card, view)
    limits = contrast_limits(slide, card.input.contrast_percentiles)
    work = _Work(slide, predictor, view, limits, asked, looking, cut.nms_iou)
    ledger = CoverageLedger(view.tiles)
    answers: list[tuple[Tile, Boxes]] = []
    kept: list[tuple[Tile, Candidates]] = []
    failed: list[Tile] = []
    room = MOST_BYTES
    for step in work.settled():
        if step is None:
            yield Glance(len(answers) + len(failed), len(view.tiles))
            continue
        tile, answer = step
        if isinstance(answer, Exception):
            problem = _reason(answer)
            ledger.record(tile, TileState.FAILED, problem)
            failed.append(tile)
            own = Objects.empty(card.class_names, card.source)
        else:
            problem = ""
            ledger.record(tile, TileState.ANALYSED)
            candidates, found = answer
            answers.append((tile, found))
            room -= candidates.nbytes
            # What does not fit is not wanted in part either.
            if room >= 0:
                kept.append((tile, candidates))
            else:
                kept.clear()
            own = as_objects(found.take(is_owned(found.boxes, tile.owner)), card, asked.picture_id)
        yield TileResult(tile, len(answers) + len(failed), len(view.tiles), own, problem)
    objects = as_objects(looking.decoder.join(answers, failed), card, asked.picture_id)
    notes = (*view.notes, *looking_note(asked.scales, augment=asked.augment), *predictor.notes)
    said = (
        Answers(looking.decoder, card, asked.picture_id, cut.nms_iou, tuple(kept), tuple(failed)) if room >= 0 else None
    )
    return Detection(objects, ledger.coverage(), predictor.engine, predictor.device, notes, said)


@dataclass(frozen=True, slots=True)
class _Work:
    """One picture on one predictor: reads ahead on a thread, computes on the caller's."""

    slide: Slide
    predictor: Predictor
    view: View
    limits: Limits
    options: DetectOptions
    looking: Looking
    nms_iou: float

    def settled(self) -> Iterator[_Settled | None]:
        """Yield every tile with what it holds at and around its own part, or with what went wrong.

        None stands between two looks at the same tiles.
        """
        tiles = self.view.tiles
        size = max(1, self.predictor.batch)
        batches = [tiles[i : i + size] for i in range(0, len(tiles), size)]
        reader = ThreadPoolExecutor(1, thread_name_prefix="read-tiles")
        try:
            waiting: list[Future[list[Picture | Exception]]] = []
            for place, batch in enumerate(batches):
                ahead = batches[place + len(waiting) : place + 1 + _READ_AHEAD]
                waiting += [reader.submit(self._read_all, later) for later in ahead]
                yield from self._computed(batch, waiting.pop(0).result())
        finally:
            reader.shutdown(wait=True, cancel_futures=True)

    def _read_all(self, tiles: Sequence[Tile]) -> list[Picture | Exception]:
        return [self._read(tile) for tile in tiles]

    def _read(self, tile: Tile) -> Picture | Exception:
        try:
            return self.looking.read(self.slide, tile, self.limits, self.options.z, self.options.t)
        except (CellwrightError, OSError, ValueError, RuntimeError, MemoryError) as error:
            return error

    def _computed(self, tiles: Sequence[Tile], pictures: Sequence[Picture | Exception]) -> Iterator[_Settled | None]:
        readable = [
            (tile, picture) for tile, picture in zip(tiles, pictures, strict=True) if isinstance(picture, tuple)
        ]
        found: list[Candidates | Exception] = []
        if readable:
            try:
                looks = self.looking.look(self.predictor.predict, *zip(*readable, strict=True))
                found = yield from looks
            except (CellwrightError, RuntimeError, ValueError, MemoryError) as error:
                _LOG.exception("A batch of %d tiles could not be computed", len(readable))
                found = [error] * len(readable)
        following = iter(found)
        for tile, picture in zip(tiles, pictures, strict=True):
            yield tile, picture if isinstance(picture, Exception) else self._chosen(next(following))

    def _chosen(self, found: Candidates | Exception) -> _Look | Exception:
        if isinstance(found, Exception):
            return found
        try:
            return found, found.objects(self.nms_iou)
        except (CellwrightError, MemoryError) as error:
            return error


def _reason(error: Exception) -> str:
    """Return an error in one line for a person."""
    first = str(error).strip().splitlines()[:1]
    return first[0] if first else type(error).__name__

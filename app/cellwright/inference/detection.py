"""`detect`: from an open picture and a predictor to objects and an account of every tile."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, CellwrightError, Objects, PixelSize
from cellwright.imaging import Limits, Slide, contrast_limits
from cellwright.inference.candidates import Boxes, Cut, best_boxes
from cellwright.inference.coverage import Coverage, CoverageLedger, TileState
from cellwright.inference.identity import object_ids
from cellwright.inference.predictor import Predictor
from cellwright.inference.seams import is_owned, merge, near_own
from cellwright.inference.suppression import NmsKind
from cellwright.inference.tiles import Tile
from cellwright.inference.view import View, boxes_to_level0, plan_view, read_tile
from cellwright.zoo import ModelCard

_LOG = logging.getLogger(__name__)
_READ_AHEAD = 2
"""Batches that are read while one is computed."""


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
    """

    floor: float | None = None
    nms_iou: float | None = None
    nms: NmsKind | None = None
    z: int = 0
    t: int = 0
    picture_id: str = ""
    pixel_size: PixelSize | None = None
    every_class: bool = False

    def view(self, slide: Slide, card: ModelCard) -> View:
        """Return how a picture is shown to a model."""
        return plan_view(slide.shape, self.pixel_size or slide.pixel_size, card.input)

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
    """

    objects: Objects
    coverage: Coverage
    engine: str
    device: str
    notes: tuple[str, ...] = field(default=())


def detect(
    slide: Slide, predictor: Predictor, options: DetectOptions | None = None
) -> Generator[TileResult, None, Detection]:
    """Find objects tile by tile.

    Contrast is taken once for the whole picture. A tile that cannot be read or computed is recorded as failed with its
    reason, and the others go on. Closing the generator stops the work within one batch.

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

    Returns
    -------
    Detection
        The whole, seams merged.

    Raises
    ------
    SlideNotReadable
        If not even the overview that contrast is taken from can be read.
    """
    asked = options or DetectOptions()
    card = predictor.card
    view = asked.view(slide, card)
    work = _Work(slide, predictor, view, contrast_limits(slide), asked)
    ledger = CoverageLedger(view.tiles)
    answers: list[tuple[Tile, Boxes]] = []
    failed: list[Tile] = []
    for tile, answer in work.settled():
        if isinstance(answer, Exception):
            ledger.record(tile, TileState.FAILED, _reason(answer))
            failed.append(tile)
            own = Objects.empty(card.class_names, card.source)
        else:
            ledger.record(tile, TileState.ANALYSED)
            answers.append((tile, answer))
            own = _as_objects(answer.take(is_owned(answer.boxes, tile.owner)), card, asked.picture_id)
        done = len(answers) + len(failed)
        problem = _reason(answer) if isinstance(answer, Exception) else ""
        yield TileResult(tile, done, len(view.tiles), own, problem)
    objects = _as_objects(merge(answers, failed), card, asked.picture_id)
    notes = (*view.notes, *predictor.notes)
    return Detection(objects, ledger.coverage(), predictor.engine, predictor.device, notes)


def settle_tile(raw: NDArray[np.float32], view: View, tile: Tile, picture: Box, cut: Cut) -> Boxes:
    """Turn the raw answer to one tile into the objects that the merge must see, in level-0 pixels."""
    found = best_boxes(raw, cut)
    moved = boxes_to_level0(found.boxes, view, tile, picture)
    has_area: NDArray[np.bool_] = np.all(moved[:, 2:] > moved[:, :2], axis=1)
    return near_own(Boxes(moved, found.class_index, found.scores).take(has_area), tile)


@dataclass(frozen=True, slots=True)
class _Work:
    """One picture on one predictor: reads ahead on a thread, computes on the caller's."""

    slide: Slide
    predictor: Predictor
    view: View
    limits: Limits
    options: DetectOptions

    def settled(self) -> Iterator[tuple[Tile, Boxes | Exception]]:
        """Yield every tile with what it holds at and around its own part, or with what went wrong."""
        tiles = self.view.tiles
        size = max(1, self.predictor.batch)
        batches = [tiles[i : i + size] for i in range(0, len(tiles), size)]
        reader = ThreadPoolExecutor(1, thread_name_prefix="read-tiles")
        try:
            waiting: list[Future[list[NDArray[np.uint8] | Exception]]] = []
            for place, batch in enumerate(batches):
                ahead = batches[place + len(waiting) : place + 1 + _READ_AHEAD]
                waiting += [reader.submit(self._read_all, later) for later in ahead]
                yield from self._computed(batch, waiting.pop(0).result())
        finally:
            reader.shutdown(wait=True, cancel_futures=True)

    def _read_all(self, tiles: Sequence[Tile]) -> list[NDArray[np.uint8] | Exception]:
        return [self._read(tile) for tile in tiles]

    def _read(self, tile: Tile) -> NDArray[np.uint8] | Exception:
        try:
            return read_tile(self.slide, self.view, tile, self.limits, self.options.z, self.options.t)
        except (CellwrightError, OSError, ValueError, RuntimeError, MemoryError) as error:
            return error

    def _computed(
        self, tiles: Sequence[Tile], pixels: Sequence[NDArray[np.uint8] | Exception]
    ) -> Iterator[tuple[Tile, Boxes | Exception]]:
        readable = [image for image in pixels if not isinstance(image, Exception)]
        raw: NDArray[np.float32] | Exception = np.empty((0, 0, 0), np.float32)
        if readable:
            try:
                raw = self.predictor.predict(np.stack(readable))
            except (CellwrightError, RuntimeError, ValueError, MemoryError) as error:
                _LOG.exception("A batch of %d tiles could not be computed", len(readable))
                raw = error
        place = 0
        for tile, image in zip(tiles, pixels, strict=True):
            if isinstance(image, Exception):
                yield tile, image
                continue
            yield tile, raw if isinstance(raw, Exception) else self._settle(raw[place], tile)
            place += 1

    def _settle(self, raw: NDArray[np.float32], tile: Tile) -> Boxes | Exception:
        try:
            picture = Box(0, 0, *self.slide.shape)
            return settle_tile(raw, self.view, tile, picture, self.options.cut(self.predictor.card))
        except CellwrightError as error:
            return error


def _as_objects(found: Boxes, card: ModelCard, picture_id: str) -> Objects:
    ids = object_ids(found, picture_id, card.model_hash)
    return Objects(ids, found.boxes, found.class_index, found.scores, card.class_names, card.source)


def _reason(error: Exception) -> str:
    """Return an error in one line for a person."""
    first = str(error).strip().splitlines()[:1]
    return first[0] if first else type(error).__name__

"""Who runs the tiles of a picture: one after the other, with reading ahead on threads, or others elsewhere."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from cellwright.core import CellwrightError
from cellwright.inference.candidates import Boxes
from cellwright.inference.decoders import Candidates
from cellwright.inference.looking import Looking, Picture
from cellwright.inference.predictor import Predictor
from cellwright.inference.step import TileStep, last_of

_LOG = logging.getLogger(__name__)

STEP_ERRORS = (CellwrightError, OSError, ValueError, RuntimeError, MemoryError)
"""What a tile may fail with while the others go on."""

Answer = tuple[TileStep, "Boxes | Exception"]
"""A tile and what it holds at and around its own part, or why nothing can be said about it."""


class TileRunner(Protocol):
    """Runs the tiles of a picture."""

    def run(self, steps: Iterable[TileStep]) -> Iterator[Answer]:
        """Yield each step with its answer, in any order, each exactly once.

        Steps are taken from the iterable only as fast as they are worked on, so that memory stays bounded. Closing the
        iterator stops the work within one batch.
        """
        ...


@dataclass(frozen=True, slots=True)
class InlineRunner:
    """One tile after the other on the caller's thread; the plainest `TileRunner`, which all others must agree with."""

    def run(self, steps: Iterable[TileStep]) -> Iterator[Answer]:
        """See `TileRunner.run`."""
        for step in steps:
            try:
                yield step, step.run()
            except STEP_ERRORS as error:
                yield step, error


@dataclass(slots=True)
class Spent:
    """Where the time of a run went, in seconds.

    Parameters
    ----------
    network : float
        The network at work.
    waiting : float
        The network waiting for tiles to be read.
    """

    network: float = 0.0
    waiting: float = 0.0


@dataclass(frozen=True, slots=True)
class ThreadRunner:
    """Reads and decodes on threads while the network works on the caller's.

    Parameters
    ----------
    readers : int
        Threads that read tiles.
    batch : int or None
        Most tiles given to the network at once; None as many as the engine likes.
    ahead : int
        Batches that are read while one is computed.
    spent : Spent
        Added to while it runs.
    """

    readers: int = 2
    batch: int | None = None
    ahead: int = 2
    spent: Spent = field(default_factory=Spent, compare=False)

    def run(self, steps: Iterable[TileStep]) -> Iterator[Answer]:
        """See `TileRunner.run`."""
        source = iter(steps)
        readers = ThreadPoolExecutor(max(1, self.readers), thread_name_prefix="read-tiles")
        decoders = ThreadPoolExecutor(1, thread_name_prefix="decode-tiles")
        reading: deque[_Batch] = deque()
        decoding: deque[Future[list[Answer]]] = deque()
        try:
            while True:
                while len(reading) <= self.ahead and (batch := self._begun(source, readers)):
                    reading.append(batch)
                if not reading:
                    break
                batch = reading.popleft()
                decoding.append(decoders.submit(_chosen, batch, self._looked(batch)))
                while decoding and (decoding[0].done() or len(decoding) > self.ahead):
                    yield from decoding.popleft().result()
            while decoding:
                yield from decoding.popleft().result()
        finally:
            readers.shutdown(wait=True, cancel_futures=True)
            decoders.shutdown(wait=True, cancel_futures=True)

    def _begun(self, source: Iterator[TileStep], readers: ThreadPoolExecutor) -> _Batch | None:
        """Begin to read the next batch; None where no step is left."""
        first = next(source, None)
        if first is None:
            return None
        slide, predictor = first.opened()
        looking = first.options.looking(slide, predictor.card, first.view)
        size = max(1, min(predictor.batch, self.batch or predictor.batch))
        chosen = (first, *islice(source, size - 1))
        return _Batch(chosen, predictor, looking, [readers.submit(_read, step, looking) for step in chosen])

    def _looked(self, batch: _Batch) -> list[Candidates | Exception]:
        """Ask the network about a batch, and note how long that took."""
        began = time.perf_counter()
        pictures = [each.result() for each in batch.pictures]
        read = time.perf_counter()
        self.spent.waiting += read - began
        found = batch.looked(pictures)
        self.spent.network += time.perf_counter() - read
        return found


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some steps of one picture on their way."""

    steps: Sequence[TileStep]
    predictor: Predictor
    looking: Looking
    pictures: Sequence[Future[Picture | Exception]]

    def looked(self, pictures: Sequence[Picture | Exception]) -> list[Candidates | Exception]:
        """Return what each tile may hold; one that could not be read keeps its error."""
        tiles = [step.tile for step, each in zip(self.steps, pictures, strict=True) if not isinstance(each, Exception)]
        shown = [each for each in pictures if not isinstance(each, Exception)]
        found: list[Candidates | Exception] = []
        if shown:
            try:
                found = last_of(self.looking.look(self.predictor.predict, tiles, shown))
            except STEP_ERRORS as error:
                _LOG.exception("A batch of %d tiles could not be computed", len(shown))
                found = [error] * len(shown)
        following = iter(found)
        return [each if isinstance(each, Exception) else next(following) for each in pictures]


def _read(step: TileStep, looking: Looking) -> Picture | Exception:
    try:
        slide, _ = step.opened()
        return looking.read(slide, step.tile, step.limits, step.options.z, step.options.t)
    except STEP_ERRORS as error:
        return error


def _chosen(batch: _Batch, found: Sequence[Candidates | Exception]) -> list[Answer]:
    answers: list[Answer] = []
    for step, each in zip(batch.steps, found, strict=True):
        if isinstance(each, Exception):
            answers.append((step, each))
            continue
        try:
            answers.append((step, each.objects(step.options.cut(batch.predictor.card).nms_iou)))
        except STEP_ERRORS as error:
            answers.append((step, error))
    return answers

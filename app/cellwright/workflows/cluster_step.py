"""What a worker of a cluster does: a block of neighbouring tiles, with a model that each worker process holds once."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import cellwright
from cellwright.core import CellwrightError, SlideNotReadable
from cellwright.zoo import load_card

if TYPE_CHECKING:
    from cellwright.imaging import Limits, SlideRef
    from cellwright.inference import Boxes, DetectOptions, Tile, TileStep, View
    from cellwright.inference.step import ModelSource

_OPENING = threading.Lock()
"""Threads of one worker share slide and model: the first opens them, the others find them open."""


class NotOnThisWorker(CellwrightError, OSError):
    """A worker lacks a picture or a model that others may have; the work goes to another one."""


@dataclass(frozen=True, slots=True)
class Block:
    """Steps of one picture that travel and are worked on together.

    What they share is sent once, and of the view's tiles only these and one of each size: a slide has a hundred
    thousand, and each step naming all of them would make the work of sending grow with their square.

    Parameters
    ----------
    slide, model, device, view, limits, options
        See `cellwright.inference.TileStep`.
    tiles : tuple of Tile
        Which.
    model_hash : str
        Of the weights, so that every machine looks with the same model.
    version : str
        Of the program.
    """

    slide: SlideRef
    model: Path | ModelSource
    device: str
    view: View
    limits: Limits
    options: DetectOptions
    tiles: tuple[Tile, ...]
    model_hash: str
    version: str = cellwright.__version__

    def steps(self) -> list[TileStep]:
        """Return the steps, in the order of `tiles`."""
        from cellwright.inference import TileStep

        return [
            TileStep(self.slide, self.model, self.device, tile, self.view, self.limits, self.options)
            for tile in self.tiles
        ]


def blocks_of(steps: Iterable[TileStep], size: Callable[[], int]) -> Iterator[tuple[Block, tuple[TileStep, ...]]]:
    """Gather steps that follow each other and are of one picture; takes no more than it gives.

    `size` is asked before each block how many tiles it may hold at most.
    """
    source = iter(steps)
    held: list[TileStep] = []
    while True:
        held += islice(source, max(0, size() - len(held)))
        if not held:
            return
        alike = [step for step in held if _shared(step) == _shared(held[0])]
        yield _block(alike), tuple(alike)
        held = [step for step in held if _shared(step) != _shared(held[0])]


def _shared(step: TileStep) -> tuple[object, ...]:
    view = step.view
    # Comparing the tiles of two views would take long; of a picture seen at one scale there is one plan.
    scale = (view.downsample, view.fit_px, view.input_shape)
    return step.slide, step.model, step.device, scale, step.limits, step.options


def _block(steps: list[TileStep]) -> Block:
    first = steps[0]
    tiles = tuple(step.tile for step in steps)
    view = replace(first.view, tiles=_kinds_of_tiles(_Same(first.view)))
    return Block(
        first.slide, first.model, first.device, view, first.limits, first.options, tiles, _model_hash(first.model)
    )


class _Same:
    """A view that is compared by identity, so that remembering what is known of it need not look at its tiles."""

    __slots__ = ("view",)

    def __init__(self, view: View) -> None:
        self.view = view

    def __hash__(self) -> int:
        return id(self.view)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.view is self.view


@lru_cache(maxsize=4)
def _kinds_of_tiles(same: _Same) -> tuple[Tile, ...]:
    """Return one tile of each size, the first of the view first: what a view needs for scaling its input."""
    found: dict[tuple[int, int], Tile] = {}
    for tile in same.view.tiles:
        found.setdefault((tile.read.height, tile.read.width), tile)
    return tuple(found.values())


def _model_hash(model: Path | ModelSource) -> str:
    return _hash_in(model) if isinstance(model, Path) else model.card.model_hash


@lru_cache(maxsize=8)
def _hash_in(folder: Path) -> str:
    return load_card(folder).model_hash


def run_block(block: Block) -> list[Boxes | Exception]:
    """Work on a block; runs on the worker.

    Returns
    -------
    list of Boxes or Exception
        In the order of its tiles.

    Raises
    ------
    NotOnThisWorker
        If this worker cannot open the picture or the model, or has another version of model or program.
    """
    from cellwright.inference import ThreadRunner

    steps = block.steps()
    with _OPENING:
        _refuse_other_version(block)
        _open(steps[0], block)
    answers = {step.tile.index: answer for step, answer in ThreadRunner(readers=2).run(steps)}
    return [sent(answers[tile.index]) for tile in block.tiles]


def _refuse_other_version(block: Block) -> None:
    if block.version != cellwright.__version__:
        raise NotOnThisWorker(
            f"The worker on {socket.gethostname()} runs Cellwright {cellwright.__version__}, the run was started with "
            f"{block.version}; install the same version on all machines."
        )


def _open(step: TileStep, block: Block) -> None:
    host = socket.gethostname()
    try:
        _, predictor = step.opened()
    except (CellwrightError, OSError) as error:
        what = "the picture" if isinstance(error, SlideNotReadable) else "the model"
        raise NotOnThisWorker(
            f"The worker on {host} cannot open {what} ({str(error).rstrip('.')}). Pictures and models must be there "
            "under the same path on every machine, on a shared drive for example."
        ) from None
    if predictor.card.model_hash != block.model_hash:
        raise NotOnThisWorker(
            f"The model under {block.model} on {host} has other weights than the one the run was started with; copy "
            "the same model to all machines."
        )


def sent(answer: Boxes | Exception) -> Boxes | Exception:
    """Return an answer that can travel: errors of libraries become plain ones with the same text."""
    if not isinstance(answer, Exception):
        return answer
    if isinstance(answer, CellwrightError):
        return type(answer)(str(answer))
    return RuntimeError(f"{type(answer).__name__}: {answer}")

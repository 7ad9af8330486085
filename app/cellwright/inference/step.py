"""`TileStep`: one tile's work as a frozen value that can be sent to another thread, process or machine."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol, runtime_checkable

from cellwright.core import ModelNotUsable
from cellwright.imaging import Limits, Slide, SlideRef, contrast_limits
from cellwright.inference.candidates import Boxes
from cellwright.inference.decoders import Candidates
from cellwright.inference.detection import DetectOptions
from cellwright.inference.predictor import Predictor, open_predictor
from cellwright.inference.tiles import Tile
from cellwright.inference.view import View
from cellwright.zoo import ModelCard


@runtime_checkable
class ModelSource(Protocol):
    """A model that is no folder; frozen, so that it can be sent and compared. Tests have an oracle that is one."""

    @property
    def card(self) -> ModelCard:
        """Its card."""
        ...

    def __hash__(self) -> int: ...

    def open(self, device: str = "auto") -> Predictor:
        """Return it ready to answer."""
        ...


@dataclass(frozen=True, slots=True)
class TileStep:
    """Everything needed to settle one tile, wherever it runs.

    Parameters
    ----------
    slide : SlideRef
        The picture.
    model : Path or ModelSource
        The model folder, or what opens a model that is none.
    device : str
        See `open_predictor`.
    tile : Tile
        Which part.
    view : View
        How the picture is shown to the network.
    limits : tuple
        Contrast, taken once for the whole picture.
    options : DetectOptions
        What to keep.
    model_hash : str
        Of the model that is meant; another one under the same name, on another machine, is refused. Empty for any.
    """

    slide: SlideRef
    model: Path | ModelSource
    device: str
    tile: Tile
    view: View
    limits: Limits
    options: DetectOptions
    model_hash: str = ""

    def run(self) -> Boxes:
        """Return what the tile holds at and around its own part, in level-0 pixels, for `join_steps`.

        Slide and model are opened once a process.
        """
        slide, predictor = self.opened()
        looking = self.options.looking(slide, predictor.card, self.view)
        picture = looking.read(slide, self.tile, self.limits, self.options.z, self.options.t)
        found = last_of(looking.look(predictor.predict, [self.tile], [picture]))[0]
        if isinstance(found, Exception):
            raise found
        return found.objects(self.options.cut(predictor.card).nms_iou)

    def opened(self) -> tuple[Slide, Predictor]:
        """Return the picture and the model, which are opened once a process.

        Raises
        ------
        ModelNotUsable
            If the model is another one than was meant.
        """
        predictor = _predictor(self.model, self.device, self.model_hash)
        if self.model_hash and predictor.card.model_hash != self.model_hash:
            raise ModelNotUsable(
                f"{self.model} is another model here than the one that the work was planned with; copy that one here."
            )
        return _slide(self.slide), predictor


def plan_steps(
    slide: Slide, model: Path | ModelSource, card: ModelCard, device: str = "auto", options: DetectOptions | None = None
) -> tuple[TileStep, ...]:
    """Return the steps of a picture; run in any order anywhere and merged, they give what `detect` gives."""
    asked = options or DetectOptions()
    view, limits = asked.view(slide, card), contrast_limits(slide, card.input.contrast_percentiles)
    return tuple(TileStep(slide.ref, model, device, tile, view, limits, asked) for tile in view.tiles)


def run_steps(steps: Iterable[TileStep]) -> list[tuple[Tile, Boxes]]:
    """Run steps here, one after the other."""
    return [(step.tile, step.run()) for step in steps]


def join_steps(
    slide: Slide, card: ModelCard, answers: Sequence[tuple[Tile, Boxes]], options: DetectOptions | None = None
) -> Boxes:
    """Put together what the steps of a picture answered, in any order; steps without an answer are missing in it."""
    asked = options or DetectOptions()
    view = asked.view(slide, card)
    there = {tile.index for tile, _ in answers}
    unanswered = [tile for tile in view.tiles if tile.index not in there]
    return asked.looking(slide, card, view).decoder.join(answers, unanswered)


def last_of(steps: Generator[None, None, list[Candidates | Exception]]) -> list[Candidates | Exception]:
    """Run all looks at some tiles, see `Looking.look`, and return what comes of them."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: list[Candidates | Exception] = end.value
            return found


_slides: OrderedDict[SlideRef, Slide] = OrderedDict()
_users: Counter[SlideRef] = Counter()
_opening = threading.Lock()
_MOST_SLIDES = 4
"""Pictures kept open; of those that nobody holds on to, the one unused for longest is closed when others come."""


def _slide(ref: SlideRef) -> Slide:
    with _opening:
        if ref not in _slides:
            _slides[ref] = ref.open()
            for other in [each for each in _slides if each not in _users and each != ref]:
                if len(_slides) > _MOST_SLIDES:
                    _slides.pop(other).close()
        _slides.move_to_end(ref)
        return _slides[ref]


@contextmanager
def slide_in_use(ref: SlideRef) -> Iterator[None]:
    """Keep a picture open for the steps of a block, and close it when the last such block ends."""
    with _opening:
        _users[ref] += 1
    try:
        yield
    finally:
        with _opening:
            _users[ref] -= 1
            if _users[ref] == 0:
                del _users[ref]
                if ref in _slides:
                    _slides.pop(ref).close()


def close_slides() -> None:
    """Close the pictures that steps opened in this process, once no step runs here any more."""
    with _opening:
        while _slides:
            _slides.popitem()[1].close()


@lru_cache(maxsize=2)
def _predictor(model: Path | ModelSource, device: str, model_hash: str) -> Predictor:
    del model_hash  # a model that was trained further is another one
    return model.open(device) if isinstance(model, ModelSource) else open_predictor(model, device)

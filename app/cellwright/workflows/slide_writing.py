"""What the tiles of a slide bring, on its way into a project: joined at seams, cut to regions, written every moment."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from cellwright.core import Objects, Regions, SlideNotReadable, TileState
from cellwright.project import RunStep
from cellwright.workflows.project_thread import ProjectThread
from cellwright.workflows.run_totals import totals_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellwright.imaging import Slide
    from cellwright.inference import Boxes, DetectOptions, Predictor
    from cellwright.inference.slide_plan import SlidePlan
    from cellwright.inference.streaming import Stream
    from cellwright.workflows.slide_telling import Telling
    from cellwright.zoo import ModelCard

FLUSH_SECONDS = 0.5
"""What was found is on disk after about so long; so much work is lost where a run is killed."""
_SAMPLE = 2000
"""Cells that tell whether the pixel size is right."""


class TileWriter:
    """Takes answers to tiles in any order, and writes objects as they become final, with the account of the tiles.

    A tile that failed still counts as one that may answer until the run ends: what its neighbours keep for it is
    there when it is tried again.

    Parameters
    ----------
    project : ProjectThread
        Where to.
    run_id : int
        The run.
    plan : SlidePlan
        As far as it was carried out.
    slide, card, options, regions
        What is looked at, and how.
    author : str
        For the journal.
    telling : Telling or None
        What tells objects apart before they are written; None where nothing does.
    """

    def __init__(
        self,
        project: ProjectThread,
        run_id: int,
        plan: SlidePlan,
        slide: Slide,
        card: ModelCard,
        options: DetectOptions,
        regions: Regions,
        author: str,
        telling: Telling | None = None,
    ) -> None:
        self._project, self._run_id, self._plan = project, run_id, plan
        self._telling, self._counting = telling, card if telling is None else telling.card
        self._slide, self._card, self._options, self._regions, self._author = slide, card, options, regions, author
        self._tiles = {tile.index: tile for tile in plan.asked}
        self._stream = self._fresh_stream()
        self._failed: set[int] = set()
        self._final: list[Boxes] = []
        self._states: dict[int, tuple[TileState, str]] = {}
        self._last_flush = time.monotonic()
        self.tiles = 0
        self.device, self.engine = "", ""
        self.notes: tuple[str, ...] = ()
        self.sample: list[Objects] = []
        """Some of what was written and counts, by which the pixel size is checked."""

    def load(self) -> None:
        """Go on where an earlier run was: take over what it kept."""
        from cellwright.inference.slide_plan import states_of

        coverage = self._plan.coverage()
        self._load_untold()
        self._failed = set(states_of(coverage, [TileState.FAILED]))
        self._fill(self._stream, states_of(coverage, [TileState.ANALYSED]), ())

    def reopened(self) -> SlidePlan:
        """Begin to try failed tiles again, and return the plan for that.

        What was given out beside them without knowing their answers is withdrawn first, and found again.

        Raises
        ------
        SlideNotReadable
            If a cell cannot be read any more that was told apart before.
        """
        from cellwright.inference.slide_plan import states_of

        self._load_untold()
        self._tell_untold()
        coverage = self._plan.coverage()
        done = states_of(coverage, [TileState.ANALYSED])
        stream = self._fresh_stream()
        found = self._fill(stream, done, ())
        found += [stream.settle(self._tiles[index], None) for index in states_of(coverage, [TileState.FAILED])]
        withdrawn = self._withdrawn(found)
        totals, kept = totals_of(withdrawn, self._counting), self._kept_untold()
        self._project.call(
            lambda there: there.reopen_run(
                self._run_id, withdrawn.ids, totals, self._author, "failed tiles again", kept=kept
            )
        )
        self._plan = self._plan.with_records(self._project.call(lambda there: there.coverage(self._run_id)))
        self._fill(self._stream, done, ())
        return self._plan

    def add(self, index: int, answer: Boxes | Exception) -> Objects | None:
        """Take the answer to a tile; return the objects that are written now, None where it is not time yet."""
        self.tiles += 1
        if isinstance(answer, Exception):
            self._failed.add(index)
            self._states[index] = (TileState.FAILED, _reason(answer))
        else:
            self._states[index] = (TileState.ANALYSED, "")
            self._final.append(self._stream.settle(self._tiles[index], answer))
        return self.flush() if time.monotonic() - self._last_flush > FLUSH_SECONDS else None

    def note_predictor(self, predictor: Predictor) -> None:
        """Remember what computed, where that is known."""
        self.device, self.engine, self.notes = predictor.device, predictor.engine, predictor.notes

    @property
    def scale(self) -> str:
        """How large the crops are by which objects are told apart, in a sentence; empty where none were yet."""
        return "" if self._telling is None else self._telling.scale

    def flush(self) -> Objects | None:
        """Send what is final to the project."""
        if not self._states and not self._final:
            return None
        from cellwright.inference.slide_plan import as_bytes

        objects = self._objects(self._final)
        if len(objects) and sum(len(each) for each in self.sample) < _SAMPLE:
            self.sample.append(objects.at_least(self._counting.confidence_thresholds()))
        kept = self._kept_untold()
        for index in self._stream.take_changed():
            left = self._stream.kept(index)
            kept[index] = None if left is None else as_bytes(left)
        step = RunStep(objects, dict(self._states), kept, totals_of(objects, self._counting))
        self._final, self._states, self._last_flush = [], {}, time.monotonic()
        self._project.send(partial(_write, run_id=self._run_id, step=step, author=self._author))
        return objects

    def finish(self) -> Objects:
        """Give out what still waits for failed tiles, and write down that every tile was tried."""
        found = [self._stream.settle(self._tiles[index], None) for index in sorted(self._failed)]
        objects = self._objects(found)
        step = RunStep(objects, kept=self._kept_untold(), totals=totals_of(objects, self._counting))
        self._project.call(
            lambda there: there.finish_run(self._run_id, self._author, last=step, superseded=self._regions)
        )
        return objects

    def _fresh_stream(self) -> Stream:
        from cellwright.inference.streaming import stream_of

        decoder = self._plan.looking(self._slide, self._card, self._options).decoder
        return stream_of(decoder, list(self._tiles.values()))

    def _fill(self, stream: Stream, done: list[int], failed: tuple[int, ...]) -> list[Boxes]:
        from cellwright.inference.slide_plan import from_bytes
        from cellwright.inference.streaming import load

        kept = self._project.call(lambda there: there.kept(self._run_id))
        load(stream, self._tiles, done, failed, {index: from_bytes(data) for index, data in kept.items()})
        return []

    def _objects(self, found: list[Boxes]) -> Objects:
        """Return those whose centre lies in the regions, with their ids."""
        from cellwright.inference import Boxes
        from cellwright.inference.answers import as_objects

        everything = Boxes.concatenate([each for each in found if len(each)])
        inside: NDArray[np.bool_] = self._regions.centres_inside(everything.boxes)
        mine = everything.take(inside)
        if self._telling is not None:
            return self._telling.told(mine)
        return as_objects(mine, self._card, self._options.picture_id)

    def _kept_untold(self) -> dict[int, bytes | None]:
        return {} if self._telling is None else self._telling.take_changed()

    def _load_untold(self) -> None:
        if self._telling is not None:
            self._telling.load(self._project.call(lambda there: there.kept(self._run_id)))

    def _tell_untold(self) -> None:
        """Tell apart what can be read now and could not be when it was found."""
        if self._telling is None or not self._telling.untold:
            return
        before, now = self._telling.again()
        totals = totals_of(now, self._counting)
        for name, count in totals_of(before, self._counting).items():
            totals[name] = totals.get(name, 0) - count
        step = RunStep(now, kept=self._telling.take_changed(), totals=totals)
        self._project.call(partial(_write, run_id=self._run_id, step=step, author=self._author))

    def _withdrawn(self, found: list[Boxes]) -> Objects:
        """Return objects as they stand in the project, and remember them no longer."""
        known = set() if self._telling is None else set(self._telling.untold)
        withdrawn = self._objects(found)
        if self._telling is not None:
            if set(self._telling.untold) - known:
                raise SlideNotReadable(
                    f"{self._slide.name} can be read less far than when it was counted, so that nothing is tried again."
                )
            self._telling.forget(withdrawn.ids)
        return withdrawn


def _write(project: object, run_id: int, step: RunStep, author: str) -> None:
    from cellwright.project import Project

    assert isinstance(project, Project)
    project.write_run_step(run_id, step, author)


def _reason(error: Exception) -> str:
    """Return an error in one line for a person."""
    first = str(error).strip().splitlines()[:1]
    return first[0] if first else type(error).__name__

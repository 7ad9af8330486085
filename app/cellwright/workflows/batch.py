"""What is known of each slide of a batch while it runs: state, progress, and the reason where one failed.

`cellwright.workflows.batch_run.RunBatch` is the operation that works through a batch; every `Progress` of it carries in
``partial`` the `BatchItem` that changed, and its result is a `BatchReport`.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from cellwright.core import Coverage, Regions


class ItemState(str, Enum):
    """Where a slide of a batch stands."""

    WAITING = "waiting"
    """Its turn has not come."""
    READING = "reading"
    """Being opened, fingerprinted and planned; nobody knows yet how many tiles it has."""
    RUNNING = "running"
    """Tiles are being analysed; `BatchItem.done` of `BatchItem.total`."""
    DONE = "done"
    """Every tile that was asked for is in the project, now or from an earlier run."""
    PARTLY = "partly"
    """Finished, but some tiles failed; `BatchItem.said` tells how many and why. A retry asks for these alone."""
    FAILED = "failed"
    """Nothing could be done; `BatchItem.said` is the reason."""
    STOPPED = "stopped"
    """A person stopped it; what was finished stays, and it goes on from there when it is run again."""


FINISHED = frozenset({ItemState.DONE, ItemState.PARTLY, ItemState.FAILED, ItemState.STOPPED})
"""States that a batch does not leave by itself."""


@dataclass(frozen=True, slots=True)
class BatchSlide:
    """A slide that is to be counted.

    Parameters
    ----------
    path : Path
        The file.
    series : int
        Which picture of a file that holds several.
    regions : Regions or None
        Where to count; None takes the regions of interest of the project, without glass.
    title : str
        As shown to a person; empty for the file's name.
    """

    path: Path
    series: int = 0
    regions: Regions | None = None
    title: str = ""

    @property
    def name(self) -> str:
        """As shown to a person."""
        return self.title or self.path.name


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One slide of a batch, as it stands at one moment.

    Parameters
    ----------
    number : int
        Its place in the batch, from 0.
    path : Path
        The file.
    series : int
        Which picture of a file that holds several.
    name : str
        As shown to a person.
    state : ItemState
        Where it stands.
    done, total : int
        Tiles settled and tiles in all; ``total`` 0 while nobody knows.
    said : str
        What is being done, what is missing, or why it failed; a sentence or a few words for a person.
    picture_id, run_id : int or None
        Its numbers in the project; None until they are known.
    objects : int or None
        Objects in the project, whatever their score; None until it is finished.
    counts : tuple of (str, int)
        Class and number of the objects that count; empty until it is finished.
    coverage : Coverage or None
        The account of its tiles; None until it is finished.
    analysed_mm2 : float or None
        Area that was looked at; None without a pixel size.
    seconds : float
        Time spent on it in this batch.
    was_done : bool
        Whether an earlier run had finished it, so that nothing was done now.
    notes : tuple of str
        What a person should know beside the numbers.
    """

    number: int
    path: Path
    series: int = 0
    name: str = ""
    state: ItemState = ItemState.WAITING
    done: int = 0
    total: int = 0
    said: str = ""
    picture_id: int | None = None
    run_id: int | None = None
    objects: int | None = None
    counts: tuple[tuple[str, int], ...] = ()
    coverage: Coverage | None = None
    analysed_mm2: float | None = None
    seconds: float = 0.0
    was_done: bool = False
    notes: tuple[str, ...] = ()

    @property
    def is_finished(self) -> bool:
        """Whether the batch is through with it, well or badly."""
        return self.state in FINISHED

    @property
    def fraction(self) -> float:
        """Settled part, 0 to 1; 1 where the batch is through with it."""
        if self.is_finished:
            return 1.0
        return self.done / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What became of every slide of a batch.

    Parameters
    ----------
    items : tuple of BatchItem
        In the order they were given.
    """

    items: tuple[BatchItem, ...]

    def of(self, *states: ItemState) -> tuple[BatchItem, ...]:
        """Return the slides in any of these states."""
        return tuple(item for item in self.items if item.state in states)

    @property
    def is_complete(self) -> bool:
        """Whether every slide is done, and wholly."""
        return all(item.state is ItemState.DONE for item in self.items)

    @property
    def to_retry(self) -> tuple[BatchItem, ...]:
        """The slides of which something is missing: failed, partly done, or stopped."""
        return tuple(item for item in self.items if item.is_finished and item.state is not ItemState.DONE)

    def sentence(self) -> str:
        """Return the outcome in words for a person; what is missing comes first."""
        return sentence_of(self.items)


_WORDS = (
    (ItemState.FAILED, "failed"),
    (ItemState.PARTLY, "done in part"),
    (ItemState.STOPPED, "stopped"),
    (ItemState.RUNNING, "running"),
    (ItemState.READING, "being read"),
    (ItemState.WAITING, "waiting"),
    (ItemState.DONE, "done"),
)


def sentence_of(items: Sequence[BatchItem]) -> str:
    """Return how many slides are in which state: ``"1 of 12 slides failed, 11 done."``."""
    if not items:
        return "There is no slide in this batch."
    counts = [(sum(item.state is state for item in items), words) for state, words in _WORDS]
    told = [(count, words) for count, words in counts if count]
    noun = "slide" if len(items) == 1 else "slides"
    if len(told) == 1:
        return f"{'The' if len(items) == 1 else f'All {len(items):,}'} {noun} {_is(len(items), told[0][1])}."
    first, *rest = told
    return f"{first[0]:,} of {len(items):,} {noun} {first[1]}, {', '.join(f'{n:,} {words}' for n, words in rest)}."


def _is(count: int, words: str) -> str:
    return words if words == "failed" else f"{'is' if count == 1 else 'are'} {words}"


class BatchControl:
    """How a person stops single slides while the batch goes on with the others. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped: set[int] = set()

    def stop(self, number: int) -> None:
        """Stop one slide: a running one between two tiles, a waiting one before it begins."""
        with self._lock:
            self._stopped.add(number)

    def is_stopped(self, number: int) -> bool:
        """Whether a person stopped this slide."""
        with self._lock:
            return number in self._stopped

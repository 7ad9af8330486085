"""What a benchmark answers with, and the few words all of them share."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Parameters
    ----------
    name : str
        What was measured, with its size: ``"NMS, 100,000 boxes"``.
    ours, other : float or None
        Our figure and the one beside it, measured in the same run; None where there is none.
    unit : str
        Of both: ``"ms"``, ``"tiles/s"``.
    ratio : float or None
        How many times better ours is; worked out from the two where it is not given.
    note : str
        What the other one is, how it was measured.
    bar : float or None
        The worst figure of ours that is good enough.
    higher_is_better : bool
        For rates.
    """

    name: str
    ours: float | None
    other: float | None = None
    unit: str = "ms"
    ratio: float | None = None
    note: str = ""
    bar: float | None = None
    higher_is_better: bool = False

    @property
    def times_better(self) -> float | None:
        """How many times better ours is than the other, None where one is missing."""
        if self.ratio is not None:
            return self.ratio
        if not self.ours or not self.other:
            return None
        return self.ours / self.other if self.higher_is_better else self.other / self.ours

    @property
    def is_met(self) -> bool | None:
        """Whether ours reaches the bar, None where there is no bar or no figure."""
        if self.bar is None or self.ours is None:
            return None
        return self.ours >= self.bar if self.higher_is_better else self.ours <= self.bar


def milliseconds(work: Callable[[], object], repeats: int = 7, warmup: int = 1) -> float:
    """Return the median wall time of calling `work`, in milliseconds.

    Parameters
    ----------
    work : callable
        Called without arguments, `warmup` times untimed and then `repeats` times.
    repeats, warmup : int
        How often.
    """
    for _ in range(warmup):
        work()
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return 1e3 * statistics.median(taken)


def data_dir() -> Path | None:
    """Return the folder of labelled sets (``CELLWRIGHT_DATA``, else beside the checkout), None where there is none."""
    folder = Path(os.environ.get("CELLWRIGHT_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
    return folder if folder.is_dir() else None

"""The account of every tile: analysed, failed and why, skipped, excluded, or never reached."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cellwright.core.geometry import Box


class TileState(str, Enum):
    """What became of a tile."""

    PENDING = "pending"
    """Not reached: the work was stopped before."""
    ANALYSED = "analysed"
    """Its objects are in the result."""
    FAILED = "failed"
    """It could not be read or analysed; its objects are missing."""
    SKIPPED = "skipped"
    """Found to hold nothing to look at."""
    EXCLUDED = "excluded"
    """Left out because a person asked for it; does not count as part of the whole."""


@dataclass(frozen=True, slots=True)
class TileRecord:
    """One line of the account.

    Parameters
    ----------
    box : Box
        Which part of the picture.
    state : TileState
        What became of it.
    reason : str
        Why, where it failed; what may be known where it was skipped.
    asked_px : float or None
        How many of its pixels were asked for; None for all, less where a region drawn by hand cuts through it.
    """

    box: Box
    state: TileState
    reason: str = ""
    asked_px: float | None = None

    @property
    def area_px(self) -> float:
        """Pixels that count as analysed or missing; those of the whole box where nothing else is said."""
        return self.box.area if self.asked_px is None else self.asked_px


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a picture an answer rests on.

    Parameters
    ----------
    records : tuple of TileRecord
        One a tile, in the order of the plan; their boxes do not overlap.
    whole : str
        What all of it is called: ``"area"``, ``"tissue"`` where glass was skipped, ``"region"`` where one was drawn.
    """

    records: tuple[TileRecord, ...]
    whole: str = "area"

    def count(self, state: TileState) -> int:
        """Return how many tiles are in a state."""
        return sum(record.state is state for record in self.records)

    @property
    def asked_px(self) -> float:
        """Level-0 pixels that were to be analysed: all but the excluded."""
        return sum(record.area_px for record in self.records if record.state is not TileState.EXCLUDED)

    @property
    def covered_px(self) -> float:
        """Level-0 pixels that were looked at: analysed, or found to hold nothing."""
        seen = (TileState.ANALYSED, TileState.SKIPPED)
        return sum(record.area_px for record in self.records if record.state in seen)

    @property
    def fraction(self) -> float:
        """Covered part of the asked area, 0 to 1; 1 where nothing was asked."""
        return self.covered_px / self.asked_px if self.asked_px else 1.0

    @property
    def seen(self) -> float:
        """Analysed part of what was to be looked at, 0 to 1; what was found to hold nothing is no part of it."""
        skipped = sum(record.area_px for record in self.records if record.state is TileState.SKIPPED)
        asked = self.asked_px - skipped
        return (self.covered_px - skipped) / asked if asked > 0 else float(self.is_complete)

    def seen_percent(self, decimals: int) -> float:
        """Return `seen` in per cent so that what is missing never rounds away."""
        percent = round(100 * self.seen, decimals)
        return percent if self.is_complete else min(percent, 100 - 10.0**-decimals)

    @property
    def is_complete(self) -> bool:
        """Whether no tile failed and none was left undone."""
        return not self.missing

    @property
    def missing(self) -> tuple[TileRecord, ...]:
        """The tiles whose objects are not in the result though they should be."""
        gaps = (TileState.FAILED, TileState.PENDING)
        return tuple(record for record in self.records if record.state in gaps)

    def headline(self) -> str:
        """Return what totals rest on in a few words, as ``"98.7 % of the tissue, 3 tiles failed: retry"``."""
        failed, pending = self.count(TileState.FAILED), self.count(TileState.PENDING)
        if self.is_complete:
            return f"all of the {self.whole}"
        parts = [f"{self.seen_percent(1):.1f} % of the {self.whole}"]
        if failed:
            parts.append(f"{failed:,} {_tiles(failed)} failed: retry")
        if pending:
            parts.append(f"{pending:,} {_tiles(pending)} to go: resume")
        return ", ".join(parts)

    def sentence(self) -> str:
        """Return the account in words for a person; what is missing comes first."""
        total = len(self.records) - self.count(TileState.EXCLUDED)
        failed, pending = self.count(TileState.FAILED), self.count(TileState.PENDING)
        if self.is_complete:
            return self._complete(total)
        share = f"{_percent(1 - self.seen)} of the {self.whole} is missing from every number"
        parts = []
        if failed:
            first = next(record.reason for record in self.records if record.state is TileState.FAILED)
            parts.append(f"{failed:,} of {total:,} {_tiles(total)} could not be analysed (first: {first.rstrip('.')})")
        if pending:
            parts.append(f"{pending:,} of {total:,} {_tiles(total)} were not reached")
        return f"{'; '.join(parts)}: {share}."

    def _complete(self, total: int) -> str:
        extra = [
            f"{self.count(state):,} {words}"
            for state, words in ((TileState.SKIPPED, "empty"), (TileState.EXCLUDED, "excluded"))
            if self.count(state)
        ]
        whole = "The whole picture was analysed" if total == 1 else f"All {total:,} tiles were analysed"
        return f"{whole}{' (' + ', '.join(extra) + ')' if extra else ''}."


def _percent(fraction: float) -> str:
    """Return a share that is above 0 so that it never reads as 0 %."""
    return f"{max(fraction * 100, 0.1):.1f} %" if fraction < 0.1 else f"{fraction * 100:.0f} %"


def _tiles(total: int) -> str:
    return "tile" if total == 1 else "tiles"

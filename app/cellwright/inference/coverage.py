"""The account of every tile: analysed, failed and why, skipped, excluded, or never reached."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from cellwright.core import BadParameter, Box
from cellwright.inference.tiles import Tile


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
    """One line of the account: which part of the picture, what became of it, and why where it failed."""

    box: Box
    state: TileState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a picture an answer rests on.

    Parameters
    ----------
    records : tuple of TileRecord
        One a tile, in the order of the plan; their boxes do not overlap.
    """

    records: tuple[TileRecord, ...]

    def count(self, state: TileState) -> int:
        """Return how many tiles are in a state."""
        return sum(record.state is state for record in self.records)

    @property
    def asked_px(self) -> int:
        """Level-0 pixels that were to be analysed: all but the excluded."""
        return sum(record.box.area for record in self.records if record.state is not TileState.EXCLUDED)

    @property
    def covered_px(self) -> int:
        """Level-0 pixels that were looked at: analysed, or found to hold nothing."""
        seen = (TileState.ANALYSED, TileState.SKIPPED)
        return sum(record.box.area for record in self.records if record.state in seen)

    @property
    def fraction(self) -> float:
        """Covered part of the asked area, 0 to 1; 1 where nothing was asked."""
        return self.covered_px / self.asked_px if self.asked_px else 1.0

    @property
    def is_complete(self) -> bool:
        """Whether no tile failed and none was left undone."""
        return not self.missing

    @property
    def missing(self) -> tuple[TileRecord, ...]:
        """The tiles whose objects are not in the result though they should be."""
        gaps = (TileState.FAILED, TileState.PENDING)
        return tuple(record for record in self.records if record.state in gaps)

    def sentence(self) -> str:
        """Return the account in words for a person; what is missing comes first."""
        total = len(self.records) - self.count(TileState.EXCLUDED)
        failed, pending = self.count(TileState.FAILED), self.count(TileState.PENDING)
        if self.is_complete:
            return self._complete(total)
        share = f"{_percent(1 - self.fraction)} of the area is missing from every number"
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


class CoverageLedger:
    """Where every tile of a plan is written down exactly once.

    Parameters
    ----------
    tiles : iterable of Tile
        The plan; all of it stands as not reached until recorded.
    """

    def __init__(self, tiles: Iterable[Tile]) -> None:
        self._records = {tile.index: TileRecord(tile.owner, TileState.PENDING) for tile in tiles}

    def record(self, tile: Tile, state: TileState, reason: str = "") -> None:
        """Write down what became of a tile.

        Raises
        ------
        BadParameter
            If the tile is not in the plan or was recorded before.
        """
        before = self._records.get(tile.index)
        if before is None or before.state is not TileState.PENDING:
            raise BadParameter(f"Tile {tile.index} is not waiting to be recorded: {before}.")
        self._records[tile.index] = TileRecord(tile.owner, state, reason)

    def coverage(self) -> Coverage:
        """Return the account as it stands."""
        return Coverage(tuple(self._records[index] for index in sorted(self._records)))


def _percent(fraction: float) -> str:
    """Return a share that is above 0 so that it never reads as 0 %."""
    return f"{max(fraction * 100, 0.1):.1f} %" if fraction < 0.1 else f"{fraction * 100:.0f} %"


def _tiles(total: int) -> str:
    return "tile" if total == 1 else "tiles"

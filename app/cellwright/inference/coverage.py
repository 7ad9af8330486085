"""Where every tile of a plan is written down exactly once; what comes of it is `cellwright.core.Coverage`."""

from __future__ import annotations

from collections.abc import Iterable

from cellwright.core import BadParameter, Coverage, TileRecord, TileState
from cellwright.inference.tiles import Tile

__all__ = ["Coverage", "CoverageLedger", "TileRecord", "TileState"]


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

"""The account of tiles as a table: which part of which slide was analysed, failed and why, skipped, or left out."""

from __future__ import annotations

from collections.abc import Sequence

from cellwright.core import Coverage, TileState
from cellwright.export import Column, Table


def coverage_table(slides: Sequence[tuple[str, Coverage]]) -> Table:
    """Return a row a tile.

    Parameters
    ----------
    slides : sequence of (str, Coverage)
        Name of each slide, and the account of its tiles.

    Returns
    -------
    Table
        Named ``"coverage"``; boxes are half-open, in level-0 pixels.
    """
    rows = [(name, number, each) for name, coverage in slides for number, each in enumerate(coverage.records, 1)]
    corners = [(record.box.y0, record.box.x0, record.box.y1, record.box.x1) for _, _, record in rows]
    excluded = TileState.EXCLUDED
    return Table(
        "coverage",
        (
            Column("slide", [name for name, _, _ in rows], "", "name of the slide"),
            Column("tile", [number for _, number, _ in rows], "", "number of the tile, row by row"),
            Column("y0_px", [box[0] for box in corners], "px", "first row of the tile's own part"),
            Column("x0_px", [box[1] for box in corners], "px", "first column of it"),
            Column("y1_px", [box[2] for box in corners], "px", "end of its rows, not included"),
            Column("x1_px", [box[3] for box in corners], "px", "end of its columns, not included"),
            Column("state", [each.state.value for _, _, each in rows], "", "what became of it"),
            Column(
                "asked_px2",
                [0.0 if each.state is excluded else float(each.area_px) for _, _, each in rows],
                "px²",
                "how much of it was to be looked at",
                1,
            ),
            Column("reason", [each.reason for _, _, each in rows], "", "why it failed"),
        ),
    )

"""The batch as a table: every slide with its state, counts, their intervals, and how much of it they rest on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from cellwright import export
from cellwright.export import Column, Table
from cellwright.workflows.batch import BatchItem, ItemState
from cellwright.workflows.counts import CountRow, CountTable, table_of_counts
from cellwright.workflows.coverage_table import coverage_table
from cellwright.zoo.card import ModelCard

TILES_FOLDER = "coverage"
"""Where the tiles of every slide go."""

_Row = tuple[BatchItem, CountTable | None, CountRow | None]


def counts_of(item: BatchItem, card: ModelCard, level: float = 0.95) -> CountTable | None:
    """Return the numbers of one slide with their intervals; None where nothing was counted."""
    if item.coverage is None:
        return None
    titles = {kind.name: kind.title for kind in card.classes}
    found = dict(item.counts)
    counts = {name: found.get(name, 0) for name in card.class_names}
    coverage = item.coverage
    return table_of_counts(counts, titles, item.analysed_mm2, coverage.sentence(), coverage.is_complete, level)


def slides_table(
    items: Sequence[BatchItem], card: ModelCard, level: float = 0.95, parts: Sequence[ModelCard] = ()
) -> Table:
    """Return a row for every class of every slide, and one for all classes of it; slides that failed have one row.

    Parameters
    ----------
    items : sequence of BatchItem
        In the order of the table.
    card : ModelCard
        Of the model that counted.
    level : float
        Coverage of the intervals.
    parts : sequence of ModelCard
        Of a cascade the cards of detector and classifier, of which `card` is the joined one.
    """
    named, hashed = ("+".join(each) for each in zip(*((c.name, c.model_hash) for c in parts or (card,)), strict=True))
    rows: list[_Row] = []
    for item in items:
        counts = counts_of(item, card, level)
        rows += (
            [(item, None, None)] if counts is None else [(item, counts, row) for row in (*counts.rows, counts.total)]
        )
    said = f"{level:.0%} interval"
    return Table(
        "slides",
        (
            Column("slide", [item.name for item, _, _ in rows], "", "name of the slide"),
            Column("state", [item.state.value for item, _, _ in rows], "", "done, partly, failed, stopped or waiting"),
            Column("class", [row.name if row else "" for _, _, row in rows], "", "class, or all of them together"),
            _number("count", rows, lambda row: row.count, "cells", "cells that reach the model's confidence", 0),
            _number("count_low", rows, lambda r: r.count_interval.low, "cells", f"lower end of the Poisson {said}", 1),
            _number("count_high", rows, lambda row: row.count_interval.high, "cells", f"upper end of that {said}", 1),
            _number("share_percent", rows, lambda r: _times(r.share, 100), "%", "share of all cells counted", 2),
            _number("share_low_percent", rows, lambda r: _share_end(r, 0), "%", f"lower end of the binomial {said}", 2),
            _number("share_high_percent", rows, lambda r: _share_end(r, 1), "%", f"upper end of that {said}", 2),
            _number("per_mm2", rows, lambda row: row.per_mm2, "1/mm²", "cells on a square millimetre analysed", 1),
            _number("per_mm2_low", rows, lambda r: _area_end(r, 0), "1/mm²", f"the count's {said} on that area", 1),
            _number("per_mm2_high", rows, lambda r: _area_end(r, 1), "1/mm²", f"the count's {said} on that area", 1),
            Column("analysed_mm2", [item.analysed_mm2 for item, _, _ in rows], "mm²", "area that was analysed", 4),
            Column(
                "coverage_percent", [_covered(item) for item, _, _ in rows], "%", "analysed part of what was asked", 2
            ),
            Column("complete", [item.state is ItemState.DONE for item, _, _ in rows], "", "whether no tile is missing"),
            Column("tiles", [item.total or None for item, _, _ in rows], "", "tiles that were to be analysed"),
            Column("seconds", [item.seconds for item, _, _ in rows], "s", "time spent on the slide in this batch", 1),
            Column("said", [item.said for item, _, _ in rows], "", "what was analysed, what is missing, and why"),
            Column("path", [str(item.path) for item, _, _ in rows], "", "the file"),
            Column("model", [named] * len(rows), "", "model that found the objects"),
            Column("model_sha256", [hashed] * len(rows), "", "hash of the model's weights"),
        ),
    )


def planned_summaries(folder: Path, formats: Sequence[str]) -> list[Path]:
    """Return the files that `write_summary` will write."""
    names = {"csv": ("slides.csv", "coverage.csv"), "xlsx": ("slides.xlsx",), "geojson": (TILES_FOLDER,)}
    return [folder / name for kind in formats for name in names[kind]]


def write_summary(
    folder: Path,
    items: Sequence[BatchItem],
    card: ModelCard,
    formats: Sequence[str],
    *,
    overwrite: bool = False,
    parts: Sequence[ModelCard] = (),
) -> list[Path]:
    """Write the slides and the account of their tiles.

    ``"csv"`` makes ``slides.csv`` and ``coverage.csv``, ``"xlsx"`` one file with both as sheets, and ``"geojson"`` a
    folder ``coverage`` with the tiles of every slide.

    Raises
    ------
    OutputExists, OutputNotWritable
        If a file is there and `overwrite` is false, or it cannot be written.
    """
    table = slides_table(items, card, parts=parts)
    notes = [
        *(f"Model {each.name} ({each.title}), weights sha256 {each.model_hash}." for each in parts or (card,)),
        "Intervals are exact, 95%: Poisson (Garwood) for counts, binomial (Clopper and Pearson) for shares.",
        *(f"{item.name}: {item.said}" for item in items if item.state is not ItemState.DONE),
    ]
    known = [(item.name, item.coverage) for item in items if item.coverage is not None]
    tables = [table, coverage_table(known)]
    written: list[Path] = []
    if "csv" in formats:
        written += [export.write_csv(folder / f"{each.name}.csv", each, overwrite=overwrite) for each in tables]
    if "xlsx" in formats:
        written.append(export.write_xlsx(folder / "slides.xlsx", tables, notes, overwrite=overwrite))
    if "geojson" in formats:
        names = export.unique_file_names([name for name, _ in known], [".geojson"] * len(known))
        for name, (_, coverage) in zip(names, known, strict=True):
            path = folder / TILES_FOLDER / name
            written.append(export.write_tiles_geojson(path, coverage, overwrite=overwrite))
    return written


def _number(
    name: str,
    rows: Sequence[_Row],
    value: Callable[[CountRow], float | None],
    unit: str,
    description: str,
    decimals: int,
) -> Column:
    return Column(name, [value(row) if row else None for _, _, row in rows], unit, description, decimals)


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else factor * value


def _share_end(row: CountRow, which: int) -> float | None:
    return None if row.share_interval is None else 100 * tuple(row.share_interval)[which]


def _area_end(row: CountRow, which: int) -> float | None:
    return None if row.per_mm2_interval is None else tuple(row.per_mm2_interval)[which]


def _covered(item: BatchItem) -> float | None:
    return None if item.coverage is None else item.coverage.seen_percent(2)

"""How large each class is: the pixels its objects cover, in µm² where the pixel size is known, and as a share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cellwright.core import BadParameter
from cellwright.workflows.analysis import Analysis
from cellwright.zoo.card import ModelCard


@dataclass(frozen=True, slots=True)
class AreaRow:
    """The area of one class, or of all together.

    Parameters
    ----------
    name, title : str
        Class as in files (``"heart"``) and as shown (``"Heart"``).
    area_px2 : int
        Pixels that its objects cover; objects of one analysis do not overlap.
    area_um2 : float or None
        The same in µm²; None without a pixel size.
    percent : float or None
        Share of what was analysed, 0 … 100; None where nothing was.
    objects : int
        Connected parts, or objects, that this is the area of.
    """

    name: str
    title: str
    area_px2: int
    area_um2: float | None
    percent: float | None
    objects: int


@dataclass(frozen=True, slots=True)
class AreaTable:
    """Areas of one picture, or of several added up.

    Parameters
    ----------
    rows : tuple of AreaRow
        One a class, in the order of the model's card, classes without any pixel too.
    total : AreaRow
        All classes together.
    analysed_px2 : float
        Pixels that were looked at.
    analysed_um2 : float or None
        The same in µm²; None without a pixel size.
    note : str
        What was left out of the analysis, in one sentence.
    is_complete : bool
        Whether nothing was left out.
    """

    rows: tuple[AreaRow, ...]
    total: AreaRow
    analysed_px2: float
    analysed_um2: float | None
    note: str
    is_complete: bool


def finds_outlines(card: ModelCard) -> bool:
    """Return whether a model answers with the pixels of objects and not with boxes alone."""
    return card.task in {"instances", "semantic"}


def finds_areas(card: ModelCard) -> bool:
    """Return whether a model sorts pixels into classes, so that areas mean more than counts."""
    return card.task == "semantic"


def area_table(analysis: Analysis, thresholds: float | Sequence[float] | None = None) -> AreaTable:
    """Add up the pixels of the objects that count, class by class.

    Parameters
    ----------
    analysis : Analysis
        Of a model that finds outlines.
    thresholds : float or sequence of float, optional
        Confidence from which an object counts; None takes those of the card.

    Raises
    ------
    BadParameter
        If only boxes are known.
    """
    objects = analysis.counted(thresholds)
    if objects.masks is None and len(objects):
        raise BadParameter(
            f"{analysis.card.name} finds boxes and no outlines on {analysis.picture.name}, so there are no areas; "
            "choose a model that finds outlines."
        )
    kinds = len(objects.classes)
    areas = np.zeros(0, np.int64) if objects.masks is None else objects.masks.areas()
    sums = np.bincount(objects.class_index, weights=areas, minlength=kinds)
    looked_at = analysis.coverage.covered_px
    size = analysis.picture.pixel_size
    pixel_um2 = None if size is None else size.area_um2
    named = [(kind.name, kind.title) for kind in analysis.card.classes]
    rows = tuple(
        _row(name, title, int(area), int(count), looked_at, None if pixel_um2 is None else int(area) * pixel_um2)
        for (name, title), area, count in zip(named, sums, objects.counts(), strict=True)
    )
    analysed_um2 = None if pixel_um2 is None else looked_at * pixel_um2
    coverage = analysis.coverage
    return AreaTable(rows, _total(rows, looked_at), looked_at, analysed_um2, coverage.sentence(), coverage.is_complete)


def add_areas(tables: Sequence[AreaTable], names: Sequence[str] | None = None) -> AreaTable:
    """Add up the areas of several pictures.

    Parameters
    ----------
    tables : sequence of AreaTable
        At least one, all of the same classes.
    names : sequence of str, optional
        What to call each picture in the note on what is missing.

    Raises
    ------
    BadParameter
        If there is no table, or they differ in classes.
    """
    if not tables:
        raise BadParameter("No picture was measured; give at least one.")
    first = tables[0]
    if len(tables) == 1:
        return first
    kinds = [row.name for row in first.rows]
    if any([row.name for row in table.rows] != kinds for table in tables):
        raise BadParameter("Areas of different classes cannot be added up.")
    looked_at = sum(table.analysed_px2 for table in tables)
    rows = tuple(
        _row(
            same[0].name,
            same[0].title,
            sum(row.area_px2 for row in same),
            sum(row.objects for row in same),
            looked_at,
            _sum([row.area_um2 for row in same]),
        )
        for same in zip(*(table.rows for table in tables), strict=True)
    )
    labels = names or [f"picture {i}" for i in range(1, len(tables) + 1)]
    partial = [f"{label}: {table.note}" for label, table in zip(labels, tables, strict=True) if not table.is_complete]
    note = " ".join(partial) if partial else f"All {len(tables)} pictures were analysed whole."
    um2 = _sum([table.analysed_um2 for table in tables])
    return AreaTable(rows, _total(rows, looked_at), looked_at, um2, note, not partial)


def _row(name: str, title: str, area: int, objects: int, looked_at: float, area_um2: float | None) -> AreaRow:
    return AreaRow(name, title, area, area_um2, 100.0 * area / looked_at if looked_at else None, objects)


def _total(rows: Sequence[AreaRow], looked_at: float) -> AreaRow:
    area, objects = sum(row.area_px2 for row in rows), sum(row.objects for row in rows)
    return _row("all", "All classes", area, objects, looked_at, _sum([row.area_um2 for row in rows]))


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None

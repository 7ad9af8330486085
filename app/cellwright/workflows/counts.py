"""How many cells of each class there are, how sure that is, and how many on a square millimetre.

A count is Poisson: had the next field been looked at, it would have differed by chance. A share is binomial among the
objects counted. Both intervals are exact (Garwood 1936; Clopper & Pearson 1934), so also right for three cells or none.
Of five pictures and more it is seen whether they differ by more than chance, and their sum allows for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Objects
from cellwright.stats import Interval, binomial_interval, poisson_interval
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.sure_counts import (
    COUNT_METHODS,
    FEWEST_FIELDS,
    CountKind,
    class_share_intervals,
    count_interval,
)


@dataclass(frozen=True, slots=True)
class CountRow:
    """The numbers of one class, or of all together.

    Parameters
    ----------
    name, title : str
        Class as in files (``"RBC"``) and as shown (``"Red blood cell"``).
    count : int
        Objects that reach the threshold.
    count_interval : Interval
        Of the expected count, see `CountTable.method`.
    share : float or None
        Fraction of all objects counted, in [0, 1]; None where nothing was counted.
    share_interval : Interval or None
        Of the share.
    per_mm2 : float or None
        Objects on a square millimetre of what was analysed; None without a pixel size.
    per_mm2_interval : Interval or None
        The count's interval over the same area.
    """

    name: str
    title: str
    count: int
    count_interval: Interval
    share: float | None
    share_interval: Interval | None
    per_mm2: float | None
    per_mm2_interval: Interval | None


@dataclass(frozen=True, slots=True)
class CountTable:
    """Counts of one picture, or of several added up.

    Parameters
    ----------
    rows : tuple of CountRow
        One a class, in the order of the model's card, classes without any object too.
    total : CountRow
        All classes together; its share is None.
    level : float
        Probability that an interval covers, such as 0.95.
    area_mm2 : float or None
        Area analysed, in mm²; None where a pixel size is missing.
    note : str
        What was left out of the analysis, in one sentence.
    is_complete : bool
        Whether nothing was left out.
    looked_at_px : float or None
        Pixels looked at; None for a bare table.
    kind : CountKind
        What the intervals suppose.
    """

    rows: tuple[CountRow, ...]
    total: CountRow
    level: float
    area_mm2: float | None
    note: str
    is_complete: bool
    looked_at_px: float | None = None
    kind: CountKind = CountKind.EXACT

    @property
    def method(self) -> str:
        """What the intervals of the counts are, in words."""
        return COUNT_METHODS[self.kind]

    def row(self, name: str) -> CountRow:
        """Return the row of a class.

        Raises
        ------
        KeyError
            If there is no such class.
        """
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)


def count_table(
    source: Analysis | Objects,
    thresholds: float | Sequence[float] | None = None,
    *,
    classes: Iterable[str] | None = None,
    titles: Mapping[str, str] | None = None,
    area_mm2: float | None = None,
    level: float = 0.95,
) -> CountTable:
    """Count the objects that reach the thresholds, class by class.

    Parameters
    ----------
    source : Analysis or Objects
        An analysis brings titles, area, coverage and default thresholds along.
    thresholds : float or sequence of float, optional
        Confidence from which an object counts, one for all or one a class. None takes those of the card, or counts
        every row of a bare table.
    classes : iterable of str, optional
        Classes that take part; shares are among these. None for all.
    titles : mapping, optional
        Title by class name, for a bare table.
    area_mm2 : float, optional
        Area analysed, for a bare table.
    level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    CountTable
        For the window and the command line alike.

    Raises
    ------
    BadParameter
        If `classes` names one that the table does not have.
    """
    if isinstance(source, Analysis):
        objects = source.counted(thresholds)
        titles = {kind.name: kind.title for kind in source.card.classes}
        area_mm2 = source.analysed_mm2
        note, is_complete = source.coverage.sentence(), source.is_complete
        looked_at: float | None = float(source.coverage.covered_px)
    else:
        objects = source if thresholds is None else source.at_least(thresholds)
        note, is_complete, looked_at = "", True, None
    names, counts = _of_classes(objects.classes, objects.counts(), classes)
    return replace(_table(names, counts, titles or {}, area_mm2, level, note, is_complete), looked_at_px=looked_at)


def table_of_counts(
    counts: Mapping[str, int],
    titles: Mapping[str, str],
    area_mm2: float | None,
    note: str,
    is_complete: bool,
    level: float = 0.95,
) -> CountTable:
    """Return the table of numbers that were counted elsewhere, as by a run of a whole slide.

    Parameters
    ----------
    counts, titles : mapping
        Number and title by class name.
    area_mm2 : float or None
        Area analysed.
    note, is_complete
        What was left out, and whether nothing was.
    level : float
        Coverage of the intervals.
    """
    numbers = np.array(list(counts.values()), np.int64)
    return _table(list(counts), numbers, titles, area_mm2, level, note, is_complete)


def add_counts(tables: Sequence[CountTable], names: Sequence[str] | None = None) -> CountTable:
    """Add up the counts of several pictures; their intervals are worked out anew.

    With fewer than `FEWEST_FIELDS` pictures they are exact, of the sums. From there on they allow for how much pictures
    differ, as those of `sure_counts` do.

    Parameters
    ----------
    tables : sequence of CountTable
        At least one, all of the same classes and level.
    names : sequence of str, optional
        What to call each picture in the note on what is missing.

    Returns
    -------
    CountTable
        With a density only if the area of every picture is known.

    Raises
    ------
    BadParameter
        If there is no table, or they differ in classes or level.
    """
    if not tables:
        raise BadParameter("No picture was counted; give at least one.")
    first = tables[0]
    if len(tables) == 1:
        return first
    kinds = [row.name for row in first.rows]
    if any([row.name for row in table.rows] != kinds or table.level != first.level for table in tables):
        raise BadParameter("Counts of different classes or intervals cannot be added up.")
    counts = np.sum([[row.count for row in table.rows] for table in tables], axis=0).astype(np.int64)
    areas = [table.area_mm2 for table in tables]
    area = sum(a for a in areas if a is not None) if all(a is not None for a in areas) else None
    labels = names or [f"picture {i}" for i in range(1, len(tables) + 1)]
    partial = [f"{label}: {table.note}" for label, table in zip(labels, tables, strict=True) if not table.is_complete]
    note = " ".join(partial) if partial else f"All {len(tables)} pictures were analysed whole."
    titles = {row.name: row.title for row in first.rows}
    added = _table(kinds, counts, titles, area, first.level, note, not partial)
    looked_at = [table.looked_at_px for table in tables]
    if len(tables) < FEWEST_FIELDS or any(pixels is None for pixels in looked_at):
        return added
    by_picture = np.array([[row.count for row in table.rows] for table in tables], np.int64)
    # Without a pixel size a picture's pixels say as much about how much was looked at.
    exposure = np.array(areas if all(areas) else looked_at, np.float64)
    return _between_pictures(added, by_picture, np.maximum(exposure, 0.0 if all(areas) else 1.0))


def _between_pictures(added: CountTable, counts: NDArray[np.int64], exposure: NDArray[np.float64]) -> CountTable:
    """Give summed counts, (F, C) by picture, the intervals of fields that differ."""
    kind, level = CountKind.QUASI_POISSON, added.level
    per_area = 1 / added.area_mm2 if added.area_mm2 else None

    def spread(row: CountRow, of_pictures: NDArray[np.int64], share: Interval | None) -> CountRow:
        interval = count_interval(of_pictures, exposure, kind, level)
        density = interval.scaled(per_area) if per_area else None
        return replace(row, count_interval=interval, share_interval=share, per_mm2_interval=density)

    shares = class_share_intervals(counts, kind, level) if added.total.count else [None] * len(added.rows)
    rows = tuple(spread(row, counts[:, c], shares[c]) for c, row in enumerate(added.rows))
    return replace(added, rows=rows, total=spread(added.total, counts.sum(axis=1), None), kind=kind)


def _of_classes(
    names: Sequence[str], counts: NDArray[np.int64], wanted: Iterable[str] | None
) -> tuple[list[str], NDArray[np.int64]]:
    if wanted is None:
        return list(names), counts
    chosen = set(wanted)
    if strange := chosen - set(names):
        raise BadParameter(f"There is no class {', '.join(sorted(strange))}; there is: {', '.join(names)}.")
    keep = [i for i, name in enumerate(names) if name in chosen]
    return [names[i] for i in keep], counts[keep]


def _table(
    names: Sequence[str],
    counts: NDArray[np.int64],
    titles: Mapping[str, str],
    area_mm2: float | None,
    level: float,
    note: str,
    is_complete: bool,
) -> CountTable:
    total = int(counts.sum())
    rows = tuple(
        _row(name, titles.get(name, name), int(count), total, area_mm2, level)
        for name, count in zip(names, counts, strict=True)
    )
    whole = _row("all", "All cells", total, None, area_mm2, level)
    return CountTable(rows, whole, level, area_mm2, note, is_complete)


def _row(name: str, title: str, count: int, total: int | None, area_mm2: float | None, level: float) -> CountRow:
    interval = poisson_interval(count, level)
    # An area of 0, where no tile could be analysed, has no density either.
    per_area = 1 / area_mm2 if area_mm2 else None
    return CountRow(
        name,
        title,
        count,
        interval,
        share=count / total if total else None,
        share_interval=binomial_interval(count, total, level) if total else None,
        per_mm2=count * per_area if per_area else None,
        per_mm2_interval=interval.scaled(per_area) if per_area else None,
    )

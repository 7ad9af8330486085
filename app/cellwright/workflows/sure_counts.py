"""Counts of several pictures, with intervals that say whether they suppose cells or pictures to be independent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter
from cellwright.stats import (
    Adequacy,
    CountCurve,
    Dispersion,
    Estimate,
    Interval,
    Simultaneous,
    adequacy,
    bootstrap_interval,
    count_curve,
    dispersion,
    expected_count,
    poisson_interval,
    quasi_poisson_interval,
    share_dispersion,
    share_intervals,
    share_of_fields_interval,
)
from cellwright.workflows.analysis import Analysis

if TYPE_CHECKING:
    from cellwright.project import Project

FEWEST_FIELDS = 5
"""With fewer pictures nobody can tell whether they differ more than by chance."""
_SUSPICIOUS = 0.05
"""Pictures that chance makes differ so much in fewer cases are taken to differ."""


class CountKind(str, Enum):
    """What the interval of a count supposes."""

    AUTO = "by the fields"
    """Quasi-Poisson and bootstrap from `FEWEST_FIELDS` pictures on, exact with fewer."""
    EXACT = "exact"
    """Cells fall anywhere, none because of another: Poisson (Garwood) for counts, binomial for shares."""
    QUASI_POISSON = "quasi-Poisson"
    """Pictures differ by more than chance: variance is a multiple of the mean. Shares by bootstrap of pictures."""
    BOOTSTRAP = "bootstrap of fields"
    """Pictures are drawn anew; nothing is supposed of cells within one."""


@dataclass(frozen=True, slots=True)
class SureCount:
    """The numbers of one class over all pictures, or of all classes together.

    Parameters
    ----------
    name, title : str
        Class as in files and as shown.
    count : int
        Objects that reach the threshold.
    count_interval : Interval
        Of the number to be expected on as much area again.
    share : float or None
        Among all objects counted; None for all classes together, or where nothing was counted.
    share_interval : Interval or None
        Of the share.
    per_mm2 : float or None
        On a square millimetre analysed; None where a pixel size is missing.
    per_mm2_interval : Interval or None
        Of the density.
    dispersion : Dispersion or None
        How much pictures differ; None with one picture.
    share_dispersion : Dispersion or None
        How much the share differs between pictures; None with one picture, and for all classes together.
    expected : Estimate
        What calibrated scores lead one to expect, without any threshold, see `expected_count`.
    """

    name: str
    title: str
    count: int
    count_interval: Interval
    share: float | None
    share_interval: Interval | None
    per_mm2: float | None
    per_mm2_interval: Interval | None
    dispersion: Dispersion | None
    share_dispersion: Dispersion | None
    expected: Estimate


@dataclass(frozen=True, slots=True)
class SureCounts:
    """Counts of pictures of one kind, with intervals.

    Parameters
    ----------
    rows : tuple of SureCount
        One a class.
    total : SureCount
        All together.
    pictures : int
        How many.
    level : float
        Of the intervals.
    count_method, share_method : str
        What the intervals are, in words for a methods paragraph.
    """

    rows: tuple[SureCount, ...]
    total: SureCount
    pictures: int
    level: float
    count_method: str
    share_method: str

    def row_named(self, name: str) -> SureCount:
        """Return the row of a class; `KeyError` if there is none."""
        return {each.name: each for each in self.rows}[name]


def sure_counts(
    analyses: Sequence[Analysis],
    thresholds: float | Sequence[float] | None = None,
    *,
    kind: CountKind = CountKind.AUTO,
    simultaneous: Simultaneous = Simultaneous.NONE,
    level: float = 0.95,
    seed: int = 0,
) -> SureCounts:
    """Count the objects of several pictures that are fields of one preparation, or slides of one group.

    Parameters
    ----------
    analyses : sequence of Analysis
        At least one, all with the same classes.
    thresholds : float or sequence of float, optional
        See `Analysis.counted`.
    kind : CountKind
        What intervals suppose. The one taken stands in the answer.
    simultaneous : Simultaneous
        Whether the exact intervals of shares hold all at once. With fields that differ, Bonferroni is kept to by a
        higher level; Goodman needs cells that are independent.
    level : float
        Of the intervals, in (0, 1).
    seed : int
        Of the bootstrap.

    Raises
    ------
    BadParameter
        If there is no picture, classes differ, or a kind needs more pictures than there are.
    """
    if not analyses or len({analysis.objects.classes for analysis in analyses}) != 1:
        raise BadParameter("Counts are added up over pictures with the same classes, at least one.")
    fields = _Fields(analyses, thresholds)
    chosen = _kind(kind, simultaneous, len(analyses))
    shares = class_share_intervals(fields.counts, chosen, level, simultaneous, seed)
    rows = tuple(_row(fields, c, shares[c], chosen, level, seed) for c in range(fields.counts.shape[1]))
    total = _row(fields, None, None, chosen, level, seed)
    return SureCounts(
        rows, total, len(analyses), level, COUNT_METHODS[chosen], _share_said(chosen, simultaneous, len(rows))
    )


def project_counts(project: Project, thresholds: float | Sequence[float] | None = None, **how: object) -> SureCounts:
    """Return the counts of all pictures of a project that somebody looked at; `sure_counts` says what `how` may be."""
    from cellwright.workflows.project_export import analyses_of_project

    analyses, _ = analyses_of_project(project)
    if not analyses:
        raise BadParameter("Nobody has looked at a picture of this project yet; analyze one first.")
    return sure_counts(analyses, thresholds, **how)  # type: ignore[arg-type]


def count_adequacy(counts: SureCounts, name: str, half_width: float = 0.02, share: float | None = None) -> Adequacy:
    """Return whether enough cells were counted for the share of a class; see `cellwright.stats.adequacy`.

    From `FEWEST_FIELDS` pictures on, a share that differs between them by more than chance takes that many times as
    many cells.
    """
    found = {row.name: row for row in counts.rows}
    if name not in found:
        raise BadParameter(f"There is no class {name!r}; there is: {', '.join(found)}.")
    spread = found[name].share_dispersion
    is_known = spread is not None and spread.fields >= FEWEST_FIELDS and spread.p_value < _SUSPICIOUS
    times = spread.ratio if spread is not None and is_known else 1.0
    return adequacy(
        found[name].count, counts.total.count, half_width, counts.level, share=share, dispersion=max(times, 1.0)
    )


def threshold_curves(analyses: Sequence[Analysis], level: float = 0.95) -> dict[str, CountCurve]:
    """Return how the count of each class falls as its threshold rises, over all pictures together.

    What people confirmed counts at every threshold.
    """
    if not analyses or len({analysis.objects.classes for analysis in analyses}) != 1:
        raise BadParameter("Counts are added up over pictures with the same classes, at least one.")
    scores = np.concatenate([_scores(analysis) for analysis in analyses])
    classes = np.concatenate([analysis.objects.class_index for analysis in analyses])
    names = analyses[0].objects.classes
    return {name: count_curve(scores[classes == c], level=level) for c, name in enumerate(names)}


class _Fields:
    """Counts by picture and class, areas and scores."""

    def __init__(self, analyses: Sequence[Analysis], thresholds: float | Sequence[float] | None) -> None:
        self.names = analyses[0].objects.classes
        titles = {each.name: each.title for each in analyses[0].card.classes}
        self.titles = [titles.get(name, name) for name in self.names]
        self.counts: NDArray[np.int64] = np.stack([_counts(analysis, thresholds) for analysis in analyses])
        areas = [analysis.analysed_mm2 for analysis in analyses]
        self.areas = None if any(not area for area in areas) else np.array(areas, np.float64)
        # Without a pixel size a picture's pixels say as much about how much was looked at.
        looked_at = np.array([analysis.coverage.covered_px for analysis in analyses], np.float64)
        self.exposure = np.maximum(looked_at, 1.0) if self.areas is None else self.areas
        self.scores = np.concatenate([_scores(analysis) for analysis in analyses])
        self.class_index = np.concatenate([analysis.objects.class_index for analysis in analyses])

    def of(self, c: int | None) -> NDArray[np.int64]:
        """Return the counts of one class by picture, of all where it is None."""
        chosen: NDArray[np.int64] = self.counts.sum(axis=1) if c is None else self.counts[:, c]
        return chosen

    def scores_of(self, c: int | None) -> NDArray[np.float64]:
        """Return the scores of everything the model found of a class."""
        return self.scores if c is None else self.scores[self.class_index == c]


def _counts(analysis: Analysis, thresholds: float | Sequence[float] | None) -> NDArray[np.int64]:
    """Return how many objects of each class count, as `Analysis.counted` has it, without making a table of them."""
    objects = analysis.objects
    limits = analysis.default_thresholds if thresholds is None else thresholds
    of_class = np.broadcast_to(np.asarray(limits, np.float32), (len(objects.classes),))
    counts = objects.scores >= of_class[objects.class_index]
    if analysis.confirmed is not None:
        counts |= analysis.confirmed
    return np.bincount(objects.class_index[counts], minlength=len(objects.classes)).astype(np.int64)


def _scores(analysis: Analysis) -> NDArray[np.float64]:
    """Return scores in which what people confirmed is certain; so is what nobody gave a score."""
    scores = analysis.objects.scores.astype(np.float64)
    if analysis.confirmed is not None:
        scores = np.where(analysis.confirmed, 1.0, scores)
    return np.clip(np.nan_to_num(scores, nan=1.0), 0.0, 1.0)


def _kind(kind: CountKind, simultaneous: Simultaneous, pictures: int) -> CountKind:
    if kind is CountKind.AUTO:
        chosen = CountKind.QUASI_POISSON if pictures >= FEWEST_FIELDS else CountKind.EXACT
    else:
        chosen = kind
    if chosen is not CountKind.EXACT and pictures < 2:
        raise BadParameter(f"{kind.value} intervals compare pictures, and there is one; choose exact ones.")
    if chosen is not CountKind.EXACT and simultaneous is Simultaneous.GOODMAN:
        raise BadParameter("Goodman's intervals suppose independent cells; choose exact ones, or Bonferroni.")
    return chosen


def _row(
    fields: _Fields, c: int | None, share_interval: Interval | None, kind: CountKind, level: float, seed: int
) -> SureCount:
    counts = fields.of(c)
    count, everything = int(counts.sum()), int(fields.counts.sum())
    interval = count_interval(counts, fields.exposure, kind, level, seed)
    per_area = None if fields.areas is None else 1 / float(fields.areas.sum())
    return SureCount(
        "all" if c is None else fields.names[c],
        "All cells" if c is None else fields.titles[c],
        count,
        interval,
        count / everything if c is not None and everything else None,
        share_interval if everything else None,
        None if per_area is None else count * per_area,
        None if per_area is None else interval.scaled(per_area),
        dispersion(counts, fields.exposure) if len(counts) > 1 else None,
        None if c is None else share_dispersion(np.stack([counts, fields.of(None) - counts], axis=1)),
        expected_count(fields.scores_of(c), level),
    )


def count_interval(
    counts: NDArray[np.int64], exposure: NDArray[np.float64], kind: CountKind, level: float, seed: int = 0
) -> Interval:
    """Return the interval of a number summed over fields.

    Parameters
    ----------
    counts : (F,) ndarray of int64
        By field.
    exposure : (F,) ndarray of float64
        How much was looked at in each, above 0, in any unit.
    kind : CountKind
        What it supposes, any but `CountKind.AUTO`.
    level : float
        In (0, 1).
    seed : int
        Of the bootstrap.
    """
    if kind is CountKind.EXACT:
        return poisson_interval(int(counts.sum()), level)
    if kind is CountKind.QUASI_POISSON:
        rate = quasi_poisson_interval(counts, exposure, level)
    else:
        rate = bootstrap_interval(counts, exposure, level, seed=seed)
    return rate.scaled(float(exposure.sum()))


def class_share_intervals(
    counts: NDArray[np.int64],
    kind: CountKind,
    level: float,
    simultaneous: Simultaneous = Simultaneous.NONE,
    seed: int = 0,
) -> list[Interval]:
    """Return the interval of each class's share over fields.

    Parameters
    ----------
    counts : (F, C) ndarray of int64
        By field and class.
    kind : CountKind
        What it supposes, any but `CountKind.AUTO`.
    level : float
        In (0, 1).
    simultaneous : Simultaneous
        Whether they hold all at once.
    seed : int
        Of the bootstrap.
    """
    totals = counts.sum(axis=1)
    classes = counts.shape[1]
    if kind is CountKind.EXACT:
        return share_intervals([int(n) for n in counts.sum(axis=0)], level, simultaneous)
    full = totals > 0  # a picture without cells says nothing of shares
    each = level if simultaneous is Simultaneous.NONE else 1 - (1 - level) / classes
    if full.sum() < 2:
        return share_intervals([int(n) for n in counts.sum(axis=0)], level, simultaneous)
    parts = counts[full], totals[full]
    if kind is CountKind.BOOTSTRAP:
        found = [bootstrap_interval(parts[0][:, c], parts[1], each, is_share=True, seed=seed) for c in range(classes)]
    else:
        found = [share_of_fields_interval(parts[0][:, c], parts[1], each, seed) for c in range(classes)]
    return [Interval(low, high, level) for low, high in found]


COUNT_METHODS = {
    CountKind.EXACT: "exact Poisson (Garwood), cells independent",
    CountKind.QUASI_POISSON: "quasi-Poisson between pictures, Student's t, dispersion not below 1",
    CountKind.BOOTSTRAP: "studentised bootstrap of whole pictures on the logarithm",
}


def _share_said(kind: CountKind, simultaneous: Simultaneous, classes: int) -> str:
    how = {
        Simultaneous.NONE: "each class for itself",
        Simultaneous.BONFERRONI: f"all {classes} classes at once (Bonferroni)",
        Simultaneous.GOODMAN: f"all {classes} classes at once (Goodman 1965)",
    }[simultaneous]
    if kind is CountKind.EXACT:
        made = "score" if simultaneous is Simultaneous.GOODMAN else "exact binomial (Clopper and Pearson)"
        return f"{made}, cells independent, {how}"
    floor = "" if kind is CountKind.BOOTSTRAP else ", not narrower than exact binomial"
    return f"studentised bootstrap of whole pictures on the logit{floor}, {how}"

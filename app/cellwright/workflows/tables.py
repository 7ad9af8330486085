"""The two tables that people take away: one row an object, and one row a class of a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

import cellwright
from cellwright.core import Objects
from cellwright.export import Column, Table
from cellwright.measure import IN_FILES, Measurement, told_both_ways
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.areas import AreaRow, area_table
from cellwright.workflows.counts import CountRow, CountTable, count_table

Thresholds = float | Sequence[float] | None

_OF_BOXES = ("bbox-0", "bbox-1", "bbox-2", "bbox-3", "centre-0", "centre-1", "area_bbox")
"""What is said of every object; a file holds it in pixels and in µm."""


def objects_table(analyses: Sequence[Analysis], thresholds: Thresholds = None) -> Table:
    """Return a row for every object that counts, in pixels and, where the pixel size is known, in micrometres.

    Parameters
    ----------
    analyses : sequence of Analysis
        In the order of the table.
    thresholds : float or sequence of float, optional
        See `Analysis.counted`.

    Returns
    -------
    Table
        Named ``"objects"``; lengths in µm are NaN for pictures without a pixel size. Where outlines are known there
        are more columns: the object's number in the label images, area, perimeter and centroid. Columns are called as
        `cellwright.measure` declares them: ``"area"`` in px², ``"area_um2"`` in µm².
    """
    counted = [analysis.counted(thresholds) for analysis in analyses]
    columns = [
        Column("uuid", _texts(counted, Objects.id_strings), "", "stable id of the object"),
        Column("picture", _repeated(analyses, counted, lambda a: a.picture.name), "", "name of the picture"),
        Column("class", _texts(counted, _class_texts), "", "class of the object"),
        Column("score", _floats([o.scores for o in counted]), "", "calibrated probability, 0 to 1", 4),
        *_told(analyses, counted, _OF_BOXES),
        *_outline_columns(analyses, counted),
        *_probability_columns(analyses, counted),
        Column("model", _repeated(analyses, counted, lambda a: a.models_said), "", "model that found the object"),
        Column("model_sha256", _repeated(analyses, counted, lambda a: a.hashes_said), "", "hash of its weights"),
        Column("picture_sha256", _repeated(analyses, counted, lambda a: a.picture.sha256), "", "hash of the file"),
    ]
    return Table("objects", tuple(columns))


def _outline_columns(analyses: Sequence[Analysis], counted: Sequence[Objects]) -> list[Column]:
    """Return what is known of outlines; nothing where every picture has boxes alone."""
    if all(objects.masks is None for objects in counted):
        return []
    numbers = np.concatenate([np.arange(1, len(objects) + 1) for objects in counted])
    return [
        Column("label", numbers, "", "value of the object's pixels in the label image of its picture"),
        *_told(analyses, counted, IN_FILES),
    ]


def _probability_columns(analyses: Sequence[Analysis], counted: Sequence[Objects]) -> list[Column]:
    """Return what a classifier said of each object, NaN where it was not asked; nothing where none was asked at all."""
    names = dict.fromkeys(name for a in analyses if a.probabilities is not None for name in a.probabilities.classes)
    return [
        Column(
            f"probability_{name}",
            np.concatenate([_probabilities(a, o, name) for a, o in zip(analyses, counted, strict=True)]),
            "",
            f"calibrated probability of {name}, as the classifier said it",
            4,
        )
        for name in names
    ]


def _probabilities(analysis: Analysis, objects: Objects, name: str) -> NDArray[np.float64]:
    said = analysis.probabilities
    if said is None or name not in said.classes:
        return np.full(len(objects), np.nan)
    return said.of(objects)[:, said.classes.index(name)].astype(np.float64)


def _told(analyses: Sequence[Analysis], counted: Sequence[Objects], keys: Sequence[str]) -> list[Column]:
    """Return measurements in pixels and in µm, each under the name that it has everywhere."""
    if not analyses:
        return [_column_of((one,)) for one in told_both_ways(Objects.empty(()), keys, None)]
    told = [told_both_ways(o, keys, a.picture.pixel_size) for a, o in zip(analyses, counted, strict=True)]
    return [_column_of(same) for same in zip(*told, strict=True)]


def _column_of(same: Sequence[Measurement]) -> Column:
    first = same[0]
    return Column(
        first.name, np.concatenate([one.values for one in same]), first.unit, first.description, first.decimals
    )


def counts_table(analyses: Sequence[Analysis], thresholds: Thresholds = None, level: float = 0.95) -> Table:
    """Return a row for every class of every picture, and one for all classes of it together.

    Parameters
    ----------
    analyses : sequence of Analysis
        In the order of the table.
    thresholds : float or sequence of float, optional
        See `Analysis.counted`.
    level : float
        Coverage of the intervals.

    Returns
    -------
    Table
        Named ``"counts"``; what is unknown or makes no sense is empty. Where outlines are known there are more columns:
        the area of each class.
    """
    tables = [count_table(analysis, thresholds, level=level) for analysis in analyses]
    rows = [(a, t, row) for a, t in zip(analyses, tables, strict=True) for row in (*t.rows, t.total)]
    said = f"{level:.0%} interval"
    columns = [
        Column("picture", [a.picture.name for a, _, _ in rows], "", "name of the picture"),
        Column("class", [row.name for _, _, row in rows], "", "class, or all of them together"),
        Column("count", [row.count for _, _, row in rows], "cells", "cells that reach the confidence"),
        _number(
            "count_low", rows, lambda r: r.count_interval.low, "cells", f"lower end of the exact Poisson {said}", 1
        ),
        _number("count_high", rows, lambda r: r.count_interval.high, "cells", f"upper end of that {said}", 1),
        _number("share_percent", rows, lambda r: _percent(r.share), "%", "share of all cells counted", 2),
        _number("share_low_percent", rows, lambda r: _low(r, 100), "%", f"lower end of the exact binomial {said}", 2),
        _number("share_high_percent", rows, lambda r: _high(r, 100), "%", f"upper end of that {said}", 2),
        _number("per_mm2", rows, lambda r: r.per_mm2, "1/mm²", "cells on a square millimetre analysed", 1),
        _number("per_mm2_low", rows, lambda r: _end(r, 0), "1/mm²", f"the count's {said} over the same area", 1),
        _number("per_mm2_high", rows, lambda r: _end(r, 1), "1/mm²", f"the count's {said} over the same area", 1),
        *_area_columns(analyses, thresholds),
        Column("analysed_mm2", [t.area_mm2 for _, t, _ in rows], "mm²", "area that was analysed", 6),
        Column("confidence", [threshold_of(a, thresholds, r.name) for a, _, r in rows], "", "least score counted", 4),
        Column("complete", [t.is_complete for _, t, _ in rows], "", "whether every part of the picture was analysed"),
        Column("coverage", [t.note for _, t, _ in rows], "", "what was analysed and what was left out"),
        Column("model", [a.models_said for a, _, _ in rows], "", "model that found the objects"),
        Column("model_sha256", [a.hashes_said for a, _, _ in rows], "", "hash of the model's weights"),
        # pictures of one name are told apart by it alone
        Column("picture_sha256", [a.picture.sha256 for a, _, _ in rows], "", "hash of the file"),
    ]
    return Table("counts", tuple(columns))


def _area_columns(analyses: Sequence[Analysis], thresholds: Thresholds) -> list[Column]:
    """Return the area of every class of every picture; nothing where every picture has boxes alone."""
    if all(analysis.objects.masks is None for analysis in analyses):
        return []
    rows: list[AreaRow | None] = []
    for analysis in analyses:
        if analysis.objects.masks is None:
            rows += [None] * (len(analysis.card.classes) + 1)
        else:
            table = area_table(analysis, thresholds)
            rows += [*table.rows, table.total]
    return [
        Column("area_px2", [None if r is None else r.area_px2 for r in rows], "px²", "pixels of the class"),
        Column("area_um2", [None if r is None else r.area_um2 for r in rows], "µm²", "area of the class", 3),
        Column("area_percent", [None if r is None else r.percent for r in rows], "%", "share of what was analysed", 3),
    ]


def notes(analyses: Sequence[Analysis], thresholds: Thresholds = None, level: float = 0.95) -> list[str]:
    """Return in sentences how the numbers came about: program, models, confidence, intervals, pictures."""
    lines = [
        f"Written by Cellwright {cellwright.__version__} on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC.",
        f"Intervals are exact, {level:.0%}: Poisson (Garwood) for counts, binomial (Clopper and Pearson) for shares.",
        "Pixels are counted from the top left corner, y down and x to the right; a box ends before its second corner.",
    ]
    lines += dict.fromkeys(line for analysis in analyses for line in _model_notes(analysis, thresholds))
    for analysis in analyses:
        lines += _picture_notes(analysis)
    return lines


def _model_notes(analysis: Analysis, thresholds: Thresholds) -> list[str]:
    card = analysis.card
    if analysis.is_by_hand:
        return ["Drawn by people; no model looked at these pictures."]
    least = ", ".join(f"{name} {threshold_of(analysis, thresholds, name):.2f}" for name in card.class_names)
    lines = [
        f"Model {card.name} ({card.title}), weights sha256 {card.model_hash}.",
        f"Least confidence counted: {least}.",
    ]
    if card.licence:
        lines.append(f"Licence of {card.name}: {card.licence}.")
    lines += [f"To cite with {card.name}: {citation}" for citation in card.citations]
    return lines


def _picture_notes(analysis: Analysis) -> list[str]:
    picture = analysis.picture
    size = str(picture.pixel_size) if picture.pixel_size else "pixel size unknown, so nothing in µm"
    rows, columns = picture.shape
    said = f" ({picture.pixel_size_note})" if picture.pixel_size_note else ""
    ran = f"{picture.name}: analysed on {analysis.device} with {analysis.engine} in {analysis.seconds:.1f} s."
    return [
        f"{picture.name}: {columns} × {rows} px, {size}{said}. {analysis.coverage.sentence()}",
        *([ran] if analysis.engine else []),
        *([f"{picture.name}: only objects were kept for which {analysis.kept}."] if analysis.kept else []),
        *(f"{picture.name}: {note}" for note in analysis.notes),
    ]


def _number(
    name: str,
    rows: Sequence[tuple[Analysis, CountTable, CountRow]],
    value: Callable[[CountRow], float | None],
    unit: str,
    description: str,
    decimals: int,
) -> Column:
    return Column(name, [value(row) for _, _, row in rows], unit, description, decimals)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _low(row: CountRow, factor: float) -> float | None:
    return None if row.share_interval is None else factor * row.share_interval.low


def _high(row: CountRow, factor: float) -> float | None:
    return None if row.share_interval is None else factor * row.share_interval.high


def _end(row: CountRow, which: int) -> float | None:
    return None if row.per_mm2_interval is None else tuple(row.per_mm2_interval)[which]


def threshold_of(analysis: Analysis, thresholds: Thresholds, name: str) -> float | None:
    """Return the least score that counts for a class; for all classes together only where they agree."""
    chosen = analysis.default_thresholds if thresholds is None else thresholds
    per_class = np.broadcast_to(np.asarray(chosen, np.float64), (len(analysis.card.classes),)).tolist()
    by_name = dict(zip(analysis.card.class_names, per_class, strict=True))
    agreed = per_class[0] if len(set(per_class)) == 1 else None
    return by_name.get(name, agreed)


def _floats(parts: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.concatenate(parts) if parts else np.empty(0, np.float32)


def _texts(parts: Sequence[Objects], of: Callable[[Objects], list[str]]) -> list[str]:
    return [text for part in parts for text in of(part)]


def _class_texts(objects: Objects) -> list[str]:
    return [objects.classes[i] for i in objects.class_index.tolist()]


def _repeated(analyses: Sequence[Analysis], parts: Sequence[Objects], of: Callable[[Analysis], str]) -> list[str]:
    return [text for a, part in zip(analyses, parts, strict=True) for text in [of(a)] * len(part)]

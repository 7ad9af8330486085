"""From what a project keeps to what the window shows, and the few rows of it that an edit changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation import ClassRecord
from cellwright.core import Masks, Objects
from cellwright.project import ObjectColumns, PictureChange
from cellwright.ui.state.class_style import ClassStyle
from cellwright.ui.state.marks import Marks
from cellwright.ui.state.session import rows_of


@dataclass(frozen=True, slots=True, eq=False)
class PictureTable:
    """The objects of a picture and what people think of them, row by row."""

    objects: Objects
    marks: Marks


_FEW = 16
"""So many ids are looked for one by one."""


def table_of(columns: ObjectColumns, classes: Sequence[ClassRecord], source: str) -> PictureTable:
    """Return what a project says about a picture, as the window shows it.

    Parameters
    ----------
    columns : ObjectColumns
        As read from the project.
    classes : sequence of ClassRecord
        All of the project; their order is that of ``Objects.classes``.
    source : str
        What made most of them, see `Objects.source`.
    """
    return PictureTable(columns.objects(classes, source), Marks(columns.status, columns.source_index, columns.sources))


def fresh_table(objects: Objects, classes: Sequence[ClassRecord]) -> PictureTable:
    """Return what a project says about objects that it was just given and nobody has looked at."""
    names = tuple(each.name for each in classes)
    number = np.array([names.index(name) for name in objects.classes], np.int16)
    boxes = objects.boxes
    if objects.masks is not None:
        # as the project keeps them: the box that just holds the pixels
        boxes = np.where((objects.masks.counts > 0)[:, None], objects.masks.boxes(), boxes)
    made = replace(objects, boxes=boxes, classes=names, class_index=number[objects.class_index])
    return PictureTable(made, Marks.unreviewed(len(objects), objects.source))


def patched(table: PictureTable, change: PictureChange, classes: Sequence[ClassRecord]) -> PictureTable:
    """Return the table after a change: rows that are gone left out, changed ones in their place, new ones at the end.

    The masks stay the same value where no outline changed, so that nobody has to draw them anew.
    """
    news = table_of(change.present, classes, table.objects.source)
    table = _without(with_classes(table, news.objects.classes), change.gone)
    known, here = _matched(table.objects.ids, news.objects.ids)
    changed = _replaced(table, known, _rows(news, here))
    is_new = np.ones(len(news.objects), bool)
    is_new[here] = False
    return _joined(changed, _rows(news, np.flatnonzero(is_new))) if is_new.any() else changed


def styles_of_classes(classes: Sequence[ClassRecord], known: Mapping[str, ClassStyle]) -> tuple[ClassStyle, ...]:
    """Return the looks of a project's classes; letters are those of a model that has the class, else made up."""
    letters = {name: style.letter for name, style in known.items()}
    return tuple(
        ClassStyle(each.name, each.title, each.colour, letters.get(each.name, each.title[:1].upper()))
        for each in classes
    )


def _matched(old: NDArray[np.void], new: NDArray[np.void]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return, for the ids in both, their rows in the first and in the second."""
    rows = rows_of_ids(old, new)
    here = np.flatnonzero(rows >= 0)
    return rows[here], here


def rows_of_ids(ids: NDArray[np.void], wanted: NDArray[np.void]) -> NDArray[np.intp]:
    """Return the row of each wanted id, -1 where it is not there."""
    if not len(ids) or not len(wanted):
        return np.full(len(wanted), -1, np.intp)
    if len(wanted) <= _FEW:
        # one by one: sorting a million ids takes as long as looking through them a hundred times
        halves, asked = _halves(ids), _halves(np.ascontiguousarray(wanted))
        found = [np.flatnonzero((halves[:, 0] == one[0]) & (halves[:, 1] == one[1])) for one in asked]
        return np.array([each[0] if len(each) else -1 for each in found], np.intp)
    near = np.flatnonzero(np.isin(ids.view("S16"), np.ascontiguousarray(wanted).view("S16")))
    place = {ids[row].tobytes(): int(row) for row in near}
    return np.array([place.get(each.tobytes(), -1) for each in wanted], np.intp)


def _halves(ids: NDArray[np.void]) -> NDArray[np.uint64]:
    """Return ids as two numbers each, which compare faster than bytes."""
    return np.ascontiguousarray(ids).view(np.uint64).reshape(-1, 2)


def with_classes(table: PictureTable, names: tuple[str, ...]) -> PictureTable:
    """Return the table with the classes of the project as they are now; a renamed class keeps its place."""
    objects = table.objects
    if objects.classes == names:
        return table
    return PictureTable(replace(objects, classes=names), table.marks)


def _without(table: PictureTable, gone: NDArray[np.void]) -> PictureTable:
    rows = rows_of(table.objects, gone)
    if not len(rows):
        return table
    keep = np.ones(len(table.objects), bool)
    keep[rows] = False
    return _rows(table, np.flatnonzero(keep))


def _rows(table: PictureTable, rows: NDArray[np.intp]) -> PictureTable:
    return PictureTable(table.objects.take(rows), table.marks.take(rows))


def _replaced(table: PictureTable, rows: NDArray[np.intp], news: PictureTable) -> PictureTable:
    """Put `news` in the place of some rows."""
    if not len(rows):
        return table
    old, new = table.objects, news.objects
    objects = replace(
        old,
        boxes=_with(old.boxes, rows, new.boxes),
        class_index=_with(old.class_index, rows, new.class_index),
        scores=_with(old.scores, rows, new.scores),
        masks=_with_masks(old.masks, rows, new.masks, len(old)),
    )
    return PictureTable(objects, table.marks.replaced(rows, news.marks))


def _with(values: NDArray[np.generic], rows: NDArray[np.intp], news: NDArray[np.generic]) -> NDArray:  # type: ignore[type-arg]
    made = values.copy()
    made[rows] = news
    return made


def _with_masks(old: Masks | None, rows: NDArray[np.intp], new: Masks | None, n: int) -> Masks | None:
    if new is None and old is None:
        return None
    before = old if old is not None else Masks.empty(n)
    after = new if new is not None else Masks.empty(len(rows))
    if old is not None and before.take(rows).equals(after):
        return old
    if len(rows) <= _FEW:
        return _spliced(before, rows, after)
    order = np.arange(n)
    order[rows] = n + np.arange(len(rows))
    return Masks.concatenate([before, after]).take(order)


def _spliced(old: Masks, rows: NDArray[np.intp], new: Masks) -> Masks:
    """Put a few masks in the place of rows: what lies between is copied in one go, and not span by span."""
    parts, begin, counts = [], 0, old.counts.copy()
    for at in np.argsort(rows):
        row = int(rows[at])
        spans = new.spans[new.starts[at] : new.starts[at + 1]]
        parts += [old.spans[begin : old.starts[row]], spans]
        begin, counts[row] = int(old.starts[row + 1]), len(spans)
    parts.append(old.spans[begin:])
    return Masks(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), np.concatenate(parts))


def _joined(table: PictureTable, news: PictureTable) -> PictureTable:
    """Put new rows at the end; boxes and masks may stand in one table, a box being a mask without pixels."""
    first, second = table.objects, news.objects
    if (first.masks is None) != (second.masks is None):
        first = replace(first, masks=first.masks if first.masks is not None else Masks.empty(len(first)))
        second = replace(second, masks=second.masks if second.masks is not None else Masks.empty(len(second)))
    return PictureTable(Objects.concatenate([first, second]), Marks.concatenate([table.marks, news.marks]))

"""`Draft`: one picture as its format describes it, before anything is checked; and the step from drafts to a set."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from cellwright.core import DatasetNotReadable
from cellwright.datasets.files import picture_size
from cellwright.datasets.label_sources import (
    IGNORED_PIXEL,
    ClassImage,
    LabelSource,
    Meaning,
    ObjectImage,
    boxes_of_labels,
)
from cellwright.datasets.labelled import LabelledPicture, LabelledSet
from cellwright.datasets.outlines import Outline, OutlineLabels
from cellwright.datasets.report import FindingLog, ImportReport, Kind, Reason

CLIP_TOLERANCE_PX = 0.5
"""Labels are rounded when written; an overhang below half a pixel is rounding and not worth a line."""


@dataclass(frozen=True, slots=True)
class RawBox:
    """One box as written: corners in pixels, or in fractions of the picture for a `Draft` that says so.

    Parameters
    ----------
    y0, x0, y1, x1 : float
        Corners, half-open, unchecked.
    name : str or None
        Class as the file calls it; None if it has no name.
    where : str
        Where it stands, such as ``"labels/0007.txt:3"``.
    ignore : bool
        Whether it is judged neither way.
    outline : Outline or None
        The outline of the object, where there is one that can be read.
    """

    y0: float
    x0: float
    y1: float
    x1: float
    name: str | None
    where: str
    ignore: bool = False
    outline: Outline | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A picture and its boxes as a format describes them.

    Parameters
    ----------
    path : Path
        Picture file.
    where : str
        Name for reports, relative to the set.
    split, group : str
        As in `LabelledPicture`.
    boxes : list of RawBox
        Unchecked.
    is_fraction : bool
        Whether the boxes are fractions of the picture's sides.
    stated_size : (int, int) or None
        Rows and columns that the annotation claims.
    problem : Reason or None
        Why the whole picture is left out.
    findings : list of (Reason, str)
        What was noticed while its labels were read.
    labels : PixelLabels or None
        The file that says what each pixel is; then there are no boxes to check, they follow from it.
    kind, facts
        As in `LabelledPicture`.
    """

    path: Path
    where: str
    split: str = ""
    group: str = ""
    boxes: list[RawBox] = field(default_factory=list)
    is_fraction: bool = False
    stated_size: tuple[int, int] | None = None
    problem: Reason | None = None
    findings: list[tuple[Reason, str]] = field(default_factory=list)
    labels: PixelLabels | None = None
    kind: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PixelLabels:
    """A label image as found, before it is read.

    Parameters
    ----------
    path : Path
        The label image.
    where : str
        Name for reports, relative to the set.
    meaning : Meaning
        What its numbers say.
    name_of : mapping of int to str
        Name of the class of each number where the numbers are classes; under 0 the class of all objects where they
        are objects.
    source : LabelSource or None
        What reads them; None where it is a picture file.
    """

    path: Path
    where: str
    meaning: Meaning
    name_of: Mapping[int, str]
    source: LabelSource | None = None


@dataclass(frozen=True, slots=True)
class Drafts:
    """Everything one reader found.

    Parameters
    ----------
    format : str
        Name of the format.
    root : Path
        Resolved folder of the set.
    names : tuple of str
        Classes in the order of the files.
    pictures : list of Draft
        In any order.
    notes : list of str
        Sentences for the report.
    """

    format: str
    root: Path
    names: tuple[str, ...]
    pictures: list[Draft]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ClassMap:
    """From the names in the files to the classes of the set.

    Parameters
    ----------
    classes : tuple of str
        Classes of the set.
    index : mapping of str to int
        Name in the files, case folded, to position in `classes`.
    """

    classes: tuple[str, ...]
    index: Mapping[str, int]

    @classmethod
    def build(cls, names: Sequence[str], wanted: Sequence[str] | None, aliases: Mapping[str, str]) -> ClassMap:
        """Return the map for the names in the files, the classes asked for (None: all), and other names for them."""
        renamed = {key.casefold(): value for key, value in aliases.items()}
        seen = [renamed.get(name.casefold(), name) for name in names]
        classes = tuple(wanted) if wanted is not None else tuple(dict.fromkeys(seen))
        position = {name.casefold(): i for i, name in reversed(list(enumerate(classes)))}
        pairs = ((name, position.get(new.casefold())) for name, new in zip(names, seen, strict=True))
        return cls(classes, {name.casefold(): i for name, i in pairs if i is not None})


def assemble(
    drafts: Drafts,
    split: str | None,
    wanted: Sequence[str] | None,
    aliases: Mapping[str, str],
) -> tuple[LabelledSet, ImportReport]:
    """Check every draft and make the set and the report of it.

    Parameters
    ----------
    drafts : Drafts
        What a reader found.
    split : str or None
        Only this split; None for all.
    wanted, aliases
        As in `ClassMap.build`.

    Raises
    ------
    DatasetNotReadable
        If no picture is left.
    """
    chosen = _of_split(drafts, split)
    class_map = ClassMap.build(drafts.names, wanted, aliases)
    log = FindingLog()
    seen: set[Path] = set()
    outlined = any(box.outline is not None for d in drafts.pictures for box in d.boxes)
    pictures = [p for p in (_settle_picture(d, class_map, seen, log, outlined) for d in chosen) if p is not None]
    findings = log.findings()
    if not pictures:
        worst = max((f for f in findings if f.reason.kind is Kind.PICTURE), key=lambda f: f.count, default=None)
        why = f": {worst.reason.value} ({worst.count} ×, as in {worst.examples[0]})" if worst else ""
        raise DatasetNotReadable(f"{drafts.root} holds no labelled picture that can be used{why}.")
    made = LabelledSet(tuple(pictures), class_map.classes, drafts.root)
    boxes = sum(len(p) for p in pictures)
    notes = tuple(dict.fromkeys(drafts.notes))
    return made, ImportReport(drafts.format, str(drafts.root), len(pictures), boxes, findings, notes)


def _of_split(drafts: Drafts, split: str | None) -> list[Draft]:
    ordered = sorted(drafts.pictures, key=lambda d: d.where)
    if split is None:
        return ordered
    chosen = [d for d in ordered if d.split == split]
    if not chosen:
        names = ", ".join(sorted({repr(d.split) for d in ordered if d.split})) or "none"
        raise DatasetNotReadable(f"{drafts.root} has no split {split!r}; there is: {names}.")
    return chosen


def _settle_picture(
    draft: Draft, classes: ClassMap, seen: set[Path], log: FindingLog, outlined: bool
) -> LabelledPicture | None:
    problem = draft.problem or (Reason.LISTED_TWICE if draft.path in seen else None)
    size = None if problem else picture_size(draft.path)
    if size is None:
        log.add(problem or Reason.BAD_PICTURE, draft.where)
        return None
    seen.add(draft.path)
    log.extend(draft.findings)
    if draft.stated_size is not None and draft.stated_size != size:
        log.add(Reason.SIZE_DIFFERS, draft.where)
    if draft.labels is not None:
        return _settle_labels(draft, draft.labels, size, classes, log)
    rows = _settle_boxes(draft, size, classes, log)
    boxes = [_in_pixels(row[2], size) if draft.is_fraction else row[2] for row in rows]
    return LabelledPicture(
        draft.path,
        size,
        np.array([row[0] for row in rows], np.float32).reshape(-1, 4),
        np.array([row[1] for row in rows], np.int16),
        draft.group,
        draft.split,
        np.array([row[2].ignore for row in rows], bool),
        labels=_settle_outlines(boxes, size, log) if outlined else None,
        kind=draft.kind,
        facts=draft.facts,
    )


def _in_pixels(box: RawBox, size: tuple[int, int]) -> RawBox:
    """Return a box whose outline is in pixels where it was in fractions of the picture."""
    if box.outline is None:
        return box
    sides = np.tile((size[1], size[0]), max(map(len, box.outline.polygons)) // 2)
    scaled = tuple(tuple((np.array(part) * sides[: len(part)]).tolist()) for part in box.outline.polygons)
    return replace(box, outline=Outline(scaled))


def _settle_outlines(boxes: Sequence[RawBox], size: tuple[int, int], log: FindingLog) -> OutlineLabels | None:
    """Return the outlines of a picture whose objects all have one; an object that nobody judges may go without."""
    found = [OutlineLabels(size, (box.outline or Outline(),)) for box in boxes]
    without = [box for box, one in zip(boxes, found, strict=True) if not _has_pixels(box, one)]
    log.extend((Reason.NO_OUTLINE, box.where) for box in without)
    if not all(box.ignore for box in without):
        return None
    lost = {id(box) for box in without}
    kept = [Outline() if id(box) in lost else box.outline or Outline() for box in boxes]
    return OutlineLabels(size, tuple(kept))


def _has_pixels(box: RawBox, one: OutlineLabels) -> bool:
    if box.outline is None:
        return False
    try:
        return bool(one.masks().areas().all())
    except DatasetNotReadable:
        return False


def _settle_labels(
    draft: Draft, labels: PixelLabels, size: tuple[int, int], classes: ClassMap, log: FindingLog
) -> LabelledPicture | None:
    """Read a label image once: the boxes follow from it, and whether it can be used."""
    source = _source(labels, classes)
    try:
        read = source.read()
    except DatasetNotReadable:
        log.add(Reason.BAD_LABELS, labels.where)
        return None
    if read.shape != size:
        log.add(Reason.LABELS_DIFFER, labels.where)
        return None
    if (read == IGNORED_PIXEL).any():
        log.add(Reason.SPARE_VALUE, labels.where)
    rows, boxes = boxes_of_labels(read)
    # The class of an object stands under 0; that of a class is its own row.
    index = np.zeros_like(rows) if labels.meaning is Meaning.OBJECTS else rows
    return LabelledPicture(
        draft.path,
        size,
        boxes,
        index.astype(np.int16),
        draft.group,
        draft.split,
        labels=source,
        kind=draft.kind,
        facts=draft.facts,
    )


def _source(labels: PixelLabels, classes: ClassMap) -> LabelSource:
    if labels.source is not None:
        return labels.source
    if labels.meaning is Meaning.OBJECTS:
        return ObjectImage(labels.path)
    index = {value: classes.index.get(name.casefold()) for value, name in labels.name_of.items()}
    return ClassImage(labels.path, tuple((value, 0 if i is None else i + 1) for value, i in index.items()))


_Corners = tuple[float, float, float, float]


def _settle_boxes(
    draft: Draft, size: tuple[int, int], classes: ClassMap, log: FindingLog
) -> list[tuple[_Corners, int, RawBox]]:
    rows: list[tuple[_Corners, int, RawBox]] = []
    # Two outlines may well have the same box around them.
    taken: dict[tuple[_Corners, Outline | None], set[int]] = {}
    for box in draft.boxes:
        class_index = _class_of(box, classes)
        if isinstance(class_index, Reason):
            log.add(class_index, box.where)
            continue
        corners = _settle_corners(box, size, draft.is_fraction)
        if isinstance(corners, Reason):
            log.add(corners, box.where)
            continue
        cut, overhang = corners
        others = taken.setdefault((cut, box.outline), set())
        if class_index in others:
            log.add(Reason.DUPLICATE, box.where)
            continue
        if others:
            log.add(Reason.SAME_BOX, box.where)
        if overhang > CLIP_TOLERANCE_PX:
            log.add(Reason.CLIPPED, box.where)
        others.add(class_index)
        rows.append((cut, class_index, box))
    return rows


def _class_of(box: RawBox, classes: ClassMap) -> int | Reason:
    if box.name is None:
        return Reason.UNKNOWN_CLASS
    return classes.index.get(box.name.casefold(), Reason.UNWANTED_CLASS)


def _settle_corners(box: RawBox, size: tuple[int, int], is_fraction: bool) -> tuple[_Corners, float] | Reason:
    """Return the corners cut to the picture and how far they hung over in pixels, or why they cannot be used."""
    height, width = size
    sy, sx = (height, width) if is_fraction else (1, 1)
    y0, x0, y1, x1 = box.y0 * sy, box.x0 * sx, box.y1 * sy, box.x1 * sx
    if not all(map(math.isfinite, (y0, x0, y1, x1))):
        return Reason.NOT_FINITE
    if y1 < y0 or x1 < x0:
        return Reason.NEGATIVE_SIZE
    if y1 == y0 or x1 == x0:
        return Reason.ZERO_SIZE
    if y0 >= height or x0 >= width or y1 <= 0 or x1 <= 0:
        return Reason.OUTSIDE
    cut = _as_float32(max(y0, 0.0), max(x0, 0.0), min(y1, height), min(x1, width))
    if cut[2] <= cut[0] or cut[3] <= cut[1]:
        return Reason.ZERO_SIZE
    return cut, max(-y0, -x0, y1 - height, x1 - width)


def _as_float32(*values: float) -> _Corners:
    # Rounded first, so that two boxes which the set cannot tell apart count as the same box.
    y0, x0, y1, x1 = (float(np.float32(value)) for value in values)
    return y0, x0, y1, x1


def unique_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return names in their order, each once."""
    return tuple(dict.fromkeys(names))

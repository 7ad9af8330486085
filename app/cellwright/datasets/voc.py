"""Pascal VOC: one XML file a picture, corners counted from 1 with both ends included; ImageSets/Main names splits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from cellwright.core import DatasetNotReadable
from cellwright.datasets import files
from cellwright.datasets.drafts import Draft, Drafts, RawBox
from cellwright.datasets.manifest import split_name
from cellwright.datasets.report import Reason

_ANNOTATION_FOLDERS = ("Annotations", "annotations", "labels", "")
_PICTURE_FOLDERS = ("JPEGImages", "images", "Images", "")


def annotation_files(folder: Path) -> list[Path]:
    """Return the XML files of a VOC set, in the usual folder or beside the pictures; empty where there are none."""
    for name in _ANNOTATION_FOLDERS:
        place = folder / name
        found = sorted(p for p in place.glob("*.xml") if not p.name.startswith(".")) if place.is_dir() else []
        if found:
            return found
    return []


def read_voc(path: Path) -> Drafts:
    """Read a Pascal VOC set.

    VOC counts pixels from 1 and names the last pixel inside, so ``xmin … xmax`` becomes the half-open
    ``xmin - 1 … xmax``. Where ``xmin`` and ``xmax`` are equal the box has no extent: programs that write VOC files
    make such boxes by a click without a drag, and nobody marks a cell one pixel wide.

    Parameters
    ----------
    path : Path
        Folder with ``Annotations`` and ``JPEGImages`` (or with pictures and XML files side by side).

    Raises
    ------
    DatasetNotReadable
        If there is no XML file.
    """
    root = path.resolve()
    annotations = annotation_files(root)
    if not annotations:
        raise DatasetNotReadable(f"{root} holds no XML files; a Pascal VOC set keeps them in 'Annotations'.")
    notes: list[str] = []
    splits = _read_splits(root, notes)
    drafts = [_draft(root, annotation, splits) for annotation in annotations]
    known = {annotation.stem for annotation in annotations}
    drafts.extend(_unlabelled(root, known, splits))
    names = sorted({box.name for draft in drafts for box in draft.boxes if box.name is not None})
    return Drafts("voc", root, tuple(names), drafts, notes)


def _read_splits(root: Path, notes: list[str]) -> dict[str, str]:
    """Return the split of each stem; ``trainval`` counts only for those that no finer list names."""
    folder = root / "ImageSets" / "Main"
    lists = [p for p in sorted(folder.glob("*.txt")) if "_" not in p.stem] if folder.is_dir() else []
    lists.sort(key=lambda p: p.stem == "trainval")
    split_of: dict[str, str] = {}
    for path in lists:
        for line in files.read_text(path).splitlines():
            stem = line.split()[0] if line.split() else ""
            if not stem:
                continue
            first = split_of.setdefault(stem, split_name(path.stem))
            if first != split_name(path.stem) and path.stem != "trainval":
                notes.append(f"{stem} stands in {first} and in {path.stem}; it counts as {first} only.")
    return split_of


def _draft(root: Path, annotation: Path, splits: dict[str, str]) -> Draft:
    where = annotation.relative_to(root).as_posix()
    split = splits.get(annotation.stem, "")
    if not files.inside(root, annotation):
        return Draft(annotation, where, split, problem=Reason.OUTSIDE_ROOT)
    try:
        tree = defusedxml.ElementTree.parse(annotation).getroot()
    except (ParseError, DefusedXmlException, OSError, ValueError, LookupError, RecursionError):
        return Draft(annotation, where, split, problem=Reason.BAD_LABELS)
    if tree is None or tree.tag != "annotation":
        return Draft(annotation, where, split, problem=Reason.BAD_LABELS)
    picture = _picture_of(root, annotation, tree.findtext("filename") or "")
    if picture is None:
        return Draft(annotation, where, split, problem=Reason.NO_PICTURE)
    if not files.inside(root, picture):
        return Draft(picture, where, split, problem=Reason.OUTSIDE_ROOT)
    draft = Draft(picture.resolve(), where, split, annotation.stem, stated_size=_stated_size(tree))
    if splits and not split:
        draft.findings.append((Reason.NO_SPLIT, where))
    for number, item in enumerate(tree.findall("object"), start=1):
        box = _box(item, f"{where} object {number}")
        if isinstance(box, Reason):
            draft.findings.append((box, f"{where} object {number}"))
        else:
            draft.boxes.append(box)
    return draft


def _picture_of(root: Path, annotation: Path, filename: str) -> Path | None:
    """Return the picture: by the stem of the XML file, which programs keep in step, else by the name inside it."""
    named = Path(filename.replace("\\", "/")).name
    folders = [root / name for name in _PICTURE_FOLDERS] + [annotation.parent]
    for folder in folders:
        for suffix in (Path(named).suffix, *sorted(files.PICTURE_SUFFIXES), ".JPG", ".PNG"):
            candidate = folder / (annotation.stem + suffix)
            if suffix.lower() in files.PICTURE_SUFFIXES and files.is_file(candidate):
                return candidate
    return next((folder / named for folder in folders if named and files.is_file(folder / named)), None)


def _stated_size(tree: Element) -> tuple[int, int] | None:
    """Return the size in the XML file; None where it is missing or 0, as some programs leave it."""
    try:
        height, width = int(tree.findtext("size/height") or 0), int(tree.findtext("size/width") or 0)
    except ValueError:
        return None
    return (height, width) if height > 0 and width > 0 else None


def _box(item: Element, where: str) -> RawBox | Reason:
    corners = [_number(item.findtext(f"bndbox/{name}")) for name in ("ymin", "xmin", "ymax", "xmax")]
    if item.find("bndbox") is None:
        return Reason.NO_BOX
    if any(value is None for value in corners):
        return Reason.BAD_LINE
    y0, x0, y1, x1 = (math.nan if value is None else value for value in corners)
    if (y1 == y0 and x1 >= x0) or (x1 == x0 and y1 >= y0):
        return Reason.ZERO_SIZE
    if y1 < y0 or x1 < x0:
        return Reason.NEGATIVE_SIZE
    name = (item.findtext("name") or "").strip()
    ignore = (item.findtext("difficult") or "").strip() == "1"
    return RawBox(y0 - 1, x0 - 1, y1, x1, name or None, where, ignore)


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


def _unlabelled(root: Path, known: set[str], splits: dict[str, str]) -> Iterator[Draft]:
    """Yield a draft for every picture and every listed name without an XML file."""
    seen = set(known)
    for folder in (root / name for name in _PICTURE_FOLDERS if name):
        for picture in files.pictures_below(folder) if folder.is_dir() else ():
            if picture.stem not in seen:
                seen.add(picture.stem)
                where = picture.relative_to(root).as_posix()
                yield Draft(picture, where, splits.get(picture.stem, ""), problem=Reason.NO_LABELS)
    for stem in sorted(set(splits) - seen):
        yield Draft(root / "JPEGImages", stem, splits[stem], problem=Reason.NO_PICTURE)

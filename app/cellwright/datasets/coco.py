"""COCO: one JSON file with images, categories and annotations whose bbox is x, y, width, height in pixels from 0."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cellwright.core import DatasetNotReadable
from cellwright.datasets import files
from cellwright.datasets.drafts import Draft, Drafts, RawBox, unique_names
from cellwright.datasets.manifest import split_name
from cellwright.datasets.outlines import outline_of
from cellwright.datasets.report import Reason

_SPLITS = frozenset({"train", "val", "test"})
_HEAD_BYTES = 2**20


def coco_files(folder: Path) -> list[Path]:
    """Return the JSON files of a folder that look like COCO, searched two folders deep."""
    places = [*folder.glob("*.json"), *folder.glob("*/*.json")]
    return [path for path in sorted(places) if not path.name.startswith(".") and _looks_like_coco(path)]


def _looks_like_coco(path: Path) -> bool:
    # The keys may stand in any order behind a list of any length, so both ends of a long file are looked at.
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
            stream.seek(max(len(head), path.stat().st_size - _HEAD_BYTES))
            text = head + stream.read(_HEAD_BYTES)
    except OSError:
        return False
    return sum(key in text for key in (b'"images"', b'"annotations"', b'"categories"')) >= 2


def read_coco(path: Path) -> Drafts:
    """Read a COCO set.

    Boxes come from ``bbox`` (or from the polygon where there is none), outlines from ``segmentation``. Crowds are kept
    and marked to be ignored.

    Parameters
    ----------
    path : Path
        A JSON file, or a folder with one a split.

    Raises
    ------
    DatasetNotReadable
        If no file of this kind is there, or one is damaged.
    """
    sources = [path] if path.is_file() else coco_files(path)
    if not sources:
        raise DatasetNotReadable(f"{path} holds no COCO file: a JSON file with 'images', 'annotations', 'categories'.")
    root = _root_of(path)
    names: list[str] = []
    drafts: list[Draft] = []
    notes: list[str] = []
    for source in sources:
        content = _load(source)
        categories = _categories(content, source, notes)
        names.extend(categories[key] for key in sorted(categories))
        drafts.extend(_drafts(root, source, content, categories, notes))
    return Drafts("coco", root, unique_names(names), drafts, notes)


def _root_of(path: Path) -> Path:
    if path.is_dir():
        return path.resolve()
    folder = path.resolve().parent
    return folder.parent if folder.name.lower() in {"annotations", "labels"} else folder


def _load(source: Path) -> dict[str, Any]:
    try:
        content = json.loads(files.read_text(source))
    except (ValueError, RecursionError) as error:
        if isinstance(error, DatasetNotReadable):
            raise
        raise DatasetNotReadable(f"{source} is not valid JSON ({error}); write it again.") from error
    if not isinstance(content, dict) or not isinstance(content.get("images"), list):
        raise DatasetNotReadable(f"{source} has no list 'images', so it is not a COCO file; give another.")
    return content


def _categories(content: Mapping[str, Any], source: Path, notes: list[str]) -> dict[int, str]:
    """Return the names of the categories by id, whole numbers only; an id of two names is none, and `notes` says so."""
    listed = content.get("categories")
    named: dict[int, list[str]] = {}
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("id"), int) and isinstance(entry.get("name"), str):
            names, name = named.setdefault(entry["id"], []), entry["name"].strip()
            names.extend([] if name in names else [name])
    unclear = [
        f"{source.name} gives the category id {key} to {' and '.join(map(repr, names))}"
        for key, names in named.items()
        if len(names) > 1
    ]
    found = {key: names[0] for key, names in named.items() if len(names) == 1}
    if not found:
        why = unclear[0] if unclear else f"{source} lists no 'categories' with id and name"
        raise DatasetNotReadable(f"{why}; write it anew, with an id and a name for each.")
    notes.extend(f"{each}; which is meant nobody knows, so its objects are left out." for each in unclear)
    return found


def _split_of(source: Path) -> str:
    """Return the split that a file's name, else its folder's name, says."""
    for text in (source.stem, source.parent.name):
        for word in re.split(r"[^a-zA-Z]+", text):
            if split_name(word) in _SPLITS:
                return split_name(word)
    return ""


def _drafts(
    root: Path, source: Path, content: Mapping[str, Any], categories: dict[int, str], notes: list[str]
) -> Iterator[Draft]:
    split = _split_of(source)
    drafts: dict[int, Draft] = {}
    for number, entry in enumerate(content["images"]):
        where = f"{source.name} image {number}"
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), int):
            yield Draft(source, where, split, problem=Reason.BAD_LABELS)
        elif entry["id"] in drafts:
            yield Draft(source, where, split, problem=Reason.LISTED_TWICE)
        else:
            drafts[entry["id"]] = _picture(root, source, entry, split, where)
    listed = content.get("annotations")
    orphans, seen = 0, set[int]()
    for number, entry in enumerate(listed if isinstance(listed, list) else []):
        draft = drafts.get(entry.get("image_id", -1)) if isinstance(entry, dict) and _is_id(entry) else None
        if draft is None:
            orphans += 1
            continue
        where = f"{source.name} annotation {entry.get('id', f'#{number}')}"
        if isinstance(entry.get("id"), int):
            if entry["id"] in seen:
                draft.findings.append((Reason.SAME_ID, where))
            seen.add(entry["id"])
        _add_annotation(draft, entry, categories, where)
    if orphans:
        notes.append(f"{orphans} annotations of {source.name} belong to no picture it lists; they are not in the set.")
    yield from drafts.values()


def _is_id(entry: Mapping[str, Any]) -> bool:
    return isinstance(entry.get("image_id"), int)


def _picture(root: Path, source: Path, entry: Mapping[str, Any], split: str, where: str) -> Draft:
    name = entry.get("file_name")
    if not isinstance(name, str) or not name.strip():
        return Draft(source, where, split, problem=Reason.NO_PICTURE)
    path = _find_picture(root, source, name, split)
    if path is None:
        reason = Reason.OUTSIDE_ROOT if files.resolve(root, name) is None else Reason.NO_PICTURE
        return Draft(source, name, split, problem=reason)
    height, width = entry.get("height"), entry.get("width")
    stated = (height, width) if isinstance(height, int) and isinstance(width, int) and height > 0 < width else None
    relative = path.relative_to(root).as_posix()
    return Draft(path, relative, split, Path(relative).stem, stated_size=stated)


def _find_picture(root: Path, source: Path, name: str, split: str) -> Path | None:
    plain = name.strip().replace("\\", "/")
    folders = [source.parent, source.parent / "images", root, root / "images", root / "JPEGImages"]
    if split:
        stem = re.search(rf"{split}\w*", source.stem)
        folders += [root / split, root / "images" / split]
        folders += [root / stem.group(), root / "images" / stem.group()] if stem else []
    for folder in folders:
        candidate = folder / plain
        if files.inside(root, candidate) and files.is_file(candidate):
            return candidate.resolve()
    return None


def _add_annotation(draft: Draft, entry: Mapping[str, Any], categories: dict[int, str], where: str) -> None:
    corners = _corners(entry)
    if isinstance(corners, Reason):
        draft.findings.append((corners, where))
        return
    if not isinstance(entry.get("bbox"), list):
        draft.findings.append((Reason.POLYGON, where))
    category = entry.get("category_id")
    name = categories.get(category) if isinstance(category, int) else None
    y0, x0, y1, x1 = corners
    outline = outline_of(entry.get("segmentation"))
    draft.boxes.append(RawBox(y0, x0, y1, x1, name, where, bool(entry.get("iscrowd")), outline))


def _corners(entry: Mapping[str, Any]) -> tuple[float, float, float, float] | Reason:
    bbox = entry.get("bbox")
    if isinstance(bbox, list) and bbox:
        values = _floats(bbox)
        if values is None or len(values) != 4:
            return Reason.BAD_LINE
        x, y, w, h = values
        return y, x, y + h, x + w
    outline = entry.get("segmentation")
    if not isinstance(outline, list) or not outline:
        return Reason.NO_BOX
    parts = [_floats(part) if isinstance(part, list) else None for part in outline]
    points = [value for part in parts if part is not None for value in part]
    if any(part is None or len(part) < 6 or len(part) % 2 for part in parts):
        return Reason.BAD_LINE
    if not all(map(math.isfinite, points)):
        return Reason.NOT_FINITE
    xs, ys = points[0::2], points[1::2]
    return min(ys), min(xs), max(ys), max(xs)


def _floats(values: list[Any]) -> list[float] | None:
    if any(isinstance(value, bool) or not isinstance(value, (int, float)) for value in values):
        return None
    try:
        return [float(value) for value in values]
    except OverflowError:
        return None

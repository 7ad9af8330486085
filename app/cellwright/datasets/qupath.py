"""GeoJSON as QuPath writes it: a file a picture, one feature an object, coordinates x, y on pixel edges."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from cellwright.core import DatasetNotReadable
from cellwright.datasets import files
from cellwright.datasets.drafts import Draft, Drafts, RawBox, unique_names
from cellwright.datasets.manifest import split_name
from cellwright.datasets.outlines import Outline
from cellwright.datasets.report import Reason

SUFFIX = ".geojson"
UNCLASSED = "object"
"""Class of objects that carry none."""

_SPLITS = frozenset({"train", "val", "test"})
_PICTURE_FOLDERS = ("", "images", "../images", "..")

_Ring = tuple[float, ...]


def geojson_files(folder: Path) -> list[Path]:
    """Return the ``.geojson`` files below a folder, sorted; linked folders are not followed."""
    return [path for path in files.walk(folder) if path.suffix.lower() == SUFFIX]


def read_qupath(path: Path) -> Drafts:
    """Read GeoJSON files, each beside the picture of its name, or beside a folder ``images`` that holds it.

    Polygons become outlines, holes and several parts included. Where every outline of the set is an upright rectangle,
    they are read as boxes.

    Parameters
    ----------
    path : Path
        A folder, searched to any depth, or one file.

    Raises
    ------
    DatasetNotReadable
        If there is no such file.
    """
    found = [path] if path.is_file() else geojson_files(path)
    if not found:
        raise DatasetNotReadable(f"{path} holds no {SUFFIX} file; export the objects from QuPath first.")
    root = (path.parent if path.is_file() else path).resolve()
    if path.is_file() and root.name.lower() in {"geojson", "annotations", "labels"}:
        root = root.parent  # the pictures lie beside the folder
    drafts = [_draft(root, each) for each in found]
    if all(_is_rectangle(box) for draft in drafts for box in draft.boxes):
        for draft in drafts:
            draft.boxes[:] = [_as_box(box) for box in draft.boxes]
    names = unique_names(sorted({box.name for draft in drafts for box in draft.boxes if box.name is not None}))
    return Drafts("qupath", root, names, drafts)


def _draft(root: Path, path: Path) -> Draft:
    if not files.inside(root, path):
        return Draft(path, path.name, problem=Reason.OUTSIDE_ROOT)
    path = path.resolve()
    where = path.relative_to(root).as_posix()
    picture = _picture_of(root, path)
    if picture is None:
        return Draft(path, where, problem=Reason.NO_PICTURE)
    features = _features(path)
    if features is None:
        return Draft(path, where, problem=Reason.BAD_LABELS)
    inner = picture.relative_to(root)
    split = next((split_name(part) for part in inner.parts[:-1] if split_name(part) in _SPLITS), "")
    draft = Draft(picture, inner.as_posix(), split, inner.as_posix())
    seen: set[str] = set()
    for number, feature in enumerate(features, start=1):
        _add_feature(draft, feature, f"{where} feature {number}", seen)
    return draft


def _picture_of(root: Path, path: Path) -> Path | None:
    for name in _PICTURE_FOLDERS:
        for suffix in sorted(files.PICTURE_SUFFIXES):
            for candidate in (
                path.parent / name / (path.stem + suffix),
                path.parent / name / (path.stem + suffix.upper()),
            ):
                if files.inside(root, candidate) and files.is_file(candidate):
                    return candidate.resolve()
    return None


def _features(path: Path) -> list[Any] | None:
    """Return the features of a collection, of a bare list, or a single one; None where there are none to be had."""
    try:
        content = json.loads(files.read_text(path))
    except (ValueError, RecursionError):
        return None
    if isinstance(content, list):
        return content
    if not isinstance(content, dict):
        return None
    if content.get("type") == "Feature":
        return [content]
    features = content.get("features")
    return features if isinstance(features, list) else None


def _add_feature(draft: Draft, feature: object, where: str, seen: set[str]) -> None:
    if not isinstance(feature, dict):
        draft.findings.append((Reason.BAD_LINE, where))
        return
    found = _outline(feature.get("geometry"))
    if isinstance(found, Reason):
        draft.findings.append((found, where))
        return
    name = feature.get("id")
    if isinstance(name, str) and name in seen:
        draft.findings.append((Reason.SAME_ID, where))
    elif isinstance(name, str):
        seen.add(name)
    xs = [x for ring in found.polygons for x in ring[0::2]]
    ys = [y for ring in found.polygons for y in ring[1::2]]
    draft.boxes.append(RawBox(min(ys), min(xs), max(ys), max(xs), _class_of(feature), where, outline=found))


def _class_of(feature: Mapping[str, Any]) -> str:
    properties = feature.get("properties")
    said = properties.get("classification") if isinstance(properties, dict) else None
    if isinstance(said, str) and said.strip():
        return said.strip()
    if isinstance(said, dict):
        names = said.get("names")
        if isinstance(names, list) and names and all(isinstance(part, str) for part in names):
            return ": ".join(names)
        if isinstance(said.get("name"), str) and said["name"].strip():
            return str(said["name"].strip())
    return UNCLASSED


def _outline(geometry: object) -> Outline | Reason:
    if not isinstance(geometry, dict):
        return Reason.NO_BOX
    coordinates, kind = geometry.get("coordinates"), geometry.get("type")
    if kind not in ("Polygon", "MultiPolygon"):
        return Reason.NO_BOX  # points and lines
    parts = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(parts, list) or not parts:
        return Reason.BAD_LINE
    outer: list[_Ring] = []
    holes: list[_Ring] = []
    for part in parts:
        rings = [_ring(ring) for ring in part] if isinstance(part, list) and part else [Reason.BAD_LINE]
        bad = next((ring for ring in rings if isinstance(ring, Reason)), None)
        if bad is not None:
            return bad
        first, *rest = [ring for ring in rings if not isinstance(ring, Reason)]
        outer.append(first)
        holes.extend(rest)
    return Outline(tuple(outer), holes=tuple(holes))


def _ring(written: object) -> _Ring | Reason:
    """Return x, y, x, y … without the closing point."""
    if not isinstance(written, list) or len(written) < 3:
        return Reason.BAD_LINE
    values: list[float] = []
    for point in written:
        if not isinstance(point, list) or len(point) < 2 or not all(_is_number(value) for value in point[:2]):
            return Reason.BAD_LINE
        values.extend(_float(value) for value in point[:2])
    if not all(map(math.isfinite, values)):
        return Reason.NOT_FINITE
    if values[:2] == values[-2:]:
        del values[-2:]
    return tuple(values) if len(values) >= 6 else Reason.BAD_LINE


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _is_rectangle(box: RawBox) -> bool:
    outline = box.outline
    if outline is None or len(outline.polygons) != 1 or outline.holes or len(outline.polygons[0]) != 8:
        return False
    points = list(_pairs(outline.polygons[0]))
    corners = {(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)}
    return set(points) == corners and all((a[0] == b[0]) != (a[1] == b[1]) for a, b in pairwise(points))


def _pairs(ring: _Ring) -> Iterator[tuple[float, float]]:
    return zip(ring[0::2], ring[1::2], strict=True)


def _as_box(box: RawBox) -> RawBox:
    return RawBox(box.y0, box.x0, box.y1, box.x1, box.name, box.where, box.ignore)

"""YOLO: a text file a picture, ``class cx cy w h`` or ``class x y x y …`` in fractions of its sides; a data.yaml."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from cellwright.core import DatasetNotReadable
from cellwright.datasets import files
from cellwright.datasets.drafts import Draft, Drafts, RawBox
from cellwright.datasets.manifest import Manifest, read_manifest, split_name
from cellwright.datasets.outlines import Outline
from cellwright.datasets.report import Reason

YAML_NAMES = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
_YAML_LIMIT_BYTES = 2**20
_SPLIT_KEYS = ("train", "val", "valid", "validation", "test")
_NAME_LISTS = ("classes.txt", "obj.names", "labels/classes.txt")
_NOT_LABELS = frozenset({"classes.txt", "train.txt", "val.txt", "valid.txt", "test.txt", "readme.txt", "source.txt"})


@dataclass(frozen=True, slots=True)
class _Description:
    """What data.yaml says: class names by number, and the sources of each split as written."""

    names: dict[int, str]
    splits: dict[str, list[str]]
    base: str = ""
    notes: list[str] = field(default_factory=list)


def find_yaml(folder: Path) -> Path | None:
    """Return the data.yaml of a folder, under its usual names or the only one there."""
    for name in YAML_NAMES:
        if files.is_file(folder / name):
            return folder / name
    others = sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])
    return others[0] if len(others) == 1 and _mentions_names(others[0]) else None


def _mentions_names(path: Path) -> bool:
    with path.open("rb") as stream:
        return b"names" in stream.read(_YAML_LIMIT_BYTES)


def looks_like_yolo(folder: Path) -> bool:
    """Whether a folder without data.yaml still has label files beside pictures."""
    # Three levels are all that the layouts use; a whole home folder given by mistake is not searched.
    found = (path for pattern in ("*.txt", "*/*.txt", "*/*/*.txt") for path in folder.glob(pattern))
    return any(path.name.lower() not in _NOT_LABELS for path in found)


def read_yolo(path: Path, names: Sequence[str] | None = None) -> Drafts:
    """Read a YOLO set.

    Parameters
    ----------
    path : Path
        Its folder or its data.yaml.
    names : sequence of str, optional
        Class names by number for a set that names none.

    Returns
    -------
    Drafts
        Unchecked pictures and boxes.

    Raises
    ------
    DatasetNotReadable
        If data.yaml is not one, or no picture is found.
    """
    yaml_path = path if path.is_file() else find_yaml(path)
    root = (path.parent if path.is_file() else path).resolve()
    described = _read_yaml(yaml_path) if yaml_path else _describe_without_yaml(root, names)
    notes = list(described.notes)
    manifest = read_manifest(root)
    sources = {split: list(_find(root, described, written, notes)) for split, written in described.splits.items()}
    split_of = _split_rule(sources, manifest, notes)
    found = [picture for pictures in sources.values() for picture in pictures]
    if not any(sources.values()):
        found = list(files.pictures_below(root))
    drafts = [_draft(root, picture, described, split_of, manifest) for picture in dict.fromkeys(found)]
    drafts.extend(_missing_from_manifest(root, drafts, manifest))
    return Drafts("yolo", root, tuple(described.names[i] for i in sorted(described.names)), drafts, notes)


def _read_yaml(path: Path) -> _Description:
    if path.stat().st_size > _YAML_LIMIT_BYTES:
        raise DatasetNotReadable(f"{path} is too long for a description of a set; give the data.yaml.")
    try:
        content = yaml.safe_load(files.read_text(path))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, DatasetNotReadable):
            raise
        raise DatasetNotReadable(f"{path} is not valid YAML; it needs 'names', 'train' and 'val'.") from error
    if not isinstance(content, dict) or "names" not in content:
        raise DatasetNotReadable(f"{path} names no classes; it needs 'names', 'train' and 'val'.")
    splits: dict[str, list[str]] = {}
    for key in _SPLIT_KEYS:
        written = content.get(key)
        entries = written if isinstance(written, list) else [written]
        texts = [entry for entry in entries if isinstance(entry, str) and entry.strip()]
        if texts:
            splits.setdefault(split_name(key), []).extend(texts)
    base = content.get("path")
    return _Description(_names_of(content["names"], path), splits, base if isinstance(base, str) else "")


def _names_of(written: object, path: Path) -> dict[int, str]:
    """Return the names by number from a list or a mapping."""
    pairs = list(enumerate(written)) if isinstance(written, list) else []
    if isinstance(written, dict):
        pairs = [(key, name) for key, name in written.items()]
    try:
        names = {int(key): str(name).strip() for key, name in pairs if isinstance(name, (str, int, float))}
    except (TypeError, ValueError) as error:
        raise DatasetNotReadable(f"{path}: 'names' must number the classes, as in '0: WBC'.") from error
    if not names:
        raise DatasetNotReadable(f"{path}: 'names' is empty; write one line a class, as in '0: WBC'.")
    return names


def _describe_without_yaml(root: Path, names: Sequence[str] | None) -> _Description:
    for name in _NAME_LISTS:
        if files.is_file(root / name):
            lines = [line.strip() for line in files.read_text(root / name).splitlines()]
            return _Description({i: line for i, line in enumerate(lines) if line}, _usual_splits(root))
    if names is None:
        raise DatasetNotReadable(f"{root} has no data.yaml that names the classes; add one, or say the classes.")
    note = "No data.yaml: the classes were taken by number in the order given."
    return _Description(dict(enumerate(names)), _usual_splits(root), notes=[note])


def _usual_splits(root: Path) -> dict[str, list[str]]:
    splits: dict[str, list[str]] = {}
    for key in _SPLIT_KEYS:
        for place in (f"images/{key}", f"{key}/images", f"{key}.txt"):
            if (root / place).exists():
                splits.setdefault(split_name(key), []).append(place)
    return splits


def _find(root: Path, described: _Description, written: list[str], notes: list[str]) -> Iterator[Path]:
    """Yield the pictures that the entries of one split name; pictures in lists may be missing or lead outside."""
    for entry in written:
        place = _locate(root, described.base, entry)
        if place is None:
            notes.append(f"'{entry}' in the description leads nowhere inside {root}; its pictures are not in the set.")
        elif place.is_dir():
            yield from files.pictures_below(place)
        else:
            yield from _listed(root, place)


def _locate(root: Path, base: str, entry: str) -> Path | None:
    """Return the folder or list that an entry means.

    Descriptions are often written for another machine (an absolute `path:`) or for another folder (``../train/images``
    beside ``train/images``), so the parts that would leave the set are dropped as a last resort.
    """
    plain = entry.replace("\\", "/")
    inner = "/".join(part for part in plain.split("/") if part not in {"..", ".", ""})
    candidates = [f"{base}/{plain}" if base else plain, plain, inner]
    for candidate in candidates:
        place = files.resolve(root, candidate)
        if place is not None and place.exists():
            return place
    return None


def _listed(root: Path, list_path: Path) -> Iterator[Path]:
    for line in files.read_text(list_path).splitlines():
        if line.strip():
            name = line.strip().replace("\\", "/")
            beside = list_path.parent / name
            yield beside if files.inside(root, beside) and files.is_file(beside) else root / name


@dataclass(frozen=True, slots=True)
class _SplitRule:
    """Which split a picture belongs to: by the manifest where it decides, else by where it was found."""

    found_in: dict[Path, str]
    manifest: Manifest | None

    def __call__(self, path: Path, root: Path) -> str:
        if self.manifest is None:
            return self.found_in.get(path, "")
        row = self.manifest.row_of(path, root) if path.is_relative_to(root) else None
        return row.split if row is not None else ""


def _split_rule(sources: dict[str, list[Path]], manifest: Manifest | None, notes: list[str]) -> _SplitRule:
    train, val = set(sources.get("train", ())), set(sources.get("val", ()))
    found_in = {path: split for split, paths in reversed(list(sources.items())) for path in paths}
    same = bool(train) and train == val
    if manifest is not None and manifest.names_splits and (same or not found_in):
        notes.append("The splits are those of manifest.csv, since the description keeps them in one folder.")
        return _SplitRule(found_in, manifest)
    if same:
        notes.append("Train and val are the same pictures and nothing tells them apart; all count as train.")
    elif train & val:
        notes.append(f"{len(train & val)} pictures stand in train and in val; they count as train only.")
    return _SplitRule(found_in, None)


def _draft(root: Path, path: Path, described: _Description, split_of: _SplitRule, manifest: Manifest | None) -> Draft:
    # Checked before the file is so much as looked for: a list may name any path of the machine.
    if not files.inside(root, path):
        return Draft(path, str(path), problem=Reason.OUTSIDE_ROOT)
    path = path.resolve()
    where = path.relative_to(root).as_posix()
    split = split_of(path, root)
    row = manifest.row_of(path, root) if manifest else None
    group = row.group if row is not None and row.group else Path(where).stem
    if not files.is_file(path):
        return Draft(path, where, split, problem=Reason.NO_PICTURE)
    label = _label_of(root, path)
    if label is None:
        return Draft(path, where, split, problem=Reason.NO_LABELS)
    try:
        text = files.read_text(label)
    except DatasetNotReadable:
        return Draft(path, where, split, problem=Reason.BAD_LABELS)
    draft = Draft(path, where, split, group, is_fraction=True)
    if not split and split_of.manifest is not None:
        draft.findings.append((Reason.NO_SPLIT, where))
    _read_lines(draft, text, label.relative_to(root).as_posix(), described.names)
    return draft


def _label_of(root: Path, path: Path) -> Path | None:
    """Return the label file of a picture: in the folder ``labels`` parallel to ``images``, else beside it."""
    relative = path.relative_to(root)
    parts = list(relative.parts)
    candidates = [path.with_suffix(".txt")]
    for i in reversed(range(len(parts) - 1)):
        if parts[i].lower() == "images":
            parts[i] = "labels"
            candidates.insert(0, (root / Path(*parts)).with_suffix(".txt"))
            break
    candidates.append(root / "labels" / f"{path.stem}.txt")
    return next((c.resolve() for c in candidates if files.is_file(c) and files.inside(root, c)), None)


def _read_lines(draft: Draft, text: str, label_name: str, names: dict[int, str]) -> None:
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.split()
        if not fields:
            continue
        where = f"{label_name}:{number}"
        values = _numbers(fields)
        if values is None or not (len(values) == 5 or (len(values) >= 7 and len(values) % 2 == 1)):
            draft.findings.append((Reason.BAD_LINE, where))
            continue
        y0, x0, y1, x1 = _corners(values[1:])
        is_outline = len(values) > 5 and all(map(math.isfinite, values))
        outline = Outline((tuple(values[1:]),)) if is_outline else None
        draft.boxes.append(RawBox(y0, x0, y1, x1, _class_name(values[0], names), where, outline=outline))


def _numbers(fields: list[str]) -> list[float] | None:
    try:
        return [float(value) for value in fields]
    except ValueError:
        return None


def _class_name(value: float, names: dict[int, str]) -> str | None:
    return names.get(int(value)) if math.isfinite(value) and value == int(value) else None


def _corners(values: list[float]) -> tuple[float, float, float, float]:
    if len(values) == 4:
        cx, cy, w, h = values
        return cy - h / 2, cx - w / 2, cy + h / 2, cx + w / 2
    xs, ys = values[0::2], values[1::2]
    if not all(map(math.isfinite, values)):  # min and max would hide a NaN
        return math.nan, math.nan, math.nan, math.nan
    return min(ys), min(xs), max(ys), max(xs)


def _missing_from_manifest(root: Path, drafts: list[Draft], manifest: Manifest | None) -> Iterator[Draft]:
    if manifest is None:
        return
    known = {d.where for d in drafts} | {d.path.name for d in drafts}
    for name, row in manifest.rows.items():
        if name not in known:
            yield Draft(root / Path(name).name, name, row.split, problem=Reason.NO_PICTURE)

"""Label images: beside each picture one whose pixels say which object, or which class, they belong to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from cellwright.core import DatasetNotReadable
from cellwright.datasets import files
from cellwright.datasets.drafts import Draft, Drafts, PixelLabels
from cellwright.datasets.held_out import HELD_OUT_SHARE, LEAK_SPLIT, HashedPicture, split_of
from cellwright.datasets.label_sources import LABEL_SUFFIXES, Meaning, read_label_image
from cellwright.datasets.manifest import Manifest, ManifestRow, read_manifest, split_name
from cellwright.datasets.report import Reason

_PICTURE_FOLDER = "images"
_LABEL_FOLDERS = ("labels", "masks", "instances", "label", "mask")
_ENDINGS = ("", "_mask", "_masks", "_label", "_labels", "_cp_masks")
_SPLITS = frozenset({"train", "val", "test"})
_NAME_FILE = "classes.txt"

_CLASS_FOLDERS = frozenset({"masks", "mask"})
_FEW_ALIKE, _MANY_ALIKE = 2, 4
"""Label images that must hold the same numbers to be taken for classes, in a folder called masks and in another one."""

_MOST_CLASSES = 32
_LOOKED_AT = 16
_VOID = 255
"""Both what a mask of black and white calls its one class, and what index images leave out of account."""


def label_folders(root: Path) -> list[tuple[Path, Path]]:
    """Return the folders ``images`` with their neighbours ``labels`` or ``masks``, searched two folders deep."""
    root = root.resolve()  # `files.inside` compares with it: a path such as ../data would hold nothing
    places = [root, *_folders(root), *(inner for folder in _folders(root) for inner in _folders(folder))]
    pairs = []
    for place in places:
        found = next((place / name for name in _LABEL_FOLDERS if _holds_labels(root, place / name)), None)
        if found is not None and (place / _PICTURE_FOLDER).is_dir():
            pairs.append((place / _PICTURE_FOLDER, found))
    return pairs


def _folders(place: Path) -> list[Path]:
    return sorted(p for p in place.iterdir() if p.is_dir() and not p.is_symlink() and not p.name.startswith("."))


def _holds_labels(root: Path, folder: Path) -> bool:
    if not folder.is_dir() or not files.inside(root, folder):
        return False
    return any(path.suffix.lower() in LABEL_SUFFIXES for path in files.walk(folder))


def read_label_images(
    path: Path, meaning: Meaning | None = None, classes: Sequence[str] | None = None, *, divide: bool = False
) -> Drafts:
    """Read a set of label images: folders ``images`` and ``labels`` (or ``masks``), files of equal names.

    The split, group and kind of a picture are those of manifest.csv, else the split is a folder's name, such as
    ``train/images``. A set with a manifest that names no split is divided by `split_of`.

    Parameters
    ----------
    path : Path
        The folder of the set.
    meaning : Meaning, optional
        What the numbers say. None looks: several classes asked for, or the same few numbers on most label images (on
        two at least in a folder ``masks``, on four in another one), make them classes, else each number is an object.
    classes : sequence of str, optional
        Names of the classes where no file ``classes.txt`` gives them: of numbers 1, 2, … in this order, or of all
        objects.
    divide : bool
        Divide by `split_of` without a manifest too.

    Returns
    -------
    Drafts
        Unchecked pictures.

    Raises
    ------
    DatasetNotReadable
        If there is no such folder, or objects are to be of several classes, which label images cannot say.
    """
    root = path.resolve()
    pairs = label_folders(root)
    if not pairs:
        raise DatasetNotReadable(f"{path} has no folder 'images' beside a folder 'labels' or 'masks'; add them.")
    manifest = read_manifest(root)
    found = [_find(pictures, labels) for pictures, labels in pairs]
    matched = [(picture, label) for pairs_found in found for picture, label in pairs_found]
    notes: list[str] = []
    say_classes = any(folder.name in _CLASS_FOLDERS for _, folder in pairs)
    enough = _FEW_ALIKE if say_classes else _MANY_ALIKE
    decided = meaning or _meaning_of([label for _, label in matched if label], classes, notes, enough)
    name_of = _names(root, decided, [label for _, label in matched if label], classes, notes)
    drafts = [_draft(root, picture, label, decided, name_of, manifest) for picture, label in matched]
    drafts += _not_there(root, drafts, manifest)
    if not any(d.split in _SPLITS for d in drafts) and (divide or manifest is not None):
        drafts = _divided(drafts)
        notes.append(
            f"The set names no split: of each kind and size of picture {HELD_OUT_SHARE:.0%} are held out as 'val', "
            "chosen by a hash of the picture's name; the others are 'train'."
        )
    names = tuple(name_of[value] for value in sorted(name_of))
    return Drafts("labels" if decided is Meaning.OBJECTS else "index", root, names, drafts, notes)


def _find(pictures: Path, labels: Path) -> Iterator[tuple[Path, Path | None]]:
    """Yield each picture of a folder with its label image."""
    there = {path.relative_to(labels).with_suffix("").as_posix(): path for path in files.walk(labels)}
    for picture in files.pictures_below(pictures):
        stem = picture.relative_to(pictures).with_suffix("").as_posix()
        label = next((there[f"{stem}{end}"] for end in _ENDINGS if f"{stem}{end}" in there), None)
        yield picture, label


def _meaning_of(labels: Sequence[Path], classes: Sequence[str] | None, notes: list[str], enough: int) -> Meaning:
    if classes is not None and len(classes) > 1:
        return Meaning.CLASSES
    values = Counter(found for found in map(_values, _sample(labels)) if found)
    usual, times = values.most_common(1)[0] if values else (frozenset[int](), 0)
    all_values = frozenset[int]().union(*values)
    if len(all_values) <= _MOST_CLASSES and usual and times >= enough and 2 * times > values.total():
        notes.append(
            "Most label images hold the same few numbers, so the numbers were taken as classes; if each is an object, "
            "read the set as 'labels'."
        )
        return Meaning.CLASSES
    return Meaning.OBJECTS


def _sample(labels: Sequence[Path]) -> list[Path]:
    ordered = sorted(labels)
    step = max(1, len(ordered) // _LOOKED_AT)
    return ordered[::step][:_LOOKED_AT]


def _values(label: Path) -> frozenset[int]:
    """Return the numbers on a label image, 0 left out; none where it cannot be read."""
    try:
        found = np.unique(read_label_image(label))
    except DatasetNotReadable:
        return frozenset()
    return frozenset(found[found > 0].tolist())


def _names(
    root: Path, meaning: Meaning, labels: Sequence[Path], classes: Sequence[str] | None, notes: list[str]
) -> dict[int, str]:
    """Return the class of each number, or of all objects under 0."""
    listed = root / _NAME_FILE
    written = [line.strip() for line in files.read_text(listed).splitlines()] if files.is_file(listed) else []
    names = [name for name in written if name] or list(classes or ())
    if meaning is Meaning.OBJECTS:
        if len(names) > 1:
            raise DatasetNotReadable(
                f"{root} holds label images of objects, which cannot say which of {len(names)} classes an object is "
                "of; ask for one class, or write the set as COCO."
            )
        return {0: names[0] if names else "object"}
    values = sorted(frozenset[int]().union(*map(_values, _sample(labels))) - {_VOID}) or [_VOID]
    if values == [_VOID]:
        return {_VOID: names[0] if names else "class 1"}
    if not names:
        return {value: f"class {value}" for value in range(1, values[-1] + 1)}
    if not any(written):
        stated = ", ".join(f"{value} is {name}" for value, name in enumerate(names, start=1))
        notes.append(f"No file names the classes, so the numbers were named in the order given: {stated}.")
    return dict(enumerate(names, start=1))


def _draft(
    root: Path, picture: Path, label: Path | None, meaning: Meaning, name_of: dict[int, str], manifest: Manifest | None
) -> Draft:
    if not files.inside(root, picture):
        return Draft(picture, str(picture), problem=Reason.OUTSIDE_ROOT)
    where = picture.relative_to(root).as_posix()
    row = (manifest.row_of(picture, root) if manifest else None) or ManifestRow("", "")
    split = LEAK_SPLIT if row.is_leak else row.split or _split_of_folder(picture.relative_to(root))
    said = Draft(picture.resolve(), where, split, row.group or where, kind=row.kind, facts=row.facts)
    if label is None:
        return replace(said, problem=Reason.NO_LABELS)
    if not files.inside(root, label):
        return replace(said, problem=Reason.OUTSIDE_ROOT)
    if manifest is not None and manifest.names_splits and not said.split:
        said.findings.append((Reason.NO_SPLIT, where))
    return replace(said, labels=PixelLabels(label, label.relative_to(root).as_posix(), meaning, name_of))


def _split_of_folder(inner: Path) -> str:
    """Return the split that a folder of the path names."""
    return next((split_name(part) for part in inner.parts[:-1] if split_name(part) in _SPLITS), "")


def _not_there(root: Path, drafts: Sequence[Draft], manifest: Manifest | None) -> list[Draft]:
    """Return a draft for every row of the manifest without a picture."""
    known = {d.where for d in drafts} | {d.path.name for d in drafts}
    missing = [name for name in (manifest.rows if manifest else ()) if name not in known]
    return [Draft(root / Path(name).name, name, problem=Reason.NO_PICTURE) for name in missing]


def _divided(drafts: Sequence[Draft]) -> list[Draft]:
    usable = [d for d in drafts if d.problem is None and d.split != LEAK_SPLIT]
    rows = [
        HashedPicture(d.facts.get("image_id") or d.where, d.group, (d.kind, files.picture_size(d.path) or (0, 0)))
        for d in usable
    ]
    chosen = dict(zip([d.where for d in usable], split_of(rows), strict=True))
    return [replace(d, split=chosen.get(d.where, d.split)) for d in drafts]

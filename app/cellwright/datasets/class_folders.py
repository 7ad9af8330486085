"""Pictures of one object each: the folder that holds a picture says its class, or a column of manifest.csv does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from cellwright.core import DatasetNotReadable
from cellwright.datasets import files
from cellwright.datasets.drafts import Draft, Drafts, RawBox
from cellwright.datasets.held_out import HELD_OUT_SHARE, HashedPicture, split_of
from cellwright.datasets.manifest import Manifest, ManifestRow, read_manifest, split_name

CLASS_COLUMNS = ("label", "class", "pbc_class")
"""Columns of a manifest that may say what a picture shows."""

_SPLITS = frozenset({"train", "val", "test"})
_FEWEST, _SHARE = 2, 0.9
"""So many folders must hold so large a share of the pictures for a set to be taken for one of class folders."""
_NOT_CLASSES = frozenset({"images", "labels", "masks", "annotations", "jpegimages", "imagesets", "instances"})


def looks_like_class_folders(root: Path) -> bool:
    """Whether nearly all pictures of a folder lie in two or more folders that may be named after classes."""
    places = Counter(_class_folder(path.relative_to(root)) for path in files.pictures_below(root))
    named = {name: count for name, count in places.items() if name and name.casefold() not in _NOT_CLASSES}
    return len(named) >= _FEWEST and sum(named.values()) >= _SHARE * places.total()


def read_class_folders(path: Path, classes: Sequence[str] | None = None) -> Drafts:
    """Read a set of pictures that show one object each.

    The class of a picture is what a column ``label``, ``class`` or ``pbc_class`` of manifest.csv says, else the name of
    its folder. A set whose manifest and folders (``train/NAME/…``) name no split is divided twice by `split_of`, each
    class by itself: a fifth is ``"test"``, and of what is left a fifth is ``"val"``.

    Parameters
    ----------
    path : Path
        The folder of the set.
    classes : sequence of str, optional
        Names to be found, for their order alone.

    Returns
    -------
    Drafts
        A box around each picture, of its class.

    Raises
    ------
    DatasetNotReadable
        If no picture has a class.
    """
    root = path.resolve()
    manifest = read_manifest(root)
    drafts = [_draft(root, picture, manifest) for picture in files.pictures_below(root)]
    drafts = [draft for draft in drafts if draft.boxes]
    if not drafts:
        raise DatasetNotReadable(
            f"{path} has no pictures in folders named after classes, and no column of manifest.csv says what they show."
        )
    notes = []
    if not any(draft.split in _SPLITS for draft in drafts):
        drafts = divided(drafts)
        notes.append(
            f"The set names no split: of each class {HELD_OUT_SHARE:.0%} are held out as 'test', and as much of the "
            "rest as 'val', chosen by a hash of the picture's name; the others are 'train'."
        )
    found = sorted({box.name for draft in drafts for box in draft.boxes if box.name})
    asked = [name for name in classes or () if name in found]
    return Drafts("classes", root, tuple(dict.fromkeys([*asked, *found])), drafts, notes)


def divided(drafts: Sequence[Draft]) -> list[Draft]:
    """Return drafts with the splits test, val and train; the same on every machine."""
    tested = _sides(drafts)
    rest = [draft for draft, side in zip(drafts, tested, strict=True) if side == "train"]
    judged = dict(zip((draft.where for draft in rest), _sides(rest), strict=True))
    return [_in_split(draft, judged.get(draft.where, "test")) for draft in drafts]


def _sides(drafts: Sequence[Draft]) -> list[str]:
    return split_of(
        [HashedPicture(draft.path.name, draft.group or draft.path.name, (_name(draft),)) for draft in drafts]
    )


def _name(draft: Draft) -> str:
    return draft.boxes[0].name or ""


def _in_split(draft: Draft, split: str) -> Draft:
    return Draft(draft.path, draft.where, split, draft.group, draft.boxes, True, kind=draft.kind, facts=draft.facts)


def _draft(root: Path, picture: Path, manifest: Manifest | None) -> Draft:
    inner = picture.relative_to(root)
    row = None if manifest is None else manifest.row_of(picture, root)
    name = _named_in(row) or ("" if row is not None and _says_classes(manifest) else _class_folder(inner))
    split = "" if row is None else row.split
    split = split or next((split_name(part) for part in inner.parts[:-2] if split_name(part) in _SPLITS), "")
    boxes = [RawBox(0.0, 0.0, 1.0, 1.0, name, inner.as_posix())] if name else []
    if row is None:
        return Draft(picture, inner.as_posix(), split, "", boxes, True)
    return Draft(picture, inner.as_posix(), split, row.group, boxes, True, kind=row.kind, facts=row.facts)


def _class_folder(inner: Path) -> str:
    """Return the folder that a picture lies in, empty where that is the set's own or names a split."""
    folder = inner.parts[-2] if len(inner.parts) > 1 else ""
    return "" if split_name(folder) in _SPLITS else folder


def _named_in(row: ManifestRow | None) -> str:
    if row is None:
        return ""
    return next((row.facts[column] for column in CLASS_COLUMNS if row.facts.get(column)), "")


def _says_classes(manifest: Manifest | None) -> bool:
    """Whether a manifest has a column of classes, so that a picture without one there has none."""
    rows = () if manifest is None else manifest.rows.values()
    return any(column in row.facts for row in rows for column in CLASS_COLUMNS)

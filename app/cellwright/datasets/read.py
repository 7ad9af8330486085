"""`read_dataset`: one door for labelled sets of every format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from cellwright.core import DatasetNotReadable, unknown_name
from cellwright.datasets.cellpose import ENDING, cellpose_files, read_cellpose
from cellwright.datasets.class_folders import looks_like_class_folders, read_class_folders
from cellwright.datasets.coco import coco_files, read_coco
from cellwright.datasets.drafts import Drafts, assemble
from cellwright.datasets.label_images import label_folders, read_label_images
from cellwright.datasets.label_sources import Meaning
from cellwright.datasets.labelled import LabelledSet
from cellwright.datasets.manifest import read_manifest
from cellwright.datasets.qupath import SUFFIX, geojson_files, read_qupath
from cellwright.datasets.report import ImportReport
from cellwright.datasets.voc import annotation_files, read_voc
from cellwright.datasets.yolo import find_yaml, looks_like_yolo, read_yolo

FORMATS: tuple[str, ...] = ("yolo", "voc", "coco", "labels", "index", "cellpose", "qupath", "classes")

_MEANINGS = {"labels": Meaning.OBJECTS, "index": Meaning.CLASSES}
_LABEL_IMAGES = "label images"
_ARCHIVES = frozenset({".zip", ".tar", ".gz", ".tgz", ".7z", ".rar"})


def read_dataset(
    path: str | Path,
    format: str = "auto",  # noqa: A002 - the word that everybody uses for it
    split: str | None = None,
    classes: Sequence[str] | None = None,
    aliases: Mapping[str, str] | None = None,
) -> tuple[LabelledSet, ImportReport]:
    """Read a labelled set, and report what was left out of it and why.

    No single bad line, box or picture makes it fail; each is left out and reported. No file outside the folder of
    the set is read, whatever its lists and links say. Pictures are not decoded; label images are, each once, so that
    what cannot be used is known at once.

    Parameters
    ----------
    path : str or Path
        Folder of the set, a data.yaml, a COCO JSON file, one ``NAME_seg.npy`` or one GeoJSON file.
    format : {"auto"} or one of `FORMATS`
        ``"labels"`` are label images with a number for each object, ``"index"`` with a number for each class.
        ``"classes"`` are pictures of one object each, see `class_folders.read_class_folders`.
        ``"auto"`` looks at what is there; see `label_images.read_label_images` for how it tells the two apart.
    split : str, optional
        Only this split, such as ``"val"``; None for all. A set of label images that names no split is divided by
        `held_out.split_of`.
    classes : sequence of str, optional
        Classes of the result, in this order; boxes of other classes are left out and reported. None takes the classes
        of the set (for VOC, which lists none: the names that occur, sorted).
    aliases : mapping of str to str, optional
        Other names for classes, as in ``{"Platelets": "PLT"}``. Capitals make no difference, here and in `classes`.

    Returns
    -------
    LabelledSet
        With at least one picture.
    ImportReport
        What came in and what did not.

    Raises
    ------
    DatasetNotReadable
        If nothing usable is there.
    UnknownName
        If there is no such format.
    """
    place = _existing(path)
    chosen = _detect(place) if format == "auto" else format
    drafts = _with_manifest(_read(place, chosen, classes, split), chosen)
    return assemble(drafts, split, classes, aliases or {})


def dataset_splits(
    path: str | Path,
    format: str = "auto",  # noqa: A002 - as above
    classes: Sequence[str] | None = None,
) -> tuple[str, ...]:
    """Return the names of the splits of a set, sorted, without reading its pictures or label images.

    Parameters
    ----------
    path, format, classes
        As in `read_dataset`.

    Raises
    ------
    DatasetNotReadable, UnknownName
        As in `read_dataset`.
    """
    place = _existing(path)
    chosen = _detect(place) if format == "auto" else format
    drafts = _with_manifest(_read(place, chosen, classes, None), chosen)
    return tuple(sorted({draft.split for draft in drafts.pictures if draft.problem is None}))


def _existing(path: str | Path) -> Path:
    place = Path(path).expanduser()
    if not place.exists():
        raise DatasetNotReadable(f"{place} does not exist; give the folder of a labelled set.")
    return place


def _read(place: Path, name: str, classes: Sequence[str] | None, split: str | None) -> Drafts:
    if name == "yolo":
        return read_yolo(place, classes)
    if name == "coco":
        return read_coco(place)
    if name == "voc":
        return read_voc(place if place.is_dir() else place.parent)
    if name == "cellpose":
        return read_cellpose(place, classes)
    if name == "qupath":
        return read_qupath(place)
    if name == "classes":
        return read_class_folders(place, classes)
    if name in _MEANINGS or name == _LABEL_IMAGES:
        return read_label_images(place, _MEANINGS.get(name), classes, divide=split in {"train", "val"})
    raise unknown_name("format of labelled sets", name, FORMATS)


def _with_manifest(drafts: Drafts, name: str) -> Drafts:
    """Let manifest.csv say group, and the split where the format names none; other readers ask it themselves."""
    manifest = read_manifest(drafts.root) if name in {"coco", "voc", "cellpose", "qupath"} else None
    if manifest is None:
        return drafts
    rows = [
        manifest.row_of(draft.path, drafts.root) if draft.path.is_relative_to(drafts.root) else None
        for draft in drafts.pictures
    ]
    settled = [
        draft if row is None else replace(draft, split=draft.split or row.split, group=row.group or draft.group)
        for draft, row in zip(drafts.pictures, rows, strict=True)
    ]
    return replace(drafts, pictures=settled)


def _detect(place: Path) -> str:
    """Return the format of a set by the files that only this format has."""
    if place.is_file():
        by_suffix = {".yaml": "yolo", ".yml": "yolo", ".json": "coco", SUFFIX: "qupath"}
        if place.suffix.lower() in by_suffix:
            return by_suffix[place.suffix.lower()]
        if place.name.endswith(ENDING):
            return "cellpose"
        if place.suffix.lower() in _ARCHIVES:
            raise DatasetNotReadable(f"{place} is packed; unpack it into a folder of its own and give that folder.")
        raise DatasetNotReadable(f"{place} is no description of a labelled set; give its folder, data.yaml or JSON.")
    if find_yaml(place) is not None:
        return "yolo"
    if annotation_files(place):
        return "voc"
    if coco_files(place):
        return "coco"
    if label_folders(place):
        return _LABEL_IMAGES
    if cellpose_files(place):
        return "cellpose"
    if geojson_files(place):
        return "qupath"
    if looks_like_yolo(place) or looks_like_class_folders(place):
        return "yolo" if looks_like_yolo(place) else "classes"
    raise DatasetNotReadable(
        f"{place} holds no labels that are known; YOLO needs a data.yaml, VOC a folder Annotations, COCO a JSON file, "
        "label images a folder images beside a folder labels or masks, Cellpose files NAME_seg.npy, QuPath GeoJSON, "
        "pictures of single objects folders named after classes."
    )

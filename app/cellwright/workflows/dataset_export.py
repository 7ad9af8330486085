"""`ExportDataset`: a labelled set or a project written in another format, divided and prepared on the way."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright import export
from cellwright.core import BadParameter, Box, Masks, Objects, OutputExists, Region, SlideNotReadable
from cellwright.core.atomic import replacing_folder
from cellwright.datasets import (
    Augmentation,
    LabelledPicture,
    LabelledSet,
    Meaning,
    Piece,
    Preparation,
    rebalance_by_group,
    split_by_group,
)
from cellwright.export.divided import MANIFEST
from cellwright.imaging import SlideRef
from cellwright.jobs import Progress
from cellwright.workflows.dataset_augment import changed_copies, refuse_nothing_to_augment
from cellwright.workflows.dataset_source import read_source
from cellwright.workflows.formats import ExportFormat

DATASET_FORMATS = (
    ExportFormat.COCO,
    ExportFormat.COCO_POLYGONS,
    ExportFormat.YOLO,
    ExportFormat.YOLO_POLYGONS,
    ExportFormat.VOC,
    ExportFormat.LABELS,
    ExportFormat.INDEX_PNG,
    ExportFormat.GEOJSON,
)
"""Formats that a labelled set can be written in and read from again."""

_COPIED_AS_THEY_ARE = frozenset({".png", ".jpg", ".jpeg", ".bmp"})
_MOST_PIXELS = 2**28
_COLOURS = ("#0072B2", "#D55E00", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#F0E442")


@dataclass(frozen=True, slots=True)
class Division:
    """How a set is divided anew.

    Parameters
    ----------
    shares : mapping of str to float
        Share of the pictures of each split, together 1; groups stay whole. Empty keeps the splits as they are.
    is_rebalanced : bool
        Whether as little as possible moves; else all groups are dealt anew.
    seed : int
        Of the shuffling.
    """

    shares: Mapping[str, float] = field(default_factory=dict)
    is_rebalanced: bool = False
    seed: int = 0

    def of(self, labelled: LabelledSet) -> LabelledSet:
        """Return the set divided; `BadParameter` as `split_by_group` says."""
        if not self.shares:
            return labelled
        return (rebalance_by_group if self.is_rebalanced else split_by_group)(labelled, self.shares, self.seed)


@dataclass(frozen=True, slots=True)
class DatasetExport:
    """What was written.

    Parameters
    ----------
    folder : Path
        Where.
    pictures, objects : int
        How many.
    splits : dict of str to int
        Pictures of each split.
    notes : tuple of str
        What a person should know, one sentence each.
    """

    folder: Path
    pictures: int
    objects: int
    splits: dict[str, int]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Return it as values that JSON knows."""
        return {
            "folder": str(self.folder),
            "pictures": self.pictures,
            "objects": self.objects,
            "splits": self.splits,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class ExportDataset:
    """Write a set in another format; an `Operation` whose result is a `DatasetExport`.

    Parameters
    ----------
    data : Path
        A project, or what `read_dataset` reads.
    folder : Path
        Made anew as a whole.
    kind : ExportFormat
        One of `DATASET_FORMATS`.
    division : Division
        How it is divided.
    preparation : Preparation
        What is done to every picture; where it does anything, pictures come along.
    with_pictures : bool
        Whether pictures come along.
    overwrite : bool
        Whether a set already there may be replaced.
    format, split : str
        As in `read_dataset`.
    augmentation : Augmentation
        Changed copies of training pictures; where there are any, pictures come along.
    """

    data: Path
    folder: Path
    kind: ExportFormat
    division: Division = field(default_factory=Division)
    preparation: Preparation = field(default_factory=Preparation)
    with_pictures: bool = False
    overwrite: bool = False
    format: str = "auto"
    split: str | None = None
    augmentation: Augmentation = field(default_factory=Augmentation)

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Write {self.data.name} as {self.kind.value}"

    def run(self) -> Generator[Progress, None, DatasetExport]:
        """Read the set, work out every picture's labels, then write.

        Raises
        ------
        DatasetNotReadable, UnknownName, ProjectNotReadable
            If the set cannot be read.
        BadParameter
            If the format cannot hold it, or it cannot be divided so.
        OutputExists
            If something is there and `overwrite` is false; nothing was written then.
        OutputNotWritable
            If it cannot be written; what stood there is unchanged.
        """
        if self.kind not in DATASET_FORMATS:
            names = ", ".join(kind.value for kind in DATASET_FORMATS)
            raise BadParameter(f"A labelled set is not written as {self.kind.value}; there is: {names}.")
        if not self.overwrite and self.folder.is_dir() and any(self.folder.iterdir()):
            raise OutputExists(f"{self.folder} already exists; allow overwriting or choose another name.")
        yield Progress(0, 0, "Reading labels")
        labelled, notes = read_source(self.data, self.format, self.split)
        divided = self.division.of(labelled)
        refuse_nothing_to_augment(divided, self.augmentation)
        made: list[export.BoxedPicture] = []
        for number, picture in enumerate(divided):
            yield Progress(number, len(divided) + 1, picture.path.name)
            made.extend(prepared_pictures(picture, divided, self.preparation, self.augmentation))
        comes_along = self.with_pictures or self.preparation.changes_pixels or self.augmentation.copies > 0
        made = renamed(made, keep_pictures=comes_along)
        yield Progress(len(divided), len(divided) + 1, f"Writing {self.folder.name}")
        write_set(self.folder, self.kind, made, overwrite=self.overwrite)
        counts: dict[str, int] = {}
        for each in made:
            counts[each.split] = counts.get(each.split, 0) + 1
        objects = sum(len(each.objects) for each in made)
        return DatasetExport(self.folder, len(made), objects, dict(sorted(counts.items())), (*notes, *self._said(made)))

    def _said(self, made: Sequence[export.BoxedPicture]) -> Iterator[str]:
        splits = {each.split for each in made}
        if "" in splits and len(splits) > 1:
            yield f"{sum(not each.split for each in made)} pictures belong to no split; only manifest.csv names them."
        if self.kind is ExportFormat.LABELS and made and len(made[0].objects.classes) > 1:
            yield "Label images do not say which class an object is of; classes are lost."


def prepared_pictures(
    picture: LabelledPicture, labelled: LabelledSet, preparation: Preparation, augmentation: Augmentation
) -> Iterator[export.BoxedPicture]:
    """Yield what becomes of a picture, and its changed copies: labels worked out, pixels still to be written.

    Raises
    ------
    DatasetNotReadable
        If its label image is gone or was damaged since the set was read.
    """
    whole = objects_of(picture, labelled.classes)
    for piece in preparation.pieces(picture.size):
        objects = prepared_objects(whole, piece, preparation)
        suffix = picture.path.suffix.lower()
        copies = not (preparation.changes_pixels or picture.is_part) and suffix in _COPIED_AS_THEY_ARE
        yield export.BoxedPicture(
            f"{picture.stem}{piece.name}{suffix if copies else '.png'}",
            piece.size,
            objects,
            partial(_copy, picture.path) if copies else partial(_write_piece, picture, piece, preparation),
            picture.split,
            picture.group,
        )
        yield from changed_copies(picture, piece, objects, preparation, augmentation)


def objects_of(picture: LabelledPicture, classes: Sequence[str]) -> Objects:
    """Return what was drawn on a picture as a table; ignored objects are left out, parts of a class are objects."""
    masks, rows = None, np.arange(len(picture))
    if picture.labels is not None:
        masks = picture.labels.masks()
        if picture.labels.meaning is Meaning.CLASSES:
            from cellwright.shapes import components

            masks, rows = components(masks)
        elif not masks.counts.all():
            masks = None
    kept = ~picture.ignored[rows]
    boxes = picture.boxes[rows] if masks is None else masks.boxes()
    count = len(rows)
    ids = np.frombuffer(np.arange(2 * count, dtype=np.uint64).tobytes(), "V16")
    scores = np.ones(count, np.float32)
    table = Objects(ids, boxes, picture.class_index[rows], scores, tuple(classes), "person:set", masks)
    return table.take(kept)


def prepared_objects(objects: Objects, piece: Piece, preparation: Preparation) -> Objects:
    """Return what of the objects of a picture is seen on a piece of it, where it is there."""
    if not preparation.changes_pixels:
        return objects
    if objects.masks is None:
        boxes, rows = piece.boxes(objects.boxes, preparation.least_left)
        return _with_places(objects.take(rows), boxes, None)
    masks, rows = piece.masks(objects.masks, preparation.least_left)
    return _with_places(objects.take(rows), masks.boxes(), masks)


def _with_places(objects: Objects, boxes: NDArray[np.float32], masks: Masks | None) -> Objects:
    return Objects(objects.ids, boxes, objects.class_index, objects.scores, objects.classes, objects.source, masks)


def renamed(pictures: Sequence[export.BoxedPicture], *, keep_pictures: bool) -> list[export.BoxedPicture]:
    """Give pictures of several folders names that no other has."""
    suffixes = [Path(each.file_name).suffix for each in pictures]
    names = export.unique_file_names([each.file_name for each in pictures], suffixes)
    return [
        export.BoxedPicture(
            name, each.size, each.objects, each.write_picture if keep_pictures else None, each.split, each.group
        )
        for name, each in zip(names, pictures, strict=True)
    ]


def write_set(
    folder: Path, kind: ExportFormat, pictures: Sequence[export.BoxedPicture], *, overwrite: bool, description: str = ""
) -> None:
    """Write pictures and their labels in one of `DATASET_FORMATS`; errors as in `ExportDataset.run`."""
    if kind in {ExportFormat.YOLO, ExportFormat.YOLO_POLYGONS}:
        export.write_yolo(folder, pictures, outlines=kind is ExportFormat.YOLO_POLYGONS, overwrite=overwrite)
    elif kind is ExportFormat.VOC:
        export.write_voc(folder, pictures, overwrite=overwrite)
    elif kind in {ExportFormat.COCO, ExportFormat.COCO_POLYGONS}:
        how: export.Segmentation = "rle" if kind is ExportFormat.COCO else "polygons"
        export.write_coco(folder, pictures, description=description, segmentation=how, overwrite=overwrite)
    else:
        _write_each(folder, kind, pictures, overwrite=overwrite)


_OF_EACH: dict[ExportFormat, tuple[str, str, Callable[..., Path]]] = {
    ExportFormat.LABELS: ("labels", ".tif", export.write_label_tiff),
    ExportFormat.INDEX_PNG: ("masks", ".png", export.write_index_png),
    ExportFormat.GEOJSON: ("geojson", ".geojson", export.write_geojson),
}


def _write_each(folder: Path, kind: ExportFormat, pictures: Sequence[export.BoxedPicture], *, overwrite: bool) -> None:
    """Write a file a picture beside the folder of pictures, named so that the set is read again as it is."""
    inside, suffix, write = _OF_EACH[kind]
    outlined = [_outlined(each) for each in pictures]
    if kind is not ExportFormat.GEOJSON:
        for each in outlined:
            _ = each.masks  # raises where only boxes are known, before anything is written
    layout = (inside, "images", "classes.txt", MANIFEST)
    with replacing_folder(folder, layout, overwrite=overwrite) as part:
        for name in (inside, "images"):
            (part / name).mkdir()
        classes = pictures[0].objects.classes if pictures else ()
        if kind is ExportFormat.INDEX_PNG or len(classes) == 1:
            (part / "classes.txt").write_text("".join(f"{name}\n" for name in classes), encoding="utf-8")
        export.write_manifest(part, pictures)
        for picture, each in zip(pictures, outlined, strict=True):
            write(part / inside / f"{picture.stem}{suffix}", each)
            if picture.write_picture is not None:
                picture.write_picture(part / "images" / picture.file_name)


def _outlined(picture: export.BoxedPicture) -> export.OutlinedPicture:
    colours = tuple(_COLOURS[i % len(_COLOURS)] for i in range(len(picture.objects.classes)))
    return export.OutlinedPicture(picture.file_name, picture.size, picture.objects, colours)


def _copy(source: Path, target: Path) -> None:
    try:
        content = source.read_bytes()
    except OSError as error:
        raise SlideNotReadable(f"{source} cannot be read any more ({error.strerror}); leave pictures out.") from error
    target.write_bytes(content)


def _write_piece(picture: LabelledPicture, piece: Piece, preparation: Preparation, target: Path) -> None:
    pixels = piece.pixels(whole_picture(picture.ref), is_grey=preparation.is_grey)
    export.write_png(target, pixels, overwrite=True)


@lru_cache(maxsize=1)  # the tiles of a picture follow each other
def whole_picture(ref: SlideRef) -> NDArray[np.uint8]:
    """Return a picture, or the plane of a stack that is meant, as a person sees it, (H, W, 3) uint8.

    Raises
    ------
    SlideNotReadable
        If it cannot be read, or is too large to be held at once.
    """
    from cellwright.imaging import contrast_limits, read_rgb

    with ref.open() as slide:
        rows, columns = slide.shape
        if rows * columns > _MOST_PIXELS:
            raise SlideNotReadable(f"{ref.path} has {rows} × {columns} pixels, too many to copy; leave pictures out.")
        return read_rgb(slide, Region(Box(0, 0, rows, columns)), contrast_limits(slide))

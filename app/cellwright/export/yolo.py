"""Boxes or outlines as YOLO: one text file a picture, and a data.yaml that names the classes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from cellwright.core import Box, Masks
from cellwright.core.atomic import replacing_folder
from cellwright.export.boxed import BoxedPicture, shared_classes
from cellwright.export.divided import MANIFEST, splits_of, write_manifest
from cellwright.export.outlined import polygons_of

_LAYOUT = ("data.yaml", "labels", "images", MANIFEST, "train.txt", "val.txt", "test.txt")


def write_yolo(
    folder: str | Path, pictures: Sequence[BoxedPicture], *, outlines: bool = False, overwrite: bool = False
) -> Path:
    """Write a YOLO set: ``data.yaml``, ``labels/NAME.txt``, and ``images/`` where pictures come along.

    A line is ``class cx cy w h`` in fractions of the picture's sides, or, as segmentation takes them,
    ``class x1 y1 x2 y2 …``: the outline of an object, without its holes, and where it has several parts that of the
    largest. What has no outline is written as the four corners of its box there.

    A set that is divided has a list of pictures a split, ``train.txt`` and so on; of one that is not, every picture is
    named under both ``train`` and ``val``: how to split them is for who trains to say.

    Parameters
    ----------
    folder : str or Path
        Made for the set.
    pictures : sequence of BoxedPicture
        At least one, all with the same classes.
    outlines : bool
        Whether outlines are written in place of boxes.
    overwrite : bool
        Whether a set that is there may be replaced.

    Raises
    ------
    BadParameter
        If the pictures do not make one set.
    OutputExists
        If the folder is there and `overwrite` is false.
    OutputNotWritable
        If it cannot be written, or holds what is no YOLO set.
    """
    classes = shared_classes(pictures)
    written = _outlines if outlines else _boxes
    splits = splits_of(pictures)
    sources = {name: f"{name}.txt" for name in splits} or {"train": "images", "val": "images"}
    description = {"path": ".", **sources, "names": dict(enumerate(classes))}
    with replacing_folder(folder, (*_LAYOUT, *sources.values()), overwrite=overwrite) as part:
        text = yaml.safe_dump(description, sort_keys=False, allow_unicode=True)
        (part / "data.yaml").write_text(text, encoding="utf-8")
        (part / "labels").mkdir()
        (part / "images").mkdir()
        for name, members in splits.items():
            lines = "".join(f"./images/{picture.file_name}\n" for picture in members)
            (part / f"{name}.txt").write_text(lines, encoding="utf-8")
        write_manifest(part, pictures)
        for picture in pictures:
            (part / "labels" / f"{picture.stem}.txt").write_text(written(picture), encoding="utf-8")
            if picture.write_picture is not None:
                picture.write_picture(part / "images" / picture.file_name)
    return Path(folder)


def _boxes(picture: BoxedPicture) -> str:
    height, width = picture.size
    boxes, rows = picture.clipped()
    # Seven digits keep a thousandth of a pixel on a picture of ten thousand.
    return "".join(
        f"{kind} {(x0 + x1) / 2 / width:.7f} {(y0 + y1) / 2 / height:.7f} "
        f"{(x1 - x0) / width:.7f} {(y1 - y0) / height:.7f}\n"
        for kind, (y0, x0, y1, x1) in zip(picture.objects.class_index[rows].tolist(), boxes.tolist(), strict=True)
    )


def _outlines(picture: BoxedPicture) -> str:
    height, width = picture.size
    boxes, rows = picture.clipped()
    everything = picture.objects.masks if picture.objects.masks is not None else Masks.empty(len(picture.objects))
    traced = polygons_of(everything.take(rows).clipped(Box(0, 0, height, width)))
    lines = []
    for kind, parts, box in zip(picture.objects.class_index[rows].tolist(), traced, boxes, strict=True):
        ring = max((part[0] for part in parts), key=_area) if parts else _corners(box)
        places = (ring / (width, height)).ravel().tolist()
        lines.append(f"{kind} {' '.join(f'{place:.7f}' for place in places)}\n")
    return "".join(lines)


def _corners(box: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the corners of a box as (4, 2) x, y."""
    y0, x0, y1, x1 = box
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])


def _area(ring: NDArray[np.float64]) -> float:
    x, y = (ring - ring[0]).T
    return abs(float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum())) / 2

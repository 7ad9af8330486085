"""Boxes and outlines as COCO: one JSON file with images, categories and annotations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from cellwright.core import Box, Masks
from cellwright.core.atomic import replacing_folder
from cellwright.export.boxed import BoxedPicture, shared_classes
from cellwright.export.divided import MANIFEST, splits_of, write_manifest
from cellwright.export.outlined import by_box_alone, polygons_of
from cellwright.shapes import coco_rle

COCO_FILE = "annotations.json"
_LAYOUT = (COCO_FILE, "images", MANIFEST, *(f"annotations_{name}.json" for name in ("train", "val", "test")))


Segmentation = Literal["rle", "polygons"]
"""How COCO holds an outline: exactly, as run lengths; or as polygons, which have no holes."""


def write_coco(
    folder: str | Path,
    pictures: Sequence[BoxedPicture],
    *,
    description: str = "",
    segmentation: Segmentation = "rle",
    overwrite: bool = False,
) -> Path:
    """Write a COCO set: ``annotations.json``, and ``images/`` where pictures come along.

    A set that is divided has a file a split instead, ``annotations_train.json`` and so on.

    Boxes are ``x, y, width, height`` in pixels from 0; categories are numbered from 1 in the order of the classes. Each
    annotation also has its ``score`` and ``uuid``. Where outlines are known, ``segmentation`` holds them, box and area
    are those of the pixels inside the picture, and objects without a pixel there are left out. What is known by its box
    alone, as a person may draw it, stands before them as a box without a segmentation.

    Parameters
    ----------
    folder : str or Path
        Made anew as a whole.
    pictures : sequence of BoxedPicture
        At least one, all of the same classes.
    description : str
        For the file's ``info``.
    segmentation : "rle" or "polygons"
        Run lengths, compressed as pycocotools does, or the outer rings of all parts, along pixel edges: holes are lost.
    overwrite : bool
        Whether a set already there may be replaced.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    BadParameter
        If the pictures do not make one set.
    OutputExists
        If the folder is there and `overwrite` is false.
    OutputNotWritable
        If it cannot be written, or holds what is no COCO set.
    """
    classes = shared_classes(pictures)
    parts = {f"annotations_{name}.json": members for name, members in splits_of(pictures).items()}
    if rest := [picture for picture in pictures if not picture.split]:
        parts[COCO_FILE] = rest
    with replacing_folder(folder, (*_LAYOUT, *parts), overwrite=overwrite) as part:
        for name, members in parts.items():
            content = _content(members, classes, description, segmentation)
            (part / name).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        write_manifest(part, pictures)
        for picture in pictures:
            if picture.write_picture is not None:
                (part / "images").mkdir(exist_ok=True)
                picture.write_picture(part / "images" / picture.file_name)
    return Path(folder)


def _content(
    pictures: Sequence[BoxedPicture], classes: Sequence[str], description: str, segmentation: Segmentation
) -> dict[str, Any]:
    return {
        "info": {"description": description, "contributor": "Cellwright"},
        "licenses": [],
        "images": [
            {"id": i, "file_name": p.file_name, "height": p.size[0], "width": p.size[1]}
            for i, p in enumerate(pictures, start=1)
        ],
        "categories": [{"id": i, "name": name, "supercategory": "cell"} for i, name in enumerate(classes, start=1)],
        "annotations": [
            {"id": number, **annotation}
            for number, annotation in enumerate(_annotations(pictures, segmentation), start=1)
        ],
    }


def _annotations(pictures: Sequence[BoxedPicture], segmentation: Segmentation) -> Iterator[dict[str, Any]]:
    for image_id, picture in enumerate(pictures, start=1):
        for annotation in _boxes(picture) if picture.objects.masks is None else _outlines(picture, segmentation):
            yield {"image_id": image_id, **annotation}


def _boxes(picture: BoxedPicture) -> Iterator[dict[str, Any]]:
    boxes, rows = picture.clipped()
    kept = picture.objects.take(rows)
    for (y0, x0, y1, x1), kind, score, uuid in zip(
        boxes.tolist(), kept.class_index.tolist(), kept.scores.tolist(), kept.id_strings(), strict=True
    ):
        yield {
            "category_id": kind + 1,
            "bbox": [round(value, 3) for value in (x0, y0, x1 - x0, y1 - y0)],
            "area": round((y1 - y0) * (x1 - x0), 3),
            "iscrowd": 0,
            "score": round(score, 5),
            "uuid": uuid,
        }


def _outlines(picture: BoxedPicture, segmentation: Segmentation) -> Iterator[dict[str, Any]]:
    everything = picture.objects.masks or Masks.empty()
    boxed = picture.objects.take(by_box_alone(picture.objects))
    yield from _boxes(replace(picture, objects=boxed))
    masks = everything.clipped(Box(0, 0, *picture.size))
    rows = np.flatnonzero(masks.counts)
    masks, kept = masks.take(rows), picture.objects.take(rows)
    outlines = coco_rle(masks, picture.size) if segmentation == "rle" else _polygons(masks)
    columns = (
        masks.boxes().tolist(),
        masks.areas().tolist(),
        kept.class_index.tolist(),
        kept.scores.tolist(),
        kept.id_strings(),
    )
    for outline, (y0, x0, y1, x1), area, kind, score, uuid in zip(outlines, *columns, strict=True):
        yield {
            "category_id": kind + 1,
            "bbox": [x0, y0, x1 - x0, y1 - y0],
            "area": area,
            "iscrowd": 0,
            "segmentation": outline,
            "score": round(score, 5),
            "uuid": uuid,
        }


def _polygons(masks: Masks) -> Iterator[list[list[float]]]:
    for parts in polygons_of(masks):
        yield [part[0].ravel().tolist() for part in parts]

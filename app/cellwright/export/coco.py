"""Boxes as COCO: one JSON file with images, categories and annotations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cellwright.core.atomic import replacing_folder
from cellwright.export.boxed import BoxedPicture, shared_classes

COCO_FILE = "annotations.json"
_LAYOUT = (COCO_FILE, "images")


def write_coco(
    folder: str | Path, pictures: Sequence[BoxedPicture], *, description: str = "", overwrite: bool = False
) -> Path:
    """Write a COCO set: ``annotations.json``, and ``images/`` where pictures come along.

    Boxes are ``x, y, width, height`` in pixels from 0; categories are numbered from 1 in the order of the classes. Each
    annotation also has its ``score`` and ``uuid``.

    Parameters
    ----------
    folder : str or Path
        Made anew as a whole.
    pictures : sequence of BoxedPicture
        At least one, all of the same classes.
    description : str
        For the file's ``info``.
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
    content = {
        "info": {"description": description, "contributor": "Cellwright"},
        "licenses": [],
        "images": [
            {"id": i, "file_name": p.file_name, "height": p.size[0], "width": p.size[1]}
            for i, p in enumerate(pictures, start=1)
        ],
        "categories": [{"id": i, "name": name, "supercategory": "cell"} for i, name in enumerate(classes, start=1)],
        "annotations": [
            {"id": number, **annotation} for number, annotation in enumerate(_annotations(pictures), start=1)
        ],
    }
    with replacing_folder(folder, _LAYOUT, overwrite=overwrite) as part:
        (part / COCO_FILE).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        for picture in pictures:
            if picture.write_picture is not None:
                (part / "images").mkdir(exist_ok=True)
                picture.write_picture(part / "images" / picture.file_name)
    return Path(folder)


def _annotations(pictures: Sequence[BoxedPicture]) -> Iterator[dict[str, Any]]:
    for image_id, picture in enumerate(pictures, start=1):
        boxes, rows = picture.clipped()
        kept = picture.objects.take(rows)
        for (y0, x0, y1, x1), kind, score, uuid in zip(
            boxes.tolist(), kept.class_index.tolist(), kept.scores.tolist(), kept.id_strings(), strict=True
        ):
            yield {
                "image_id": image_id,
                "category_id": kind + 1,
                "bbox": [round(value, 3) for value in (x0, y0, x1 - x0, y1 - y0)],
                "area": round((y1 - y0) * (x1 - x0), 3),
                "iscrowd": 0,
                "score": round(score, 5),
                "uuid": uuid,
            }

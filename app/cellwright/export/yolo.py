"""Boxes as YOLO: one text file a picture, and a data.yaml that names the classes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from cellwright.core.atomic import replacing_folder
from cellwright.export.boxed import BoxedPicture, shared_classes
from cellwright.export.divided import MANIFEST, splits_of, write_manifest

_LAYOUT = ("data.yaml", "labels", "images", MANIFEST, "train.txt", "val.txt", "test.txt")


def write_yolo(folder: str | Path, pictures: Sequence[BoxedPicture], *, overwrite: bool = False) -> Path:
    """Write a YOLO set: ``data.yaml``, ``labels/NAME.txt``, and ``images/`` where pictures come along.

    A line is ``class cx cy w h`` in fractions of the picture's sides. A set that is divided has a list of pictures a
    split, ``train.txt`` and so on; of one that is not, every picture is named under both ``train`` and ``val``: how to
    split them is for who trains to say.

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
            (part / "labels" / f"{picture.stem}.txt").write_text(_lines(picture), encoding="utf-8")
            if picture.write_picture is not None:
                picture.write_picture(part / "images" / picture.file_name)
    return Path(folder)


def _lines(picture: BoxedPicture) -> str:
    height, width = picture.size
    boxes, rows = picture.clipped()
    # Seven digits keep a thousandth of a pixel on a picture of ten thousand.
    return "".join(
        f"{kind} {(x0 + x1) / 2 / width:.7f} {(y0 + y1) / 2 / height:.7f} "
        f"{(x1 - x0) / width:.7f} {(y1 - y0) / height:.7f}\n"
        for kind, (y0, x0, y1, x1) in zip(picture.objects.class_index[rows].tolist(), boxes.tolist(), strict=True)
    )

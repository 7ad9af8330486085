"""Boxes as Pascal VOC: one XML file a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent  # written here, never parsed

from cellwright.core.atomic import replacing_folder
from cellwright.export.boxed import BoxedPicture, shared_classes
from cellwright.export.divided import MANIFEST, splits_of, write_manifest
from cellwright.export.table import printable

_LAYOUT = ("Annotations", "JPEGImages", "ImageSets", MANIFEST)


def write_voc(folder: str | Path, pictures: Sequence[BoxedPicture], *, overwrite: bool = False) -> Path:
    """Write a Pascal VOC set: ``Annotations/NAME.xml``, and ``JPEGImages/`` where pictures come along.

    Splits stand in ``ImageSets/Main``.

    VOC counts pixels from 1, in whole numbers, and names the last pixel inside, so that box corners move by up to
    half a pixel; a box is at least two pixels wide, since readers take one of a single pixel for a slip of the mouse.

    Raises
    ------
    BadParameter
        If the pictures do not make one set.
    OutputExists
        If the folder is there and `overwrite` is false.
    OutputNotWritable
        If it cannot be written, or holds what is no VOC set.
    """
    shared_classes(pictures)
    splits = splits_of(pictures)
    with replacing_folder(folder, _LAYOUT, overwrite=overwrite) as part:
        for name in ("Annotations", "JPEGImages"):
            (part / name).mkdir()
        for name, members in splits.items():
            (part / "ImageSets" / "Main").mkdir(parents=True, exist_ok=True)
            lines = "".join(f"{picture.stem}\n" for picture in members)
            (part / "ImageSets" / "Main" / f"{name}.txt").write_text(lines, encoding="utf-8")
        write_manifest(part, pictures)
        for picture in pictures:
            tree = ElementTree(_annotation(picture))
            indent(tree)
            tree.write(part / "Annotations" / f"{picture.stem}.xml", encoding="utf-8", xml_declaration=True)
            if picture.write_picture is not None:
                picture.write_picture(part / "JPEGImages" / picture.file_name)
    return Path(folder)


def _annotation(picture: BoxedPicture) -> Element:
    root = Element("annotation")
    _add(root, "folder", "JPEGImages")
    _add(root, "filename", picture.file_name)
    size = SubElement(root, "size")
    for name, value in (("width", picture.size[1]), ("height", picture.size[0]), ("depth", 3)):
        _add(size, name, value)
    _add(root, "segmented", 0)
    boxes, rows = picture.clipped()
    for row, (y0, x0, y1, x1) in zip(rows.tolist(), boxes.tolist(), strict=True):
        item = SubElement(root, "object")
        _add(item, "name", picture.objects.classes[picture.objects.class_index[row]])
        _add(item, "pose", "Unspecified")
        _add(item, "truncated", 0)
        _add(item, "difficult", 0)
        box = SubElement(item, "bndbox")
        first_x, last_x = _span(x0, x1, picture.size[1])
        first_y, last_y = _span(y0, y1, picture.size[0])
        for name, value in (("xmin", first_x), ("ymin", first_y), ("xmax", last_x), ("ymax", last_y)):
            _add(box, name, value)
        _add(item, "score", f"{picture.objects.scores[row]:.5f}")
    return root


def _span(low: float, high: float, length: int) -> tuple[int, int]:
    """Return the first and last pixel, from 1, of the half-open interval ``low … high``."""
    first, last = math.floor(low + 0.5) + 1, math.floor(high + 0.5)
    if last <= first:
        first = max(1, min(first, length - 1))
        last = min(length, first + 1)
    return first, last


def _add(parent: Element, name: str, value: object) -> None:
    SubElement(parent, name).text = printable(str(value))

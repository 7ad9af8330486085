"""How a labelled set on disk says which picture belongs to which split: manifest.csv for us, lists for others."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from cellwright.core import BadParameter
from cellwright.export.boxed import BoxedPicture

MANIFEST = "manifest.csv"
_SPLIT = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


def splits_of(pictures: Sequence[BoxedPicture]) -> dict[str, list[BoxedPicture]]:
    """Return the pictures of each split that is named, sorted by its name; none where the set is not divided.

    Raises
    ------
    BadParameter
        If a split has a name that makes no file name.
    """
    found: dict[str, list[BoxedPicture]] = {}
    for picture in pictures:
        if picture.split:
            if not _SPLIT.fullmatch(picture.split):
                raise BadParameter(f"A split cannot be called {picture.split!r}; use small letters, digits, - and _.")
            found.setdefault(picture.split, []).append(picture)
    return dict(sorted(found.items()))


def write_manifest(folder: Path, pictures: Sequence[BoxedPicture]) -> None:
    """Write ``manifest.csv`` with file, split and group of each picture, where any has a split or a group."""
    if not any(picture.split or picture.group for picture in pictures):
        return
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("file", "split", "group"))
    table.writerows((picture.file_name, picture.split, picture.group) for picture in pictures)
    (folder / MANIFEST).write_text(text.getvalue(), encoding="utf-8")

"""Which pictures a person means by a list of files and folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was asked for and is missing from the result.

    Parameters
    ----------
    what : str
        The picture or path.
    reason : str
        Why, in one sentence.
    """

    what: str
    reason: str

    def __str__(self) -> str:
        # Sentences of readers name the path already.
        return self.reason if self.reason.startswith(self.what) else f"{self.what}: {self.reason}"

    def to_dict(self) -> dict[str, str]:
        """Return it as values that JSON knows."""
        return {"what": self.what, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class FoundPictures:
    """Pictures to work on, in order and each once, and the paths that led to none."""

    pictures: tuple[Path, ...]
    left_out: tuple[LeftOut, ...]


def find_pictures(paths: Iterable[str | Path]) -> FoundPictures:
    """Return the pictures below folders and the files named outright.

    Folders are searched to any depth in sorted order, hidden names and linked folders left out; of their files those
    count whose name or first bytes look like a picture, and a folder that is an OME-Zarr picture is one. Files that are
    pieces of a slide (the coarser resolutions of a DICOM slide) are left out, so that none is counted twice. A file
    named outright counts whatever it looks like: if it cannot be opened, that is for the reader to say.

    Parameters
    ----------
    paths : iterable of str or Path
        Files and folders.

    Returns
    -------
    FoundPictures
        With a reason for every path that does not exist or holds no picture.
    """
    from cellwright.imaging import is_address, is_probably_openable

    found: dict[Path, None] = {}
    left_out: list[LeftOut] = []
    for path in map(Path, paths):
        if is_address(path) or (path.is_dir() and is_probably_openable(path)):
            found[path] = None  # a picture on a server, or one that is a folder: OME-Zarr
        elif path.is_dir():
            inside = list(_pictures_below(path))
            found.update(dict.fromkeys(inside))
            if not inside:
                left_out.append(LeftOut(str(path), "The folder holds no picture that can be opened."))
        elif path.exists():
            found[path] = None
        else:
            left_out.append(LeftOut(str(path), "There is no such file or folder; check the path."))
    unique = {path.resolve(): path for path in reversed(found)}
    return FoundPictures(tuple(path for path in found if unique[path.resolve()] is path), tuple(left_out))


def _pictures_below(folder: Path) -> Iterator[Path]:
    from cellwright.imaging import is_part_of_slide, is_probably_openable

    for base, folders, names in os.walk(folder, followlinks=False):
        seen = sorted(name for name in folders if not name.startswith("."))
        pictures = [name for name in seen if is_probably_openable(Path(base, name))]
        yield from (Path(base, name) for name in pictures)
        folders[:] = [name for name in seen if name not in pictures]
        beside = [name for name in names if name.lower().endswith((".vms", ".vmu"))]
        for name in sorted(names):
            path = Path(base, name)
            if not name.startswith(".") and is_probably_openable(path) and not is_part_of_slide(path, beside):
                yield path

"""Pictures by reference: how their paths are written, and how a moved file is found again by its content."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from cellwright.annotation import PictureRecord, part_path, split_part
from cellwright.core import SlideNotReadable
from cellwright.imaging import SlideRef, content_sha256

_STEPS_UP = 2
"""A picture is near when it lies in the project's folder, or in the one two above it."""
_SEARCHED_FILES = 100_000


def written_path(folder: Path, picture: Path) -> str:
    """Return how a project writes down where a picture lies: relative where it is inside or near."""
    there, here = picture.resolve(), folder.resolve()
    try:
        relative = Path(os.path.relpath(there, here))
    except ValueError:  # another drive
        return there.as_posix()
    is_near = sum(part == ".." for part in relative.parts) <= _STEPS_UP
    return (relative if is_near else there).as_posix()


def record_of(folder: Path, picture: str | Path | SlideRef, number: int, sha256: str = "") -> PictureRecord:
    """Return the record of a file, or of one plane of it; the file is read for its hash unless that is given.

    Raises
    ------
    SlideNotReadable
        If the file cannot be read.
    """
    path = file_of(picture)
    digest = sha256 or content_sha256(path)
    written = part_path(written_path(folder, path), plane_of(picture), series_of(picture))
    return PictureRecord(number, written, digest, path.stat().st_size)


def slide_ref(path: str | Path) -> SlideRef:
    """Return how to open what a project's path means: a file, or a part of it, as in ``stack.tif#z=2,t=0``."""
    file, series, plane = split_part(str(path))
    z, t = plane or (None, None)
    return SlideRef(Path(file), series, z=z, t=t)


def file_of(picture: str | Path | SlideRef) -> Path:
    """Return the file that a picture, or a plane of one, lies in."""
    return picture.path if isinstance(picture, SlideRef) else Path(picture)


def series_of(picture: str | Path | SlideRef) -> int:
    """Return which picture of its file is meant, from 0."""
    return picture.series if isinstance(picture, SlideRef) else 0


def plane_of(picture: str | Path | SlideRef) -> tuple[int, int] | None:
    """Return the plane and time point that are meant; None for a whole file."""
    if not isinstance(picture, SlideRef) or (picture.z is None and picture.t is None):
        return None
    return picture.z or 0, picture.t or 0


def located(folder: Path, record: PictureRecord) -> Path:
    """Return where a picture lies.

    Raises
    ------
    SlideNotReadable
        If it is not there, or another file of other content has its name.
    """
    path = folder / PurePosixPath(record.file)
    if not path.is_file():
        raise SlideNotReadable(f"{path} is not there; name a folder to search, and it is found again by its content.")
    if path.stat().st_size != record.size_bytes or content_sha256(path) != record.sha256:
        raise SlideNotReadable(f"{path} is not the picture that was annotated: its content differs; put that one back.")
    return path


def found_again(folder: Path, record: PictureRecord, places: Iterable[str | Path] = ()) -> Path | None:
    """Search for a moved picture by its content, in `places`, the project's folder and the one above.

    Only files of the same size are read; links to folders are not followed.
    """
    seen = 0
    for place in (*map(Path, places), folder, folder.resolve().parent):
        for root, _, names in os.walk(place):
            for name in sorted(names):
                seen += 1
                if seen > _SEARCHED_FILES:
                    return None
                if _is_the_one(path := Path(root) / name, record):
                    return path
    return None


def _is_the_one(path: Path, record: PictureRecord) -> bool:
    try:
        return path.is_file() and path.stat().st_size == record.size_bytes and content_sha256(path) == record.sha256
    except (OSError, SlideNotReadable):
        return False

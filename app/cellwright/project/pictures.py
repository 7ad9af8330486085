"""Pictures by reference: how their paths are written, and how a moved file is found again by its content."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from cellwright.annotation import PictureRecord, part_path, split_part
from cellwright.core import SlideNotReadable
from cellwright.imaging import SlideRef, address_of, content_sha256, is_address, is_there, resolved

_STEPS_UP = 2
"""A picture is near when it lies in the project's folder, or in the one two above it."""
_SEARCHED_FILES = 100_000


def written_path(folder: Path, picture: Path) -> str:
    """Return how a project writes down where a picture lies: relative where it is inside or near; an address whole."""
    address = address_of(picture)
    if address is not None:
        return address
    there, here = picture.resolve(), folder.resolve()
    try:
        relative = Path(os.path.relpath(there, here))
    except ValueError:  # another drive
        return there.as_posix()
    is_near = sum(part == ".." for part in relative.parts) <= _STEPS_UP
    return (relative if is_near else there).as_posix()


def place_of(folder: Path, written: str) -> Path:
    """Return the place that a project wrote down, absolute; an address stays one."""
    return resolved(written) if is_address(written) else resolved(folder / PurePosixPath(written))


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
    return PictureRecord(number, written, digest, _bytes_of(path))


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
    path = Path(record.file) if is_address(record.file) else folder / PurePosixPath(record.file)
    if not is_there(path):
        raise SlideNotReadable(f"{path} is not there; name a folder to search, and it is found again by its content.")
    if not _is_the_one(path, record):
        raise SlideNotReadable(f"{path} is not the picture that was annotated: its content differs; put that one back.")
    return path


def found_again(folder: Path, record: PictureRecord, places: Iterable[str | Path] = ()) -> Path | None:
    """Search for a moved picture by its content, in `places`, the project's folder and the one above.

    Only files of the same size are read, and folders of OME-Zarr; links to folders are not followed.
    """
    seen = 0
    for place in (*map(Path, places), folder, folder.resolve().parent):
        for root, folders, names in os.walk(place):
            pictures = [name for name in sorted(folders) if is_there(Path(root) / name)]
            folders[:] = [name for name in folders if name not in pictures]
            for name in (*pictures, *sorted(names)):
                seen += 1
                if seen > _SEARCHED_FILES:
                    return None
                path = Path(root) / name
                if _may_be_the_one(path, record):
                    return path
    return None


def _may_be_the_one(path: Path, record: PictureRecord) -> bool:
    try:
        return is_there(path) and _is_the_one(path, record)
    except (OSError, SlideNotReadable):
        return False


def _is_the_one(path: Path, record: PictureRecord) -> bool:
    """Whether a picture that is there has the content; a file of another size is not read for that."""
    has_size = not path.is_file() or path.stat().st_size == record.size_bytes
    return has_size and content_sha256(path) == record.sha256


def _bytes_of(path: Path) -> int:
    """Return the size of a file; 0 for a folder or an address, which have none of their own."""
    return path.stat().st_size if path.is_file() else 0

"""Finding the files of a set without ever leaving its folder, and picture sizes without decoding a pixel."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from cellwright.core import DatasetNotReadable, SlideNotReadable

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"})
TEXT_LIMIT_BYTES = 64 * 2**20
"""No label list, label file or description of a set that people write is longer; a longer one is a mistake."""

_EXIF_ORIENTATION = 0x0112
_EXIF_FORMATS = frozenset({"JPEG", "MPO", "WEBP"})
_TIFF_SUFFIXES = frozenset({".tif", ".tiff"})


def inside(root: Path, path: Path) -> bool:
    """Whether a path, all links followed, stays in the folder `root` (which is resolved already)."""
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError, ValueError):  # a loop of links, a name too long, a NUL byte
        return False


def resolve(root: Path, name: str) -> Path | None:
    """Return the path that a file of the set means by `name`, or None where that would leave the set.

    Parameters
    ----------
    root : Path
        Resolved folder of the set.
    name : str
        Relative, with either kind of slash. Absolute paths are accepted only where they lie in `root`.
    """
    path = root / PurePosixPath(name.strip().replace("\\", "/"))
    return path if inside(root, path) else None


def walk(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder in sorted order, following no linked folder, hidden names left out."""
    for base, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(base) / name


def pictures_below(folder: Path) -> Iterator[Path]:
    """Yield the picture files below a folder in sorted order."""
    return (path for path in walk(folder) if path.suffix.lower() in PICTURE_SUFFIXES)


def is_file(path: Path) -> bool:
    """Whether a path is a file; False as well for names that the system refuses."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def read_text(path: Path) -> str:
    """Return the text of a file that describes a set.

    Raises
    ------
    DatasetNotReadable
        If it cannot be read, is not UTF-8 text, or is absurdly long.
    """
    try:
        size = path.stat().st_size
        if size > TEXT_LIMIT_BYTES and path.suffix != ".json":
            raise DatasetNotReadable(f"{path} is {size // 2**20} MiB long, which no file of labels is; check the path.")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DatasetNotReadable(f"{path} cannot be read ({error.strerror or error}); check the path.") from error
    except UnicodeDecodeError as error:
        raise DatasetNotReadable(f"{path} is not text; give a label file saved as UTF-8.") from error


def picture_size(path: Path) -> tuple[int, int] | None:
    """Return rows and columns of a picture as shown, from its header alone, or None if there is no such header."""
    return _slide_size(path) if path.suffix.lower() in _TIFF_SUFFIXES else _header_size(path)


def _slide_size(path: Path) -> tuple[int, int] | None:
    # A TIFF file may hold series, levels and planes: only its reader knows which of them is the picture.
    from cellwright.imaging import open_slide

    try:
        with open_slide(path) as slide:
            return slide.shape
    except SlideNotReadable:
        return None


def _header_size(path: Path) -> tuple[int, int] | None:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            # Only the header is read, so a picture of many pixels costs nothing here.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                width, height = picture.size
                # Asking a PNG for EXIF decodes it whole, unless the tag stands before the pixels.
                may_be_turned = picture.format in _EXIF_FORMATS or "exif" in picture.info
                turned = may_be_turned and picture.getexif().get(_EXIF_ORIENTATION, 1) in {5, 6, 7, 8}
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return (width, height) if turned else (height, width)

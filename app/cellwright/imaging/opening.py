"""From a path to a `Slide`: the file is checked, its kind recognised, and the one reader that fits imported."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cellwright.core import SlideNotReadable
from cellwright.imaging.failure import DAMAGED, explained, not_readable
from cellwright.imaging.readers import OWN_READERS, READERS
from cellwright.imaging.remote import address_of
from cellwright.imaging.slide import Slide
from cellwright.imaging.sniff import ALIASES, HEAD_BYTES, LATER, SNIFFED, kind_of
from cellwright.imaging.zarr_files import is_zarr_folder, zip_root

OPENABLE_SUFFIXES = tuple(f".{name}" for name in OWN_READERS)
"""Suffixes of the files that our own readers open, with the dot, in lower case."""

_ZARR = "zarr"
_DICOM_PARTS = (rb"VOLUME\RESAMPLED", rb"PRIMARY\LABEL", rb"PRIMARY\OVERVIEW", rb"PRIMARY\THUMBNAIL")
_EXPORT = "Save or export it as PNG, JPEG, OME-TIFF or DICOM, and open that."


def is_probably_openable(path: str | Path) -> bool:
    """Whether a file's name or beginning says that `open_slide` would try; never raises, reads at most 1 KiB."""
    if address_of(path) is not None:
        return True
    path = Path(path)
    if path.is_dir():
        return is_zarr_folder(path)
    if not path.is_file():
        return False
    if _suffix_reader(path) is not None:
        return True
    try:
        return kind_of(_head(path)) in (*SNIFFED, *READERS)
    except SlideNotReadable:
        return False


def is_there(path: str | Path) -> bool:
    """Whether a picture can lie at a path: a file, a folder of OME-Zarr, an address (no server is asked)."""
    path = Path(path)
    return address_of(path) is not None or path.is_file() or is_zarr_folder(path)


def is_part_of_slide(path: str | Path, beside: Iterable[str] = ()) -> bool:
    """Whether a file is a piece of a slide that another file stands for; never raises, reads at most 1 KiB.

    Such are the coarser resolutions and the label of a DICOM slide, and the JPEGs of a Hamamatsu VMS. Whoever searches
    folders leaves them out, so that no slide is counted twice; named outright they open.

    Parameters
    ----------
    path : str or Path
        The file.
    beside : iterable of str
        Names of the files in the same folder.
    """
    path = Path(path)
    if path.suffix.lower() in (".jpg", ".jpeg"):
        return any(name.lower().endswith((".vms", ".vmu")) for name in beside)
    try:
        head = _head(path)
    except SlideNotReadable:
        return False
    return kind_of(head) == "dcm" and any(word in head for word in _DICOM_PARTS)


def open_slide(path: str | Path, series: int = 0) -> Slide:
    """Open a picture; its header is read, its pixels are not.

    Parameters
    ----------
    path : str or Path
        The file, the folder of an OME-Zarr picture, or its address (``https://…``, ``s3://…``).
    series : int
        Which picture of a file that holds several.

    Returns
    -------
    Slide
        To be closed by the caller, or used in ``with``.

    Raises
    ------
    SlideNotReadable
        If the file is missing, forbidden, empty, damaged, too large to decode or of a kind that nobody reads. The text
        names the file, the reason and what to do.
    """
    address = address_of(path)
    if address is not None:
        path, name = Path(address), _ZARR
    else:
        path = Path(path).expanduser().absolute()
        name = _ZARR if path.is_dir() and is_zarr_folder(path) else _choose(path, _head(path))
    reader = READERS.load(name)
    with explained(path, "it cannot be opened"):
        slide = reader(path, series)
    if not callable(getattr(slide, "read", None)):  # a plugin's mistake, that later would be taken for a fault of ours
        READERS.fail(name, f"it gave {type(slide).__name__} for a file, not a slide")
        raise not_readable(path, f"its reader {name!r} gave no picture", "Update or remove the package that reads it.")
    return slide


def _head(path: Path) -> bytes:
    """Return the first bytes of a file that exists, is a file, may be read and is not empty."""
    if path.is_dir():
        raise not_readable(path, "this is a folder, not a picture", "Choose a file inside it.")
    try:
        # Opening a pipe or device would wait for whoever writes into it.
        if path.exists() and not path.is_file():
            raise not_readable(path, "this is not an ordinary file", "Choose a picture file.")
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except SlideNotReadable:
        raise
    except FileNotFoundError as error:
        raise not_readable(path, "there is no such file", "Check the name; was it moved or renamed?") from error
    except PermissionError as error:
        advice = "Ask its owner for the right to read it, or copy it to a folder of yours."
        raise not_readable(path, "you are not allowed to read it", advice) from error
    except OSError as error:
        advice = "Check the drive or network connection and try again."
        raise not_readable(path, f"it cannot be read ({error.strerror or error})", advice) from error
    if not head:
        raise not_readable(path, "the file is empty (0 bytes)", DAMAGED)
    return head


def _choose(path: Path, head: bytes) -> str:
    """Return the name of the reader for a file.

    A suffix that only one kind of file has (a plugin's, a scanner's) decides; otherwise what the file begins with
    does, so that a JPEG named .tif still opens.
    """
    suffix = _suffix_reader(path)
    kind = kind_of(head)
    claimed = None if suffix is None else ALIASES.get(suffix.rsplit(".", 1)[-1], suffix.rsplit(".", 1)[-1])
    is_old_nd2 = (claimed, kind) == ("nd2", "jp2")
    if suffix is not None and (claimed not in SNIFFED or claimed == kind or is_old_nd2):
        return suffix
    if kind in SNIFFED:
        return str(kind)
    if kind in READERS:
        return str(kind)
    if kind == "zip" and zip_root(path) is not None:
        return _ZARR
    if kind is not None:
        raise not_readable(path, f"this is {LATER[kind]}, which this version does not read", _EXPORT)
    if claimed is None:
        last = path.suffix.lower()
        about = f"no reader is known for {last} files" if last else "nothing in it says what kind of picture it is"
        raise not_readable(path, about, _EXPORT)
    raise not_readable(path, f"it does not begin as {SNIFFED[claimed]} does", f"{_really(head)}{DAMAGED}")


def _really(head: bytes) -> str:
    text = bytes(range(32, 127)) + b"\t\r\n\f"
    return "It looks like a text file. " if not head.translate(None, text) else ""


def _suffix_reader(path: Path) -> str | None:
    """Return the longest registered suffix that the file's name ends in."""
    parts = path.name.lower().split(".")
    candidates = (".".join(parts[i:]) for i in range(1, len(parts)))
    return next((name for name in candidates if name in READERS), None)

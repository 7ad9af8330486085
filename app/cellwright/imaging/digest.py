"""The fingerprint of a file's content, by which results name the picture they came from."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cellwright.imaging.failure import explained, not_readable
from cellwright.imaging.remote import address_of
from cellwright.imaging.zarr_files import METADATA_NAMES, ZarrFiles, is_zarr_folder

_PART_BYTES = 2**20


def content_sha256(path: str | Path) -> str:
    """Return the SHA-256 of all bytes of a file as 64 hexadecimal digits.

    Of a folder (OME-Zarr), names and bytes of all files in it are taken, in the order of their names; of a picture on a
    server its address and description, since reading it all may take days.

    Raises
    ------
    SlideNotReadable
        If the file cannot be read.
    """
    address = address_of(path)
    if address is not None:
        return _of_address(Path(address))
    path = Path(path)
    if path.is_dir():
        return _of_folder(path)
    with explained(path, "its content cannot be read"), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _of_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    with explained(folder, "its content cannot be read"):
        if not is_zarr_folder(folder):
            raise not_readable(folder, "this is a folder, not a picture", "Choose a file inside it.")
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
            with path.open("rb") as file:
                while part := file.read(_PART_BYTES):
                    digest.update(part)
    return digest.hexdigest()


def _of_address(path: Path) -> str:
    digest = hashlib.sha256(path.as_posix().encode())
    files = ZarrFiles(path)
    for name in METADATA_NAMES:
        digest.update(files.read(name) or b"")
    return digest.hexdigest()

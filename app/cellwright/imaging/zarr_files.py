"""The files of a Zarr group in a folder, a zip or on a server: its descriptions as JSON, and the store of chunks."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from cellwright.imaging.failure import DAMAGED, explained, not_readable
from cellwright.imaging.limits import max_decoded_bytes
from cellwright.imaging.remote import address_of, storage_options

if TYPE_CHECKING:
    from zarr.abc.store import Store

    from cellwright.imaging.zarr_store import CheckedStore

METADATA_NAMES = ("zarr.json", ".zattrs", ".zgroup", ".zarray")
_MAX_METADATA_BYTES = 16 * 2**20
_MAX_MEMBERS = 5_000_000


def is_zarr_folder(path: Path) -> bool:
    """Whether a folder is a Zarr group or array."""
    return any((path / name).is_file() for name in METADATA_NAMES)


def zip_root(path: Path) -> str | None:
    """Return the folder inside a zip in which a Zarr group begins (empty for the top), None where there is none."""
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(path) as archive:
            names = [PurePosixPath(name) for name in archive.namelist()[:_MAX_MEMBERS]]
    except (BadZipFile, OSError, ValueError, NotImplementedError):
        return None
    roots = [name.parent for name in names if name.name in METADATA_NAMES]
    if not roots:
        return None
    shortest = min(roots, key=lambda root: len(root.parts))
    return "" if shortest == PurePosixPath() else shortest.as_posix()


class ZarrFiles:
    """Where a Zarr group lies.

    Parameters
    ----------
    path : Path
        A folder, a zip file, or what stands for an address.
    """

    def __init__(self, path: Path) -> None:
        import fsspec

        self.path = path
        address = address_of(path)
        self._is_zip = address is None and path.is_file()
        self._address = address
        if address is not None:
            try:
                self._files, root = fsspec.core.url_to_fs(address, **storage_options(address))
            except ImportError as error:
                reason = f"slides on a server need a package that is not installed ({error})"
                raise not_readable(path, reason, 'Install them with: pip install "cellwright[remote]".') from error
            self._root = root.rstrip("/")
        elif self._is_zip:
            root_inside = zip_root(path)
            if root_inside is None:
                raise not_readable(path, "there is no Zarr picture in this zip file", "Choose another file.")
            _refuse_swollen(path)
            self._files, self._root = fsspec.filesystem("zip", fo=str(path), skip_instance_cache=True), root_inside
        else:
            self._files, self._root = fsspec.filesystem("file"), path.as_posix()

    def json(self, key: str) -> dict[str, Any] | None:
        """Return a document of the group, None where there is none of this name.

        Raises
        ------
        SlideNotReadable
            If it is larger than metadata ever is, or no JSON object.
        """
        text = self.read(key)
        if text is None:
            return None
        with explained(self.path, f"{key} in it is not valid JSON"):
            document = json.loads(text)
        if not isinstance(document, dict):
            raise not_readable(self.path, f"{key} in it holds no JSON object", DAMAGED)
        return document

    def read(self, key: str) -> bytes | None:
        """Return a small file of the group, None where there is none of this name."""
        inside = safe_key(self.path, key)
        place = f"{self._root}/{inside}" if self._root else inside
        try:
            text: bytes = self._files.cat_file(place, start=0, end=_MAX_METADATA_BYTES + 1)
        except (FileNotFoundError, KeyError, NotADirectoryError, IsADirectoryError):
            return None
        except Exception as error:  # clients of servers have errors of their own
            if self._address is None:
                raise
            reason = f"the server does not give it ({' '.join(str(error).split())[:160]})"
            raise not_readable(self.path, reason, "Check the address and the connection.") from error
        if len(text) > _MAX_METADATA_BYTES:
            raise not_readable(self.path, f"{key} in it is larger than any description of a picture", DAMAGED)
        return text

    def store(self) -> CheckedStore:
        """Return the store that zarr reads chunks from; the caller closes it."""
        from cellwright.imaging.zarr_store import CheckedStore

        return CheckedStore(self._plain_store())

    def _plain_store(self) -> Store:
        from zarr.storage import FsspecStore, LocalStore, ZipStore

        if self._address is not None:
            options = storage_options(self._address)
            return FsspecStore.from_url(self._address, read_only=True, storage_options=options)
        if self._is_zip:
            return ZipStore(self.path, mode="r", read_only=True)
        return LocalStore(self.path, read_only=True)

    def key_in_store(self, key: str) -> str:
        """Return the name of an array as `store` knows it."""
        inside = safe_key(self.path, key)
        return f"{self._root}/{inside}".strip("/") if self._is_zip else inside

    def close(self) -> None:
        """Let go of the zip file."""
        if self._is_zip:
            self._files.zip.close()


def safe_key(path: Path, key: str) -> str:
    """Return a name inside a group with single slashes.

    Raises
    ------
    SlideNotReadable
        If it leads out of the group.
    """
    parts = key.split("/")
    if key.startswith("/") or "\\" in key or ":" in parts[0] or ".." in parts or "\0" in key:
        reason = f"its description names {key!r}, which leads out of the picture"
        raise not_readable(path, reason, "Cellwright does not follow it; do not trust this file.")
    return "/".join(part for part in parts if part not in ("", "."))


def _refuse_swollen(path: Path) -> None:
    # zarr unpacks a member whole, so that a few kilobytes could become all of memory.
    from zipfile import ZipFile

    with ZipFile(path) as archive:
        largest = max((member.file_size for member in archive.infolist()), default=0)
    if largest > max_decoded_bytes():
        raise not_readable(path, f"a part of it would unpack to {largest / 2**30:.1f} GiB", "Do not trust this file.")

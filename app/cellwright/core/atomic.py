"""Writing a file whole or not at all: what stood there before survives every failure."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from cellwright.core.errors import CellwrightError, OutputExists, OutputNotWritable

_REASONS = {
    errno.EACCES: "this folder or file may not be written to; choose another folder or change its permissions",
    errno.EPERM: "this folder or file may not be written to; choose another folder or change its permissions",
    errno.EROFS: "the disk is read-only; choose another folder",
    errno.ENOSPC: "the disk is full; free some space or choose another disk",
    errno.EFBIG: "the file is larger than this disk or your limits allow; choose another disk",
    errno.EDQUOT: "your disk quota is used up; free some space or choose another disk",
    errno.EISDIR: "a folder has that name; choose another name",
    errno.ENOTDIR: "a part of the path is a file, not a folder; choose another folder",
    errno.ENAMETOOLONG: "the name is too long for this disk; choose a shorter one",
}


@contextlib.contextmanager
def replacing(path: str | Path, *, overwrite: bool = True) -> Iterator[Path]:
    """Give a temporary file to write into; it takes the place of `path` when the block ends well.

    The temporary file lies in the same folder, so that the exchange is one step of the file system. It is flushed to
    the disk before the exchange and removed if the block fails. Missing folders are made.

    Parameters
    ----------
    path : str or Path
        The file to write. A link is followed, and what it points to is replaced.
    overwrite : bool
        Whether a file already there may be replaced.

    Yields
    ------
    Path
        An empty file to be filled.

    Raises
    ------
    OutputExists
        If something stands at `path` and `overwrite` is false.
    OutputNotWritable
        If the folder cannot be written to, the disk is full, or the block raised any other `OSError`; the file that
        stood at `path` is unchanged.
    """
    target = Path(os.path.realpath(path))
    refuse_existing(target, overwrite)
    with _explained(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder", str(target))
        part = target.parent / f".{secrets.token_hex(8)}.part"
        # Made by hand, not by `tempfile`, so that the person's umask decides who may read the result.
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        try:
            yield part
            _flush(part)
            _exchange(part, target, overwrite)
        finally:
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing_folder(path: str | Path, layout: Collection[str], *, overwrite: bool = True) -> Iterator[Path]:
    """Give a temporary folder to fill; it takes the place of the folder `path` when the block ends well.

    Parameters
    ----------
    path : str or Path
        The folder to write.
    layout : collection of str
        Names that may stand in such a folder. One that holds anything else is somebody's own and is never replaced.
    overwrite : bool
        Whether a folder already there may be replaced; an empty one always may.

    Yields
    ------
    Path
        An empty folder beside the final one.

    Raises
    ------
    OutputExists
        If something stands at `path` and `overwrite` is false.
    OutputNotWritable
        If the folder holds other things, cannot be written to, the disk is full, or the block raised any other
        `OSError`; the folder that stood at `path` is unchanged.
    """
    target = Path(os.path.realpath(path))
    with _explained(target):
        _refuse_folder(target, layout, overwrite)
        target.parent.mkdir(parents=True, exist_ok=True)
        token = secrets.token_hex(8)
        part, old = target.parent / f".{token}.part", target.parent / f".{token}.old"
        part.mkdir()
        try:
            yield part
            for file in part.rglob("*"):
                if file.is_file():
                    _flush(file)
            _exchange_folder(part, target, old)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _exchange_folder(part: Path, target: Path, old: Path) -> None:
    """Put the finished folder in place; the old one is removed last, and put back if the exchange fails."""
    was_there = target.exists()
    if was_there:
        target.replace(old)
    try:
        part.replace(target)
    except OSError:
        if was_there:
            old.replace(target)
        raise
    _flush_folder(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def _refuse_folder(target: Path, layout: Collection[str], overwrite: bool) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise OutputNotWritable(f"{target} is a file, but a folder is to be written; choose another name.")
    names = {entry.name for entry in target.iterdir()}
    if names:
        refuse_existing(target, overwrite)
    if strange := sorted(names - set(layout)):
        raise OutputNotWritable(
            f"{target} holds {strange[0]!r}, which is no part of what is to be written; choose another folder."
        )


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Raise `OutputExists` if something stands at `path` and it may not be replaced."""
    if not overwrite and path.exists():
        raise _already_there(path)


def _already_there(path: Path) -> OutputExists:
    return OutputExists(f"{path} already exists; allow overwriting or choose another name.")


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn an `OSError` into one sentence for a person."""
    try:
        yield
    except CellwrightError:
        raise
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, f"{error.strerror or error}; choose another folder")
        raise OutputNotWritable(f"{path} could not be written: {reason}.") from error


def _flush(path: Path) -> None:
    """Wait until the content has reached the disk."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _exchange(part: Path, target: Path, overwrite: bool) -> None:
    """Give the finished file its name, in one step."""
    if not overwrite:
        try:
            # A hard link fails if another program made the file meanwhile; a rename would silently replace it.
            os.link(part, target)
        except FileExistsError:
            raise _already_there(target) from None
        except OSError:  # disks without hard links, such as FAT
            refuse_existing(target, overwrite)
            part.replace(target)
    else:
        if target.exists():
            part.chmod(target.stat().st_mode & 0o7777)
        part.replace(target)
    _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where the system can do that for folders."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

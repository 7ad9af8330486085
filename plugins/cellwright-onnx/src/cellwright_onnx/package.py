"""Unpacking a package of bioimage.io: nothing leaves its folder, and nothing grows without bound."""

from __future__ import annotations

import shutil
import stat
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from cellwright.core import ModelNotUsable, OutputExists, OutputNotWritable
from cellwright.zoo import DESCRIPTION_FILES, is_plain_name, load_card

MOST_FILES = 1000
MOST_BYTES = 8 * 2**30
MOST_GROWTH = 100
"""Weights hardly shrink when they are packed; what unpacks to a hundred times its size is a bomb."""
_STEP = 2**20


def unpack(archive: Path, into: Path) -> Path:
    """Unpack a package into a new folder, and check that it can be used.

    Parameters
    ----------
    archive : Path
        The ZIP file.
    into : Path
        The folder in which a folder with the archive's name is made.

    Returns
    -------
    Path
        The model's folder.

    Raises
    ------
    ModelNotUsable
        If it is no ZIP file, would write outside its folder, grows without bound, or holds no model that runs here;
        nothing is left behind then.
    OutputExists
        If the folder is there already.
    OutputNotWritable
        If it cannot be written.
    """
    target = into / archive.name.split(".")[0]
    if target.exists():
        raise OutputExists(f"{target} is there already; move it away or choose another folder.")
    try:
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=into, prefix=".part-") as name:
            part = Path(name) / target.name
            _extract(archive, part)
            load_card(_root(part))
            _root(part).rename(target)
    except ModelNotUsable:
        raise
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise ModelNotUsable(f"{archive} is no ZIP file that can be unpacked: {error}.") from error
    except OSError as error:
        raise OutputNotWritable(f"{archive} could not be unpacked into {into}: {error}.") from error
    return target


def _extract(archive: Path, target: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        entries = [entry for entry in packed.infolist() if not entry.is_dir()]
        _refuse(archive, entries)
        room = MOST_GROWTH * archive.stat().st_size
        for entry in entries:
            path = target / PurePosixPath(entry.filename)
            path.parent.mkdir(parents=True, exist_ok=True)
            with packed.open(entry) as stream, path.open("wb") as out:
                # What the directory of the archive says of sizes may be a lie: what comes out is counted.
                while block := stream.read(_STEP):
                    room -= len(block)
                    if room < 0:
                        raise ModelNotUsable(f"{archive} unpacks to more than {MOST_GROWTH} times its size.")
                    out.write(block)


def _refuse(archive: Path, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_FILES:
        raise ModelNotUsable(f"{archive} holds {len(entries):,} files; a model has a few.")
    total = sum(entry.file_size for entry in entries)
    if total > MOST_BYTES or total > MOST_GROWTH * archive.stat().st_size:
        raise ModelNotUsable(f"{archive} says that it unpacks to {total:,} bytes, which no model needs.")
    for entry in entries:
        if not is_plain_name(entry.filename) or stat.S_ISLNK(entry.external_attr >> 16):
            raise ModelNotUsable(f"{archive} would write {entry.filename!r}, which is no plain file inside its folder.")


def _root(folder: Path) -> Path:
    """Return where the description lies: at the top, or in the only folder there."""
    inside = list(folder.iterdir()) if folder.is_dir() else []
    if len(inside) == 1 and inside[0].is_dir():
        folder = inside[0]
    if not any((folder / name).is_file() for name in DESCRIPTION_FILES):
        shutil.rmtree(folder, ignore_errors=True)
        raise ModelNotUsable(f"The package holds no {' or '.join(DESCRIPTION_FILES)}: it is none of bioimage.io.")
    return folder

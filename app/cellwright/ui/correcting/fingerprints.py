"""`Fingerprints`: the hashes of pictures by which a project finds them again; those of large files are taken beside."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from cellwright.jobs.queue import Job, Lane
from cellwright.ui.correcting.host import Host
from cellwright.ui.correcting.project_link import StillWriting
from cellwright.ui.correcting.storing import HashFiles
from cellwright.ui.state.picture import Picture

AT_ONCE_BYTES = 16 << 20
"""Files that are larger together are not read in full while a person waits."""


class Fingerprints(QObject):
    """Takes each fingerprint once.

    Parameters
    ----------
    host : Host
        The window.

    Signals
    -------
    taken()
        Those that were taken beside the window are known.
    """

    taken = Signal()

    def __init__(self, host: Host, parent: QObject) -> None:
        super().__init__(parent)
        self._host = host
        self._known: dict[Path, str] = {}
        self._under_way: set[Path] = set()

    def known(self, picture: Picture) -> str:
        """Return the fingerprint of a file where it is known or quickly taken; else nothing."""
        from cellwright.imaging import content_sha256

        if picture.path not in self._known:
            if _bytes_of(picture.path) <= AT_ONCE_BYTES:
                self._known[picture.path] = content_sha256(picture.path)
            elif picture.analysis is not None:
                self._known[picture.path] = picture.analysis.picture.sha256
        return self._known.get(picture.path, "")

    def of(self, picture: Picture) -> str:
        """Return the fingerprint of a file; `StillWriting` where it is being taken beside the window."""
        found = self.known(picture)
        if not found:
            self.take_beside([picture])
            raise StillWriting(f"{picture.name} is being read for its fingerprint; your step follows in a moment.")
        return found

    def take_beside(self, pictures: Sequence[Picture]) -> bool:
        """Take the fingerprints of files beside the window where they are large; return whether that is under way."""
        wanted = [each.path for each in pictures if each.path not in self._known and each.analysis is None]
        if sum(map(_bytes_of, wanted)) <= AT_ONCE_BYTES:
            return False
        new = tuple(path for path in wanted if path not in self._under_way)
        if new:
            self._under_way.update(new)
            self._host.opener.submit_quietly(HashFiles(new), Lane.FILES, partial(self._on_taken, new), listed=True)
        return True

    def _on_taken(self, paths: Sequence[Path], job: Job[dict[Path, str]]) -> None:
        self._under_way.difference_update(paths)
        self._known.update(job.result or {})
        self.taken.emit()


def _bytes_of(path: Path) -> int:
    """Return the size of a file; a folder or an address counts as large, so that it is read beside the window."""
    return path.stat().st_size if path.is_file() else AT_ONCE_BYTES + 1

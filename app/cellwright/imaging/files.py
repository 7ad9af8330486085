"""Bytes from anywhere in a file, for any number of threads at once; a short read is an error, never silence."""

from __future__ import annotations

import os
import threading
from pathlib import Path


class FileBytes:
    """A file open for reading at given positions.

    Reading is used in place of memory mapping on purpose: a mapped file that becomes shorter while it is open kills
    the whole program.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb", buffering=0)
        self._lock = threading.Lock()
        self.size = os.fstat(self._file.fileno()).st_size

    def read_at(self, offset: int, count: int) -> bytes:
        """Return exactly `count` bytes from `offset` on.

        Raises
        ------
        EOFError
            If the file ends earlier.
        """
        parts: list[bytes] = []
        missing = count
        while missing:
            part = self._read_some(offset + count - missing, missing)
            if not part:
                raise EOFError(f"the file ends {missing} bytes too early")
            parts.append(part)
            missing -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Close the file; safe while another thread is reading."""
        with self._lock:
            self._file.close()

    if hasattr(os, "pread"):

        def _read_some(self, offset: int, count: int) -> bytes:
            return os.pread(self._file.fileno(), count, offset)

    else:

        def _read_some(self, offset: int, count: int) -> bytes:
            with self._lock:
                self._file.seek(offset)
                return self._file.read(count)

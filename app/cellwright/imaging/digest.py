"""The fingerprint of a file's content, by which results name the picture they came from."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cellwright.imaging.failure import explained


def content_sha256(path: str | Path) -> str:
    """Return the SHA-256 of all bytes of a file as 64 hexadecimal digits.

    Raises
    ------
    SlideNotReadable
        If the file cannot be read.
    """
    path = Path(path)
    with explained(path, "its content cannot be read"), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

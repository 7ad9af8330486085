"""`SearchPictures`: which of the files and folders that a person gave are pictures."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.jobs import Progress

if TYPE_CHECKING:
    from cellwright.workflows import FoundPictures


@dataclass(frozen=True, slots=True)
class SearchPictures:
    """Operation: look for pictures in files and folders; returns `FoundPictures`."""

    paths: tuple[Path, ...]

    @property
    def title(self) -> str:
        """Name of the work."""
        return "Look for pictures"

    def run(self) -> Generator[Progress, None, FoundPictures]:
        """Walk through the folders."""
        from cellwright.workflows import find_pictures

        yield Progress(0, 0, "Looking into the folder")
        return find_pictures(self.paths)

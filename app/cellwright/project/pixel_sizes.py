"""What people said about the size of pixels, as a project keeps it: a fact about the picture that undo passes by."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.annotation import Edit, EditKind, PixelSizeRecord, RecordChange
from cellwright.core import PixelSize, PixelSizeSource
from cellwright.project import records
from cellwright.project.failure import explained
from cellwright.project.journal import JournalEntry
from cellwright.project.migrate import version_of
from cellwright.project.writing import write_edit

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

_FIRST_WITH_PIXEL_SIZES = 5


class PixelSizes:
    """The part of a `Project` that is about pixel sizes entered by hand; knows its database and how it writes."""

    _path: Path
    _connection: sqlite3.Connection

    def pixel_size(self, picture_id: int) -> PixelSize | None:
        """Return what a person said about the pixels of a picture; None where the file's own word stands."""
        found = self._said(picture_id)
        return None if found is None else _size_of(found)

    def pixel_sizes(self) -> dict[int, PixelSize]:
        """Return what people said about pixels, by the number of the picture; the others are left out."""
        return {each.picture: _size_of(each) for each in self._records()}

    def set_pixel_size(self, picture_id: int, size: PixelSize | None, author: str) -> JournalEntry | None:
        """Write down how large the pixels of a picture are; None goes back to what the file says.

        It changes no object, and undoing steps of work passes it by.

        Returns
        -------
        JournalEntry or None
            None where that was said before.

        Raises
        ------
        BadParameter
            If a pixel cannot have that size.
        """
        with self._writing():
            before = self._said(picture_id)
            known = None if before is None else (before.y_um, before.x_um)
            if known == (None if size is None else (size.y_um, size.x_um)):
                return None
            after = None
            if size is not None:
                number = before.id if before is not None else records.next_id(self._connection, PixelSizeRecord)
                now = datetime.now(UTC).isoformat(timespec="milliseconds")
                after = PixelSizeRecord(number, now, author.strip(), picture_id, size.y_um, size.x_um)
            edit = Edit(EditKind.PIXEL_SIZE, records=(RecordChange(before, after),))
            return write_edit(self._connection, edit, author, is_aside=True)

    def _said(self, picture_id: int) -> PixelSizeRecord | None:
        return next(iter(self._records(picture_id)), None)

    def _records(self, picture_id: int | None = None) -> list[PixelSizeRecord]:
        with explained(self._path):
            if version_of(self._connection) < _FIRST_WITH_PIXEL_SIZES:
                return []  # an older project that was opened for reading only
            return records.read(self._connection, PixelSizeRecord, picture_id, "picture")

    def _writing(self) -> AbstractContextManager[None]:
        raise NotImplementedError


def _size_of(said: PixelSizeRecord) -> PixelSize:
    return PixelSize(said.y_um, said.x_um, PixelSizeSource.USER)

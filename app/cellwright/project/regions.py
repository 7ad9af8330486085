"""Where a person wants the objects of a picture counted, as a project keeps it: polygons, each change a step."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellwright.annotation import Edit, EditKind, RecordChange, RegionOfInterestRecord
from cellwright.core import Regions
from cellwright.project import records, writing
from cellwright.project.failure import explained
from cellwright.project.migrate import version_of

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from cellwright.project.journal import JournalEntry

_FIRST_WITH_REGIONS = 3


class RegionsOfInterest:
    """The part of a `Project` that is about regions of interest; knows its database and how it writes."""

    _path: Path
    _connection: sqlite3.Connection

    def regions_of_interest(self, picture_id: int) -> Regions:
        """Return where a person wants objects of a picture counted; everywhere where nothing was drawn."""
        found = self._regions(picture_id)
        sides = {kind: tuple(_corners(each) for each in found if each.kind == kind) for kind in ("include", "exclude")}
        return Regions(sides["include"], sides["exclude"])

    def region_records(self, picture_id: int) -> list[RegionOfInterestRecord]:
        """Return the regions of interest of a picture one by one, with their names."""
        return self._regions(picture_id)

    def set_regions_of_interest(
        self, picture_id: int, regions: Regions, author: str, names: Sequence[str] = ()
    ) -> JournalEntry | None:
        """Say where objects of a picture are to be counted, in place of what was said before, as one step.

        Parameters
        ----------
        picture_id : int
            Which picture.
        regions : Regions
            What to include and exclude; none of both for everything.
        author : str
            Who.
        names : sequence of str
            Of the included, then of the excluded polygons.

        Returns
        -------
        JournalEntry or None
            None where that was said before.
        """
        polygons = [("include", each) for each in regions.include] + [("exclude", each) for each in regions.exclude]
        titles = [*names, *[""] * len(polygons)]
        with self._writing():
            before = self._regions(picture_id)
            said = [(kind, json.dumps(corners.tolist())) for kind, corners in polygons]
            if [(each.kind, each.corners, each.name) for each in before] == [
                (kind, corners, title) for (kind, corners), title in zip(said, titles, strict=False)
            ]:
                return None
            first = records.next_id(self._connection, RegionOfInterestRecord)
            after = [
                RegionOfInterestRecord(first + i, picture_id, kind, corners, titles[i])
                for i, (kind, corners) in enumerate(said)
            ]
            changes = [RecordChange(each, None) for each in before] + [RecordChange(None, each) for each in after]
            edit = Edit(EditKind.COUNT_REGION, records=tuple(changes))
            return writing.write_edit(self._connection, edit, author)

    def _regions(self, picture_id: int) -> list[RegionOfInterestRecord]:
        with explained(self._path):
            if version_of(self._connection) < _FIRST_WITH_REGIONS:
                return []  # an older project that was opened for reading only
            return records.read(self._connection, RegionOfInterestRecord, picture_id, "picture")

    def _writing(self) -> AbstractContextManager[None]:
        raise NotImplementedError


def _corners(record: RegionOfInterestRecord) -> NDArray[np.float64]:
    return np.array(json.loads(record.corners), np.float64)

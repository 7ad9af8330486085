"""`RegionStore`: the regions of each picture: in the project where it is part of one, else in memory until it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from cellwright.core import CellwrightError, Coverage, Regions
from cellwright.ui.state.region_shapes import RegionKind, RegionShape

if TYPE_CHECKING:
    from cellwright.annotation import RegionOfInterestRecord
    from cellwright.ui.correcting.project_files import ProjectFiles
    from cellwright.ui.correcting.project_link import OpenProject
    from cellwright.ui.state.picture import Picture


class RegionStore(QObject):
    """Regions by picture, and what counts of them cover.

    What is drawn on a picture of the project is a step of its journal, which undo takes back. Proposals are never
    written. Whoever draws without a project gets a draft, as whoever corrects does; regions of a picture that is in no
    project yet are written when it joins one.

    Parameters
    ----------
    files : ProjectFiles
        The project of the window.

    Signals
    -------
    changed()
        Regions are others now.
    failed(str)
        Regions could not be written, and why.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(self, files: ProjectFiles, parent: QObject) -> None:
        super().__init__(parent)
        self._files = files
        self._link: OpenProject | None = None
        self._aside: dict[int, tuple[RegionShape, ...]] = {}
        self._read: dict[int, tuple[RegionShape, ...]] = {}
        self._covered: dict[int, Coverage | None] = {}
        files.opened.connect(self._on_project)
        self._on_project(files.link)

    def shapes(self, picture: Picture) -> tuple[RegionShape, ...]:
        """Return the regions of a picture, those proposed last."""
        number = self._number(picture)
        aside = self._aside.get(picture.key, ())
        if number is None or self._link is None:
            return aside
        drawn = tuple(shape for shape in aside if shape.kind is not RegionKind.PROPOSED)
        if drawn and not self._link.is_read_only:  # it has joined the project since they were drawn
            self._aside[picture.key] = tuple(shape for shape in aside if shape.kind is RegionKind.PROPOSED)
            self._write(number, (*self._known(number), *drawn))
        return (*self._known(number), *self._aside.get(picture.key, ()))

    def put(self, picture: Picture, shapes: Sequence[RegionShape]) -> None:
        """Replace the regions of a picture, as one step."""
        if self._link is None and any(shape.kind is not RegionKind.PROPOSED for shape in shapes):
            self._begin_draft()
        number = self._number(picture)
        if number is None or self._link is None or self._link.is_read_only:
            self._aside[picture.key] = tuple(shapes)
        else:
            self._aside[picture.key] = tuple(shape for shape in shapes if shape.kind is RegionKind.PROPOSED)
            self._write(number, tuple(shape for shape in shapes if shape.kind is not RegionKind.PROPOSED))
        self.changed.emit()

    def coverage(self, picture: Picture) -> Coverage | None:
        """Return what the latest count of a picture in the project covers; None where none kept an account."""
        number, link = self._number(picture), self._link
        if number is None or link is None:
            return None
        if number not in self._covered:
            self._covered[number] = _latest_coverage(link, number)
        return self._covered[number]

    def forget_coverage(self) -> None:
        """Read what counts cover anew: tiles were written."""
        self._covered.clear()

    def _begin_draft(self) -> None:
        try:
            self._files.begin_draft()
        except CellwrightError as error:  # they stay in memory
            self.failed.emit(str(error))

    def _number(self, picture: Picture) -> int | None:
        return self._link.picture_id(picture.written) if self._link is not None else None

    def _known(self, number: int) -> tuple[RegionShape, ...]:
        if number not in self._read and self._link is not None:
            try:
                records = self._link.project.region_records(number)
            except CellwrightError as error:
                self.failed.emit(str(error))
                records = []
            self._read[number] = tuple(shape_of(record, at) for at, record in enumerate(records, 1))
        return self._read.get(number, ())

    def _write(self, number: int, shapes: tuple[RegionShape, ...]) -> None:
        link = self._link
        if link is None:
            return
        include = [shape for shape in shapes if shape.kind is RegionKind.INCLUDE]
        exclude = [shape for shape in shapes if shape.kind is RegionKind.EXCLUDE]
        regions = Regions(tuple(each.corners for each in include), tuple(each.corners for each in exclude))
        names = [each.name for each in (*include, *exclude)]
        try:
            link.project.set_regions_of_interest(number, regions, link.author, names)
        except CellwrightError as error:
            self.failed.emit(str(error))
        self._read.pop(number, None)
        link.follow()

    def _on_project(self, link: OpenProject | None) -> None:
        self._link = link
        self._read.clear()
        self._covered.clear()
        if link is not None:
            link.journal_changed.connect(self._on_journal)
        self.changed.emit()

    def _on_journal(self) -> None:
        self._read.clear()
        self._covered.clear()
        self.changed.emit()


def shape_of(record: RegionOfInterestRecord, number: int) -> RegionShape:
    """Return a region of the project as it is drawn; one without a name is called by its number."""
    kind = RegionKind(record.kind)
    name = record.name or (f"Left out {number}" if kind is RegionKind.EXCLUDE else f"Region {number}")
    return RegionShape(name, kind, np.array(json.loads(record.corners), np.float64), record.id)


def _latest_coverage(link: OpenProject, number: int) -> Coverage | None:
    for run in reversed(link.project.runs(number)):
        coverage = link.project.coverage(run.id)
        if coverage.records:
            return coverage
    return None

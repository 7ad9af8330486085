"""`MeasuredKeeping`: what was measured in a window is kept in its project, and is there again when that is opened."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

import cellwright
from cellwright.core import CellwrightError, Objects, PixelSize
from cellwright.jobs import Progress, run_inline
from cellwright.jobs.queue import Job, Lane
from cellwright.project.connection import DATABASE
from cellwright.project.measured import KeptColumn, KeptMeasurements, measured_path, read_measured, write_measured
from cellwright.shapes import outline_marks
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.state.measurable import offer_of
from cellwright.ui.state.measured import MeasuredColumn, Taken
from cellwright.ui.state.measured_pictures import places_of
from cellwright.ui.state.picture import Picture

if TYPE_CHECKING:
    from cellwright.annotation import PictureRecord
    from cellwright.measure import MeasurementSet, MeasureOptions
    from cellwright.ui.correcting.project_link import OpenProject
    from cellwright.ui.main_window import MainWindow

_SOON_MS = 300
"""So long after cells were measured that is written down."""

_MOST_AT_THE_END = 200_000
"""Of more cells than this what was just measured is not written while the window closes."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What measurements of a picture come from, besides its objects.

    Parameters
    ----------
    folder : Path
        Of the project.
    record : PictureRecord
        The picture, or plane, as the project knows it.
    path : Path
        Where it lies now.
    pixel_size : PixelSize or None
        With one, numbers are in µm.
    """

    folder: Path
    record: PictureRecord
    path: Path
    pixel_size: PixelSize | None

    def basis(self, groups: frozenset[str]) -> dict[str, str]:
        """Return it in words, with the versions of what measures; equal words mean equal numbers."""
        from cellwright.measure import MEASUREMENTS, MeasureOptions

        size = self.pixel_size
        entries = MEASUREMENTS.entries()
        versions = {name: entries[name].version or cellwright.__version__ for name in groups if name in entries}
        return {
            "picture": self.record.sha256,
            "pixel": f"{size.y_um!r} x {size.x_um!r} um" if size is not None else "px",
            "options": _options_words(MeasureOptions()),
            **{f"version of {name}": versions.get(name, "") for name in sorted(groups)},
        }

    def is_as_it_was(self, stamp: str) -> bool:
        """Return whether the file is the one that was measured; one that only looks younger is read for its hash."""
        from cellwright.imaging import content_sha256

        return (bool(stamp) and self.stamp() == stamp) or content_sha256(self.path) == self.record.sha256

    def stamp(self) -> str:
        """Return length and time of the file; nothing for a folder or an address."""
        if not self.path.is_file():
            return ""
        facts = self.path.stat()
        return f"{facts.st_size} bytes of {facts.st_mtime_ns}"


@dataclass(frozen=True, slots=True, eq=False)
class KeepMeasured:
    """Write down what was measured on a picture; an `Operation` whose result says whether there was a project to."""

    origin: Origin
    objects: Objects
    taken: Taken
    with_others: frozenset[str]

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Keep what was measured on {self.origin.path.name}"

    def run(self) -> Generator[Progress, None, bool]:
        """Write it in one step.

        Raises
        ------
        OutputNotWritable
            If there is no room.
        """
        yield Progress(0, 1, self.title)
        if not (self.origin.folder / DATABASE).is_file():
            return False  # a draft that was saved elsewhere meanwhile
        rows = np.flatnonzero(self.taken.rows)
        measured = self.objects.take(rows)
        columns = tuple(
            KeptColumn(
                each.name,
                each.unit,
                each.description,
                each.key,
                each.group,
                each.decimals,
                each.group in self.with_others,
                each.numbers[rows],
            )
            for each in self.taken.columns.values()
        )
        groups = frozenset(each.group for each in columns)
        basis = {**self.origin.basis(groups), "file": self.origin.stamp()}
        ids = measured.ids.view(np.uint8).reshape(-1, 16)
        marks = outline_marks(measured.boxes, measured.masks)
        kept = KeptMeasurements(basis, self.taken.asked, ids, marks, columns)
        write_measured(self.origin.folder, self.origin.record.id, kept)
        return True


@dataclass(frozen=True, slots=True, eq=False)
class RecallMeasured:
    """Read what is kept of a picture; an `Operation` whose result is what still holds, None where nothing is kept."""

    origin: Origin
    objects: Objects
    counted: NDArray[np.bool_]

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Read what was measured on {self.origin.path.name}"

    def run(self) -> Generator[Progress, None, Taken | None]:
        """Find each number's object again, and leave out what was measured from anything else."""
        yield Progress(0, 1, self.title)
        kept = read_measured(self.origin.folder, self.origin.record.id)
        return None if kept is None else self._recalled(kept)

    def _recalled(self, kept: KeptMeasurements) -> Taken:
        n = len(self.objects)
        groups = frozenset(each.group for each in kept.columns)
        said = dict(kept.basis)
        stamp = said.pop("file", "")
        if said != self.origin.basis(groups) or not self.origin.is_as_it_was(stamp):
            return Taken(kept.asked, {}, np.zeros(n, bool), is_behind=True)  # what to measure again
        place = places_of(np.ascontiguousarray(kept.ids), self.objects.ids)
        rows = place >= 0
        marks = outline_marks(self.objects.boxes, self.objects.masks)
        rows[rows] = marks[rows] == kept.marks[place[rows]]
        rows &= self.counted
        is_whole = bool(rows.sum() == len(kept.marks) == self.counted.sum())
        columns = {}
        for each in kept.columns:
            values = np.full(n, np.nan)
            if is_whole or not each.with_others:
                values[rows] = each.values[place[rows]]
            columns[each.name] = MeasuredColumn(
                each.name, each.unit, values, each.description, each.key, each.group, each.decimals
            )
        return Taken(kept.asked, columns, rows, is_behind=not is_whole)


class MeasuredKeeping(QObject):
    """Writes what is measured in a window into its project, and reads it when pictures of the project are shown.

    Parameters
    ----------
    window : MainWindow
        Where cells are measured.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self._kept: dict[int, tuple[Path, int, Taken]] = {}
        self._recalled: dict[int, tuple[Path, int, PixelSize | None]] = {}
        self._writing: dict[int, Job[bool]] = {}
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._soon.timeout.connect(self._keep_all)
        self._session.measured_changed.connect(self._on_measured)

    def stop(self) -> None:
        """Write down what is not yet, and follow no more, before the window goes."""
        self._session.measured_changed.disconnect(self._on_measured)
        self._soon.stop()
        for picture in self._session.pictures:
            if self._writing.get(picture.key) is not None:
                self._kept.pop(picture.key, None)  # a job that may be told to stop before it begins
            operation = self._to_keep(picture)
            if operation is not None and len(operation.objects) <= _MOST_AT_THE_END:
                try:
                    run_inline(operation)
                except CellwrightError as error:
                    self._tell(error)

    # ---- keeping

    def _keep_all(self) -> None:
        for picture in self._session.pictures:
            operation = self._to_keep(picture)
            if operation is not None:
                self._kept[picture.key] = (operation.origin.folder, operation.origin.record.id, operation.taken)
                done = partial(self._on_kept, picture.key)
                self._writing[picture.key] = self._window.controller.submit_quietly(operation, Lane.FILES, done)

    def _to_keep(self, picture: Picture) -> KeepMeasured | None:
        """Return the work of keeping what is known of a picture; None where nothing is new."""
        link, measured = self._link, self._session.measured(picture)
        taken = measured.taken if measured is not None else None
        if link is None or link.is_read_only or measured is None or taken is None:
            return None
        origin = self._origin(picture) if taken.columns and not measured.is_behind else None
        if origin is None:
            return None
        known = self._kept.get(picture.key)
        if known is not None and known[:2] == (origin.folder, origin.record.id) and known[2] is taken:
            return None
        return KeepMeasured(origin, measured.objects, taken, _with_others(picture, taken))

    def _on_kept(self, key: int, job: Job[bool]) -> None:
        if self._writing.get(key) is job:
            del self._writing[key]
        if isinstance(job.error, CellwrightError):
            self._tell(job.error)

    def _tell(self, error: CellwrightError) -> None:
        said = f"What was measured could not be kept in the project, and is there until the window closes. {error}"
        self._window.say(Message(Level.WARNING, said))

    # ---- recalling

    def _on_measured(self, picture: Picture) -> None:
        self._soon.start()
        measured, origin = self._session.measured(picture), self._origin(picture)
        if measured is None or origin is None or (measured.taken is not None and measured.taken.columns):
            return
        question = (origin.folder, origin.record.id, origin.pixel_size)
        if self._recalled.get(picture.key) == question:
            return
        self._recalled[picture.key] = question
        if measured_path(origin.folder, origin.record.id).is_file():
            operation = RecallMeasured(origin, measured.objects, self._session.counted(picture))
            done = partial(self._on_recalled, picture)
            self._window.controller.submit_quietly(operation, Lane.FILES, done)

    def _on_recalled(self, picture: Picture, job: Job[Taken | None]) -> None:
        taken, operation = job.result, job.operation
        measured = self._session.measured(picture)
        if taken is None or not isinstance(operation, RecallMeasured) or measured is None:
            return
        if measured.taken is not None and measured.taken.columns:
            return  # it was measured meanwhile
        if self._session.take_measured(picture, operation.objects, operation.origin.pixel_size, taken):
            if not taken.is_behind:
                self._kept[picture.key] = (operation.origin.folder, operation.origin.record.id, taken)
        elif picture in self._session.pictures:
            self._recalled.pop(picture.key, None)  # cells or pixel size became others meanwhile: asked once more
            self._on_measured(picture)

    # ---- what belongs together

    @property
    def _link(self) -> OpenProject | None:
        return self._window.correcting.files.link

    def _origin(self, picture: Picture) -> Origin | None:
        """Return what numbers of a picture come from; None where it is not in a project."""
        link = self._link
        number = self._window.correcting.belonging.id_of(picture) if link is not None else None
        record = next((each for each in link.pictures if each.id == number), None) if link is not None else None
        if link is None or record is None:
            return None
        return Origin(link.folder, record, picture.path, picture.pixel_size)


def _with_others(picture: Picture, taken: Taken) -> frozenset[str]:
    """Return the sets of measurements whose numbers depend on other objects too: on all, or on those near by."""
    from cellwright.measure import MeasureOptions, Needs

    def looks_around(made: MeasurementSet | None, options: MeasureOptions) -> bool:
        if made is None or made.needs is Needs.OTHERS:
            return True
        return made.needs is Needs.PIXELS and made.rim_px(options, (1.0, 1.0)) > 0

    offer = offer_of(picture)
    sets = offer.sets if offer is not None else {}
    groups = frozenset(each.group for each in taken.columns.values())
    return frozenset(name for name in groups if looks_around(sets.get(name), MeasureOptions()))


def _options_words(options: MeasureOptions) -> str:
    return f"ring {options.ring!r}, radius {options.radius!r}, levels {options.levels!r}, blank {options.blank!r}"

"""How pictures belong to a project: they join it, what is found goes in, what stands there is shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

from cellwright.annotation import ClassRecord, ModelRecord, RunRecord
from cellwright.core import CellwrightError, Objects
from cellwright.ui.correcting.corrected import corrected, remembered
from cellwright.ui.correcting.host import Host
from cellwright.ui.correcting.project_link import OpenProject, added
from cellwright.ui.correcting.tables import PictureTable, styles_of_classes
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.state.class_style import ClassStyle
from cellwright.ui.state.loading import LoadedPicture
from cellwright.ui.state.picture import Picture, PictureState

if TYPE_CHECKING:
    from collections.abc import Callable

    from cellwright.workflows import Analysis

_HASHED_AT_ONCE_BYTES = 256 << 20
"""Larger files are not read in full while a person waits, if an analysis has read them already."""

_SAME_PLACE = 0.5
"""What a model finds over what a person looked at, by this much, is the same cell: the person's word stays."""


class Belonging(QObject):
    """Keeps a session and a project together.

    Parameters
    ----------
    host : Host
        The window.
    """

    def __init__(self, host: Host, parent: QObject) -> None:
        super().__init__(parent)
        self._host, self._session = host, host.session
        self._link: OpenProject | None = None
        self._hashes: dict[Path, str] = {}
        self._letters: dict[str, ClassStyle] = {}
        self._is_storing = False
        session = self._session
        session.objects_changed.connect(self._on_objects)
        session.picture_changed.connect(self._on_picture)
        session.current_changed.connect(self._on_current)
        session.pictures_changed.connect(self._on_pictures)
        host.opener.loaded.connect(self._on_loaded)
        # pictures join when the work of the moment is done, many in one step
        self._joining = QTimer(self)
        self._joining.setSingleShot(True)
        self._joining.setInterval(0)
        self._joining.timeout.connect(self.join_all)

    @property
    def link(self) -> OpenProject | None:
        """The project, if there is one."""
        return self._link

    def set_link(self, link: OpenProject | None) -> None:
        """Belong to another project, or to none."""
        self._link = link
        if link is None:
            for picture in self._session.pictures:
                picture.marks = None
            return
        link.changed.connect(self._on_changed)
        self._joining.start()

    def stop(self) -> None:
        """Follow the session no more, before the window goes."""
        session = self._session
        session.objects_changed.disconnect(self._on_objects)
        session.picture_changed.disconnect(self._on_picture)
        session.current_changed.disconnect(self._on_current)
        session.pictures_changed.disconnect(self._on_pictures)
        self._joining.stop()

    # ---- pictures

    def id_of(self, picture: Picture) -> int | None:
        """Return the number of a picture in the project."""
        return None if self._link is None else self._link.picture_id(picture.path)

    def picture_of(self, number: int) -> Picture | None:
        """Return the open picture with that number in the project."""
        return next((each for each in self._session.pictures if self.id_of(each) == number), None)

    def join_all(self) -> None:
        """Let every open picture join, with what was found on it."""
        link = self._link
        if link is None or link.is_read_only:
            return
        self._attempt(partial(self._join, link, self._session.pictures))

    def take(self, picture: Picture) -> int:
        """Return the number of a picture, which joins if it has not; what was found on it goes into the project.

        Raises
        ------
        CellwrightError
            If that could not be put on disk.
        """
        assert self._link is not None
        if picture.analysis is not None and picture.marks is None:
            self._store(self._link, picture)
        elif self.id_of(picture) is None:
            self._link.add_pictures({picture.path: self._sha256(picture)})
        number = self.id_of(picture)
        assert number is not None
        return number

    def _join(self, link: OpenProject, pictures: Sequence[Picture]) -> None:
        for picture in pictures:
            if picture.analysis is not None and picture.marks is None and _is_flat(picture):
                self._store(link, picture)
        new = [each for each in pictures if self.id_of(each) is None and not each.is_unreadable]
        if new:
            link.add_pictures({each.path: self._sha256(each) for each in new})
        for picture in pictures:
            if picture.marks is None:
                self.show(picture)

    def _sha256(self, picture: Picture) -> str:
        from cellwright.imaging import content_sha256

        if picture.path not in self._hashes:
            is_large = picture.path.stat().st_size > _HASHED_AT_ONCE_BYTES
            known = picture.analysis.picture.sha256 if is_large and picture.analysis is not None else ""
            self._hashes[picture.path] = known or content_sha256(picture.path)
        return self._hashes[picture.path]

    # ---- what is found

    def _store(self, link: OpenProject, picture: Picture) -> None:
        """Put a fresh analysis into the project, as one step; what people looked at stays as they left it."""
        analysis = picture.analysis
        assert analysis is not None
        self._letters.update({style.name: style for style in picture.styles})
        record = link.project.proposed_pictures([picture.path], sha256={picture.path: self._sha256(picture)})[0]
        model = _model_record(link, analysis.card.name, analysis.model_hash, analysis.card.model_dump_json())
        said = {"device": analysis.device, "engine": analysis.engine, "seconds": round(analysis.seconds, 3)}
        run = RunRecord(
            link.project.next_id(RunRecord), record.id, model.id, json.dumps(said), analysis.coverage.fraction
        )
        known = {each.id for each in link.pictures}
        records = [added(record)] if record.id not in known else []
        records += [added(each) for each in new_classes(link, picture.styles)]
        records += [added(model)] if model not in link.project.models() else []
        objects, replaced = analysis.objects, np.zeros(0, "V16")
        if record.id in known:
            table = link.table(record.id, analysis.objects.source)
            objects, replaced = _beside(table, analysis.objects, set(link.project.deleted(record.id)))
        self._is_storing = True
        try:
            gone = (UUID(bytes=each.tobytes()) for each in replaced)
            is_first = record.id not in known
            link.add_analysis(record.id, objects, [*records, added(run)], gone, is_first=is_first)
        finally:
            self._is_storing = False
        self.show(picture)

    # ---- what is shown

    def show(self, picture: Picture) -> None:
        """Show what the project says of a picture; nothing where it says nothing and nobody analyzed it."""
        link, number = self._link, self.id_of(picture)
        if link is None or number is None:
            if picture.marks is not None:  # the step by which it joined was taken back
                picture.analysis = None
                self._session.set_objects(picture, None)
            return
        source = picture.analysis.objects.source if picture.analysis is not None else ""
        table = link.table(number, source)
        if not len(table.objects) and picture.analysis is None and not _has_run(link, number):
            return
        styles = styles_of_classes(link.classes, self._letters)
        if picture.analysis is None:
            picture.analysis = self._remembered(link, picture, number, table)
        if picture.analysis is not None:
            picture.analysis = corrected(picture.analysis, table, styles)
        if not picture.state.is_busy:
            picture.state = PictureState.DONE
        self._session.set_objects(picture, table.objects, styles, table.marks)

    @staticmethod
    def _remembered(link: OpenProject, picture: Picture, number: int, table: PictureTable) -> Analysis | None:
        runs = [run for run in link.project.runs() if run.picture == number]
        models = {each.id: each for each in link.project.models()}
        record = next(each for each in link.pictures if each.id == number)
        if not runs or runs[-1].model not in models:
            return None
        return remembered(picture, record, models[runs[-1].model], runs[-1], table)

    def _on_changed(self, number: int) -> None:
        picture = self.picture_of(number)
        if picture is not None and not self._is_storing:
            self.show(picture)

    def _on_objects(self, picture: Picture) -> None:
        link = self._link
        if link is None or link.is_read_only or picture.marks is not None or picture.analysis is None:
            return
        if _is_flat(picture):
            self._attempt(partial(self._store, link, picture))

    def _on_picture(self, picture: Picture) -> None:
        # an analysis that ended without a result leaves what the project says
        if picture.marks is None and picture.state in (PictureState.CANCELLED, PictureState.FAILED):
            self.show(picture)

    def _on_current(self, picture: Picture | None) -> None:
        if picture is not None and picture.marks is None:
            self.show(picture)

    def _on_pictures(self) -> None:
        if self._link is not None:
            self._joining.start()

    def _on_loaded(self, picture: Picture, _loaded: LoadedPicture) -> None:
        # only now is its size known, which the remembered analysis needs
        if picture.marks is not None and picture.analysis is None:
            self.show(picture)

    def _attempt(self, do: Callable[[], object]) -> None:
        try:
            do()
        except CellwrightError as error:
            self._host.say(Message(Level.ERROR, str(error)))


def new_classes(link: OpenProject, styles: Sequence[ClassStyle]) -> list[ClassRecord]:
    """Return the records of classes that a project lacks, each with the first free digit as its key."""
    known = {each.name for each in link.classes}
    free = [key for key in "123456789" if key not in {each.key for each in link.classes}]
    first = link.project.next_id(ClassRecord)
    new = [style for style in styles if style.name not in known]
    return [
        ClassRecord(first + at, style.name, style.title, style.colour, free[at] if at < len(free) else "")
        for at, style in enumerate(new)
    ]


def _model_record(link: OpenProject, name: str, sha256: str, card: str) -> ModelRecord:
    for each in link.project.models():
        if (each.name, each.sha256) == (name, sha256):
            return each
    return ModelRecord(link.project.next_id(ModelRecord), name, sha256, card)


def _has_run(link: OpenProject, number: int) -> bool:
    return any(run.picture == number for run in link.project.runs())


def _is_flat(picture: Picture) -> bool:
    """Whether a picture has one plane: a project keeps the objects of a picture, not of each of its planes."""
    return picture.facts is None or not picture.facts.is_stack


def _beside(table: PictureTable, found: Objects, deleted: set[bytes]) -> tuple[Objects, NDArray[np.void]]:
    """Return what of a fresh analysis is new beside people's work, and which older objects it replaces.

    Parameters
    ----------
    table : PictureTable
        What the project has.
    found : Objects
        What the model says now.
    deleted : set of bytes
        Ids of objects that a person deleted: they do not come back.
    """
    reviewed = table.marks.is_reviewed
    old, new = table.objects.ids.view("S16"), found.ids.view("S16")
    gone = table.objects.ids[~reviewed & ~np.isin(old, new)]
    keep = np.array([each.tobytes() not in deleted for each in found.ids], bool)
    rows = np.flatnonzero(keep & ~np.isin(new, old))
    keep[rows[_covered(found.boxes[rows], table.objects.boxes[reviewed])]] = False
    return found.take(keep), gone


def _covered(boxes: NDArray[np.float32], by: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which boxes have an intersection over union above `_SAME_PLACE` with any of the others."""
    covered = np.zeros(len(boxes), bool)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    for one in by:
        near = np.flatnonzero((boxes[:, :2] < one[2:]).all(1) & (boxes[:, 2:] > one[:2]).all(1))
        low, high = np.maximum(boxes[near, :2], one[:2]), np.minimum(boxes[near, 2:], one[2:])
        shared = (high - low).prod(1)
        covered[near[shared > _SAME_PLACE * (areas[near] + (one[2:] - one[:2]).prod() - shared)]] = True
    return covered

"""How pictures belong to a project: they join it, what is found goes in, what stands there is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from cellwright.core import CellwrightError
from cellwright.imaging import is_there
from cellwright.jobs.queue import Job, Lane
from cellwright.project import JournalEntry
from cellwright.ui.correcting.corrected import corrected
from cellwright.ui.correcting.fingerprints import Fingerprints
from cellwright.ui.correcting.host import Host
from cellwright.ui.correcting.parts import part_of, plane_of
from cellwright.ui.correcting.project_link import OpenProject, StillWriting
from cellwright.ui.correcting.remembering import last_analysis, unshown
from cellwright.ui.correcting.stepping import AnswerMany, Stepped, StepThrough
from cellwright.ui.correcting.storing import (
    Found,
    ReadTable,
    StoreAnalysis,
    Stored,
    TableRead,
)
from cellwright.ui.correcting.tables import styles_of_classes
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.state.class_style import ClassStyle
from cellwright.ui.state.loading import LoadedPicture
from cellwright.ui.state.picture import Picture, PictureState, PlaneResult

if TYPE_CHECKING:
    from cellwright.workflows import Analysis

_STORED_AT_ONCE, _READ_AT_ONCE = 2_000, 5_000
"""More cells are written or read beside the window."""


class Belonging(QObject):
    """Keeps a session and a project together.

    Parameters
    ----------
    host : Host
        The window.

    Signals
    -------
    freed()
        The project can be changed again, after something large was written to it.
    """

    freed = Signal()

    def __init__(self, host: Host, parent: QObject) -> None:
        super().__init__(parent)
        self._host, self._session = host, host.session
        self._link: OpenProject | None = None
        self._fingerprints = Fingerprints(host, self)
        self._fingerprints.taken.connect(self._on_fingerprints)
        self._letters: dict[str, ClassStyle] = {}
        self._is_storing = False
        self._under_way: set[tuple[int, tuple[int, int]]] = set()
        self._reading: set[int] = set()
        self._known_stacks: set[int] = set()
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
        self._under_way.clear()
        self._reading.clear()
        if link is None:
            for picture in self._session.pictures:
                picture.marks = None
                for plane, result in picture.results.items():
                    picture.results[plane] = PlaneResult(result.objects, result.styles, result.analysis)
            return
        link.changed.connect(self._on_changed)
        link.records_changed.connect(self._on_records)
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
        """Return the number that a picture has in the project; of a stack, that of the plane shown."""
        return None if self._link is None else self._link.picture_id(picture.written, plane_of(picture))

    def picture_of(self, number: int) -> Picture | None:
        """Return the open picture, or stack on that plane, with that number in the project."""
        return next((each for each in self._session.pictures if self.id_of(each) == number), None)

    def join_all(self) -> None:
        """Let every open picture join, with what was found on it."""
        link = self._link
        if link is not None and not link.is_read_only:
            self._attempt(partial(self._join, link, self._session.pictures))

    def take(self, picture: Picture) -> int:
        """Return the number of a picture, which joins if it has not; what was found on it goes into the project.

        Raises
        ------
        StillWriting
            If that takes long: it goes on beside the window, and `freed` says when it is over.
        CellwrightError
            If that could not be put on disk.
        """
        link = self._link
        assert link is not None
        if picture.analysis is not None and picture.marks is None:
            self._bring(link, picture)
        elif self.id_of(picture) is None:
            link.add_pictures([part_of(picture)], {picture.path: self._fingerprints.of(picture)})
        number = self.id_of(picture)
        assert number is not None
        if not link.is_quick(number, _READ_AT_ONCE):
            self._read(link, picture, number)
            raise StillWriting(f"The cells of {picture.name} are being read; your step follows in a moment.")
        return number

    def _join(self, link: OpenProject, pictures: Sequence[Picture]) -> None:
        for picture in pictures:
            self._bring_planes(link, picture)
            if picture.analysis is not None and picture.marks is None:
                self._bring(link, picture)
        new = [each for each in pictures if self._is_new(link, each)]
        if self._fingerprints.take_beside(new):
            return  # they join when that is over
        if new:
            link.add_pictures([each.file for each in new], {each.path: self._fingerprints.of(each) for each in new})
        for picture in pictures:
            if picture.marks is None:
                self.show(picture)

    def _on_fingerprints(self) -> None:
        self._joining.start()
        self.freed.emit()

    def _is_new(self, link: OpenProject, picture: Picture) -> bool:
        """Whether a picture is not in the project; of a stack any plane, or the whole file, will do."""
        is_known = link.picture_id(picture.written) is not None or bool(link.planes_of(picture.written))
        return not is_known and not picture.is_unreadable and is_there(picture.path)

    # ---- what is found

    def _found(self, picture: Picture, plane: tuple[int, int], analysis: Analysis) -> Found:
        styles = picture.styles if plane == picture.plane else picture.results[plane].styles
        self._letters.update({style.name: style for style in styles})
        return Found(part_of(picture, plane), self._fingerprints.known(picture), analysis, styles)

    def _bring(self, link: OpenProject, picture: Picture) -> None:
        """Put what was found on the plane shown into the project: at once, or beside the window where that is long."""
        analysis = picture.analysis
        assert analysis is not None
        found = self._found(picture, picture.plane, analysis)
        if not found.sha256 or len(analysis.objects) > _STORED_AT_ONCE:
            self._start(link, picture, picture.plane, found)
            raise StillWriting(_writing_words(analysis))
        self._is_storing = True
        try:
            link.add_analysis(found)
        finally:
            self._is_storing = False
        self.show(picture)

    def _bring_planes(self, link: OpenProject, picture: Picture) -> None:
        """Put what was found on planes that are not shown into the project."""
        for plane, result in list(picture.results.items()):
            if result.marks is None:
                found = self._found(picture, plane, result.analysis)
                if not found.sha256 or len(result.objects) > _STORED_AT_ONCE:
                    self._start(link, picture, plane, found)
                else:
                    link.add_analysis(found)

    def _start(self, link: OpenProject, picture: Picture, plane: tuple[int, int], found: Found) -> None:
        key = (picture.key, plane)
        if key in self._under_way:
            return
        self._under_way.add(key)
        link.hold(_writing_words(found.analysis))
        operation = StoreAnalysis(link.folder, link.author, found)
        done = partial(self._on_stored, link, picture, plane)
        self._host.opener.submit_quietly(operation, Lane.FILES, done, listed=True)
        self._host.update_actions()

    def _on_stored(self, link: OpenProject, picture: Picture, plane: tuple[int, int], job: Job[Stored]) -> None:
        if link is not self._link:
            return
        self._under_way.discard((picture.key, plane))
        if not self._under_way:
            link.hold("")
        if job.result is not None:
            self._attempt(partial(link.follow, job.result))
        elif isinstance(job.error, CellwrightError):
            self._host.say(Message(Level.ERROR, str(job.error)))
        elif job.error is not None:
            said = f"What was found on {picture.name} could not be put into the project; analyze it again."
            self._host.say(Message(Level.ERROR, said, job.error_text))
        if not self._under_way:
            self.freed.emit()
            self._host.update_actions()

    def step_beside(self, operation: AnswerMany | StepThrough, then: Callable[[JournalEntry | None], None]) -> None:
        """Do a step of very many cells beside the window; `then` is told of it, None where nothing changed."""
        link = self._link
        assert link is not None
        link.hold("A step of very many cells is under way; your step follows in a moment.")
        self._host.status.showMessage(f"{operation.title}…")

        def done(job: Job[Stepped]) -> None:
            if link is not self._link:
                return
            link.hold("")
            self._attempt(partial(link.follow, job.result))
            if job.result is not None:
                then(job.result.entry)
            else:
                self._say_undone(job)
            self.freed.emit()
            self._host.update_actions()

        self._host.opener.submit_quietly(operation, Lane.FILES, done, listed=True)
        self._host.update_actions()

    def _say_undone(self, job: Job[Stepped]) -> None:
        if isinstance(job.error, CellwrightError):
            self._host.say(Message(Level.ERROR, str(job.error)))
        elif job.error is not None:
            said = f"{job.title}: this could not be done, and nothing was changed; do it again."
            self._host.say(Message(Level.ERROR, said, job.error_text))
        else:
            self._host.status.showMessage(f"{job.title}: cancelled, nothing was changed")

    # ---- what is shown

    def show(self, picture: Picture) -> None:
        """Show what the project says of a picture; nothing where it says nothing and nobody analyzed it."""
        link, number = self._link, self.id_of(picture)
        if link is None or number is None:
            if picture.marks is not None:  # the step by which it joined was taken back
                picture.analysis = None
                self._session.set_objects(picture, None)
            return
        if not link.is_quick(number, _READ_AT_ONCE):
            self._read(link, picture, number)
            return
        table = link.table(number, picture.analysis.objects.source if picture.analysis is not None else "")
        if not len(table.objects) and picture.analysis is None and not _has_run(link, number):
            if picture.marks is not None and picture.objects is not None:
                self._session.set_objects(picture, None)
            return
        styles = styles_of_classes(link.classes, self._letters)
        if picture.analysis is None:
            picture.analysis = last_analysis(link, picture, number, table)
        if picture.analysis is not None:
            picture.analysis = corrected(picture.analysis, table, styles, link.class_names)
        if not picture.state.is_busy:
            picture.state = PictureState.DONE
        self._session.set_objects(picture, table.objects, styles, table.marks)

    def _read(self, link: OpenProject, picture: Picture, number: int) -> None:
        """Read many objects beside the window, and show them then."""
        if number in self._reading:
            return
        self._reading.add(number)
        picture.is_being_read = True
        self._session.picture_changed.emit(picture)
        operation = ReadTable(link.folder, number, picture.name)
        done = partial(self._on_read, link, picture, number)
        self._host.opener.submit_quietly(operation, Lane.FILES, done, listed=True)

    def _on_read(self, link: OpenProject, picture: Picture, number: int, job: Job[TableRead]) -> None:
        picture.is_being_read = False
        if link is not self._link:
            return
        self._reading.discard(number)
        self._session.picture_changed.emit(picture)
        if job.result is None:
            if isinstance(job.error, CellwrightError):
                self._host.say(Message(Level.ERROR, str(job.error)))
            return
        link.take_table(number, job.result)
        if self.id_of(picture) == number:
            self._attempt(partial(self.show, picture))
        self.freed.emit()

    def unshown(self, picture: Picture) -> list[Analysis]:
        """Return what the project knows of a picture beside `Picture.analyses`: drawn by hand, or on other planes."""
        return unshown(self._link, picture, self._letters)

    def _on_changed(self, number: int) -> None:
        if self._is_storing:
            return
        picture = self.picture_of(number)
        if picture is not None:
            self.show(picture)
        else:
            self._refresh_plane(number)

    def _on_records(self) -> None:
        """Show nothing of pictures whose coming was taken back."""
        for picture in self._session.pictures:
            if picture.marks is not None and self.id_of(picture) is None:
                self.show(picture)

    def _refresh_plane(self, number: int) -> None:
        """Bring what is kept of a plane that is not shown to what the project says now."""
        link = self._link
        assert link is not None
        for picture in self._session.pictures:
            plane = next((at for at, each in link.planes_of(picture.written).items() if each == number), None)
            result = picture.results.get(plane) if plane is not None else None
            if plane is None or result is None:
                continue
            table, styles = link.table(number, result.objects.source), styles_of_classes(link.classes, self._letters)
            analysis = corrected(result.analysis, table, styles, link.class_names)
            picture.results[plane] = PlaneResult(table.objects, styles, analysis, table.marks)

    def _on_objects(self, picture: Picture) -> None:
        link = self._link
        if link is None or picture.marks is not None:
            return
        if picture.analysis is None:
            if picture.objects is None and self.id_of(picture) is not None and not picture.state.is_busy:
                self._attempt(partial(self.show, picture))  # another plane of a stack
        elif not link.is_read_only:
            self._attempt(partial(self._bring, link, picture))

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
        # only now its size is known, which the remembered analysis needs, and whether it is a stack
        if self._go_to_corrected_plane(picture):
            return
        if picture.analysis is None and (picture.marks is not None or plane_of(picture) is not None):
            self._attempt(partial(self.show, picture))

    def _go_to_corrected_plane(self, picture: Picture) -> bool:
        """Show the first plane that the project has cells of, where a stack is seen for the first time."""
        link, is_new = self._link, picture.key not in self._known_stacks
        self._known_stacks.add(picture.key)
        if link is None or not is_new or plane_of(picture) is None or picture.look is None:
            return False
        planes = sorted(link.planes_of(picture.written))
        if not planes or picture.plane in planes:
            return False
        self._host.opener.set_look(picture, replace(picture.look, z=planes[0][0], t=planes[0][1]))
        return True

    def _attempt(self, do: Callable[[], object]) -> None:
        try:
            do()
        except StillWriting as words:
            self._host.status.showMessage(str(words).partition(";")[0])
        except CellwrightError as error:
            self._host.say(Message(Level.ERROR, str(error)))


def _writing_words(analysis: Analysis) -> str:
    many = f"{len(analysis.objects):,} cells of {analysis.picture.name}"
    return f"The {many} are being written into the project; your step follows in a moment."


def _has_run(link: OpenProject, number: int) -> bool:
    return bool(link.project.runs(number))

"""`Reviewing`: gallery and queue of one window, joined with its project, its pictures and its thresholds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from cellwright.annotation import Status, Verdict, all_marked, part_path, region_marked, split_part
from cellwright.core import Box
from cellwright.jobs import Operation
from cellwright.jobs.queue import Job, Lane
from cellwright.project import JournalEntry
from cellwright.ui.actions.action_set import Handler
from cellwright.ui.correcting.correcting import Correcting
from cellwright.ui.correcting.corrections import AT_ONCE
from cellwright.ui.correcting.host import Host
from cellwright.ui.correcting.parts import plane_of
from cellwright.ui.correcting.project_link import OpenProject
from cellwright.ui.looks.theme import Theme
from cellwright.ui.looks.wording import plural
from cellwright.ui.panels.banner import Message
from cellwright.ui.review.gallery import Gallery
from cellwright.ui.review.queueing import Queueing
from cellwright.ui.review.selection_link import SelectionLink
from cellwright.ui.state.picture import Picture
from cellwright.ui.state.session import rows_of
from cellwright.workflows.doubt import DECISION, decisions_of

_SAID_MS = 5000


class ReviewHost(Host, Protocol):
    """The window, as far as reviewing goes; see `MainWindow`."""

    correcting: Correcting


class Reviewing(QObject):
    """Everything about reviewing in one window.

    Parameters
    ----------
    host : ReviewHost
        The window.

    Signals
    -------
    shown(object)
        This panel is to be seen.
    """

    shown = Signal(object)

    def __init__(self, host: ReviewHost, parent: QObject) -> None:
        super().__init__(parent)
        self._host = host
        side = WindowSide(host)
        self.gallery = Gallery(side, self)
        self.queueing = Queueing(side, self.gallery, self)
        self._selection = SelectionLink(self.gallery, host.session, self)
        for part in (self.gallery, self.queueing):
            part.said.connect(self._say)
        host.correcting.files.opened.connect(self._on_project)
        session = host.session
        session.current_changed.connect(self._on_current)
        session.filter_changed.connect(self._on_filter)
        session.objects_changed.connect(self._on_objects)

    def set_theme(self, theme: Theme) -> None:
        """Follow the look of the window."""
        self.gallery.panel.set_theme(theme)

    def handlers(self) -> dict[str, Handler]:
        """Return what does each declared action of reviewing."""
        return {
            "review.gallery": lambda: self.shown.emit(self.gallery.panel),
            "review.queue": lambda: self.shown.emit(self.queueing.panel),
            "review.audit": self.ask_audit,
            "review.picture": self.mark_picture,
        }

    def show_cells(self, ids: Sequence[bytes], words: str) -> None:
        """Show some cells in the gallery, because a number elsewhere points at them."""
        self.gallery.show_chosen(ids, words)
        self.shown.emit(self.gallery.panel)

    def ask_audit(self) -> None:
        """Ask how to draw an audit."""
        self.shown.emit(self.queueing.panel)
        if self.gallery.link is None:
            self.gallery.start()
        self.queueing.ask_audit()

    def mark_picture(self) -> None:
        """Accept every cell that is shown on the picture, and say that there is no other, as one step."""
        picture = self._host.session.current
        if picture is None or picture.shape is None or picture.objects is None:
            return
        whole = Box(0, 0, *picture.shape)
        self._host.correcting.corrections.when_free(lambda: self._mark(picture, whole))

    def _mark(self, picture: Picture, whole: Box) -> None:
        link = self._host.correcting.files.need()
        number = self._host.correcting.belonging.take(picture)
        link.refuse_while_held()
        objects, marks = picture.objects, picture.marks
        assert objects is not None
        assert marks is not None
        waiting = objects.ids[self._host.session.counted(picture) & ~marks.is_reviewed]
        if not len(waiting) and whole in link.project.regions_reviewed(number):
            self._say("That was said before.")
            return

        def tell(_entry: JournalEntry | None) -> None:
            many = plural(len(waiting), "cell")
            self._say(f"{many} accepted; there is no other on {picture.name} · Ctrl+Z takes it back")

        if len(waiting) > AT_ONCE:
            verdict = Verdict(status=Status.ACCEPTED, records=region_marked(number, whole, link.reviewer()).records)
            self._host.correcting.corrections.answer_many(waiting, verdict, tell)
        else:
            cells = link.objects(each.tobytes() for each in waiting)
            tell(link.apply(all_marked(cells, number, whole, link.reviewer())))

    def stop(self) -> None:
        """Let go of everything, before the window goes."""
        session = self._host.session
        session.current_changed.disconnect(self._on_current)
        session.filter_changed.disconnect(self._on_filter)
        session.objects_changed.disconnect(self._on_objects)
        self._selection.stop()
        self.gallery.close()
        self.queueing.close()

    def _on_project(self, link: OpenProject | None) -> None:
        self.gallery.set_link(link)
        self.queueing.set_link(link)

    def _on_current(self, _picture: Picture | None) -> None:
        self.gallery.follow_picture()
        self.queueing.refill_soon()

    def _on_filter(self) -> None:
        self.gallery.follow_thresholds()
        self.queueing.refill_soon()

    def _on_objects(self, picture: Picture) -> None:
        # Before there is a project, its button is offered as soon as something was found.
        if self.gallery.link is None and picture is self._host.session.current:
            self.gallery.follow_picture()

    def _say(self, text: str) -> None:
        self._host.status.showMessage(text, _SAID_MS)


class WindowSide:
    """What gallery and queue ask of the window."""

    def __init__(self, host: ReviewHost) -> None:
        self._host = host
        self._known: tuple[object, dict[str, float]] = (None, {})

    def submit_quietly(
        self, operation: Operation[Any], lane: Lane, done: Callable[[Job[Any]], None], *, listed: bool = False
    ) -> Job[Any]:
        """Run an operation, and call `done` on this thread."""
        return self._host.opener.submit_quietly(operation, lane, done, listed=listed)

    def say(self, message: Message) -> None:
        """Show a message above the picture."""
        self._host.say(message)

    def threshold(self, name: str) -> float:
        """Return the score from which a class counts: the slider's, else that of the model that found it."""
        chosen = self._host.session.thresholds
        return chosen[name] if name in chosen else self._decisions().get(name, DECISION)

    def when_free(self, do: Callable[[], object]) -> None:
        """Do something that changes the project: now, or where it is being written to, as soon as that is over."""
        self._host.correcting.corrections.when_free(do)

    def answer_many(self, ids: NDArray[np.void], verdict: Verdict, then: Callable[[JournalEntry | None], None]) -> None:
        """Say the same of very many cells beside the window; `then` is told of it, None where it changed nothing."""
        self._host.correcting.corrections.answer_many(ids, verdict, then)

    def shown_picture(self) -> Path | None:
        """Return the picture that is shown; of a stack the plane, as a project writes it."""
        current = self._host.session.current
        return None if current is None else Path(part_path(str(current.path), plane_of(current), current.series))

    def need_link(self) -> OpenProject | None:
        """Return the project, a draft where there is none yet, with the picture that is shown."""
        link = self._host.correcting.files.need()
        picture = self._host.session.current
        if picture is not None and not picture.state.is_busy:
            self._host.correcting.belonging.take(picture)
        return link

    def go_to(self, path: Path, box: Box, name: bytes | None) -> None:
        """Show a place of a picture, and select the object there that has this id."""
        session = self._host.session
        name_of_file, series, plane = split_part(str(path))
        file = Path(name_of_file)
        picture = session.open_picture(file, series)
        if picture is None:
            self._host.opener.open_paths([Path(part_path(name_of_file, None, series))])
            return
        session.show(picture)
        if plane is not None and picture.look is not None and picture.plane != plane:
            self._host.opener.set_look(picture, replace(picture.look, z=plane[0], t=plane[1]))
        if name is not None:
            session.select_rows(rows_of(picture.objects, np.frombuffer(name, "V16")))
        canvas = self._host.centre.canvas
        if canvas is not None:
            canvas.centre_on(np.array([box.y0, box.x0, box.y1, box.x1], np.float32))

    def _decisions(self) -> dict[str, float]:
        """Return the thresholds of the project's models by class name; read once for each list of classes."""
        link = self._host.correcting.link
        if link is None:
            return {}
        if self._known[0] is not link.classes:
            by_number = decisions_of(link.project)
            self._known = link.classes, {each.name: by_number[each.id] for each in link.classes}
        return self._known[1]

"""`Correcting`: everything about the project behind a window, put together, and bound to the declared actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

from PySide6.QtCore import QObject

from cellwright.annotation import ClassRecord, Geometry, Status, smoothed, without_holes
from cellwright.core import CellwrightError
from cellwright.ui.actions.action_info import Needs
from cellwright.ui.actions.action_set import Handler
from cellwright.ui.correcting.belonging import Belonging
from cellwright.ui.correcting.class_editor import ClassDraft, ClassesDialog, edit_of_classes
from cellwright.ui.correcting.corrections import KEYS, Corrections
from cellwright.ui.correcting.drafts import title_of
from cellwright.ui.correcting.drawing import Drawing
from cellwright.ui.correcting.host import Host
from cellwright.ui.correcting.pixel_sizes import PixelSizeKeeping
from cellwright.ui.correcting.project_files import ProjectFiles
from cellwright.ui.correcting.project_link import OpenProject
from cellwright.ui.correcting.tools import Tools
from cellwright.ui.correcting.wording import entry_text, line_text
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.state.picture import Picture

_SMOOTH_PX = 2.0


class Correcting(QObject):
    """The project behind one window.

    Parameters
    ----------
    host : Host
        The window.
    """

    def __init__(self, host: Host, parent: QObject) -> None:
        super().__init__(parent)
        self._host = host
        self.belonging = Belonging(host, self)
        self.files = ProjectFiles(host, self.belonging, self)
        self.pixel_sizes = PixelSizeKeeping(host, self.belonging, self)
        self.corrections = Corrections(host, self.belonging, self.files.need, self)
        self.drawing = Drawing(host, self.corrections, self)
        self.tools = Tools(host, self.corrections, self.drawing, self)
        self.files.opened.connect(self._on_project)

    @property
    def link(self) -> OpenProject | None:
        """The project, if there is one."""
        return self.belonging.link

    def handlers(self) -> dict[str, Handler]:
        """Return what does each declared action of projects and corrections."""
        files, corrections = self.files, self.corrections
        return {
            "file.new_project": files.ask_new,
            "file.open_project": files.ask_open,
            "file.save_project_as": files.ask_save_as,
            "file.close_project": files.close,
            "edit.undo": corrections.undo,
            "edit.redo": corrections.redo,
            **{f"correct.class_{key}": partial(corrections.give_class, key) for key in KEYS},
            "correct.accept": partial(corrections.set_status, Status.ACCEPTED),
            "correct.reject": partial(corrections.set_status, Status.REJECTED),
            "correct.delete": corrections.delete,
            "correct.next": corrections.select_next,
            "correct.classes": self.ask_classes,
            "correct.merge": corrections.merge,
            "correct.fill_holes": partial(corrections.reshape, without_holes),
            "correct.smooth": partial(corrections.reshape, _smoother),
            **self.tools.handlers(),
        }

    def ask_classes(self) -> None:
        """Show the classes of the project, to be changed."""
        try:
            link = self.files.need()
            self.belonging.join_all()
        except CellwrightError as error:
            self._host.say(Message(Level.WARNING, str(error)))
            return
        dialog = ClassesDialog(link.classes, self._host.widget)
        dialog.chosen.connect(partial(self._set_classes, link))
        self.files.show_dialog(dialog)

    def _set_classes(self, link: OpenProject, drafts: tuple[ClassDraft, ...]) -> None:
        def change() -> None:
            link.refuse_while_held()
            edit = edit_of_classes(link.classes, drafts, link.project.next_id(ClassRecord))
            if edit is not None:
                link.apply(edit)

        self.corrections.when_free(change)

    def rename_class(self, name: str, other: str, title: str) -> None:
        """Give a class of the open project another name and title; its cells, colour and key stay."""
        link = self.link
        if link is None:
            return
        drafts = [ClassDraft(each.id, each.name, each.title, each.colour, each.key) for each in link.classes]
        named = (replace(each, name=other, title=title) if each.name == name else each for each in drafts)
        self._set_classes(link, tuple(named))

    def needs(self) -> set[Needs]:
        """Return what there is for actions that need a project."""
        link = self.link
        if link is None:
            return set()
        present = {Needs.PROJECT}
        try:
            undo, redo = link.project.next_undo(), link.project.next_redo()
        except CellwrightError:
            return present
        self._name("edit.undo", "&Undo", entry_text(undo) if undo is not None else "")
        self._name("edit.redo", "R&edo", entry_text(redo) if redo is not None else "")
        if undo is not None and not link.is_read_only:
            present.add(Needs.UNDO)
        if redo is not None and not link.is_read_only:
            present.add(Needs.REDO)
        return present

    def refresh(self) -> None:
        """Name the classes in the menu as they are now."""
        link = self.link
        styles = self.corrections.styles()
        for at, key in enumerate(KEYS):
            action = self._host.actions_set[f"correct.class_{key}"]
            if link is not None and link.classes:
                chosen = link.class_with_key(key)
                title = chosen.title if chosen is not None else ""
            else:
                title = styles[at].title if at < len(styles) else ""
            action.setVisible(bool(title))
            action.setText(title.replace("&", "&&") if title else f"Class {key}")

    def history(self, picture: Picture, name: bytes) -> tuple[str, ...]:
        """Return what happened to a cell, a line each, oldest first; nothing while no project keeps it."""
        link = self.link
        if link is None or picture.marks is None:
            return ()
        try:
            return tuple(line_text(line) for line in link.project.history(UUID(bytes=name)))
        except CellwrightError:
            return ()

    def source(self, name: bytes) -> str:
        """Return what made a cell, as the project knows it; empty where it does not."""
        link = self.link
        if link is None:
            return ""
        found = link.objects([name])
        return found[0].state.source if found else ""

    @property
    def title(self) -> str:
        """What the project is called; empty where there is none."""
        return "" if self.link is None else title_of(self.link.folder)

    def stop(self) -> None:
        """Let go of everything, before the window goes."""
        self.tools.stop()
        self.pixel_sizes.stop()
        self.belonging.stop()
        self.files.shut()

    def _on_project(self, link: OpenProject | None) -> None:
        if link is not None:
            link.journal_changed.connect(self._host.update_actions)
            link.records_changed.connect(self.refresh)
            link.is_hand_busy = lambda: self.tools.is_drawing
        self.pixel_sizes.set_link(link)
        self.refresh()
        self._host.update_actions()

    def _name(self, key: str, verb: str, what: str) -> None:
        self._host.actions_set[key].setText(f"{verb} {what}".strip())


def _smoother(geometry: Geometry, others: Sequence[Geometry]) -> Geometry:
    return smoothed(geometry, _SMOOTH_PX, others)

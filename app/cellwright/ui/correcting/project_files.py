"""New, open, save as, close: where the project behind the window lies, and what is said when it cannot be opened."""

from __future__ import annotations

import contextlib
import getpass
import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from cellwright.core import CellwrightError, ProjectNotReadable, ProjectNotWritable
from cellwright.imaging import is_there
from cellwright.project import Project, backups, copy_project, place_of, restore
from cellwright.ui.correcting.belonging import Belonging
from cellwright.ui.correcting.drafts import is_draft, new_draft, title_of
from cellwright.ui.correcting.host import Host
from cellwright.ui.correcting.project_dialog import ProjectDialog
from cellwright.ui.correcting.project_link import OpenProject
from cellwright.ui.dialogs.one_dialog import OneDialog
from cellwright.ui.panels.banner import Level, Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PySide6.QtWidgets import QDialog

_NEW = (
    "A project keeps pictures, what was found on them and every correction. "
    "Nothing has to be saved: each step is on disk before you see it."
)
_SAVE = "The project, its cells and its whole history go to the folder that you name. Pictures stay where they are."
_OPENED_AT_ONCE = 500
_WAIT_MS = 1500
"""Longer than another window writes, shorter than a person waits for a sentence."""


class ProjectFiles(QObject):
    """The project of one window.

    Parameters
    ----------
    host : Host
        The window.
    belonging : Belonging
        Told which project is open.

    Signals
    -------
    opened(object)
        Another `OpenProject`, or None, is behind the window.
    """

    opened = Signal(object)

    def __init__(self, host: Host, belonging: Belonging, parent: QObject) -> None:
        super().__init__(parent)
        self._host = host
        self._belonging = belonging
        self._dialogs = OneDialog()

    @property
    def dialog(self) -> QDialog | None:
        """The dialog that is open, if any."""
        return self._dialogs.open

    @property
    def link(self) -> OpenProject | None:
        """The project, if one is open."""
        return self._belonging.link

    @property
    def author(self) -> str:
        """Who corrects: the name in the settings, else that of the account."""
        if self._host.settings.author:
            return self._host.settings.author
        try:
            return getpass.getuser()
        except (OSError, KeyError):
            return "unknown"

    # ---- what a person asks for

    def ask_new(self) -> None:
        """Ask where a new project goes."""
        dialog = ProjectDialog("New project", _NEW, "Create", self._place(), self._free_name(), self._host.widget)
        dialog.chosen.connect(self.create)
        self.show_dialog(dialog)

    def ask_open(self) -> None:
        """Ask which project to open."""
        chosen = QFileDialog.getExistingDirectory(self._host.widget, "Open a project", str(self._place()))
        if chosen:
            self.open(Path(chosen))

    def ask_save_as(self) -> None:
        """Ask where a copy of the project goes; a draft moves there."""
        if self.link is None:
            self.begin_draft()
        dialog = ProjectDialog("Save project as", _SAVE, "Save", self._place(), self._free_name(), self._host.widget)
        dialog.chosen.connect(self.save_as)
        self.show_dialog(dialog)

    def create(self, folder: Path) -> None:
        """Make a new project, which the open pictures join."""
        if self._waits(partial(self.create, folder)):
            return
        with self._telling():
            self._begin(Project.create(folder))

    def open(self, folder: Path, *, read_only: bool = False) -> None:
        """Open a project in place of what is open; if that is not possible, say why and what can be done."""
        if self._waits(partial(self.open, folder, read_only=read_only)):
            return
        try:
            project = Project(folder, read_only=read_only, wait_ms=_WAIT_MS)
        except ProjectNotWritable as error:
            look = partial(self.open, folder, read_only=True)
            self._host.say(Message(Level.ERROR, str(error), "", "Open to look only", look))
        except ProjectNotReadable as error:
            self._offer_backup(folder, error)
        except CellwrightError as error:
            self._host.say(Message(Level.ERROR, str(error)))
        else:
            self.close()
            self._begin(project)
            self._open_pictures()

    def save_as(self, folder: Path) -> None:
        """Copy the project to a new folder and go on there; a draft is not kept beside it."""
        link = self.link
        if link is None or self._waits(partial(self.save_as, folder)):
            return
        with self._telling():
            copy = copy_project(link.project, folder, link.author)
            old, self_made = link.folder, is_draft(link.folder)
            self._leave()
            if self_made:
                self._host.settings.forget_project(old)
                shutil.rmtree(old, ignore_errors=True)
            self._begin(copy)
            self._host.say(Message(Level.GOOD, f"The project is {folder} from now on; every step is saved there."))

    def close(self) -> None:
        """Close the project and its pictures."""
        if self.link is None or self._waits(self.close):
            return
        self._leave()
        for picture in self._host.session.pictures:
            self._host.opener.close_picture(picture)

    def need(self) -> OpenProject:
        """Return the project; a draft where there is none yet.

        Raises
        ------
        ProjectNotWritable
            If the project was opened to look only.
        CellwrightError
            If no draft can be made.
        """
        if self.link is None:
            self.begin_draft()
        link = self.link
        assert link is not None
        if link.is_read_only:
            raise ProjectNotWritable(f"{link.folder} was opened to look only; nothing can be changed in it.")
        return link

    def begin_draft(self) -> None:
        """Make a draft and go on in it."""
        self._begin(Project.create(new_draft()))

    def shut(self) -> None:
        """Let go of the project, before the window goes."""
        self._dialogs.close()
        self._leave()

    # ---- how

    def _waits(self, do: Callable[[], object]) -> bool:
        """Tell whether the project is being written to beside the window, so that something is done after that only.

        What is being written, and every step that waits behind it, is this project's: none may be left behind.
        """
        if self.link is None or not self.link.is_held:
            return False

        def later() -> None:
            self._belonging.freed.disconnect(later)
            do()

        self._belonging.freed.connect(later)
        self._host.status.showMessage("The project is being written to; this follows as soon as that is over.")
        return True

    def _begin(self, project: Project) -> None:
        link = OpenProject(project, self.author, self)
        if not project.is_read_only:
            self._host.settings.remember_project(project.folder)
        self._belonging.set_link(link)
        self.opened.emit(link)

    def _leave(self) -> None:
        link = self.link
        if link is None:
            return
        self._belonging.set_link(None)
        self.opened.emit(None)
        try:
            link.close()
        except CellwrightError as error:  # no room for a backup: the project itself is on disk
            self._host.say(Message(Level.WARNING, str(error)))
        link.deleteLater()

    def _open_pictures(self) -> None:
        """Put the pictures of the project into the list; those that are gone are named."""
        link = self.link
        assert link is not None
        wanted = list(dict.fromkeys((place_of(link.folder, each.file), each.series) for each in link.pictures))
        gone = list(dict.fromkeys(path for path, _ in wanted if not is_there(path)))
        session = self._host.session
        opened = [each for path, series in wanted if path not in gone for each in session.add([path], series)]
        if gone:
            names = ", ".join(path.name for path in gone[:3]) + ("…" if len(gone) > 3 else "")
            find = partial(self._ask_where, link)
            text = f"{len(gone):,} of the project's pictures are not where they were: {names}."
            self._host.say(Message(Level.WARNING, text, "\n".join(map(str, gone)), "Find them…", find))
        for picture in opened[:_OPENED_AT_ONCE]:
            self._belonging.show(picture)
        if opened:
            session.show(opened[0])

    def _ask_where(self, link: OpenProject) -> None:
        place = QFileDialog.getExistingDirectory(self._host.widget, "Folder the pictures were moved to")
        if not place or link is not self.link:
            return
        with self._telling():
            for picture in link.pictures:
                if not is_there(place_of(link.folder, picture.file)):
                    link.project.find_picture(picture, link.author, [place])
            link.follow()
            self._open_pictures()

    def _offer_backup(self, folder: Path, error: ProjectNotReadable) -> None:
        kept = backups(folder)
        # a folder that is no project is a slip of the hand, not an error
        is_project = bool(kept) or any(folder.glob("*project.sqlite*"))
        level = Level.ERROR if is_project else Level.WARNING
        if kept and "newer" not in str(error):
            put_back = partial(self._put_back, folder)
            self._host.say(Message(level, str(error), "", "Open the last good state", put_back))
        else:
            self._host.say(Message(level, str(error)))

    def _put_back(self, folder: Path) -> None:
        with self._telling():
            aside = restore(folder)
            self.open(folder)
            if self.link is not None:
                text = f"The last good state is open. What was damaged is kept as {aside.name}."
                self._host.say(Message(Level.GOOD, text))

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except CellwrightError as error:
            self._host.say(Message(Level.ERROR, str(error)))

    def _place(self) -> Path:
        """Return where the dialogs start: beside the project used last, else in the home folder."""
        recent = [Path(each) for each in self._host.settings.recent_projects if not is_draft(Path(each))]
        return next((each.parent for each in recent if each.parent.is_dir()), Path.home())

    def _free_name(self) -> str:
        place, name, number = self._place(), "My cells", 1
        while (place / name).exists():
            number += 1
            name = f"My cells {number}"
        return name

    def show_dialog(self, dialog: QDialog) -> None:
        """Show a dialog in place of the one that is open, if any."""
        self._dialogs.show(dialog)


def window_title(link: OpenProject | None, picture: str) -> str:
    """Return the title of the window."""
    parts = [picture, title_of(link.folder) if link is not None else "", "Cellwright"]
    read_only = " (look only)" if link is not None and link.is_read_only else ""
    return " — ".join(part for part in parts if part) + read_only

"""`PanelHost`: what a registered panel may ask of the window it stands in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance
    from PySide6.QtWidgets import QDialog, QWidget

    from cellwright.jobs import Operation
    from cellwright.jobs.queue import Job, Lane
    from cellwright.settings import Settings
    from cellwright.ui.actions.action_set import ActionSet
    from cellwright.ui.canvas.options import CanvasOptions
    from cellwright.ui.correcting.host import Opener
    from cellwright.ui.correcting.project_link import OpenProject
    from cellwright.ui.looks.theme import Theme
    from cellwright.ui.panels.banner import Message
    from cellwright.ui.state.session import Session
    from cellwright.workflows import Analysis


class PanelHost(Protocol):
    """The window, as far as registered panels go; everything is used on the window's thread."""

    @property
    def session(self) -> Session:
        """What is open, shown and chosen, with signals for each; panels choose and follow through it."""
        ...

    @property
    def settings(self) -> Settings:
        """What is remembered for a person."""
        ...

    @property
    def theme(self) -> Theme:
        """The colours of the window now."""
        ...

    @property
    def theme_changed(self) -> SignalInstance:
        """The window took another look: its `Theme`."""
        ...

    @property
    def link(self) -> OpenProject | None:
        """The project behind the window; None where there is none. A draft is one too."""
        ...

    @property
    def project_changed(self) -> SignalInstance:
        """Another `OpenProject`, or None, is behind the window."""
        ...

    @property
    def kept_project(self) -> Path | None:
        """Folder of the project that a person keeps; None where there is none, or only a draft."""
        ...

    @property
    def actions(self) -> ActionSet:
        """The declared actions."""
        ...

    @property
    def options(self) -> CanvasOptions:
        """What is drawn over the picture."""
        ...

    @property
    def opener(self) -> Opener:
        """What opens pictures and keeps their pixels, and the device that models run on."""
        ...

    @property
    def widget(self) -> QWidget:
        """The window itself, as the parent of dialogs."""
        ...

    def submit(
        self, operation: Operation[Any], lane: Lane, done: Callable[[Job[Any]], None], *, listed: bool = True
    ) -> Job[Any]:
        """Run what takes long beside the window and call `done` on this thread, whatever became of it.

        Parameters
        ----------
        operation : Operation
            What to do; it knows nothing of the window.
        lane : Lane
            Beside what: models run one at a time on the device, files several at once.
        done : callable
            Given the ended job: its state, and its result or error.
        listed : bool
            Whether it stands in the list of jobs, where a person can cancel it.
        """
        ...

    def tell(self, message: Message) -> None:
        """Show a message above the picture."""
        ...

    def show_panel(self, name: str) -> QWidget | None:
        """Bring a registered panel to the front and return its widget; None where it waits or failed."""
        ...

    def show_cells(self, ids: Sequence[bytes], words: str) -> None:
        """Show some cells in the gallery, whatever their picture; `words` says what number points at them."""
        ...

    def show_dialog(self, dialog: QDialog) -> None:
        """Show a dialog in the place of the one that is open; it goes when it is finished."""
        ...

    def set_options(self, options: CanvasOptions) -> None:
        """Draw other things over the picture."""
        ...

    def refresh_objects(self) -> None:
        """Draw the objects of the picture anew, for example because their colours stand for something else."""
        ...

    def centre_selected(self) -> None:
        """Bring the selected object to the middle of the picture."""
        ...

    def analyses(self, *, of_all: bool = False) -> list[Analysis]:
        """Return what is known of the shown picture, plane by plane, corrected as it is seen now.

        Parameters
        ----------
        of_all : bool
            Of every open picture that has the same classes; empty where nothing is shown.
        """
        ...

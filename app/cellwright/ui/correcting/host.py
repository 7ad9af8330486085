"""What correcting needs of the window it works in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance
    from PySide6.QtWidgets import QWidget

    from cellwright.jobs import Operation
    from cellwright.jobs.queue import Job, Lane
    from cellwright.settings import Settings
    from cellwright.ui.actions.action_set import ActionSet
    from cellwright.ui.panels.banner import Message
    from cellwright.ui.panels.centre import Centre
    from cellwright.ui.panels.objects_table import ObjectsTable
    from cellwright.ui.panels.status import StatusLine
    from cellwright.ui.state.loading import LoadedPicture
    from cellwright.ui.state.look import Look
    from cellwright.ui.state.picture import Picture
    from cellwright.ui.state.session import Session


class Opener(Protocol):
    """Opens pictures and runs what takes long; see `Controller`."""

    device: str

    @property
    def loaded(self) -> SignalInstance:
        """A `Picture` and its `LoadedPicture` are ready to be shown."""
        ...

    def open_paths(self, paths: Sequence[str | Path]) -> None:
        """Open files, and every picture in folders."""
        ...

    def close_picture(self, picture: Picture) -> None:
        """Take a picture from the session."""
        ...

    def set_look(self, picture: Picture, look: Look) -> None:
        """See a picture in another way, or another plane of it."""
        ...

    def loaded_picture(self, picture: Picture) -> LoadedPicture | None:
        """Return a picture's pixels if they are in memory."""
        ...

    def submit_quietly(
        self, operation: Operation[Any], lane: Lane, done: Callable[[Job[Any]], None], *, listed: bool = False
    ) -> Job[Any]:
        """Run an operation, and call `done` on this thread."""
        ...


class Host(Protocol):
    """The window, as far as correcting goes; see `MainWindow`."""

    session: Session
    settings: Settings
    actions_set: ActionSet
    centre: Centre
    objects: ObjectsTable
    status: StatusLine

    @property
    def opener(self) -> Opener:
        """What opens pictures."""
        ...

    @property
    def widget(self) -> QWidget:
        """The window itself, as the parent of dialogs."""
        ...

    def say(self, message: Message) -> None:
        """Show a message above the picture."""
        ...

    def update_actions(self) -> None:
        """Offer the actions that make sense now."""
        ...

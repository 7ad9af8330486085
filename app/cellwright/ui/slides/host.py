"""What slides need of the window they are shown in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cellwright.ui.correcting.host import Host, Opener

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from PySide6.QtCore import SignalInstance

    from cellwright.ui.correcting.correcting import Correcting
    from cellwright.ui.panels.pictures_panel import PicturesPanel
    from cellwright.ui.state.picture import Picture


class Runner(Opener, Protocol):
    """Opens pictures, runs what takes long, and tells how far it is."""

    analyze_on_open: bool

    def open_series(self, path: Path, titles: Mapping[int, str]) -> None:
        """Open some of the pictures of a file, each by its number and title."""
        ...

    def analyze(self, pictures: Sequence[Picture]) -> None:
        """Analyze pictures with the chosen model."""
        ...

    @property
    def reported(self) -> SignalInstance:
        """A `Job` and its `Progress`."""
        ...


class SlideHost(Host, Protocol):
    """The window, as far as slides go; see `MainWindow`."""

    correcting: Correcting
    pictures: PicturesPanel

    @property
    def opener(self) -> Runner:
        """What opens pictures and runs what takes long."""
        ...

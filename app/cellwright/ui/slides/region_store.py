"""`RegionStore`: where the regions of each picture are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from cellwright.core import Coverage
    from cellwright.ui.correcting.project_files import ProjectFiles
    from cellwright.ui.state.picture import Picture
    from cellwright.ui.state.region_shapes import RegionShape


class RegionStore(QObject):
    """Regions by picture.

    Parameters
    ----------
    files : ProjectFiles
        The project of the window.

    Signals
    -------
    changed()
        Regions are others now.
    """

    changed = Signal()

    def __init__(self, files: ProjectFiles) -> None:
        super().__init__(files)
        self._files = files
        self._shapes: dict[int, tuple[RegionShape, ...]] = {}

    def shapes(self, picture: Picture) -> tuple[RegionShape, ...]:
        """Return the regions of a picture."""
        return self._shapes.get(picture.key, ())

    def put(self, picture: Picture, shapes: Sequence[RegionShape], said: str) -> None:  # noqa: ARG002 - for the journal
        """Replace the regions of a picture, as one step of that name."""
        self._shapes[picture.key] = tuple(shapes)
        self.changed.emit()

    def coverage(self, picture: Picture) -> Coverage | None:  # noqa: ARG002 - of the project's latest run
        """Return what the latest count of a picture in the project covers."""
        return None

    def stop(self) -> None:
        """Follow no more."""

"""`PixelSizeAsking`: asks about a pixel size that is missing, disputed between tags, or that red cells contradict."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from cellwright.core import Objects, PixelSize
from cellwright.jobs import Progress
from cellwright.jobs.queue import Job, Lane
from cellwright.ui.panels.banner import Level, Message

if TYPE_CHECKING:
    from cellwright.ui.slides.host import SlideHost
    from cellwright.ui.state.picture import Picture
    from cellwright.workflows.pixel_size_check import PixelSizeQuestion


@dataclass(frozen=True, slots=True, eq=False)
class CheckPixelSize:
    """Operation: hold a pixel size against the red cells; returns a `PixelSizeQuestion` or None."""

    objects: Objects
    pixel_size: PixelSize | None
    note: str
    shape: tuple[int, int] | None

    @property
    def title(self) -> str:
        """Name of the work."""
        return "Check the pixel size"

    def run(self) -> Generator[Progress, None, PixelSizeQuestion | None]:
        """Measure the red cells."""
        from cellwright.workflows.pixel_size_check import pixel_size_question

        yield Progress(0, 0, "Measuring red cells")
        return pixel_size_question(self.objects, self.pixel_size, self.note, self.shape)


class PixelSizeAsking(QObject):
    """Looks at the picture that is shown when it is opened and when it has been counted, and asks once.

    Parameters
    ----------
    host : SlideHost
        The window.
    """

    def __init__(self, host: SlideHost, parent: QObject) -> None:
        super().__init__(parent)
        self._host = host
        self._looked: set[tuple[int, str, PixelSize | None]] = set()
        self._asked: set[tuple[int, str]] = set()
        self._host.opener.loaded.connect(lambda picture, _loaded: self.look(picture))
        session = host.session
        session.picture_changed.connect(self.look)
        session.current_changed.connect(self.look)

    def stop(self) -> None:
        """Follow no more, before the window goes."""
        self._host.session.picture_changed.disconnect(self.look)
        self._host.session.current_changed.disconnect(self.look)

    def look(self, picture: Picture | None) -> None:
        """Check the picture that is shown, once as opened and once for each model that counted it."""
        if picture is None or picture is not self._host.session.current or picture.state.is_busy:
            return
        if picture.shape is None:
            return
        source = picture.objects.source if picture.objects is not None else ""
        key = picture.key, source, picture.pixel_size
        if key in self._looked:
            return
        self._looked.add(key)
        objects = picture.objects.take(self._host.session.counted(picture)) if picture.objects is not None else None
        note = "" if picture.user_pixel_size is not None else picture.pixel_size_note
        operation = CheckPixelSize(objects or Objects.empty(()), picture.pixel_size, note, picture.shape)
        self._host.opener.submit_quietly(operation, Lane.FILES, partial(self._on_checked, picture, picture.pixel_size))

    def _on_checked(self, picture: Picture, size: PixelSize | None, job: Job[PixelSizeQuestion | None]) -> None:
        question = job.result
        if question is None or picture.pixel_size != size or picture is not self._host.session.current:
            return
        if (picture.key, question.sentence) in self._asked:
            return
        self._asked.add((picture.key, question.sentence))
        level, proposed = Level.WARNING, question.proposed
        if size is None:
            # not in the way: the status line asks, and the dialog behind it begins with what would fit
            picture.fitting_pixel_size = proposed
            self._host.session.picture_changed.emit(picture)
            return
        if proposed is None:
            ask = self._host.actions_set["edit.pixel_size"].trigger
            self._host.say(Message(level, f"{picture.name}: {question.sentence}", "", "Set the pixel size…", ask))
            return
        use = partial(self._host.session.set_pixel_size, picture, proposed)
        text = f"{picture.name}: {question.sentence}"
        self._host.say(Message(level, text, "", f"Use {proposed.x_um:.3g} µm", use))

"""`Slides`: what a window offers for slides: places, label and macro, regions, coverage, batches, thumbnails."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from cellwright.jobs.queue import Job, JobState, Lane
from cellwright.ui.actions.action_set import Handler
from cellwright.ui.dialogs.one_dialog import OneDialog
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.panels.jobs_panel import error_sentence
from cellwright.ui.slides.associated_dialog import AssociatedDialog, pixmap_of
from cellwright.ui.slides.batching import Batching
from cellwright.ui.slides.go_to_line import GoToLine
from cellwright.ui.slides.host import SlideHost
from cellwright.ui.slides.pixel_size_asking import PixelSizeAsking
from cellwright.ui.slides.reading import ReadAssociated, ReadThumbnail, SlideFacts
from cellwright.ui.slides.regioning import Regioning
from cellwright.ui.slides.series_dialog import SeriesDialog
from cellwright.ui.state.loading import may_be_large
from cellwright.ui.state.picture import PictureState
from cellwright.ui.state.region_shapes import RegionKind

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog

    from cellwright.ui.state.loading import LoadedPicture
    from cellwright.ui.state.picture import Picture


class Slides(QObject):
    """Everything about slides in one window.

    Parameters
    ----------
    host : SlideHost
        The window.

    Signals
    -------
    shown(object)
        A panel is to be seen.
    """

    shown = Signal(object)

    def __init__(self, host: SlideHost, parent: QObject) -> None:
        super().__init__(parent)
        self._host = host
        self.regioning = Regioning(host, self)
        self.batching = Batching(host, self)
        self.asking = PixelSizeAsking(host, self)
        self._dialogs = OneDialog()
        self._asked: set[int] = set()
        self._told: set[Path] = set()
        self.regioning.count_asked.connect(self.batching.count)
        self.batching.shown.connect(self.shown)
        self.batching.covered.connect(self.regioning.set_coverage)
        host.opener.loaded.connect(self._on_loaded)
        host.pictures.thumbnail_wanted.connect(self._want_thumbnail)
        self._offered: set[int] = set()

    @property
    def dialog(self) -> QDialog | None:
        """The dialog that is open, if any."""
        return self._dialogs.open

    def handlers(self) -> dict[str, Handler]:
        """Return what does each declared action of slides."""
        return {
            "view.go_to": self.go_to,
            "slide.label": self.show_associated,
            "slide.series": self.choose_series,
            "slide.regions": lambda: self.shown.emit(self.regioning.panel),
            "slide.draw": partial(self._draw, RegionKind.INCLUDE),
            "slide.leave_out": partial(self._draw, RegionKind.EXCLUDE),
            "slide.reshape": self._reshape,
            "slide.propose": self._propose,
            "slide.batch": lambda: self.shown.emit(self.batching.page),
        }

    def stop(self) -> None:
        """Let go of everything, before the window goes."""
        self._dialogs.close()
        self.batching.close()
        self.regioning.stop()
        self.asking.stop()

    # ---- what a person asks for

    def go_to(self) -> None:
        """Ask for a place and bring it to the middle."""
        picture, canvas = self._host.session.current, self._host.centre.canvas
        if picture is None or picture.shape is None:
            return
        view = canvas.viewport() if canvas is not None else None
        here = (view.centre_y, view.centre_x) if view is not None else (picture.shape[0] / 2, picture.shape[1] / 2)
        line = GoToLine(picture.shape, picture.pixel_size, here, self._host.widget)
        if canvas is not None:
            line.chosen.connect(canvas.look_at)
        self._dialogs.show(line)

    def show_associated(self) -> None:
        """Show the label and the macro of the slide."""
        picture = self._host.session.current
        if picture is not None:
            done = partial(self._on_associated, picture)
            self._host.opener.submit_quietly(ReadAssociated(picture.file), Lane.FILES, done)

    def choose_series(self) -> None:
        """Let a person choose among the pictures of the file that is shown."""
        picture = self._host.session.current
        names = picture.facts.series if picture is not None and picture.facts is not None else ()
        if picture is None:
            return
        if len(names) < 2:
            self._host.say(Message(Level.INFO, f"{picture.path.name} holds one picture, the one that is shown."))
            return
        there = [at for at in range(len(names)) if self._host.session.open_picture(picture.path, at) is not None]
        dialog = SeriesDialog(picture.path.name, names, there, self._host.widget)
        dialog.chosen.connect(partial(self._host.opener.open_series, picture.path))
        self._dialogs.show(dialog)

    def _tell_series(self, picture: Picture, names: Sequence[str]) -> None:
        """Say once that a file holds more than what is shown."""
        is_alone = sum(each.path == picture.path for each in self._host.session.pictures) == 1
        if len(names) > 1 and is_alone and picture.path not in self._told:
            self._told.add(picture.path)
            text = f"{picture.path.name} holds {len(names):,} pictures; this is one of them."
            self._host.say(Message(Level.INFO, text, "", "Choose others…", self.choose_series))

    def _draw(self, kind: RegionKind) -> None:
        self.shown.emit(self.regioning.panel)
        self.regioning.draw(kind)

    def _reshape(self) -> None:
        self.shown.emit(self.regioning.panel)
        self.regioning.reshape()

    def _propose(self) -> None:
        self.shown.emit(self.regioning.panel)
        self.regioning.propose()

    def _on_associated(self, picture: Picture, job: Job[SlideFacts]) -> None:
        if job.result is not None:
            self._dialogs.show(AssociatedDialog(picture.name, job.result, picture.pixel_size_note, self._host.widget))
        elif job.state is JobState.FAILED:
            self._host.say(Message(Level.ERROR, error_sentence(job.title, job.error), job.error_text))

    # ---- thumbnails

    def take_slides(self, pictures: Sequence[Picture]) -> Sequence[Picture]:
        """Count those pictures that are read as they are looked at into the project; return the others."""
        slides = [picture for picture in pictures if self._is_slide(picture)]
        if slides:
            self.batching.count_each([(picture, self.regioning.regions(picture)) for picture in slides])
        return [picture for picture in pictures if picture not in slides]

    def _is_slide(self, picture: Picture) -> bool:
        loaded = self._host.opener.loaded_picture(picture)
        is_stack = picture.facts is not None and picture.facts.is_stack
        return loaded is not None and loaded.is_deep and not is_stack and picture.analysed_channel is None

    def _begin(self, picture: Picture) -> None:
        """Do what is done with pictures as they are opened, now that it is known how large this one is."""
        opener = self._host.opener
        if picture.key in self._offered or not opener.analyze_on_open or not may_be_large(picture.path):
            return
        self._offered.add(picture.key)
        if picture.state is not PictureState.OPEN or picture.objects is not None or self._host.session.card is None:
            return
        if not self._is_slide(picture):
            opener.analyze([picture])
        elif picture.shape is not None:
            size = f"{picture.shape[1]:,} × {picture.shape[0]:,} pixels"
            text = f"{picture.name} has {size}. Draw regions to count in, or count all of its tissue."
            count = partial(opener.analyze, [picture])
            self._host.say(Message(Level.INFO, text, "", "Count all tissue", count))

    def _on_loaded(self, picture: Picture, loaded: LoadedPicture) -> None:
        self._asked.add(picture.key)
        self._begin(picture)
        self._tell_series(picture, loaded.facts.series)
        self._host.pictures.set_thumbnail(picture.key, pixmap_of(loaded.overview))

    def _want_thumbnail(self, key: int) -> None:
        picture = self._host.session.picture_with_key(key)
        if picture is not None and key not in self._asked and not picture.is_unreadable:
            self._asked.add(key)
            self._host.opener.submit_quietly(ReadThumbnail(picture.file), Lane.FILES, partial(self._on_thumbnail, key))

    def _on_thumbnail(self, key: int, job: Job[NDArray[np.uint8] | None]) -> None:
        if job.result is not None:
            self._host.pictures.set_thumbnail(key, pixmap_of(job.result))

"""`Regioning`: regions of the picture that is shown, from the mouse into the project, and what is counted of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from cellwright.core import Coverage, Regions
from cellwright.jobs.queue import Job, JobState, Lane
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.panels.jobs_panel import error_sentence
from cellwright.ui.slides.host import SlideHost
from cellwright.ui.slides.region_store import RegionStore
from cellwright.ui.slides.regions_panel import RegionsPanel
from cellwright.ui.state.region_shapes import CountWhere, RegionKind, RegionShape, next_name, regions_of

if TYPE_CHECKING:
    from cellwright.ui.canvas import PictureCanvas
    from cellwright.ui.state.picture import Picture
    from cellwright.workflows.reading_zone import ReadingZone


class Regioning(QObject):
    """Regions and coverage in one window.

    Parameters
    ----------
    host : SlideHost
        The window.

    Signals
    -------
    count_asked(object, object, bool)
        A `Picture` is to be counted in these `Regions`; whether only tiles that failed are tried again.
    """

    count_asked = Signal(object, object, bool)

    def __init__(self, host: SlideHost, parent: QObject) -> None:
        super().__init__(parent)
        self._host = host
        self.panel = RegionsPanel()
        self.store = RegionStore(host.correcting.files, self)
        self._where: dict[int, CountWhere] = {}
        self._coverage: dict[int, Coverage] = {}
        self._holes: dict[int, list[NDArray[np.float64]]] = {}
        self._canvas: PictureCanvas | None = None
        self._connect()

    def _connect(self) -> None:
        panel, session = self.panel, self._host.session
        panel.draw_asked.connect(self.draw)
        panel.reshape_asked.connect(self.reshape)
        panel.renamed.connect(self._rename)
        panel.delete_asked.connect(self._delete)
        panel.chosen.connect(self._choose)
        panel.propose_asked.connect(self.propose)
        panel.accept_asked.connect(self.accept)
        panel.where_chosen.connect(self._set_where)
        panel.count_asked.connect(partial(self._count, retry=False))
        panel.retry_asked.connect(partial(self._count, retry=True))
        self.store.changed.connect(self.refresh)
        self.store.failed.connect(lambda said: self._host.say(Message(Level.ERROR, said)))
        session.current_changed.connect(self._on_current)
        session.objects_changed.connect(self._on_picture)
        session.picture_changed.connect(self._on_picture)
        session.model_changed.connect(self.refresh)
        self._host.opener.loaded.connect(lambda *_: self.refresh())
        self._host.centre.canvas_made.connect(self._on_canvas)
        self.refresh()

    def stop(self) -> None:
        """Follow no more, before the window goes."""
        session = self._host.session
        session.current_changed.disconnect(self._on_current)
        session.objects_changed.disconnect(self._on_picture)
        session.picture_changed.disconnect(self._on_picture)
        session.model_changed.disconnect(self.refresh)

    # ---- what a person asks for

    def draw(self, kind: RegionKind) -> None:
        """Let the mouse draw a region."""
        if self._canvas is not None and self._picture is not None:
            self._host.correcting.tools.leave()
            self._canvas.slide.region_hand.stop()
            self._canvas.slide.region_tool.start(kind)
            self._host.status.showMessage(
                "Drag a rectangle, or click corner by corner and end with a double click.", 8000
            )

    def reshape(self) -> None:
        """Let the mouse change the chosen region, or the only one; once more, and it is over."""
        canvas, shape = self._canvas, self.panel.choose_only()
        if canvas is None or self._picture is None:
            return
        hand = canvas.slide.region_hand
        if hand.shape is not None:
            hand.stop()
        elif shape is None:
            self._host.say(Message(Level.INFO, "Draw a region, or choose one in the list; then it can be changed."))
        else:
            self._host.correcting.tools.leave()
            canvas.slide.region_tool.stop()
            hand.start(shape)
            self._host.status.showMessage("Drag a corner, an edge or the whole region; Esc ends.", 8000)
        self.panel.set_reshaping(hand.shape is not None)

    def propose(self) -> None:
        """Look for a place where the smear can be read."""
        from cellwright.workflows.reading_zone import FindReadingZone

        picture = self._picture
        if picture is not None:
            operation = FindReadingZone(picture.file, picture.object_px, picture.user_pixel_size)
            done = partial(self._on_proposed, picture)
            self._host.opener.submit_quietly(operation, Lane.FILES, done, listed=True)

    def accept(self) -> None:
        """Count in what was proposed."""
        picture = self._picture
        if picture is None:
            return
        shapes = self.store.shapes(picture)
        accepted = [
            replace(shape, kind=RegionKind.INCLUDE) if shape.kind is RegionKind.PROPOSED else shape for shape in shapes
        ]
        holes = self._holes.pop(picture.key, [])
        accepted += [RegionShape(f"Not in the zone {at}", RegionKind.EXCLUDE, hole) for at, hole in enumerate(holes, 1)]
        self.store.put(picture, accepted)
        self._where[picture.key] = CountWhere.REGIONS
        self.refresh()

    def regions(self, picture: Picture) -> Regions:
        """Return what is to be counted of a picture."""
        return regions_of(self.store.shapes(picture), self._where_of(picture))

    def set_coverage(self, picture: Picture, coverage: Coverage | None) -> None:
        """Note what the count of a picture covers."""
        self.store.forget_coverage()
        if coverage is None:
            self._coverage.pop(picture.key, None)
        else:
            self._coverage[picture.key] = coverage
            if picture.analysis is not None:  # it was remembered before the count was done
                picture.analysis = replace(picture.analysis, coverage=coverage)
                self._host.session.objects_changed.emit(picture)
        if picture is self._picture:
            self.refresh()

    def coverage(self, picture: Picture) -> Coverage | None:
        """Return what the count of a picture covers; None where it was not counted."""
        known = self._coverage.get(picture.key) or self.store.coverage(picture)
        return known or (picture.analysis.coverage if picture.analysis is not None else None)

    # ---- following

    @property
    def _picture(self) -> Picture | None:
        return self._host.session.current

    def refresh(self) -> None:
        """Show the regions and the coverage of the picture that is shown."""
        picture = self._picture
        shapes = self.store.shapes(picture) if picture is not None else ()
        coverage = self.coverage(picture) if picture is not None else None
        self.panel.show_regions(shapes, picture.pixel_size if picture is not None else None)
        self.panel.show_coverage(coverage)
        self.panel.set_where(self._where_of(picture) if picture is not None else CountWhere.TISSUE)
        can = picture is not None and self._host.session.card is not None and not picture.state.is_busy
        self.panel.set_can_count(can)
        if self._canvas is not None and picture is not None and self._canvas.key == picture.key:
            self._canvas.slide.sheet.show_regions(shapes, self.panel.current)
            self._canvas.slide.region_hand.follow(self.panel.current)
            self._canvas.slide.show_coverage(coverage)

    def _on_current(self, _picture: Picture | None) -> None:
        self.refresh()

    def _on_picture(self, picture: Picture) -> None:
        if picture is self._picture:
            self.refresh()

    def _on_canvas(self, canvas: PictureCanvas) -> None:
        self._canvas = canvas
        canvas.slide.region_tool.drawn.connect(self._on_drawn)
        canvas.slide.region_hand.reshaped.connect(self._on_reshaped)
        canvas.slide.region_hand.ended.connect(partial(self.panel.set_reshaping, False))
        self.refresh()

    def _on_drawn(self, corners: NDArray[np.float64], kind: RegionKind) -> None:
        picture = self._picture
        if picture is None:
            return
        shapes = self.store.shapes(picture)
        made = RegionShape(next_name(shapes, kind), kind, corners)
        self.store.put(picture, [*shapes, made])
        if kind is RegionKind.INCLUDE and self._where_of(picture) is CountWhere.TISSUE:
            self._where[picture.key] = CountWhere.REGIONS
        self.refresh()

    def _on_reshaped(self, shape: RegionShape, corners: NDArray[np.float64]) -> None:
        self._replace(shape, [replace(shape, corners=corners)])

    def _rename(self, shape: RegionShape, name: str) -> None:
        self._replace(shape, [replace(shape, name=name)])

    def _delete(self, shape: RegionShape) -> None:
        self._replace(shape, [])

    def _replace(self, shape: RegionShape, by: Sequence[RegionShape]) -> None:
        picture = self._picture
        if picture is not None:
            shapes: list[RegionShape] = []
            for each in self.store.shapes(picture):
                shapes += by if each is shape else [each]
            self.store.put(picture, shapes)

    def _choose(self, shape: RegionShape | None) -> None:
        canvas = self._canvas
        if canvas is None:
            return
        canvas.slide.sheet.show_regions(canvas.slide.sheet.regions, shape)
        canvas.slide.region_hand.follow(shape)
        if shape is not None:
            low, high = shape.corners.min(axis=0), shape.corners.max(axis=0)
            canvas.show_box((float(low[0]), float(low[1]), float(high[0]), float(high[1])))

    def _set_where(self, where: CountWhere) -> None:
        if self._picture is not None:
            self._where[self._picture.key] = where

    def _where_of(self, picture: Picture) -> CountWhere:
        return self._where.get(picture.key, CountWhere.TISSUE)

    def _count(self, *, retry: bool) -> None:
        picture = self._picture
        if picture is None:
            return
        where, regions = self._where_of(picture), self.regions(picture)
        if where is CountWhere.REGIONS and not regions.include:
            self._host.say(Message(Level.INFO, "There is no region to count in: draw one, or count all tissue."))
            return
        self.count_asked.emit(picture, regions, retry)

    def _on_proposed(self, picture: Picture, job: Job[ReadingZone]) -> None:
        if job.result is None:
            if job.state is JobState.FAILED:
                self._host.say(Message(Level.ERROR, error_sentence(job.title, job.error), job.error_text))
            return
        kept = [shape for shape in self.store.shapes(picture) if shape.kind is not RegionKind.PROPOSED]
        made = [
            RegionShape(f"Reading zone {at}", RegionKind.PROPOSED, zone.outline)
            for at, zone in enumerate(job.result.zones, 1)
        ]
        self._holes[picture.key] = [hole for zone in job.result.zones for hole in zone.holes]
        self.store.put(picture, [*kept, *made])
        self._host.say(Message(Level.GOOD if made else Level.INFO, job.result.reason))

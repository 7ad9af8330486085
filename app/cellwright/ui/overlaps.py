"""Chooses objects anew when another overlap makes two of them one, from what the network said; nothing is analyzed."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from cellwright.jobs import Progress
from cellwright.jobs.queue import Job, Lane
from cellwright.ui.state.class_style import styles_of
from cellwright.ui.state.picture import Picture

if TYPE_CHECKING:
    from cellwright.ui.controller import Controller
    from cellwright.workflows import Analysis

_PICTURES_KEPT = 6
"""Of so many pictures the network's answers are kept; each may take some hundred megabytes."""

_NEEDLESS = ("classes", "touching", "labels", "picture")
"""Ways of decoding where pixels say what is one object."""


@dataclass(frozen=True, slots=True)
class ChooseObjects:
    """Operation: choose the objects of a picture with another overlap; returns an `Analysis`."""

    analysis: Analysis
    overlap: float

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Choose cells of {self.analysis.picture.name}"

    def run(self) -> Generator[Progress, None, Analysis]:
        """Choose them."""
        yield Progress(0, 0, "Choosing")
        return self.analysis.with_overlap(self.overlap)


def offers_overlap(picture: Picture | None) -> bool:
    """Return whether another overlap can be chosen without analyzing a picture again."""
    analysis = picture.analysis if picture is not None else None
    return analysis is not None and analysis.answers is not None and analysis.card.decoding.kind not in _NEEDLESS


class Overlaps(QObject):
    """Follows the overlap that a session asks for, on the picture that is shown.

    Parameters
    ----------
    controller : Controller
        Runs the work.
    """

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self._session = controller.session
        self._under_way: set[int] = set()
        self._kept: list[Picture] = []
        self._session.overlap_changed.connect(self.follow)
        self._session.current_changed.connect(self.follow)

    def take(self, picture: Picture) -> None:
        """Take a fresh analysis; the answers to the pictures analyzed longest ago are given up."""
        if picture in self._kept:
            self._kept.remove(picture)
        self._kept.append(picture)
        for old in self._kept[:-_PICTURES_KEPT]:
            if old.analysis is not None:
                old.analysis = replace(old.analysis, answers=None)
        self._kept = self._kept[-_PICTURES_KEPT:]
        self.follow()

    def follow(self, _picture: object = None) -> None:
        """Choose the objects of the picture shown anew, unless they are or are being chosen so."""
        picture = self._session.current
        analysis = picture.analysis if picture is not None else None
        if picture is None or analysis is None or not offers_overlap(picture) or picture.key in self._under_way:
            return
        now = analysis.card.thresholds.nms_iou if picture.overlap is None else picture.overlap
        if now == self._session.overlap or analysis.card != self._session.card:
            return
        self._under_way.add(picture.key)
        done = partial(self._on_chosen, picture, analysis, self._session.overlap)
        self._controller.submit_quietly(ChooseObjects(analysis, self._session.overlap), Lane.FILES, done)

    def _on_chosen(self, picture: Picture, before: Analysis, overlap: float, job: Job[Analysis]) -> None:
        self._under_way.discard(picture.key)
        # not if it was analyzed anew meanwhile, or closed
        if job.result is not None and picture.analysis is before and picture in self._session.pictures:
            picture.analysis, picture.overlap = job.result, overlap
            self._session.set_objects(picture, job.result.objects, styles_of(job.result.card))
            self.follow()

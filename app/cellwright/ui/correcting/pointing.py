"""`Pointing`: what the loaded model says of the place that was clicked, asked beside the window's own work."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from cellwright.core import CellwrightError, Objects
from cellwright.jobs.queue import Job, Lane
from cellwright.ui.correcting.host import Host
from cellwright.ui.state.picture import Picture

if TYPE_CHECKING:
    from cellwright.workflows import PlaceSeen

_log = logging.getLogger(__name__)
_WORDS = "Looking at the cell…"


@dataclass(frozen=True, slots=True)
class _Question:
    """What must be the same for an answer to be of use for another click."""

    picture: int
    plane: tuple[int, int]
    channel: int | None
    model: Path


class Pointing(QObject):
    """Asks the loaded model about places, and remembers what it said last: the next click is often beside it.

    Parameters
    ----------
    host : Host
        The window.
    """

    def __init__(self, host: Host, parent: QObject) -> None:
        super().__init__(parent)
        self._host, self._session = host, host.session
        self._known: tuple[_Question, PlaceSeen] | None = None
        self._asked = 0

    def ask(self, picture: Picture, place: tuple[float, float], then: Callable[[Objects | None], None]) -> None:
        """Call `then` with what the model says around a place; with None where there is no model or it cannot say.

        At once where it is known already. A later question, or another picture by then, and `then` is never called.
        """
        self._asked += 1
        model = self._session.model_folder
        if model is None or not (model / "card.json").is_file():
            then(None)
            return
        question = _Question(picture.key, picture.plane, picture.analysed_channel, model)
        if self._known is not None and self._known[0] == question and self._known[1].knows(*place):
            then(self._known[1].objects)
            return
        from cellwright.workflows import LookAtPlace

        operation = LookAtPlace(
            picture.source(picture.plane),
            place,
            model,
            self._host.opener.device,
            picture.user_pixel_size,
            picture.object_px,
        )
        self._host.status.showMessage(_WORDS)
        done = partial(self._on_seen, question, self._asked, then)
        # beside the device's own lane: there an analysis may run for minutes; the model takes turns
        self._host.opener.submit_quietly(operation, Lane.FILES, done)

    def _on_seen(
        self, question: _Question, number: int, then: Callable[[Objects | None], None], job: Job[PlaceSeen]
    ) -> None:
        picture = self._session.current
        if number != self._asked or picture is None:
            return
        if (picture.key, picture.plane) != (question.picture, question.plane):
            return
        self._host.status.clearMessage()
        if job.result is not None:
            self._known = (question, job.result)
        elif isinstance(job.error, Exception) and not isinstance(job.error, CellwrightError):
            _log.error("%s failed\n%s", job.title, job.error_text)
        then(job.result.objects if job.result is not None else None)

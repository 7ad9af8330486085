"""`Recorder`: what a person did in a window, in sentences, so that it can stand above the recipe that repeats it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.ui.looks.wording import plural
from cellwright.ui.state.picture import Picture
from cellwright.ui.state.session import Session

if TYPE_CHECKING:
    from psygnal import SignalInstance

MOST_STEPS = 500
"""Older steps are forgotten: a recipe needs where things stand, and people read no more."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done.

    Parameters
    ----------
    time : str
        When, ISO 8601 in UTC.
    kind : str
        What about: steps of one kind that follow each other are one, as those of a slider.
    said : str
        In a sentence.
    """

    time: str
    kind: str
    said: str

    def __str__(self) -> str:
        return f"{self.time[:16].replace('T', ' ')} UTC  {self.said}"


@dataclass(frozen=True, slots=True)
class Export:
    """The last export: what of it a recipe repeats."""

    formats: tuple[str, ...]
    measured: tuple[str, ...] = ()
    keep: str = ""
    with_pictures: bool = False


class Recorder:
    """Follows a session; knows no Qt.

    Parameters
    ----------
    session : Session
        What the window shows.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.steps: list[Step] = []
        self.export: Export | None = None
        self._paths: set[Path] = set()
        self._limits: dict[str, float] = {}
        self._model, self._only, self._overlap = "", "", session.overlap
        self._analyses: dict[int, object] = {}
        self._sizes: dict[int, object] = {}
        self._measured: dict[int, tuple[str, ...]] = {}
        self._by_people: dict[int, int] = {}
        for signal, slot in self._joined():
            signal.connect(slot)
        self._on_model()

    def stop(self) -> None:
        """Follow no more."""
        for signal, slot in self._joined():
            signal.disconnect(slot)

    def exported(self, export: Export, pictures: int, folder: Path) -> None:
        """Note an export."""
        self.export = export
        measured = f" with {', '.join(export.measured)}" if export.measured else ""
        keep = f", only cells for which {export.keep}" if export.keep else ""
        words = f"Exported {', '.join(export.formats)} of {plural(pictures, 'picture')}{measured}{keep} to {folder}"
        self._note(f"export {len(self.steps)}", words)

    def reported(self, path: Path) -> None:
        """Note a report."""
        self._note(f"report {path}", f"Wrote the report {path}")

    def _joined(self) -> tuple[tuple[SignalInstance, Callable[..., None]], ...]:
        session = self._session
        return (
            (session.pictures_changed, self._on_pictures),
            (session.model_changed, self._on_model),
            (session.filter_changed, self._on_filter),
            (session.overlap_changed, self._on_overlap),
            (session.objects_changed, self._on_objects),
            (session.picture_changed, self._on_picture),
            (session.measured_changed, self._on_measured),
        )

    def _note(self, kind: str, said: str) -> None:
        step = Step(datetime.now(UTC).isoformat(timespec="seconds"), kind, said)
        if self.steps and self.steps[-1].kind == kind:
            self.steps[-1] = step
        else:
            self.steps.append(step)
        del self.steps[:-MOST_STEPS]

    def _on_pictures(self) -> None:
        now = {picture.path for picture in self._session.pictures}
        for picture in self._session.pictures:
            if picture.path not in self._paths:
                self._note(f"open {picture.key}", f"Opened {picture.name}")
        for path in sorted(self._paths - now):
            self._note(f"close {path}", f"Closed {path.name}")
        self._paths = now

    def _on_model(self) -> None:
        card = self._session.card
        self._limits = self._session.thresholds
        if card is not None and card.source != self._model:
            self._model = card.source
            self._note("model", f"Chose the model {card.name}, weights {card.model_hash[:12]}…")

    def _on_filter(self) -> None:
        now = self._session.thresholds
        changed = {name: value for name, value in now.items() if self._limits.get(name) != value}
        self._limits = now
        if changed:
            words = ", ".join(f"{name} from {value:.2f}" for name, value in changed.items())
            self._note(f"confidence {sorted(changed)}", f"Counted {words}")
        if self._session.only != self._only:
            self._only = self._session.only
            self._note("only", f"Showed only cells for which {self._only}" if self._only else "Showed all cells")

    def _on_overlap(self) -> None:
        if self._session.overlap != self._overlap:
            self._overlap = self._session.overlap
            self._note("overlap", f"Took boxes that overlap by more than {self._overlap:g} for one")

    def _on_objects(self, picture: Picture) -> None:
        analysis = picture.analysis
        # A correction makes an analysis of its own, of the same run: what was asked is the same.
        asked = None if analysis is None else analysis.asked
        self._note_people(picture)
        if analysis is None or asked is None or self._analyses.get(picture.key) is asked:
            return
        self._analyses[picture.key] = asked
        found = plural(len(analysis.counted(self._session.thresholds_for(picture))), "object")
        self._note(f"analyze {picture.key}", f"Analyzed {picture.name} with {analysis.card.name}: {found}")

    def _note_people(self, picture: Picture) -> None:
        confirmed = None if picture.analysis is None else picture.analysis.confirmed
        by_people = 0 if confirmed is None else int(confirmed.sum())
        if by_people != self._by_people.get(picture.key, 0):
            self._by_people[picture.key] = by_people
            cells = plural(by_people, "cell")
            words = f"Corrected or reviewed {picture.name}: {cells} so far, which no recipe repeats"
            self._note(f"correct {picture.key}", words)

    def _on_picture(self, picture: Picture) -> None:
        size = picture.user_pixel_size
        if self._sizes.get(picture.key) != size:
            self._sizes[picture.key] = size
            words = f"is {size.x_um:.4g} µm wide" if size is not None else "is as its file says"
            self._note(f"size {picture.key}", f"Said that a pixel of {picture.name} {words}")

    def _on_measured(self, picture: Picture) -> None:
        asked = measured_on(self._session, (picture,))
        if asked and self._measured.get(picture.key) != asked:
            self._measured[picture.key] = asked
            self._note(f"measure {picture.key}", f"Measured {', '.join(asked)} on {picture.name}")


def measured_on(session: Session, pictures: Sequence[Picture]) -> tuple[str, ...]:
    """Return what was measured on pictures by a job, each column once."""
    found: dict[str, None] = {}
    for picture in pictures:
        measured = session.measured(picture) if picture.objects is not None else None
        if measured is not None and measured.taken is not None:
            found |= dict.fromkeys(measured.taken.asked)
    return tuple(found)

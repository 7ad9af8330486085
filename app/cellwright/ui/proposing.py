"""Says when another model fits an opened picture better than the chosen one, and takes it with one press."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from cellwright.core import PixelSize
from cellwright.jobs import Progress
from cellwright.jobs.queue import Job, Lane
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.state.picture import Picture
from cellwright.ui.state.source import open_source, path_of

if TYPE_CHECKING:
    from cellwright.imaging import SlideRef
    from cellwright.ui.main_window import MainWindow
    from cellwright.workflows import Proposal

_NUCLEAR = re.compile(r"dapi|hoechst|draq|propidium|sytox|nucle|histone|h2b", re.IGNORECASE)

_BETTER = 1.5
"""Another model is proposed when it fits so many times better: a person who chose one had a reason."""


@dataclass(frozen=True, slots=True)
class FindModel:
    """Operation: rank the models by how well they fit a picture; returns a tuple of `Proposal`, the best first."""

    source: Path | SlideRef
    pixel_size: PixelSize | None

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Find a model for {path_of(self.source).name}"

    def run(self) -> Generator[Progress, None, tuple[Proposal, ...]]:
        """Look at an overview of the picture."""
        from cellwright.workflows import propose_models

        yield Progress(0, 0, "Looking at the picture")
        with open_source(self.source) as slide:
            return propose_models(slide, self.pixel_size)


class Proposing(QObject):
    """Compares each picture that is shown for the first time with the chosen model.

    Parameters
    ----------
    window : MainWindow
        Where it is said.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._asked: set[int] = set()
        self._said: tuple[Picture, Message] | None = None
        session = window.session
        session.current_changed.connect(self._on_current)
        session.model_changed.connect(self._on_model)

    def look_at(self, picture: Picture) -> None:
        """Compare a picture, once, in the background."""
        if picture.key in self._asked or self._window.session.card is None:
            return
        self._asked.add(picture.key)
        if self.say_channel(picture):
            return
        operation = FindModel(picture.file, picture.user_pixel_size)
        self._window.controller.submit_quietly(operation, Lane.FILES, partial(self._on_found, picture))

    def _tell(self, picture: Picture, message: Message) -> None:
        self._said = (picture, message)
        self._window.say(message)

    def _on_current(self, picture: Picture | None) -> None:
        """Take back what was said of the picture shown before; nobody answered, so it is said when one comes back."""
        if self._said is not None and self._said[0] is not picture and self._withdraw():
            self._asked.discard(self._said[0].key)

    def _on_model(self) -> None:
        """Take back what was said of another model."""
        self._withdraw()

    def _withdraw(self) -> bool:
        return self._said is not None and self._window.centre.banner.withdraw(self._said[1])

    def _on_found(self, picture: Picture, job: Job[tuple[Proposal, ...]]) -> None:
        # a picture that cannot be looked at says so where it is opened
        if picture is not self._window.session.current:
            self._asked.discard(picture.key)
        elif job.result is not None:
            self.say(picture, job.result)

    def say_channel(self, picture: Picture) -> bool:
        """Propose the channel with the stained nuclei to a model of nuclei; return whether there is one to propose."""
        card, facts = self._window.session.card, picture.facts
        if card is None or facts is None or not facts.has_channels or picture.analysed_channel is not None:
            return False
        channel = nuclear_channel(facts.names)
        if channel is None or [kind.name for kind in card.classes] != ["nucleus"]:
            return False
        name = facts.names[channel]

        def take() -> None:
            self._window.session.show(picture)
            self._window.commands.set_analysed_channel(channel)
            self._window.presenter.show_display(picture)

        text = f"{name} stains nuclei. The model sees all channels at once; with {name} alone it sees them better."
        self._tell(picture, Message(Level.INFO, text, "", f"Analyze {name}", take))
        return True

    def say(self, picture: Picture, proposals: tuple[Proposal, ...]) -> None:
        """Propose the best of some models, the best first, if it fits far better than the chosen one."""
        window, card = self._window, self._window.session.card
        chosen = next(
            (proposal for proposal in proposals if card is not None and proposal.card.name == card.name), None
        )
        if chosen is None or proposals[0].fitness < _BETTER * chosen.fitness:
            return
        best = proposals[0].card
        folder = window.model_folder(best.name)
        # a card that does not say what its pictures looked like is no reason to leave another model
        if folder is None or not best.input.light:
            return

        def take() -> None:
            window.choose_model(folder)
            window.controller.analyze([picture])

        text = f"The model {best.title} fits this picture better than {chosen.card.title}."
        self._tell(picture, Message(Level.INFO, text, proposals[0].sentence, "Use it", take))


def nuclear_channel(names: Sequence[str]) -> int | None:
    """Return which channel shows a stain of nuclei, by its name; None where none or several do."""
    found = [at for at, name in enumerate(names) if _NUCLEAR.search(name)]
    return found[0] if len(found) == 1 else None

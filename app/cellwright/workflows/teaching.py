"""What a person is shown before a model is taught: what it would learn from, and how pictures are changed for it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright.jobs import Progress
from cellwright.workflows.finetune import lesson_of
from cellwright.zoo import find_model, load_card


@dataclass(frozen=True, slots=True)
class LessonSummary:
    """What a model would learn from and be judged on.

    Parameters
    ----------
    pictures, objects, held_out : int
        To learn from, and pictures to be judged on.
    by_class : dict of str to int
        Objects of each class to learn from.
    new_classes : tuple of str
        Those that the model does not know yet.
    untaught : tuple of str
        Those that the model knows and nothing teaches: what a new class may mean under another name.
    """

    pictures: int
    objects: int
    held_out: int
    by_class: dict[str, int]
    new_classes: tuple[str, ...]
    untaught: tuple[str, ...] = ()

    @property
    def new_words(self) -> str:
        """What is new to the model, and whether a class that it knows may be meant; empty where nothing is new."""
        if not self.new_classes:
            return ""
        new, known = ", ".join(self.new_classes), " or ".join(self.untaught)
        if not known:
            return f"New to the model: {new}."
        return (
            f"New to the model: {new}. It knows {known}, and nothing teaches it that: where the same is meant, "
            f"call it so first; else {new} is taught beside it."
        )


@dataclass(frozen=True, slots=True)
class SummarizeLesson:
    """Say what a project would teach a model; an `Operation` whose result is a `LessonSummary`.

    Parameters
    ----------
    project : Path
    model : str
        By name or folder.
    held_out : float or Path
        See `FineTune`.
    seed : int
    """

    project: Path
    model: str
    held_out: float | Path = 0.25
    seed: int = 0
    title: str = field(default="Read what was corrected", init=False)

    def run(self) -> Generator[Progress, None, LessonSummary]:
        """Read the project.

        Raises
        ------
        DatasetNotReadable
            If it teaches this model nothing.
        """
        yield Progress(0, 0, "Reading the project")
        card = load_card(find_model(self.model))
        lesson = lesson_of(self.project, card, self.held_out, self.seed)
        counts = {name: count for name, count in lesson.objects_by_class.items() if count}
        new = lesson.classes[len(card.classes) :]
        untaught = tuple(name for name in card.class_names if name not in counts)
        return LessonSummary(len(lesson.taught), lesson.objects, len(lesson.held_out), counts, new, untaught)


@dataclass(frozen=True, slots=True)
class PreviewSamples:
    """Make some training samples as the network would be shown them; an `Operation`.

    Its result is a list of (S, S, 3) uint8 pictures, outlines or boxes drawn on them; what nobody looked at is dimmed.

    Parameters
    ----------
    project : Path
    model : str
    count : int
        How many.
    seed : int
    """

    project: Path
    model: str
    count: int = 8
    seed: int = 0
    title: str = field(default="Preview training pictures", init=False)

    def run(self) -> Generator[Progress, None, list[NDArray[np.uint8]]]:
        """Read a few pictures and change them as training does.

        Raises
        ------
        DatasetNotReadable
            If the project teaches this model nothing.
        """
        from cellwright.training.previews import preview_samples

        yield Progress(0, 0, "Reading pictures")
        folder = find_model(self.model)
        lesson = lesson_of(self.project, load_card(folder), 0.0, self.seed)
        made = []
        for picture in preview_samples(lesson, folder, self.count, self.seed):
            made.append(picture)
            yield Progress(len(made), self.count, "Changing pictures")
        return made

"""`FineTune`: corrections in a project become a model, which is then judged on pictures it has not seen."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellwright.core import BadParameter
from cellwright.jobs import Progress
from cellwright.project import Project
from cellwright.workflows.evaluate import read_labelled
from cellwright.workflows.gate import Verdict, judge
from cellwright.workflows.quantize import carry_over
from cellwright.zoo import ModelCard, find_model, load_card, save_card
from cellwright.zoo.lineage import (
    Lineage,
    family_of,
    free_name,
    keep_model,
    promote,
    remember_replay,
    remembered_replay,
)
from cellwright.zoo.scores import Metrics

if TYPE_CHECKING:
    from cellwright.training.lesson import Lesson, LessonPicture

CASES = "cases"
"""Folder of the run folder that holds pictures of the worst cases."""
LAYERS = ("full", "frozen", "head")


@dataclass(frozen=True, slots=True)
class Taught:
    """What came of teaching.

    Parameters
    ----------
    name : str
        Of the tuned model.
    folder : Path
        Where it stands on the shelf, better or not.
    parent : str
        What it began from.
    verdict : Verdict
        What the gate said.
    is_in_use : bool
        Whether it took the old one's place.
    pictures, objects, steps : int
        What it learned from, and in how many steps.
    seconds : float
        For everything.
    run : Path
        The run folder; its folder `CASES` shows the worst cases.
    """

    name: str
    folder: Path
    parent: str
    verdict: Verdict
    is_in_use: bool
    pictures: int
    objects: int
    steps: int
    seconds: float
    run: Path

    def to_dict(self) -> dict[str, Any]:
        """Return it as values that JSON knows."""
        return {
            "name": self.name,
            "folder": str(self.folder),
            "parent": self.parent,
            "is_in_use": self.is_in_use,
            "pictures": self.pictures,
            "objects": self.objects,
            "steps": self.steps,
            "seconds": round(self.seconds, 1),
            "run": str(self.run),
            "verdict": self.verdict.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class FineTune:
    """Teach a model what a project says; an `Operation` whose result is a `Taught`.

    Parameters
    ----------
    project : Path
        The project's folder. It is read once, at the beginning; what is edited later is in the next training.
    out : Path
        Run folder: lesson, checkpoint, curve.
    model : str or Path
        What to begin from, by name or folder.
    layers : {"full", "frozen", "head"}
        See `training.Tune`.
    minutes : float
        Time for everything but the judging.
    steps : int or None
        Most steps; None leaves it to the time.
    replay : Path or None
        The labelled set that the model was first taught with; None takes the one that is remembered, if any.
    held_out : float or Path
        Share of the project's pictures to be judged on, or a labelled set for that.
    name : str or None
        Of the tuned model; None finds one.
    shelf : Path or None
        Folder of models to put it on; None takes the person's own.
    takes_over : bool
        Whether it is put in use at once where the gate finds it better.
    seed : int
    device : str
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    workers : int
        See `training.Tune`.
    threads : int or None
        See `training.Tune`.
    """

    project: Path
    out: Path
    model: str = "nuclei-stardist"
    layers: str = "full"
    minutes: float = 5.0
    steps: int | None = None
    replay: Path | None = None
    held_out: float | Path = 0.25
    name: str | None = None
    shelf: Path | None = None
    takes_over: bool = False
    seed: int = 0
    device: str = "auto"
    workers: int = 1
    threads: int | None = None
    title: str = field(default="Teach a model", init=False)

    def run(self) -> Generator[Progress, None, Taught]:
        """Read the project, teach, judge, and put the model on the shelf.

        A run folder that holds a training is gone on with.

        Raises
        ------
        DatasetNotReadable
            If the project teaches nothing.
        BadParameter
            If a choice makes no sense.
        UnknownName, ModelNotUsable
            If there is no such model, or it cannot learn what is asked.
        TrainingStopped
            If the training cannot go on.
        """
        from cellwright.training.lesson import Lesson
        from cellwright.training.tune import Tune

        began = time.monotonic()
        self._check()
        yield Progress(0, 0, "Reading the project")
        parent = find_model(self.model)
        card = load_card(parent)
        if not (self.out / "lesson.json").exists():
            self._lesson(card).save(self.out)
        lesson = Lesson.load(self.out)
        name = self.name or free_name(self.model, self.shelf)
        family = family_of(self.model)
        replay = self.replay or remembered_replay(family)
        trained = yield from Tune(
            self.out,
            parent,
            self.out,
            name,
            self.layers,  # type: ignore[arg-type]  # checked above
            self.minutes,
            self.steps,
            replay,
            self.seed,
            self.device,
            resume=True,
            workers=self.workers,
            threads=self.threads,
        ).run()
        if trained.model is None:  # pragma: no cover - a tuned model always has a card
            raise BadParameter("The training left no model.")
        carry_over(parent, trained.model, [picture.path for picture in lesson.taught])
        yield Progress(999, 1000, "Judging on held-out pictures")
        verdict = judge(
            parent,
            trained.model,
            lesson.held_out,
            lesson.classes,
            device=self.device,
            seed=self.seed,
            crops=self.out / CASES,
        )
        _write_scores(trained.model, verdict)
        folder = keep_model(trained.model, self._lineage(card, family, lesson, verdict), self.shelf)
        if self.replay is not None:
            remember_replay(family, self.replay)
        takes_over = self.takes_over and verdict.is_better
        if takes_over:
            promote(folder)
        return Taught(
            load_card(folder).name,
            folder,
            card.source.removeprefix("model:"),
            verdict,
            takes_over,
            len(lesson.taught),
            lesson.objects,
            trained.epochs,
            time.monotonic() - began,
            self.out,
        )

    def _check(self) -> None:
        if self.layers not in LAYERS:
            raise BadParameter(f"layers is {self.layers!r}; it can be {', '.join(LAYERS)}.")
        if not self.minutes > 0:
            raise BadParameter(f"{self.minutes} minutes teach nothing; give more than 0.")

    def _lesson(self, card: ModelCard) -> Lesson:
        return lesson_of(self.project, card, self.held_out, self.seed)

    def _lineage(self, card: ModelCard, family: str, lesson: Lesson, verdict: Verdict) -> Lineage:
        return Lineage(
            parent=card.source.removeprefix("model:"),
            family=family,
            project=str(self.project.resolve()),
            journal_entry=lesson.journal_entry,
            data_sha256=lesson.digest,
            pictures=len(lesson.taught),
            objects=lesson.objects,
            held_out=len(lesson.held_out),
            layers=self.layers,
            verdict=verdict.to_dict(),
            is_better=verdict.is_better,
        )


def lesson_of(project: Path, card: ModelCard, held_out: float | Path = 0.25, seed: int = 0) -> Lesson:
    """Return what a project teaches a model, and what it is to be judged on.

    Parameters
    ----------
    project : Path
        Its folder; opened for reading alone.
    card : ModelCard
        Of the model.
    held_out : float or Path
        Share of the project's pictures, or a labelled set of others.
    seed : int
        Of the division.

    Raises
    ------
    DatasetNotReadable
        If there is nothing to learn from, or the labelled set cannot be read.
    BadParameter
        If a held-out picture is among those to learn from.
    """
    from cellwright.training.gather import gather

    with Project(project, read_only=True) as opened:
        lesson = gather(opened, card, 0.0 if isinstance(held_out, Path) else held_out, seed)
    if not isinstance(held_out, Path):
        return lesson
    judged = _held_out_set(held_out, card, lesson.classes)
    taught = {picture.sha256 for picture in lesson.taught}
    if same := [picture.path.name for picture in judged if picture.sha256 in taught]:
        raise BadParameter(f"{same[0]} would be learned from and judged on; hold out other pictures.")
    return replace(lesson, held_out=tuple(judged))


def _held_out_set(data: Path, card: ModelCard, classes: tuple[str, ...]) -> list[LessonPicture]:
    from cellwright.imaging import content_sha256
    from cellwright.shapes import masks_from_labels
    from cellwright.training.lesson import LessonPicture

    named = card if classes == card.class_names else _with_names(card, classes)
    labelled, _, _ = read_labelled(data, None, named)
    made = []
    for picture in labelled:
        masks = None
        if card.task != "detection" and picture.labels is not None:
            masks, _ = masks_from_labels(picture.labels.read())
        made.append(
            LessonPicture(
                picture.path,
                content_sha256(picture.path),
                picture.size,
                picture.boxes,
                picture.class_index.astype("int64"),
                masks,
            )
        )
    return made


def _with_names(card: ModelCard, classes: tuple[str, ...]) -> ModelCard:
    """Return the card as if it knew the new classes too, for reading labels in all of them."""
    first = card.classes[0]
    extra = tuple(first.model_copy(update={"name": name, "title": name}) for name in classes[len(card.classes) :])
    confidence = {**card.thresholds.confidence, **dict.fromkeys(classes[len(card.classes) :], 0.5)}
    thresholds = card.thresholds.model_copy(update={"confidence": confidence})
    return card.changed(classes=(*card.classes, *extra), thresholds=thresholds)


def _write_scores(folder: Path, verdict: Verdict) -> None:
    """Put the scores on held-out pictures on the card; scores on taught pictures never get there."""
    if not verdict.metric:
        return
    card = load_card(folder)
    words = f"{verdict.pictures} held-out pictures of the project, never learned from and nothing chosen by them"
    score = round(verdict.gain.tuned, 4)
    if verdict.metric == "map_50":
        metrics = Metrics(data=words, pictures=verdict.pictures, map_50=score)
    else:
        metrics = Metrics(data=words, pictures=verdict.pictures, scores={verdict.metric: score})
    save_card(folder, card.changed(metrics=metrics))

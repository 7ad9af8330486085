"""`Tune`: a lesson teaches a finished model further; the loop is that of every training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from cellwright.core import DatasetNotReadable
from cellwright.inference.hardware import network_threads
from cellwright.jobs import Progress
from cellwright.nets.boxes import pairwise_iou
from cellwright.training.batches import epoch_batches
from cellwright.training.beginning import Beginning
from cellwright.training.extend import extended, extended_architecture
from cellwright.training.lesson import Lesson
from cellwright.training.lesson_samples import replayed, samples_of
from cellwright.training.optimise import half_precision
from cellwright.training.recipe import Recipe
from cellwright.training.run_folder import RunFolder
from cellwright.training.session import Session, Trained, device_of
from cellwright.training.syllabus import Syllabus
from cellwright.training.tasks import task_of
from cellwright.training.teaching import Layers, frozen_parts, teaching_of
from cellwright.training.tuned_card import write_tuned
from cellwright.training.tuned_recipe import class_weights, epoch_length, shrink_of, tuned_recipe
from cellwright.training.validate import find_all
from cellwright.zoo import ModelCard, find_model, load_card, load_network

MOST_STEPS = 4000
POOL = 96
"""Augmented samples of which features are kept for teaching the answering part alone."""
_SHARE_OF_TIME = 0.9
"""Of the minutes given; the rest is for reading, thresholds and judging."""


@dataclass(frozen=True, slots=True)
class Tune:
    """Operation that teaches a model a lesson; its result is a `Trained` whose ``model`` is the tuned one.

    The pictures that the lesson holds out are looked at for the curve alone: they choose neither the epoch nor a
    threshold, so that the gate may judge by them afterwards.

    Parameters
    ----------
    lesson : Path
        Folder that holds a `Lesson`.
    model : str or Path
        What to begin from.
    out : Path
        Run folder; the tuned model stands in its folder ``model``.
    name : str
        Of the tuned model.
    layers : {"full", "frozen", "head"}
        What is taught: everything; all but the part that looks; the same from features that are computed once, which
        is several times faster.
    minutes : float
        Time for everything.
    steps : int or None
        Stop after so many steps at the latest; None leaves it to the time.
    replay : Path or None
        The labelled set that the model was first taught with.
    seed : int
    device : str
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    resume : bool
        Go on from the checkpoint in `out`.
    workers : int
        Processes that prepare samples beside the training.
    threads : int or None
        Threads of the training on a CPU; None takes as many as analyses do.
    """

    lesson: Path
    model: str | Path
    out: Path
    name: str
    layers: Layers = "full"
    minutes: float = 5.0
    steps: int | None = None
    replay: Path | None = None
    seed: int = 0
    device: str = "auto"
    resume: bool = False
    workers: int = 1
    threads: int | None = None
    title: str = field(default="Teach a model", init=False)

    def run(self) -> Generator[Progress, None, Trained]:
        """Teach; yield after every step.

        Raises
        ------
        DatasetNotReadable
            If there is nothing to learn from.
        ModelNotUsable
            If the model cannot learn what is asked, or a checkpoint is of another training.
        TrainingStopped
            If the loss is no longer a finite number.
        """
        # Said each time: who looked at a picture before in this process may have asked for another number, and with it
        # sums are rounded differently.
        torch.set_num_threads(self.threads or network_threads())
        yield Progress(0, 0, "Reading pictures")
        lesson, folder = Lesson.load(self.lesson), find_model(self.model)
        if not lesson.objects:
            raise DatasetNotReadable("There is no object to learn from; correct or accept some first.")
        card = load_card(folder)
        old = load_network(folder, card)
        recipe = self._recipe(card, folder, lesson, old)
        shrink = shrink_of(card, lesson)
        samples = samples_of(lesson.taught, recipe, shrink)
        like = _origins(old, card, samples) if recipe.task == "boxes" else {}
        recipe = _weighted(recipe, class_weights(card, lesson, like))
        run = RunFolder.open(self.out, recipe, resume=self.resume)
        try:
            session = self._session(card, lesson, samples, recipe, run, extended(old, recipe.architecture, like))
            if self.resume and run.checkpoint.exists():
                session.restore()
            if self.layers == "head":
                yield from _keep_features(session, self.workers)
            yield from session.epochs(self.workers)
            yield Progress(999, 1000, "Writing the model")
            model = run.path / "model"
            write_tuned(
                model,
                session.mean.network,
                card,
                recipe.architecture,
                lesson,
                recipe,
                session.provenance(),
                shrink,
                samples,
            )
            judgement = session.judge(session.mean.network)
            state = session.state
            return Trained(run.path, model, judgement, state.epoch, state.epoch, state.seconds)
        finally:
            run.close()

    def _recipe(self, card: ModelCard, folder: Path, lesson: Lesson, old: nn.Module) -> Recipe:
        made = tuned_recipe(card, folder, lesson.classes, self.steps or MOST_STEPS, self.seed, self.name)
        frozen = made.optimise.model_copy(update={"freeze": frozen_parts(old, self.layers)})
        architecture = extended_architecture(card, len(lesson.classes))
        return made.model_copy(update={"optimise": frozen, "architecture": architecture})

    def _session(
        self, card: ModelCard, lesson: Lesson, samples: list[Any], recipe: Recipe, run: RunFolder, begun: nn.Module
    ) -> Session:
        task = task_of(recipe)
        judged = samples_of(lesson.held_out, recipe, shrink_of(card, lesson))
        again = [] if self.replay is None else replayed(self.replay, card, recipe)
        length = epoch_length(self.steps or MOST_STEPS, recipe.optimise.batch)
        pictures = Syllabus(samples, again, length)
        session = Session.start(task, pictures, judged, run, device_of(self.device))
        name = card.source.removeprefix("model:")
        session.begin_from(begun, Beginning(name, name))
        session.chooses_best = False
        session.seconds = self.minutes * 60 * _SHARE_OF_TIME
        if self.layers == "head":
            session.teaching = teaching_of(session.network)
        return session


def _weighted(recipe: Recipe, weights: dict[str, float]) -> Recipe:
    return recipe.model_copy(update={"optimise": recipe.optimise.model_copy(update={"class_weights": weights})})


def _keep_features(session: Session, workers: int) -> Iterator[Progress]:
    """Compute the features of some augmented samples, once."""
    if session.teaching is None:
        return
    session.network.eval()
    wanted = max(1, POOL // session.recipe.optimise.batch)
    epoch = 0
    while len(session.teaching.kept) < wanted:
        for batch in epoch_batches(session.task, session.pictures, epoch, workers):
            session.teaching.keep(batch, session.device, half_precision(session.device))
            yield Progress(0, 0, f"Computing features, {len(session.teaching.kept)} of {wanted}")
            if len(session.teaching.kept) >= wanted:
                break
        epoch += 1


def _origins(old: nn.Module, card: ModelCard, samples: Sequence[Any]) -> dict[int, int]:
    """Return for each new class what the model calls its objects so far, where it finds most of them."""
    new = [place for place in np.unique(np.concatenate([s.classes for s in samples])) if place >= len(card.classes)]
    if not new:
        return {}
    found = find_all(old, samples, card.input.tile_px, None, torch.device("cpu"))
    votes: dict[int, Counter[int]] = {int(place): Counter() for place in new}
    totals: Counter[int] = Counter()
    for sample, one in zip(samples, found, strict=True):
        sure = one.scores >= 0.3
        if not sure.any() or not len(sample.boxes):
            continue
        boxes = torch.from_numpy(np.ascontiguousarray(one.boxes[sure][:, [1, 0, 3, 2]], np.float32))
        overlap = pairwise_iou(torch.from_numpy(sample.boxes)[None], boxes[None])[0]
        best, which = overlap.max(1)
        for kind, iou, row in zip(sample.classes.tolist(), best.tolist(), which.tolist(), strict=True):
            if kind in votes:
                totals[kind] += 1
                if iou >= 0.5:
                    votes[kind][int(one.class_index[sure][row])] += 1
    return {
        kind: count.most_common(1)[0][0]
        for kind, count in votes.items()
        if count and count.most_common(1)[0][1] * 2 >= totals[kind]
    }

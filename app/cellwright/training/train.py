"""`Train`: a recipe and a labelled set become the weights of a network, step by step."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from cellwright.core import DatasetNotReadable
from cellwright.inference.hardware import network_threads
from cellwright.jobs import Progress
from cellwright.training.recipe import read_recipe
from cellwright.training.run_folder import RunFolder
from cellwright.training.session import Session, Trained, device_of
from cellwright.training.tasks import Task, task_of


@dataclass(frozen=True, slots=True)
class Train:
    """Operation that trains a network; its result is a `Trained`.

    Parameters
    ----------
    recipe_path : Path
        See `recipe.Recipe`.
    data : Path
        The labelled set.
    out : Path
        Run folder: checkpoint, metrics, curves, best weights.
    device : str
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    resume : bool
        Go on from the checkpoint in `out`; the result is the same as if the training had never stopped.
    start : str or Path or None
        Model whose weights to begin with, by name or folder. It must have the recipe's architecture and classes, unless
        the recipe takes its encoder alone. None begins from chance.
    encoder_weights : Path or None
        File of an encoder taught on ImageNet, for networks whose encoder is a MobileNetV2.
    epochs : int or None
        Train for so many in all instead of the recipe's, shared among its phases alike.
    workers : int
        Processes that prepare samples beside the training.
    threads : int or None
        Threads of the training itself on a CPU; None takes as many as analyses do.
    """

    recipe_path: Path
    data: Path
    out: Path
    device: str = "auto"
    resume: bool = False
    start: str | Path | None = None
    encoder_weights: Path | None = None
    epochs: int | None = None
    workers: int = 1
    threads: int | None = None
    title: str = field(default="Train a model", init=False)

    def run(self) -> Generator[Progress, None, Trained]:
        """Train; yield after every step.

        Raises
        ------
        DatasetNotReadable
            If a split holds no pictures.
        TrainingStopped
            If the loss is no longer a finite number.
        """
        recipe = read_recipe(self.recipe_path)
        if self.epochs is not None:
            recipe = recipe.with_epochs(self.epochs)
        # Said each time: who looked at a picture before in this process may have asked for another number, and with it
        # sums are rounded differently.
        torch.set_num_threads(self.threads or network_threads())
        yield Progress(0, 0, "Reading pictures")
        task = task_of(recipe)
        pictures = _split(task, self.data, recipe.data.train_split)
        judged = _split(task, self.data, recipe.data.val_split)
        run = RunFolder.open(self.out, recipe, resume=self.resume)
        try:
            session = Session.start(task, pictures, judged, run, device_of(self.device))
            session.begin_with(self.start, self.encoder_weights)
            if self.resume and run.checkpoint.exists():
                session.restore()
            yield from session.epochs(self.workers)
            return session.finish()
        finally:
            run.close()


def _split(task: Task[Any, Any], data: Path, split: str) -> list[Any]:
    pictures = task.load(data, split)
    if not pictures:
        raise DatasetNotReadable(f"{data} has no pictures in the split {split!r}; name another one in the recipe.")
    return pictures

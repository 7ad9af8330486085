"""The batches of an epoch: each picture once, in an order and with changes that seed and epoch fix."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from torch.utils.data import DataLoader, Dataset

from cellwright.training.syllabus import epoch_order
from cellwright.training.tasks.task import Batch, Task


class EpochSamples(Dataset[Any]):
    """The samples of one epoch; sample i depends on the seed, the epoch and i alone, so a resumed run repeats it."""

    def __init__(self, task: Task[Any, Any], pictures: Sequence[Any], epoch: int) -> None:
        self.task, self.pictures, self.epoch = task, pictures, epoch
        self.seed = task.recipe.seed
        self.phase = task.recipe.phase_at(epoch)
        self.order = epoch_order(pictures, self.seed, epoch)

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, place: int) -> Any:
        index = int(self.order[place])
        before = int((self.order[:place] == index).sum())
        rng = np.random.default_rng(
            (self.seed, self.epoch, index, before) if before else (self.seed, self.epoch, index)
        )
        return self.task.sample(self.pictures, index, self.phase, rng)


def epoch_batches(task: Task[Any, Any], pictures: Sequence[Any], epoch: int, workers: int = 0) -> Iterator[Batch]:
    """Yield the batches of one epoch, each picture once, in an order that seed and epoch fix.

    Parameters
    ----------
    task : Task
        Makes the samples, as its recipe says.
    pictures : sequence
        All training pictures.
    epoch : int
        From 0.
    workers : int
        Processes that make samples; 0 makes them here.
    """
    samples = EpochSamples(task, pictures, epoch)
    batch = task.recipe.optimise.batch
    loader = DataLoader(
        samples,
        batch_size=batch,
        num_workers=workers,
        collate_fn=task.collate,
        # A last batch of one or two pictures would give batch norm statistics of nothing much.
        drop_last=len(samples) > batch,
        prefetch_factor=4 if workers else None,
        # Copies of the pictures in memory are shared with a forked worker, and would be sent whole to a spawned one.
        multiprocessing_context="fork" if workers else None,
        worker_init_fn=_leave_alone if workers else None,
    )
    yield from loader


def _leave_alone(_worker: int) -> None:
    """Never destroy in a forked worker what the parent holds: a native engine waits for threads that are not here."""
    gc.freeze()

"""`Train`: a recipe and a labelled set become the weights of a network, step by step."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from cellwright import nets
from cellwright.core import DatasetNotReadable, ModelNotUsable, TrainingStopped
from cellwright.jobs import Progress
from cellwright.training.batches import epoch_batches
from cellwright.training.beginning import Beginning, begin
from cellwright.training.optimise import half_precision, learning_rate, make_optimizer
from cellwright.training.parts import freeze
from cellwright.training.provenance import Provenance
from cellwright.training.recipe import Recipe, read_recipe
from cellwright.training.run_folder import RunFolder
from cellwright.training.tasks import Batch, Judgement, Task, moved, task_of
from cellwright.training.validate import to_network
from cellwright.training.weights import RunningMean, TrainingState, load_checkpoint, save_checkpoint

if TYPE_CHECKING:
    from torch.optim import Optimizer


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training leaves behind.

    ``judgement`` is that of the best weights on the validation pictures; ``model`` is the finished model folder, None
    where the recipe describes no card.
    """

    folder: Path
    model: Path | None
    judgement: Judgement
    best_epoch: int
    epochs: int
    seconds: float

    @property
    def scores(self) -> dict[str, float]:
        """Scores over all validation pictures, by name."""
        return self.judgement.scores


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
        Threads of the training itself on a CPU; None leaves torch's choice.
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
        if self.threads is not None:
            torch.set_num_threads(self.threads)
        yield Progress(0, 0, "Reading pictures")
        task = task_of(recipe)
        pictures = _split(task, self.data, recipe.data.train_split)
        judged = _split(task, self.data, recipe.data.val_split)
        run = RunFolder.open(self.out, recipe, resume=self.resume)
        try:
            session = _Session.start(task, pictures, judged, run, _device(self.device))
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


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


@dataclass(slots=True)
class _Session:
    """A training under way: its network, its optimiser, and how far it has come."""

    task: Task[Any, Any]
    architecture: dict[str, Any]
    pictures: list[Any]
    judged: list[Any]
    run: RunFolder
    device: torch.device
    network: nn.Module
    mean: RunningMean
    optimizer: Optimizer
    state: TrainingState
    beginning: Beginning = field(default_factory=Beginning)

    @classmethod
    def start(
        cls, task: Task[Any, Any], pictures: list[Any], judged: list[Any], run: RunFolder, device: torch.device
    ) -> _Session:
        recipe = task.recipe
        torch.manual_seed(recipe.seed)
        architecture = task.architecture(pictures)
        network = nets.build(architecture).to(device).to(memory_format=torch.channels_last)
        return cls(
            task,
            architecture,
            pictures,
            judged,
            run,
            device,
            network,
            RunningMean(network, recipe.optimise.ema_decay),
            make_optimizer(network, recipe.optimise),
            TrainingState(recipe=recipe.training_numbers()),
        )

    @property
    def recipe(self) -> Recipe:
        return self.task.recipe

    def begin_with(self, model: str | Path | None, encoder_weights: Path | None) -> None:
        """Take weights over from elsewhere; the running mean begins with them too."""
        self.beginning = begin(self.network, self.recipe, model, encoder_weights)
        self.mean.network.load_state_dict(self.network.state_dict())

    def restore(self) -> None:
        self.state = load_checkpoint(self.run.checkpoint, self.network, self.mean, self.optimizer)
        if self.state.recipe != self.recipe.training_numbers():
            raise ModelNotUsable(
                f"The checkpoint in {self.run.path} was made with another recipe; start anew in an empty folder."
            )

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch; a last incomplete one is left out, unless it is the only one."""
        return max(1, len(self.pictures) // self.recipe.optimise.batch)

    def epochs(self, workers: int) -> Iterator[Progress]:
        """Run the epochs that are left, judging and saving after each as the recipe says."""
        total = self.recipe.epochs * self.steps_per_epoch
        while self.state.epoch < self.recipe.epochs and not self._is_stale():
            began, costs = time.perf_counter(), []
            for batch in epoch_batches(self.task, self.pictures, self.state.epoch, workers):
                costs.append(self._step(batch))
                yield Progress(
                    self.state.step,
                    total,
                    f"Epoch {self.state.epoch + 1} of {self.recipe.epochs}, loss {costs[-1]['loss']:.3f}",
                )
            self.state.epoch += 1
            self.state.seconds += time.perf_counter() - began
            self._end_epoch({name: sum(cost[name] for cost in costs) / len(costs) for name in costs[0]})
            yield Progress(self.state.step, total, f"Epoch {self.state.epoch} of {self.recipe.epochs} done")

    def _is_stale(self) -> bool:
        patience = self.recipe.patience
        return bool(patience) and self.state.best_epoch >= 0 and self.state.epoch - self.state.best_epoch > patience

    def _step(self, batch: Batch) -> dict[str, float]:
        optimise = self.recipe.optimise
        rate = learning_rate(optimise, self.state.step, self.steps_per_epoch, self.recipe.epochs)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group.get("rate", 1.0)
        self.network.train()
        freeze(self.network, optimise.freeze)
        images = to_network(batch.images, self.device)
        truth = moved(batch.truth, self.device)
        cost = self.task.cost(self.network, images, truth, half_precision(self.device))
        total = float(cost.total.detach())
        if not math.isfinite(total):
            raise TrainingStopped(
                f"The loss became {total} in epoch {self.state.epoch + 1}; lower the learning rate "
                f"(now {optimise.learning_rate}) and resume from the checkpoint in {self.run.path}."
            )
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(cost.total)
        nn.utils.clip_grad_norm_(self.network.parameters(), optimise.clip_norm)
        self.optimizer.step()
        self.mean.update(self.network)
        self.state.step += 1
        return {"loss": total / cost.pictures} | {f"loss_{name}": value for name, value in cost.parts.items()}

    def _end_epoch(self, costs: dict[str, float]) -> None:
        epoch, is_last = self.state.epoch, self.state.epoch == self.recipe.epochs
        row: dict[str, Any] = {
            "epoch": epoch,
            "size_px": self.recipe.phase_at(epoch - 1).size_px,
            "learning_rate": self.optimizer.param_groups[0]["lr"],
            **costs,
            "seconds": self.state.seconds,
        }
        if epoch % self.recipe.val_every == 0 or is_last:
            scores = self._judge(self.mean.network).scores
            row |= scores
            if scores[self.task.headline] > self.state.best_score:
                self.state.best_score, self.state.best_epoch = scores[self.task.headline], epoch
                self.run.keep_best(self.mean.network)
        self.run.log(row)
        save_checkpoint(self.run.checkpoint, self.state, self.network, self.mean, self.optimizer)

    def _judge(self, network: nn.Module) -> Judgement:
        return self.task.judge(network, self.judged, half_precision(self.device))

    def finish(self) -> Trained:
        best = self.mean.network
        if self.run.best.exists():
            self.run.load_best(best)
        judgement = self._judge(best)
        self.task.draw(self.run.path, judgement, self.judged)
        folder = self.run.path / "model"
        model = self.task.publish(folder, best, self.architecture, self.judged, self.provenance())
        return Trained(self.run.path, model, judgement, self.state.best_epoch, self.state.epoch, self.state.seconds)

    def provenance(self) -> Provenance:
        return Provenance(
            len(self.pictures),
            self.state.best_epoch,
            self.state.seconds,
            self.device.type,
            self.beginning.words,
            self.beginning.parent,
        )

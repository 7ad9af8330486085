"""`Session`: a training under way: its network, its optimiser, and how far it has come."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from cellwright import nets
from cellwright.core import ModelNotUsable, TrainingStopped
from cellwright.jobs import Progress
from cellwright.training.batches import epoch_batches
from cellwright.training.beginning import Beginning, begin
from cellwright.training.optimise import half_precision, learning_rate, make_optimizer
from cellwright.training.parts import freeze, keep_statistics
from cellwright.training.provenance import Provenance
from cellwright.training.recipe import Recipe
from cellwright.training.run_folder import RunFolder
from cellwright.training.syllabus import epoch_order
from cellwright.training.tasks import Batch, Judgement, Task, moved
from cellwright.training.taught_network import TaughtNetwork
from cellwright.training.teaching import Teaching
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


def device_of(name: str) -> torch.device:
    """Return the device called ``"auto"``, ``"cpu"`` or ``"cuda"``."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


@dataclass(slots=True)
class Session:
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
    seconds: float | None = None
    """Time for all steps together; None lets the recipe's epochs decide alone."""
    chooses_best: bool = True
    """Whether the weights of the best look are kept, or the last ones: what is judged on must not choose."""
    teaching: Teaching | None = None
    """What runs in training where that is less than the whole network."""

    @classmethod
    def start(
        cls, task: Task[Any, Any], pictures: list[Any], judged: list[Any], run: RunFolder, device: torch.device
    ) -> Session:
        """Build the network by chance, and what moves its weights."""
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
        """Every number of the training."""
        return self.task.recipe

    def begin_with(self, model: str | Path | None, encoder_weights: Path | None) -> None:
        """Take weights over from elsewhere; the running mean begins with them too."""
        self.beginning = begin(self.network, self.recipe, model, encoder_weights)
        self.mean.network.load_state_dict(self.network.state_dict())

    def begin_from(self, network: nn.Module, beginning: Beginning) -> None:
        """Take every weight over from a network of the same shape."""
        self.network.load_state_dict(network.state_dict())
        self.mean.network.load_state_dict(network.state_dict())
        self.beginning = beginning

    def restore(self) -> None:
        """Go on from the checkpoint in the run folder.

        Raises
        ------
        ModelNotUsable
            If it is damaged, or of another training.
        """
        self.state = load_checkpoint(self.run.checkpoint, self.network, self.mean, self.optimizer)
        if self.state.recipe != self.recipe.training_numbers():
            raise ModelNotUsable(
                f"The checkpoint in {self.run.path} was made with another recipe; start anew in an empty folder."
            )

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch; a last incomplete one is left out, unless it is the only one."""
        return max(1, len(epoch_order(self.pictures, 0, 0)) // self.recipe.optimise.batch)

    @property
    def share(self) -> float:
        """How much of the training is done, 0 to 1: by steps, or by time where that runs out first."""
        by_steps = self.state.step / (self.recipe.epochs * self.steps_per_epoch)
        return min(1.0, max(by_steps, self.state.seconds / self.seconds if self.seconds else 0.0))

    def epochs(self, workers: int) -> Iterator[Progress]:
        """Run the epochs that are left, judging and saving after each as the recipe says."""
        while self.state.epoch < self.recipe.epochs and self.share < 1 and not self._is_stale():
            began, costs = time.perf_counter(), []
            for batch in self._batches(workers):
                costs.append(self._step(batch))
                # What a driver does between two steps, such as waiting while it is paused, is no time of ours.
                self.state.seconds += time.perf_counter() - began
                yield self._progress(f"loss {costs[-1]['loss']:.3f}")
                began = time.perf_counter()
                if self.share >= 1:
                    break
            self.state.seconds += time.perf_counter() - began
            self.state.epoch += 1
            self._end_epoch({name: sum(cost[name] for cost in costs) / len(costs) for name in costs[0]})
            yield self._progress("saved")

    def _batches(self, workers: int) -> Iterator[Batch]:
        if self.teaching is not None and self.teaching.kept:
            return self.teaching.batches(self.recipe.seed, self.state.epoch)
        return epoch_batches(self.task, self.pictures, self.state.epoch, workers)

    def _progress(self, said: str) -> Progress:
        if self.seconds:
            return Progress(round(1000 * self.share), 1000, f"Step {self.state.step}, {said}")
        total = self.recipe.epochs * self.steps_per_epoch
        return Progress(self.state.step, total, f"Epoch {self.state.epoch + 1} of {self.recipe.epochs}, {said}")

    def _is_stale(self) -> bool:
        patience = self.recipe.patience
        return bool(patience) and self.state.best_epoch >= 0 and self.state.epoch - self.state.best_epoch > patience

    def _step(self, batch: Batch) -> dict[str, float]:
        optimise = self.recipe.optimise
        steps = self.steps_per_epoch * self.recipe.epochs
        # Where time ends the training, the curve falls with time; its beginning is counted in steps either way.
        reached = self.state.step if not self.seconds else max(self.state.step, round(self.share * steps))
        if self.state.step < optimise.warmup_epochs * self.steps_per_epoch:
            reached = self.state.step
        rate = learning_rate(optimise, int(reached), self.steps_per_epoch, self.recipe.epochs)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group.get("rate", 1.0)
        self.network.train()
        freeze(self.network, optimise.freeze)
        if optimise.keep_statistics:
            keep_statistics(self.network)
        truth = moved(batch.truth, self.device)
        if self.teaching is None:
            taught, images = self.network, to_network(batch.images, self.device)
        else:
            taught, images = self.teaching.part, batch.images
        cost = self.task.cost(taught, images, truth, half_precision(self.device))
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
        epoch, is_last = self.state.epoch, self.state.epoch == self.recipe.epochs or self.share >= 1
        row: dict[str, Any] = {
            "epoch": epoch,
            "size_px": self.recipe.phase_at(epoch - 1).size_px,
            "learning_rate": self.optimizer.param_groups[0]["lr"],
            **costs,
            "seconds": self.state.seconds,
        }
        if self.judged and (epoch % self.recipe.val_every == 0 or is_last):
            scores = self.judge(self.mean.network).scores
            row |= scores
            if self.chooses_best and scores[self.task.headline] > self.state.best_score:
                self.state.best_score, self.state.best_epoch = scores[self.task.headline], epoch
                self.run.keep_best(self.mean.network)
        self.run.log(row)
        save_checkpoint(self.run.checkpoint, self.state, self.network, self.mean, self.optimizer)

    def judge(self, network: nn.Module) -> Judgement:
        """Look at the pictures that are not trained on."""
        return self.task.judge(network, self.judged, half_precision(self.device))

    def finish(self) -> Trained:
        """Judge the best weights, draw, and write the model folder."""
        best = self.mean.network
        if self.run.best.exists():
            self.run.load_best(best)
        judgement = self.judge(best)
        self.task.draw(self.run.path, judgement, self.judged)
        taught = TaughtNetwork(best, self.architecture, self.recipe, self.provenance())
        model = self.task.publish(self.run.path / "model", taught, self.judged)
        return Trained(self.run.path, model, judgement, self.state.best_epoch, self.state.epoch, self.state.seconds)

    def provenance(self) -> Provenance:
        """Return where the weights come from."""
        return Provenance(
            getattr(self.pictures, "taught", len(self.pictures)),
            self.state.best_epoch if self.chooses_best else self.state.epoch,
            self.state.seconds,
            self.device.type,
            self.beginning.words,
            self.beginning.parent,
        )

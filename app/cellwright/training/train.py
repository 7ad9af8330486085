"""`TrainDetector`: a recipe and a labelled set become the weights of a detector, step by step."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from cellwright import nets
from cellwright.core import DatasetNotReadable, ModelNotUsable, TrainingStopped
from cellwright.datasets import read_dataset
from cellwright.evaluate import DetectionScores, PictureDetections, score_detections
from cellwright.jobs import Progress
from cellwright.nets.anchors import fit_anchors
from cellwright.nets.yolo import Yolo
from cellwright.training.augment import Sample
from cellwright.training.figures import draw_run
from cellwright.training.optimise import half_precision, learning_rate, make_optimizer
from cellwright.training.pictures import Batch, epoch_batches, load_pictures, truth_of
from cellwright.training.publish import FROM_SCRATCH, Provenance, publish
from cellwright.training.recipe import Recipe, read_recipe
from cellwright.training.run_folder import RunFolder
from cellwright.training.validate import find_all, to_network
from cellwright.training.weights import RunningMean, TrainingState, load_checkpoint, save_checkpoint
from cellwright.zoo import find_model, load_card, load_network

if TYPE_CHECKING:
    from torch.optim import Optimizer


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training leaves behind.

    ``scores`` are those of the best weights on the validation pictures; ``model`` is the finished model folder, None
    where the recipe describes no card.
    """

    folder: Path
    model: Path | None
    scores: DetectionScores
    best_epoch: int
    epochs: int
    seconds: float


@dataclass(frozen=True, slots=True)
class TrainDetector:
    """Operation that trains a detector; its result is a `Trained`.

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
        Model whose weights to begin with, by name or folder; it must have the recipe's architecture and classes. None
        begins from chance.
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
    epochs: int | None = None
    workers: int = 1
    threads: int | None = None
    title: str = field(default="Train a detector", init=False)

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
        pictures = _split(recipe, self.data, recipe.data.train_split)
        judged = _split(recipe, self.data, recipe.data.val_split)
        run = RunFolder.open(self.out, recipe, resume=self.resume)
        try:
            session = _Session.start(recipe, pictures, judged, run, _device(self.device), self.start)
            if self.resume and run.checkpoint.exists():
                session.restore()
            yield from session.epochs(self.workers)
            return session.finish()
        finally:
            run.close()


def _split(recipe: Recipe, data: Path, split: str) -> list[Sample]:
    labelled, _ = read_dataset(
        data, recipe.data.format, split=split, classes=recipe.data.classes, aliases=recipe.data.aliases
    )
    if not len(labelled):
        raise DatasetNotReadable(f"{data} has no pictures in the split {split!r}; name another one in the recipe.")
    return load_pictures(labelled)


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


def complete_architecture(recipe: Recipe, pictures: list[Sample]) -> dict[str, Any]:
    """Return the recipe's architecture with the number of classes, and anchors fitted where a grid head has none."""
    architecture = {**recipe.architecture, "num_classes": len(recipe.data.classes)}
    head = dict(architecture.get("head", {}))
    if head.get("kind") == "grid" and "anchors" not in head:
        size = recipe.phases[-1].size_px
        sizes = np.concatenate(
            [(sample.boxes[:, 2:] - sample.boxes[:, :2]) * (size / max(sample.image.shape[1:])) for sample in pictures]
        )
        anchors = fit_anchors(sizes.astype(np.float64), 9, seed=recipe.seed)
        head["anchors"] = anchors.round(1).reshape(3, 3, 2).tolist()
        architecture["head"] = head
    return architecture


def _give_weights(network: nn.Module, model: str | Path, recipe: Recipe) -> str:
    """Give a network the weights of a finished model, and return that model's name for the card.

    Raises
    ------
    ModelNotUsable
        If the model has other classes, or its weights do not fit the network.
    """
    folder = find_model(model)
    card = load_card(folder)
    if card.class_names != recipe.data.classes:
        raise ModelNotUsable(
            f"{card.name} finds {', '.join(card.class_names)}, the recipe asks for {', '.join(recipe.data.classes)}; "
            "start from a model with the same classes."
        )
    try:
        network.load_state_dict(load_network(folder, card).state_dict())
    except RuntimeError as error:
        raise ModelNotUsable(
            f"{card.name} has another architecture than the recipe; start from one like it."
        ) from error
    return card.source.removeprefix("model:")


@dataclass(slots=True)
class _Session:
    """A training under way: its network, its optimiser, and how far it has come."""

    recipe: Recipe
    architecture: dict[str, Any]
    pictures: list[Sample]
    judged: list[Sample]
    run: RunFolder
    device: torch.device
    network: Yolo
    mean: RunningMean
    optimizer: Optimizer
    state: TrainingState
    origin: str = FROM_SCRATCH

    @classmethod
    def start(
        cls,
        recipe: Recipe,
        pictures: list[Sample],
        judged: list[Sample],
        run: RunFolder,
        device: torch.device,
        begin_with: str | Path | None = None,
    ) -> _Session:
        torch.manual_seed(recipe.seed)
        architecture = complete_architecture(recipe, pictures)
        network = nets.build(architecture)
        if not isinstance(network, Yolo):
            raise ModelNotUsable("This recipe does not describe a detector; give one whose architecture is 'yolo'.")
        origin = FROM_SCRATCH if begin_with is None else _give_weights(network, begin_with, recipe)
        network.to(device).to(memory_format=torch.channels_last)
        return cls(
            recipe,
            architecture,
            pictures,
            judged,
            run,
            device,
            network,
            RunningMean(network, recipe.optimise.ema_decay),
            make_optimizer(network, recipe.optimise),
            TrainingState(recipe=recipe.training_numbers()),
            origin,
        )

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
            began, losses = time.perf_counter(), []
            for batch in epoch_batches(self.pictures, self.recipe, self.state.epoch, workers):
                losses.append(self._step(batch))
                yield Progress(
                    self.state.step,
                    total,
                    f"Epoch {self.state.epoch + 1} of {self.recipe.epochs}, loss {losses[-1][0]:.3f}",
                )
            self.state.epoch += 1
            self.state.seconds += time.perf_counter() - began
            self._end_epoch(np.mean(losses, axis=0))
            yield Progress(self.state.step, total, f"Epoch {self.state.epoch} of {self.recipe.epochs} done")

    def _is_stale(self) -> bool:
        patience = self.recipe.patience
        return bool(patience) and self.state.best_epoch >= 0 and self.state.epoch - self.state.best_epoch > patience

    def _step(self, batch: Batch) -> tuple[float, float, float, float]:
        optimise = self.recipe.optimise
        rate = learning_rate(optimise, self.state.step, self.steps_per_epoch, self.recipe.epochs)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.network.train()
        dtype = half_precision(self.device)
        images = to_network(batch.images, self.device)
        with torch.autocast(self.device.type, dtype or torch.bfloat16, enabled=dtype is not None):
            raw = self.network(images)
        # Losses in float32: the differences they measure are finer than bf16 can hold.
        truth = type(batch.truth)(*(t.to(self.device) for t in batch.truth))
        loss = self.network.head.loss(raw, truth)
        total = float(loss.total.detach())
        if not math.isfinite(total):
            raise TrainingStopped(
                f"The loss became {total} in epoch {self.state.epoch + 1}; lower the learning rate "
                f"(now {optimise.learning_rate}) and resume from the checkpoint in {self.run.path}."
            )
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss.total)
        nn.utils.clip_grad_norm_(self.network.parameters(), optimise.clip_norm)
        self.optimizer.step()
        self.mean.update(self.network)
        self.state.step += 1
        n = len(images)
        box, classes, extra = (float(part.detach()) / n for part in (loss.box, loss.classes, loss.extra))
        return total / n, box, classes, extra

    def _end_epoch(self, loss: np.ndarray[Any, Any]) -> None:
        epoch, is_last = self.state.epoch, self.state.epoch == self.recipe.epochs
        row = {
            "epoch": epoch,
            "size_px": self.recipe.phase_at(epoch - 1).size_px,
            "learning_rate": self.optimizer.param_groups[0]["lr"],
            "loss": float(loss[0]),
            "loss_box": float(loss[1]),
            "loss_class": float(loss[2]),
            "loss_extra": float(loss[3]),
            "seconds": self.state.seconds,
        }
        if epoch % self.recipe.val_every == 0 or is_last:
            scores, _ = self._judge(self.mean.network)
            row |= {"map_50": scores.map_50, "map_50_95": scores.map_50_95}
            if scores.map_50_95 > self.state.best_score:
                self.state.best_score, self.state.best_epoch = scores.map_50_95, epoch
                self.run.keep_best(self.mean.network)
        self.run.log(row)
        save_checkpoint(self.run.checkpoint, self.state, self.network, self.mean, self.optimizer)

    def _judge(self, network: nn.Module) -> tuple[DetectionScores, list[PictureDetections]]:
        found = find_all(network, self.judged, self.recipe.val_size_px, half_precision(self.device), self.device)
        return score_detections(found, truth_of(self.judged), self.recipe.data.classes), found

    def finish(self) -> Trained:
        best = self.mean.network
        if self.run.best.exists():
            self.run.load_best(best)
        scores, found = self._judge(best)
        draw_run(self.run.path, found, self.judged, self.recipe.data.classes)
        model = publish(self.run.path / "model", best, self.architecture, self.recipe, self.judged, self.provenance())
        return Trained(self.run.path, model, scores, self.state.best_epoch, self.state.epoch, self.state.seconds)

    def provenance(self) -> Provenance:
        return Provenance(len(self.pictures), self.state.best_epoch, self.state.seconds, self.device.type, self.origin)

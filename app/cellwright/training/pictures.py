"""Labelled pictures held in memory, and the batches a training draws from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from cellwright.core import Box, Region
from cellwright.datasets import LabelledSet
from cellwright.evaluate import PictureTruth
from cellwright.imaging import contrast_limits, open_slide, read_rgb
from cellwright.nets.assign import Truth
from cellwright.nets.boxes import xyxy_from_yxyx, yxyx_from_xyxy
from cellwright.training.augment import Sample, make_sample
from cellwright.training.recipe import Augment, Phase, Recipe


def load_pictures(labelled: LabelledSet) -> list[Sample]:
    """Decode every picture of a set into memory (a 640×480 picture takes 0.9 MB).

    Raises
    ------
    SlideNotReadable
        If a picture cannot be decoded.
    """
    return [
        Sample(
            read_picture(picture.path),
            xyxy_from_yxyx(torch.from_numpy(picture.boxes)).numpy(),
            picture.class_index.astype(np.int64),
        )
        for picture in labelled
    ]


def truth_of(pictures: Sequence[Sample]) -> list[PictureTruth]:
    """Return the true boxes in the form that `evaluate` judges against."""
    return [
        PictureTruth(yxyx_from_xyxy(torch.from_numpy(picture.boxes)).numpy(), picture.classes) for picture in pictures
    ]


def read_picture(path: Path) -> Tensor:
    """Read a whole picture as (3, H, W) uint8, as inference sees it."""
    with open_slide(path) as slide:
        rgb = read_rgb(slide, Region(Box(0, 0, *slide.shape)), contrast_limits(slide))
    return torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Pictures (N, 3, S, S) uint8 and their true boxes."""

    images: Tensor
    truth: Truth


class _EpochSamples(Dataset[Sample]):
    """The samples of one epoch; sample i depends on the seed, the epoch and i alone, so a resumed run repeats it."""

    def __init__(self, pictures: Sequence[Sample], phase: Phase, augment: Augment, seed: int, epoch: int) -> None:
        self.pictures, self.phase, self.augment = pictures, phase, augment
        self.seed, self.epoch = seed, epoch
        self.order = np.random.default_rng((seed, epoch)).permutation(len(pictures))

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, place: int) -> Sample:
        index = int(self.order[place])
        rng = np.random.default_rng((self.seed, self.epoch, index))
        return make_sample(self.pictures, index, self.phase, self.augment, rng)


def epoch_batches(pictures: Sequence[Sample], recipe: Recipe, epoch: int, workers: int = 0) -> Iterator[Batch]:
    """Yield the batches of one epoch, each picture once, in an order that seed and epoch fix.

    Parameters
    ----------
    pictures : sequence of Sample
        All training pictures.
    recipe : Recipe
        Batch size, phases and augmentation.
    epoch : int
        From 0.
    workers : int
        Processes that make samples; 0 makes them here.
    """
    samples = _EpochSamples(pictures, recipe.phase_at(epoch), recipe.augment, recipe.seed, epoch)
    loader = DataLoader(
        samples,
        batch_size=recipe.optimise.batch,
        num_workers=workers,
        collate_fn=collate,
        # A last batch of one or two pictures would give batch norm statistics of nothing much.
        drop_last=len(samples) > recipe.optimise.batch,
        prefetch_factor=4 if workers else None,
        # Copies of the pictures in memory are shared with a forked worker, and would be sent whole to a spawned one.
        multiprocessing_context="fork" if workers else None,
    )
    yield from loader


def collate(samples: Sequence[Sample]) -> Batch:
    """Put samples of one size side by side, boxes padded to the longest list."""
    longest = max(1, *(len(sample.classes) for sample in samples))
    n = len(samples)
    boxes, classes = torch.zeros(n, longest, 4), torch.zeros(n, longest, dtype=torch.int64)
    valid = torch.zeros(n, longest, dtype=torch.bool)
    for row, sample in enumerate(samples):
        count = len(sample.classes)
        boxes[row, :count] = torch.from_numpy(sample.boxes)
        classes[row, :count] = torch.from_numpy(sample.classes)
        valid[row, :count] = True
    return Batch(torch.stack([sample.image for sample in samples]), Truth(boxes, classes, valid))

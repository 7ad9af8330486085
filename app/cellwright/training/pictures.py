"""Pictures with boxes held in memory, and their boxes as the network's loss and the judge take them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cellwright.core import Box, Region
from cellwright.datasets import LabelledSet
from cellwright.evaluate import PictureTruth
from cellwright.imaging import contrast_limits, read_rgb
from cellwright.nets.assign import Truth
from cellwright.nets.boxes import xyxy_from_yxyx, yxyx_from_xyxy
from cellwright.project.pictures import slide_ref
from cellwright.training.augment import Sample


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
    """Read a whole picture, or a part of a file as a project writes it, as (3, H, W) uint8, as inference sees it."""
    with slide_ref(path).open() as slide:
        rgb = read_rgb(slide, Region(Box(0, 0, *slide.shape)), contrast_limits(slide))
    return torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)


def stack_boxes(samples: Sequence[Sample]) -> Truth:
    """Put the boxes of samples side by side, padded to the longest list."""
    longest = max(1, *(len(sample.classes) for sample in samples))
    n = len(samples)
    boxes, classes = torch.zeros(n, longest, 4), torch.zeros(n, longest, dtype=torch.int64)
    valid = torch.zeros(n, longest, dtype=torch.bool)
    for row, sample in enumerate(samples):
        count = len(sample.classes)
        boxes[row, :count] = torch.from_numpy(sample.boxes)
        classes[row, :count] = torch.from_numpy(sample.classes)
        valid[row, :count] = True
    return Truth(boxes, classes, valid, _known(samples))


def _known(samples: Sequence[Sample]) -> Tensor | None:
    """(N, S, S) bool: where somebody looked; None where that is everywhere."""
    if all(sample.known is None for sample in samples):
        return None
    known = torch.zeros(len(samples), *samples[0].image.shape[1:], dtype=torch.bool)
    for row, sample in zip(known, samples, strict=True):
        if sample.known is None:
            row[:] = True
            continue
        for x0, y0, x1, y1 in sample.known.round().astype(int).clip(0):
            row[y0:y1, x0:x1] = True
    return known

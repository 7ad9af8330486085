"""Pictures with label maps held in memory, as inference sees them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from cellwright.core import Box, DatasetNotReadable, Region
from cellwright.datasets import LabelledPicture, read_dataset
from cellwright.imaging import contrast_limits, read_rgb
from cellwright.project.pictures import slide_ref
from cellwright.training.crops import LabelSample
from cellwright.training.recipe import Look, Recipe


def load_labelled(data: Path, split: str, recipe: Recipe) -> list[LabelSample]:
    """Decode every picture of a split and its labels into memory (a 512×512 picture takes 1.8 MB).

    Raises
    ------
    DatasetNotReadable
        If the set has no label maps, or a map does not fit its picture.
    SlideNotReadable
        If a picture cannot be decoded.
    """
    part = recipe.data
    labelled, _ = read_dataset(data, part.format, split, part.classes, part.aliases)
    return [_load(picture, recipe.look) for picture in labelled]


def _load(picture: LabelledPicture, look: Look) -> LabelSample:
    if picture.labels is None:
        raise DatasetNotReadable(f"{picture.path} has boxes but no outlines; outlines are learned from label maps.")
    labels = picture.labels.read().astype(np.int32)
    image = read_picture(picture.path, look)
    if labels.shape != image.shape[1:]:
        raise DatasetNotReadable(
            f"The labels of {picture.path} are {labels.shape[1]}×{labels.shape[0]} pixels, the picture is "
            f"{image.shape[2]}×{image.shape[1]}; give labels of the picture's size."
        )
    return LabelSample(image, labels, path=picture.path, sort=picture.kind)


def read_picture(path: Path, look: Look) -> torch.Tensor:
    """Read a whole picture, or a part of a file as a project writes it, as (3, H, W) uint8, in inference's contrast."""
    with slide_ref(path).open() as slide:
        limits = contrast_limits(slide, percentiles=look.percentiles if look.contrast == "percentile" else None)
        rgb = read_rgb(slide, Region(Box(0, 0, *slide.shape)), limits)
    return torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1).contiguous()

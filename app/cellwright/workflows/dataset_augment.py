"""Changed copies of pictures as training would make them, written into a set or shown beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright import export
from cellwright.core import BadParameter, Objects
from cellwright.datasets import Augmentation, LabelledPicture, LabelledSet, Piece, Preparation

_WRITTEN = ("flip", "turn", "hue", "saturation", "brightness", "contrast", "grey", "blur", "noise")
"""Of what a recipe's augmentation says, what leaves whole pictures with all of their labels."""


def read_augmentation(copies: int, seed: int = 0, recipe: Path | None = None) -> Augmentation:
    """Return what changes copies: as a recipe says, else as every training does that says nothing.

    Parameters
    ----------
    copies, seed : int
        See `Augmentation`.
    recipe : Path, optional
        A recipe.toml. Cuts, zooms and blends of it are left to training: a copy shows the whole picture.

    Raises
    ------
    BadParameter
        If the recipe cannot be read, or a number makes no sense.
    """
    if not copies:
        return Augmentation(copies, seed)
    from cellwright.training.recipe import Augment, read_recipe

    asked = Augment() if recipe is None else read_recipe(recipe).augment
    return Augmentation(copies, seed, {name: getattr(asked, name) for name in _WRITTEN})


def refuse_nothing_to_augment(labelled: LabelledSet, augmentation: Augmentation) -> None:
    """Refuse copies of a set that has nothing to train on.

    Raises
    ------
    BadParameter
        If copies are asked for and no picture is of their split.
    """
    if augmentation.copies and not any(picture.split == augmentation.split for picture in labelled):
        raise BadParameter(
            f"No picture of {labelled.root} is in the split {augmentation.split!r}, and only such get changed copies; "
            "divide the set on the way."
        )


def changed_copies(
    picture: LabelledPicture, piece: Piece, objects: Objects, preparation: Preparation, augmentation: Augmentation
) -> Iterator[export.BoxedPicture]:
    """Yield the changed copies of a prepared picture; none of a picture that is not trained on.

    Parameters
    ----------
    picture, piece, preparation
        Where the pixels come from.
    objects : Objects
        What is drawn on the piece, where it is there.
    augmentation : Augmentation
        How many, and what may change.
    """
    if picture.split != augmentation.split:
        return
    name = f"{picture.stem}{piece.name}"
    for number in range(augmentation.copies):
        turning = augmentation.turning(augmentation.chance(name, number))
        masks = None if objects.masks is None else turning.masks(objects.masks, piece.size)
        boxes = turning.boxes(objects.boxes, piece.size) if masks is None else masks.boxes()
        yield export.BoxedPicture(
            f"{name}_copy{number + 1}.png",
            turning.size(piece.size),
            Objects(objects.ids, boxes, objects.class_index, objects.scores, objects.classes, objects.source, masks),
            partial(_write_copy, picture, piece, preparation, augmentation, number),
            picture.split,
            picture.group,
        )


def copied_pixels(
    picture: LabelledPicture, piece: Piece, preparation: Preparation, augmentation: Augmentation, number: int
) -> NDArray[np.uint8]:
    """Return the pixels of one changed copy, (H, W, 3) uint8.

    Raises
    ------
    SlideNotReadable
        If the picture cannot be read.
    """
    from cellwright.training.changed_pixels import changed_pixels
    from cellwright.workflows.dataset_export import whole_picture

    rng = augmentation.chance(f"{picture.stem}{piece.name}", number)
    turning = augmentation.turning(rng)
    pixels = turning.pixels(piece.pixels(whole_picture(picture.ref), is_grey=preparation.is_grey))
    return changed_pixels(pixels, augmentation.changes, rng)


def _write_copy(
    picture: LabelledPicture,
    piece: Piece,
    preparation: Preparation,
    augmentation: Augmentation,
    number: int,
    target: Path,
) -> None:
    export.write_png(target, copied_pixels(picture, piece, preparation, augmentation, number), overwrite=True)

"""How a network's answers become objects: what a card says about it, one kind a family of networks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from cellwright.zoo.part import Part

Task = Literal["detection", "instances", "semantic", "classification"]
"""Boxes; an outline for each object; a class for each pixel; a class for a whole picture."""


class BoxDecoding(Part):
    """The network answers with boxes and class probabilities: (A, 4 + C)."""

    kind: Literal["boxes"] = "boxes"


class StarDecoding(Part):
    """The network answers at every grid point with an object's probability and rays to its edge.

    (1 + R (+ g²) (+ C), h, w): rays, and where `foreground` is given, which pixels of the point's square belong to
    objects; classes where there are two or more.

    Parameters
    ----------
    grid : 1, 2 or 4
        Input pixels from one grid point to the next.
    foreground : float or None
        Probability from which a pixel belongs to an object; None where the network does not tell.
    reach_px : int
        How far outlines may move to follow the pixels, in pixels of the network's input.
    """

    kind: Literal["stars"] = "stars"
    grid: Literal[1, 2, 4] = 1
    foreground: float | None = Field(default=None, gt=0.0, lt=1.0)
    reach_px: int = Field(default=2, ge=1, le=64)


class RegionDecoding(Part):
    """The network answers with boxes and a mask in each: (D, 4 + 2 + M·M), as Mask R-CNN does.

    Parameters
    ----------
    mask_threshold : float
        Probability from which a pixel of the box belongs to the object.
    """

    kind: Literal["regions"] = "regions"
    mask_threshold: float = Field(default=0.5, gt=0.0, lt=1.0)


class TouchingDecoding(Part):
    """The network sorts pixels into ground, inside and boundary (K, H, W); objects grow from their insides.

    Parameters
    ----------
    interior, boundary : int
        Which of the network's classes they are; 0 is the ground.
    seed : float
        Probability of the inside from which a pixel belongs to a seed.
    foreground : float
        Probability of inside and boundary together from which a pixel belongs to an object.
    min_area_px : int
        Smaller objects are left out, in pixels of the network's input.
    """

    kind: Literal["touching"] = "touching"
    interior: int = Field(default=1, ge=1)
    boundary: int = Field(default=2, ge=1)
    seed: float = Field(default=0.5, gt=0.0, lt=1.0)
    foreground: float = Field(default=0.5, gt=0.0, lt=1.0)
    min_area_px: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _two_classes(self) -> TouchingDecoding:
        if self.interior == self.boundary:
            raise ValueError(f"interior and boundary are both class {self.interior}; they must differ")
        return self


class ClassDecoding(Part):
    """The network sorts pixels into ground and the card's classes (K, H, W); connected parts are objects.

    Parameters
    ----------
    min_area_px : int
        Smaller parts are left out, in pixels of the network's input.
    keep_largest : bool
        Whether only the largest part of each class is kept: there is one heart.
    """

    kind: Literal["classes"] = "classes"
    min_area_px: int = Field(default=0, ge=0)
    keep_largest: bool = False


class LabelDecoding(Part):
    """The model numbers the objects itself (C, H, W): one map a class, 0 is the ground, 1 … N its objects.

    Numbers mean nothing from one tile to the next; an object's score is 1 where the model says no more.

    Parameters
    ----------
    min_area_px : int
        Smaller objects are left out, in pixels of the network's input.
    """

    kind: Literal["labels"] = "labels"
    min_area_px: int = Field(default=0, ge=0)


class PictureDecoding(Part):
    """The network says what a whole picture shows: (C,) probabilities, together 1.

    They are calibrated by one temperature for all classes, ``p' ∝ p^(1/T)``: scaling of the logits before the softmax
    (Guo et al., ICML 2017, section 4.2).
    """

    kind: Literal["picture"] = "picture"


Decoding = Annotated[
    BoxDecoding | StarDecoding | RegionDecoding | TouchingDecoding | ClassDecoding | LabelDecoding | PictureDecoding,
    Field(discriminator="kind"),
]

TASK_OF: dict[str, Task] = {
    "boxes": "detection",
    "stars": "instances",
    "regions": "instances",
    "touching": "instances",
    "classes": "semantic",
    "picture": "classification",
    "labels": "instances",
}
"""What comes of each kind of decoding."""

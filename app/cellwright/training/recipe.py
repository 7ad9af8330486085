"""`Recipe`: every number a training needs, read from a TOML file that stands beside the model it made."""

from __future__ import annotations

import tomllib
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cellwright.core import BadParameter

Fraction = Field(ge=0.0, le=1.0)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(_Part):
    """Which pictures and which classes.

    Attributes
    ----------
    format : str
        "yolo", "voc", "coco", or "auto".
    classes : tuple of str
        Names in the order of the network's outputs.
    aliases : dict
        Names used by the data set → names above.
    train_split, val_split : str
        What is trained on, and what is looked at to choose the best epoch.
    """

    format: str = "auto"
    classes: tuple[str, ...] = Field(min_length=1)
    aliases: dict[str, str] = {}
    train_split: str = "train"
    val_split: str = "val"


class Phase(_Part):
    """Some epochs at one picture size; phases follow each other under one learning-rate curve.

    Attributes
    ----------
    epochs : int
    size_px : int
        Side of the square the network is shown, a multiple of 32.
    mosaic : float
        Share of samples put together from four pictures.
    scale : tuple of float
        A picture is fitted to the square, then enlarged by a factor drawn log-uniformly from this range.
    """

    epochs: int = Field(ge=1)
    size_px: int = Field(ge=64, multiple_of=32)
    mosaic: float = Fraction
    scale: tuple[float, float] = (0.7, 1.4)

    @model_validator(mode="after")
    def _ordered(self) -> Phase:
        if not 0 < self.scale[0] <= self.scale[1]:
            raise ValueError("scale must be two positive factors, the smaller first")
        return self


class Augment(_Part):
    """Changes to a training picture that leave its cells what they are; probabilities in [0, 1].

    Attributes
    ----------
    flip, turn : float
        Mirror left-right; a random multiple of 90°. Cells have no right way up.
    hue, saturation, brightness, contrast : float
        Largest change: hue in turns of the colour circle, the others as factors 1 ± x.
    grey, blur, noise, cut_out : float
        Share of pictures turned grey; blurred; with sensor noise; with a grey patch.
    mix_up, cut_mix : float
        Share of samples blended with, or patched from, a second one (Zhang et al. 2018; Yun et al. 2019).
    """

    flip: float = Field(default=0.5, ge=0, le=1)
    turn: bool = True
    hue: float = Field(default=0.02, ge=0, le=0.5)
    saturation: float = Field(default=0.4, ge=0, lt=1)
    brightness: float = Field(default=0.25, ge=0, lt=1)
    contrast: float = Field(default=0.2, ge=0, lt=1)
    grey: float = Field(default=0.0, ge=0, le=1)
    blur: float = Field(default=0.0, ge=0, le=1)
    noise: float = Field(default=0.0, ge=0, le=1)
    cut_out: float = Field(default=0.0, ge=0, le=1)
    mix_up: float = Field(default=0.0, ge=0, le=1)
    cut_mix: float = Field(default=0.0, ge=0, le=1)


class Optimise(_Part):
    """How weights move.

    Attributes
    ----------
    optimizer : {"adamw", "sgd"}
    learning_rate : float
        At the top of the curve: linear warm-up, then a half cosine down to ``final_fraction`` of it.
    weight_decay : float
        On convolution kernels only, not on biases and norms.
    momentum : float
        First moment: Adam's β₁ or SGD's Nesterov momentum.
    batch : int
    warmup_epochs : float
    clip_norm : float
        Gradients longer than this are shortened to it.
    ema_decay : float
        Of the running mean of the weights, which is what is judged and shipped.
    """

    optimizer: Literal["adamw", "sgd"] = "adamw"
    learning_rate: float = Field(default=1.5e-3, gt=0)
    final_fraction: float = Field(default=0.02, ge=0, le=1)
    weight_decay: float = Field(default=0.05, ge=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    batch: int = Field(default=16, ge=1)
    warmup_epochs: float = Field(default=2.0, ge=0)
    clip_norm: float = Field(default=10.0, gt=0)
    ema_decay: float = Field(default=0.998, ge=0, lt=1)


class CardClass(_Part):
    """How a class is shown: title, colour and one-letter badge."""

    title: str
    colour: str
    badge: str


class CardPart(_Part):
    """What the recipe says for the card of the model it makes; see `zoo.ModelCard`.

    Attributes
    ----------
    summary : str
        One or two sentences for a person who must choose a model.
    classes : dict of str to CardClass
        One entry a class.
    tile_px, halo_px : int
        Side of what the network is shown, and rim that neighbouring tiles share.
    um_per_px : float or None
        Pixel size of the training pictures at `tile_px`; None when nobody knows it.
    floor, nms_iou : float
        See `zoo.Thresholds`.
    nms : {"greedy", "diou", "merge"}
        How overlapping boxes become one; see `inference.nms`.
    trained_on, judged_on : str
        The pictures, in words.
    licence : str
    citations : tuple of str
    """

    summary: str
    classes: dict[str, CardClass]
    tile_px: int = Field(default=640, ge=64, multiple_of=32)
    halo_px: int = Field(default=96, ge=0)
    um_per_px: float | None = None
    floor: float = Field(default=0.05, gt=0, lt=1)
    nms_iou: float = Field(default=0.6, gt=0, lt=1)
    nms: Literal["greedy", "diou", "merge"] = "greedy"
    trained_on: str
    judged_on: str
    licence: str
    citations: tuple[str, ...] = ()


class Recipe(_Part):
    """A whole training.

    Attributes
    ----------
    name, title : str
        Name of the model's folder, and what a person reads.
    seed : int
        Two runs of one recipe on one machine make the same samples in the same order.
    architecture : dict
        For `nets.build`; a grid head without ``anchors`` gets them fitted to the training boxes.
    val_size_px : int
        Long side of a validation picture.
    val_every : int
        Epochs between looks at the validation pictures.
    patience : int
        Stop when so many epochs brought nothing better; 0 never stops early.
    card : CardPart or None
        With it, the training ends with a whole model folder; it takes no part in the training itself.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    seed: int = 0
    architecture: dict[str, Any]
    data: Data
    phases: tuple[Phase, ...] = Field(min_length=1)
    augment: Augment = Augment()
    optimise: Optimise = Optimise()
    val_size_px: int = Field(default=640, ge=64, multiple_of=32)
    val_every: int = Field(default=5, ge=1)
    patience: int = Field(default=0, ge=0)
    card: CardPart | None = None

    @model_validator(mode="after")
    def _card_names_the_classes(self) -> Recipe:
        if self.card is not None and set(self.card.classes) != set(self.data.classes):
            raise ValueError(f"card.classes must describe {', '.join(self.data.classes)}")
        return self

    def training_numbers(self) -> dict[str, Any]:
        """Return everything that decides how the weights come out, as plain JSON."""
        return self.model_dump(mode="json", exclude={"card", "title", "val_size_px"})

    def with_epochs(self, total: int) -> Recipe:
        """Return the recipe with so many epochs in all, shared among its phases as before; a phase may vanish.

        Raises
        ------
        BadParameter
            If `total` is below 1.
        """
        if total < 1:
            raise BadParameter(f"{total} epochs train nothing; give at least 1.")
        ends = [round(total * done / self.epochs) for done in accumulate(phase.epochs for phase in self.phases)]
        lengths = [end - start for start, end in pairwise([0, *ends])]
        phases = tuple(
            phase.model_copy(update={"epochs": length})
            for phase, length in zip(self.phases, lengths, strict=True)
            if length
        )
        return self.model_copy(update={"phases": phases})

    @property
    def epochs(self) -> int:
        """Epochs of all phases together."""
        return sum(phase.epochs for phase in self.phases)

    def phase_at(self, epoch: int) -> Phase:
        """Return the phase that an epoch (from 0) belongs to."""
        for phase in self.phases:
            if epoch < phase.epochs:
                return phase
            epoch -= phase.epochs
        return self.phases[-1]


def read_recipe(path: Path) -> Recipe:
    """Read a recipe from a TOML file.

    Raises
    ------
    BadParameter
        If the file cannot be read, is not TOML, or a value is missing, unknown or out of range.
    """
    try:
        return Recipe.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise BadParameter(f"The recipe {path} cannot be read: {error}. Give the path of a recipe.toml.") from error
    except tomllib.TOMLDecodeError as error:
        raise BadParameter(f"The recipe {path} is not TOML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "recipe"
        raise BadParameter(f"The recipe {path} has a bad value at {where}: {first['msg']}.") from error

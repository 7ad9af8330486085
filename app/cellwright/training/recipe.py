"""`Recipe`: every number a training needs, read from a TOML file that stands beside the model it made."""

from __future__ import annotations

import tomllib
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cellwright.core import BadParameter


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MoreData(_Part):
    """Another set whose pictures join the training, and never the judging.

    Attributes
    ----------
    folder : str
        From the folder of the data, with forward slashes: ``"../blood_txl_pbc"``.
    format : str
        As `datasets.read_dataset` names them.
    aliases : dict
        Names used by that set → names of the recipe's classes.
    """

    folder: str = Field(min_length=1)
    format: str = "auto"
    aliases: dict[str, str] = {}


class Data(_Part):
    """Which pictures and which classes.

    Attributes
    ----------
    format : str
        As `datasets.read_dataset` names them, or "auto".
    classes : tuple of str
        Names in the order of the network's outputs.
    aliases : dict
        Names used by the data set → names above.
    train_split, val_split : str
        What is trained on, and what is looked at to choose the best epoch.
    test_split : str
        What is looked at once, at the end, for the scores on the card; empty where `val_split` gives them. Whole
        pictures only.
    more : tuple of MoreData
        Sets that join the training. Whole pictures only.
    """

    format: str = "auto"
    classes: tuple[str, ...] = Field(min_length=1)
    aliases: dict[str, str] = {}
    train_split: str = "train"
    val_split: str = "val"
    test_split: str = ""
    more: tuple[MoreData, ...] = ()


class Look(_Part):
    """How a picture is shown to the network, in training and afterwards; see `zoo.InputContract`.

    Attributes
    ----------
    contrast : {"display", "percentile"}
        Greys as a person sees them, or stretched between two percentiles of the whole picture.
    percentiles : tuple of float
        Which two become black and white.
    centre : float
        Share of a picture's shorter side that is shown, a square about the middle (whole pictures only).
    fit : bool
        Whether a picture is fitted to the square (or tile), or shown in its own pixels. Detectors always fit.
    """

    contrast: Literal["display", "percentile"] = "display"
    percentiles: tuple[float, float] = (1.0, 99.8)
    fit: bool = True
    centre: float = Field(default=1.0, gt=0, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> Look:
        if not 0 <= self.percentiles[0] < self.percentiles[1] <= 100:
            raise ValueError("percentiles must be two shares between 0 and 100, the smaller first")
        return self


class Pixels(_Part):
    """What a network that sorts pixels is taught; what mistakes cost stands in the architecture's head.

    Attributes
    ----------
    touching_px : int
        0 sorts pixels into the classes. Above it, labelled objects become two classes, inside and touching: what of an
        object lies at most so many pixels from another object. Taking the touching pixels out tells neighbours apart.
    border_weight, border_sigma_px : float
        What pixels between two near objects count more, see `nets.dense_losses.border_weights`; 0 counts all alike.
    """

    touching_px: int = Field(default=0, ge=0, le=8)
    border_weight: float = Field(default=0.0, ge=0)
    border_sigma_px: float = Field(default=5.0, gt=0)


class Phase(_Part):
    """Some epochs at one picture size; phases follow each other under one learning-rate curve.

    Attributes
    ----------
    epochs : int
    size_px : int
        Side of the square the network is shown, a multiple of 32.
    mosaic : float
        Share of samples put together from four pictures (boxes only).
    scale : tuple of float
        A picture is fitted to the square where `Look.fit` says so, then enlarged by a factor drawn log-uniformly from
        this range.
    """

    epochs: int = Field(ge=1)
    size_px: int = Field(ge=64, multiple_of=32)
    mosaic: float = Field(default=0.0, ge=0.0, le=1.0)
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
    rotate_deg : float
        Largest free rotation either way (not for boxes).
    shift : float
        Largest move of the middle, as a share of what is shown (whole pictures only).
    gamma : float
        Largest change of the exponent of brightness, as a factor e^±x (not for boxes).
    tint : float
        The same of red, green and blue, each by itself: other stains and lamps (whole pictures only).
    invert : float
        Share of pictures turned into their negative (outlines only).
    hue, saturation, brightness, contrast : float
        Largest change: hue in turns of the colour circle, the others as factors 1 ± x.
    grey, blur, noise, cut_out : float
        Share of pictures turned grey; blurred; with sensor noise; with a grey patch.
    mix_up, cut_mix : float
        Share of samples blended with, or patched from, a second one (boxes only; Zhang et al. 2018; Yun et al. 2019).
    """

    flip: float = Field(default=0.5, ge=0, le=1)
    turn: bool = True
    rotate_deg: float = Field(default=0.0, ge=0, le=180)
    shift: float = Field(default=0.0, ge=0, le=0.5)
    gamma: float = Field(default=0.0, ge=0, le=1)
    tint: float = Field(default=0.0, ge=0, le=1)
    invert: float = Field(default=0.0, ge=0, le=1)
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
    freeze : tuple of str
        Parts of the network, by the beginning of their names, whose weights and batch statistics stay as they begin.
    encoder_rate : float
        Factor on the learning rate of the part called ``encoder`` or ``backbone``: what has learned already moves less.
    keep_statistics : bool
        Whether batch norms keep the statistics that they begin with: few pictures, shown often, are no measure of all.
    class_weights : dict of str to float
        How much more it counts which class an object of these classes is said to be of (boxes only); 1 for the others.
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
    freeze: tuple[str, ...] = ()
    encoder_rate: float = Field(default=1.0, ge=0, le=1)
    keep_statistics: bool = False
    class_weights: dict[str, Annotated[float, Field(gt=0, le=100)]] = {}


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
    light : tuple of str
        What kinds of picture it was trained on; see `zoo.InputContract`.
    floor, nms_iou : float
        See `zoo.Thresholds`.
    nms : {"greedy", "diou", "merge"}
        How overlapping boxes become one; see `inference.nms`.
    right : float
        Share of cells that must be named rightly among those that are named; how sure a classifier of whole pictures
        must be follows from it.
    crops : dict
        How a classifier looks at what a detector found; see `zoo.Crops`. Empty where it does not.
    decoding : dict
        Changes to how answers become objects; see `zoo.ModelCard`. The kind follows from the task.
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
    light: tuple[str, ...] = ()
    floor: float = Field(default=0.05, gt=0, lt=1)
    nms_iou: float = Field(default=0.6, gt=0, lt=1)
    nms: Literal["greedy", "diou", "merge"] = "greedy"
    right: float = Field(default=0.98, gt=0, lt=1)
    crops: dict[str, Any] = {}
    decoding: dict[str, Any] = {}
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
    task : {"boxes", "stars", "pixels", "instances", "pictures"}
        What is learned: boxes round objects, star-convex outlines, a class for each pixel, a mask in each box, or a
        class for a whole picture.
    seed : int
        Two runs of one recipe on one machine make the same samples in the same order.
    start : {"all", "body", "encoder"}
        What is taken over from a model that a training begins with: everything, all but the head, which then begins
        anew, or the encoder alone, whatever the rest of that model is.
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
    task: Literal["boxes", "stars", "pixels", "instances", "pictures"] = "boxes"
    seed: int = 0
    start: Literal["all", "body", "encoder"] = "all"
    architecture: dict[str, Any]
    data: Data
    look: Look = Look()
    pixels: Pixels = Pixels()
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

    @model_validator(mode="after")
    def _words_belong_to_the_task(self) -> Recipe:
        if self.task == "boxes" and not (self.look.fit and self.look.contrast == "display"):
            raise ValueError("a detector of boxes is shown fitted pictures in display contrast; leave look out")
        if self.task != "pixels" and self.pixels != Pixels():
            raise ValueError(f"pixels says what a task 'pixels' learns; this one is {self.task!r}")
        if self.task != "boxes" and any(phase.mosaic for phase in self.phases):
            raise ValueError("mosaic puts pictures with boxes together; outlines are learned from single pictures")
        if self.optimise.class_weights and self.task != "boxes":
            raise ValueError("class_weights is for detectors of boxes; leave it out")
        if strange := sorted(set(self.optimise.class_weights) - set(self.data.classes)):
            raise ValueError(f"class_weights names {', '.join(strange)}, which is not among the classes")
        if self.task != "pictures" and (self.data.more or self.data.test_split or self.look.centre != 1.0):
            raise ValueError("data.more, data.test_split and look.centre are for whole pictures; leave them out")
        if self.task == "pixels" and self.pixels.touching_px and len(self.data.classes) != 1:
            raise ValueError("touching_px tells objects of one class apart; give one class or touching_px = 0")
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

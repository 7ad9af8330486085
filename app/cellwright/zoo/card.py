"""`ModelCard`: what a model folder says about its network, checked word by word; needs no torch."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import Field, JsonValue, ValidationError, field_validator, model_validator

from cellwright.core import ModelNotUsable
from cellwright.core.atomic import replacing
from cellwright.zoo.crops import Crops
from cellwright.zoo.decoding import TASK_OF, BoxDecoding, Decoding, Task
from cellwright.zoo.foreign import description_file
from cellwright.zoo.part import Fraction, Part, Positive
from cellwright.zoo.scores import Metrics, Reliability

CARD_FILE = "card.json"

SPREAD = 6.0
"""Standard deviations on each side of the mean that the 256 steps of a picture are spread over, see `InputContract`."""


class InputContract(Part):
    """What the network was trained to look at.

    Parameters
    ----------
    channels : "rgb"
        Three channels, uint8 scaled to 0..1.
    tile_px : int
        Long side a small picture is fitted to, and side of a tile of a large one; in pixels, a multiple of `stride`.
    halo_px : int
        Rim that neighbouring tiles share on each side, in pixels; objects wider than this may be cut by a seam.
    stride : int
        Sides of what the network is given are multiples of this.
    um_per_px : float or None
        Pixel size of the training pictures in µm; None when nobody knows it.
    scale_tolerance : float
        Factor by which a picture's pixel size may differ from `um_per_px` before it is resampled.
    fit : bool
        Whether a picture of unknown pixel size that is up to two tiles long is resized to the tile; else it is looked
        at in its own pixels.
    centre : float
        Share of a picture's shorter side that a classifier of whole pictures is shown: a square about the middle. 1
        shows the picture whole.
    contrast : "display", "percentile" or "spread"
        Greys as a person sees them; stretched between two percentiles of the whole picture; or between `SPREAD`
        standard deviations below and above its mean, for networks that know pictures of mean 0 and deviation 1.
    percentiles : tuple of float
        Which two become black and brightest, of all channels of an RGB picture together.
    shrink : float
        Level-0 pixels per pixel of the network's input, where neither pixel sizes nor a measured object say it.
    object_px : float or None
        Median diameter of the objects that the network was trained on, in pixels of its input.
    light : tuple of "fluorescence", "stained" or "grey"
        What kinds of picture it was trained on: bright on dark, stained on bright, greys; empty where nobody says.
    orientation : "any" or "upright"
        Whether pictures lie any way round, as cells do, or have an up and a left, as films of chests do; the network
        knows nothing of turned or mirrored ones then.
    overview : bool
        Whether the model is shown the whole picture, small, before its parts: for what must be the same in all of
        them, such as one threshold.
    """

    channels: Literal["rgb"] = "rgb"
    tile_px: int = Field(ge=32, le=8192)
    halo_px: int = Field(ge=0)
    stride: int = Field(default=32, ge=1)
    um_per_px: Positive | None = None
    scale_tolerance: float = Field(default=1.2, ge=1.0)
    fit: bool = True
    centre: float = Field(default=1.0, gt=0.0, le=1.0)
    contrast: Literal["display", "percentile", "spread"] = "display"
    percentiles: tuple[float, float] = (1.0, 99.8)
    shrink: Positive = 1.0
    object_px: Positive | None = None
    light: tuple[Literal["fluorescence", "stained", "grey"], ...] = ()
    orientation: Literal["any", "upright"] = "any"
    overview: bool = False

    @model_validator(mode="after")
    def _tile_holds_halo(self) -> InputContract:
        if self.tile_px % self.stride:
            raise ValueError(f"tile_px={self.tile_px} is not a multiple of stride={self.stride}")
        if 2 * self.halo_px >= self.tile_px:
            raise ValueError(f"halo_px={self.halo_px} leaves nothing of tile_px={self.tile_px}")
        if not 0.0 <= self.percentiles[0] < self.percentiles[1] <= 100.0:
            raise ValueError(f"percentiles={self.percentiles} must be two shares between 0 and 100, the smaller first")
        return self

    @property
    def contrast_percentiles(self) -> tuple[float, float] | float | None:
        """What `imaging.contrast_limits` is asked for: percentiles, deviations, or None for what a person sees."""
        if self.contrast == "spread":
            return SPREAD
        return self.percentiles if self.contrast == "percentile" else None


class ObjectClass(Part):
    """One kind of object, in the order of the network's outputs.

    Parameters
    ----------
    name : str
        Short name, as in tables and files: ``"RBC"``.
    title : str
        As shown to a person: ``"Red blood cell"``.
    colour : str
        ``#RRGGBB``.
    badge : str
        One letter that tells the class apart without colour.
    """

    name: str = Field(min_length=1, max_length=40)
    title: str = Field(min_length=1)
    colour: str = Field(pattern=r"^#[0-9A-Fa-f]{6}$")
    badge: str = Field(min_length=1, max_length=1)


class Thresholds(Part):
    """Where boxes are cut off.

    Parameters
    ----------
    confidence : dict of str to float
        Calibrated score from which an object of a class counts, unless a person moves the slider.
    floor : float
        Calibrated score below which boxes are not kept at all.
    nms_iou : float
        Two boxes of a class that overlap by more than this are one object.
    nms : "greedy", "diou" or "merge"
        How the one is chosen.
    """

    confidence: dict[str, Fraction]
    floor: float = Field(default=0.05, gt=0.0, lt=1.0)
    nms_iou: float = Field(default=0.6, gt=0.0, lt=1.0)
    nms: Literal["greedy", "diou", "merge"] = "greedy"


class Calibration(Part):
    """How raw probabilities become calibrated ones: ``p' = σ(logit(p) / T)``, one T a class (1 where not named)."""

    temperature: dict[str, Positive] = Field(default={})
    data: str = ""


class WeightsFile(Part):
    """The file with the weights, and what it must be."""

    file: str = "weights.safetensors"
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    dtype: Literal["float16", "float32"] = "float16"

    @field_validator("file")
    @classmethod
    def _stays_inside(cls, value: str) -> str:
        return _inside_folder(value)


class Training(Part):
    """How the weights came about."""

    data: str
    pictures: int = Field(ge=0)
    recipe: str = ""
    epochs: int = Field(default=0, ge=0)
    seconds: float = Field(default=0.0, ge=0.0)
    device: str = ""
    seed: int | None = None
    start: str = "from scratch"
    details: dict[str, JsonValue] = Field(default={})


class Sample(Part):
    """A picture in the model folder and the objects that the model must find on it."""

    picture: str
    expected: str

    @field_validator("picture", "expected")
    @classmethod
    def _stays_inside(cls, value: str) -> str:
        return _inside_folder(value)


class ModelCard(Part):
    """Everything that must be known of a model to use it, judge it and cite it.

    Parameters
    ----------
    name : str
        Name of the folder and of the model on the command line: lower-case letters, digits, ``.``, ``_``, ``-``.
    architecture : dict
        What `cellwright.nets.build` makes the network from.
    task : "detection", "instances", "semantic" or "classification"
        What it finds: boxes, an outline for each object, a class for each pixel, or a class for a whole picture.
    decoding : BoxDecoding, StarDecoding, RegionDecoding, TouchingDecoding, ClassDecoding, LabelDecoding, or
        PictureDecoding
        How its answers become objects. A class 0 of the network that is the ground is not among `classes`.
    crops : Crops or None
        Which objects of a detector it tells apart, where it is a classifier that can.
    parent : str or None
        Name and hash of the model it was fine-tuned from.
    """

    format: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,79}$")
    title: str = Field(min_length=1)
    summary: str = ""
    task: Task = "detection"
    architecture: dict[str, JsonValue]
    input: InputContract
    classes: tuple[ObjectClass, ...] = Field(min_length=1)
    decoding: Decoding = BoxDecoding()
    crops: Crops | None = None
    thresholds: Thresholds
    calibration: Calibration = Calibration()
    weights: WeightsFile = WeightsFile()
    training: Training | None = None
    metrics: Metrics | None = None
    reliability: dict[str, Reliability] = Field(default={})
    licence: str = ""
    citations: tuple[str, ...] = ()
    parent: str | None = None
    sample: Sample | None = None

    @model_validator(mode="after")
    def _classes_agree(self) -> ModelCard:
        names = self.class_names
        if len(set(names)) != len(names):
            raise ValueError(f"two classes share a name: {', '.join(names)}")
        if set(self.thresholds.confidence) != set(names):
            raise ValueError(
                f"thresholds.confidence names {sorted(self.thresholds.confidence)}, the classes are {sorted(names)}"
            )
        per_class = {*self.calibration.temperature, *self.reliability}
        if self.metrics is not None:
            per_class |= set(self.metrics.per_class)
        if strange := per_class - set(names):
            raise ValueError(f"{sorted(strange)} are described but are no classes of this model")
        return self

    @model_validator(mode="after")
    def _decoding_is_of_the_task(self) -> ModelCard:
        made = TASK_OF[self.decoding.kind]
        if made != self.task:
            raise ValueError(f"decoding {self.decoding.kind!r} makes {made}, but the task is {self.task}")
        if self.decoding.kind == "touching" and len(self.classes) != 1:
            raise ValueError(f"decoding 'touching' tells objects of one class apart, not of {len(self.classes)}")
        if self.task != "classification" and (self.crops is not None or self.input.centre != 1.0):
            raise ValueError(f"crops and input.centre are for a classifier of whole pictures, not for {self.task}")
        if self.task == "classification" and len({*self.temperatures()}) > 1:
            raise ValueError("a classifier has one calibration.temperature for all its classes; give each the same")
        return self

    @property
    def class_names(self) -> tuple[str, ...]:
        """Short names in the order of the network's outputs."""
        return tuple(kind.name for kind in self.classes)

    @property
    def is_network(self) -> bool:
        """Whether it is a torch network, which can be taught and exported; others compute by themselves."""
        return self.weights.file.endswith(".safetensors")

    @property
    def model_hash(self) -> str:
        """sha256 of the weights file, in hexadecimal; names this model among all others."""
        return self.weights.sha256

    @property
    def source(self) -> str:
        """What `Objects.source` says of objects found by this model: ``"model:NAME@HASH12"``."""
        return f"model:{self.name}@{self.model_hash[:12]}"

    def confidence_thresholds(self) -> tuple[float, ...]:
        """Return the default threshold of each class, in class order."""
        return tuple(self.thresholds.confidence[name] for name in self.class_names)

    def temperatures(self) -> tuple[float, ...]:
        """Return the calibration temperature of each class, in class order."""
        return tuple(self.calibration.temperature.get(name, 1.0) for name in self.class_names)

    def to_json(self) -> str:
        """Return the text of the card file."""
        return self.model_dump_json(indent=2) + "\n"

    def changed(self, **parts: Any) -> ModelCard:
        """Return a card with some parts replaced, checked like one that is read.

        Raises
        ------
        pydantic.ValidationError
            If the parts do not fit together.
        """
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return ModelCard(**{**values, **parts})


def load_card(folder: Path) -> ModelCard:
    """Read the card of a model folder.

    Parameters
    ----------
    folder : Path
        The model folder, or the card file in it. A folder of bioimage.io needs no card: one is made of its description.

    Returns
    -------
    ModelCard
        With a hash of the weights; whether the weights have it is for `verify` and `load_network` to say.

    Raises
    ------
    ModelNotUsable
        If there is no card, or a word of it is wrong; the message names the word.
    """
    path = folder if folder.name == CARD_FILE else folder / CARD_FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if description_file(path.parent) is not None:
            from cellwright.zoo.bioimageio import card_of_package

            return card_of_package(path.parent)
        raise ModelNotUsable(f"{path.parent} is no model folder: it has no {CARD_FILE}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ModelNotUsable(f"The model card {path} cannot be read: {error}.") from error
    try:
        card = ModelCard.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise ModelNotUsable(f"The model card {path} is wrong: {_first_mistake(error)}") from error
    if not card.weights.sha256:
        raise ModelNotUsable(f"The model card {path} is wrong: weights.sha256 is empty; write it with write_model.")
    return card


def save_card(folder: Path, card: ModelCard) -> Path:
    """Write a card into its folder, replacing the one there in a single step.

    Raises
    ------
    OutputNotWritable
        If the folder cannot be written; a card that stood there is unchanged.
    """
    path = folder / CARD_FILE
    with replacing(path) as part:
        part.write_text(card.to_json(), encoding="utf-8")
    return path


def _first_mistake(error: ValidationError) -> str:
    mistakes = error.errors(include_url=False)
    first = mistakes[0]
    place = ".".join(str(step) for step in first["loc"]) or "card"
    more = f" ({len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
    return f"{place}: {first['msg']}{more}."


def _inside_folder(value: str) -> str:
    path = PurePosixPath(value)
    if not value or path.is_absolute() or ".." in path.parts or "\\" in value or ":" in value:
        raise ValueError(f"{value!r} does not name a file inside the model folder")
    return value

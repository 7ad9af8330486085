"""`AnalysisRecipe`: how pictures are analysed, as a TOML file that a person can read, keep and run again."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from cellwright.core import BadParameter, PixelSize, PixelSizeSource, UnknownName
from cellwright.measure import MeasureOptions
from cellwright.workflows.cascade import joined_card
from cellwright.workflows.formats import format_named
from cellwright.workflows.manifest import Manifest, first_problem
from cellwright.zoo import ModelCard, find_model, load_card


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _above_0(value: tuple[float, float] | None) -> tuple[float, float] | None:
    if value is not None and min(value) <= 0:
        raise ValueError("must be above 0")
    return value


class ModelPart(_Part):
    """Which model, by name (or folder) and by the SHA-256 of its weights; another is refused."""

    name: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class LookPart(_Part):
    """How the model is asked.

    Attributes
    ----------
    augment : bool
        Whether turned and mirrored copies are looked at too.
    scales : tuple of float
        Input sizes; 1 is the model's own.
    pixel_size_um : (float, float) or None
        Height and width of a pixel in µm, where it does not come from the file.
    object_px : float or None
        Diameter of a typical object in pixels.
    channels : tuple of int or None
        Channels to look at, from 1.
    floor, nms_iou : float or None
        Least score that is kept, and overlap from which two are one; None for the model's.
    every_class : bool
        Whether one place may answer with several classes.
    """

    augment: bool = False
    scales: tuple[float, ...] = (1.0,)
    pixel_size_um: tuple[float, float] | None = None
    object_px: float | None = Field(default=None, gt=0)
    channels: tuple[int, ...] | None = None
    floor: float | None = Field(default=None, ge=0, le=1)
    nms_iou: float | None = Field(default=None, ge=0, lt=1)
    every_class: bool = False

    @field_validator("pixel_size_um")
    @classmethod
    def _positive(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        return _above_0(value)

    @field_validator("channels")
    @classmethod
    def _from_one(cls, value: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if value is not None and (not value or min(value) < 1):
            raise ValueError("must be numbers from 1 on")
        return value


class KeepPart(_Part):
    """A filter that objects must meet, in the language of `cellwright.annotation.Filter`."""

    objects: str = Field(min_length=1)


class MeasurePart(_Part):
    """How measurements are taken; see `cellwright.measure.MeasureOptions`."""

    ring: float = Field(default=5.0, gt=0)
    radius: float = Field(default=50.0, gt=0)
    levels: int = Field(default=32, ge=2, le=256)
    blank: float | None = Field(default=None, gt=0)

    @staticmethod
    def of(options: MeasureOptions) -> MeasurePart:
        """Return options as they are written down."""
        return MeasurePart(ring=options.ring, radius=options.radius, levels=options.levels, blank=options.blank)

    def value(self) -> MeasureOptions:
        """Return them as the program knows them."""
        return MeasureOptions(self.ring, self.radius, self.levels, self.blank)


class WritePart(_Part):
    """What is written: names of formats, measurements that join the table, and whether pictures are copied.

    ``pixel_size_um`` is what a person said of pixels after the pictures were looked at: numbers in µm follow it,
    what is found does not.
    """

    formats: tuple[str, ...] = Field(min_length=1)
    measured: tuple[str, ...] = ()
    with_pictures: bool = False
    pixel_size_um: tuple[float, float] | None = None

    @field_validator("pixel_size_um")
    @classmethod
    def _positive(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        return _above_0(value)

    @field_validator("formats")
    @classmethod
    def _is_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            try:
                format_named(name)
            except UnknownName as error:
                raise ValueError(str(error)) from error
        return value


class AnalysisRecipe(_Part):
    """How pictures are analysed.

    Attributes
    ----------
    recipe : int
        Version of this form.
    model, look, write
        See there.
    classify : ModelPart or None
        The classifier that tells apart what the model finds, where there is one.
    confidence : dict
        Least score that counts, for every class of the model.
    keep : KeepPart or None
        What objects must meet besides.
    measure : MeasurePart
        How measurements are taken.
    """

    recipe: Literal[1] = 1
    model: ModelPart
    classify: ModelPart | None = None
    look: LookPart = LookPart()
    confidence: dict[str, float]
    keep: KeepPart | None = None
    measure: MeasurePart = MeasurePart()
    write: WritePart

    @model_validator(mode="after")
    def _scores(self) -> AnalysisRecipe:
        for name, score in self.confidence.items():
            if not 0 <= score <= 1:
                raise ValueError(f"confidence of {name} must lie between 0 and 1")
        return self

    @property
    def pixel_size(self) -> PixelSize | None:
        """Size of a pixel as a person said it."""
        said = self.look.pixel_size_um
        return None if said is None else PixelSize(said[0], said[1], PixelSizeSource.USER)

    def checked_model(self, said: str | Path | None = None) -> tuple[Path, ModelCard]:
        """Return the model's folder and card; with a classifier, the card of the two together.

        Raises
        ------
        UnknownName, ModelNotUsable
            If it is nowhere.
        BadParameter
            If it has other weights or classes than the recipe's.
        """
        folder = find_model(said or self.model.name)
        card = load_card(folder)
        if card.model_hash != self.model.sha256:
            raise BadParameter(
                f"The model {card.name} in {folder} has other weights (sha256 {card.model_hash[:12]}…) than the recipe "
                f"asks for ({self.model.sha256[:12]}…); name the right one with --model, or make a new recipe."
            )
        classifier = self.checked_classifier()
        if classifier is not None:
            card = joined_card(card, load_card(classifier))
        strange = sorted(set(self.confidence) ^ set(card.class_names))
        if strange:
            raise BadParameter(
                f"The recipe gives a confidence for {', '.join(self.confidence)}, and {card.name} knows "
                f"{', '.join(card.class_names)}; both must be the same."
            )
        return folder, card

    def checked_classifier(self) -> Path | None:
        """Return the folder of the classifier; None where the recipe has none. Raises as `checked_model` does."""
        if self.classify is None:
            return None
        folder = find_model(self.classify.name)
        card = load_card(folder)
        if card.model_hash != self.classify.sha256:
            raise BadParameter(
                f"The classifier {card.name} in {folder} has other weights (sha256 {card.model_hash[:12]}…) than the "
                f"recipe asks for ({self.classify.sha256[:12]}…); make a new recipe."
            )
        return folder

    def thresholds(self, card: ModelCard) -> tuple[float, ...]:
        """Return the least score of each class in the order of the card."""
        return tuple(self.confidence[name] for name in card.class_names)

    @property
    def said_size(self) -> PixelSize | None:
        """Size of a pixel that numbers are in, where it was said after the pictures were looked at."""
        said = self.write.pixel_size_um
        return None if said is None else PixelSize(said[0], said[1], PixelSizeSource.USER)

    def to_toml(self, told: Sequence[str] = ()) -> str:
        """Return the recipe as a file for people; what has its usual value is left out.

        Parameters
        ----------
        told : sequence of str
            Lines that stand above it as remarks, such as what a person did.
        """
        lines = ["# How pictures are analysed; 'cellwright run THIS PICTURES --out DIR' does it again."]
        lines += [*(f"# {_one_line(each)}" for each in told), "recipe = 1"]
        for title in ("model", "classify", "look", "confidence", "keep", "measure", "write"):
            part = getattr(self, title)
            if part is None:
                continue
            said = part if isinstance(part, dict) else part.model_dump(mode="json", exclude_defaults=True)
            if said:
                lines += ["", f"[{title}]", *(f"{_key(name)} = {_value(value)}" for name, value in said.items())]
        return "\n".join(lines) + "\n"


def read_recipe(path: Path) -> AnalysisRecipe:
    """Read a recipe.

    Raises
    ------
    BadParameter
        If it is missing, no TOML, or holds a key or value that makes no sense; in one sentence.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadParameter(f"{path} cannot be read ({error.strerror}); name a recipe.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadParameter(f"{path} is no TOML: {error}.") from error
    try:
        return AnalysisRecipe.model_validate(content)
    except ValidationError as error:
        raise BadParameter(f"{path} makes no sense as a recipe: {first_problem(error)}.") from error


def recipe_of(manifest: Manifest) -> AnalysisRecipe:
    """Return what all pictures of a manifest have in common as a recipe for others.

    A pixel size that the files said is not part of it: new pictures say their own.

    Raises
    ------
    BadParameter
        If the pictures were analysed with different models or in different ways, or nobody knows how.
    """
    known = [picture.asked for picture in manifest.pictures]
    if any(asked is None for asked in known):
        raise BadParameter("The objects come from a project; a recipe can be made of analyses of pictures alone.")
    ways = {
        (picture.model, picture.channels, picture.asked.model_copy(update={"device": ""}).model_dump_json())
        for picture in manifest.pictures
        if picture.asked is not None
    }
    if len(ways) != 1:
        raise BadParameter(
            "The pictures were analysed in different ways; export those of one way alone, then ask again."
        )
    first = manifest.pictures[0]
    asked = first.asked
    assert asked is not None
    models = {entry.sha256: ModelPart(name=entry.name, sha256=entry.sha256) for entry in manifest.models}
    size = asked.pixel_size
    return AnalysisRecipe(
        model=models[first.model],
        classify=models[asked.classify] if asked.classify else None,
        look=LookPart(
            augment=asked.augment,
            scales=asked.scales,
            pixel_size_um=None if size is None else (size.y_um, size.x_um),
            object_px=asked.object_px,
            channels=None if first.channels is None else tuple(channel + 1 for channel in first.channels),
            floor=asked.floor,
            nms_iou=asked.nms_iou,
            every_class=asked.every_class,
        ),
        confidence=dict(zip(manifest.classes, manifest.confidence, strict=True)),
        write=WritePart(
            formats=manifest.formats or ("csv",),
            measured=manifest.measured,
            with_pictures=manifest.with_pictures,
            pixel_size_um=_said_afterwards(manifest),
        ),
        keep=KeepPart(objects=manifest.keep) if manifest.keep else None,
        measure=MeasurePart() if manifest.measure_options is None else MeasurePart.of(manifest.measure_options.value()),
    )


def _said_afterwards(manifest: Manifest) -> tuple[float, float] | None:
    """Return the pixel size that a person said of all pictures once they had been looked at."""
    sizes = [
        picture.pixel_size
        for picture in manifest.pictures
        if picture.asked is not None and picture.asked.pixel_size is None
    ]
    said = {
        (size.y_um, size.x_um) if size is not None and size.source is PixelSizeSource.USER else None for size in sizes
    }
    return said.pop() if len(said) == 1 else None


def _one_line(text: str) -> str:
    """Return text that cannot leave its line, in a file where control characters are none."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "").replace("-", "").isalnum() else _value(name)


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for one control character that JSON leaves as it is.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)

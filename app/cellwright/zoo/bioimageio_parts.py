"""The parts of a bioimage.io description (0.5) that decide how a model is run; all else in it is left alone."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from cellwright.core import ModelNotUsable
from cellwright.zoo.steps import AXIS_LETTERS

LARGEST_PX = 8192
"""No axis of a tensor is longer; a size beyond it is a mistake or an attack."""

_UM = {"micrometer": 1.0, "nanometer": 1e-3, "millimeter": 1e3}


class Described(BaseModel):
    """A part of a description: words that matter are checked, others ignored, since descriptions hold much prose."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class FreeSize(Described):
    """Sizes ``min + n · step``."""

    min: int = Field(ge=1, le=LARGEST_PX)
    step: int = Field(ge=1, le=LARGEST_PX)


class OtherSize(Described):
    """As long as another axis, times the ratio of their scales, plus an offset."""

    tensor_id: str
    axis_id: str
    offset: int = 0


class OpenSize(Described):
    """As long as the answer needs."""

    min: int = 1
    max: int | None = None


Size = Annotated[int, Field(ge=1, le=LARGEST_PX)] | FreeSize | OtherSize | OpenSize | None


class Axis(Described):
    """One axis of a tensor."""

    type: Literal["batch", "channel", "index", "space", "time"]
    id: str = ""
    size: Size = None
    channel_names: tuple[str, ...] | str = ()
    scale: float = Field(default=1.0, gt=0)
    unit: str | None = None
    halo: int = Field(default=0, ge=0, le=LARGEST_PX)

    @property
    def letter(self) -> str:
        """The axis's letter, see `steps`."""
        name = self.id or {"batch": "batch", "channel": "channel", "index": "index"}.get(self.type, "")
        name = self.type if self.type in {"batch", "channel", "index"} else name
        letter = AXIS_LETTERS.get(name, "")
        if not letter:
            raise ModelNotUsable(
                f"A tensor has the axis {name or self.type!r}; only flat pictures are understood here."
            )
        return letter

    @property
    def length(self) -> int | None:
        """How long it is, where one number says so."""
        if self.type == "channel" and not isinstance(self.channel_names, str) and self.channel_names:
            return len(self.channel_names)
        return self.size if isinstance(self.size, int) else None


class DataOf(Described):
    """What the numbers of a tensor are."""

    type: str = "float32"


class TestFile(Described):
    """A file that lies in the package."""

    source: str
    sha256: str | None = None


class Tensor(Described):
    """What goes in or comes out."""

    id: str
    description: str = ""
    axes: tuple[Axis, ...] = Field(min_length=2, max_length=6)
    data: DataOf | tuple[DataOf, ...] = DataOf()
    preprocessing: tuple[JsonValue, ...] = ()
    postprocessing: tuple[JsonValue, ...] = ()
    test_tensor: TestFile | None = None

    @property
    def letters(self) -> str:
        """One letter an axis, in their order."""
        letters = "".join(axis.letter for axis in self.axes)
        if len(set(letters)) != len(letters):
            raise ModelNotUsable(f"The tensor {self.id} has two axes of one kind ({letters}), which is not understood.")
        return letters

    @property
    def dtype(self) -> str:
        """Type of the numbers."""
        first = self.data[0] if isinstance(self.data, tuple) else self.data
        return first.type

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Names of the channels; one without a name where there is no such axis."""
        axis = self._axis("channel")
        if axis is None:
            return ("",)
        names = axis.channel_names
        return (names,) if isinstance(names, str) else names

    @property
    def channel_count(self) -> int:
        """How many channels there are."""
        return len(self.channel_names)

    @property
    def fixed_px(self) -> int | None:
        """The side of the square that the model takes and nothing else; None where it takes many sizes."""
        sizes = self._sizes
        if not any(isinstance(size, int) for size in sizes):
            return None
        if len({str(size) for size in sizes}) != 1:
            raise ModelNotUsable(
                f"The model takes pictures of {sizes[0]}×{sizes[1]} alone; tiles are square here: "
                "record it again for square pictures, or for any size."
            )
        size = sizes[0]
        return size if isinstance(size, int) else None

    @property
    def step_px(self) -> int:
        """Sides are multiples of this."""
        return max((size.step for size in self._sizes if isinstance(size, FreeSize)), default=1)

    @property
    def least_px(self) -> int:
        """Shortest side; 0 where nothing is said of it."""
        return max((size.min for size in self._sizes if isinstance(size, FreeSize)), default=0)

    @property
    def halo_px(self) -> int:
        """What is wrong at the rim of an answer, in pixels of the input."""
        return max((round(axis.halo * axis.scale) for axis in self.axes if axis.type == "space"), default=0)

    @property
    def um_per_px(self) -> float | None:
        """Pixel size that the model was trained at; None where nobody says, or it differs down and across."""
        said = {axis.scale * _UM[axis.unit] for axis in self.axes if axis.type == "space" and axis.unit in _UM}
        return said.pop() if len(said) == 1 else None

    def scale_of(self, letter: str) -> float:
        """Return the scale of an axis."""
        return next((axis.scale for axis in self.axes if axis.letter == letter), 1.0)

    def offset_of(self, letter: str) -> int:
        """Return by how much an axis is longer or shorter than the one that it follows."""
        sizes = [axis.size for axis in self.axes if axis.letter == letter]
        return sum(size.offset for size in sizes if isinstance(size, OtherSize))

    def _axis(self, kind: str) -> Axis | None:
        return next((axis for axis in self.axes if axis.type == kind), None)

    @property
    def _sizes(self) -> list[Size]:
        return [axis.size for axis in self.axes if axis.type == "space"]


class WeightsEntry(Described):
    """One file of weights."""

    source: str
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-fA-F]{64}$")
    opset_version: int | None = None
    external_data: WeightsEntry | None = None


class Weights(Described):
    """The files of weights."""

    model_config = ConfigDict(extra="allow", frozen=True)
    onnx: WeightsEntry | None = None
    torchscript: WeightsEntry | None = None

    @property
    def other(self) -> tuple[str, ...]:
        """Formats that are offered besides."""
        return tuple(sorted(self.model_extra or {}))


class Cite(Described):
    """A work to cite."""

    text: str = ""
    doi: str | None = None


class Description(Described):
    """A description of a model."""

    name: str = Field(min_length=1, max_length=200)
    description: str = ""
    id: str = ""
    license: str = ""
    cite: tuple[Cite, ...] = ()
    tags: tuple[str, ...] = ()
    inputs: tuple[Tensor, ...] = Field(min_length=1)
    outputs: tuple[Tensor, ...] = Field(min_length=1)
    weights: Weights
    config: dict[str, Any] = Field(default={})

    @field_validator("description", "id", "license", mode="before")
    @classmethod
    def _nothing_is_empty(cls, value: object) -> object:
        return "" if value is None else value

    @model_validator(mode="before")
    @classmethod
    def _lists_may_be_missing(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: part for key, part in value.items() if part is not None}

    @property
    def licence(self) -> str:
        """Name of the licence."""
        return self.license

    @property
    def citations(self) -> tuple[str, ...]:
        """What to cite, a line each."""
        return tuple(" ".join(filter(None, (one.text, one.doi))) for one in self.cite)

    @property
    def only_input(self) -> Tensor:
        """The picture that the model takes.

        Raises
        ------
        ModelNotUsable
            If it takes more than that.
        """
        if len(self.inputs) != 1:
            raise ModelNotUsable(f"The model takes {len(self.inputs)} inputs; only one picture can be given here.")
        return self.inputs[0]

    @property
    def ours(self) -> dict[str, Any]:
        """What ``config: cellwright`` says."""
        said = self.config.get("cellwright")
        return said if isinstance(said, dict) else {}

    @property
    def own_card(self) -> dict[str, Any] | None:
        """The card that a package of ours brings."""
        card = self.ours.get("card")
        return card if isinstance(card, dict) else None

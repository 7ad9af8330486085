"""Where things are: boxes and regions in level-0 pixels, y before x, half-open; lengths in micrometres."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cellwright.core.errors import BadParameter


class PixelSizeSource(str, Enum):
    """Where a pixel size was learned."""

    TAG = "tag"
    """Written in the file by the instrument or the program that made it."""
    USER = "user"
    """Entered by a person."""


@dataclass(frozen=True, slots=True)
class PixelSize:
    """Side lengths of one pixel.

    A picture whose pixel size nobody knows has ``None`` in place of a `PixelSize`; no number is ever made up.

    Parameters
    ----------
    y_um, x_um : float
        Height and width of one pixel in µm, both finite and > 0.
    source : PixelSizeSource
        Where the two numbers come from.

    Raises
    ------
    BadParameter
        If a side is not a positive finite number.
    """

    y_um: float
    x_um: float
    source: PixelSizeSource

    def __post_init__(self) -> None:
        for side in (self.y_um, self.x_um):
            if not 0.0 < side < float("inf"):
                raise BadParameter(f"A pixel cannot be {side} µm wide; give a size above 0, such as 0.25.")

    @property
    def area_um2(self) -> float:
        """Area of one pixel in µm²."""
        return self.y_um * self.x_um

    def __str__(self) -> str:
        if abs(self.y_um - self.x_um) < 1e-9 * self.y_um:
            return f"{self.x_um:.4g} µm/px ({self.source.value})"
        return f"{self.y_um:.4g} × {self.x_um:.4g} µm/px ({self.source.value})"


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """Half-open integer rectangle in level-0 pixels: rows ``y0 … y1-1``, columns ``x0 … x1-1``.

    Raises
    ------
    BadParameter
        If it ends before it begins.
    """

    y0: int
    x0: int
    y1: int
    x1: int

    def __post_init__(self) -> None:
        if self.y1 < self.y0 or self.x1 < self.x0:
            raise BadParameter(f"A box must end after it begins: y {self.y0}…{self.y1}, x {self.x0}…{self.x1}.")

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.y1 - self.y0

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.x1 - self.x0

    @property
    def area(self) -> int:
        """Number of pixels."""
        return self.height * self.width

    @property
    def is_empty(self) -> bool:
        """Whether no pixel lies inside."""
        return self.area == 0

    def intersect(self, other: Box) -> Box:
        """Return the common part; an empty box at the nearer corner where there is none."""
        y0, x0 = max(self.y0, other.y0), max(self.x0, other.x0)
        return Box(y0, x0, max(y0, min(self.y1, other.y1)), max(x0, min(self.x1, other.x1)))

    def grow(self, margin: int) -> Box:
        """Return the box with `margin` pixels more on every side (less where negative)."""
        return Box(self.y0 - margin, self.x0 - margin, self.y1 + margin, self.x1 + margin)

    def shift(self, dy: int, dx: int) -> Box:
        """Return the box moved by `dy` rows and `dx` columns."""
        return Box(self.y0 + dy, self.x0 + dx, self.y1 + dy, self.x1 + dx)

    def contains_point(self, y: float, x: float) -> bool:
        """Whether the point lies inside (the far edges do not belong to the box)."""
        return self.y0 <= y < self.y1 and self.x0 <= x < self.x1


@dataclass(frozen=True, slots=True)
class Region:
    """Which pixels to read, and how finely.

    Parameters
    ----------
    box : Box
        In level-0 pixels. Parts outside the picture are read as the slide's background.
    downsample : float
        Level-0 pixels per pixel read; 1 reads what is stored, 4 a quarter of the side, 0.5 enlarges twofold.
    z, t : int
        Plane and time point.
    channels : tuple of int or None
        Which channels, in this order; None for all.
    """

    box: Box
    downsample: float = 1.0
    z: int = 0
    t: int = 0
    channels: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.downsample < float("inf"):
            raise BadParameter(f"downsample={self.downsample} must be above 0.")

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of what is read, each at least 1 for a box that is not empty."""
        return (_scaled(self.box.height, self.downsample), _scaled(self.box.width, self.downsample))


def _scaled(length: int, downsample: float) -> int:
    return max(1, round(length / downsample)) if length else 0

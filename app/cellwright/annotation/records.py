"""What a project knows besides its objects: pictures, classes, models and runs; reviews have a file of their own."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TypeAlias

from cellwright.annotation.reviews import AuditItemRecord, AuditRecord, RegionReviewedRecord, ReviewRecord
from cellwright.annotation.signing import LaboratoryFactorRecord, SignOffRecord
from cellwright.core import BadParameter

_PART = re.compile(r"(?P<file>.+)#(?=.)(?:series=(?P<series>\d+))?(?:(?(series),)z=(?P<z>\d+),t=(?P<t>\d+))?")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class PictureRecord:
    """A picture, by reference.

    Parameters
    ----------
    id : int
        Its number in the project; never given twice.
    path : str
        With ``/`` between the parts; relative to the project's folder where it lies inside or near, else absolute. One
        plane of a stack, which is a picture of its own, ends with ``#z=2,t=0``, one of several pictures of a file with
        ``#series=1`` or ``#series=1,z=2,t=0``, all counted from 0; see `part_path`.
    sha256 : str
        Of the file's bytes, 64 hexadecimal digits: the picture is found again by it.
    size_bytes : int
        Of the file.
    """

    id: int
    path: str
    sha256: str
    size_bytes: int

    def __post_init__(self) -> None:
        if not self.path or "\0" in self.path:
            raise BadParameter("A picture needs a path.")
        if not _SHA256.fullmatch(self.sha256) or self.size_bytes < 0:
            raise BadParameter(f"{self.path}: a picture needs the SHA-256 of its file in 64 digits, and its size.")

    @property
    def file(self) -> str:
        """The path of the file alone."""
        return split_part(self.path)[0]

    @property
    def plane(self) -> tuple[int, int] | None:
        """Plane and time point where it is one of a stack, counted from 0; None for a whole file."""
        return split_part(self.path)[2]

    @property
    def series(self) -> int:
        """Which picture of a file that holds several, from 0."""
        return split_part(self.path)[1]


def split_part(path: str) -> tuple[str, int, tuple[int, int] | None]:
    """Return the file that a project's path means, which of its pictures, and its plane and time point.

    Returns
    -------
    file : str
    series : int
        From 0.
    plane : (int, int) or None
        None for all of the picture.
    """
    found = _PART.fullmatch(path)
    if found is None:
        return path, 0, None
    plane = None if found["z"] is None else (int(found["z"]), int(found["t"]))
    return found["file"], int(found["series"] or 0), plane


def part_path(path: str, plane: tuple[int, int] | None, series: int = 0) -> str:
    """Return how a project writes down a picture and a plane of a file; the path alone for all of a file's first."""
    words = [f"series={series}"] if series else []
    words += [] if plane is None else [f"z={plane[0]},t={plane[1]}"]
    return f"{path}#{','.join(words)}" if words else path


@dataclass(frozen=True, slots=True)
class ClassRecord:
    """A class of objects: its name in files, its title on the screen, its colour ``#RRGGBB`` and its key, if any."""

    id: int
    name: str
    title: str
    colour: str
    key: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.title.strip():
            raise BadParameter("A class needs a name and a title.")
        if not _COLOUR.fullmatch(self.colour):
            raise BadParameter(f"The colour of the class {self.name!r} is {self.colour!r}; write it as #RRGGBB.")
        if len(self.key) > 1:
            raise BadParameter(f"The key of the class {self.name!r} is {self.key!r}; give one letter or digit.")


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """A model that was used: its name, the SHA-256 of its weights, and its card as JSON text."""

    id: int
    name: str
    sha256: str
    card: str = "{}"


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One analysis: which model saw which picture, with what parameters (JSON text) and how much it covered (0 … 1)."""

    id: int
    picture: int
    model: int
    parameters: str = "{}"
    coverage: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.coverage) and 0 <= self.coverage <= 1):
            raise BadParameter(f"A run covers a share from 0 to 1 of its picture, not {self.coverage}.")


@dataclass(frozen=True, slots=True)
class RegionOfInterestRecord:
    """A polygon that a person drew around what is to be counted, or left out.

    Parameters
    ----------
    id, picture : int
        Its number, and the picture's.
    kind : str
        ``"include"`` or ``"exclude"``.
    corners : str
        JSON text: a list of [y, x] in level-0 pixels.
    name : str
        As the person called it; may be empty.
    """

    id: int
    picture: int
    kind: str
    corners: str
    name: str = ""

    def __post_init__(self) -> None:
        if self.kind not in ("include", "exclude"):
            raise BadParameter(f"A region is there to include or to exclude, not to {self.kind!r}.")


@dataclass(frozen=True, slots=True)
class PixelSizeRecord:
    """What a person said about the size of a picture's pixels, because the file is silent or wrong.

    Parameters
    ----------
    id : int
        Its number.
    time, author : str
        When (ISO 8601 in UTC) it was said, and by whom.
    picture : int
        Number of the picture.
    y_um, x_um : float
        Height and width of a level-0 pixel in µm, above 0.

    Raises
    ------
    BadParameter
        If a pixel cannot have that size.
    """

    id: int
    time: str
    author: str
    picture: int
    y_um: float
    x_um: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(side) and side > 0 for side in (self.y_um, self.x_um)):
            raise BadParameter(f"The sides of a pixel are above 0 µm, not {self.y_um:g} × {self.x_um:g}.")


Record: TypeAlias = (
    PictureRecord
    | ClassRecord
    | ModelRecord
    | RunRecord
    | ReviewRecord
    | AuditRecord
    | AuditItemRecord
    | RegionReviewedRecord
    | RegionOfInterestRecord
    | SignOffRecord
    | LaboratoryFactorRecord
    | PixelSizeRecord
)

"""`Picture`: one open picture, how far it has come, and what was found on each of its planes. Knows no Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.annotation import part_path
from cellwright.core import Objects, PixelSize
from cellwright.ui.state.class_style import ClassStyle
from cellwright.ui.state.marks import Marks

if TYPE_CHECKING:
    from cellwright.imaging import SlideRef
    from cellwright.ui.state.look import Look, PictureFacts
    from cellwright.ui.state.ruler import Ruler
    from cellwright.workflows import Analysis

_keys = count(1)


class PictureState(str, Enum):
    """How far a picture has come."""

    OPEN = "open"
    """In the list, not analyzed."""
    QUEUED = "queued"
    """Waits for its analysis."""
    ANALYZING = "analyzing"
    """Its analysis runs."""
    DONE = "done"
    """Analyzed; `Picture.analysis` says how completely."""
    CANCELLED = "cancelled"
    """Its analysis was stopped; what was found until then stays."""
    FAILED = "failed"
    """It could not be read or analyzed; `Picture.problem` says why."""

    @property
    def is_busy(self) -> bool:
        """Whether work on the picture is under way."""
        return self in (PictureState.QUEUED, PictureState.ANALYZING)


@dataclass(frozen=True, slots=True, eq=False)
class PlaneResult:
    """What was found on one plane of a stack, kept while another one is shown."""

    objects: Objects
    styles: tuple[ClassStyle, ...]
    analysis: Analysis
    marks: Marks | None = None


@dataclass(slots=True, eq=False)
class Picture:
    """One open picture and what is known of it.

    Parameters
    ----------
    path : Path
        Where its file lies.
    series : int
        Which picture of a file that holds several.
    title : str
        What that picture is called; empty for the first.
    shape : (int, int) or None
        Rows and columns; None until it has been opened.
    tag_pixel_size : PixelSize or None
        What the file says.
    user_pixel_size : PixelSize or None
        What a person said; wins over the file.
    pixel_size_note : str
        Which tag of the file, or why there is none.
    objects : Objects or None
        Everything found down to the floor of the model's card; None before anything was found.
    styles : tuple of ClassStyle
        Name, colour and letter of each class of `objects`.
    marks : Marks or None
        What people think of `objects`; None while no project keeps them.
    generation : int
        Counts up with every new analysis; an answer with an older number is dropped.
    fraction : float or None
        How much of a running analysis is done, in [0, 1]; None when nobody knows.
    facts : PictureFacts or None
        Its planes, channels and range of values; None until it has been opened.
    look : Look or None
        How a person wants to see it, and which plane.
    analysed_channel : int or None
        The one channel that a model is shown; None for all, in their colours.
    overlap : float or None
        The overlap that `objects` were chosen with; None for the card's.
    ruler : Ruler or None
        What a person measured last.
    object_px : float or None
        Diameter of a typical cell in level-0 pixels, as a person measured it for the model.
    is_being_read : bool
        Whether its many objects are on their way from a project.
    results : dict
        By plane and time point: what was found on those that are not shown.
    is_openable : bool
        Whether a failure was one of counting it among many, which says nothing about showing it.
    fitting_pixel_size : PixelSize or None
        What would fit its red cells, where nobody said how large pixels are; a question to a person, nothing more.
    """

    path: Path
    series: int = 0
    title: str = ""
    key: int = field(default_factory=lambda: next(_keys))
    state: PictureState = PictureState.OPEN
    shape: tuple[int, int] | None = None
    tag_pixel_size: PixelSize | None = None
    user_pixel_size: PixelSize | None = None
    pixel_size_note: str = ""
    objects: Objects | None = None
    styles: tuple[ClassStyle, ...] = ()
    marks: Marks | None = None
    analysis: Analysis | None = None
    generation: int = 0
    fraction: float | None = None
    problem: str = ""
    facts: PictureFacts | None = None
    look: Look | None = None
    analysed_channel: int | None = None
    overlap: float | None = None
    ruler: Ruler | None = None
    object_px: float | None = None
    is_being_read: bool = False
    results: dict[tuple[int, int], PlaneResult] = field(default_factory=dict)
    is_openable: bool = False
    fitting_pixel_size: PixelSize | None = None

    @property
    def plane(self) -> tuple[int, int]:
        """Plane and time point that is shown."""
        return self.look.plane if self.look is not None else (0, 0)

    @property
    def planes(self) -> tuple[tuple[int, int], ...]:
        """Every plane and time point."""
        depth, times = (1, 1) if self.facts is None else (self.facts.n_z, self.facts.n_t)
        return tuple((z, t) for t in range(times) for z in range(depth))

    def source(self, plane: tuple[int, int]) -> Path | SlideRef:
        """Return what a model is to look at: the file, or one plane or channel of it."""
        channels = None if self.analysed_channel is None else (self.analysed_channel,)
        if channels is None and (self.facts is None or not self.facts.is_stack):
            return self.file
        from cellwright.imaging import SlideRef

        return SlideRef(self.path, self.series, z=plane[0], t=plane[1], channels=channels)

    @property
    def analyzed_planes(self) -> int:
        """How many planes have a result."""
        return len({*self.results, *([self.plane] if self.analysis is not None else [])})

    @property
    def analyses(self) -> tuple[Analysis, ...]:
        """Every finished analysis, plane by plane."""
        found = {plane: result.analysis for plane, result in self.results.items()}
        if self.analysis is not None:
            found[self.plane] = self.analysis
        return tuple(found[plane] for plane in sorted(found))

    @property
    def file(self) -> Path | SlideRef:
        """How to open all of it: the file, or which of its pictures."""
        if self.series == 0:
            return self.path
        from cellwright.imaging import SlideRef

        return SlideRef(self.path, self.series)

    @property
    def written(self) -> Path:
        """The path as a project writes it down, which tells which picture of the file it is."""
        return Path(part_path(str(self.path), None, self.series))

    @property
    def name(self) -> str:
        """File name, and which picture of the file where that is not the first."""
        return f"{self.path.name} · {self.title or self.series + 1}" if self.series else self.path.name

    @property
    def is_unreadable(self) -> bool:
        """Whether its file could not be opened."""
        return self.state is PictureState.FAILED and self.shape is None and not self.is_openable

    @property
    def pixel_size(self) -> PixelSize | None:
        """The pixel size to reckon with, if anyone knows it."""
        return self.user_pixel_size or self.tag_pixel_size

"""How each tool turns the mouse into a gesture: small machines that know neither Qt nor the picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cellwright.ui.canvas.gestures import (
    BoxDrawn,
    BoxToMask,
    Clicked,
    Corners,
    Filled,
    Gesture,
    Lassoed,
    LineDrawn,
    PointPlaced,
    PolygonDrawn,
    SeedsPlaced,
    Stroke,
    Tool,
)

Place = tuple[float, float]
"""y, x in level-0 pixels."""

A_CLICK_PX = 4.0
"""A press and a release so near to each other on the screen are a click."""

_A_STEP_PX = 2.0
"""A free line has a corner so often, on the screen; a brush one at every movement."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """The mouse over the picture.

    Parameters
    ----------
    y, x : float
        In level-0 pixels.
    zoom : float
        Screen pixels per level-0 pixel.
    is_adding : bool
        Whether Shift is held.
    """

    y: float
    x: float
    zoom: float = 1.0
    is_adding: bool = False

    @property
    def place(self) -> Place:
        """y, x."""
        return self.y, self.x

    def is_near(self, place: Place, within_px: float = A_CLICK_PX) -> bool:
        """Whether a place is no further away than so much on the screen."""
        return float(np.hypot(self.y - place[0], self.x - place[1])) * self.zoom <= within_px


@dataclass(frozen=True, slots=True)
class Marks:
    """What is seen of a drawing under way, in level-0 pixels.

    Parameters
    ----------
    line : tuple of (float, float)
        Corners y, x of a line.
    is_closed : bool
        Whether the line is an outline.
    dots : tuple of (float, float)
        Single places.
    box : (float, float, float, float) or None
        y0, x0, y1, x1.
    """

    line: tuple[Place, ...] = ()
    is_closed: bool = False
    dots: tuple[Place, ...] = ()
    box: Corners | None = None


class Drawing:
    """One tool's drawing. Each event may end it with a gesture; after that it is as new."""

    def press(self, at: Pointer) -> Gesture | None:  # noqa: ARG002 - the machines below use it
        """Take the button going down."""
        return None

    def drag(self, at: Pointer) -> None:
        """Take a movement with the button down."""

    def hover(self, at: Pointer) -> None:
        """Take a movement with the button up."""

    def release(self, at: Pointer) -> Gesture | None:  # noqa: ARG002
        """Take the button coming up."""
        return None

    def double(self, at: Pointer) -> Gesture | None:  # noqa: ARG002
        """Take the second press of a double click, which comes in place of `press`."""
        return None

    def finish(self) -> Gesture | None:
        """Take Enter."""
        return None

    def step_back(self) -> None:
        """Take Backspace: the last corner goes."""

    def forget(self) -> None:
        """Begin anew."""

    def marks(self) -> Marks:
        """Return what is seen."""
        return Marks()


@dataclass(slots=True)
class Clicking(Drawing):
    """A click is the gesture; a drag is none.

    Parameters
    ----------
    make : callable
        From y, x to the gesture.
    """

    make: Callable[[float, float], Gesture]
    _start: Place | None = None

    def press(self, at: Pointer) -> Gesture | None:
        """Remember where."""
        self._start = at.place
        return None

    def release(self, at: Pointer) -> Gesture | None:
        """Return the gesture if the mouse stayed."""
        start, self._start = self._start, None
        return self.make(at.y, at.x) if start is not None and at.is_near(start) else None

    def forget(self) -> None:
        """Begin anew."""
        self._start = None


@dataclass(slots=True)
class BoxDrawing(Drawing):
    """A drag from corner to corner.

    Parameters
    ----------
    make : callable
        From the box to the gesture.
    """

    make: Callable[[Corners], Gesture]
    _start: Place | None = None
    _end: Place | None = None

    def press(self, at: Pointer) -> Gesture | None:
        """Set one corner."""
        self._start = self._end = at.place
        return None

    def drag(self, at: Pointer) -> None:
        """Move the other."""
        self._end = at.place

    def release(self, at: Pointer) -> Gesture | None:
        """Return the box, if it is larger than a click."""
        start = self._start
        self.forget()
        if start is None or min(abs(at.y - start[0]), abs(at.x - start[1])) * at.zoom < A_CLICK_PX:
            return None
        return self.make(_around(start, at.place))

    def forget(self) -> None:
        """Begin anew."""
        self._start = self._end = None

    def marks(self) -> Marks:
        """Return the box as it is."""
        return Marks(box=None if self._start is None or self._end is None else _around(self._start, self._end))


@dataclass(slots=True)
class Brushing(Drawing):
    """A line drawn with the button down, of which every pixel under the brush counts.

    Parameters
    ----------
    radius_px : callable
        Gives the brush's radius in level-0 pixels; asked when the stroke begins.
    is_erasing : bool
        Whether it takes away.
    """

    radius_px: Callable[[], float]
    is_erasing: bool = False
    path: list[Place] = field(default_factory=list)
    radius: float = 0.0

    def press(self, at: Pointer) -> Gesture | None:
        """Begin at a place, with the brush as large as it now is."""
        self.path, self.radius = [at.place], self.radius_px()
        return None

    def drag(self, at: Pointer) -> None:
        """Draw on."""
        if self.path and at.place != self.path[-1]:
            self.path.append(at.place)

    def release(self, at: Pointer) -> Gesture | None:
        """Return the stroke."""
        self.drag(at)
        path, self.path = self.path, []
        return Stroke(np.array(path), self.radius, self.is_erasing) if path else None

    def forget(self) -> None:
        """Begin anew."""
        self.path = []


@dataclass(slots=True)
class LineDrawing(Drawing):
    """A line of corners that are clicked, or drawn freely with the button down, or both.

    Parameters
    ----------
    make : callable
        From the corners, (K, 2), to the gesture.
    fewest : int
        With fewer corners there is no gesture.
    is_closed : bool
        Whether it is an outline: a click on the first corner then closes it.
    ends_with_drag : bool
        Whether letting go after a free line is the end.
    """

    make: Callable[[NDArray[np.float64]], Gesture]
    fewest: int
    is_closed: bool = False
    ends_with_drag: bool = True
    corners: list[Place] = field(default_factory=list)
    _loose: Place | None = None
    _pressed: Place | None = None
    _before: int = 0

    def press(self, at: Pointer) -> Gesture | None:
        """Set a corner, or close the outline at its first."""
        if self.is_closed and len(self.corners) >= self.fewest and at.is_near(self.corners[0], 2 * A_CLICK_PX):
            return self.finish()
        self._before = len(self.corners)
        self._pressed = at.place
        self.corners.append(at.place)
        return None

    def drag(self, at: Pointer) -> None:
        """Draw freely."""
        if self._pressed is not None and not at.is_near(self.corners[-1], _A_STEP_PX):
            self.corners.append(at.place)

    def hover(self, at: Pointer) -> None:
        """Let the next side follow the mouse."""
        self._loose = at.place

    def release(self, at: Pointer) -> Gesture | None:
        """Keep the corner; end if it was drawn freely."""
        pressed, self._pressed = self._pressed, None
        if pressed is None:
            return None
        if at.is_near(pressed) and len(self.corners) - self._before <= 2:
            del self.corners[self._before + 1 :]  # the hand trembled
            return None
        if at.place != self.corners[-1]:
            self.corners.append(at.place)
        return self.finish() if self.ends_with_drag else None

    def double(self, at: Pointer) -> Gesture | None:  # noqa: ARG002
        """End; the first of the two presses has set the last corner."""
        return self.finish()

    def finish(self) -> Gesture | None:
        """Return what was drawn, if it has corners enough; else it goes on."""
        if len(self.corners) < self.fewest:
            return None
        corners = np.array(self.corners)
        self.forget()
        return self.make(corners)

    def step_back(self) -> None:
        """Take the last corner away."""
        if self.corners:
            self.corners.pop()

    def forget(self) -> None:
        """Begin anew."""
        self.corners, self._loose, self._pressed = [], None, None

    def marks(self) -> Marks:
        """Return the line, up to the mouse."""
        is_open = self.corners and self._loose is not None and self._pressed is None
        line = (*self.corners, self._loose) if is_open and self._loose is not None else tuple(self.corners)
        return Marks(line, self.is_closed and len(line) > 2, tuple(self.corners[:1]))


@dataclass(slots=True)
class Lassoing(LineDrawing):
    """An outline around what is to be selected; Shift at its beginning adds to the selection."""

    is_adding: bool = False

    def press(self, at: Pointer) -> Gesture | None:
        """Begin, or set a corner."""
        if not self.corners:
            self.is_adding = at.is_adding
        return LineDrawing.press(self, at)

    def finish(self) -> Gesture | None:
        """Return the outline with what Shift said."""
        found = LineDrawing.finish(self)
        return Lassoed(found.points, self.is_adding) if isinstance(found, Lassoed) else found


@dataclass(slots=True)
class Seeding(Drawing):
    """Clicks set seeds; Enter or a double click ends."""

    seeds: list[Place] = field(default_factory=list)

    def press(self, at: Pointer) -> Gesture | None:
        """Set a seed."""
        self.seeds.append(at.place)
        return None

    def double(self, at: Pointer) -> Gesture | None:  # noqa: ARG002
        """End; the first press of the double click has set its seed."""
        return self.finish()

    def finish(self) -> Gesture | None:
        """Return the seeds, if there are two; else it goes on."""
        if len(self.seeds) < 2:
            return None
        seeds, self.seeds = np.array(self.seeds), []
        return SeedsPlaced(seeds)

    def step_back(self) -> None:
        """Take the last seed away."""
        if self.seeds:
            self.seeds.pop()

    def forget(self) -> None:
        """Begin anew."""
        self.seeds = []

    def marks(self) -> Marks:
        """Return the seeds."""
        return Marks(dots=tuple(self.seeds))


def drawing_of(tool: Tool, radius_px: Callable[[], float]) -> Drawing:
    """Return a new drawing with a tool; one that never ends where the tool draws nothing."""
    makers: dict[Tool, Callable[[], Drawing]] = {
        Tool.BOX: lambda: BoxDrawing(BoxDrawn),
        Tool.BOX_MASK: lambda: BoxDrawing(BoxToMask),
        Tool.PAINT: lambda: Brushing(radius_px),
        Tool.ERASE: lambda: Brushing(radius_px, is_erasing=True),
        Tool.FILL: lambda: Clicking(Filled),
        Tool.POLYGON: lambda: LineDrawing(PolygonDrawn, 3, is_closed=True),
        Tool.SCISSORS: lambda: LineDrawing(LineDrawn, 2),
        Tool.SEEDS: Seeding,
        Tool.LASSO: lambda: Lassoing(Lassoed, 3, is_closed=True),
        Tool.POINT: lambda: Clicking(PointPlaced),
        Tool.CLICK: lambda: Clicking(Clicked),
    }
    return makers.get(tool, Drawing)()


def _around(one: Place, other: Place) -> Corners:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[0], other[0]), max(one[1], other[1])

"""`LookAtPlace`: what a model says of the place that a person points at."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.core import Box, Objects, PixelSize
from cellwright.jobs import Progress
from cellwright.workflows.predictors import ready_predictor

if TYPE_CHECKING:
    from cellwright.imaging import Limits, SlideRef


@dataclass(frozen=True, slots=True, eq=False)
class PlaceSeen:
    """What a model says around a place.

    Parameters
    ----------
    objects : Objects
        Everything down to the floor of its card.
    around : Box
        What it looked at.
    picture : Box
        The whole picture.
    """

    objects: Objects
    around: Box
    picture: Box

    def knows(self, y: float, x: float) -> bool:
        """Whether a place lies so far inside that nothing there is cut off, but by the picture's own edge."""
        seen, whole = self.around, self.picture
        rim = min(seen.height, seen.width) // 4
        return (
            (seen.y0 == whole.y0 or y >= seen.y0 + rim)
            and (seen.x0 == whole.x0 or x >= seen.x0 + rim)
            and (seen.y1 == whole.y1 or y < seen.y1 - rim)
            and (seen.x1 == whole.x1 or x < seen.x1 - rim)
        )


@dataclass(frozen=True, slots=True)
class LookAtPlace:
    """Ask a model about one place of a picture; an `Operation` whose result is a `PlaceSeen`.

    Parameters
    ----------
    picture : Path or SlideRef
        The file, or a plane or channel of it.
    place : (float, float)
        y, x in level-0 pixels.
    model : Path
        Its folder.
    device : str
        See `cellwright.inference.open_predictor`.
    pixel_size : PixelSize or None
        What a person says about the picture.
    object_px : float or None
        Diameter of a typical object in level-0 pixels, where a person measured it.
    """

    picture: Path | SlideRef
    place: tuple[float, float]
    model: Path
    device: str = "auto"
    pixel_size: PixelSize | None = None
    object_px: float | None = None

    @property
    def title(self) -> str:
        """Name of the work."""
        return "Look at a cell"

    def run(self) -> Generator[Progress, None, PlaceSeen]:
        """Read what lies around the place and ask.

        Raises
        ------
        SlideNotReadable
            If the picture cannot be read there.
        UnknownName, ModelNotUsable
            If there is no such model, or it is damaged.
        """
        from cellwright.imaging import SlideRef
        from cellwright.inference import DetectOptions, look_around, object_ids

        yield Progress(0, 0, "Looking at the cell")
        ref = self.picture if isinstance(self.picture, SlideRef) else SlideRef(self.picture)
        predictor = ready_predictor(self.model, self.device)
        card = predictor.card
        options = DetectOptions(pixel_size=self.pixel_size, object_px=self.object_px)
        with ref.open() as slide:
            limits = _limits(ref, ref.path.stat().st_mtime_ns, card.input.contrast_percentiles)
            found, around = look_around(slide, predictor, self.place, limits, options)
            whole = Box(0, 0, *slide.shape)
        ids = object_ids(found, "", card.model_hash)
        seen = Objects(ids, found.boxes, found.class_index, found.scores, card.class_names, card.source, found.masks)
        return PlaceSeen(seen, around, whole)


@lru_cache(maxsize=8)
def _limits(ref: SlideRef, _changed_ns: int, percentiles: tuple[float, float] | float | None) -> Limits:
    """Return the contrast of a whole picture, which every click on it would else take anew."""
    from cellwright.imaging import contrast_limits

    with ref.open() as slide:
        return contrast_limits(slide, percentiles)

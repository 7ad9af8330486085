"""Does a model fit a picture: scale, channels and size of objects compared, one plain sentence each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from cellwright.core import PixelSize
from cellwright.zoo import ModelCard, list_models

if TYPE_CHECKING:
    from cellwright.imaging import Slide


class ScaleFit(str, Enum):
    """How the scale of a picture fits a model."""

    FITS = "fits"
    """They agree."""
    RESCALED = "rescaled"
    """They differ and both are known: the picture is read at the model's scale."""
    UNKNOWN = "unknown"
    """Nobody knows the picture's scale: a person can measure a typical object."""
    ANY = "any"
    """The model was trained at no scale of its own."""


@dataclass(frozen=True, slots=True)
class ScaleAdvice:
    """What a person should know of a picture's scale before a model looks at it.

    Parameters
    ----------
    fit : ScaleFit
        How the two fit.
    factor : float or None
        Picture pixels per pixel that the model is shown; None where it is unknown.
    sentence : str
        The same in plain words.
    """

    fit: ScaleFit
    factor: float | None
    sentence: str

    @property
    def asks_to_measure(self) -> bool:
        """Whether the ruler should be offered."""
        return self.fit is ScaleFit.UNKNOWN


def scale_advice(card: ModelCard, pixel_size: PixelSize | None, object_px: float | None = None) -> ScaleAdvice:
    """Compare the scale that a model was trained at with a picture's.

    Parameters
    ----------
    card : ModelCard
        The model.
    pixel_size : PixelSize or None
        Of the picture.
    object_px : float or None
        Diameter of a typical object of the picture, in its pixels; it comes before the pixel size.
    """
    own = card.input
    if object_px is not None and own.object_px is not None:
        return _compared(object_px / own.object_px, "The objects are", own.scale_tolerance)
    if pixel_size is not None and own.um_per_px is not None:
        return _compared(own.um_per_px / math.sqrt(pixel_size.area_um2), "The pixels are", own.scale_tolerance)
    if own.um_per_px is None and own.object_px is None:
        return ScaleAdvice(ScaleFit.ANY, None, "The model was trained on pictures of different scales.")
    if own.object_px is None:
        return ScaleAdvice(
            ScaleFit.UNKNOWN, None, "The pixel size of the picture is not known; enter it if the result looks wrong."
        )
    return ScaleAdvice(
        ScaleFit.UNKNOWN,
        None,
        f"The model knows objects about {own.object_px:.0f} px wide; drag across one typical cell to compare.",
    )


def _compared(factor: float, what: str, tolerance: float) -> ScaleAdvice:
    # the factor up to which pictures are left as they are when they are read, see `plan_view`
    if 1 / tolerance <= factor <= tolerance:
        return ScaleAdvice(ScaleFit.FITS, factor, f"{what} of the size that the model was trained on.")
    share = max(factor, 1 / factor)
    # A large object and a small pixel both mean that the model is shown fewer pixels than there are.
    words = "shrunk" if factor > 1 else "enlarged"
    return ScaleAdvice(
        ScaleFit.RESCALED, factor, f"The picture is {words} {share:.1f} times, to the scale the model was trained at."
    )


@dataclass(frozen=True, slots=True)
class Proposal:
    """How well a model fits a picture.

    Parameters
    ----------
    card : ModelCard
        The model.
    fitness : float
        0 to 1; higher fits better.
    scale : ScaleAdvice
        What to know of the scale.
    sentence : str
        Why, in plain words.
    """

    card: ModelCard
    fitness: float
    scale: ScaleAdvice
    sentence: str


def propose_models(
    slide: Slide,
    pixel_size: PixelSize | None = None,
    object_px: float | None = None,
    cards: Sequence[ModelCard] | None = None,
) -> tuple[Proposal, ...]:
    """Rank models by how well what they were trained on fits a picture.

    Compared are the kind of light (dark ground with bright objects, bright ground with stained ones, X-rays), which is
    read off a small overview, and the scale. The ranking is a help to choose, and no judgement of a result.

    Parameters
    ----------
    slide : Slide
        The picture.
    pixel_size : PixelSize or None
        What a person says; None takes what the file says.
    object_px : float or None
        Diameter of a typical object in the picture's pixels, where a person measured it.
    cards : sequence of ModelCard, optional
        Those to choose from; the shelf's where it is not given.

    Returns
    -------
    tuple of Proposal
        The best first; of equal ones the one that scored higher on pictures it had not seen, then by name.

    Raises
    ------
    SlideNotReadable
        If the picture cannot be decoded.
    """
    seen = light_of(slide)
    chosen = [entry.card for entry in list_models() if entry.card is not None] if cards is None else cards
    # What says what a single cell is finds none on a picture of many.
    finding = [card for card in chosen if card.task != "classification"]
    proposals = [_proposal(card, seen, pixel_size or slide.pixel_size, object_px) for card in finding]
    return tuple(sorted(proposals, key=lambda p: (-p.fitness, -_score(p.card), p.card.name)))


_TELLING_SCORES = ("mean_ap_50_90", "map_50_95", "dice")
"""The first of these that a card has stands for how good its model is."""


def _score(card: ModelCard) -> float:
    """Return how good a model is on pictures it had not seen; 0 where nobody measured it."""
    if card.metrics is None:
        return 0.0
    known = {"map_50_95": card.metrics.map_50_95} | card.metrics.scores
    return next((value for name in _TELLING_SCORES if (value := known.get(name)) is not None), 0.0)


class Light(str, Enum):
    """How a picture was taken, as far as its pixels say."""

    FLUORESCENCE = "fluorescence"
    """Bright objects on a dark ground."""
    STAINED = "stained"
    """Coloured objects on a bright ground."""
    GREY = "grey"
    """Grey on a ground of the same greys: X-rays, phase contrast."""


_LIGHT_WORDS = {
    Light.FLUORESCENCE: "bright objects on a dark ground",
    Light.STAINED: "a stained picture",
    Light.GREY: "a grey picture",
}

_OVERVIEW_PX = 256
_COLOURFUL = 12.0
"""Mean difference of the strongest and weakest channel, of 255, from which a picture is coloured."""
_TINTED = 8.0
"""The same where it is largest, in a fiftieth of the picture: pale cells far apart on white glass are stained, too.

It is 13 and more in the four sets of blood cells, and 0 in films of chests and phase contrast.
"""
_DARK = 0.25
"""Part of the range of greys, from the first percentile to nearly the last, below which the median is dark ground.

The 537 fluorescence pictures of the Data Science Bowl lie below 0.1, films of chests, however dark, above 0.4.
"""
_HALF_GREY = 128.0


def light_of(slide: Slide) -> Light:
    """Say how a picture was taken, from the colours and greys of a small overview."""
    from cellwright.core import Box, Region
    from cellwright.imaging import contrast_limits, read_rgb

    downsample = max(1.0, max(slide.shape) / _OVERVIEW_PX)
    rgb = read_rgb(slide, Region(Box(0, 0, *slide.shape), downsample), contrast_limits(slide)).astype("float32")
    spreads = rgb.max(-1) - rgb.min(-1)
    greys = sorted(rgb.mean(-1).ravel().tolist())
    low, ground, high = (greys[int(part * (len(greys) - 1))] for part in (0.01, 0.5, 0.998))
    is_dark = ground - low <= _DARK * (high - low) and ground < _HALF_GREY
    is_one_picture = slide.is_rgb or len(slide.channels) == 1
    if not is_one_picture:
        return Light.FLUORESCENCE
    if float(spreads.mean()) >= _COLOURFUL:
        return Light.STAINED
    if is_dark:
        return Light.FLUORESCENCE
    tints = sorted(spreads.ravel().tolist())
    return Light.STAINED if tints[int(0.98 * (len(tints) - 1))] >= _TINTED else Light.GREY


def _proposal(card: ModelCard, seen: Light, pixel_size: PixelSize | None, object_px: float | None) -> Proposal:
    scale = scale_advice(card, pixel_size, object_px)
    known = card.input.light
    by_light = 0.6 if not known else (1.0 if seen.value in known else 0.1)
    by_scale = {ScaleFit.FITS: 1.0, ScaleFit.RESCALED: 0.8, ScaleFit.UNKNOWN: 0.7, ScaleFit.ANY: 0.7}[scale.fit]
    if scale.factor is not None:
        # Far away from the scale of training little is left to see.
        by_scale *= math.exp(-max(0.0, abs(math.log(scale.factor)) - math.log(2)))
    if known and seen.value not in known:
        said = f"It was not trained on {_LIGHT_WORDS[seen]}."
    elif known:
        said = f"It was trained on pictures like this: {_LIGHT_WORDS[seen]}."
    else:
        said = "Its card does not say what kind of picture it was trained on."
    return Proposal(card, by_light * by_scale, scale, f"{said} {scale.sentence}")

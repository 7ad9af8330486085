"""What several tags of one file say about pixel size and objective: the surest one counts, disagreements are named."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cellwright.core import PixelSize

UNKNOWN = "the file does not say"
BUT = ", but "
"""Between the tag that is believed and what disagrees with it."""

_AGREE = 1.05
"""Factor up to which two tags mean the same: programs round, and an objective of 40× may truly be one of 39×."""

_CAMERA_UM = (3.0, 20.0)
"""Size of a camera's pixel in µm, which is µm/px times magnification: 20× and 0.5 µm/px, 40× and 0.25 make 10.

Scanners lie between 4 (a doubled 40× lens written as 20×) and 14; a tenfold slip of a unit lies outside.
"""


@dataclass(frozen=True, slots=True)
class SizeClaim:
    """A pixel size and where it stands.

    Parameters
    ----------
    size : PixelSize or None
        None where the tag is there and cannot be a pixel size.
    tag : str
        Name of the tag, or why it is none: a phrase to show beside the number.
    """

    size: PixelSize | None
    tag: str


def settle(claims: Sequence[SizeClaim], magnification: float | None = None) -> tuple[PixelSize | None, str]:
    """Choose between what the tags of one file say.

    Parameters
    ----------
    claims : sequence of SizeClaim
        The surest first.
    magnification : float or None
        Of the objective of a slide scanner or camera. Leave it out for scanned light (confocal), where zoom sets the
        pixel size.

    Returns
    -------
    size : PixelSize or None
        The first that is one.
    note : str
        Its tag; with `BUT` and what disagrees, where something does. Without a size, the first reason.
    """
    believed = next((claim for claim in claims if claim.size is not None), None)
    if believed is None or believed.size is None:
        return None, claims[0].tag if claims else UNKNOWN
    against = [
        f"{_in_words(claim.size)} by the {claim.tag}"
        for claim in claims
        if claim.size is not None and not _agree(claim.size, believed.size)
    ]
    camera_um = _side(believed.size) * (magnification or math.nan)
    if camera_um < _CAMERA_UM[0] or camera_um > _CAMERA_UM[1]:
        against.append(f"with {magnification:g}× about {10 / (magnification or 1):.2g} µm/px would be expected")
    note = believed.tag + (BUT + " and ".join(against) if against else "")
    return believed.size, note


def disagreement(note: str) -> str:
    """Return what other tags say against the pixel size, from a `Slide.pixel_size_note`; empty where nothing does."""
    return note.partition(BUT)[2]


def plausible_magnification(value: object) -> float | None:
    """Return a magnification, None for what cannot be one: text, 0, infinity, more than 1000×."""
    try:
        number = float(str(value).strip().rstrip("xX×"))
    except ValueError:
        return None
    return number if 0.1 <= number <= 1000.0 else None


def _agree(one: PixelSize, other: PixelSize) -> bool:
    ratios = (one.y_um / other.y_um, one.x_um / other.x_um)
    return all(1 / _AGREE <= ratio <= _AGREE for ratio in ratios)


def _side(size: PixelSize) -> float:
    return math.sqrt(size.area_um2)


def _in_words(size: PixelSize) -> str:
    square = abs(size.y_um - size.x_um) < 1e-3 * size.y_um
    return f"{size.x_um:.4g} µm/px" if square else f"{size.y_um:.4g} × {size.x_um:.4g} µm/px"

"""When a resolution tag is a pixel size: cameras and drawing programs write 72 or 300 dpi without meaning anything."""

from __future__ import annotations

import math

from cellwright.core import PixelSize, PixelSizeSource

UM_PER_INCH = 25_400.0
UM_PER_CM = 10_000.0
UM_PER_M = 1_000_000.0

WIDEST_UM = 10.0
"""Wider pixels than this are taken for a print or screen setting: 2,540 dpi."""

_SCANNER_DPI = frozenset({2400, 3000, 3200, 3600, 4000, 4800, 5400, 6400, 7200, 9600, 12800})
"""Settings of flatbed and film scanners, finer than `WIDEST_UM` and still about paper."""

_UNIT_UM = {
    "m": 1e6,
    "cm": 1e4,
    "mm": 1e3,
    "µm": 1.0,
    "um": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "micrometer": 1.0,
    "micrometre": 1.0,
    "nm": 1e-3,
    "pm": 1e-6,
    "å": 1e-4,
    "angstrom": 1e-4,
    "inch": UM_PER_INCH,
    "in": UM_PER_INCH,
    "km": 1e9,
    "dm": 1e5,
}


def unit_um(name: str) -> float | None:
    """Return how many µm a unit of length has, None for what is not one (``"pixel"``, ``"reference frame"``)."""
    plain = name.strip().replace("\\u00B5", "µ").replace("\u03bc", "µ").replace("μ", "µ")
    if plain in ("Mm", "Gm"):
        return {"Mm": 1e12, "Gm": 1e15}[plain]
    plain = plain.lower()
    return _UNIT_UM.get(plain) or _UNIT_UM.get(plain.removesuffix("s"))


def size_from_tag(y_um: float, x_um: float) -> PixelSize | None:
    """Return a pixel size as the file gives it, None where the numbers cannot be one (0, negative, not finite)."""
    if not (math.isfinite(y_um) and math.isfinite(x_um) and 0.0 < y_um < 1e6 and 0.0 < x_um < 1e6):
        return None
    return PixelSize(y_um, x_um, PixelSizeSource.TAG)


def size_from_density(
    per_unit_y: float, per_unit_x: float, unit_in_um: float, tag: str
) -> tuple[PixelSize | None, str]:
    """Judge a number of pixels per inch, centimetre or metre.

    Parameters
    ----------
    per_unit_y, per_unit_x : float
        Pixels per unit of length along the two axes.
    unit_in_um : float
        Length of the unit in µm.
    tag : str
        Where the numbers stand, for the note.

    Returns
    -------
    size : PixelSize or None
        None where the numbers are a print or screen setting, or no numbers at all.
    note : str
        A phrase that says which and why.
    """
    if not (per_unit_y > 0 and per_unit_x > 0 and math.isfinite(per_unit_y) and math.isfinite(per_unit_x)):
        return None, "the file does not say"
    dpi = per_unit_x * UM_PER_INCH / unit_in_um
    size = size_from_tag(unit_in_um / per_unit_y, unit_in_um / per_unit_x)
    is_paper = abs(dpi - round(dpi)) < 0.03 and round(dpi) in _SCANNER_DPI
    if size is None or is_paper or max(size.y_um, size.x_um) > WIDEST_UM:
        return None, f"{dpi:.4g} dpi in the {tag} is a print or screen setting, not a pixel size"
    return size, tag

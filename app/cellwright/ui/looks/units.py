"""The unit that lengths on a picture are told in."""

from __future__ import annotations

from cellwright.core import PixelSize

_COARSE_UM = 10.0
"""From this width of a pixel on, as of X-rays, lengths are told in millimetres."""


def length_unit(pixel_size: PixelSize | None) -> tuple[str, float, float]:
    """Return the unit of lengths (px, µm, or mm where pixels are coarse) and a pixel's height and width in it."""
    if pixel_size is None:
        return "px", 1.0, 1.0
    if pixel_size.x_um < _COARSE_UM:
        return "µm", pixel_size.y_um, pixel_size.x_um
    return "mm", pixel_size.y_um / 1000, pixel_size.x_um / 1000


def length_text(um: float) -> str:
    """Return a length in the unit people would use: nm, µm, mm or cm."""
    for factor, unit in ((1e4, "cm"), (1e3, "mm"), (1.0, "µm")):
        if um >= factor * 0.9999:
            return f"{um / factor:.6g} {unit}"
    return f"{um * 1e3:.6g} nm"

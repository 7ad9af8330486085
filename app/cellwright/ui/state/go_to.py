"""`place_of`: what a person types to go to a place of a picture, as y, x in level-0 pixels."""

from __future__ import annotations

import re

from cellwright.core import BadParameter, PixelSize

_NUMBER = r"[-+]?(?:\d+(?:[.,]\d+)?|[.,]\d+)"
_PLACE = re.compile(rf"\s*({_NUMBER})\s*(\S*?)\s*[;,\s/x×]\s*({_NUMBER})\s*(\S*)\s*$", re.IGNORECASE)
_UM = {"µm": 1.0, "um": 1.0, "μm": 1.0, "mm": 1000.0, "cm": 10_000.0}
_PX = ("px", "pixel", "pixels")


def place_of(text: str, pixel_size: PixelSize | None, shape: tuple[int, int]) -> tuple[float, float]:
    """Return the place that a person means.

    Parameters
    ----------
    text : str
        ``"y, x"`` in pixels, or with a unit behind either number or both: ``"12000, 3400"``, ``"3 mm, 0.85 mm"``,
        ``"120 340 µm"``. A unit that stands once holds for both.
    pixel_size : PixelSize or None
        For lengths in µm, mm or cm.
    shape : (int, int)
        Rows and columns of the picture.

    Returns
    -------
    (float, float)
        y, x, inside of the picture.

    Raises
    ------
    BadParameter
        If it is no place, its unit needs a pixel size that nobody knows, or it lies outside.
    """
    found = _PLACE.match(text)
    if found is None:
        raise BadParameter("Type two numbers, row and column, such as 12000, 3400 or 3 mm, 0.85 mm.")
    first, unit, second, unit_behind = found.groups()
    unit_y, unit_x = unit or unit_behind, unit_behind or unit
    y = _pixels(first, unit_y, pixel_size.y_um if pixel_size is not None else None)
    x = _pixels(second, unit_x, pixel_size.x_um if pixel_size is not None else None)
    rows, columns = shape
    if not (0 <= y <= rows and 0 <= x <= columns):
        raise BadParameter(f"That lies outside: the picture has {rows:,} rows and {columns:,} columns of pixels.")
    return y, x


def _pixels(number: str, unit: str, um_a_px: float | None) -> float:
    value, name = float(number.replace(",", ".")), unit.lower()
    if name in ("", *_PX):
        return value
    if name not in _UM:
        raise BadParameter(f"{unit!r} is no unit known here; use px, µm or mm.")
    if um_a_px is None:
        raise BadParameter("Nobody knows how large a pixel of this picture is; type pixels, or enter the pixel size.")
    return value * _UM[name] / um_a_px

"""Numbers, intervals and times as people read them."""

from __future__ import annotations

import math
from collections.abc import Iterable

from cellwright.core import PixelSize
from cellwright.stats.wording import percent_digits
from cellwright.ui.looks.units import length_unit

_NARROW_SPACE = "\u202f"


def count_text(count: float) -> str:
    """Return a whole number with separators: ``"12,345"``."""
    return f"{round(count):,}"


def interval_text(ends: Iterable[float]) -> str:
    """Return the ends of an interval of counts, rounded outwards so that the text never claims too much."""
    low, high = ends
    upper = f"{math.ceil(high - 1e-9):,}" if math.isfinite(high) else "∞"
    return f"{math.floor(low + 1e-9):,}–{upper}"


def percent_text(share: float | None) -> str:
    """Return a share in [0, 1] as a percentage with one decimal; a dash where there is none. See `percent_digits`."""
    return "–" if share is None else f"{percent_digits(share)}{_NARROW_SPACE}%"


def percent_interval_text(ends: Iterable[float] | None) -> str:
    """Return the ends of an interval of shares to one decimal, as reports and published tables round them."""
    if ends is None:
        return ""
    low, high = ends
    return f"{100 * low:.1f}–{100 * high:.1f}{_NARROW_SPACE}%"


def density_text(per_mm2: float) -> str:
    """Return objects a square millimetre with three meaningful digits."""
    return f"{_three_digits(per_mm2)} /mm²"


def density_interval_text(ends: Iterable[float] | None) -> str:
    """Return the ends of an interval of densities."""
    if ends is None:
        return ""
    low, high = ends
    return f"{_three_digits(low)}–{_three_digits(high)}"


def time_left_text(seconds: float | None) -> str:
    """Return how long something will go on, as one would say it."""
    if seconds is None:
        return ""
    if seconds < 8:
        return "a few seconds left"
    if seconds < 55:
        return f"about {5 * round(seconds / 5)} s left"
    if seconds < 3300:
        return f"about {max(1, round(seconds / 60))} min left"
    return f"about {seconds / 3600:.1f} h left"


def seconds_text(seconds: float) -> str:
    """Return how long something took."""
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def size_text(height_px: float, width_px: float, size: PixelSize | None) -> str:
    """Return height × width in µm or mm where the pixel size is known, else in pixels."""
    unit, height, width = length_unit(size)
    digits = 0 if size is None else 1
    return f"{height_px * height:,.{digits}f} × {width_px * width:,.{digits}f} {unit}"


def area_text(px2: float, um2: float | None) -> str:
    """Return an area in µm², from a square millimetre on in mm² and from a square centimetre on in cm², else in px²."""
    if um2 is None:
        return f"{px2:,.0f} px²"
    for factor, unit in ((1e8, "cm²"), (1e6, "mm²")):
        if um2 >= factor:
            return f"{_three_digits(um2 / factor)} {unit}"
    return f"{um2:,.0f} µm²"


def pixel_size_text(size: PixelSize | None) -> str:
    """Return a pixel size with its source, or that nobody knows it."""
    return "Pixel size unknown" if size is None else str(size)


def plural(count: int, one: str, many: str = "") -> str:
    """Return ``"1 picture"`` or ``"3 pictures"``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _three_digits(value: float) -> str:
    if not math.isfinite(value):
        return "∞"
    if value <= 0:
        return "0"
    digits = 2 - math.floor(math.log10(value))
    rounded = round(value, digits)
    return f"{rounded:,.{max(0, digits)}f}"

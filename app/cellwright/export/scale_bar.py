"""A scale bar in the corner of a picture."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_SHARE = 0.2
"""Of the picture's width; the bar is the roundest length that is no longer."""
_INK, _PAPER = (0, 0, 0), (255, 255, 255)


def round_length(longest: float) -> float:
    """Return the largest of 1, 2, 5, 10, 20 … (and their tenths) that is not above `longest`, which is above 0."""
    power = 10.0 ** math.floor(math.log10(longest))
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= longest * (1 + 1e-9))


def length_text(um: float) -> str:
    """Return a length as people write it: ``"20 µm"``, ``"0.5 mm"``."""
    if um < 1:
        return f"{um * 1000:g} nm"
    return f"{um:g} µm" if um < 1000 else f"{um / 1000:g} mm"


def draw_scale_bar(rgb: NDArray[np.uint8], um_per_px: float) -> NDArray[np.uint8]:
    """Draw a scale bar, white in black, at the lower right of a copy of a picture.

    Parameters
    ----------
    rgb : (H, W, 3) ndarray of uint8
        The picture; it is not changed.
    um_per_px : float
        Width of one of its pixels in µm, above 0.
    """
    from PIL import Image, ImageDraw, ImageFont

    from cellwright.export.report_type import font_file

    height, width = rgb.shape[:2]
    um = round_length(width * um_per_px * _SHARE)
    bar = max(1, round(um / um_per_px))
    letter = max(11, min(34, width // 42))
    thick = max(2, letter // 4)
    shown = Image.fromarray(rgb)  # copies
    draw = ImageDraw.Draw(shown)
    right, bottom = width - letter, height - letter
    rim = max(1, thick // 3)
    draw.rectangle((right - bar - rim, bottom - thick - rim, right - 1 + rim, bottom - 1 + rim), fill=_INK)
    draw.rectangle((right - bar, bottom - thick, right - 1, bottom - 1), fill=_PAPER)
    place = (right - bar / 2, bottom - thick - letter * 0.35)
    font = ImageFont.truetype(font_file(), letter)  # the one within Pillow knows no µ
    draw.text(place, length_text(um), fill=_PAPER, font=font, anchor="mb", stroke_width=rim + 1, stroke_fill=_INK)
    return np.array(shown, np.uint8)

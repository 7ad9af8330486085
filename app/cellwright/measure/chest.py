"""The cardiothoracic ratio: how wide the heart is, compared with the chest it lies in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cellwright.core import BadParameter, Masks


@dataclass(frozen=True, slots=True)
class HorizontalLine:
    """A line across the picture, in level-0 pixels; the middle of pixel i lies at i + 0.5.

    Parameters
    ----------
    y : float
        Where it is drawn: half way between the rows of its two ends.
    x0, x1 : float
        Its ends, the middles of the outermost pixels, x0 <= x1.
    """

    y: float
    x0: float
    x1: float

    @property
    def length_px(self) -> float:
        """Length in pixels."""
        return self.x1 - self.x0


@dataclass(frozen=True, slots=True)
class CardiothoracicRatio:
    """Width of the heart over inner width of the chest.

    Parameters
    ----------
    ratio : float
        Length of `heart_line` over that of `thorax_line`; above about 0.5 a heart counts as enlarged in an adult on a
        film taken from behind.
    heart_line, thorax_line : HorizontalLine
        The two widths.
    """

    ratio: float
    heart_line: HorizontalLine
    thorax_line: HorizontalLine


def cardiothoracic_ratio(right_lung: Masks, left_lung: Masks, heart: Masks) -> CardiothoracicRatio:
    """Measure the cardiothoracic ratio on a frontal chest radiograph.

    Both widths are horizontal distances between the middles of outermost pixels, wherever along the chest these lie:
    the largest transverse diameter of the heart, which is how far it reaches to the right of the midline and how far to
    the left, added; and the inner diameter of the chest, from the outermost edge of one lung to that of the other
    (Danzer 1919, as measured on outlines by Dong et al., MICCAI 2018).

    Parameters
    ----------
    right_lung, left_lung, heart : Masks
        Their pixels; what lies in several objects counts together.

    Raises
    ------
    BadParameter
        If one of the three has no pixels, or the lungs are one pixel wide.
    """
    for name, masks in (("right lung", right_lung), ("left lung", left_lung), ("heart", heart)):
        if not len(masks.spans):
            raise BadParameter(
                f"There is no {name} to measure; the cardiothoracic ratio needs both lungs and the heart."
            )
    heart_line = _across(heart)
    thorax_line = _across(Masks.concatenate([right_lung, left_lung]))
    if thorax_line.length_px <= 0:
        raise BadParameter("The lungs are one pixel wide together, which is no chest; analyse a larger picture.")
    return CardiothoracicRatio(heart_line.length_px / thorax_line.length_px, heart_line, thorax_line)


def _across(masks: Masks) -> HorizontalLine:
    """Return the line from the leftmost to the rightmost pixel of all objects together."""
    y, x0, x1 = masks.spans.astype(np.float64).T
    low, high = x0.min(), x1.max()
    # Several rows may reach as far: the middle one stands for them.
    ends = (np.median(y[x0 == low]), np.median(y[x1 == high]))
    return HorizontalLine(float(np.mean(ends)) + 0.5, float(low) + 0.5, float(high) - 0.5)

"""Shares in per cent as people read them, the same wherever they stand."""

from __future__ import annotations


def percent_digits(share: float, decimals: int = 1) -> str:
    """Return a share in per cent, without the sign.

    What is there never reads as nothing, and what is not all never as all: ``"< 0.1"`` and ``"> 99.9"`` where rounding
    would say 0.0 and 100.0.

    Parameters
    ----------
    share : float
        In [0, 1].
    decimals : int
        Digits after the point.
    """
    percent, step = round(100 * share, decimals), 10.0**-decimals
    if share > 0 and percent <= 0:
        return f"< {step:.{decimals}f}"
    if share < 1 and percent >= 100:
        return f"> {100 - step:.{decimals}f}"
    return f"{percent:.{decimals}f}"

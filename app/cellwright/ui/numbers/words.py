"""Estimates and limits as people read them."""

from __future__ import annotations

import math

from cellwright.stats import Dispersion, Estimate, Interval, Kappa
from cellwright.ui.looks.wording import count_text, interval_text

_SUSPICIOUS = 0.05


def count_with(count: float, interval: Interval | None) -> str:
    """Return a count with its interval: ``"312 (278–349)"``."""
    return count_text(count) if interval is None else f"{count_text(count)} ({interval_text(interval)})"


def estimate_text(estimate: Estimate) -> str:
    """Return an estimate with one decimal below 100, and its interval: ``"41.6 (38–46)"``."""
    value = f"{estimate.value:,.1f}" if abs(estimate.value) < 100 else count_text(estimate.value)
    return f"{value} ({interval_text(estimate.interval)})"


def expected_text(estimate: Estimate) -> str:
    """Return what scores lead one to expect, ± half of its interval: ``"41.6 ± 4"``."""
    low, high = estimate.interval
    value = f"{estimate.value:,.1f}" if abs(estimate.value) < 100 else count_text(estimate.value)
    return f"{value} ± {math.ceil((high - low) / 2 - 1e-9):,}"


def kappa_text(kappa: Kappa) -> str:
    """Return kappa with its interval, or that it is not defined."""
    if math.isnan(kappa.value):
        return "not defined, all is of one class"
    return f"{kappa.value:.2f} ({kappa.interval.low:.2f}–{kappa.interval.high:.2f})"


def signed_text(value: float, interval: Interval) -> str:
    """Return a difference with its sign and its interval: ``"+1.5 (-0.2 … +3.2)"``."""
    return f"{value:+.1f} ({interval.low:+.1f} … {interval.high:+.1f})"


def dispersion_text(found: Dispersion | None) -> str:
    """Return a dispersion with one decimal; a dash where there is none."""
    return "–" if found is None or math.isnan(found.ratio) else f"{found.ratio:.1f}"


def dispersion_sentence(found: Dispersion | None, *, is_allowed_for: bool) -> str:
    """Return whether pictures differ by more than chance, and whether the intervals know it; empty where unknown."""
    if found is None or math.isnan(found.ratio):
        return ""
    pictures = f"{found.fields:,} pictures"
    if found.ratio <= 1 or found.p_value >= _SUSPICIOUS:
        return f"The {pictures} differ no more than chance has it (dispersion {found.ratio:.1f})."
    known = "the intervals allow for it" if is_allowed_for else "the intervals do not know it and are too narrow"
    return f"The {pictures} differ by more than chance (dispersion {found.ratio:.1f}, p {found.p_value:.2g}): {known}."

"""What a person's words about measuring mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellwright.measure import MeasureOptions

if TYPE_CHECKING:
    from argparse import Namespace


def measure_options(options: Namespace) -> MeasureOptions:
    """Return how measurements are to be taken; raises `BadParameter` for numbers that cannot be."""
    return MeasureOptions(options.ring, options.radius, options.levels, options.blank)

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import PixelSize, PixelSizeSource
from cellwright.ui.looks import wording

NARROW = "\u202f"


@pytest.mark.parametrize(
    ("ends", "text"), [((0.0, 3.69), "0–4"), ((278.4, 348.6), "278–349"), ((1e4, math.inf), "10,000–∞")]
)
def test_intervals_are_rounded_outwards(ends: tuple[float, float], text: str) -> None:
    assert wording.interval_text(ends) == text


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_the_interval_written_holds_the_interval_meant(a: float, b: float) -> None:
    low, high = sorted((a, b))
    first, last = (float(side) for side in wording.interval_text((low, high)).replace(",", "").split("–"))
    assert first <= low + 1e-6
    assert high <= last + 1e-6


def test_shares_have_one_decimal_and_a_dash_where_there_is_none() -> None:
    assert wording.percent_text(0.884) == f"88.4{NARROW}%"
    assert wording.percent_text(None) == "–"
    assert wording.percent_interval_text((0.84512, 0.91601)) == f"84.5–91.6{NARROW}%"
    assert wording.percent_interval_text(None) == ""


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0 /mm²"), (3.14159, "3.14 /mm²"), (31415.9, "31,400 /mm²"), (0.0123, "0.0123 /mm²")]
)
def test_densities_have_three_meaningful_digits(value: float, text: str) -> None:
    assert wording.density_text(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (3, "a few seconds left"),
        (31, "about 30 s left"),
        (125, "about 2 min left"),
        (7300, "about 2.0 h left"),
    ],
)
def test_time_left_is_said_as_people_say_it(seconds: float | None, text: str) -> None:
    assert wording.time_left_text(seconds) == text


def test_sizes_are_in_micrometres_where_the_pixel_size_is_known() -> None:
    size = PixelSize(0.5, 0.25, PixelSizeSource.USER)
    assert wording.size_text(10, 20, size) == "5.0 × 5.0 µm"
    assert wording.size_text(10, 20, None) == "10 × 20 px"
    coarse = PixelSize(168.0, 168.0, PixelSizeSource.TAG)
    assert wording.size_text(707, 371, coarse) == "118.8 × 62.3 mm"
    assert wording.pixel_size_text(None) == "Pixel size unknown"
    assert "user" in wording.pixel_size_text(size)


def test_one_is_not_many() -> None:
    assert wording.plural(1, "picture") == "1 picture"
    assert wording.plural(1200, "picture") == "1,200 pictures"

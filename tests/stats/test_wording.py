"""A share is told in words that never claim nothing where there is something, nor all where something is missing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.stats.wording import percent_digits


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0.0"), (1 / 5000, "< 0.1"), (0.0006, "0.1"), (0.884, "88.4"), (4999 / 5000, "> 99.9"), (1.0, "100.0")],
)
def test_a_small_share_is_not_nothing_and_nearly_all_is_not_all(share: float, text: str) -> None:
    assert percent_digits(share) == text


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(0, 3))
def test_only_nothing_reads_as_0_and_only_all_as_100(part: int, rest: int, decimals: int) -> None:
    total = part + rest
    assert (float(percent_digits(part / total, decimals).lstrip("<> ")) == 0.0) == (part == 0)
    assert float(percent_digits(part / total, decimals).lstrip("<> ")) < 100.0
    assert percent_digits(1.0, decimals).rstrip("0").rstrip(".") in {"100", "1"}

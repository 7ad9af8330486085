"""Counts, shares and densities carry the right intervals, and sums are sums."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as reference

from cellwright.core import BadParameter, Objects
from cellwright.workflows import add_counts, count_table

CLASSES = ("WBC", "RBC", "PLT")


def cells(counts: list[int], scores: float = 1.0) -> Objects:
    index = np.repeat(np.arange(3), counts).astype(np.int16)
    n = len(index)
    return Objects(np.zeros(n, "V16"), np.zeros((n, 4), np.float32), index, np.full(n, scores, np.float32), CLASSES)


def test_counts_and_intervals_are_those_of_the_textbook() -> None:
    table = count_table(cells([3, 97, 0]), area_mm2=0.5)
    assert [row.count for row in table.rows] == [3, 97, 0]
    white = table.row("WBC")
    # Garwood by the chi-square quantiles, Clopper and Pearson by the beta quantiles.
    assert tuple(white.count_interval) == pytest.approx(
        (reference.chi2.ppf(0.025, 6) / 2, reference.chi2.ppf(0.975, 8) / 2)
    )
    assert white.share == 0.03
    assert white.share_interval is not None
    assert tuple(white.share_interval) == pytest.approx(
        (reference.beta.ppf(0.025, 3, 98), reference.beta.ppf(0.975, 4, 97))
    )
    assert white.per_mm2 == 6.0 and white.per_mm2_interval is not None
    assert tuple(white.per_mm2_interval) == pytest.approx(tuple(white.count_interval.scaled(2.0)))
    none = table.row("PLT")
    assert none.count_interval.low == 0 and none.count_interval.high == pytest.approx(3.689, abs=1e-3)
    assert table.total.count == 100 and table.total.share is None


def test_without_a_pixel_size_there_is_no_density_and_without_cells_no_share() -> None:
    row = count_table(cells([0, 0, 0])).rows[0]
    assert row.per_mm2 is None and row.per_mm2_interval is None
    assert row.share is None and row.share_interval is None
    assert row.count == 0 and row.count_interval.low == 0


def test_an_area_of_which_nothing_was_analysed_gives_no_density() -> None:
    assert count_table(cells([1, 0, 0]), area_mm2=0.0).rows[0].per_mm2 is None


def test_thresholds_decide_what_counts_class_by_class() -> None:
    table = count_table(cells([2, 2, 2], scores=0.5), thresholds=(0.4, 0.5, 0.6))
    assert [row.count for row in table.rows] == [2, 2, 0]


def test_shares_are_among_the_classes_that_take_part() -> None:
    table = count_table(cells([1, 8, 1]), classes=["PLT", "WBC"])
    assert [(row.name, row.share) for row in table.rows] == [("WBC", 0.5), ("PLT", 0.5)]
    assert table.total.count == 2
    with pytest.raises(BadParameter, match="no class Lymphocyte"):
        count_table(cells([1, 1, 1]), classes=["Lymphocyte"])


counts = st.lists(st.integers(0, 60), min_size=3, max_size=3)


@given(counts, counts, st.floats(0.01, 5), st.floats(0.01, 5))
def test_adding_tables_is_counting_everything_at_once(a: list[int], b: list[int], area_a: float, area_b: float) -> None:
    whole = count_table(cells([x + y for x, y in zip(a, b, strict=True)]), area_mm2=area_a + area_b)
    added = add_counts([count_table(cells(a), area_mm2=area_a), count_table(cells(b), area_mm2=area_b)])
    assert added.rows == whole.rows and added.total == whole.total
    assert added.area_mm2 == whole.area_mm2


@given(counts)
def test_every_interval_holds_its_number(given_counts: list[int]) -> None:
    for row in count_table(cells(given_counts), area_mm2=0.3).rows:
        assert row.count in row.count_interval
        if row.share is not None and row.share_interval is not None:
            assert row.share_interval.low <= row.share <= row.share_interval.high


def test_one_unknown_area_leaves_the_sum_without_density() -> None:
    added = add_counts([count_table(cells([1, 1, 1]), area_mm2=1.0), count_table(cells([1, 1, 1]))])
    assert added.area_mm2 is None and added.rows[0].per_mm2 is None


def test_what_does_not_add_up_is_refused() -> None:
    with pytest.raises(BadParameter, match="No picture"):
        add_counts([])
    with pytest.raises(BadParameter, match="different classes"):
        add_counts([count_table(cells([1, 1, 1])), count_table(cells([1, 1, 1]), classes=["RBC"])])

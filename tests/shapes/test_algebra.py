"""Two tables of masks, row by row, give what the same sets of pixels give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from cellwright.core import BadParameter, Masks
from cellwright.shapes import difference, intersection, joined
from cellwright.shapes.algebra import _swept

Stack = NDArray[np.bool_]
pairs = hnp.arrays(np.bool_, st.tuples(st.just(2), st.integers(0, 4), st.just(7), st.just(11)))


def masks_of(stack: Stack) -> Masks:
    row, y, x = np.nonzero(stack)
    return Masks.from_spans(row, np.stack([y, x, x + 1], 1), len(stack))


@given(pairs)
def test_runs_are_combined_as_pixels_are(pair: Stack) -> None:
    one, other = pair
    a, b = masks_of(one), masks_of(other)
    assert joined(a, b).equals(masks_of(one | other))
    assert intersection(a, b).equals(masks_of(one & other))
    assert difference(a, b).equals(masks_of(one & ~other))


@given(pairs)
def test_what_either_and_what_both_hold_add_up(pair: Stack) -> None:
    a, b = masks_of(pair[0]), masks_of(pair[1])
    together = joined(a, b).areas() + intersection(a, b).areas()
    assert together.tolist() == (a.areas() + b.areas()).tolist()
    assert joined(difference(a, b), intersection(a, b)).equals(a)


@given(pairs)
def test_numpy_combines_as_compiled_loops_do(pair: Stack) -> None:
    a, b = masks_of(pair[0]), masks_of(pair[1])
    assert _swept(a, b, 2).equals(intersection(a, b))
    assert _swept(a, b, 1).equals(difference(a, b))


def test_tables_of_different_length_are_refused() -> None:
    for combine in (joined, intersection, difference):
        with pytest.raises(BadParameter, match="row by row"):
            combine(Masks.empty(1), Masks.empty(2))

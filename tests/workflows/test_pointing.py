"""A model asked about one place says what it says of the whole picture there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cellwright.bundled import bundled
from cellwright.core import BadParameter
from cellwright.inference import AROUND_PX, plan_view, view_around
from cellwright.jobs import run_inline
from cellwright.workflows import AnalyzePicture, LookAtPlace
from cellwright.zoo import InputContract

MODEL = bundled("models", "nuclei-stardist")


@given(
    st.integers(50, 9000),
    st.integers(50, 9000),
    st.floats(0, 1, exclude_max=True),
    st.floats(0, 1, exclude_max=True),
    st.sampled_from([None, 30.0, 77.0]),
)
@example(385, 1025, 0.998046875, 0.99999, None)
def test_what_is_looked_at_holds_the_place_and_fits_the_network(
    rows: int, columns: int, down: float, along: float, object_px: float | None
) -> None:
    contract = InputContract(tile_px=512, halo_px=64, stride=16, object_px=40.0)
    whole = plan_view((rows, columns), None, contract, object_px)
    y, x = down * rows, along * columns
    view = view_around(whole, (y, x), 16, is_dense=True)
    (tile,) = view.tiles
    assert tile.read.y0 <= y < tile.read.y1
    assert tile.read.x0 <= x < tile.read.x1
    height, width = view.content_shape(tile)
    assert height <= view.input_shape[0]
    assert width <= view.input_shape[1]
    assert view.input_shape[0] % 16 == view.input_shape[1] % 16 == 0
    assert min(view.input_shape) <= AROUND_PX or view.input_shape == whole.input_shape


def test_a_place_outside_is_refused() -> None:
    contract = InputContract(tile_px=512, halo_px=64, stride=16)
    with pytest.raises(BadParameter, match="outside the picture"):
        view_around(plan_view((100, 100), None, contract), (100.0, 5.0), 16, is_dense=True)


def test_a_place_is_seen_as_in_the_whole_picture(data_dir: Path) -> None:
    folder = data_dir / "nuclei_dsb2018" / "images"
    picture = next(path for path in sorted(folder.iterdir()) if path.stat().st_size > 300_000)
    every = run_inline(AnalyzePicture(picture, MODEL)).objects
    assert every.masks is not None
    for row in np.flatnonzero(every.scores > 0.8)[:3]:
        y, x = every.centres[row]
        seen = run_inline(LookAtPlace(picture, (float(y), float(x)), MODEL))
        assert seen.objects.masks is not None
        near = np.abs(seen.objects.centres - every.centres[row]).max(1)
        assert near.min() <= 2
        mine, there = seen.objects.masks.areas()[near.argmin()], every.masks.areas()[row]
        assert abs(int(mine) - int(there)) <= 0.15 * there

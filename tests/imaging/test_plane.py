"""A plane of a stack is a picture of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from cellwright.core import BadParameter, Box, Region
from cellwright.imaging import PlaneSlide, Slide, SlideRef, open_slide, read_rgb

SHAPE = (3, 4, 2, 40, 50)  # t, z, c, y, x


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """Three time points of four planes of two channels, each plane of one value."""
    path = tmp_path / "stack.ome.tif"
    t, z, c = np.indices(SHAPE[:3])
    values = (1000 * t + 100 * z + 10 * c + 1).astype(np.uint16)
    pixels = np.broadcast_to(values[..., None, None], SHAPE)
    names = {"Name": ["DAPI", "GFP"]}
    tifffile.imwrite(path, pixels, metadata={"axes": "TZCYX", "Channel": names})
    return path


def test_a_plane_reads_what_the_stack_reads_there(stack: Path) -> None:
    box = Box(3, 5, 20, 30)
    with open_slide(stack) as whole, SlideRef(stack, z=2, t=1, channels=(1,)).open() as plane:
        assert isinstance(plane, Slide)
        assert (plane.n_z, plane.n_t, [c.name for c in plane.channels]) == (1, 1, ["GFP"])
        assert np.array_equal(plane.read(Region(box)), whole.read(Region(box, z=2, t=1, channels=(1,))))
        assert np.unique(plane.read(Region(box))).tolist() == [1211]
        assert read_rgb(plane, Region(box), ((0, 4000),)).shape == (17, 25, 3)


def test_a_plane_is_found_again_by_its_reference(stack: Path) -> None:
    with SlideRef(stack, z=3, t=2).open() as plane:
        assert plane.ref == SlideRef(stack.absolute(), z=3, t=2)
        assert plane.name.endswith("[z 4, t 3]")
        with plane.ref.open() as again:
            assert np.array_equal(again.read(Region(Box(0, 0, 4, 4))), plane.read(Region(Box(0, 0, 4, 4))))


def test_a_reference_without_a_plane_is_the_stack(stack: Path) -> None:
    with SlideRef(stack).open() as whole:
        assert not isinstance(whole, PlaneSlide)
        assert (whole.n_z, whole.n_t) == (4, 3)


@pytest.mark.parametrize("ref", [{"z": 4}, {"t": 3}, {"channels": (2,)}, {"z": -1}, {"channels": ()}])
def test_what_is_not_there_is_said(ref: dict[str, object], stack: Path) -> None:
    with pytest.raises(BadParameter, match=r"There is no|No channel"):
        SlideRef(stack, **ref).open()  # type: ignore[arg-type]


def test_within_a_plane_there_is_only_that_plane(stack: Path) -> None:
    with SlideRef(stack, z=1).open() as plane, pytest.raises(BadParameter, match="no plane 1"):
        plane.read(Region(Box(0, 0, 2, 2), z=1))

"""Pictures resized and tiled: labels stay on what they label."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import BadParameter, Masks
from cellwright.datasets import Preparation, Resize
from cellwright.shapes import masks_from_labels


def one_cell(size: tuple[int, int], box: tuple[int, int, int, int]) -> tuple[np.ndarray, Masks]:
    picture = np.zeros((*size, 3), np.uint8)
    y0, x0, y1, x1 = box
    picture[y0:y1, x0:x1] = 255
    return picture, masks_from_labels((picture[..., 0] > 0).astype(np.int32))[0]


@given(
    st.tuples(st.integers(30, 90), st.integers(30, 90)),
    st.tuples(st.integers(16, 120), st.integers(16, 120)),
    st.sampled_from(list(Resize)),
)
def test_boxes_and_outlines_stay_on_the_pixels(size: tuple[int, int], new: tuple[int, int], how: Resize) -> None:
    box = (size[0] // 3, size[1] // 3, 2 * size[0] // 3, 2 * size[1] // 3)
    picture, masks = one_cell(size, box)
    (piece,) = Preparation(size=new, resize=how).pieces(size)
    pixels = piece.pixels(picture, is_grey=False)
    assert pixels.shape == (*new, 3)
    boxes, rows = piece.boxes(np.array([box], np.float32), 0.0)
    kept, also = piece.masks(masks, 0.0)
    assert rows.tolist() == also.tolist() == [0]
    bright = np.argwhere(pixels[..., 0] > 184)  # half way between the grey around and the cell
    if how is not Resize.FIT:
        bright = np.argwhere(pixels[..., 0] > 127)
    for found in (boxes[0], kept.boxes()[0]):
        np.testing.assert_allclose(found, [*bright.min(0), *(bright.max(0) + 1)], atol=1.01)


@given(st.integers(8, 40), st.tuples(st.integers(9, 70), st.integers(9, 70)))
def test_tiles_cover_every_pixel_once_and_cut_cells_keep_their_area(side: int, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    labels = np.kron(rng.integers(0, 3, (9, 9)), np.ones((8, 8), int))[: size[0], : size[1]].astype(np.int32)
    masks, _ = masks_from_labels(labels)
    seen = np.zeros(size, int)
    total = np.zeros(len(masks), int)
    for piece in Preparation(tile_px=side, least_left=0.0).pieces(size):
        seen[piece.cut.y0 : piece.cut.y1, piece.cut.x0 : piece.cut.x1] += 1
        kept, rows = piece.masks(masks, 0.0)
        total[rows] += kept.areas()
    assert (seen == 1).all()
    np.testing.assert_array_equal(total, masks.areas())


def test_what_is_mostly_cut_away_goes() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 8, 10, 18], [0, 5, 10, 15]], np.float32)
    first, second = Preparation(tile_px=10).pieces((10, 20))
    assert first.boxes(boxes, 0.3)[1].tolist() == [0, 2]
    assert second.boxes(boxes, 0.3)[1].tolist() == [1, 2]
    np.testing.assert_array_equal(second.boxes(boxes, 0.3)[0], [[0, 0, 10, 8], [0, 0, 10, 5]])


def test_grey_has_three_equal_channels_and_fit_pads_with_grey() -> None:
    picture = np.zeros((20, 40, 3), np.uint8)
    picture[..., 0] = 200
    (piece,) = Preparation(size=(40, 40), is_grey=True).pieces((20, 40))
    pixels = piece.pixels(picture, is_grey=True)
    assert (pixels == pixels[..., :1]).all()
    assert (pixels[:10] == 114).all() and (pixels[30:] == 114).all() and (pixels[12:28] < 80).all()


@pytest.mark.parametrize("wrong", [{"tile_px": 3}, {"size": (0, 10)}, {"size": (10, 10**6)}, {"least_left": 2.0}])
def test_absurd_preparations_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadParameter):
        Preparation(**wrong)  # type: ignore[arg-type]

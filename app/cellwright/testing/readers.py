"""What every reader of pictures must keep, as tests to inherit.

A plugin author writes, in a test module::

    from cellwright.testing.readers import SlideReaderTests

    class TestMyFormat(SlideReaderTests):
        @pytest.fixture
        def slide_path(self):
            return Path("sample.myformat")

and pytest runs every test of the class on that file through `cellwright.imaging.open_slide`, so the registration is
tested as well. Override `open` to try a reader that is not registered.
"""

from __future__ import annotations

import math
import pickle  # noqa: TID251 - only what this process wrote a moment ago is read back
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cellwright.core import BadParameter, Box, Region, SlideNotReadable, UnknownName
from cellwright.imaging import Slide, SlideRef, contrast_limits, open_slide, read_rgb

_BOXES = 12
_THREADS = 4


class SlideReaderTests:
    """Laws of the `Slide` protocol, checked on one file.

    A subclass provides the fixture `slide_path`. Pictures up to a few thousand pixels a side keep the tests quick.
    """

    @pytest.fixture
    def slide_path(self) -> Path:
        """Return the file; to be provided by the subclass."""
        raise NotImplementedError("Give your test class a fixture 'slide_path' that returns the file to test.")

    def open(self, path: Path) -> Slide:
        """Open the file; override to test a reader that is not registered."""
        return open_slide(path)

    @pytest.fixture
    def slide(self, slide_path: Path) -> Iterator[Slide]:
        """Open the picture for one test."""
        with self.open(slide_path) as slide:
            yield slide

    @pytest.fixture
    def whole(self, slide: Slide) -> NDArray[Any]:
        """Return all pixels of the last plane and time point, at full resolution."""
        return slide.read(_last_plane(slide, Box(0, 0, *slide.shape)))

    def test_it_offers_everything_a_slide_has(self, slide: Slide) -> None:
        """Every property is there and of the right kind."""
        assert isinstance(slide, Slide)
        assert isinstance(slide.ref, SlideRef)
        assert slide.name
        assert slide.pixel_size_note
        assert slide.n_z >= 1
        assert slide.n_t >= 1
        assert len(slide.channels) == 3 if slide.is_rgb else len(slide.channels) >= 1
        assert slide.ref.series < len(slide.series_names)

    def test_what_is_read_has_the_promised_shape_and_type(self, slide: Slide, whole: NDArray[Any]) -> None:
        """Rows, columns, channels and type of the pixels are those of the header."""
        assert whole.shape == (*slide.shape, len(slide.channels))
        assert whole.dtype == slide.dtype
        assert whole.dtype.isnative

    def test_levels_go_from_fine_to_coarse(self, slide: Slide) -> None:
        """The first level is the full resolution, and every further one is coarser."""
        assert slide.levels[0] == slide.shape
        assert slide.level_downsamples[0] == 1.0
        assert len(slide.levels) == len(slide.level_downsamples)
        assert list(slide.level_downsamples) == sorted(set(slide.level_downsamples))

    def test_the_reference_travels_and_opens_the_same_picture(self, slide: Slide) -> None:
        """A pickled reference is equal, and what it opens has the same shape."""
        ref = pickle.loads(pickle.dumps(slide.ref))  # noqa: S301 - our own bytes, as dask would send them
        assert ref == slide.ref
        with self.open(ref.path) if ref.series == 0 else ref.open() as again:
            assert again.shape == slide.shape

    def test_any_region_is_a_cut_of_the_whole(self, slide: Slide, whole: NDArray[Any]) -> None:
        """Random boxes, inside and across the edges, hold what the whole picture holds there."""
        for box in _random_boxes(slide.shape):
            expected = _cut(whole, box, slide.background)
            np.testing.assert_array_equal(slide.read(_last_plane(slide, box)), expected, err_msg=str(box))

    @pytest.mark.parametrize("downsample", [2.0, 4.0, 0.5])
    def test_neighbouring_tiles_join(self, slide: Slide, downsample: float) -> None:
        """Tiles read one by one at another resolution are the cuts of the whole read at once."""
        whole = slide.read(_last_plane(slide, Box(0, 0, *_even(slide.shape)), downsample))
        side = 64
        step = round(side * downsample)
        corners = [(y, x) for y in range(0, slide.shape[0], step) for x in range(0, slide.shape[1], step)]
        for y, x in corners[:: max(1, len(corners) // _BOXES)]:
            box = Box(y, x, min(y + step, _even(slide.shape)[0]), min(x + step, _even(slide.shape)[1]))
            if box.height < 2 or box.width < 2:
                continue
            tile = slide.read(_last_plane(slide, box, downsample))
            row, column = round(y / downsample), round(x / downsample)
            expected = whole[row : row + tile.shape[0], column : column + tile.shape[1]]
            np.testing.assert_array_equal(tile[: expected.shape[0], : expected.shape[1]], expected, err_msg=str(box))

    def test_any_region_at_any_level_is_a_cut_of_that_level(self, slide: Slide) -> None:
        """Boxes that lie on the pixels of a stored resolution hold what the whole of that resolution holds there."""
        for (rows, columns), step in zip(slide.levels, slide.level_downsamples, strict=True):
            if step != int(step) or min(rows, columns) < 2:
                continue
            factor = int(step)
            # The far edge may cover a part of a pixel only.
            shape = (min(rows, slide.shape[0] // factor), min(columns, slide.shape[1] // factor))
            whole = slide.read(_last_plane(slide, Box(0, 0, shape[0] * factor, shape[1] * factor), step))
            for small in _random_boxes(shape)[3:8]:
                part = small.intersect(Box(0, 0, *shape))
                if part.is_empty:
                    continue
                box = Box(*(side * factor for side in (part.y0, part.x0, part.y1, part.x1)))
                expected = whole[part.y0 : part.y1, part.x0 : part.x1]
                np.testing.assert_array_equal(slide.read(_last_plane(slide, box, step)), expected, err_msg=str(box))

    def test_a_downsample_gives_the_shape_that_the_region_promises(self, slide: Slide) -> None:
        """Also for factors that divide nothing."""
        for downsample in (0.7, 1.5, 3.0, 7.3, float(max(slide.shape))):
            region = _last_plane(slide, Box(0, 0, *slide.shape), downsample)
            assert slide.read(region).shape == (*region.shape, len(slide.channels))

    def test_outside_the_picture_is_background(self, slide: Slide) -> None:
        """A box beside the picture holds nothing else, at every resolution."""
        y, x = slide.shape
        for downsample in (1.0, 2.0, 0.5):
            pixels = slide.read(_last_plane(slide, Box(y + 8, x + 8, y + 24, x + 24), downsample))
            assert (pixels == np.asarray(slide.background, slide.dtype)).all()

    def test_an_empty_box_has_no_pixels(self, slide: Slide) -> None:
        """And is no error."""
        assert slide.read(_last_plane(slide, Box(3, 3, 3, 9))).shape == (0, 6, len(slide.channels))

    def test_channels_come_as_they_are_asked_for(self, slide: Slide, whole: NDArray[Any]) -> None:
        """In any order, any of them."""
        order = tuple(reversed(range(len(slide.channels))))
        region = _last_plane(slide, Box(0, 0, *slide.shape), channels=order)
        np.testing.assert_array_equal(slide.read(region), whole[:, :, list(order)])
        last = _last_plane(slide, Box(0, 0, *slide.shape), channels=order[:1])
        np.testing.assert_array_equal(slide.read(last), whole[:, :, -1:])

    def test_pixels_belong_to_the_caller(self, slide: Slide, whole: NDArray[Any]) -> None:
        """Writing into what was read changes nothing for the next reader."""
        region = _last_plane(slide, Box(0, 0, *slide.shape))
        mine = slide.read(region)
        mine[...] = 0
        np.testing.assert_array_equal(slide.read(region), whole)

    def test_many_threads_read_what_one_reads(self, slide: Slide) -> None:
        """The same boxes, all at once."""
        regions = [_last_plane(slide, box, d) for box in _random_boxes(slide.shape) for d in (1.0, 3.0)]
        alone = [slide.read(region) for region in regions]
        with self.open(slide.ref.path) as fresh, ThreadPoolExecutor(_THREADS) as pool:
            together = list(pool.map(fresh.read, regions))
        for one, other in zip(alone, together, strict=True):
            np.testing.assert_array_equal(one, other)

    def test_what_does_not_exist_is_refused(self, slide: Slide) -> None:
        """Planes, time points and channels beyond the last one."""
        box = Box(0, 0, 1, 1)
        for region in (
            Region(box, z=slide.n_z),
            Region(box, t=slide.n_t),
            Region(box, channels=(len(slide.channels),)),
            Region(box, z=-1),
        ):
            with pytest.raises(BadParameter):
                slide.read(region)

    def test_the_pictures_that_come_with_it_are_small_and_coloured(self, slide: Slide) -> None:
        """Label, macro and thumbnail read as 8-bit colour, and other names are refused."""
        for name in slide.associated:
            picture = slide.read_associated(name)
            assert picture.ndim == 3
            assert picture.shape[2] == 3
            assert picture.dtype == np.uint8
            assert picture.size
        with pytest.raises(UnknownName):
            slide.read_associated("a name that no picture has")

    def test_a_magnification_is_a_number_or_unknown(self, slide: Slide) -> None:
        """Missing stays None; nothing is worked out from pixels."""
        assert slide.magnification is None or 0.1 <= slide.magnification <= 1000

    def test_contrast_is_a_range_that_can_be_shown(self, slide: Slide) -> None:
        """Limits are finite and rising, and the picture becomes 8-bit colour with them."""
        limits = contrast_limits(slide)
        assert len(limits) == len(slide.channels)
        assert all(math.isfinite(low) and math.isfinite(high) and low < high for low, high in limits)
        shown = read_rgb(slide, _last_plane(slide, Box(0, 0, *slide.shape), 4.0), limits)
        assert shown.dtype == np.uint8
        assert shown.shape[2] == 3

    def test_a_closed_picture_says_so(self, slide_path: Path) -> None:
        """With our own error and not with a crash."""
        slide = self.open(slide_path)
        slide.close()
        with pytest.raises(SlideNotReadable):
            slide.read(Region(Box(0, 0, 1, 1)))
        for name in slide.associated:
            with pytest.raises(SlideNotReadable):
                slide.read_associated(name)
        slide.close()  # twice is fine


def _last_plane(slide: Slide, box: Box, downsample: float = 1.0, channels: tuple[int, ...] | None = None) -> Region:
    return Region(box, downsample, slide.n_z - 1, slide.n_t - 1, channels)


def _even(shape: tuple[int, int]) -> tuple[int, int]:
    """Cut to a multiple of four, so that no output pixel of the tests reaches over the far edge."""
    return (max(4, shape[0] // 4 * 4), max(4, shape[1] // 4 * 4))


def _random_boxes(shape: tuple[int, int]) -> list[Box]:
    rng = np.random.default_rng(20)
    boxes = [Box(0, 0, *shape), Box(-5, -7, 9, 11), Box(shape[0] - 6, shape[1] - 4, shape[0] + 3, shape[1] + 8)]
    for _ in range(_BOXES):
        y, x = (int(rng.integers(-20, side)) for side in shape)
        height, width = (int(rng.integers(1, max(2, side // 2))) for side in shape)
        boxes.append(Box(y, x, y + height, x + width))
    return boxes


def _cut(whole: NDArray[Any], box: Box, background: float) -> NDArray[Any]:
    expected = np.full((box.height, box.width, whole.shape[2]), background, whole.dtype)
    inside = box.intersect(Box(0, 0, *whole.shape[:2]))
    if not inside.is_empty:
        rows = slice(inside.y0 - box.y0, inside.y1 - box.y0)
        columns = slice(inside.x0 - box.x0, inside.x1 - box.x0)
        expected[rows, columns] = whole[inside.y0 : inside.y1, inside.x0 : inside.x1]
    return expected

"""What every set of measurements must keep, as tests to inherit.

A plugin author writes, in a test module::

    from cellwright.testing.measurements import MeasurementSetTests

    class TestMine(MeasurementSetTests):
        @pytest.fixture
        def measurement_set(self):
            return Mine()

and pytest runs every test of the class on drawn nuclei of which every pixel is known. Override `registered_name` to say
under what name the set is registered; then the registration is tested as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cellwright.core import Box, Masks
from cellwright.measure import MEASUREMENTS, Column, MeasurementSet, MeasureOptions, Needs, Picture, Subject
from cellwright.testing.nuclei import Nuclei

CHANNELS = ("red", "green", "blue")
_SHAPE = (150, 170)
_PIXELS = ((1.0, 1.0), (0.25, 0.25), (0.5, 0.25))

Answers = Mapping[str, NDArray[Any]]


class MeasurementSetTests:
    """Laws of the `MeasurementSet` protocol, checked on one set.

    A subclass provides the fixture `measurement_set`.
    """

    registered_name = ""

    @pytest.fixture
    def measurement_set(self) -> MeasurementSet:
        """Return the set; to be provided by the subclass."""
        raise NotImplementedError("Give your test class a fixture 'measurement_set' that returns the set to test.")

    @pytest.fixture
    def subject(self, measurement_set: MeasurementSet) -> Subject:
        """Return drawn nuclei, one of them outside all others and one without pixels, with what the set needs."""
        return _subject(measurement_set, _nuclei())

    def test_it_is_registered(self, measurement_set: MeasurementSet) -> None:
        """Under its name, where it says one, and its class makes it without arguments."""
        if self.registered_name:
            made = MEASUREMENTS.load(self.registered_name)()
            assert isinstance(made, MeasurementSet)
            assert type(made) is type(measurement_set)

    def test_it_declares_what_it_measures(self, measurement_set: MeasurementSet) -> None:
        """Every column has a name of its own, a description, a formula and a source."""
        assert isinstance(measurement_set, MeasurementSet)
        assert measurement_set.title
        columns = _columns(measurement_set)
        assert columns
        assert len({column.key for column in columns}) == len(columns)
        assert len({column.header(in_um=True) for column in columns}) == len(columns)
        for column in columns:
            assert column.description, f"{column.key} has no description"
            assert column.formula, f"{column.key} has no formula"
            assert column.source, f"{column.key} has no source"
            assert not set(column.key) & set(" ,;\t\n"), f"{column.key!r} cannot be the name of a column"

    def test_it_answers_what_is_asked_and_no_other_number_of_objects(
        self, measurement_set: MeasurementSet, subject: Subject
    ) -> None:
        """All columns at once and each alone, the same values."""
        every = _measured(measurement_set, subject)
        for column in _columns(measurement_set):
            assert every[column.key].shape == (len(subject),), column.key
            alone = measurement_set.measure(subject, (column.key,))[column.key]
            np.testing.assert_array_equal(np.asarray(alone, np.float64), every[column.key], err_msg=column.key)

    def test_whole_numbers_are_whole(self, measurement_set: MeasurementSet, subject: Subject) -> None:
        """Where a column says so; what has no answer is NaN and never infinite."""
        for column in _columns(measurement_set):
            values = _measured(measurement_set, subject)[column.key]
            assert not np.isinf(values).any(), f"{column.key} is infinite; an object without an answer has NaN"
            known = values[np.isfinite(values)]
            if column.dtype == "int":
                np.testing.assert_array_equal(known, np.round(known), err_msg=column.key)

    def test_no_object_is_no_error(self, measurement_set: MeasurementSet) -> None:
        """And neither is one without pixels."""
        for masks in (Masks.empty(), Masks.empty(2)):
            for values in _measured(measurement_set, _subject(measurement_set, masks)).values():
                assert values.shape == (len(masks),)

    def test_the_order_of_objects_does_not_matter(self, measurement_set: MeasurementSet, subject: Subject) -> None:
        """Objects keep their values however they are sorted."""
        order = np.random.default_rng(3).permutation(len(subject))
        turned = _measured(measurement_set, _subject(measurement_set, subject.masks.take(order)))
        for key, values in _measured(measurement_set, subject).items():
            np.testing.assert_allclose(turned[key], values[order], rtol=1e-9, atol=1e-12, err_msg=key)

    def test_objects_may_be_measured_a_few_at_a_time(self, measurement_set: MeasurementSet, subject: Subject) -> None:
        """A part of a slide gives what the whole gives; sets that need all objects are never given a part."""
        if measurement_set.needs is Needs.OTHERS:
            return
        whole = _measured(measurement_set, subject)
        for rows in np.array_split(np.arange(len(subject)), 4):
            part = _measured(measurement_set, _part(measurement_set, subject, rows))
            for key, values in whole.items():
                np.testing.assert_allclose(part[key], values[rows], rtol=1e-12, atol=0, err_msg=key)

    def test_the_place_of_a_picture_does_not_matter(self, measurement_set: MeasurementSet, subject: Subject) -> None:
        """Far away on a slide everything but coordinates has the same values."""
        far = _subject(measurement_set, subject.masks.shifted(40_000, 70_000), origin=(40_000, 70_000))
        moved = _measured(measurement_set, far)
        for key, values in _measured(measurement_set, subject).items():
            shift = moved[key] - values
            is_coordinate = np.isclose(shift, 40_000) | np.isclose(shift, 70_000) | np.isnan(shift)
            same = np.isclose(moved[key], values, rtol=1e-6, atol=1e-9, equal_nan=True)
            assert (is_coordinate | same).all(), key

    @pytest.mark.parametrize("pixel", _PIXELS)
    def test_lengths_grow_with_pixels(
        self, measurement_set: MeasurementSet, subject: Subject, pixel: tuple[float, float]
    ) -> None:
        """Twice as large pixels are lengths times two, areas times four and nothing else."""
        options = MeasureOptions(ring=3 * max(pixel), radius=30 * max(pixel))
        doubled = MeasureOptions(ring=6 * max(pixel), radius=60 * max(pixel))
        small = _measured(measurement_set, _subject(measurement_set, subject.masks, pixel, options))
        large = _measured(
            measurement_set, _subject(measurement_set, subject.masks, (2 * pixel[0], 2 * pixel[1]), doubled)
        )
        for column in _columns(measurement_set):
            np.testing.assert_allclose(
                large[column.key], small[column.key] * 2.0**column.length, rtol=1e-9, atol=1e-12, err_msg=column.key
            )

    def test_it_looks_no_further_than_it_says(self, measurement_set: MeasurementSet, subject: Subject) -> None:
        """What lies beyond the rim changes nothing."""
        if measurement_set.needs is not Needs.PIXELS:
            assert measurement_set.rim_px(subject.options, subject.pixel) == 0
            return
        row = int(np.argmax(subject.masks.areas()))
        alone = _part(measurement_set, subject, np.array([row]))
        whole = _measured(measurement_set, subject)
        for key, values in _measured(measurement_set, alone).items():
            np.testing.assert_allclose(values[0], whole[key][row], rtol=1e-12, atol=0, err_msg=key)


def _nuclei() -> Masks:
    masks = Nuclei(seed=5, shape=_SHAPE).truth().masks
    assert masks is not None
    dot = Masks.from_spans(np.zeros(1, np.int64), np.array([[75, 80, 81]]), 1)
    return Masks.concatenate([masks, Masks.empty(1), dot])


def _columns(made: MeasurementSet) -> Sequence[Column]:
    return made.columns(CHANNELS, is_rgb=True)


def _measured(made: MeasurementSet, subject: Subject) -> dict[str, NDArray[np.float64]]:
    keys = [column.key for column in _columns(made)]
    return {key: np.asarray(values, np.float64) for key, values in made.measure(subject, keys).items()}


def _subject(
    made: MeasurementSet,
    masks: Masks,
    pixel: tuple[float, float] = (1.0, 1.0),
    options: MeasureOptions | None = None,
    origin: tuple[int, int] = (0, 0),
) -> Subject:
    needs_pixels = made.needs is Needs.PIXELS
    values = np.random.default_rng(9).integers(1, 256, (*_SHAPE, 3)).astype(np.uint8)
    boxes = masks.boxes()
    boxes[masks.counts == 0] = np.tile(np.array(origin, np.float32), 2)
    return Subject(
        masks,
        boxes,
        pixel,
        options or MeasureOptions(ring=3, radius=30),
        Picture(values, CHANNELS, origin, is_rgb=True) if needs_pixels else None,
        Masks.empty() if needs_pixels else None,
        Box(origin[0], origin[1], origin[0] + _SHAPE[0], origin[1] + _SHAPE[1]),
    )


def _part(made: MeasurementSet, subject: Subject, rows: NDArray[np.intp]) -> Subject:
    """Return some objects with as much of the picture as the set asks for, the others around them."""
    masks = subject.masks.take(rows)
    if subject.picture is None:
        return Subject(masks, subject.boxes[rows], subject.pixel, subject.options)
    boxes = masks.boxes()[masks.counts > 0]
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    rim = made.rim_px(subject.options, subject.pixel)
    window = Box(int(low[0]), int(low[1]), int(high[0]), int(high[1])).grow(rim).intersect(subject.picture.box)
    y, x = window.y0 - subject.picture.origin[0], window.x0 - subject.picture.origin[1]
    part = subject.picture.values[y : y + window.height, x : x + window.width]
    picture = Picture(part, CHANNELS, (window.y0, window.x0), is_rgb=True)
    others = subject.masks.take(np.setdiff1d(np.arange(len(subject)), rows)).clipped(window)
    return Subject(masks, subject.boxes[rows], subject.pixel, subject.options, picture, others)

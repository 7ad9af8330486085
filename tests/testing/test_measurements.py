"""Our own sets of measurements pass the tests that plugins inherit, and the tests notice a set that breaks a law."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from cellwright.measure import Column, MeasurementSet, MeasureOptions, Needs, Subject
from cellwright.measure.geometry import Geometry
from cellwright.measure.intensity import Intensity, Ring, Stain
from cellwright.measure.moments import Moments
from cellwright.measure.neighbours import Neighbours
from cellwright.measure.texture import Texture
from cellwright.testing.measurements import MeasurementSetTests


class TestGeometry(MeasurementSetTests):
    registered_name = "geometry"

    @pytest.fixture
    def measurement_set(self) -> MeasurementSet:
        return Geometry()


class TestMoments(MeasurementSetTests):
    registered_name = "moments"

    @pytest.fixture
    def measurement_set(self) -> MeasurementSet:
        return Moments()


class TestIntensity(MeasurementSetTests):
    registered_name = "intensity"

    @pytest.fixture
    def measurement_set(self) -> MeasurementSet:
        return Intensity()


class TestStain(MeasurementSetTests):
    registered_name = "stain"

    @pytest.fixture
    def measurement_set(self) -> MeasurementSet:
        return Stain()


class TestRing(MeasurementSetTests):
    registered_name = "ring"

    @pytest.fixture
    def measurement_set(self) -> MeasurementSet:
        return Ring()


class TestTexture(MeasurementSetTests):
    registered_name = "texture"

    @pytest.fixture
    def measurement_set(self) -> MeasurementSet:
        return Texture()


class TestNeighbours(MeasurementSetTests):
    registered_name = "neighbours"

    @pytest.fixture
    def measurement_set(self) -> MeasurementSet:
        return Neighbours()


@dataclass(frozen=True, slots=True)
class Ranks:
    """A set that breaks the law: values depend on the order of the objects."""

    title: str = "Ranks"
    needs: Needs = Needs.OUTLINES

    def columns(self, channels: Sequence[str], *, is_rgb: bool) -> tuple[Column, ...]:
        return (Column("rank", "place in the table", "row", "none"),)

    def rim_px(self, options: MeasureOptions, pixel: tuple[float, float]) -> int:
        return 0

    def measure(self, subject: Subject, wanted: Collection[str]) -> Mapping[str, np.ndarray]:
        return {key: np.arange(len(subject), dtype=np.float64) for key in wanted}


def test_a_set_whose_values_depend_on_the_order_is_found_out() -> None:
    tests = MeasurementSetTests()
    ranks = Ranks()
    subject = MeasurementSetTests.subject.__wrapped__(tests, ranks)  # type: ignore[attr-defined]
    tests.test_it_declares_what_it_measures(ranks)
    with pytest.raises(AssertionError):
        tests.test_the_order_of_objects_does_not_matter(ranks, subject)
    with pytest.raises(AssertionError):
        tests.test_objects_may_be_measured_a_few_at_a_time(ranks, subject)

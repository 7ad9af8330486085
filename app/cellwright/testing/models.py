"""What every model folder must keep, as tests to inherit.

A plugin author writes, in a test module::

    from cellwright.testing.models import ModelTests

    class TestMine(ModelTests):
        @pytest.fixture(scope="class")
        def model_folder(self):
            return FOLDER / "my-model"

and pytest runs every test of the class on that folder, as window and command line use it. The folder needs a sample:
a picture, and what must be found on it (`cellwright.inference.record_sample` writes that down).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from cellwright.core import Box, Region
from cellwright.imaging import Slide, array_ref, contrast_limits, open_slide, read_rgb
from cellwright.inference import Detection, DetectOptions, Predictor, detect, open_predictor
from cellwright.zoo import ModelCard, load_card, verify, weights_problem

_EVEN = (0, 128, 255)
_SHAPE = (160, 208)


class ModelTests:
    """Laws of a model folder, checked on one.

    A subclass provides the fixture `model_folder`, of the scope ``class``.
    """

    device: ClassVar[str] = "cpu"
    tolerance: ClassVar[float] = 0.02
    """How far raw answers may differ where a picture is looked at beside another one, as a share of the largest."""

    @pytest.fixture(scope="class")
    def model_folder(self) -> Path:
        """Return the folder; to be provided by the subclass."""
        raise NotImplementedError("Give your test class a fixture 'model_folder' that returns the folder to test.")

    @pytest.fixture(scope="class")
    def card(self, model_folder: Path) -> ModelCard:
        """Return its card."""
        return load_card(model_folder)

    @pytest.fixture(scope="class")
    def predictor(self, model_folder: Path) -> Iterator[Predictor]:
        """Return the model ready to answer."""
        made = open_predictor(model_folder, self.device)
        yield made
        made.close()

    @pytest.fixture(scope="class")
    def sample(self, model_folder: Path, card: ModelCard) -> Iterator[Slide]:
        """Open the sample."""
        assert card.sample is not None, "a model without a sample cannot be checked by anybody"
        with open_slide(model_folder / card.sample.picture) as slide:
            yield slide

    @pytest.fixture(scope="class")
    def found(self, predictor: Predictor, sample: Slide) -> Detection:
        """Return what is found on the sample."""
        return detected(sample, predictor)

    def test_the_card_says_what_a_person_must_know(self, model_folder: Path, card: ModelCard) -> None:
        """Its name is the folder's; what it finds, and under which licence, is said."""
        assert card.name == model_folder.name
        assert card.title.strip()
        assert card.summary.strip()
        assert card.licence.strip()

    def test_the_weights_are_those_of_the_card(self, model_folder: Path, card: ModelCard) -> None:
        """By their hash."""
        assert weights_problem(model_folder, card) == ""

    def test_the_sample_is_found_again(self, model_folder: Path, found: Detection) -> None:
        """Every object that must be found, and no other."""
        assert found.coverage.is_complete
        assert verify(model_folder, lambda _folder, _picture: found.objects) == ()

    def test_the_same_picture_gives_the_same_objects(
        self, predictor: Predictor, sample: Slide, found: Detection
    ) -> None:
        """To the last bit, ids among them."""
        first, second = found.objects, detected(sample, predictor).objects
        assert first.id_strings() == second.id_strings()
        np.testing.assert_array_equal(first.boxes, second.boxes)
        np.testing.assert_array_equal(first.scores, second.scores)

    def test_a_picture_beside_another_is_answered_as_alone(
        self, predictor: Predictor, card: ModelCard, sample: Slide
    ) -> None:
        """So that results do not depend on how many are looked at at once."""
        image = _shown(sample, card)
        other = np.ascontiguousarray(image[::-1])
        both = predictor.predict(np.stack([image, other]))
        for together, alone in zip(both, (image, other), strict=True):
            expected = predictor.predict(alone[None])[0]
            np.testing.assert_allclose(
                _sorted(together), _sorted(expected), atol=self.tolerance * max(1.0, float(np.abs(expected).max()))
            )

    @pytest.mark.parametrize("level", _EVEN)
    def test_an_even_picture_is_no_error(self, predictor: Predictor, card: ModelCard, level: int) -> None:
        """And holds no object that counts, unless the model says what a whole picture shows."""
        with array_ref(np.full((*_SHAPE, 3), level, np.uint8)).open() as slide:
            seen = detected(slide, predictor)
        assert seen.coverage.is_complete
        if card.task in ("detection", "instances"):
            assert len(seen.objects.at_least(card.confidence_thresholds())) == 0

    def test_scores_and_classes_are_those_of_the_card(self, card: ModelCard, sample: Slide, found: Detection) -> None:
        """Scores lie between the floor and 1, boxes within the picture."""
        objects = found.objects
        assert objects.classes == card.class_names
        assert objects.source == card.source
        assert (objects.scores >= card.thresholds.floor - 1e-6).all()
        assert (objects.scores <= 1.0).all()
        assert (objects.boxes[:, :2] >= 0).all()
        assert (objects.boxes[:, 2:] <= np.array(sample.shape)).all()

    def test_tiles_find_what_the_whole_finds(
        self, predictor: Predictor, card: ModelCard, sample: Slide, found: Detection
    ) -> None:
        """As many objects, up to one in twenty, wherever seams lie; not asked where models know whole pictures."""
        if card.input.fit or card.task in ("classification", "semantic"):
            return
        whole = found.objects.at_least(card.confidence_thresholds())
        # where halos are most of a tile, looking takes long and tells little
        side = max(max(sample.shape) // 2, 4 * card.input.halo_px, card.input.stride)
        options = DetectOptions(tile_px=side, origin=(card.input.halo_px // 2, 0))
        tiled = detected(sample, predictor, options).objects.at_least(card.confidence_thresholds())
        assert abs(len(tiled) - len(whole)) <= max(1, len(whole) // 20)


def detected(slide: Slide, predictor: Predictor, options: DetectOptions | None = None) -> Detection:
    """Run a model on an open picture to the end."""
    steps = detect(slide, predictor, options or DetectOptions(picture_id="ab" * 32))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Detection = end.value
            return result


def _shown(slide: Slide, card: ModelCard) -> NDArray[np.uint8]:
    """Return the upper left part of a picture as the model sees it, its sides multiples of the stride."""
    stride = card.input.stride
    side = max(stride, 128 // stride * stride)
    box = Box(0, 0, min(side, slide.shape[0]), min(side, slide.shape[1]))
    part = read_rgb(slide, Region(box), contrast_limits(slide, card.input.contrast_percentiles))
    padded = np.zeros((-(-side // stride) * stride,) * 2 + (3,), np.uint8)
    padded[: part.shape[0], : part.shape[1]] = part
    return padded


def _sorted(answer: NDArray[Any]) -> NDArray[Any]:
    """Return rows of objects in an order of their own, without empty ones; maps as they are."""
    if answer.ndim != 2:
        return answer
    rows: NDArray[Any] = answer[np.abs(answer[:, 4:]).sum(axis=1) > 0]
    return rows[np.lexsort(rows.round(2).T)]

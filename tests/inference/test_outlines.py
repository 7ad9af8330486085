"""Whole = tiled for every kind of answer, to the pixel; whatever the picture holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from cellwright.core import BadParameter, Masks, Objects
from cellwright.inference import Detection, Predictor, TileState, detect_file
from cellwright.inference.engine import is_out_of_memory
from cellwright.inference.view import contract_in_use
from cellwright.shapes import components, labels_from_masks, masks_from_labels
from cellwright.zoo import ClassDecoding, ModelCard, TouchingDecoding
from tests.inference.oracle import DECODINGS, Oracle, card_of, painted

OUTLINED = [name for name in DECODINGS if name != "boxes"]
HALO = 40
"""Wider than any object drawn here and its neighbour."""


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pictures of a few hundred pixels be tiled as cards say."""
    monkeypatch.setattr("cellwright.inference.view.DENSE_TILE_PX", 0)
    monkeypatch.setattr("cellwright.inference.view.REGION_TILES", 1.0)


@st.composite
def cells(draw: st.DrawFn) -> NDArray[np.int32]:
    """A picture of ellipses up to 19 pixels wide, some of which touch."""
    height, width = draw(st.integers(140, 180)), draw(st.integers(140, 180))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return ellipses(height, width, draw(st.integers(0, 60)), rng)


def ellipses(height: int, width: int, n: int, rng: np.random.Generator) -> NDArray[np.int32]:
    labels = np.zeros((height, width), np.int32)
    for number in range(1, n + 1):
        cy, cx, ry, rx = rng.integers(0, height), rng.integers(0, width), *rng.uniform(4, 9.5, 2)
        y0, x0 = max(0, cy - 10), max(0, cx - 10)
        part = labels[y0 : cy + 11, x0 : cx + 11]
        y, x = np.ogrid[y0 : y0 + part.shape[0], x0 : x0 + part.shape[1]]
        inside = ((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 <= 1
        if inside.sum() >= 30 and not (part[inside] > 0).any():
            part[inside] = number
    return labels


def found_on(folder: Path, image: NDArray[np.uint8], card: ModelCard, engine: Any | None = None) -> Detection:
    path = folder / "picture.png"
    Image.fromarray(image).save(path)
    return detect_file(path, Predictor(folder, card, engine or Oracle(card.decoding, len(card.classes))))


def rows(objects: Objects) -> list[tuple[Any, ...]]:
    """Everything that is said of each object, in an order of its own."""
    masks = objects.masks or Masks.empty(len(objects))
    columns = (objects.id_strings(), objects.boxes.tolist(), objects.class_index.tolist())
    spans = [masks.spans[a:b].tolist() for a, b in zip(masks.starts[:-1], masks.starts[1:], strict=True)]
    scores = objects.scores.round(6).tolist()
    return sorted(zip(*columns, spans, scores, strict=True))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", DECODINGS)
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(labels=cells(), tile=st.integers(22, 34), classes=st.integers(1, 2), seed=st.integers(0, 99))
def test_tiled_is_whole_to_the_pixel(
    tmp_path: Path, name: str, labels: NDArray[np.int32], tile: int, classes: int, seed: int
) -> None:
    decoding = DECODINGS[name]
    classes = 1 if name == "touching" else classes
    kinds = np.random.default_rng(seed).integers(0, classes, labels.max(initial=0) + 1)
    image = painted(labels, kinds)
    whole = found_on(tmp_path, image, card_of(decoding, 512, HALO, classes)).objects
    tiled = found_on(tmp_path, image, card_of(decoding, 4 * tile, HALO, classes))
    assert len(tiled.coverage.records) > 1
    assert rows(tiled.objects) == rows(whole)
    if name in ("regions", "touching"):
        assert len(whole) == len(np.unique(labels[labels > 0]))
    if whole.masks is not None:
        drawn = labels_from_masks(whole.masks, labels.shape)
        covered = (drawn > 0) != (labels > 0)
        allowed = {"stars": 0.12, "stars-2": 0.12, "stars-fitted": 0.03}.get(name, 0)
        assert covered.sum() <= allowed * (labels > 0).sum()
        # No pixel has two objects.
        assert whole.masks.areas().sum() == (drawn > 0).sum()


@pytest.mark.parametrize("name", DECODINGS)
def test_two_pictures_at_once_are_answered_like_one_after_the_other(tmp_path: Path, name: str) -> None:
    image = painted(ellipses(150, 150, 40, np.random.default_rng(1)))
    card = card_of(DECODINGS[name], 100, HALO)
    one, two = (found_on(tmp_path, image, card, Oracle(card.decoding, batch=batch)) for batch in (1, 2))
    assert rows(one.objects) == rows(two.objects)


@pytest.mark.parametrize("name", OUTLINED)
@pytest.mark.parametrize("size", [(60, 90), (100, 130)])
def test_a_picture_without_objects_has_none(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    found = found_on(tmp_path, np.zeros((*size, 3), np.uint8), card_of(DECODINGS[name], 96, HALO))
    assert len(found.objects) == 0
    assert found.objects.masks is None or len(found.objects.masks) == 0
    assert found.coverage.is_complete
    assert len(found.rethreshold(0.7)) == 0


@pytest.mark.parametrize("name", OUTLINED)
def test_one_object_that_fills_the_picture_is_one(tmp_path: Path, name: str) -> None:
    labels = np.ones((88, 90), np.int32)
    found = found_on(tmp_path, painted(labels), card_of(DECODINGS[name], 512, HALO))
    assert len(found.objects) == 1
    assert found.objects.masks is not None
    # The rays of a star end within a pixel of the edge, and a mask in a box is rounded at its corners.
    least = {"stars": 0.93, "stars-2": 0.93, "regions": 0.999}.get(name, 1.0)
    assert found.objects.masks.areas()[0] >= least * labels.size


def test_classes_are_whole_however_large_their_parts(tmp_path: Path) -> None:
    labels = np.zeros((300, 200), np.int32)
    labels[10:290, 20:40] = 1
    labels[270:290, 20:180] = 1
    labels[100:120, 100:120] = 1
    kinds = np.array([0, 1])
    card = card_of(ClassDecoding(), 64, 8, 2)
    found = found_on(tmp_path, painted(labels, kinds), card).objects
    assert len(found) == 2
    assert found.masks is not None
    assert sorted(found.masks.areas()) == [400, (labels > 0).sum() - 400]
    assert found.class_index.tolist() == [1, 1]
    largest = card_of(ClassDecoding(keep_largest=True), 64, 8, 2)
    assert len(found_on(tmp_path, painted(labels, kinds), largest).objects) == 1
    large = card_of(ClassDecoding(min_area_px=401), 64, 8, 2)
    assert len(found_on(tmp_path, painted(labels, kinds), large).objects) == 1


def test_a_class_at_another_scale_covers_the_same_area(tmp_path: Path) -> None:
    labels = np.zeros((100, 140), np.int32)
    labels[20:80, 30:100] = 1
    # Fitted to 280 pixels, twice its size.
    fitted = card_of(ClassDecoding(), 280, 8, 1, fit=True)
    found = found_on(tmp_path, painted(labels), fitted).objects
    assert found.masks is not None
    assert found.masks.areas()[0] == pytest.approx(60 * 70, rel=0.05)
    np.testing.assert_allclose(found.boxes[0], [20, 30, 80, 100], atol=1)


def test_small_objects_are_left_out_where_the_card_says_so(tmp_path: Path) -> None:
    labels = np.zeros((60, 60), np.int32)
    labels[5:15, 5:15] = 1
    labels[30:33, 30:33] = 2
    found = found_on(tmp_path, painted(labels), card_of(TouchingDecoding(min_area_px=10), 512, HALO)).objects
    assert found.boxes.tolist() == [[5, 5, 15, 15]]


@pytest.mark.parametrize("name", [*DECODINGS])
def test_choosing_anew_is_what_detecting_anew_would_find(tmp_path: Path, name: str) -> None:
    image = painted(ellipses(150, 150, 50, np.random.default_rng(4)))
    card = card_of(DECODINGS[name], 120, HALO)
    found = found_on(tmp_path, image, card)
    assert rows(found.rethreshold(card.thresholds.nms_iou)) == rows(found.objects)
    for iou in (0.1, 0.8):
        other = card.changed(thresholds=card.thresholds.model_copy(update={"nms_iou": iou}))
        assert rows(found.rethreshold(iou)) == rows(found_on(tmp_path, image, other).objects)
    with pytest.raises(BadParameter, match="nms_iou"):
        found.rethreshold(1.0)


def test_answers_that_take_too_much_memory_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cellwright.inference.detection.MOST_BYTES", 5000)
    image = painted(ellipses(150, 150, 50, np.random.default_rng(4)))
    found = found_on(tmp_path, image, card_of(DECODINGS["stars"], 120, HALO))
    assert found.answers is None
    assert len(found.objects) > 10
    with pytest.raises(BadParameter, match="were not kept"):
        found.rethreshold(0.5)


@pytest.mark.parametrize("name", OUTLINED)
def test_a_failed_tile_is_recorded_and_the_others_go_on(tmp_path: Path, name: str) -> None:
    class Failing(Oracle):
        def run(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
            answer = super().run(images)
            return np.full_like(answer, np.nan) if len(self.seen) == 2 else answer

    image = painted(ellipses(150, 150, 50, np.random.default_rng(4)))
    card = card_of(DECODINGS[name], 100, HALO)
    found = found_on(tmp_path, image, card, Failing(card.decoding, batch=1))
    assert found.coverage.count(TileState.FAILED) == 1
    (missing,) = found.coverage.missing
    assert "not finite" in missing.reason
    assert len(found.objects) > 5


@pytest.mark.parametrize("name", ["stars", "stars-2", "touching", "classes", "regions"])
def test_what_memory_cannot_hold_goes_through_in_parts_with_the_same_answer(tmp_path: Path, name: str) -> None:
    class Small(Oracle):
        def run(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
            if images.shape[0] * images.shape[1] * images.shape[2] > 130 * 130:
                raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
            return super().run(images)

    image = painted(ellipses(220, 230, 70, np.random.default_rng(5)))
    card = card_of(DECODINGS[name], 512, HALO)
    whole = found_on(tmp_path, image, card)
    parts = found_on(tmp_path, image, card, Small(card.decoding))
    assert rows(parts.objects) == rows(whole.objects)
    assert "in parts of" in parts.notes[-1]


def test_out_of_memory_is_told_from_other_errors() -> None:
    assert is_out_of_memory(MemoryError())
    assert not is_out_of_memory(RuntimeError("shapes cannot be multiplied"))


def test_touching_cells_come_apart_along_the_boundary() -> None:
    from cellwright.inference.decoders.touching import grown_objects

    interior = np.zeros((9, 20), np.float32)
    interior[2:7, 2:8] = 0.9
    interior[2:7, 11:17] = 0.9
    foreground = np.zeros_like(interior)
    foreground[1:8, 1:18] = 0.9
    labels = grown_objects(interior, foreground, 0.5, 0.5)
    assert np.unique(labels).tolist() == [0, 1, 2]
    assert (labels > 0).sum() == 7 * 17
    assert (labels[:, 1:9] == 1)[1:8].all()
    assert (labels[:, 10:18] == 2)[1:8].all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 12), st.integers(0, 12))
def test_objects_grow_the_same_wherever_the_picture_begins(seed: int, dy: int, dx: int) -> None:
    from cellwright.inference.decoders.touching import grown_objects

    rng = np.random.default_rng(seed)
    coarse = rng.random((12, 14)).astype(np.float32)
    interior = np.asarray(Image.fromarray(coarse).resize((70, 60), Image.Resampling.BILINEAR))
    foreground = np.minimum(interior + 0.2, 1)
    whole = grown_objects(interior, foreground, 0.6, 0.55)
    moved = grown_objects(*(np.pad(a, ((dy, 3), (dx, 5))) for a in (interior, foreground)), 0.6, 0.55)
    cut = moved[dy : dy + 60, dx : dx + 70]
    pairs = np.unique(np.stack([whole.ravel(), cut.ravel()], 1), axis=0)
    assert len(pairs) == len(np.unique(whole)) == len(np.unique(cut))


def test_a_mask_is_laid_into_its_box_between_the_middles_of_its_cells() -> None:
    from cellwright.core import Box
    from cellwright.inference.decoders.regions import pasted

    full = np.full((1, 28, 28), 255, np.uint8)
    masks = pasted(full, np.array([[2.0, 3.0, 10.0, 9.0]]), 0.5, Box(0, 0, 8, 20))
    assert masks.boxes().tolist() == [[2, 3, 8, 9]]
    left = full.copy()
    left[:, :, 14:] = 0
    assert pasted(left, np.array([[0.0, 0.0, 8.0, 8.0]]), 0.5, Box(0, 0, 20, 20)).boxes().tolist() == [[0, 0, 8, 4]]
    assert len(pasted(full[:0], np.empty((0, 4)), 0.5, Box(0, 0, 5, 5))) == 0
    nothing = pasted(np.zeros_like(full), np.array([[0.0, 0.0, 8.0, 8.0]]), 0.5, Box(0, 0, 20, 20))
    assert nothing.areas().tolist() == [0]


@pytest.mark.parametrize("value", [0, 255, 65535])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_flat_pictures_are_looked_at_like_any_other(tmp_path: Path, value: int, dtype: type) -> None:
    import tifffile

    path = tmp_path / "flat.tif"
    tifffile.imwrite(path, np.full((90, 110), min(value, np.iinfo(dtype).max), dtype))
    card = card_of(TouchingDecoding(), 96, HALO, contrast="percentile")
    found = detect_file(path, Predictor(tmp_path, card, Grey()))
    assert found.coverage.is_complete
    assert len(found.objects) == 0


class Grey(Oracle):
    """Answers with the greys that it is shown: everything brighter than 200 is an object."""

    def __init__(self) -> None:
        super().__init__(TouchingDecoding())

    def _answer(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        bright = (image[..., 0] > 200).astype(np.float32)
        return np.stack([1 - bright, bright, np.zeros_like(bright)])


def test_contrast_is_taken_once_a_picture(tmp_path: Path) -> None:
    import tifffile

    picture = np.random.default_rng(0).integers(100, 200, (200, 200)).astype(np.uint16)
    picture[20:40, 20:40] = 400
    picture[150:190, 150:190] = 4000  # a bright corner, which most tiles do not see
    tifffile.imwrite(tmp_path / "a.tif", picture)
    card = card_of(TouchingDecoding(), 88, HALO, contrast="percentile", percentiles=(1.0, 99.8))
    found = detect_file(tmp_path / "a.tif", Predictor(tmp_path, card, Grey()))
    assert len(found.coverage.records) > 1
    assert found.objects.boxes.tolist() == [[150, 150, 190, 190]]


def test_fifty_thousand_objects_are_joined_in_little_memory(tmp_path: Path) -> None:
    import tracemalloc

    tile = np.zeros((8, 8), np.int32)
    tile[1:7, 1:7] = 1
    image = np.tile((tile * 255).astype(np.uint8)[..., None], (220, 230, 3))
    card = card_of(TouchingDecoding(), 512, HALO)
    engine: Callable[[], Any] = Grey
    found_on(tmp_path, image[:100, :100], card, engine())
    tracemalloc.start()
    found = found_on(tmp_path, image, card, engine())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found.objects) == 220 * 230
    assert len(np.unique(found.objects.ids)) == 220 * 230
    assert peak < 400 * 2**20


def test_networks_of_pixels_look_at_large_tiles_and_others_at_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cellwright.inference.view.DENSE_TILE_PX", 2048)
    monkeypatch.setattr("cellwright.inference.view.REGION_TILES", 1.25)
    sides = {name: contract_in_use(card_of(decoding, 512, HALO)).tile_px for name, decoding in DECODINGS.items()}
    assert sides == {"boxes": 512, "regions": 640} | dict.fromkeys(set(sides) - {"boxes", "regions"}, 2048)
    assert contract_in_use(card_of(ClassDecoding(), 512, HALO, fit=True)).tile_px == 512


def test_components_of_the_truth_are_what_classes_find(tmp_path: Path) -> None:
    labels = ellipses(150, 150, 60, np.random.default_rng(8))
    found = found_on(tmp_path, painted(labels), card_of(ClassDecoding(), 100, 16)).objects
    masks, _ = masks_from_labels((labels > 0).astype(np.int32))
    parts, _ = components(masks)
    assert found.masks is not None
    assert sorted(found.masks.areas().tolist()) == sorted(parts.areas().tolist())

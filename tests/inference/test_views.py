"""Turned copies and several sizes: taken back exactly, joined to the mean, off unless they are asked for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from cellwright.core import BadParameter, Masks, Objects
from cellwright.imaging import open_slide
from cellwright.inference import (
    Boxes,
    DetectOptions,
    Glance,
    Predictor,
    TileResult,
    detect,
    detect_file,
    join_steps,
    open_predictor,
    plan_steps,
)
from cellwright.inference.agreement import agreed, majority, surest
from cellwright.inference.looking import looking_note
from cellwright.inference.views import TURNS, UPRIGHT, MapLayout, MapMean, Turn, rows_back
from cellwright.shapes import masks_from_labels
from cellwright.shapes.rays import ray_directions
from cellwright.zoo import ClassDecoding, ModelCard, StarDecoding, load_card
from tests.inference.oracle import DECODINGS, Oracle, card_of, painted
from tests.inference.test_outlines import HALO, cells, ellipses, found_on

AUGMENTED = DetectOptions(augment=True)
TURNED = [name for name in DECODINGS if name != "labels"]
"""Numbers of objects have no mean over turned copies: such a model is refused them."""


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pictures of a few hundred pixels be tiled as cards say."""
    monkeypatch.setattr("cellwright.inference.view.DENSE_TILE_PX", 0)
    monkeypatch.setattr("cellwright.inference.view.REGION_TILES", 1.0)


def seen_on(
    folder: Path, image: NDArray[np.uint8], card: ModelCard, options: DetectOptions, engine: Any | None = None
) -> Any:
    Image.fromarray(image).save(folder / "picture.png")
    predictor = Predictor(folder, card, engine or Oracle(card.decoding, len(card.classes)))
    return detect_file(folder / "picture.png", predictor, options)


def turned(image: NDArray[Any], turn: Turn) -> NDArray[Any]:
    result: NDArray[Any] = turn.shown(image[None])[0]
    return result


# The geometry of a turn.


def test_there_are_eight_different_turns_and_the_first_changes_nothing() -> None:
    square = np.arange(16, dtype=np.uint8).reshape(1, 4, 4, 1)
    assert TURNS[0] == UPRIGHT
    assert len({turn.shown(square).tobytes() for turn in TURNS}) == 8
    np.testing.assert_array_equal(UPRIGHT.shown(square), square)


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("grid", [1, 2, 4])
def test_what_a_network_reads_at_its_grid_points_comes_back_to_the_same_pixels(turn: Turn, grid: int) -> None:
    picture = np.arange(16 * 24, dtype=np.float32).reshape(1, 16, 24, 1)
    answered: NDArray[Any] = turn.shown(picture, grid)[:, ::grid, ::grid, 0]  # type: ignore[arg-type]
    np.testing.assert_array_equal(turn.points_back(answered)[0], picture[0, ::grid, ::grid, 0])
    whole, was_shown = turn.pixels_back(turn.shown(picture, grid)[..., 0], grid)  # type: ignore[arg-type]
    np.testing.assert_array_equal(whole[0][was_shown], picture[0, ..., 0][was_shown])
    hidden = (grid - 1) * (24 * turn.flips_y + 16 * turn.flips_x) - (grid - 1) ** 2 * (turn.flips_y and turn.flips_x)
    assert (~was_shown).sum() == hidden


@pytest.mark.parametrize("turn", TURNS)
def test_boxes_come_back_to_the_pixels_that_they_were_drawn_around(turn: Turn) -> None:
    picture = np.zeros((1, 30, 50, 1), np.uint8)
    picture[0, 4:9, 11:31] = 1
    y, x = np.nonzero(turn.shown(picture)[0, ..., 0])
    box = np.array([[y.min(), x.min(), y.max() + 1, x.max() + 1]], np.float32)
    assert turn.boxes_back(box, (30, 50)).tolist() == [[4, 11, 9, 31]]


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("rays", [4, 8, 32])
def test_rays_point_where_they_pointed_before_the_turn(turn: Turn, rays: int) -> None:
    dy, dx = ray_directions(rays)
    dy, dx = (-dy if turn.flips_y else dy), (-dx if turn.flips_x else dx)
    there = np.stack([dx, dy] if turn.swaps else [dy, dx])
    np.testing.assert_allclose(ray_directions(rays)[:, turn.ray_order(rays)], there, atol=1e-9)


@pytest.mark.parametrize("turn", TURNS)
def test_the_order_of_the_rays_there_and_back_is_their_own(turn: Turn) -> None:
    order = turn.ray_order(32)
    back = np.argsort(order)
    np.testing.assert_array_equal(order[back], np.arange(32))
    others = [other.ray_order(32) for other in TURNS if np.array_equal(other.ray_order(32)[order], np.arange(32))]
    assert len(others) == 1  # the turn that undoes it is one of the eight


def test_rays_that_do_not_turn_are_refused_before_the_first_tile(tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="30 rays"):
        TURNS[0].ray_order(30)
    card = card_of(StarDecoding(), 64, 8).changed(architecture={"kind": "unet", "head": {"kind": "stars", "rays": 30}})
    with pytest.raises(BadParameter, match="multiple of 4"):
        seen_on(tmp_path, painted(ellipses(60, 60, 4, np.random.default_rng(0))), card, AUGMENTED)


def test_a_model_that_knows_left_from_right_is_not_shown_turned_copies(tmp_path: Path) -> None:
    card = card_of(ClassDecoding(), 64, 8, orientation="upright")
    image = painted(ellipses(60, 60, 4, np.random.default_rng(0)))
    with pytest.raises(BadParameter, match="left from right"):
        seen_on(tmp_path, image, card, AUGMENTED)
    assert seen_on(tmp_path, image, card, DetectOptions(scales=(0.9, 1.0))).coverage.is_complete


def test_masks_in_boxes_are_turned_with_them() -> None:
    mask = np.arange(9, dtype=np.float32).reshape(3, 3)
    for turn in TURNS:
        there = turned(mask[..., None], turn)[..., 0]
        row = np.concatenate([np.array([1, 2, 3, 4, 0.5, 0], np.float32), there.ravel()])
        back = rows_back(turn, row[None, None], (10, 12), 3)
        np.testing.assert_array_equal(back[0, 0, 6:], mask.ravel())
        assert back[0, 0, 4:6].tolist() == [0.5, 0]


# The mean of maps.


@pytest.mark.parametrize("pixels", [0, 4])
def test_the_mean_of_answers_that_turn_with_the_picture_is_the_answer(pixels: int) -> None:
    """Point, ray and pixel channels of a picture are made by hand, on a grid of 2 and with two classes."""
    rng = np.random.default_rng(3)
    picture = rng.random((2, 12, 8)).astype(np.float32)
    layout = MapLayout(grid=2, is_stars=True, pixels=pixels, more=2)

    def answer(seen: NDArray[Any], turn: Turn) -> NDArray[np.float32]:
        points = seen[:, ::2, ::2]
        rays = np.empty((2, 8, *points.shape[1:]), np.float32)
        rays[:, turn.ray_order(8)] = np.stack([points * k for k in range(8)], 1)
        square = [seen[:, y::2, x::2] for y in range(2) for x in range(2)][:pixels]
        return np.concatenate(
            [points[:, None], rays, *(s[:, None] for s in square), points[:, None], -points[:, None]], 1
        )

    mean = MapMean(layout)
    for turn in TURNS:
        mean.add(turn, answer(turn.shown(picture[..., None], 2)[..., 0], turn))  # type: ignore[arg-type]
    np.testing.assert_allclose(mean.mean(), answer(picture, UPRIGHT), atol=1e-6)


# The mean of objects.


def boxes_of(*rows: tuple[float, float, float, float, float], kind: int = 0) -> Boxes:
    table = np.array(rows, np.float32).reshape(-1, 5)
    return Boxes(table[:, :4].copy(), np.full(len(table), kind, np.int16), table[:, 4].copy())


def test_a_look_that_misses_an_object_counts_as_nothing() -> None:
    box = (10.0, 10.0, 20.0, 20.0)
    found = agreed([boxes_of((*box, 0.8)), boxes_of((*box, 0.4)), boxes_of(), boxes_of()], 0.05)
    assert found.boxes.tolist() == [[10, 10, 20, 20]]
    assert found.scores.tolist() == pytest.approx([0.3])
    assert len(agreed([boxes_of((*box, 0.8)), *[boxes_of()] * 7], 0.2)) == 0


def test_two_objects_of_one_look_stay_two_however_near() -> None:
    """A and B overlap by 0.6, more than two looks at one object must: each look has both, so both are there."""
    a, b = (0.0, 0.0, 16.0, 16.0, 0.9), (0.0, 4.0, 16.0, 20.0, 0.8)
    found = agreed([boxes_of(a, b) for _ in range(8)], 0.1)
    assert found.boxes.tolist() == [list(a[:4]), list(b[:4])]
    assert found.scores.tolist() == pytest.approx([0.9, 0.8])


def test_boxes_of_other_classes_are_other_objects() -> None:
    box = (10.0, 10.0, 20.0, 20.0, 0.8)
    found = agreed([boxes_of(box), boxes_of(box, kind=1)], 0.05)
    assert sorted(found.class_index.tolist()) == [0, 1]
    assert found.scores.tolist() == pytest.approx([0.4, 0.4])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.permutations(range(4)))
def test_the_order_of_the_looks_does_not_matter(seed: int, order: list[int]) -> None:
    rng = np.random.default_rng(seed)
    middles = rng.uniform(0, 100, (20, 2))
    looks = []
    for _ in range(4):
        corner = middles + rng.normal(0, 1.5, middles.shape)
        boxes = np.concatenate([corner, corner + rng.uniform(8, 12, (20, 2))], 1).astype(np.float32)
        kept = rng.random(20) < 0.8
        looks.append(Boxes(boxes, np.zeros(20, np.int16), rng.random(20).astype(np.float32)).take(kept))
    one, other = agreed(looks, 0.05), agreed([looks[i] for i in order], 0.05)
    np.testing.assert_allclose(one.scores, other.scores, atol=1e-6)
    np.testing.assert_allclose(one.boxes, other.boxes, atol=1e-4)
    assert agreed(looks, 0.0).scores.sum() == pytest.approx(sum(look.scores.sum() for look in looks) / 4, rel=1e-5)


def test_pixels_are_those_that_most_looks_agree_on() -> None:
    labels = np.zeros((3, 6, 8), np.int32)
    labels[0, 1:4, 1:5] = 1
    labels[1, 1:4, 2:6] = 1
    labels[2, 2:5, 2:5] = 1
    masks = Masks.concatenate([masks_from_labels(one)[0] for one in labels])
    votes = majority(masks, np.zeros(3, np.intp), np.array([0.5, 0.5, 0.5]), 1)
    expected, _ = masks_from_labels((labels.sum(0) >= 2).astype(np.int32))
    assert votes.equals(expected)
    alone = majority(masks, np.arange(3), np.ones(3), 3)
    assert alone.equals(masks)
    assert majority(Masks.empty(), np.empty(0, np.intp), np.empty(0), 2).areas().tolist() == [0, 0]


def test_of_several_sizes_the_surest_sight_stands() -> None:
    found = surest([boxes_of((0, 0, 10, 10, 0.4)), boxes_of((0, 1, 10, 10, 0.7), (30, 30, 90, 90, 0.5))])
    assert found.boxes.tolist() == [[0, 1, 10, 10], [30, 30, 90, 90]]
    assert found.scores.tolist() == pytest.approx([0.7, 0.5])


# Whole detections.


@pytest.mark.parametrize("name", TURNED)
def test_a_network_that_turns_with_the_picture_answers_the_same_with_and_without(tmp_path: Path, name: str) -> None:
    rng = np.random.default_rng(11)
    labels = np.zeros((152, 140), np.int32)
    labels[12:-12, 12:-12] = ellipses(128, 116, 40, rng)  # none at the edge, where a moved copy shows a pixel more
    card = card_of(DECODINGS[name], 100, HALO)
    plain, copies = (seen_on(tmp_path, painted(labels), card, options) for options in (DetectOptions(), AUGMENTED))
    assert len(copies.objects) == len(plain.objects)
    assert same(copies.objects, plain.objects, pixels=0.02 if name.startswith("stars") or name == "regions" else 0.0)


def same(one: Objects, other: Objects, pixels: float = 0.0) -> bool:
    """Whether each object of one is one of the other, up to rounding and a share of the pixels of all."""
    order = [np.lexsort(np.rint(found.boxes).T[::-1]) for found in (one, other)]
    boxes = [found.boxes[rows] for found, rows in zip((one, other), order, strict=True)]
    scores = [found.scores[rows] for found, rows in zip((one, other), order, strict=True)]
    np.testing.assert_allclose(boxes[0], boxes[1], atol=1.01 if pixels else 1e-3)
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-4)
    if one.masks is None or other.masks is None:
        return one.masks is None and other.masks is None
    areas = [found.masks.areas()[rows] for found, rows in zip((one, other), order, strict=True)]  # type: ignore[union-attr]
    return bool(np.abs(areas[0] - areas[1]).sum() <= pixels * areas[1].sum())


@pytest.mark.parametrize("name", TURNED)
@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(labels=cells(), tile=st.integers(22, 34))
def test_tiled_is_whole_with_turned_copies_too(tmp_path: Path, name: str, labels: NDArray[np.int32], tile: int) -> None:
    whole = seen_on(tmp_path, painted(labels), card_of(DECODINGS[name], 512, HALO), AUGMENTED)
    tiled = seen_on(tmp_path, painted(labels), card_of(DECODINGS[name], 4 * tile, HALO), AUGMENTED)
    assert len(tiled.coverage.records) > 1
    assert len(tiled.objects) == len(whole.objects)
    assert same(tiled.objects, whole.objects)


class Lopsided:
    """A network that does not turn with the picture: it weighs what lies above and to the left of a pixel."""

    name, device, batch, notes = "lopsided", "cpu", 2, ()

    def run(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        grey = images.astype(np.float32).mean(-1) / 255
        seen = np.zeros_like(grey)
        for dy, dx, weight in ((0, 0, 0.4), (3, 0, 0.3), (1, 5, 0.2), (-2, -1, 0.1)):
            seen += weight * np.roll(grey, (dy, dx), (1, 2))
        seen = np.round(seen, 4)
        return np.stack([1 - seen, seen], 1)

    def close(self) -> None:
        """Nothing to give back."""


@pytest.mark.parametrize("turn", TURNS[1:])
def test_turning_the_picture_turns_the_answer(tmp_path: Path, turn: Turn) -> None:
    coarse = np.random.default_rng(6).integers(0, 256, (9, 12, 1), np.uint8)
    picture = np.asarray(Image.fromarray(coarse[..., 0]).resize((96, 64), Image.Resampling.BICUBIC))[..., None]
    picture = picture.repeat(3, -1)
    card = card_of(ClassDecoding(), 128, 8)
    upright, other = (
        seen_on(tmp_path, image, card, AUGMENTED, Lopsided()).objects for image in (picture, turned(picture, turn))
    )
    plain = seen_on(tmp_path, picture, card, DetectOptions(), Lopsided()).objects
    assert len(upright) > 2
    back = turn.boxes_back(other.boxes, (64, 96))
    order = [np.lexsort(boxes.T[::-1]) for boxes in (upright.boxes, back)]
    np.testing.assert_allclose(back[order[1]], upright.boxes[order[0]], atol=1e-4)
    np.testing.assert_allclose(other.scores[order[1]], upright.scores[order[0]], atol=1e-4)
    assert upright.masks is not None
    assert other.masks is not None
    assert other.masks.areas()[order[1]].tolist() == upright.masks.areas()[order[0]].tolist()
    assert plain.boxes.tolist() != upright.boxes.tolist()  # the copies do say something else


@pytest.mark.parametrize("turn", TURNS[1:])
def test_turning_a_picture_of_boxes_turns_the_boxes_of_a_real_detector(
    tiny_model: Path, tmp_path: Path, turn: Turn
) -> None:
    coarse = np.random.default_rng(5).integers(0, 256, (12, 8, 3), np.uint8)
    picture = coarse.repeat(8, 0).repeat(8, 1)
    predictor = open_predictor(tiny_model, "cpu:torch-fp32")
    found = []
    for number, image in enumerate((picture, turned(picture, turn))):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
        found.append(detect_file(tmp_path / f"{number}.png", predictor, AUGMENTED).objects)
    back = turn.boxes_back(found[1].boxes, (96, 64))
    order = [np.lexsort(np.rint(b * 16).T[::-1]) for b in (found[0].boxes, back)]
    assert len(found[0]) > 5
    np.testing.assert_allclose(back[order[1]], found[0].boxes[order[0]], atol=1e-2)
    np.testing.assert_allclose(found[1].scores[order[1]], found[0].scores[order[0]], atol=1e-4)


def test_a_model_that_numbers_its_objects_is_refused_turned_copies(tmp_path: Path) -> None:
    image = painted(ellipses(60, 60, 4, np.random.default_rng(0)))
    with pytest.raises(BadParameter, match="numbers its objects"):
        seen_on(tmp_path, image, card_of(DECODINGS["labels"], 64, 8), AUGMENTED)


@pytest.mark.parametrize("name", DECODINGS)
def test_the_models_own_size_alone_is_as_if_no_size_were_asked_for(tmp_path: Path, name: str) -> None:
    image = painted(ellipses(150, 150, 40, np.random.default_rng(1)))
    card = card_of(DECODINGS[name], 100, HALO)
    asked = seen_on(tmp_path, image, card, DetectOptions(scales=(1.0,)))
    plain = found_on(tmp_path, image, card)
    assert asked.objects.id_strings() == plain.objects.id_strings()
    assert asked.objects.scores.tolist() == plain.objects.scores.tolist()
    assert asked.notes == plain.notes


@pytest.mark.parametrize(
    ("name", "augment"),
    [(name, augment) for name in DECODINGS for augment in (False, True) if name in TURNED or not augment],
)
def test_several_sizes_find_each_object_once(tmp_path: Path, name: str, *, augment: bool) -> None:
    labels = np.zeros((160, 180), np.int32)
    for number, (y, x) in enumerate([(20, 20), (20, 80), (70, 40), (120, 120), (75, 130)], 1):
        labels[y : y + 24, x : x + 20] = number
    card = card_of(DECODINGS[name], 208, HALO)
    engine = Squares(card.decoding)
    found = seen_on(tmp_path, painted(labels), card, DetectOptions(scales=(0.5, 1.0, 2.0), augment=augment), engine)
    assert found.coverage.is_complete
    assert len(found.objects) == 5
    centres = sorted(np.rint(found.objects.centres).astype(int).tolist())
    assert np.abs(np.array(centres) - [[32, 30], [32, 90], [82, 50], [87, 140], [132, 130]]).max() <= 1
    assert len(found.coverage.records) > 1
    assert max(side for shape in engine.seen for side in shape[1:3]) <= 2 * 4 * HALO  # and not twice 208


class Squares(Oracle):
    """Sees the connected parts of what is brighter than half, so that blurred edges are not objects of their own."""

    def _answer(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        from scipy import ndimage

        is_there = (image[..., 2] > 0) & ~(image == 114).all(-1)
        labels, _ = ndimage.label(is_there)
        return super()._answer(painted(labels.astype(np.int32)))


@pytest.mark.parametrize("scales", [(), (0.0,), (1.0, 1.0), (float("nan"),), (0.1,), (8.0,), (-1.0,)])
def test_sizes_that_make_no_sense_are_refused(scales: tuple[float, ...]) -> None:
    with pytest.raises(BadParameter, match="Sizes to look at"):
        DetectOptions(scales=scales)


def test_the_answer_says_how_often_the_picture_was_looked_at(tmp_path: Path) -> None:
    assert looking_note((1.0,), augment=False) == ()
    image = painted(ellipses(60, 60, 4, np.random.default_rng(0)))
    found = seen_on(tmp_path, image, card_of(ClassDecoding(), 64, 8), DetectOptions(augment=True, scales=(0.8, 1.0)))
    assert "The picture was looked at in 8 turned and mirrored copies and at the sizes 0.8 and 1." in found.notes


def test_work_may_stop_between_two_copies(tmp_path: Path) -> None:
    image = painted(ellipses(60, 60, 4, np.random.default_rng(0)))
    card = card_of(DECODINGS["stars-2"], 64, 8)
    engine = Oracle(card.decoding)
    Image.fromarray(image).save(tmp_path / "picture.png")
    with open_slide(tmp_path / "picture.png") as slide:
        steps = detect(slide, Predictor(tmp_path, card, engine), AUGMENTED)
        assert next(steps) == Glance(0, 1)
        assert len(engine.seen) == 1
        steps.close()
        assert len(engine.seen) == 1
        kinds = [type(step) for step in detect(slide, Predictor(tmp_path, card, engine), AUGMENTED)]
    assert kinds == [Glance] * 7 + [TileResult]


def test_an_answer_that_is_no_number_fails_the_tile_and_says_so(tmp_path: Path) -> None:
    class Failing(Oracle):
        def run(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
            answer = super().run(images)
            return np.full_like(answer, np.nan) if len(self.seen) == 3 else answer

    image = painted(ellipses(60, 60, 4, np.random.default_rng(0)))
    for name in TURNED:
        card = card_of(DECODINGS[name], 64, 8)
        found = seen_on(tmp_path, image, card, AUGMENTED, Failing(card.decoding))
        assert not found.coverage.is_complete
        assert "not finite" in found.coverage.sentence()


@pytest.mark.parametrize("name", TURNED)
def test_choosing_anew_needs_no_second_look(tmp_path: Path, name: str) -> None:
    image = painted(ellipses(150, 150, 50, np.random.default_rng(4)))
    card = card_of(DECODINGS[name], 120, HALO)
    options = DetectOptions(augment=True, scales=(0.9, 1.0))
    found = seen_on(tmp_path, image, card, options)
    again = seen_on(tmp_path, image, card, DetectOptions(augment=True, scales=(0.9, 1.0), nms_iou=0.1))
    assert found.rethreshold(0.1).id_strings() == again.objects.id_strings()


def test_steps_on_threads_give_what_detect_gives_with_turned_copies(tiny_model: Path, tmp_path: Path) -> None:
    coarse = np.random.default_rng(5).integers(0, 256, (26, 24, 3), np.uint8)
    Image.fromarray(coarse.repeat(8, 0).repeat(8, 1)).save(tmp_path / "noise.png")
    options, device = DetectOptions(augment=True, scales=(0.8, 1.0)), "cpu:torch-fp32"
    whole = detect_file(tmp_path / "noise.png", open_predictor(tiny_model, device), options)
    card = load_card(tiny_model)
    with open_slide(tmp_path / "noise.png") as slide:
        steps = plan_steps(slide, tiny_model, card, device, options)
        with ThreadPoolExecutor(3) as threads:
            answers = list(threads.map(lambda step: (step.tile, step.run()), steps))
        joined = join_steps(slide, card, answers, options)
    assert len(steps) > 2
    np.testing.assert_array_equal(joined.boxes, whole.objects.boxes)
    np.testing.assert_array_equal(joined.scores, whole.objects.scores)

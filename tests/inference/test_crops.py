"""Crops around objects: how large, what lies beyond an edge, and every engine naming them alike."""

import numpy as np
import pytest
from PIL import Image

from cellwright.core import BadParameter, Box, PixelSize, PixelSizeSource
from cellwright.imaging import array_ref, contrast_limits
from cellwright.inference import crop_box, crop_sides, detect_file, mirrored_cut, name_crops, open_predictor, read_crop
from cellwright.zoo import Crops, find_model, load_card
from tests.tiny_classifier import STEEPNESS, write_colour_model

WHITE = np.array([[10, 10, 30, 50], [60, 60, 80, 70]], np.float32)
RED = np.array([[0, 0, 20, 20]] * 5, np.float32) + np.arange(5, dtype=np.float32)[:, None]
ASKED = Crops(of=("WBC",), side_um=26.0, ruler="RBC", side_rulers=3.0, side_boxes=2.0)


def size(um):
    return PixelSize(um, um, PixelSizeSource.TAG)


def test_the_size_of_a_pixel_comes_first_then_the_ruler_then_the_box_itself():
    sides, said = crop_sides(ASKED, WHITE, RED, size(0.1))
    np.testing.assert_allclose(sides, [260, 260])
    assert "26 µm" in said
    sides, said = crop_sides(ASKED, WHITE, RED, None)
    np.testing.assert_allclose(sides, [60, 60])
    assert "RBC" in said
    sides, said = crop_sides(ASKED, WHITE, RED[:4], None)
    np.testing.assert_allclose(sides, [80, 40])
    assert "nothing else told the scale" in said
    assert len(crop_sides(ASKED, WHITE[:0], RED, None)[0]) == 0


def test_a_crop_is_a_square_about_the_middle_of_a_box():
    box = crop_box(np.array([10, 10, 30, 50], np.float32), 41.6)
    assert (box.height, box.width) == (42, 42)
    assert ((box.y0 + box.y1) / 2, (box.x0 + box.x1) / 2) == (20, 30)


@pytest.mark.parametrize("box", [Box(2, 3, 6, 7), Box(-2, -3, 4, 3), Box(5, 6, 13, 14), Box(-20, -20, 30, 30)])
def test_what_lies_beyond_a_picture_is_its_mirror_image(box):
    pixels = np.random.default_rng(0).integers(0, 255, (9, 10, 3), np.uint8)
    around = np.pad(pixels, ((40, 40), (40, 40), (0, 0)), mode="reflect")
    if box.intersect(Box(0, 0, 9, 10)) in (box, Box(0, 0, 9, 10)):
        expected = around[box.y0 + 40 : box.y1 + 40, box.x0 + 40 : box.x1 + 40]
        np.testing.assert_array_equal(mirrored_cut(pixels, box), expected)
    assert mirrored_cut(pixels, box).shape == (box.height, box.width, 3)


@pytest.mark.parametrize("box", [Box(20, 20, 52, 52), Box(-10, -10, 22, 22), Box(0, 0, 400, 400)])
def test_a_crop_has_the_networks_size_wherever_it_lies(box):
    pixels = np.random.default_rng(1).integers(0, 255, (100, 120, 3), np.uint8)
    with array_ref(pixels).open() as slide:
        crop = read_crop(slide, box, 32, contrast_limits(slide))
    assert crop.shape == (32, 32, 3) and crop.dtype == np.uint8
    if box == Box(20, 20, 52, 52):
        np.testing.assert_array_equal(crop, pixels[20:52, 20:52])


def test_cells_are_named_by_their_colour_in_batches_as_alone(tmp_path):
    pixels = np.zeros((64, 640, 3), np.uint8)
    kinds = np.arange(20) % 3
    boxes = np.array([[16, 32 * k + 8, 32, 32 * k + 24] for k in range(20)], np.float32)
    for place, kind in enumerate(kinds):
        pixels[:, 32 * place : 32 * place + 32, kind] = 200
    predictor = open_predictor(write_colour_model(tmp_path), "cpu:torch-fp32")
    sides = np.full(20, 24.0)
    with array_ref(pixels).open() as slide:
        limits = contrast_limits(slide)
        together = drained(name_crops(slide, predictor, boxes, sides, limits))
        alone = [drained(name_crops(slide, predictor, boxes[[k]], sides[[k]], limits)) for k in range(20)]
    np.testing.assert_array_equal(together.argmax(1), kinds)
    np.testing.assert_allclose(together, np.concatenate(alone), atol=1e-6)
    steep = np.exp(STEEPNESS * 200 / 255)
    np.testing.assert_allclose(together.max(1), steep / (steep + 2), rtol=1e-3)


def test_a_whole_picture_is_one_object_of_its_colour(tmp_path):
    model = write_colour_model(tmp_path / "colours")
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[10:30, 20:40, 2] = 255  # the middle half of the shorter side is what the network is shown
    Image.fromarray(pixels).save(tmp_path / "cell.png")
    found = detect_file(tmp_path / "cell.png", open_predictor(model, "cpu:torch-fp32")).objects
    np.testing.assert_array_equal(found.boxes, [[0, 0, 40, 60]])
    assert found.classes[found.class_index[0]] == "blue"
    assert found.scores[0] == pytest.approx(np.exp(STEEPNESS) / (np.exp(STEEPNESS) + 2), rel=1e-3)


def test_sizes_make_no_sense_for_whole_pictures(tmp_path):
    from cellwright.inference import DetectOptions

    model = write_colour_model(tmp_path / "colours")
    Image.new("RGB", (40, 40), (255, 0, 0)).save(tmp_path / "cell.png")
    predictor = open_predictor(model, "cpu:torch-fp32")
    with pytest.raises(BadParameter, match="leave the sizes out"):
        detect_file(tmp_path / "cell.png", predictor, DetectOptions(scales=(0.8, 1.0)))
    turned = detect_file(tmp_path / "cell.png", predictor, DetectOptions(augment=True)).objects
    plain = detect_file(tmp_path / "cell.png", predictor).objects
    np.testing.assert_allclose(turned.scores, plain.scores, rtol=1e-5)


@pytest.mark.parametrize("device", ["cpu:openvino-f32", "cpu:openvino", "cpu:torch"])
def test_the_shipped_classifier_answers_alike_on_every_engine(device):
    folder = find_model("wbc-classifier")
    side = load_card(folder).input.tile_px
    images = np.random.default_rng(5).integers(0, 255, (3, side, side, 3), np.uint8)
    exact = open_predictor(folder, "cpu:torch-fp32").predict(images)
    other = open_predictor(folder, device).predict(images)
    assert exact.shape == (3, 8)
    np.testing.assert_allclose(other, exact, atol=2e-3 if device.endswith("f32") else 0.05)


def drained(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value

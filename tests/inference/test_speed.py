"""The benchmarks measure what a user gets; how fast that is, they say themselves when asked."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from benchmarks import bench_inference, bench_nms
from cellwright.inference import detect_file, open_predictor
from cellwright.zoo import load_card


def test_the_boxes_that_are_timed_are_suppressed_like_torchvisions() -> None:
    measured = bench_nms.compare(6000, repeats=1)
    assert measured["differing"] == 0
    assert 0 < measured["kept"] < 6000


def test_what_is_timed_on_a_smear_is_what_detect_does(tiny_model: Path, tmp_path: Path) -> None:
    pixels = bench_inference.sample_pixels()
    assert pixels.shape == (480, 640, 3)
    Image.fromarray(pixels).save(tmp_path / "smear.png")
    predictor = open_predictor(tiny_model, "cpu:torch-fp32")
    # Small enough a picture that detect, too, fits it into one tile.
    predictor.card = predictor.card.changed(input=predictor.card.input.model_copy(update={"tile_px": 320}))
    view = bench_inference.view_at(predictor.card, 320)
    found = detect_file(tmp_path / "smear.png", predictor)
    assert bench_inference.analyse(pixels, view, predictor) == len(found.objects) > 0


def test_plain_torch_beside_it_answers_to_the_same_pixels(tiny_model: Path) -> None:
    card = load_card(tiny_model)
    view = bench_inference.view_at(card, 320)
    plain = bench_inference.plain_torch(card, tiny_model, view)(bench_inference.sample_pixels())
    ours = bench_inference.analyse(bench_inference.sample_pixels(), view, open_predictor(tiny_model, "cpu:torch-fp32"))
    # Ours leaves out boxes in the padding; a grey level of difference in resizing moves others across the floor.
    assert 0.9 * plain <= ours <= 1.03 * plain

"""Whatever is done to a picture is done to its boxes: each still encloses its cell, and chance has one source."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cellwright.training.augment import FILL, Sample, fit, make_sample, turned
from cellwright.training.recipe import Augment, Phase

STILL = Augment(flip=0, turn=False, hue=0, saturation=0, brightness=0, contrast=0)


def one_rectangle(h, w, y0, x0, y1, x1):
    image = torch.full((3, h, w), FILL, dtype=torch.uint8)
    image[:, y0:y1, x0:x1] = 255
    return Sample(image, np.array([[x0, y0, x1, y1]], np.float32), np.array([1]))


def bright_bounds(image):
    """Bounding box xyxy of what is brighter than halfway to white."""
    y, x = (image[0] > (FILL + 255) / 2).nonzero(as_tuple=True)
    return [x.min().item(), y.min().item(), x.max().item() + 1, y.max().item() + 1]


@given(st.integers(0, 7), st.booleans())
def test_turns_and_mirrors_carry_the_box_exactly(turns, mirrored):
    sample = turned(one_rectangle(40, 60, 5, 10, 17, 40), turns, mirrored=mirrored)
    assert bright_bounds(sample.image) == sample.boxes[0].tolist()


def test_four_quarter_turns_are_none():
    sample = one_rectangle(40, 60, 5, 10, 17, 40)
    back = turned(turned(sample, 3, mirrored=False), 1, mirrored=False)
    assert torch.equal(back.image, sample.image) and (back.boxes == sample.boxes).all()


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), mosaic=st.sampled_from([0.0, 1.0]), size=st.sampled_from([64, 96, 160]))
def test_boxes_enclose_what_they_enclosed(seed, mosaic, size):
    pictures = [one_rectangle(90, 120, 20, 30, 60, 80)]
    phase = Phase(epochs=1, size_px=size, mosaic=mosaic, scale=(0.5, 1.5))
    turning = Augment(flip=0.5, turn=True, hue=0, saturation=0, brightness=0, contrast=0)
    sample = make_sample(pictures, 0, phase, turning, np.random.default_rng(seed))
    assert sample.image.shape == (3, size, size)
    covered = torch.zeros(size, size, dtype=torch.bool)
    for x0, y0, x1, y1 in sample.boxes:
        assert 0 <= x0 < x1 <= size and 0 <= y0 < y1 <= size
        inside = sample.image[0, round(y0) : round(y1), round(x0) : round(x1)].float()
        assert inside.mean() > 235  # filled by its rectangle, up to half a pixel of blur at the rim
        covered[max(0, int(y0) - 1) : int(y1) + 2, max(0, int(x0) - 1) : int(x1) + 2] = True
    if mosaic == 0.0 and len(sample.boxes):
        assert not (sample.image[0][~covered] > 200).any()  # nothing bright is left without a box


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_the_same_chance_gives_the_same_sample(seed):
    pictures = [one_rectangle(70, 80, 10, 10, 40, 50), one_rectangle(80, 60, 30, 5, 60, 30)]
    phase = Phase(epochs=1, size_px=64, mosaic=0.5)
    everything = Augment(blur=0.5, noise=0.5, cut_out=0.5, mix_up=0.5, cut_mix=0.5, grey=0.5)
    a, b = (make_sample(pictures, 1, phase, everything, np.random.default_rng(seed)) for _ in range(2))
    assert torch.equal(a.image, b.image) and (a.boxes == b.boxes).all() and (a.classes == b.classes).all()


def test_nothing_asked_changes_nothing():
    picture = one_rectangle(64, 64, 10, 12, 30, 40)
    phase = Phase(epochs=1, size_px=64, mosaic=0, scale=(1, 1))
    sample = make_sample([picture], 0, phase, STILL, np.random.default_rng(0))
    assert torch.equal(sample.image, picture.image) and (sample.boxes == picture.boxes).all()


def test_fitting_sets_the_long_side_and_scales_boxes():
    sample = fit(one_rectangle(48, 96, 12, 24, 36, 72), 48)
    assert sample.image.shape == (3, 24, 48)
    assert sample.boxes.tolist() == [[12, 6, 36, 18]]


def test_a_sliver_at_the_edge_loses_its_box():
    picture = one_rectangle(64, 256, 10, 60, 50, 100)
    phase = Phase(epochs=1, size_px=64, mosaic=0, scale=(4, 4))  # 64 of 256 columns are seen at full size
    seen = [len(make_sample([picture], 0, phase, STILL, np.random.default_rng(s)).boxes) for s in range(60)]
    assert 0 < sum(seen) < 60


def test_colour_changes_leave_boxes_alone():
    picture = one_rectangle(64, 64, 10, 12, 30, 40)
    phase = Phase(epochs=1, size_px=64, mosaic=0, scale=(1, 1))
    vivid = Augment(flip=0, turn=False, hue=0.3, saturation=0.9, brightness=0.4, contrast=0.4, grey=1.0)
    sample = make_sample([picture], 0, phase, vivid, np.random.default_rng(1))
    assert (sample.boxes == picture.boxes).all()
    assert not torch.equal(sample.image, picture.image)
    assert (sample.image[0] == sample.image[1]).all()


@pytest.mark.parametrize("option", ["mix_up", "cut_mix"])
def test_mixtures_keep_the_boxes_of_both(option):
    pictures = [one_rectangle(64, 64, 2, 2, 20, 20), one_rectangle(64, 64, 2, 2, 20, 20)]
    phase = Phase(epochs=1, size_px=64, mosaic=0, scale=(1, 1))
    mixing = Augment(**{**STILL.model_dump(), option: 1.0})
    counts = {len(make_sample(pictures, 0, phase, mixing, np.random.default_rng(s)).boxes) for s in range(20)}
    assert counts == {2} if option == "mix_up" else counts <= {1, 2}

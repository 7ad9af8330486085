"""Whatever is done to a picture is done to its labels: they turn, scale and are cut together, and none is lost."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cellwright.training.augment import FILL
from cellwright.training.crops import OUTSIDE, LabelSample, cut, make_crop, resized, rotated, turned, whole
from cellwright.training.recipe import Augment, Phase

STILL = Augment(flip=0, turn=False, hue=0, saturation=0, brightness=0, contrast=0)


def discs(seed=0, shape=(60, 80)):
    """A picture whose grey says which label each pixel has: 20 for the ground, 40 more for each disc."""
    rng = np.random.default_rng(seed)
    y, x = np.ogrid[: shape[0], : shape[1]]
    labels = np.zeros(shape, np.int32)
    for value in range(1, 5):
        cy, cx = rng.integers(6, shape[0] - 6), rng.integers(6, shape[1] - 6)
        labels[(y - cy) ** 2 + (x - cx) ** 2 < 36] = value
    return LabelSample(grey_of(labels), labels)


def steady(expected, side):
    """Where a grey picture is the same all around, away from its rim: edges blur over a pixel or two."""
    lowest, highest = (sign * torch.nn.functional.max_pool2d(sign * expected[None], side, 1) for sign in (-1, 1))
    return torch.nn.functional.pad(lowest == highest, (side // 2,) * 4)[0]


def grey_of(labels):
    grey = np.where(labels == OUTSIDE, FILL, 20 + 40 * labels).astype(np.uint8)
    return torch.from_numpy(grey)[None].repeat(3, 1, 1)


@given(st.integers(0, 7), st.booleans(), st.integers(0, 99))
def test_labels_turn_with_the_picture(turns, mirrored, seed):
    sample = turned(discs(seed), turns, mirrored=mirrored)
    assert torch.equal(sample.image, grey_of(sample.labels))


@given(st.integers(0, 99))
def test_mirrored_twice_or_turned_four_times_is_the_picture_itself(seed):
    sample = discs(seed)
    for back in (
        turned(turned(sample, 0, mirrored=True), 0, mirrored=True),
        turned(turned(sample, 3, mirrored=False), 1, mirrored=False),
    ):
        assert torch.equal(back.image, sample.image) and (back.labels == sample.labels).all()


@given(st.integers(0, 7), st.booleans(), st.integers(0, 99))
def test_turns_keep_every_object_and_its_size(turns, mirrored, seed):
    sample = discs(seed)
    after = turned(sample, turns, mirrored=mirrored)
    assert (np.bincount(after.labels.ravel()) == np.bincount(sample.labels.ravel())).all()


@given(st.integers(0, 2**32 - 1), st.sampled_from([16, 64, 96]))
def test_a_cut_at_full_size_shows_labels_where_their_pixels_are(seed, size):
    sample = cut(discs(1), size, 1.0, np.random.default_rng(seed))
    assert sample.image.shape == (3, size, size) and sample.labels.shape == (size, size)
    assert torch.equal(sample.image, grey_of(sample.labels))


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.floats(0.4, 2.5), st.booleans())
def test_zoomed_crops_keep_labels_on_their_pixels(seed, zoom, fitted):
    phase = Phase(epochs=1, size_px=64, scale=(zoom, zoom))
    sample = make_crop(discs(2), phase, STILL, np.random.default_rng(seed), fitted=fitted)
    expected = grey_of(sample.labels)[0].float()
    difference = (sample.image[0].float() - expected).abs()[steady(expected, 7)]
    assert difference.numel() == 0 or difference.max() <= 2


@given(st.floats(-180, 180))
def test_a_rotation_carries_labels_along(degrees):
    sample = rotated(discs(3), degrees)
    expected = grey_of(sample.labels)[0].float()
    assert (sample.image[0].float() - expected).abs()[steady(expected, 5)].max() <= 2


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_the_same_chance_gives_the_same_crop(seed):
    everything = Augment(blur=0.5, noise=0.5, cut_out=0.5, grey=0.5, gamma=0.3, invert=0.5, rotate_deg=20)
    phase = Phase(epochs=1, size_px=64)
    a, b = (make_crop(discs(4), phase, everything, np.random.default_rng(seed), fitted=True) for _ in range(2))
    assert torch.equal(a.image, b.image) and (a.labels == b.labels).all()


def test_changes_of_tone_leave_labels_alone():
    phase = Phase(epochs=1, size_px=96, scale=(1, 1))
    vivid = Augment(flip=0, turn=False, gamma=1.0, invert=1.0, noise=1.0, blur=1.0)
    plain = make_crop(discs(5), phase, STILL, np.random.default_rng(3), fitted=True)
    toned = make_crop(discs(5), phase, vivid, np.random.default_rng(3), fitted=True)
    assert (plain.labels == toned.labels).all() and not torch.equal(plain.image, toned.image)


def test_what_lies_beyond_a_small_picture_is_unknown():
    sample = cut(discs(6), 100, 1.0, np.random.default_rng(0))
    assert (sample.labels == OUTSIDE).sum() == 100 * 100 - 60 * 80
    assert (sample.image[:, sample.labels == OUTSIDE] == FILL).all()


@pytest.mark.parametrize(("size", "shape", "inside"), [(None, (64, 96), (60, 80)), (160, (128, 160), (120, 160))])
def test_a_whole_picture_is_padded_to_the_stride(size, shape, inside):
    shown, kept = whole(discs(7), size, 32)
    assert shown.shape == (3, *shape) and kept == inside
    assert (shown[:, inside[0] :] == FILL).all() and (shown[:, :, inside[1] :] == FILL).all()


def test_enlarging_by_whole_factors_repeats_labels():
    sample = discs(8)
    larger = resized(sample, (180, 240))
    assert (larger.labels == np.kron(sample.labels, np.ones((3, 3), np.int32))).all()

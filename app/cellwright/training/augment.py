"""Training samples: pictures cut, scaled, turned, coloured and put together, with their boxes kept true."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor
from torchvision.transforms.v2 import functional as tv

from cellwright.training.recipe import Augment, Phase

FILL = 114
"""Grey level around a picture that does not fill the square; the same that inference pads with."""
_KEEP = 0.3
"""A box of which less than this share is left inside the cut is dropped: nobody could tell what it was."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture and its boxes.

    ``image`` (3, H, W) uint8; ``boxes`` (B, 4) float32 xyxy in pixels of the image; ``classes`` (B,) int64; ``known``
    (K, 4) float32 xyxy: the parts that somebody looked at, None for all of it.
    """

    image: Tensor
    boxes: NDArray[np.float32]
    classes: NDArray[np.int64]
    known: NDArray[np.float32] | None = None


def make_sample(
    pictures: Sequence[Sample], index: int, phase: Phase, augment: Augment, rng: np.random.Generator
) -> Sample:
    """Make one training sample of ``phase.size_px`` squared.

    Parameters
    ----------
    pictures : sequence of Sample
        All training pictures; a mosaic or mixture draws its companions from them.
    index : int
        The picture the sample is about.
    phase : Phase
        Side of the sample, share of mosaics, range of zoom.
    augment : Augment
        What else may happen to it.
    rng : Generator
        The only source of chance: the same state gives the same sample.
    """
    sample = _mosaic(pictures, index, phase, augment, rng) if rng.random() < phase.mosaic else None
    sample = sample or _single(pictures[index], phase, augment, rng)
    for share, mixed in ((augment.mix_up, _mix_up), (augment.cut_mix, _cut_mix)):
        if rng.random() < share:
            other = _single(_any(pictures, rng), phase, augment, rng)
            # Of a blend with something unknown, nobody could say what is there.
            if sample.known is None and other.known is None:
                sample = mixed(sample, other, rng)
    return replace(sample, image=degraded(coloured(sample.image, augment, rng), augment, rng))


def _any(pictures: Sequence[Sample], rng: np.random.Generator) -> Sample:
    return pictures[int(rng.integers(len(pictures)))]


def fit(sample: Sample, size: int) -> Sample:
    """Scale a picture so that its long side is `size`, keeping its shape; no padding."""
    scale = size / max(sample.image.shape[1:])
    return _resized(sample, scale)


def turned(sample: Sample, quarter_turns: int, *, mirrored: bool) -> Sample:
    """Turn by quarter turns counter-clockwise, after mirroring left-right where asked."""
    image, boxes, known = sample.image, sample.boxes, sample.known
    if mirrored:
        width = image.shape[2]
        image = image.flip(2)
        boxes = _mirrored(boxes, width)
        known = None if known is None else _mirrored(known, width)
    for _ in range(quarter_turns % 4):
        width = image.shape[2]
        image = image.rot90(1, (1, 2))
        boxes = _quarter_turned(boxes, width)
        known = None if known is None else _quarter_turned(known, width)
    return replace(sample, image=image, boxes=boxes, known=known)


def _mirrored(boxes: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    return np.stack((width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]), 1)


def _quarter_turned(boxes: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    # A point (x, y) goes to (y, width - x).
    return np.stack((boxes[:, 1], width - boxes[:, 2], boxes[:, 3], width - boxes[:, 0]), 1)


def _resized(sample: Sample, scale: float) -> Sample:
    _, h, w = sample.image.shape
    new_h, new_w = max(1, round(h * scale)), max(1, round(w * scale))
    if (new_h, new_w) == (h, w):
        return sample
    # Height and width round apart, so each side has its own exact factor.
    factor = np.array([new_w / w, new_h / h, new_w / w, new_h / h], np.float32)
    image = F.interpolate(sample.image[None], (new_h, new_w), mode="bilinear", antialias=True)[0]
    known = None if sample.known is None else sample.known * factor
    return replace(sample, image=image, boxes=sample.boxes * factor, known=known)


def _prepared(sample: Sample, phase: Phase, augment: Augment, rng: np.random.Generator) -> Sample:
    """Turn and scale one picture by chance."""
    sample = turned(sample, int(rng.integers(4)) if augment.turn else 0, mirrored=rng.random() < augment.flip)
    low, high = phase.scale
    zoom = math.exp(rng.uniform(math.log(low), math.log(high)))
    return _resized(sample, zoom * phase.size_px / max(sample.image.shape[1:]))


def _pasted(canvas: Tensor, sample: Sample, window: tuple[int, int, int, int], at: tuple[int, int]) -> Sample:
    """Copy a window (y0, x0, y1, x1) of a picture to a place on the canvas; return the boxes that survive, placed."""
    y0, x0, y1, x1 = window
    y, x = at
    canvas[:, y : y + y1 - y0, x : x + x1 - x0] = sample.image[:, y0:y1, x0:x1]
    cut = sample.boxes.copy()
    cut[:, [0, 2]] = cut[:, [0, 2]].clip(x0, x1)
    cut[:, [1, 3]] = cut[:, [1, 3]].clip(y0, y1)
    area = (sample.boxes[:, 2:] - sample.boxes[:, :2]).prod(1)
    left = (cut[:, 2:] - cut[:, :2]).prod(1)
    keep = (left > _KEEP * area) & ((cut[:, 2:] - cut[:, :2]).min(1, initial=np.inf) >= 2)
    shift = np.array([x - x0, y - y0, x - x0, y - y0], np.float32)
    known = None
    if sample.known is not None:
        known = sample.known.copy()
        known[:, [0, 2]] = known[:, [0, 2]].clip(x0, x1)
        known[:, [1, 3]] = known[:, [1, 3]].clip(y0, y1)
        known = known + shift
    return Sample(canvas, cut[keep] + shift, sample.classes[keep], known)


def _single(picture: Sample, phase: Phase, augment: Augment, rng: np.random.Generator) -> Sample:
    """One picture somewhere on the square: cropped where it is larger, on grey where it is smaller."""
    size = phase.size_px
    sample = _prepared(picture, phase, augment, rng)
    canvas = torch.full((3, size, size), FILL, dtype=torch.uint8)
    starts = []
    for length in sample.image.shape[1:]:
        spare = size - length
        place = int(rng.integers(0, abs(spare) + 1))
        starts.append((place, 0, length) if spare >= 0 else (0, place, size))
    (y, wy, ny), (x, wx, nx) = starts
    return _pasted(canvas, sample, (wy, wx, wy + ny, wx + nx), (y, x))


def _mosaic(pictures: Sequence[Sample], index: int, phase: Phase, augment: Augment, rng: np.random.Generator) -> Sample:
    """Four pictures around a point (Bochkovskiy et al. 2020): more surroundings and more scales in one sample."""
    size = phase.size_px
    canvas = torch.full((3, size, size), FILL, dtype=torch.uint8)
    cy, cx = (int(rng.uniform(0.3, 0.7) * size) for _ in range(2))
    corners = ((0, 0, cy, cx), (0, cx, cy, size), (cy, 0, size, cx), (cy, cx, size, size))
    members = [index, *rng.integers(len(pictures), size=3)]
    parts, places = [], []
    for (y0, x0, y1, x1), member in zip(corners, members, strict=True):
        sample = _prepared(pictures[member], phase, augment, rng)
        _, h, w = sample.image.shape
        ny, nx = min(h, y1 - y0), min(w, x1 - x0)
        wy, wx = int(rng.integers(0, h - ny + 1)), int(rng.integers(0, w - nx + 1))
        # A picture smaller than its corner sits against the middle, so that the grey lies outside.
        y, x = (y1 - ny if y0 == 0 else y0), (x1 - nx if x0 == 0 else x0)
        part = _pasted(canvas, sample, (wy, wx, wy + ny, wx + nx), (y, x))
        parts.append(part)
        places.append(np.array([[x, y, x + nx, y + ny]], np.float32))
    boxes = np.concatenate([part.boxes for part in parts])
    classes = np.concatenate([part.classes for part in parts])
    known = None
    if any(part.known is not None for part in parts):
        regions = [place if part.known is None else part.known for part, place in zip(parts, places, strict=True)]
        known = np.concatenate(regions)
    return Sample(canvas, boxes, classes, known)


def _mix_up(a: Sample, b: Sample, rng: np.random.Generator) -> Sample:
    """Blend two samples and keep the boxes of both (MixUp, with the Beta(8, 8) usual for detection)."""
    share = float(rng.beta(8, 8))
    image = (a.image.float() * share + b.image.float() * (1 - share)).round().to(torch.uint8)
    return Sample(image, np.concatenate((a.boxes, b.boxes)), np.concatenate((a.classes, b.classes)))


def _cut_mix(a: Sample, b: Sample, rng: np.random.Generator) -> Sample:
    """Paste a rectangle of `b` over `a`; boxes of `a` mostly hidden by it are dropped."""
    size = a.image.shape[1]
    side = int(size * rng.uniform(0.3, 0.6))
    y, x = (int(rng.integers(0, size - side + 1)) for _ in range(2))
    canvas = a.image.clone()
    patch = _pasted(canvas, b, (y, x, y + side, x + side), (y, x))
    window = np.array([x, y, x + side, y + side], np.float32)
    low, high = np.maximum(a.boxes[:, :2], window[:2]), np.minimum(a.boxes[:, 2:], window[2:])
    hidden = (high - low).clip(0).prod(1)
    keep = hidden < (1 - _KEEP) * (a.boxes[:, 2:] - a.boxes[:, :2]).prod(1)
    return Sample(
        canvas, np.concatenate((a.boxes[keep], patch.boxes)), np.concatenate((a.classes[keep], patch.classes))
    )


def coloured(image: Tensor, augment: Augment, rng: np.random.Generator) -> Tensor:
    """Other stains, lamps and cameras: hue, saturation, brightness and contrast by chance."""

    def around_one(amount: float) -> float:
        return float(rng.uniform(1 - amount, 1 + amount))

    # All draws are made whether or not they are used, so that one option does not shift the chance of the next.
    hue = float(rng.uniform(-augment.hue, augment.hue))
    saturation, brightness, contrast = (
        around_one(amount) for amount in (augment.saturation, augment.brightness, augment.contrast)
    )
    if augment.brightness:
        image = tv.adjust_brightness(image, brightness)
    if augment.contrast:
        image = tv.adjust_contrast(image, contrast)
    if augment.saturation:
        image = tv.adjust_saturation(image, saturation)
    if augment.hue:
        image = tv.adjust_hue(image, hue)
    return tv.rgb_to_grayscale(image, 3) if rng.random() < augment.grey else image


def degraded(image: Tensor, augment: Augment, rng: np.random.Generator) -> Tensor:
    """Poorer optics: out of focus, sensor noise, dirt."""
    size = image.shape[1]
    if rng.random() < augment.blur:
        image = tv.gaussian_blur(image, [7, 7], [float(rng.uniform(0.5, 2.0))])
    if rng.random() < augment.noise:
        sigma = rng.uniform(2, 12)
        image = (image.float() + torch.from_numpy(rng.normal(0, sigma, image.shape).astype(np.float32))).clamp(0, 255)
        image = image.to(torch.uint8)
    if rng.random() < augment.cut_out:
        side = int(size * rng.uniform(0.05, 0.15))
        y, x = (int(rng.integers(0, size - side)) for _ in range(2))
        image = image.clone()
        image[:, y : y + side, x : x + side] = FILL
    return image

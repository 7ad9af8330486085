"""Discs as objects with masks, drawn here: what is where is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cellwright.core import Masks, Objects
from tests.ui.known_boxes import CLASSES, make_card


def discs(middles: Sequence[tuple[int, int]], radius: int) -> Masks:
    """Discs of `radius` pixels around each y, x."""
    rise = np.arange(-radius, radius + 1)
    half = np.floor(np.sqrt(radius**2 - rise**2)).astype(int)
    spans = [np.stack([y + rise, x - half, x + half + 1], 1) for y, x in middles]
    owner = np.repeat(np.arange(len(middles)), len(rise))
    return Masks.from_spans(owner, np.concatenate(spans), len(middles))


def disc_objects(
    middles: Sequence[tuple[int, int]],
    radius: int,
    scores: Sequence[float] | None = None,
    kinds: Sequence[int] | None = None,
) -> Objects:
    """Objects with those discs as masks; classes 0, 1, 2, 0 … unless said."""
    masks = discs(middles, radius)
    n = len(masks)
    given = np.full(n, 0.9) if scores is None else np.array(scores)
    of_class = np.arange(n) % len(CLASSES) if kinds is None else np.array(kinds)
    ids = np.array([i.to_bytes(16, "big") for i in range(n)], "V16")
    return Objects(
        ids,
        masks.boxes(),
        of_class.astype(np.int16),
        given.astype(np.float32),
        CLASSES,
        make_card().source,
        masks,
    )


def many_discs(n: int, shape: tuple[int, int], radius: int = 6, seed: int = 0) -> Objects:
    """`n` discs on a grid over a picture, with scores from 0.05 to 1."""
    columns = int(np.ceil(np.sqrt(n * shape[1] / shape[0])))
    rows = -(-n // columns)
    y = (np.arange(rows) + 0.5) * shape[0] / rows
    x = (np.arange(columns) + 0.5) * shape[1] / columns
    middles = [(int(a), int(b)) for a in y for b in x][:n]
    rng = np.random.default_rng(seed)
    made = disc_objects(middles, radius, 0.05 + 0.95 * rng.random(n))
    return replace(made, ids=np.frombuffer(rng.bytes(16 * n), "V16").copy())

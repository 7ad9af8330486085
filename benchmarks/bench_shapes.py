"""Star-convex shapes and masks: choosing, drawing and teaching them, against the reference package."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.rows import Row, milliseconds
from cellwright.shapes import (
    components,
    contours,
    edge_probability,
    labels_from_masks,
    masks_from_labels,
    star_distances,
    star_masks,
    star_nms,
    warm,
    without_overlaps,
)

RAYS = 32
IOU = 0.5
_Answer = TypeVar("_Answer")
Stars = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], int]


def make_stars(objects: int, each: int, radius: float = 10.0, seed: int = 0) -> Stars:
    """Make up candidates as a network gives them before suppression: some around the middle of each nucleus.

    Parameters
    ----------
    objects, each : int
        How many nuclei, and how many candidates of each.
    radius : float
        Of a nucleus, in pixels, on average; nuclei are as dense as in a tissue.
    seed : int
        Of the random numbers.

    Returns
    -------
    points, distances, scores, side : ndarrays and int
        (N, 2), (N, 32) and (N,) float32, and the side of the square picture.
    """
    rng = np.random.default_rng(seed)
    side = int(np.sqrt(objects) * 2.2 * radius + 4 * radius)
    middles = rng.uniform(2 * radius, side - 2 * radius, (objects, 2))
    radii = radius * rng.uniform(0.7, 1.3, objects)
    angles = np.linspace(0, 2 * np.pi, RAYS, endpoint=False)
    lengths = radii[:, None] * (1 + 0.2 * np.cos(2 * (angles - rng.uniform(0, np.pi, objects)[:, None])))
    of = np.repeat(np.arange(objects), each)
    points = np.rint(middles[of] + rng.normal(0, 0.25, (len(of), 2)) * radii[of][:, None])
    distances = lengths[of] - (points - middles[of]) @ np.stack([np.sin(angles), np.cos(angles)])
    distances = np.maximum(distances * (1 + rng.normal(0, 0.05, distances.shape)), 1)
    scores = rng.permutation(len(of)) / len(of)
    return points.astype(np.float32), distances.astype(np.float32), scores.astype(np.float32), side


def make_labels(side: int = 1024, objects: int = 1000, seed: int = 0) -> NDArray[np.int32]:
    """Draw `objects` round nuclei that may touch, as large as half the picture holds."""
    rng = np.random.default_rng(seed)
    radii = np.sqrt(0.6 * side * side / objects / np.pi) * rng.uniform(0.7, 1.3, (objects, 1))
    drawn = star_masks(rng.uniform(0, side, (objects, 2)), np.repeat(radii, RAYS, 1))
    return labels_from_masks(drawn, (side, side)).astype(np.int32)


def timed(work: Callable[[], _Answer]) -> tuple[float, _Answer]:
    """Return how many milliseconds a call takes, measured once, and its answer."""
    start = time.perf_counter()
    answer = work()
    return 1e3 * (time.perf_counter() - start), answer


def run() -> list[Row]:
    """Time choosing, drawing and teaching against the reference package, and the rest alone."""
    warm()
    return [*_choosing(), *_teaching(), *_others()]


def _choosing() -> list[Row]:
    from stardist.geometry import polygons_to_label
    from stardist.nms import non_maximum_suppression_inds

    points, distances, scores, side = make_stars(10_000, 20)
    order = np.argsort(-scores, kind="stable")
    ranked = (distances[order], points[order], scores[order])
    ours = milliseconds(lambda: star_nms(points, distances, scores, IOU), 3)
    theirs, mask = timed(lambda: non_maximum_suppression_inds(*ranked, thresh=IOU, verbose=0))
    kept = star_nms(points, distances, scores, IOU)
    differing = len(np.setxor1d(kept, order[mask]))
    chosen = f"the reference package (C++); keeps {len(kept):,}, {differing} of them differ"
    middles, lengths, shape = points[kept], distances[kept], (side, side)
    draw = milliseconds(lambda: labels_from_masks(star_masks(middles, lengths), shape), 3)
    their_draw, drawn = timed(lambda: polygons_to_label(lengths, middles, shape, prob=scores[kept]))
    pixels = int((labels_from_masks(star_masks(middles, lengths), shape) != drawn).sum())
    many = make_stars(100_000, 20, seed=1)
    alone, rows = timed(lambda: star_nms(*many[:3], IOU))
    return [
        Row(f"{len(points):,} stars, one kept an object", ours, theirs, note=chosen),
        Row("the same, times as fast", theirs / ours, unit="×", bar=8, higher_is_better=True),
        Row(f"{len(kept):,} stars drawn as labels", draw, their_draw, note=f"the package; {pixels} pixels differ"),
        Row("the same, times as fast", their_draw / draw, unit="×", bar=30, higher_is_better=True),
        Row(f"{len(many[0]):,} stars, one kept an object", alone, note=f"keeps {len(rows):,}; measured once"),
    ]


def _teaching() -> list[Row]:
    from stardist.geometry import star_dist
    from stardist.utils import edt_prob

    rows = []
    labels = make_labels()
    for grid in (1, 2):
        ours = milliseconds(lambda: star_distances(labels, RAYS, grid), 5)  # noqa: B023
        theirs = milliseconds(lambda: star_dist(labels, RAYS, (grid, grid)), 3)  # noqa: B023
        rows.append(
            Row(f"ray distances, 1,000 objects on 1024², grid {grid}", ours, theirs, note="the reference (C++)")
        )
        rows.append(Row("the same, times as fast", theirs / ours, unit="×", bar=2, higher_is_better=True))
    ours, theirs = milliseconds(lambda: edge_probability(labels), 5), milliseconds(lambda: edt_prob(labels), 3)
    return [*rows, Row("edge probability of the same", ours, theirs, note="the reference package (scipy)")]


def _others() -> list[Row]:
    labels = make_labels(2048, 4000)
    masks, _ = masks_from_labels(labels)
    scores = np.linspace(1, 0, len(masks))
    return [
        Row("2048² of 4,000 labels to masks", milliseconds(lambda: masks_from_labels(labels))),
        Row("and back", milliseconds(lambda: labels_from_masks(masks, (2048, 2048)))),
        Row("their outlines", milliseconds(lambda: contours(masks))),
        Row("their connected parts", milliseconds(lambda: components(masks))),
        Row("each pixel to one of them", milliseconds(lambda: without_overlaps(masks, scores))),
    ]

"""Non-maximum suppression of as many boxes as a whole slide brings, against torchvision on the same boxes."""

from __future__ import annotations

import math
import time

import numpy as np
from numpy.typing import NDArray

from benchmarks.rows import Row, milliseconds
from cellwright.inference import nms, warm

IOU = 0.5
_PER_CELL = 8


def make_boxes(n: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
    """Make up boxes as a detector gives them before suppression: eight around each cell, cells as dense as in blood.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        Of the random numbers.

    Returns
    -------
    boxes, scores, class_index : ndarrays
        (n, 4) float32, (n,) float32, (n,) int32 of three classes.
    """
    rng = np.random.default_rng(seed)
    cells = -(-n // _PER_CELL)
    middle = np.repeat(rng.uniform(0, math.sqrt(cells * 1200), (cells, 2)), _PER_CELL, 0)[:n]
    half = np.repeat(rng.uniform(10, 30, (cells, 2)), _PER_CELL, 0)[:n] * rng.uniform(0.85, 1.15, (n, 2))
    middle = middle + rng.normal(0, 3, (n, 2))
    boxes = np.concatenate([middle - half, middle + half], 1).astype(np.float32)
    return boxes, rng.random(n).astype(np.float32), rng.integers(0, 3, n).astype(np.int32)


def compare(n: int, repeats: int = 5) -> dict[str, float]:
    """Time both on the same boxes, torchvision once.

    Returns
    -------
    dict
        ``ours_ms``, ``torchvision_ms``, ``kept``, and ``differing``: how many boxes only one of them keeps.
    """
    import torch
    from torchvision.ops import batched_nms

    boxes, scores, kinds = make_boxes(n)
    warm()
    ours = milliseconds(lambda: nms(boxes, scores, kinds, IOU), repeats)
    columns = (torch.from_numpy(boxes), torch.from_numpy(scores), torch.from_numpy(kinds))
    start = time.perf_counter()
    theirs = batched_nms(*columns, IOU)
    taken = 1e3 * (time.perf_counter() - start)
    rows = nms(boxes, scores, kinds, IOU).rows
    differing = len(np.setxor1d(rows, theirs.numpy()))
    return {"ours_ms": ours, "torchvision_ms": taken, "kept": float(len(rows)), "differing": float(differing)}


def run() -> list[Row]:
    """Time 100,000 and 300,000 boxes of three classes, and the other two ways of choosing."""
    rows = []
    for n in (100_000, 300_000):
        measured = compare(n)
        same = f"torchvision's batched_nms; keeps {measured['kept']:,.0f}, {measured['differing']:.0f} of them differ"
        rows.append(Row(f"{n:,} boxes, greedy", measured["ours_ms"], measured["torchvision_ms"], note=same))
        if n == 100_000:
            ratio = measured["torchvision_ms"] / measured["ours_ms"]
            rows.append(Row("the same, times as fast", ratio, unit="×", bar=50, higher_is_better=True))
    boxes, scores, kinds = make_boxes(100_000)
    diou = milliseconds(lambda: nms(boxes, scores, kinds, IOU, "diou"))
    merged = milliseconds(lambda: nms(boxes, scores, kinds, IOU, "merge"))
    return [*rows, Row("100,000 boxes, by distance (DIoU)", diou), Row("100,000 boxes, merged by confidence", merged)]

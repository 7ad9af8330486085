"""Measuring objects: the 21 columns that biologists ask for first, against scikit-image."""

from __future__ import annotations

import time
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.rows import Row, milliseconds
from cellwright.measure import Measurement, Picture, measure_labels
from cellwright.shapes import labels_from_masks, masks_from_polygons

COLUMNS = (
    "label",
    "area",
    "area_bbox",
    "area_convex",
    "area_filled",
    "axis_major_length",
    "axis_minor_length",
    "bbox",
    "centroid",
    "eccentricity",
    "equivalent_diameter_area",
    "euler_number",
    "extent",
    "feret_diameter_max",
    "intensity_max",
    "intensity_mean",
    "intensity_min",
    "orientation",
    "perimeter",
    "perimeter_crofton",
    "solidity",
)
SEVERAL = {"bbox", "centroid"}
FASTER = 25


def make_cells(side: int, cells: int, seed: int = 0) -> NDArray[np.int32]:
    """Draw about `cells` ellipses on a square picture, none touching another, one label each.

    Parameters
    ----------
    side, cells : int
        Side of the picture in pixels, and how many.
    seed : int
        Of the random numbers.
    """
    rng = np.random.default_rng(seed)
    grid = int(np.ceil(np.sqrt(cells)))
    step = side / grid
    cell = np.arange(cells)
    middle = (np.stack([cell // grid, cell % grid], 1) + 0.5) * step
    axes = step * rng.uniform(0.22, 0.46, (cells, 2))
    turn = rng.uniform(0, np.pi, cells)
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    y, x = axes[:, :1] * np.sin(angle), axes[:, 1:] * np.cos(angle)
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    rings = np.stack([y * cos - x * sin, y * sin + x * cos], 2) + middle[:, None]
    return labels_from_masks(masks_from_polygons([[ring] for ring in rings]), (side, side)).astype(np.int32)


def ours(labels: NDArray[np.int32], values: NDArray[np.uint8]) -> dict[str, Measurement]:
    """Measure the columns; what has no label column of its own is the order of the rows."""
    words = [f"{name}-*" if name in SEVERAL else name for name in COLUMNS if name != "label"]
    _, found = measure_labels(labels, words, pixels=Picture(values[:, :, None], ("c",)))
    return {each.name: each for each in found}


def run() -> list[Row]:
    """Time both on the two sizes that people compare on."""
    rows = []
    for side, cells in ((2048, 10_000), (8192, 50_000)):
        rows += _compared(side, cells)
    return [*rows, _many()]


def _compared(side: int, cells: int) -> list[Row]:
    from skimage.measure import regionprops_table

    labels = make_cells(side, cells)
    values = np.random.default_rng(1).integers(0, 256, labels.shape).astype(np.uint8)
    mine = milliseconds(partial(ours, labels, values), 5)
    start = time.perf_counter()
    theirs = regionprops_table(labels, values, properties=COLUMNS)  # type: ignore[no-untyped-call]
    taken = 1e3 * (time.perf_counter() - start)
    apart = largest_difference(ours(labels, values), theirs)
    name = f"{len(theirs['label']):,} objects on {side}², {len(COLUMNS)} columns"
    return [
        Row(name, mine, taken, note=f"regionprops_table, measured once; values differ by {apart:.0e} at most"),
        Row("the same, times as fast", taken / mine, unit="×", bar=FASTER, higher_is_better=True),
    ]


def largest_difference(mine: dict[str, Measurement], theirs: dict[str, NDArray[np.generic]]) -> float:
    """Return how far the values of both differ at most, as a share of the value where that is above 1."""
    largest = 0.0
    for name, values in theirs.items():
        expected = np.asarray(values, np.float64)
        if name == "label":
            continue
        found = mine[f"{name}-c" if name.startswith("intensity") else name].values
        apart = np.abs(found - expected - (0.5 if name.startswith("centroid") else 0.0))
        if name == "orientation":
            apart = np.abs(np.sin(found - expected))
        largest = max(largest, float((apart / np.maximum(1, np.abs(expected))).max(initial=0)))
    return largest


def _many() -> Row:
    """Measure a million cells with everything that needs no pixels; the largest memory is told."""
    import resource

    from cellwright.measure import measure
    from cellwright.shapes import masks_from_labels

    masks, _ = masks_from_labels(make_cells(2048, 10_000))
    many = type(masks).concatenate([masks.shifted(2048 * (i // 10), 2048 * (i % 10)) for i in range(100)])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    measure(many, ["geometry", "neighbours"])
    taken = time.perf_counter() - start
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return Row(f"{len(many):,} objects, geometry and neighbours", taken, unit="s", note=f"{grown:,.0f} MB more memory")

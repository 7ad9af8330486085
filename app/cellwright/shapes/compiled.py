"""Where the compiled loops come from, and whether they can be had: without numba answers are the same, but later."""

from __future__ import annotations

import importlib
from types import ModuleType


def loops(name: str, room: str = "shapes") -> ModuleType | None:
    """Return a module of compiled loops, or None where numba cannot be loaded.

    Parameters
    ----------
    name : str
        Of the module, such as ``"paint_kernels"``.
    room : str
        Where it lies.
    """
    try:
        return importlib.import_module(f"cellwright.{room}.{name}")
    except ImportError:  # numba is missing, or was built for another Python or processor
        return None


def warm() -> None:
    """Load the compiled loops, or compile them: seconds the first time, so call it off the window's thread."""
    import numpy as np

    from cellwright.shapes.algebra import difference, intersection
    from cellwright.shapes.contours import contours
    from cellwright.shapes.fitting import fitted_to_pixels
    from cellwright.shapes.labels import labels_from_masks, masks_from_labels
    from cellwright.shapes.overlaps import without_overlaps
    from cellwright.shapes.stars import star_masks, star_nms
    from cellwright.shapes.targets import edge_probability, star_distances

    labels = np.zeros((9, 9), np.int32)
    labels[2:7, 2:7] = 1
    masks, _ = masks_from_labels(labels)
    labels_from_masks(masks, (9, 9))
    contours(masks)
    lengths = star_distances(labels, 32)[[4, 4], [4, 5]]
    edge_probability(labels)
    middles, scores = np.array([[4, 4], [4, 5]], np.float32), np.ones(2, np.float32)
    star_nms(middles, lengths, scores, 0.5)
    stars = star_masks(middles, lengths)
    without_overlaps(stars, scores)
    fitted_to_pixels(stars, labels > 0)
    difference(stars, intersection(stars, stars))

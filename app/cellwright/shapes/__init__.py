"""Shapes: masks from labels and back, stars, contours, connected parts. Knows numpy; numba where it can be had."""

from cellwright.shapes.labels import labels_from_masks, masks_from_labels
from cellwright.shapes.targets import edge_probability, star_distances

__all__ = ["edge_probability", "labels_from_masks", "masks_from_labels", "star_distances"]

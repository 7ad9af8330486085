"""Shapes: masks from labels and back, stars, contours, connected parts. Knows numpy; numba where it can be had."""

from cellwright.shapes.labels import labels_from_masks, masks_from_labels

__all__ = ["labels_from_masks", "masks_from_labels"]

"""Shapes: masks from labels and back, stars, contours, connected parts. Knows numpy; numba where it can be had."""

from cellwright.shapes.labels import labels_from_masks, masks_from_labels
from cellwright.shapes.overlaps import intersections, without_overlaps
from cellwright.shapes.stars import star_boxes, star_corners, star_masks, star_nms
from cellwright.shapes.targets import edge_probability, star_distances

__all__ = [
    "edge_probability",
    "intersections",
    "labels_from_masks",
    "masks_from_labels",
    "star_boxes",
    "star_corners",
    "star_distances",
    "star_masks",
    "star_nms",
    "without_overlaps",
]

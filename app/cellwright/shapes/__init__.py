"""Shapes: masks from labels and back, stars, contours, connected parts. Knows numpy; numba where it can be had."""

from cellwright.shapes.algebra import difference, intersection, joined
from cellwright.shapes.coco import CocoRle, coco_rle, masks_from_coco_rle
from cellwright.shapes.compiled import warm
from cellwright.shapes.contours import Contours, contours
from cellwright.shapes.cutting import cut, gathered
from cellwright.shapes.fitting import fitted_to_pixels
from cellwright.shapes.labels import labels_from_masks, masks_from_labels
from cellwright.shapes.outline_marks import outline_marks
from cellwright.shapes.overlaps import intersections, without_overlaps
from cellwright.shapes.parts import components, fill_holes, union
from cellwright.shapes.polygons import masks_from_polygons
from cellwright.shapes.stars import star_boxes, star_corners, star_masks, star_nms
from cellwright.shapes.strokes import stroke
from cellwright.shapes.targets import edge_probability, star_distances

__all__ = [
    "CocoRle",
    "Contours",
    "coco_rle",
    "components",
    "contours",
    "cut",
    "difference",
    "edge_probability",
    "fill_holes",
    "fitted_to_pixels",
    "gathered",
    "intersection",
    "intersections",
    "joined",
    "labels_from_masks",
    "masks_from_coco_rle",
    "masks_from_labels",
    "masks_from_polygons",
    "outline_marks",
    "star_boxes",
    "star_corners",
    "star_distances",
    "star_masks",
    "star_nms",
    "stroke",
    "union",
    "warm",
    "without_overlaps",
]

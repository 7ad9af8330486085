"""Numbers taken from shapes: area, perimeter, centroid, and the cardiothoracic ratio. Knows only `core`."""

from cellwright.measure.chest import CardiothoracicRatio, HorizontalLine, cardiothoracic_ratio
from cellwright.measure.shape import Measurement, centroids, perimeters, shape_columns

__all__ = [
    "CardiothoracicRatio",
    "HorizontalLine",
    "Measurement",
    "cardiothoracic_ratio",
    "centroids",
    "perimeters",
    "shape_columns",
]

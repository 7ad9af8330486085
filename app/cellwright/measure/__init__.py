"""Numbers taken from objects: size, shape, brightness, staining, texture, neighbours, and the cardiothoracic ratio.

Knows `core`, `shapes` and the registry through which plugins add measurements.
"""

from cellwright.measure.at_once import IN_FILES, OF_BOXES, OF_OUTLINES, PLACES, at_once, told_both_ways
from cellwright.measure.chest import CardiothoracicRatio, HorizontalLine, cardiothoracic_ratio
from cellwright.measure.columns import Column
from cellwright.measure.in_parts import ArrayPixels, Pixels, measure, measure_labels, measuring
from cellwright.measure.page import measurements_page
from cellwright.measure.sets import MEASUREMENTS, Offer, Wanted, chosen, offered
from cellwright.measure.shape import Measurement, centroids, perimeters
from cellwright.measure.subject import MeasurementSet, MeasureOptions, Needs, Picture, Subject
from cellwright.measure.warming import warm

__all__ = [
    "IN_FILES",
    "MEASUREMENTS",
    "OF_BOXES",
    "OF_OUTLINES",
    "PLACES",
    "ArrayPixels",
    "CardiothoracicRatio",
    "Column",
    "HorizontalLine",
    "MeasureOptions",
    "Measurement",
    "MeasurementSet",
    "Needs",
    "Offer",
    "Picture",
    "Pixels",
    "Subject",
    "Wanted",
    "at_once",
    "cardiothoracic_ratio",
    "centroids",
    "chosen",
    "measure",
    "measure_labels",
    "measurements_page",
    "measuring",
    "offered",
    "perimeters",
    "told_both_ways",
    "warm",
]

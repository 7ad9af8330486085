"""Words every other room shares: boxes, regions, pixel sizes, masks, objects and errors. Knows numpy alone."""

from cellwright.core.errors import (
    BadParameter,
    CellwrightError,
    DatasetNotReadable,
    ModelNotUsable,
    OutputExists,
    OutputNotWritable,
    PluginNotUsable,
    SlideNotReadable,
    TrainingStopped,
    UnknownName,
    unknown_name,
)
from cellwright.core.geometry import Box, PixelSize, PixelSizeSource, Region
from cellwright.core.masks import Masks
from cellwright.core.objects import Objects

__all__ = [
    "BadParameter",
    "Box",
    "CellwrightError",
    "DatasetNotReadable",
    "Masks",
    "ModelNotUsable",
    "Objects",
    "OutputExists",
    "OutputNotWritable",
    "PixelSize",
    "PixelSizeSource",
    "PluginNotUsable",
    "Region",
    "SlideNotReadable",
    "TrainingStopped",
    "UnknownName",
    "unknown_name",
]

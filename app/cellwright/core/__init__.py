"""Words every other room shares: boxes, regions, pixel sizes, masks, objects and errors. Knows numpy alone."""

from cellwright.core.coverage import Coverage, TileRecord, TileState
from cellwright.core.errors import (
    BadParameter,
    CellwrightError,
    DatasetNotReadable,
    EditRefused,
    ModelNotUsable,
    OutputExists,
    OutputNotWritable,
    PluginNotUsable,
    ProjectNotReadable,
    ProjectNotWritable,
    SlideNotReadable,
    TrainingStopped,
    UnknownName,
    unknown_name,
)
from cellwright.core.geometry import Box, PixelSize, PixelSizeSource, Region
from cellwright.core.masks import Masks
from cellwright.core.objects import Objects
from cellwright.core.regions import Polygon, Regions, rectangle

__all__ = [
    "BadParameter",
    "Box",
    "CellwrightError",
    "Coverage",
    "DatasetNotReadable",
    "EditRefused",
    "Masks",
    "ModelNotUsable",
    "Objects",
    "OutputExists",
    "OutputNotWritable",
    "PixelSize",
    "PixelSizeSource",
    "PluginNotUsable",
    "Polygon",
    "ProjectNotReadable",
    "ProjectNotWritable",
    "Region",
    "Regions",
    "SlideNotReadable",
    "TileRecord",
    "TileState",
    "TrainingStopped",
    "UnknownName",
    "rectangle",
    "unknown_name",
]

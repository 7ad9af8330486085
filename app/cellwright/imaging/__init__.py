"""Pictures in: opens image files and reads any region of them at any resolution, with pixel size and contrast."""

from cellwright.imaging.ahead import read_ahead
from cellwright.imaging.calibration import disagreement
from cellwright.imaging.contrast import (
    composite,
    contrast_limits,
    limits_of,
    percentile_limits,
    read_rgb,
    spread_limits,
    to_display,
)
from cellwright.imaging.digest import content_sha256
from cellwright.imaging.fingerprint import PixelDigest, pixel_digest, tile_boxes
from cellwright.imaging.memory import ArrayRef, array_ref
from cellwright.imaging.opening import (
    OPENABLE_SUFFIXES,
    is_part_of_slide,
    is_probably_openable,
    is_there,
    open_slide,
)
from cellwright.imaging.plane import PlaneSlide
from cellwright.imaging.pyramid import LevelBox, PyramidSlide, SlideInfo, rgb_channels
from cellwright.imaging.readers import FILE_KINDS, READERS
from cellwright.imaging.remote import address_of, is_address, resolved
from cellwright.imaging.slide import Channel, Limits, Slide, SlideReader, SlideRef
from cellwright.imaging.tissue import Light, Tissue, find_tissue, tissue_of

__all__ = [
    "FILE_KINDS",
    "OPENABLE_SUFFIXES",
    "READERS",
    "ArrayRef",
    "Channel",
    "LevelBox",
    "Light",
    "Limits",
    "PixelDigest",
    "PlaneSlide",
    "PyramidSlide",
    "Slide",
    "SlideInfo",
    "SlideReader",
    "SlideRef",
    "Tissue",
    "address_of",
    "array_ref",
    "composite",
    "content_sha256",
    "contrast_limits",
    "disagreement",
    "find_tissue",
    "is_address",
    "is_part_of_slide",
    "is_probably_openable",
    "is_there",
    "limits_of",
    "open_slide",
    "percentile_limits",
    "pixel_digest",
    "read_ahead",
    "read_rgb",
    "resolved",
    "rgb_channels",
    "spread_limits",
    "tile_boxes",
    "tissue_of",
    "to_display",
]

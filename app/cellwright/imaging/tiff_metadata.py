"""What a TIFF file says about its pixels: sizes and channels, in the dialects that microscopes and programs write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cellwright.core import PixelSize
from cellwright.imaging.calibration import UNKNOWN, SizeClaim, plausible_magnification, settle
from cellwright.imaging.ome import OmeImage
from cellwright.imaging.resolution import UM_PER_CM, UM_PER_INCH, UM_PER_M, size_from_density, size_from_tag, unit_um
from cellwright.imaging.slide import Channel

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

_TAG_UNIT_UM = {2: UM_PER_INCH, 3: UM_PER_CM}
_NDPI_OBJECTIVE = 65421


@dataclass(frozen=True, slots=True)
class PixelFacts:
    """Pixel size, where it stands in the file, the distance of planes and the objective."""

    size: PixelSize | None
    note: str
    z_step_um: float | None = None
    magnification: float | None = None


def pixel_facts(page: TiffPage, ome: OmeImage | None) -> PixelFacts:
    """Return the pixel size from the most specific source that names one, compared with what the others say.

    Parameters
    ----------
    page : TiffPage
        First page of the picture.
    ome : OmeImage or None
        What OME-XML says, where there is any.
    """
    own = [facts for source in _SOURCES if (facts := source(page)) is not None]
    if ome is not None and ome.pixel_size is not None:
        about = PixelFacts(ome.pixel_size, "OME-XML PhysicalSizeX and PhysicalSizeY", ome.z_step_um, ome.magnification)
        own.insert(0, about)
    claims = [SizeClaim(facts.size, facts.note) for facts in own]
    # Where the ImageJ scale counts, the resolution tags hold the same numbers in a unit of its own.
    if not any(facts.note.startswith("ImageJ") for facts in own):
        claims.append(SizeClaim(*_from_resolution(page)))
    magnification = next((facts.magnification for facts in own if facts.magnification is not None), None)
    magnification = magnification or _ndpi_magnification(page) or (ome.magnification if ome is not None else None)
    size, note = settle(claims, magnification)
    step = next((facts.z_step_um for facts in own if facts.z_step_um is not None), ome.z_step_um if ome else None)
    return PixelFacts(size, note, step, magnification)


def imagej_channels(tif: TiffFile, count: int) -> tuple[Channel, ...] | None:
    """Return names and colours of ImageJ channels, None where the file has neither."""
    facts = tif.imagej_metadata
    if not facts or count < 2:
        return None
    tables = facts.get("LUTs") if facts.get("mode") != "grayscale" else None
    labels = facts.get("Labels")
    colours: list[tuple[int, int, int] | None] = [None] * count
    if isinstance(tables, list) and len(tables) >= count:
        red_green_blue = [[int(part) for part in table[:, -1]] for table in tables[:count]]
        colours = [(r, g, b) for r, g, b in red_green_blue]
    names = [f"channel {i + 1}" for i in range(count)]
    if isinstance(labels, list) and len(labels) == count:
        names = [str(label).splitlines()[0] if str(label) else name for label, name in zip(labels, names, strict=True)]
    return tuple(Channel(name, colour) for name, colour in zip(names, colours, strict=True))


def _from_imagej(page: TiffPage) -> PixelFacts | None:
    facts = page.parent.imagej_metadata if page.parent.is_imagej else None
    if not facts:
        return None
    unit = unit_um(str(facts.get("unit", "")))
    if unit is None:
        return None
    density = _densities(page)
    step = facts.get("spacing")
    z_step_um = float(step) * unit if isinstance(step, (int, float)) and step > 0 else None
    if density is None:
        return PixelFacts(None, UNKNOWN, z_step_um)
    if unit in (UM_PER_INCH, UM_PER_CM):
        return PixelFacts(*size_from_density(*density, unit, "ImageJ scale"), z_step_um)
    return PixelFacts(size_from_tag(unit / density[0], unit / density[1]), "ImageJ scale and unit", z_step_um)


def _from_aperio(page: TiffPage) -> PixelFacts | None:
    if not page.parent.is_svs:
        return None
    from tifffile.tifffile import svs_description_metadata

    try:
        said = svs_description_metadata(page.description)
    except (TypeError, ValueError):
        return None
    magnification = plausible_magnification(said.get("AppMag"))
    try:
        size = size_from_tag(float(said["MPP"]), float(said["MPP"]))
    except (KeyError, TypeError, ValueError):
        size = None
    return PixelFacts(size, "Aperio MPP" if size else UNKNOWN, magnification=magnification)


def _from_lsm(page: TiffPage) -> PixelFacts | None:
    facts = page.parent.lsm_metadata if page.parent.is_lsm else None
    if not facts:
        return None
    y, x, z = (float(facts.get(f"VoxelSize{axis}", 0.0)) * UM_PER_M for axis in "YXZ")
    size = size_from_tag(y, x)
    return PixelFacts(size, "LSM VoxelSizeX and VoxelSizeY", z or None) if size else None


def _from_metamorph(page: TiffPage) -> PixelFacts | None:
    facts = page.parent.stk_metadata if page.parent.is_stk else None
    if not facts or not facts.get("XCalibration"):
        return None
    unit = unit_um(str(facts.get("CalibrationUnits", "")))
    if unit is None:
        return None
    y, x = float(facts.get("YCalibration", 0.0)) * unit, float(facts["XCalibration"]) * unit
    size = size_from_tag(y, x)
    return PixelFacts(size, "MetaMorph calibration") if size else None


def _from_micromanager(page: TiffPage) -> PixelFacts | None:
    tag = page.tags.valueof(51123)
    if not isinstance(tag, Mapping):
        return None
    try:
        side = float(tag.get("PixelSizeUm", tag.get("PixelSize_um", 0.0)))
    except (TypeError, ValueError):
        return None
    size = size_from_tag(side, side)
    return PixelFacts(size, "Micro-Manager PixelSizeUm") if size else None


_SOURCES = (_from_imagej, _from_aperio, _from_lsm, _from_metamorph, _from_micromanager)
"""The most specific first."""


def _ndpi_magnification(page: TiffPage) -> float | None:
    return plausible_magnification(page.tags.valueof(_NDPI_OBJECTIVE)) if page.parent.is_ndpi else None


def _from_resolution(page: TiffPage) -> tuple[PixelSize | None, str]:
    density = _densities(page)
    unit = _TAG_UNIT_UM.get(int(page.tags.valueof(296, 2)))
    if density is None or unit is None:
        return None, UNKNOWN
    return size_from_density(*density, unit, "TIFF resolution tags")


def _densities(page: TiffPage) -> tuple[float, float] | None:
    """Return pixels per unit of length along y and x, None where a tag is absent or nonsense."""
    pairs = [_ratio(page.tags.valueof(code)) for code in (283, 282)]
    return (pairs[0], pairs[1]) if all(pairs) else None


def _ratio(value: Any) -> float:
    try:
        numerator, denominator = value
        return float(numerator) / float(denominator)
    except TypeError:
        return float(value) if isinstance(value, (int, float)) else 0.0
    except (ValueError, ZeroDivisionError):
        return 0.0

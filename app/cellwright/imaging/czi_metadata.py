"""What the XML of a CZI file says: pixel size, objective, names and colours of channels, names of scenes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellwright.core import PixelSize
from cellwright.imaging.calibration import UNKNOWN, SizeClaim, plausible_magnification, settle
from cellwright.imaging.resolution import UM_PER_M, size_from_tag
from cellwright.imaging.slide import Channel

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SCALE = "./Metadata/Scaling/Items/Distance[@Id='{}']/Value"
_IMAGE = "./Metadata/Information/Image/Dimensions"


@dataclass(frozen=True, slots=True)
class CziFacts:
    """What the XML says, as far as a picture needs it."""

    size: PixelSize | None = None
    note: str = UNKNOWN
    z_step_um: float | None = None
    magnification: float | None = None
    channels: tuple[Channel, ...] = ()
    scenes: tuple[str, ...] = ()


def czi_facts(xml: str) -> CziFacts:
    """Read the XML of a CZI file.

    Raises
    ------
    ValueError
        If it is not well-formed, or declares a document type or entities.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml.ElementTree import fromstring

    if not xml.strip("\0 \r\n\t"):
        return CziFacts()
    try:
        root = fromstring(xml.strip("\0").encode(), forbid_dtd=True)
    except ParseError as error:
        raise ValueError(f"its XML is damaged: {error}") from error
    y, x, z = (_length_um(root, axis) for axis in "YXZ")
    size = size_from_tag(y, x) if y and x else None
    magnification = plausible_magnification(
        root.findtext("./Metadata/Information/Instrument/Objectives/Objective/NominalMagnification")
    )
    # Confocal scans are zoomed at will, so that the objective says nothing about their pixels.
    is_scanned = "LaserScanning" in (root.findtext(f"{_IMAGE}/Channels/Channel/AcquisitionMode") or "")
    settled, note = settle([SizeClaim(size, "CZI scaling" if size else UNKNOWN)], None if is_scanned else magnification)
    return CziFacts(settled, note, z, magnification, _channels(root), _scenes(root))


def _length_um(root: Element, axis: str) -> float | None:
    try:
        metres = float(root.findtext(_SCALE.format(axis)) or "")
    except ValueError:
        return None
    return metres * UM_PER_M if metres > 0 else None


def _channels(root: Element) -> tuple[Channel, ...]:
    shown = {
        element.get("Id") or element.get("Name"): element.findtext("Color")
        for element in root.iterfind("./Metadata/DisplaySetting/Channels/Channel")
    }
    found = []
    for i, element in enumerate(root.iterfind(f"{_IMAGE}/Channels/Channel")):
        name = element.get("Name") or f"channel {i + 1}"
        colour = element.findtext("Color") or shown.get(element.get("Id")) or shown.get(name)
        found.append(Channel(name, _colour(colour)))
    return tuple(found)


def _scenes(root: Element) -> tuple[str, ...]:
    scenes = root.findall(f"{_IMAGE}/S/Scenes/Scene")
    return tuple(scene.get("Name") or f"scene {i + 1}" for i, scene in enumerate(scenes))


def _colour(text: str | None) -> tuple[int, int, int] | None:
    """Return red, green, blue of ``#AARRGGBB`` or ``#RRGGBB``."""
    try:
        red, green, blue = bytes.fromhex((text or "").lstrip("#")[-6:])
    except ValueError:
        return None
    return (red, green, blue)

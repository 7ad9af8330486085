"""OME-XML, as far as a picture needs it: physical sizes with their units, names and colours of channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellwright.core import PixelSize
from cellwright.imaging.calibration import plausible_magnification
from cellwright.imaging.resolution import size_from_tag, unit_um
from cellwright.imaging.slide import Channel

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_VISIBLE = ((450, (0, 0, 255)), (490, (0, 255, 255)), (560, (0, 255, 0)), (600, (255, 255, 0)), (9999, (255, 0, 0)))
"""Emission wavelength in nm up to which a channel without a colour is shown in this one."""


@dataclass(frozen=True, slots=True)
class OmeImage:
    """What OME-XML says about one image.

    Parameters
    ----------
    name : str
        Empty where it has none.
    pixel_size : PixelSize or None
        None where it is absent or in a unit that is no length.
    z_step_um : float or None
        Distance of planes in µm.
    channels : tuple of Channel
        In the order of the C axis, one an OME channel (a colour picture has one for its three samples).
    magnification : float or None
        Of the objective it was taken with.
    """

    name: str
    pixel_size: PixelSize | None
    z_step_um: float | None
    channels: tuple[Channel, ...]
    magnification: float | None = None


def parse_ome(xml: str) -> tuple[OmeImage, ...]:
    """Read the images of an OME-XML document, in its order.

    Raises
    ------
    ValueError
        If it is not well-formed XML, or carries entities or a document type.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(xml.encode(), forbid_dtd=True)
    except ParseError as error:
        raise ValueError(f"its OME-XML is damaged: {error}") from error
    images = [element for element in root.iter() if _plain(element) == "Image"]
    lenses = {
        element.get("ID", ""): plausible_magnification(element.get("NominalMagnification"))
        for element in root.iter()
        if _plain(element) == "Objective"
    }
    return tuple(_image(element, lenses) for element in images)


def _image(element: Element, lenses: Mapping[str, float | None]) -> OmeImage:
    pixels = next((child for child in element if _plain(child) == "Pixels"), None)
    if pixels is None:
        return OmeImage(element.get("Name", ""), None, None, ())
    y, x = _length_um(pixels, "PhysicalSizeY"), _length_um(pixels, "PhysicalSizeX")
    channels = [child for child in pixels if _plain(child) == "Channel"]
    return OmeImage(
        element.get("Name", ""),
        size_from_tag(y, x) if y is not None and x is not None else None,
        _length_um(pixels, "PhysicalSizeZ"),
        tuple(_channel(child, i) for i, child in enumerate(channels)),
        _magnification(element, lenses),
    )


def _magnification(image: Element, lenses: Mapping[str, float | None]) -> float | None:
    used = next((child.get("ID", "") for child in image if _plain(child) == "ObjectiveSettings"), None)
    # A file that names one lens and no settings was taken with that one.
    return next(iter(lenses.values())) if used is None and len(lenses) == 1 else lenses.get(used or "")


def _length_um(pixels: Element, attribute: str) -> float | None:
    unit = unit_um(pixels.get(f"{attribute}Unit", "µm"))
    try:
        return float(pixels.get(attribute, "")) * unit if unit is not None else None
    except ValueError:
        return None


def _channel(element: Element, index: int) -> Channel:
    name = element.get("Name") or element.get("Fluor") or f"channel {index + 1}"
    return Channel(name, _colour(element))


def _colour(element: Element) -> tuple[int, int, int] | None:
    try:
        packed = int(element.get("Color", "")) & 0xFFFFFFFF
    except ValueError:
        return _emission_colour(element)
    return (packed >> 24 & 255, packed >> 16 & 255, packed >> 8 & 255)


def _emission_colour(element: Element) -> tuple[int, int, int] | None:
    try:
        wavelength = float(element.get("EmissionWavelength", ""))
    except ValueError:
        return None
    return next(colour for limit, colour in _VISIBLE if wavelength <= limit) if 0 < wavelength < 9999 else None


def _plain(element: Element) -> str:
    # Tags carry the namespace of the schema's year; the names have stayed the same.
    return str(element.tag).rsplit("}", 1)[-1]

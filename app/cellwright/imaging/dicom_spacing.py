"""The size of a pixel in a DICOM file: of what plane it is true, and which of several elements says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellwright.core import PixelSize
from cellwright.imaging.dicom_groups import group_value
from cellwright.imaging.resolution import size_from_tag

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_UM_PER_MM = 1000.0
_UM_PER_CM = 10_000.0
_US_CENTIMETRES = 3
_US_TISSUE = 1
_PROJECTION = frozenset({"CR", "DX", "MG", "RF", "XA", "RG", "IO", "PX"})
_SAME = 1e-4

Found = tuple[PixelSize, str]


def pixel_spacing(header: Dataset) -> tuple[PixelSize | None, str]:
    """Return the pixel size and a phrase that says what it is the size of.

    An X-ray casts a shadow: ImagerPixelSpacing is measured on the detector, where everything appears enlarged, while
    a PixelSpacing that differs from it was calibrated to the patient (PS3.3 10.7). The calibrated one is taken where
    there is one; a detector's is corrected where the file estimates the magnification, and said to be one otherwise.

    Parameters
    ----------
    header : Dataset
        All elements before the pixels.

    Returns
    -------
    size : PixelSize or None
        None where no element says it.
    note : str
        Which element, and in which plane.
    """
    for source in (_from_spacing, _from_imager, _from_ultrasound, _from_scanner, _from_slide_volume):
        found = source(header)
        if found is not None:
            return found
    return None, "the file does not say"


def slice_step_um(header: Dataset) -> float | None:
    """Return the distance of neighbouring slices in µm, None where the file does not say."""
    for keyword in ("SpacingBetweenSlices", "SliceThickness"):
        value = group_value(header, "PixelMeasuresSequence", keyword)
        if value is not None and float(value) > 0:
            return float(value) * _UM_PER_MM
    return None


def _from_spacing(header: Dataset) -> Found | None:
    spacing = _pair(group_value(header, "PixelMeasuresSequence", "PixelSpacing"))
    if spacing is None:
        return None
    if header.get("Modality") not in _PROJECTION:
        return spacing, "DICOM PixelSpacing"
    imager = _pair(header.get("ImagerPixelSpacing"))
    is_calibrated = bool(header.get("PixelSpacingCalibrationType"))
    if is_calibrated or (imager is not None and not _are_equal(spacing, imager)):
        return spacing, "DICOM PixelSpacing, calibrated in the patient"
    return spacing, "DICOM PixelSpacing, on the detector: things nearer the tube are smaller than they measure"


def _from_imager(header: Dataset) -> Found | None:
    imager = _pair(header.get("ImagerPixelSpacing"))
    if imager is None:
        return None
    magnification = header.get("EstimatedRadiographicMagnificationFactor")
    if magnification and float(magnification) > 1.0:
        factor = float(magnification)
        size = size_from_tag(imager.y_um / factor, imager.x_um / factor)
        return (size, f"DICOM ImagerPixelSpacing, divided by the magnification {factor:.3g}") if size else None
    return imager, "DICOM ImagerPixelSpacing, on the detector: things nearer the tube are smaller than they measure"


def _from_ultrasound(header: Dataset) -> Found | None:
    sizes = [
        (abs(float(region.PhysicalDeltaY)) * _UM_PER_CM, abs(float(region.PhysicalDeltaX)) * _UM_PER_CM)
        for region in header.get("SequenceOfUltrasoundRegions") or ()
        if region.get("RegionSpatialFormat") == _US_TISSUE
        and region.get("PhysicalUnitsXDirection") == region.get("PhysicalUnitsYDirection") == _US_CENTIMETRES
    ]
    if not sizes or any(_differ(a, b) for one in sizes[1:] for a, b in zip(one, sizes[0], strict=True)):
        return None
    size = size_from_tag(*sizes[0])
    return (size, "DICOM ultrasound region") if size else None


def _from_scanner(header: Dataset) -> Found | None:
    size = _pair(header.get("NominalScannedPixelSpacing"))
    return (size, "DICOM NominalScannedPixelSpacing, on the scanned film") if size else None


def _from_slide_volume(header: Dataset) -> Found | None:
    try:
        y = float(header.ImagedVolumeHeight) * _UM_PER_MM / int(header.TotalPixelMatrixRows)
        x = float(header.ImagedVolumeWidth) * _UM_PER_MM / int(header.TotalPixelMatrixColumns)
    except (AttributeError, TypeError, ValueError, ZeroDivisionError):
        return None
    size = size_from_tag(y, x)
    return (size, "DICOM ImagedVolumeHeight and ImagedVolumeWidth") if size else None


def _pair(value: Any) -> PixelSize | None:
    """Return row and column spacing in mm as a size, None for what is absent, zero or not two numbers."""
    try:
        y, x = value
        return size_from_tag(float(y) * _UM_PER_MM, float(x) * _UM_PER_MM)
    except (TypeError, ValueError):
        return None


def _are_equal(a: PixelSize, b: PixelSize) -> bool:
    return not (_differ(a.y_um, b.y_um) or _differ(a.x_um, b.x_um))


def _differ(a: float, b: float) -> bool:
    return abs(a - b) > _SAME * max(abs(a), abs(b))

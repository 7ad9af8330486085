"""From stored DICOM numbers to measured ones, and the window they should be seen through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.imaging.dicom_groups import first_item, group_value

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_EDGE = 0.01
"""A look-up table's window runs from where it leaves black to where it reaches white, by this share of its range."""


@dataclass(frozen=True, slots=True)
class GreyScale:
    """How one stored grey becomes the value that `Slide.read` returns.

    Parameters
    ----------
    dtype : dtype
        Of the values.
    slope, intercept : float
        Value = stored × slope + intercept.
    low, high : float
        Smallest and largest value that the stored bits can stand for.
    is_inverted : bool
        Whether the file counts from white to black; values are then turned round within `low` … `high`, so that
        brighter always means more.
    table : ndarray or None
        Values by stored number, in place of slope and intercept.
    table_start : int
        Stored number of the first entry.
    """

    dtype: np.dtype[Any]
    slope: float
    intercept: float
    low: float
    high: float
    is_inverted: bool
    table: NDArray[Any] | None = None
    table_start: int = 0

    def apply(self, stored: NDArray[Any]) -> NDArray[Any]:
        """Return values of `dtype`, of the same shape."""
        if self.table is not None:
            index = np.clip(stored.astype(np.int64) - self.table_start, 0, len(self.table) - 1)
            values = self.table[index]
        elif self.slope == 1.0 and self.intercept == 0.0:
            values = stored
        else:
            wide = np.int64 if self.dtype.kind in "iu" else np.float64
            values = stored.astype(wide) * wide(self.slope) + wide(self.intercept)
        if self.is_inverted:
            whole = np.int64 if self.dtype.kind in "iu" else np.float64
            values = whole(self.low + self.high) - values.astype(whole)
        return values.astype(self.dtype, copy=False)

    def turned(self, low: float, high: float) -> tuple[float, float]:
        """Return a window in the values of the file as one in the values of `apply`."""
        return (self.low + self.high - high, self.low + self.high - low) if self.is_inverted else (low, high)


def grey_scale(header: Dataset) -> GreyScale:
    """Read modality look-up table or rescale, and the sense of grey."""
    is_inverted = (
        header.get("PhotometricInterpretation") == "MONOCHROME1" or header.get("PresentationLUTShape") == "INVERSE"
    )
    if "PixelRepresentation" not in header:  # floating-point pixels
        dtype = np.dtype(np.float64 if int(header.BitsAllocated) == 64 else np.float32)
        return GreyScale(dtype, 1.0, 0.0, 0.0, 1.0, False)
    stored_low, stored_high = _stored_range(header)
    table = first_item(header, "ModalityLUTSequence")
    if table is not None:
        values, start, _ = _look_up_table(table)
        low, high = float(values.min()), float(values.max())
        return GreyScale(values.dtype, 1.0, 0.0, low, high, is_inverted, values, start)
    slope = float(group_value(header, "PixelValueTransformationSequence", "RescaleSlope") or 1.0)
    intercept = float(group_value(header, "PixelValueTransformationSequence", "RescaleIntercept") or 0.0)
    low, high = sorted((stored_low * slope + intercept, stored_high * slope + intercept))
    return GreyScale(_value_dtype(slope, intercept, low, high), slope, intercept, low, high, is_inverted)


def window(header: Dataset, scale: GreyScale) -> tuple[float, float] | None:
    """Return the first window or VOI look-up table as (lowest, highest) value, None where the file has none.

    For a table, which may be curved, these are the values where it leaves black and reaches white.
    """
    found = _window(header) or _table_window(header)
    if found is None or not np.isfinite(found).all() or found[0] >= found[1]:
        return None
    if found[1] <= scale.low or found[0] >= scale.high:
        return None  # a window that no pixel falls into is a mistake
    return scale.turned(*found)


def _window(header: Dataset) -> tuple[float, float] | None:
    centre = _first_number(group_value(header, "FrameVOILUTSequence", "WindowCenter"))
    width = _first_number(group_value(header, "FrameVOILUTSequence", "WindowWidth"))
    if centre is None or width is None or width <= 0:
        return None
    function = str(group_value(header, "FrameVOILUTSequence", "VOILUTFunction") or "LINEAR")
    if function == "LINEAR" and width > 1:
        # PS3.3 C.11.2.1.2.1: the window is centred on c - 0.5 and spans w - 1.
        return (centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2)
    return (centre - width / 2, centre + width / 2)


def _table_window(header: Dataset) -> tuple[float, float] | None:
    item = first_item(header, "VOILUTSequence")
    if item is None:
        return None
    values, start, _ = _look_up_table(item)
    low, high = float(values.min()), float(values.max())
    share = (values - low) / (high - low) if high > low else np.zeros(len(values))
    between = np.flatnonzero((share > _EDGE) & (share < 1 - _EDGE))
    if between.size == 0:
        return None
    return (float(start + between[0] - 1), float(start + between[-1] + 1))


def _look_up_table(item: Dataset) -> tuple[NDArray[Any], int, int]:
    """Return entries, stored number of the first one, and bits of an entry."""
    count, start, bits = (int(v) for v in item.LUTDescriptor)
    count = count or 65536
    data = item.LUTData
    if isinstance(data, bytes):
        values = np.frombuffer(data, np.uint8 if len(data) == count else "<u2")
    else:
        values = np.atleast_1d(np.asarray(data)).astype(np.uint16)
    if start > 32767 and item["LUTDescriptor"].VR == "SS":
        start -= 65536
    if len(values) < count:
        raise ValueError(f"a look-up table has {len(values)} of its {count} entries")
    return values[:count].astype(np.uint8 if bits <= 8 else np.uint16), start, bits


def _stored_range(header: Dataset) -> tuple[int, int]:
    bits = int(header.get("BitsStored") or header.BitsAllocated)
    if int(header.get("PixelRepresentation") or 0):
        return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    return 0, 2**bits - 1


def _value_dtype(slope: float, intercept: float, low: float, high: float) -> np.dtype[Any]:
    if not (slope.is_integer() and intercept.is_integer()):
        return np.dtype(np.float32)
    for candidate in (np.uint8, np.uint16, np.int16, np.int32):
        info = np.iinfo(candidate)
        if info.min <= low and high <= info.max:
            return np.dtype(candidate)
    return np.dtype(np.float64)


def _first_number(value: Any) -> float | None:
    if value is None or value == "":
        return None
    try:
        return float(value)
    except TypeError:
        return float(value[0]) if len(value) else None

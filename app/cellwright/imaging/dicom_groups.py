"""Elements of a DICOM data set, whether they stand in the open or in the functional groups of multi-frame files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


def first_item(header: Dataset, sequence: str) -> Dataset | None:
    """Return the first item of a sequence, None where it is absent or empty."""
    items = header.get(sequence)
    return items[0] if items else None


def group_value(header: Dataset, sequence: str, keyword: str) -> Any:
    """Return an element from the data set, else from the groups shared by all frames, else from the first frame's.

    Parameters
    ----------
    header : Dataset
        The data set.
    sequence : str
        The functional group that holds the element: ``"PixelMeasuresSequence"``.
    keyword : str
        The element: ``"PixelSpacing"``.

    Returns
    -------
    object
        Its value; None where it is absent or empty.
    """
    value = header.get(keyword)
    if value not in (None, ""):
        return value
    for groups in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        group = first_item(header, groups)
        item = first_item(group, sequence) if group is not None else None
        value = item.get(keyword) if item is not None else None
        if value not in (None, ""):
            return value
    return None

"""Outlines as a zip of ImageJ ROIs, which Fiji's ROI Manager opens."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core.atomic import replacing
from cellwright.export.boxed import unique_file_names
from cellwright.export.colour import rgb_of
from cellwright.export.outlined import OutlinedPicture, Polygon

_MOVE, _LINE, _CLOSE = 0.0, 1.0, 4.0
# ImageJ keeps corners in 16 bits; beyond, they are written as floats too.
_LARGEST_WHOLE = 32_000


def write_roi_zip(path: str | Path, picture: OutlinedPicture, *, overwrite: bool = False) -> Path:
    """Write one ROI an object: a traced outline, a composite where there are holes or parts, or a box.

    A ROI is named after its number in row order and its class, and has its class's colour and position in `group`.
    Objects without pixels inside the picture are left out. Memory grows with the outlines.

    Raises
    ------
    OutputExists
        If the file is there and `overwrite` is false.
    OutputNotWritable
        If it cannot be written; what stood there is unchanged.
    """
    objects = picture.objects
    outlines, boxes = picture.outlines(), set(picture.by_box_alone.tolist())
    with replacing(path, overwrite=overwrite) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        safe = unique_file_names([f"{name}.x" for name in objects.classes], [""] * len(objects.classes))
        for number, (kind, parts) in enumerate(zip(objects.class_index.tolist(), outlines, strict=True), start=1):
            if parts:
                name = f"{number:05d}-{safe[kind]}"
                roi = _roi(parts, number - 1 in boxes)
                roi.name = name
                roi.stroke_color = bytes((255, *rgb_of(picture.colours[kind])))
                roi.group = kind + 1
                archive.writestr(f"{name}.roi", roi.tobytes())
    return Path(path)


def _roi(parts: list[Polygon], is_box: bool) -> Any:
    from roifile import ROI_OPTIONS, ROI_TYPE, ImagejRoi

    rings = [ring for part in parts for ring in part]
    if len(rings) > 1:
        return _composite(rings)
    ring = np.rint(rings[0]) if is_box else rings[0]
    is_far = bool((np.abs(ring) > _LARGEST_WHOLE).any())
    roi = ImagejRoi.frompoints(ring.astype(np.float32) if is_far else ring.astype(np.int32))
    # The bounds that the library takes are one wider than the outline, as for pixels; these are corners.
    roi.right, roi.bottom = roi.right - 1, roi.bottom - 1
    roi.roitype = ROI_TYPE.POLYGON if is_box else ROI_TYPE.TRACED
    roi.options &= ~(ROI_OPTIONS.OVERLAY_BACKGROUNDS | ROI_OPTIONS.OVERLAY_LABELS)
    return roi


def _composite(rings: list[NDArray[np.float64]]) -> Any:
    from roifile import ROI_TYPE, ImagejRoi

    path: list[float] = []
    for ring in rings:
        for step, (x, y) in enumerate(ring.tolist()):
            path += (_LINE if step else _MOVE, x, y)
        path.append(_CLOSE)
    points = np.concatenate(rings)
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    roi = ImagejRoi()
    roi.roitype = ROI_TYPE.RECT
    roi.left, roi.top, roi.right, roi.bottom = int(left), int(top), int(right), int(bottom)
    roi.multi_coordinates = np.array(path, np.float32)
    roi.shape_roi_size = len(path)
    return roi

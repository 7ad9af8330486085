"""Label images as OME-Zarr 0.5: a pyramid of labels with the colour and the properties of every object.

The picture itself may stand beside them, as a pyramid of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box
from cellwright.core.atomic import replacing_folder
from cellwright.export.colour import rgb_of
from cellwright.export.label_tiff import label_dtype
from cellwright.export.outlined import OutlinedPicture
from cellwright.export.pixels import PicturePixels
from cellwright.measure import IN_FILES, told_both_ways

if TYPE_CHECKING:
    import zarr

LABELS = "objects"
"""Name of the label image below ``labels/``."""

_VERSION = "0.5"
_CHUNK_PX = 512
_SMALLEST_PX = 512  # the pyramid ends with the first level whose sides are no longer than this
_STRIP_ROWS = 2048
_LAYOUT = ("zarr.json", "labels", *(str(level) for level in range(16)))


def write_ome_zarr(
    folder: str | Path, picture: OutlinedPicture, *, pixels: PicturePixels | None = None, overwrite: bool = False
) -> Path:
    """Write the label image as a group ``labels/objects`` of an OME-Zarr folder (version 0.5, Zarr 3).

    Values are the objects' numbers, from 1 in row order. Levels are made by taking every second pixel, so that no
    value is invented. ``image-label`` has a colour and the properties (class, score, id, measurements) of every
    object. Memory grows with the width of the picture and not with its height: strips of 2048 rows are drawn.

    Parameters
    ----------
    folder : str or Path
        Made anew as a whole; by custom its name ends in ``.ome.zarr``.
    picture : OutlinedPicture
        With masks.
    pixels : PicturePixels, optional
        What the picture shows; it is then written as the image that the labels belong to.
    overwrite : bool
        Whether a folder already there may be replaced.

    Raises
    ------
    BadParameter
        If only boxes are known.
    OutputExists
        If the folder is there and `overwrite` is false.
    OutputNotWritable
        If it cannot be written, or holds what is no such folder.
    """
    import zarr

    with replacing_folder(folder, _LAYOUT, overwrite=overwrite) as part:
        levels = _levels(picture.size)
        root = zarr.open_group(str(part), mode="w", zarr_format=3)
        if pixels is not None:
            root.update_attributes({"ome": _about_image(picture, pixels, levels)})
            _fill_image(root, picture.size, pixels, levels)
        labels = root.create_group("labels", attributes={"ome": {"version": _VERSION, "labels": [LABELS]}})
        group = labels.create_group(LABELS, attributes={"ome": _about(picture, levels, pixels is not None)})
        _fill(group, picture, levels)
    return Path(folder)


def _levels(size: tuple[int, int]) -> int:
    levels = 1
    while max(size) > _SMALLEST_PX << (levels - 1) and _STRIP_ROWS >> levels:
        levels += 1
    return levels


def _fill(group: zarr.Group, picture: OutlinedPicture, levels: int) -> None:
    dtype = label_dtype(len(picture.objects))
    arrays = [
        group.create_array(
            str(level),
            shape=_shape(picture.size, level),
            chunks=(_CHUNK_PX, _CHUNK_PX),
            dtype=dtype,
            fill_value=0,
            dimension_names=("y", "x"),
        )
        for level in range(levels)
    ]
    for number, strip in enumerate(picture.strips(_STRIP_ROWS, None, dtype)):
        for level, array in enumerate(arrays):
            part: NDArray[np.integer] = strip[:: 1 << level, :: 1 << level]
            first = number * (_STRIP_ROWS >> level)
            array[first : first + part.shape[0], :] = part


def _shape(size: tuple[int, int], level: int) -> tuple[int, int]:
    step = 1 << level
    return (size[0] + step - 1) // step, (size[1] + step - 1) // step


def _fill_image(root: zarr.Group, size: tuple[int, int], pixels: PicturePixels, levels: int) -> None:
    """Write the picture strip by strip; each level is the mean of four pixels of the one before."""
    count = len(pixels.channels)
    arrays = [
        root.create_array(
            str(level),
            shape=(count, *_shape(size, level)),
            chunks=(1, _CHUNK_PX, _CHUNK_PX),
            dtype=pixels.dtype,
            dimension_names=("c", "y", "x"),
        )
        for level in range(levels)
    ]
    for number, y in enumerate(range(0, size[0], _STRIP_ROWS)):
        part = np.moveaxis(pixels.read(Box(y, 0, min(size[0], y + _STRIP_ROWS), size[1])), -1, 0)
        for level, array in enumerate(arrays):
            if level:
                part = _halved(part)
            first = number * (_STRIP_ROWS >> level)
            array[:, first : first + part.shape[1], :] = part


def _halved(values: NDArray[Any]) -> NDArray[Any]:
    """Return the mean of each two by two pixels; a last odd row or column is averaged with itself."""
    even = np.pad(values, ((0, 0), (0, values.shape[1] % 2), (0, values.shape[2] % 2)), mode="edge")
    mean = even.reshape(len(even), even.shape[1] // 2, 2, even.shape[2] // 2, 2).mean(axis=(2, 4))
    halved: NDArray[Any] = (np.rint(mean) if values.dtype.kind in "ui" else mean).astype(values.dtype)
    return halved


def _about_image(picture: OutlinedPicture, pixels: PicturePixels, levels: int) -> dict[str, Any]:
    """Describe the image; a pixel that is a mean lies in the middle of those it is of."""
    y_step, x_step, unit = _steps(picture)
    datasets = []
    for level in range(levels):
        middle = (2**level - 1) / 2
        transforms: list[dict[str, Any]] = [{"type": "scale", "scale": [1.0, y_step * 2**level, x_step * 2**level]}]
        if level:
            transforms.append({"type": "translation", "translation": [0.0, y_step * middle, x_step * middle]})
        datasets.append({"path": str(level), "coordinateTransformations": transforms})
    axes = [{"name": "c", "type": "channel"}, *({"name": axis, "type": "space", **unit} for axis in ("y", "x"))]
    return {
        "version": _VERSION,
        "multiscales": [{"name": picture.name, "axes": axes, "datasets": datasets}],
        "omero": {
            "channels": [
                {
                    "label": name,
                    "color": colour.lstrip("#").upper(),
                    "active": True,
                    "window": {"min": low, "max": high, "start": low, "end": high},
                }
                for name, colour, (low, high) in zip(pixels.channels, pixels.colours, pixels.limits, strict=True)
            ]
        },
    }


def _steps(picture: OutlinedPicture) -> tuple[float, float, dict[str, str]]:
    """Return height and width of a pixel, and their unit where it is known."""
    size = picture.pixel_size
    return (1.0, 1.0, {}) if size is None else (size.y_um, size.x_um, {"unit": "micrometer"})


def _about(picture: OutlinedPicture, levels: int, has_image: bool) -> dict[str, Any]:
    y_step, x_step, unit = _steps(picture)
    source = {"source": {"image": "../../"}} if has_image else {}
    return {
        "version": _VERSION,
        "multiscales": [
            {
                "name": picture.name,
                "axes": [{"name": axis, "type": "space", **unit} for axis in ("y", "x")],
                "datasets": [
                    {
                        "path": str(level),
                        "coordinateTransformations": [
                            {"type": "scale", "scale": [y_step * 2**level, x_step * 2**level]}
                        ],
                    }
                    for level in range(levels)
                ],
            }
        ],
        "image-label": {"colors": _colours(picture), "properties": _properties(picture), **source},
    }


def _colours(picture: OutlinedPicture) -> list[dict[str, Any]]:
    rgba = [[*rgb_of(colour), 255] for colour in picture.colours]
    return [
        {"label-value": number, "rgba": rgba[kind]}
        for number, kind in enumerate(picture.objects.class_index.tolist(), start=1)
    ]


def _properties(picture: OutlinedPicture) -> list[dict[str, Any]]:
    objects = picture.objects
    columns = {
        column.name: column.values.round(column.decimals).tolist()
        for column in told_both_ways(objects, IN_FILES, picture.pixel_size)
        if np.isfinite(column.values).any()
    }
    rows = zip(objects.id_strings(), objects.class_index.tolist(), objects.scores.round(5).tolist(), strict=True)
    return [
        {
            "label-value": row + 1,
            "uuid": name,
            "class": objects.classes[kind],
            "score": score,
            **{title: values[row] for title, values in columns.items()},
        }
        for row, (name, kind, score) in enumerate(rows)
    ]

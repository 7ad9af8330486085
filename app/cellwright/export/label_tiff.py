"""Label images as TIFF, plain or OME: the value of a pixel is the number of the object it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core.atomic import replacing
from cellwright.export.colour import rgb_of
from cellwright.export.outlined import OutlinedPicture

_TILE_PX = 512
_CM_PER_UM = 1e-4
_LARGEST_CLASSIC = 2**32 - 2**25  # bytes, beyond which the file needs 64-bit offsets


def write_label_tiff(path: str | Path, picture: OutlinedPicture, *, overwrite: bool = False) -> Path:
    """Write the label image as a tiled, deflated TIFF that carries the pixel size.

    Pixel values are the objects' numbers, from 1 in row order; 0 is background. They are 16-bit where the numbers fit
    and 32-bit where not. Memory grows with the width of the picture and not with its height: a strip of 512 rows is
    drawn at a time (about 6 bytes a pixel of the strip).

    Parameters
    ----------
    path : str or Path
        The file.
    picture : OutlinedPicture
        With masks.
    overwrite : bool
        Whether a file already there may be replaced.

    Raises
    ------
    BadParameter
        If only boxes are known.
    OutputExists
        If the file is there and `overwrite` is false.
    OutputNotWritable
        If it cannot be written; what stood there is unchanged.
    """
    size = picture.pixel_size
    resolution = None if size is None else (1 / (size.x_um * _CM_PER_UM), 1 / (size.y_um * _CM_PER_UM))
    unit = {"resolutionunit": "NONE"} if resolution is None else {"resolutionunit": "CENTIMETER"}
    with replacing(path, overwrite=overwrite) as part:
        _write(part, picture, resolution=resolution, metadata=None, **unit)
    return Path(path)


def write_ome_tiff(path: str | Path, picture: OutlinedPicture, *, overwrite: bool = False) -> Path:
    """Write the label image as OME-TIFF: as `write_label_tiff`, with the pixel size and the classes in OME-XML.

    A map annotation gives each class its colour as ``#RRGGBB``, and the objects it holds as ranges of numbers.
    """
    metadata: dict[str, Any] = {"axes": "YX", "Name": picture.name, "Channel": {"Name": "labels"}}
    if picture.pixel_size is not None:
        metadata |= {
            "PhysicalSizeX": picture.pixel_size.x_um,
            "PhysicalSizeXUnit": "µm",
            "PhysicalSizeY": picture.pixel_size.y_um,
            "PhysicalSizeYUnit": "µm",
        }
    metadata["MapAnnotation"] = {"Namespace": "cellwright/classes", **_classes(picture)}
    with replacing(path, overwrite=overwrite) as part:
        _write(part, picture, ome=True, metadata=metadata)
    return Path(path)


def label_dtype(count: int) -> type[np.uint16] | type[np.uint32]:
    """Return the smallest type of label images that holds `count` objects."""
    return np.uint16 if count <= np.iinfo(np.uint16).max else np.uint32


def _write(part: Path, picture: OutlinedPicture, **options: Any) -> None:
    import tifffile

    dtype = label_dtype(len(picture.objects))
    height, width = picture.size
    tifffile.imwrite(
        part,
        _tiles(picture, dtype),
        shape=(height, width),
        dtype=dtype,
        tile=(_TILE_PX, _TILE_PX),
        photometric="minisblack",
        compression="zlib",
        predictor=True,
        bigtiff=height * width * np.dtype(dtype).itemsize > _LARGEST_CLASSIC,
        software="Cellwright",
        **options,
    )


def _tiles(picture: OutlinedPicture, dtype: type[np.integer]) -> Iterator[NDArray[np.integer]]:
    for strip in picture.strips(_TILE_PX, None, dtype):
        for x in range(0, picture.size[1], _TILE_PX):
            yield np.ascontiguousarray(strip[:, x : x + _TILE_PX])


def _classes(picture: OutlinedPicture) -> dict[str, str]:
    """Return for each class its colour, and which numbers belong to it: ``"1-12 15 20-22"``."""
    said = {}
    for index, (name, colour) in enumerate(zip(picture.objects.classes, picture.colours, strict=True)):
        numbers = np.flatnonzero(picture.objects.class_index == index) + 1
        red, green, blue = rgb_of(colour)
        said[name] = f"#{red:02X}{green:02X}{blue:02X} {_ranges(numbers)}".strip()
    return said


def _ranges(numbers: NDArray[np.intp]) -> str:
    if not len(numbers):
        return ""
    cuts = np.flatnonzero(np.diff(numbers) > 1)
    first, last = numbers[np.append(0, cuts + 1)].tolist(), numbers[np.append(cuts, len(numbers) - 1)].tolist()
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(first, last, strict=True))

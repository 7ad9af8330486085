"""Where layers lie: what an image layer shows, in which picture and plane, and how results come to lie on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, PixelSize, PixelSizeSource
from cellwright.imaging import SlideRef, array_ref
from napari_cellwright.picture_layers import KEPT, KeptPicture

if TYPE_CHECKING:
    from napari.layers import Image, Layer

Plane = tuple[int, ...]
"""Index along each axis of a layer before rows and columns; empty for the first of each."""

MOST_PIXELS = 2**30
"""Larger pictures must come from a file, which is read piece by piece."""

_SAME_SIZE = 1e-6


@dataclass(frozen=True, slots=True)
class Placement:
    """How data that belong to a picture come to lie on its layer.

    Parameters
    ----------
    shown : dict
        Scale, translate, rotate, shear, affine, units and names of the axes of the layer.
    plane : tuple of int
        Which plane of it they belong to; they are shown on that one alone.
    """

    shown: dict[str, Any]
    plane: Plane = ()

    def of_pixels(self) -> dict[str, Any]:
        """Return the properties of a layer of one plane, whose data have an axis of one for each of the plane's."""
        scale = np.asarray(self.shown["scale"], float)
        place = np.asarray(self.shown.get("translate", np.zeros(len(scale))), float)
        offset = np.zeros(len(scale))
        offset[: len(self.plane)] = np.multiply(self.plane, scale[: len(self.plane)])
        return {**self.shown, "translate": tuple(place + offset)}

    def of_points(self) -> dict[str, Any]:
        """Return the properties of a layer whose data are coordinates that begin with the plane's."""
        return dict(self.shown)


@dataclass(frozen=True, slots=True)
class Pictured:
    """The picture behind a plane of an image layer.

    Parameters
    ----------
    ref : SlideRef
        How to open it.
    pixel_size : PixelSize or None
        What the layer says beyond the file: a person changed its scale, or there is no file.
    placement : Placement
        How results come to lie on the layer.
    """

    ref: SlideRef
    pixel_size: PixelSize | None
    placement: Placement


def placement_of(layer: Layer, plane: Plane = ()) -> Placement:
    """Return how results come to lie on a layer.

    Raises
    ------
    BadParameter
        If `plane` has more entries than the layer has axes before rows and columns.
    """
    before = layer.ndim - 2
    if len(plane) > before:
        raise BadParameter(f"{layer.name} has {before} axes before rows and columns; plane={plane} has more.")
    whole = (*plane, *(0,) * (before - len(plane)))
    names = ("scale", "translate", "rotate", "shear", "affine", "units", "axis_labels")
    return Placement({name: getattr(layer, name) for name in names}, whole)


def plane_shown(layer: Layer, point: Sequence[float]) -> Plane:
    """Return which plane of a layer lies at a point of the world, as a viewer's sliders say it."""
    at = [round(value) for value in np.asarray(layer.world_to_data(point))[: layer.ndim - 2].tolist()]
    lengths = getattr(_finest(layer), "shape", ())
    if len(lengths) != layer.ndim:
        return tuple(at)  # shapes and points have no end
    return tuple(min(max(index, 0), size - 1) for index, size in zip(at, lengths, strict=False))


def pixel_size_of(layer: Layer) -> PixelSize | None:
    """Return the size of a layer's pixels where its units are lengths, None where they are pixels."""
    sides = []
    for scale, unit in zip(layer.scale[-2:], layer.units[-2:], strict=True):
        if not unit.is_compatible_with("um"):
            return None
        sides.append(abs(float(scale)) * float((1 * unit).to("um").magnitude))
    return PixelSize(sides[0], sides[1], PixelSizeSource.USER)


def picture_of(layer: Image, plane: Plane = (), *, every_channel: bool = False) -> Pictured:
    """Return the picture that a layer shows, read from its file where Cellwright opened it and else from memory.

    Parameters
    ----------
    layer : napari.layers.Image
        What is shown.
    plane : tuple of int
        Index along each axis before rows and columns.
    every_channel : bool
        Whether all channels of the file are meant, and not the layer's alone.

    Raises
    ------
    BadParameter
        If the layer is no picture, or too large to be taken from memory.
    """
    placement = placement_of(layer, plane)
    said = pixel_size_of(layer)
    kept = layer.metadata.get(KEPT)
    if not isinstance(kept, KeptPicture):
        name = layer.name.replace("/", "-").replace("\\", "-") or "picture"
        return Pictured(array_ref(_pixels(layer, placement.plane), name, said), None, placement)
    at = dict(zip(_stack_axes(kept), placement.plane, strict=False))
    ref = replace(kept.ref, channels=None if every_channel else kept.channels, z=at.get("z"), t=at.get("t"))
    return Pictured(ref, None if _same(said, kept.pixel_size) else said, placement)


def picture_name(layer: Layer) -> str:
    """Return the name of the file behind a layer, or the layer's."""
    kept = layer.metadata.get(KEPT)
    return kept.ref.path.name if isinstance(kept, KeptPicture) else Path(layer.name).name


def _stack_axes(kept: KeptPicture) -> tuple[str, ...]:
    return ("t",) * kept.has_t + ("z",) * kept.has_z


def _same(said: PixelSize | None, known: PixelSize | None) -> bool:
    if said is None or known is None:
        return said is None
    return bool(np.allclose((said.y_um, said.x_um), (known.y_um, known.x_um), rtol=_SAME_SIZE))


def _finest(layer: Layer) -> Any:
    """Return the array of a layer, of several resolutions the finest; of shapes and points what they are made of."""
    return layer.data[0] if getattr(layer, "multiscale", False) else layer.data


def _pixels(layer: Image, plane: Plane) -> NDArray[Any]:
    """Return (Y, X) or (Y, X, 3) pixels of a plane, of a type that Cellwright reads."""
    data = _finest(layer)
    rows, columns = data.shape[len(plane) : len(plane) + 2]
    if rows * columns > MOST_PIXELS:
        raise BadParameter(
            f"{layer.name} has {columns:,} × {rows:,} pixels in memory, which is too much to be looked at whole; "
            "open its file with Cellwright, which reads it piece by piece."
        )
    pixels = np.asarray(data[plane] if plane else data)
    if layer.rgb:
        return _bytes(pixels[..., :3])
    return _plain(pixels)


def _bytes(colours: NDArray[Any]) -> NDArray[np.uint8]:
    if colours.dtype == np.uint8:
        return np.ascontiguousarray(colours)
    bright = 1.0 if colours.dtype.kind == "f" else float(np.iinfo(colours.dtype).max)
    return np.rint(np.clip(np.nan_to_num(colours / bright), 0, 1) * 255).astype(np.uint8)


def _plain(greys: NDArray[Any]) -> NDArray[Any]:
    if greys.dtype.name in ("uint8", "uint16", "float32", "bool"):
        return greys
    fits = greys.dtype.kind in "iu" and greys.size and greys.min() >= 0 and greys.max() <= np.iinfo(np.uint16).max
    return greys.astype(np.uint16 if fits else np.float32)

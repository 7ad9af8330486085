"""A slide as napari layers: its channels or colours, with names and scale of the axes, its small pictures beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import CellwrightError, PixelSize
from cellwright.imaging import Slide, SlideRef, contrast_limits
from napari_cellwright.lazy_pixels import LevelPixels, OpenSlide, levels_of

LayerTuple = tuple[Any, dict[str, Any], str]
"""Data, properties and kind of a layer, as napari's readers and commands return them."""

KEPT = "cellwright"
"""Key of a layer's metadata under which stands what Cellwright knows of it."""

_COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 255, 255), (255, 0, 255), (255, 255, 0))


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """What is known of an image layer that was read by Cellwright.

    Parameters
    ----------
    ref : SlideRef
        The whole picture.
    channels : tuple of int or None
        The channel that the layer shows; None for all, as of a colour picture.
    pixel_size : PixelSize or None
        As the file says it.
    has_t, has_z : bool
        Whether the layer's first axes are time and depth.
    """

    ref: SlideRef
    channels: tuple[int, ...] | None
    pixel_size: PixelSize | None
    has_t: bool
    has_z: bool


def layers_of(slide: Slide, *, visible: bool = True) -> list[LayerTuple]:
    """Return the layers of an open slide, which belongs to them from now on; no pixel of a colour picture is read.

    Parameters
    ----------
    slide : Slide
        Any picture that Cellwright reads.
    visible : bool
        Whether its channels are shown at first; the small pictures that come with it are not.

    Returns
    -------
    list of (data, properties, "image")
        Data are dask arrays, lists of them where there are several resolutions: (T, Z, Y, X) without the axes that
        hold one entry, and with a last axis of 3 for colour pictures.

    Raises
    ------
    SlideNotReadable
        If the contrast of the channels must be looked for and the picture cannot be decoded.
    """
    if slide.is_rgb and slide.dtype == np.uint8:
        return _with_associated([_layer(slide, OpenSlide(slide.ref, slide), None, None, visible)], slide)
    limits = contrast_limits(slide)
    source = OpenSlide(slide.ref, slide)
    if slide.is_rgb:
        return _with_associated([_layer(slide, source, None, limits[0], visible)], slide)
    made = [_layer(slide, source, c, limits[c], visible) for c in range(len(slide.channels))]
    return _with_associated(made, slide)


def grid_of(slide: Slide) -> dict[str, Any]:
    """Return scale, units and names of a slide's axes, as every layer that lies on it has them."""
    size = slide.pixel_size
    scale, units, names = [], [], []
    if slide.n_t > 1:
        scale, units, names = [1.0], ["pixel"], ["t"]
    if slide.n_z > 1:
        step = slide.z_step_um
        scale.append(step or 1.0)
        # A stack whose distance of planes nobody knows is counted in planes.
        units.append("um" if step else "pixel")
        names.append("z")
    scale += [1.0, 1.0] if size is None else [size.y_um, size.x_um]
    units += ["pixel" if size is None else "um"] * 2
    return {"scale": tuple(scale), "units": tuple(units), "axis_labels": (*names, "y", "x")}


def _colour_map(colour: tuple[int, int, int]) -> Any:
    """Return a napari colormap from black to a colour."""
    from napari.utils import Colormap

    bright = [part / 255 for part in colour]
    return Colormap([[0.0, 0.0, 0.0, 1.0], [*bright, 1.0]], name="#" + bytes(colour).hex())


def _layer(
    slide: Slide, source: OpenSlide, channel: int | None, limits: tuple[float, float] | None, visible: bool
) -> LayerTuple:
    chosen = tuple(range(len(slide.channels))) if channel is None else (channel,)
    levels = [
        LevelPixels(source, level, slide.n_t, slide.n_z, chosen, slide.dtype).as_dask() for level in levels_of(slide)
    ]
    is_pyramid = len(levels) > 1
    has_one = channel is None or len(slide.channels) == 1
    name = slide.name if has_one else f"{slide.name} · {slide.channels[chosen[0]].name}"
    said: dict[str, Any] = {
        "name": name,
        **grid_of(slide),
        "rgb": channel is None,
        "multiscale": is_pyramid,
        "visible": visible,
        "metadata": {
            KEPT: KeptPicture(slide.ref, None if has_one else chosen, slide.pixel_size, slide.n_t > 1, slide.n_z > 1),
            "pixel size": f"{slide.pixel_size or 'unknown'}: {slide.pixel_size_note}",
            "magnification": slide.magnification,
        },
    }
    if limits is not None:
        said["contrast_limits"] = limits
    if channel is not None and len(slide.channels) > 1:
        said |= {"colormap": _colour_map(_colour(slide, channel)), "blending": "additive"}
    elif channel is not None:
        said["colormap"] = "gray"
    return levels if is_pyramid else levels[0], said, "image"


def _colour(slide: Slide, channel: int) -> tuple[int, int, int]:
    return slide.channels[channel].colour or _COLOURS[channel % len(_COLOURS)]


def _with_associated(layers: list[LayerTuple], slide: Slide) -> list[LayerTuple]:
    """Add the label, the whole glass and the thumbnail, hidden: a label may name a person."""
    found: list[tuple[str, NDArray[np.uint8]]] = []
    for name in slide.associated:
        try:
            found.append((name, slide.read_associated(name)))
        except CellwrightError:
            continue  # a slide whose label is damaged is still a slide
    return [*layers, *(_small(name, pixels, slide) for name, pixels in found)]


def _small(name: str, pixels: NDArray[np.uint8], slide: Slide) -> LayerTuple:
    """Return a small picture, as large as it fits over the slide: nobody says how large its pixels are."""
    grid = grid_of(slide)
    rows, columns = (length * side for length, side in zip(slide.shape, grid["scale"][-2:], strict=True))
    side = min(rows / pixels.shape[0], columns / pixels.shape[1])
    said = {
        "name": f"{slide.name} · {name}",
        "scale": (side, side),
        "units": grid["units"][-2:],
        "axis_labels": ("y", "x"),
        "rgb": True,
        "visible": False,
        "metadata": {"scale": "made to fit over the slide; nobody says how large these pixels are"},
    }
    return pixels, said, "image"

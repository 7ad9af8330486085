"""What OME-Zarr 0.4 and 0.5 say of a picture: axes, levels, scales, channels, as values that were checked."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cellwright.imaging.calibration import UNKNOWN
from cellwright.imaging.resolution import size_from_tag, unit_um
from cellwright.imaging.slide import Channel, Limits

_KNOWN_AXES = "tczyx"
_CODECS = frozenset(
    (
        "adler32",
        "astype",
        "bitround",
        "blosc",
        "bytes",
        "bz2",
        "crc32",
        "crc32c",
        "delta",
        "fixedscaleoffset",
        "fletcher32",
        "gzip",
        "jenkins_lookup3",
        "lz4",
        "lzma",
        "packbits",
        "pcodec",
        "quantize",
        "sharding_indexed",
        "shuffle",
        "transpose",
        "zfpy",
        "zlib",
        "zstd",
    )
)
"""Codecs that turn bytes into numbers and nothing else; numcodecs has one more, ``pickle``, that runs programs."""


@dataclass(frozen=True, slots=True)
class Multiscale:
    """One picture of an OME-Zarr group.

    Parameters
    ----------
    name : str
        Empty where it has none.
    axes : str
        One letter an axis, of ``"tczyx"``, in stored order.
    paths : tuple of str
        Array of each level, the finest first.
    scale_um : mapping of str to float or None
        Size of a level-0 pixel along each of z, y, x; None where the scale or its unit is missing.
    note : str
        Where the scale stands, or why there is none.
    """

    name: str
    axes: str
    paths: tuple[str, ...]
    scale_um: Mapping[str, float | None]
    note: str


def multiscales(attributes: Mapping[str, Any]) -> tuple[Multiscale, ...]:
    """Return the pictures that the attributes of a group describe.

    Raises
    ------
    ValueError
        If the description makes no sense.
    """
    found = _list(attributes.get("multiscales", []))
    return tuple(_multiscale(_mapping(item)) for item in found)


def ome_attributes(document: Mapping[str, Any], is_v3: bool) -> Mapping[str, Any]:
    """Return what concerns the picture: all of ``.zattrs``, or ``attributes.ome`` of ``zarr.json``."""
    if not is_v3:
        return document
    attributes = _mapping(document.get("attributes", {}))
    return _mapping(attributes.get("ome", attributes))


def omero_channels(attributes: Mapping[str, Any], count: int) -> tuple[tuple[Channel, ...] | None, Limits | None]:
    """Return names and colours of channels and the contrast the file asks for; None for what it does not say."""
    described = [_mapping(item) for item in _list(_mapping(attributes.get("omero", {})).get("channels", []))]
    if len(described) != count:
        return None, None
    channels = tuple(
        Channel(str(item.get("label") or f"channel {i + 1}"), _colour(item.get("color")))
        for i, item in enumerate(described)
    )
    windows = [_window(item.get("window")) for item in described]
    limits = tuple(window for window in windows if window is not None)
    return channels, limits if len(limits) == count else None


def foreign_codecs(array: Mapping[str, Any]) -> list[str]:
    """Return the codecs that an array's description (``.zarray`` or ``zarr.json``) asks for and nobody should run."""
    return sorted(set(_codecs(array)) - _CODECS)


def _codecs(array: Mapping[str, Any]) -> Iterator[str]:
    items = [array.get("compressor"), *_list(array.get("filters") or []), *_list(array.get("codecs") or [])]
    items += _list(array.get("index_codecs") or [])
    for item in items:
        if isinstance(item, Mapping):
            yield str(item.get("id") or item.get("name")).removeprefix("numcodecs.")
            configuration = item.get("configuration")
            if isinstance(configuration, Mapping):
                yield from _codecs(configuration)
        elif item is not None:
            yield str(item)


def _multiscale(item: Mapping[str, Any]) -> Multiscale:
    axes, units = _axes(item)
    datasets = [_mapping(entry) for entry in _list(item.get("datasets", []))]
    if not datasets:
        raise ValueError("its description names no array")
    shared = _scale(item, len(axes))
    own = _scale(datasets[0], len(axes))
    scale_um: dict[str, float | None] = {}
    for axis, unit, one, other in zip(axes, units, own or (), shared or (1.0,) * len(axes), strict=False):
        um = unit_um(unit) if unit else None
        scale_um[axis] = one * other * um if um is not None and axis in "zyx" else None
    note = "OME-Zarr scale" if scale_um.get("y") and scale_um.get("x") else UNKNOWN
    if own is not None and note == UNKNOWN:
        note = "the OME-Zarr scale has no unit of length"
    return Multiscale(str(item.get("name") or ""), axes, tuple(str(d["path"]) for d in datasets), scale_um, note)


def _axes(item: Mapping[str, Any]) -> tuple[str, list[str]]:
    said = item.get("axes")
    if said is None:
        return "tczyx", [""] * 5  # versions 0.1 and 0.2 know no other order
    names, units = "", []
    for axis in _list(said):
        name = str(axis.get("name", "")) if isinstance(axis, Mapping) else str(axis)
        names += name.lower() if len(name) == 1 else "?"
        units.append(str(axis.get("unit", "")) if isinstance(axis, Mapping) else "")
    if len(set(names)) != len(names) or set(names) - set(_KNOWN_AXES) or not {"y", "x"} <= set(names):
        raise ValueError(f"its axes {names!r} are not among t, c, z, y, x")
    return names, units


def _scale(item: Mapping[str, Any], count: int) -> tuple[float, ...] | None:
    for step in _list(item.get("coordinateTransformations") or []):
        values = _mapping(step).get("scale") if _mapping(step).get("type") == "scale" else None
        if isinstance(values, Sequence) and len(values) == count:
            numbers = tuple(float(value) for value in values)
            if all(math.isfinite(number) for number in numbers):
                return numbers
    return None


def physical_size(scale_um: Mapping[str, float | None]) -> Any:
    """Return the `PixelSize` of the two axes of a plane, None where one is missing or makes no sense."""
    y, x = scale_um.get("y"), scale_um.get("x")
    return size_from_tag(y, x) if y is not None and x is not None else None


def _colour(text: object) -> tuple[int, int, int] | None:
    try:
        red, green, blue = bytes.fromhex(str(text).lstrip("#")[:6])
    except ValueError:
        return None
    return (red, green, blue)


def _window(said: object) -> tuple[float, float] | None:
    if not isinstance(said, Mapping):
        return None
    try:
        low, high = float(said["start"]), float(said["end"])
    except (KeyError, TypeError, ValueError):
        return None
    return (low, high) if math.isfinite(low) and math.isfinite(high) and low < high else None


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("its description has another form than OME-Zarr's")
    return value


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError("its description has another form than OME-Zarr's")
    return value

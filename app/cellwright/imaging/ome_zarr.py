"""OME-Zarr 0.4 and 0.5 in folders, zip files and on servers: pyramids in chunks, with planes, times and channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, SlideNotReadable
from cellwright.imaging.blocks import from_blocks
from cellwright.imaging.failure import DAMAGED, explained, not_readable
from cellwright.imaging.limits import check_decoded_size
from cellwright.imaging.ome_zarr_metadata import (
    Multiscale,
    foreign_codecs,
    multiscales,
    ome_attributes,
    omero_channels,
    physical_size,
)
from cellwright.imaging.pyramid import LevelBox, PyramidSlide, SlideInfo, plain_channels
from cellwright.imaging.remote import is_address
from cellwright.imaging.slide import RGB_CHANNELS, SlideRef
from cellwright.imaging.zarr_files import ZarrFiles

if TYPE_CHECKING:
    from zarr import Array

_MAX_SERIES = 10_000
_BLOCK = 128
"""Smaller chunks are read in groups of about this side; larger ones one by one, so that damage stays where it is."""

_PRIMARY = tuple(channel.colour for channel in RGB_CHANNELS)


@dataclass(frozen=True, slots=True)
class _Found:
    """One picture of the group: where its arrays are, what it says, and the attributes around it."""

    group: str
    picture: Multiscale
    attributes: Mapping[str, Any]


def open_ome_zarr(path: Path, series: int = 0) -> OmeZarrSlide:
    """Open an OME-Zarr picture; see `cellwright.imaging.open_slide`."""
    return OmeZarrSlide(path, series)


class OmeZarrSlide(PyramidSlide):
    """One picture of an OME-Zarr group.

    Chunks that are not there are the array's fill value, as the format says: a picture that lost some on the way cannot
    be told from one that never had them.

    Parameters
    ----------
    path : Path
        Folder, zip file or what stands for an address.
    series : int
        Which picture, where the group holds several.
    """

    def __init__(self, path: Path, series: int) -> None:
        self._files = ZarrFiles(path)
        try:
            with explained(path, "its description makes no sense"):
                found = _pictures(self._files)
            if not found:
                raise _nothing_in(path)
            if not 0 <= series < len(found):
                reason = f"it holds {len(found)} pictures; there is no number {series}"
                raise not_readable(path, reason, f"Ask for 0 to {len(found) - 1}.")
            self._axes = found[series].picture.axes
            self._store = self._files.store()
            self._arrays = self._open_levels(found[series])
            names = tuple(item.picture.name or item.group for item in found)
            super().__init__(SlideRef(path, series), self._describe(found[series], names))
        except BaseException:
            self._files.close()
            raise

    def close(self) -> None:
        """Let go of the files."""
        if not self._is_closed:
            self._store.close()
            self._files.close()
        super().close()

    def _open_levels(self, found: _Found) -> tuple[Array[Any], ...]:
        import zarr

        from cellwright.imaging.zarr_store import ends_in_blosc

        arrays = []
        for name in found.picture.paths:
            key = f"{found.group}/{name}" if found.group else name
            described = _described_array(self._files, key)
            if ends_in_blosc(described):
                self._store.check(self._files.key_in_store(key))
            with explained(self._files.path, f"its array {key} cannot be opened"):
                array = zarr.open_array(self._store, path=self._files.key_in_store(key), mode="r")
            self._check_level(array, key)
            arrays.append(array)
        # Levels are told by their sizes; two of one size would be one too many.
        unique = {self._plane_shape(array): array for array in reversed(arrays)}
        return tuple(unique[shape] for shape in sorted(unique, reverse=True))

    def _check_level(self, array: Array[Any], key: str) -> None:
        path = self._files.path
        if array.ndim != len(self._axes):
            reason = f"its array {key} has {array.ndim} axes and its description {len(self._axes)}"
            raise not_readable(path, reason, DAMAGED)
        dtype = np.dtype(array.dtype)
        if dtype.kind not in "buif":
            raise not_readable(path, f"its pixels are of type {dtype}", "Save it with whole numbers or 32-bit floats.")
        if min(array.shape) < 1:
            raise not_readable(path, f"its array {key} has no pixels", DAMAGED)
        chunk = dict(zip(self._axes, array.chunks, strict=True))
        rest = int(np.prod([chunk[axis] for axis in self._axes if axis not in "yx"], dtype=np.float64))
        check_decoded_size(path, chunk["y"], chunk["x"], rest * dtype.itemsize, "one chunk of it")

    def _plane_shape(self, array: Array[Any]) -> tuple[int, int]:
        return (self._length(array, "y"), self._length(array, "x"))

    def _length(self, array: Array[Any], axis: str) -> int:
        return int(array.shape[self._axes.index(axis)]) if axis in self._axes else 1

    def _describe(self, found: _Found, names: tuple[str, ...]) -> SlideInfo:
        finest = self._arrays[0]
        n_channels = self._length(finest, "c")
        channels, limits = omero_channels(found.attributes, n_channels)
        dtype = np.dtype(finest.dtype).newbyteorder("=")
        is_rgb = (
            channels is not None
            and dtype == np.uint8
            and tuple(channel.colour for channel in channels) == _PRIMARY
            and limits in (None, ((0.0, 255.0),) * 3)
        )
        return SlideInfo(
            shape=self._plane_shape(finest),
            dtype=np.dtype(np.uint8) if dtype.kind == "b" else dtype,
            channels=RGB_CHANNELS if is_rgb else channels or plain_channels(n_channels),
            is_rgb=is_rgb,
            n_z=self._length(finest, "z"),
            n_t=self._length(finest, "t"),
            pixel_size=physical_size(found.picture.scale_um),
            pixel_size_note=found.picture.note,
            z_step_um=found.picture.scale_um.get("z"),
            levels=tuple(self._plane_shape(array) for array in self._arrays),
            suggested_limits=None if is_rgb else limits,
            series_names=names,
        )

    def _read_level(self, wanted: LevelBox) -> NDArray[Any]:
        array = self._arrays[wanted.level]

        def read(place: Box) -> NDArray[Any]:
            return self._chunks(array, place, wanted)

        key = (self._owner, (wanted.level, wanted.z, wanted.t, wanted.channels))
        return from_blocks(wanted.box, self._plane_shape(array), self._block(array), key, read)

    def _block(self, array: Array[Any]) -> tuple[int, int]:
        rows, columns = (int(array.chunks[self._axes.index(axis)]) for axis in "yx")
        return (rows * max(1, _BLOCK // rows), columns * max(1, _BLOCK // columns))

    def _chunks(self, array: Array[Any], place: Box, wanted: LevelBox) -> NDArray[Any]:
        first, last = min(wanted.channels), max(wanted.channels)
        # Some pyramids are reduced in depth as well.
        z = wanted.z * self._length(array, "z") // self.n_z
        where = {
            "t": slice(wanted.t, wanted.t + 1),
            "c": slice(first, last + 1),
            "z": slice(z, z + 1),
            "y": slice(place.y0, place.y1),
            "x": slice(place.x0, place.x1),
        }
        pixels = np.asarray(array[tuple(where[axis] for axis in self._axes)])
        order = [self._axes.index(axis) for axis in "tzyxc" if axis in self._axes]
        pixels = pixels.transpose(order).reshape(place.height, place.width, -1)
        picked = pixels[:, :, [channel - first for channel in wanted.channels]]
        return np.ascontiguousarray(picked, self.dtype)


def _nothing_in(path: Path) -> SlideNotReadable:
    if not is_address(path):
        return not_readable(path, "there is no OME-Zarr picture in it", "Choose the folder that holds one.")
    advice = "From a server only folders of OME-Zarr are read: check the address, or copy it to this machine."
    return not_readable(path, "there is no OME-Zarr picture at this address", advice)


def _pictures(files: ZarrFiles) -> list[_Found]:
    """Return every picture of a group: its own, those of a converted file, or those of a plate."""
    attributes, is_array = _attributes(files, "")
    if is_array:
        raise ValueError("it is a bare array; an OME-Zarr picture is a group that describes its arrays")
    own = [_Found("", picture, attributes) for picture in multiscales(attributes)]
    if own:
        return own
    if "plate" in attributes:
        groups = _fields_of_plate(files, attributes["plate"])
    elif "bioformats2raw.layout" in attributes:
        groups = _converted_series(files)
    else:
        groups = []
    found = []
    for group in groups[:_MAX_SERIES]:
        inner, _ = _attributes(files, group)
        found += [_Found(group, picture, inner) for picture in multiscales(inner)]
    return found


def _attributes(files: ZarrFiles, group: str) -> tuple[Mapping[str, Any], bool]:
    """Return what a group says of its picture, and whether it is no group but an array."""
    prefix = f"{group}/" if group else ""
    document = files.json(f"{prefix}zarr.json")
    if document is not None:
        return ome_attributes(document, True), document.get("node_type") == "array"
    attributes = files.json(f"{prefix}.zattrs")
    is_array = attributes is None and files.json(f"{prefix}.zarray") is not None
    return ome_attributes(attributes or {}, False), is_array


def _converted_series(files: ZarrFiles) -> list[str]:
    listed = _attributes(files, "OME")[0].get("series")
    if isinstance(listed, list):
        return [str(name) for name in listed]
    groups: list[str] = []
    while len(groups) < _MAX_SERIES and _attributes(files, str(len(groups)))[0]:
        groups.append(str(len(groups)))
    return groups


def _fields_of_plate(files: ZarrFiles, plate: Any) -> list[str]:
    groups = []
    for well in plate["wells"][:_MAX_SERIES]:
        inside = str(well["path"])
        described = _attributes(files, inside)[0].get("well", {})
        groups += [f"{inside}/{image['path']}" for image in described.get("images", [])]
    return groups


def _described_array(files: ZarrFiles, key: str) -> Mapping[str, Any]:
    """Return an array's description; refuse it before zarr looks at it, where a codec would do more than decode."""
    described = files.json(f"{key}/zarr.json") or files.json(f"{key}/.zarray")
    if described is None:
        raise not_readable(files.path, f"its array {key} is missing", DAMAGED)
    with explained(files.path, f"the description of its array {key} makes no sense"):
        foreign = foreign_codecs(described)
    if foreign:
        reason = f"its pixels are packed with {', '.join(foreign)}, which Cellwright does not run"
        raise not_readable(files.path, reason, "Save it with blosc, zstd or gzip.")
    return described

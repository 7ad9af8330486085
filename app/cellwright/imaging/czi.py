"""Zeiss CZI: scenes, mosaics and pyramids, with planes, time points and channels, piece by piece."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.imaging.cache import PIXELS
from cellwright.imaging.czi_file import PIXEL_TYPES, Attached, CziFile, Piece
from cellwright.imaging.czi_metadata import CziFacts, czi_facts
from cellwright.imaging.failure import DAMAGED, explained, not_readable
from cellwright.imaging.files import FileBytes
from cellwright.imaging.limits import check_decoded_size
from cellwright.imaging.mosaic import Mosaic
from cellwright.imaging.pyramid import LevelBox, PyramidSlide, SlideInfo, plain_channels
from cellwright.imaging.slide import RGB_CHANNELS, Channel, SlideRef

_SEPARATE = "SVHIR"
"""Dimensions whose every value is a picture of its own: scene, view, phase, illumination, rotation."""

_ASSOCIATED = {"Label": "label", "SlidePreview": "macro", "Thumbnail": "thumbnail"}
_STEPS = (2.0, 3.0)
"""By how much each level is coarser than the one before; ZEN uses 2, older programs 3."""

_FULL = 1.2
"""Pieces reduced by less than this are the full resolution."""


def open_czi(path: Path, series: int = 0) -> CziSlide:
    """Open a CZI file; see `cellwright.imaging.open_slide`."""
    return CziSlide(path, series)


class CziSlide(PyramidSlide):
    """One scene of a CZI file.

    Parameters
    ----------
    path : Path
        The file.
    series : int
        Which scene, where the file holds several.
    """

    def __init__(self, path: Path, series: int) -> None:
        self._source = FileBytes(path)
        try:
            with explained(path, "the directory of this CZI file cannot be read"):
                self._file = CziFile(self._source)
                facts = czi_facts(self._file.xml)
            scenes = _scenes(self._file.pieces)
            if not scenes:
                raise not_readable(path, "there is no picture in it", DAMAGED)
            if not 0 <= series < len(scenes):
                reason = f"it holds {len(scenes)} pictures; there is no number {series}"
                raise not_readable(path, reason, f"Ask for 0 to {len(scenes) - 1}.")
            self._extras = {_ASSOCIATED[a.name]: a for a in self._file.attached if a.name in _ASSOCIATED}
            key = sorted(scenes)[series]
            pieces = scenes[key]
            self._samples, dtype = _pixel_type(path, pieces)
            self._first = {axis: min(piece.start.get(axis, 0) for piece in pieces) for axis in "CZTYX"}
            self._extent = {axis: max(piece.start.get(axis, 0) for piece in pieces) + 1 for axis in "CZT"}
            self._planes: dict[tuple[int, int, int, int], Mosaic[Piece]] = {}
            levels = self._arrange(pieces)
            names = tuple(_name(key, facts.scenes) for key in sorted(scenes))
            super().__init__(SlideRef(path, series), self._describe(facts, dtype, levels, names))
        except BaseException:
            self._source.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        super().close()
        self._source.close()

    def _count(self, axis: str) -> int:
        return self._extent[axis] - self._first[axis]

    def _arrange(self, pieces: Sequence[Piece]) -> tuple[tuple[int, int], ...]:
        """Sort the pieces into planes and levels, and return the sizes of the levels that are whole."""
        finest = [piece for piece in pieces if piece.reduction < _FULL]
        shape = tuple(max(piece.start[a] + piece.size[a] for piece in finest) - self._first[a] for a in "YX")
        full = (shape[0], shape[1])
        factors = _factors([piece for piece in pieces if piece.reduction >= _FULL])
        by_factor: dict[int, list[Piece]] = defaultdict(list)
        for piece in pieces:
            by_factor[1 if piece.reduction < _FULL else factors[id(piece)]].append(piece)
        kept: list[tuple[int, int]] = []
        for factor in sorted(by_factor):
            planes = self._mosaics(by_factor[factor], factor, len(kept))
            size = (-(-full[0] // factor), -(-full[1] // factor))
            if factor == 1 or self._is_whole(planes, full, size):
                self._planes |= planes
                kept.append(size)
        return tuple(kept)

    def _mosaics(
        self, pieces: Sequence[Piece], factor: int, level: int
    ) -> dict[tuple[int, int, int, int], Mosaic[Piece]]:
        groups: dict[tuple[int, int, int, int], list[Piece]] = defaultdict(list)
        for piece in pieces:
            c, z, t = (piece.start.get(axis, 0) - self._first[axis] for axis in "CZT")
            groups[level, c, z, t].append(piece)
        return {place: self._mosaic(group, factor) for place, group in groups.items()}

    def _mosaic(self, pieces: list[Piece], factor: int) -> Mosaic[Piece]:
        pieces = sorted(pieces, key=lambda piece: piece.start.get("M", 0))
        boxes = np.array([[*self._corner(piece, factor), piece.stored["Y"], piece.stored["X"]] for piece in pieces])
        boxes[:, 2:] += boxes[:, :2]
        return Mosaic(boxes.astype(np.int64), pieces)

    def _corner(self, piece: Piece, factor: int) -> tuple[int, int]:
        y, x = (round((piece.start[axis] - self._first[axis]) / factor) for axis in "YX")
        return y, x

    def _is_whole(
        self, planes: dict[tuple[int, int, int, int], Mosaic[Piece]], full: tuple[int, int], size: tuple[int, int]
    ) -> bool:
        """Whether a coarse level lacks nothing that the full resolution has; otherwise it would show holes."""
        for (_, c, z, t), mosaic in planes.items():
            finest = self._planes.get((0, c, z, t))
            if finest is None or (finest.bins(full) & ~mosaic.bins(size)).any():
                return False
        return len(planes) == sum(1 for place in self._planes if place[0] == 0)

    def _describe(
        self, facts: CziFacts, dtype: np.dtype[Any], levels: tuple[tuple[int, int], ...], names: tuple[str, ...]
    ) -> SlideInfo:
        count = self._count("C")
        is_rgb = self._samples == 3 and count == 1
        return SlideInfo(
            shape=levels[0],
            dtype=dtype,
            channels=RGB_CHANNELS if is_rgb else self._channels(facts.channels, count),
            is_rgb=is_rgb,
            n_z=self._count("Z"),
            n_t=self._count("T"),
            pixel_size=facts.size,
            pixel_size_note=facts.note,
            magnification=facts.magnification,
            z_step_um=facts.z_step_um if self._count("Z") > 1 else None,
            levels=levels,
            series_names=names,
            associated=tuple(self._extras),
        )

    def _channels(self, said: tuple[Channel, ...], count: int) -> tuple[Channel, ...]:
        if self._samples == 1:
            # A part of a file keeps the numbers that its channels had in the whole.
            own = said[self._first["C"] : self._first["C"] + count]
            return own if len(own) == count else plain_channels(count)
        parts = ("red", "green", "blue")
        return tuple(Channel(f"{part} of channel {i + 1}") for i in range(count) for part in parts)

    def _read_level(self, wanted: LevelBox) -> NDArray[Any]:
        places = [divmod(channel, self._samples) for channel in wanted.channels]
        planes = {c: self._plane(wanted, c) for c in dict.fromkeys(c for c, _ in places)}
        if len(planes) == 1 and [sample for _, sample in places] == list(range(self._samples)):
            return next(iter(planes.values()))
        return np.stack([planes[c][:, :, sample] for c, sample in places], axis=2)

    def _plane(self, wanted: LevelBox, channel: int) -> NDArray[Any]:
        mosaic = self._planes.get((wanted.level, channel, wanted.z, wanted.t))
        if mosaic is None:
            reason = f"its channel {channel + 1} was never taken in plane {wanted.z + 1} at time {wanted.t + 1}"
            raise not_readable(self.ref.path, reason, "The recording was stopped early; read the other planes.")
        return mosaic.read(wanted.box, self._samples, self.dtype, self.background, self._decoded)

    def _decoded(self, piece: Piece) -> NDArray[Any]:
        def decode() -> NDArray[Any]:
            return np.ascontiguousarray(self._file.decode(piece), self.dtype)

        return PIXELS.get((self._owner, piece.position), decode)

    def _read_associated(self, name: str) -> NDArray[Any]:
        attached = self._extras[name]
        start, count = self._file.content(attached)
        if attached.kind == "CZI":
            return _attached_czi(CziFile(self._source, start))
        return _attached_picture(self.ref.path, self._source.read_at(start, max(0, count)), attached)


def _scenes(pieces: Sequence[Piece]) -> dict[tuple[int, ...], list[Piece]]:
    scenes: dict[tuple[int, ...], list[Piece]] = defaultdict(list)
    for piece in pieces:
        scenes[tuple(piece.start.get(axis, 0) for axis in _SEPARATE)].append(piece)
    return {key: found for key, found in scenes.items() if any(piece.reduction < _FULL for piece in found)}


def _name(key: tuple[int, ...], scenes: tuple[str, ...]) -> str:
    scene = key[0]
    name = scenes[scene] if 0 <= scene < len(scenes) else f"scene {scene + 1}"
    rest = [f"{axis}{value}" for axis, value in zip(_SEPARATE[1:], key[1:], strict=True) if value]
    return ", ".join([name, *rest])


def _pixel_type(path: Path, pieces: Sequence[Piece]) -> tuple[int, np.dtype[Any]]:
    numbers = {piece.pixel_type for piece in pieces}
    unknown = sorted(numbers - PIXEL_TYPES.keys())
    if unknown:
        reason = f"its pixels are of a type that Zeiss numbers {unknown[0]}, which is not supported"
        raise not_readable(path, reason, "Export it as OME-TIFF.")
    samples = {min(PIXEL_TYPES[number][1], 3) for number in numbers}
    if len(samples) > 1:
        raise not_readable(path, "it mixes colour and grey in one scene", "Export its channels one by one.")
    return samples.pop(), np.result_type(*(PIXEL_TYPES[number][0] for number in numbers))


def _factors(pieces: Sequence[Piece]) -> dict[int, int]:
    """Return by how much each piece is reduced, as a power of the step that fits all of them best.

    Lengths of small pieces are rounded, so that a piece alone may seem reduced by 5 where the level is by 4.
    """
    if not pieces:
        return {}
    exact = np.array([max((p.stored[a], p.size[a] / p.stored[a]) for a in "YX")[1] for p in pieces])
    weight = np.array([p.stored["Y"] * p.stored["X"] for p in pieces], np.float64)
    logs = {step: np.log(exact) / np.log(step) for step in _STEPS}
    off = {step: float((np.abs(log - np.rint(log)) * weight).sum()) for step, log in logs.items()}
    step = min(_STEPS, key=lambda step: off[step])
    powers = np.maximum(np.rint(logs[step]), 1)
    return {id(piece): int(step**power) for piece, power in zip(pieces, powers, strict=True)}


def _attached_czi(inner: CziFile) -> NDArray[Any]:
    pieces = [piece for piece in inner.pieces if piece.reduction < _FULL]
    y0, x0 = (min(piece.start[axis] for piece in pieces) for axis in "YX")
    height, width = (
        max(piece.start[axis] + piece.size[axis] for piece in pieces) - first
        for axis, first in zip("YX", (y0, x0), strict=True)
    )
    check_decoded_size(inner.file.path, height, width, 6, "a small picture in it")
    first = inner.decode(pieces[0])
    boxes = np.array([[p.start["Y"] - y0, p.start["X"] - x0, p.stored["Y"], p.stored["X"]] for p in pieces])
    boxes[:, 2:] += boxes[:, :2]
    whole = Mosaic(boxes.astype(np.int64), pieces)
    from cellwright.core import Box

    return whole.read(Box(0, 0, height, width), first.shape[2], first.dtype, 0.0, inner.decode)


def _attached_picture(path: Path, data: bytes, attached: Attached) -> NDArray[Any]:
    from io import BytesIO

    from PIL import Image

    with Image.open(BytesIO(data), formats=("JPEG", "PNG", "BMP")) as picture:
        check_decoded_size(path, picture.height, picture.width, 4, f"its {attached.name}")
        return np.asarray(picture.convert("RGB"))

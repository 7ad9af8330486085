"""The sets ``intensity``, ``stain`` and ``ring``: brightness and staining of objects and of what lies around them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.measure.columns import SCIKIT_IMAGE, Column
from cellwright.measure.rings import grown
from cellwright.measure.stains import STAINS, stain_densities
from cellwright.measure.statistics_of import (
    COUNT,
    DEVIATION,
    LARGEST,
    LEAST,
    MEAN,
    MEDIAN,
    SUM,
    statistics_of,
)
from cellwright.measure.subject import MeasureOptions, Needs, Picture, Subject, Values
from cellwright.shapes import labels_from_masks

_OURS = "Cellwright"
_STAIN = "Ruifrok & Johnston, Anal. Quant. Cytol. Histol. 23 (2001) 291"
_INSIDE = {
    "intensity_mean": ("mean value", "Σ I / n", MEAN),
    "intensity_median": ("median value", "middle of the sorted values", MEDIAN),
    "intensity_min": ("least value", "min I", LEAST),
    "intensity_max": ("largest value", "max I", LARGEST),
    "intensity_std": ("standard deviation of the values", "√(Σ (I − mean)² / n)", DEVIATION),
    "intensity_integrated": ("sum of the values", "Σ I", SUM),
}
_AROUND = {
    "intensity_mean_ring": ("mean value in the ring", "Σ I / n over the ring", MEAN),
    "intensity_median_ring": ("median value in the ring", "middle of the sorted values of the ring", MEDIAN),
    "intensity_std_ring": ("standard deviation in the ring", "√(Σ (I − mean)² / n) over the ring", DEVIATION),
}
_RATIO = Column(
    "nucleus_cytoplasm_ratio",
    "mean value inside over mean value in the ring: of a nucleus and the cytoplasm around it",
    "intensity_mean / intensity_mean_ring",
    _OURS,
)
_RING_AREA = Column(
    "area_ring",
    "area of the ring: pixels within its width of the object that belong to no object",
    "pixels × h w",
    _OURS,
    2,
    dtype="int",
)


def _inside_columns(channels: Sequence[str], *, of_stain: bool) -> Iterator[Column]:
    for channel in channels:
        for name, (said, formula, _) in _INSIDE.items():
            known = name not in ("intensity_integrated",) and not of_stain
            source = SCIKIT_IMAGE if known else _STAIN if of_stain else _OURS
            yield Column(name, f"{said} of the object", formula, source, unit=_unit(of_stain), decimals=4).on(channel)


def _ring_columns(channels: Sequence[str], *, of_stain: bool) -> Iterator[Column]:
    for channel in channels:
        for name, (said, formula, _) in _AROUND.items():
            source = _STAIN if of_stain else _OURS
            yield Column(name, said, formula, source, unit=_unit(of_stain), decimals=4).on(channel)
        yield _RATIO.on(channel)


def _unit(of_stain: bool) -> str:
    return "OD" if of_stain else "counts"


@dataclass(frozen=True, slots=True)
class Intensity:
    """Values of the picture's channels over the pixels of an object."""

    title: str = "Brightness"
    needs: Needs = Needs.PIXELS

    def columns(self, channels: Sequence[str], *, is_rgb: bool) -> tuple[Column, ...]:  # noqa: ARG002
        """Return the columns of each channel."""
        return tuple(_inside_columns(channels, of_stain=False))

    def rim_px(self, options: MeasureOptions, pixel: tuple[float, float]) -> int:  # noqa: ARG002
        """Nothing around an object is looked at."""
        return 0

    def measure(self, subject: Subject, wanted: Collection[str]) -> Mapping[str, NDArray[np.float64]]:
        """Return what is wanted, channel by channel."""
        return _inside(subject, wanted)


@dataclass(frozen=True, slots=True)
class Stain:
    """Densities of haematoxylin, eosin and DAB over the pixels of an object; of pictures in colour alone."""

    title: str = "Staining"
    needs: Needs = Needs.PIXELS

    def columns(self, channels: Sequence[str], *, is_rgb: bool) -> tuple[Column, ...]:  # noqa: ARG002
        """Return the columns of each stain, none for a picture that is no colour picture."""
        return tuple(_inside_columns(STAINS, of_stain=True)) if is_rgb else ()

    def rim_px(self, options: MeasureOptions, pixel: tuple[float, float]) -> int:  # noqa: ARG002
        """Nothing around an object is looked at."""
        return 0

    def measure(self, subject: Subject, wanted: Collection[str]) -> Mapping[str, NDArray[np.float64]]:
        """Return what is wanted, stain by stain."""
        return _inside(subject, wanted)


@dataclass(frozen=True, slots=True)
class Ring:
    """Values in a ring around an object that other objects are cut out of, and their ratio to those inside."""

    title: str = "Around the object"
    needs: Needs = Needs.PIXELS

    def columns(self, channels: Sequence[str], *, is_rgb: bool) -> tuple[Column, ...]:
        """Return the ring's area and the columns of each channel and, for colour pictures, of each stain."""
        stains = _ring_columns(STAINS, of_stain=True) if is_rgb else ()
        return (_RING_AREA, *_ring_columns(channels, of_stain=False), *stains)

    def rim_px(self, options: MeasureOptions, pixel: tuple[float, float]) -> int:
        """As many pixels as the ring is wide."""
        return math.ceil(options.ring / min(pixel)) + 1

    def measure(self, subject: Subject, wanted: Collection[str]) -> Mapping[str, NDArray[np.float64]]:
        """Return what is wanted, channel by channel."""
        picture = _picture(subject)
        planes = _Planes(picture, subject.options)
        rings = grown(subject.masks, subject.options.ring, subject.pixel)
        taken = _taken(subject, picture)
        has_pixels = subject.masks.counts > 0
        found: dict[str, Values] = {}
        for channel, keys in _by_channel(wanted).items():
            plane = planes.of(channel)
            names = {key.partition("-")[0] for key in keys}
            around = statistics_of(rings, plane, picture.origin, taken, with_median="intensity_median_ring" in names)
            found |= {
                f"{name}-{channel}": around[:, column] for name, (_, _, column) in _AROUND.items() if name in names
            }
            if _RING_AREA.name in names:
                square = subject.pixel[0] * subject.pixel[1]
                found[_RING_AREA.name] = np.where(has_pixels, around[:, COUNT], np.nan) * square
            if _RATIO.name in names:
                mean = statistics_of(subject.masks, plane, picture.origin, with_median=False)[:, MEAN]
                ring = around[:, MEAN]
                found[f"{_RATIO.name}-{channel}"] = np.divide(
                    mean, ring, out=np.full(len(mean), np.nan), where=ring != 0
                )
        return found


def _inside(subject: Subject, wanted: Collection[str]) -> Mapping[str, Values]:
    picture = _picture(subject)
    planes = _Planes(picture, subject.options)
    found: dict[str, Values] = {}
    for channel, keys in _by_channel(wanted).items():
        names = {key.partition("-")[0] for key in keys}
        plane = planes.of(channel)
        values = statistics_of(subject.masks, plane, picture.origin, with_median="intensity_median" in names)
        found |= {f"{name}-{channel}": values[:, column] for name, (_, _, column) in _INSIDE.items() if name in names}
    return found


def _by_channel(wanted: Collection[str]) -> dict[str, list[str]]:
    """Return the keys of each channel; those of none under the empty name."""
    groups: dict[str, list[str]] = {}
    for key in wanted:
        groups.setdefault(key.partition("-")[2], []).append(key)
    return groups


def _picture(subject: Subject) -> Picture:
    assert subject.picture is not None, "sets that need pixels are given a picture"
    return subject.picture


class _Planes:
    """The values of channels and the densities of stains, which are told apart once for all three."""

    def __init__(self, picture: Picture, options: MeasureOptions) -> None:
        self._picture = picture
        self._blank = picture.full_scale if options.blank is None else options.blank
        self._densities: Values | None = None

    def of(self, channel: str) -> Values:
        """Return a channel or a stain, (H, W) float64; zeros for the empty name."""
        values = self._picture.values
        if not channel:
            return np.zeros(values.shape[:2])
        if channel in self._picture.channels:
            return values[:, :, self._picture.channels.index(channel)].astype(np.float64)
        if self._densities is None:
            self._densities = stain_densities(values, self._blank)
        return np.ascontiguousarray(self._densities[:, :, STAINS.index(channel)])


def _taken(subject: Subject, picture: Picture) -> NDArray[np.bool_]:
    """Return which pixels of the picture belong to an object."""
    around = Masks.empty() if subject.around is None else subject.around
    every = Masks.concatenate([subject.masks, around])
    taken: NDArray[np.bool_] = labels_from_masks(every, picture.values.shape[:2], picture.origin) > 0
    return taken

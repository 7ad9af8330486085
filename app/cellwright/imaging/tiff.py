"""TIFF of every ordinary kind, OME-TIFF and ImageJ hyperstacks: tiles, strips, planes, pyramids, read lazily."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import TiffFile, TiffPage, TiffPageSeries

from cellwright.imaging.failure import DAMAGED, explained, not_readable
from cellwright.imaging.files import FileBytes
from cellwright.imaging.limits import check_decoded_size
from cellwright.imaging.ome import OmeImage, parse_ome
from cellwright.imaging.orientation import is_orientation, shown_shape, stored_box, upright
from cellwright.imaging.pyramid import LevelBox, PyramidSlide, SlideInfo, plain_channels, rgb_channels
from cellwright.imaging.scanner import scanner_or_none
from cellwright.imaging.slide import Channel, SlideRef
from cellwright.imaging.tiff_chain import count_pages
from cellwright.imaging.tiff_colour import Interpretation, interpretation_of
from cellwright.imaging.tiff_layout import StackLayout, layout_of
from cellwright.imaging.tiff_metadata import imagej_channels, pixel_facts
from cellwright.imaging.tiff_planes import PlaneStack

# What tifffile logs about damaged files, this room says in its own errors.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

_ORIENTATION = 274


def open_tiff(path: Path, series: int = 0) -> PyramidSlide:
    """Open a TIFF file; see `cellwright.imaging.open_slide`.

    Slides whose tiles overlap, or are left out where there is only glass, are put together by OpenSlide; all others are
    read here, which is several times faster and notices damage.
    """
    together = scanner_or_none(path) if series == 0 and _is_scanner_mosaic(path) else None
    return together if together is not None else TiffSlide(path, series)


def _is_scanner_mosaic(path: Path) -> bool:
    with TiffFile(path) as tif:
        return bool(tif.is_philips or tif.is_bif or tif.is_scn)


class TiffSlide(PyramidSlide):
    """One picture of a TIFF file, with its planes, time points, channels and resolutions.

    Parameters
    ----------
    path : Path
        The file.
    series : int
        Which picture, where the file holds several.
    """

    def __init__(self, path: Path, series: int) -> None:
        self._lock = threading.RLock()
        self._files: dict[Path, FileBytes] = {}
        self._extras: dict[str, TiffPageSeries] = {}
        self._tif = self._open_whole(path)
        try:
            picture = self._choose(path, series)
            self._layout = layout_of(picture.get_axes(False), picture.get_shape(False))
            self._interpretation = interpretation_of(picture.keyframe, self._layout, path)
            tag = picture.keyframe.tags.valueof(_ORIENTATION, 1)
            self._orientation = int(tag) if is_orientation(tag) else 1
            super().__init__(SlideRef(path, series), self._describe(picture, series))
            self._stacks = [
                PlaneStack(level, self._file, self._lock, self._owner, i) for i, level in enumerate(picture.levels)
            ]
        except BaseException:
            self._close_files()
            raise

    def close(self) -> None:
        """Let go of the file."""
        super().close()
        self._close_files()

    def _close_files(self) -> None:
        with self._lock:
            self._tif.close()
            for file in self._files.values():
                file.close()

    def _file(self, path: Path) -> FileBytes:
        with self._lock:
            if path not in self._files:
                self._files[path] = FileBytes(path)
            return self._files[path]

    def _open_whole(self, path: Path) -> TiffFile:
        """Open the file and make sure that no page of it is missing."""
        tif = TiffFile(path)
        try:
            with explained(path, "its list of pages is broken"):
                # Hamamatsu keeps the upper halves of its offsets elsewhere; tifffile follows those.
                if not tif.is_ndpi:
                    count_pages(self._file(path))
            if not len(tif.pages):
                raise not_readable(path, "there is no page in it", DAMAGED)
            _refuse_document_types(path, tif)
        except BaseException:
            tif.close()
            for file in self._files.values():
                file.close()
            raise
        return tif

    def _choose(self, path: Path, series: int) -> TiffPageSeries:
        with explained(path, "its pages do not fit together"):
            pictures = [s for s in self._tif.series if "YX" in s.get_axes(False) and s.size]
        if self._tif.is_imagej and pictures and pictures[0].kind != "imagej":
            declared = (self._tif.imagej_metadata or {}).get("images", 1)
            if declared > len(self._tif.pages):
                reason = f"it should hold {declared} pictures and was cut short"
                raise not_readable(path, reason, DAMAGED)
        if not pictures:
            raise not_readable(path, "there is no picture in it", DAMAGED)
        if self._tif.is_svs or self._tif.is_ndpi:
            # Scanners put the label, the whole glass and a thumbnail behind the slide.
            self._extras = {picture.name.lower(): picture for picture in pictures[1:] if picture.name}
            pictures = pictures[:1]
        self._names = tuple(s.name for s in pictures)
        if not 0 <= series < len(pictures):
            reason = f"it holds {len(pictures)} pictures; there is no number {series}"
            raise not_readable(path, reason, f"Ask for 0 to {len(pictures) - 1}.")
        return pictures[series]

    def _describe(self, picture: TiffPageSeries, series: int) -> SlideInfo:
        keyframe, layout, how = picture.keyframe, self._layout, self._interpretation
        ome = self._ome_image(series)
        facts = pixel_facts(keyframe, ome)
        size = facts.size
        if size is not None and self._orientation >= 5:
            size = type(size)(size.x_um, size.y_um, size.source)
        shapes = [
            shown_shape((s.keyframe.imagelength, s.keyframe.imagewidth), self._orientation) for s in picture.levels
        ]
        return SlideInfo(
            shape=shapes[0],
            dtype=how.dtype,
            channels=self._channels(how, ome),
            is_rgb=how.is_rgb,
            n_z=layout.n_z,
            n_t=layout.n_t,
            pixel_size=size,
            pixel_size_note=facts.note,
            magnification=facts.magnification,
            z_step_um=facts.z_step_um,
            levels=tuple(shapes),
            background=None if how.is_rgb or how.dtype.kind != "i" else float(np.iinfo(how.dtype).min),
            series_names=self._names,
            associated=tuple(self._extras),
        )

    def _ome_image(self, series: int) -> OmeImage | None:
        xml = self._tif.ome_metadata if self._tif.is_ome else None
        if not xml:
            return None
        images = parse_ome(xml)
        return images[series] if series < len(images) else None

    def _channels(self, how: Interpretation, ome: OmeImage | None) -> tuple[Channel, ...]:
        if how.is_rgb:
            return rgb_channels(True, 3)
        if ome is not None and len(ome.channels) == how.n_channels:
            return ome.channels
        own = imagej_channels(self._tif, how.n_channels) if self._tif.is_imagej else None
        return own or plain_channels(how.n_channels)

    def _read_level(self, wanted: LevelBox) -> NDArray[Any]:
        stack = self._stacks[wanted.level]
        if self._orientation == 1 and not self._interpretation.mixes_samples:
            return self._interpretation.apply(self._samples(stack, wanted))
        box = stored_box(wanted.box, self._orientation, (stack.height, stack.width))
        if self._interpretation.mixes_samples:
            everything = replace(wanted, box=box, channels=tuple(range(self._layout.n_channels)))
            pixels = wanted.pick(self._interpretation.apply(self._samples(stack, everything)))
        else:
            pixels = self._interpretation.apply(self._samples(stack, replace(wanted, box=box)))
        return upright(pixels, self._orientation)

    def _read_associated(self, name: str) -> NDArray[Any]:
        picture = self._extras[name]
        height, width = (int(side) for side in picture.keyframe.shape[:2])
        check_decoded_size(self.ref.path, height, width, 4, f"its {name} picture")
        with self._lock:
            pixels: NDArray[Any] = picture.asarray(maxworkers=1)
        return pixels

    def _samples(self, stack: PlaneStack, wanted: LevelBox) -> NDArray[Any]:
        """Return stored samples, reading only the planes that hold the wanted channels."""
        layout: StackLayout = self._layout
        places = [divmod(channel, layout.samples) for channel in wanted.channels]
        planes = {
            lead: stack.read(layout.plane(lead, wanted.z, wanted.t), wanted.box)
            for lead in dict.fromkeys(lead for lead, _ in places)
        }
        if len(planes) == 1 and [sample for _, sample in places] == list(range(layout.samples)):
            return next(iter(planes.values()))
        return np.stack([planes[lead][:, :, sample] for lead, sample in places], axis=2)


def _refuse_document_types(path: Path, tif: TiffFile) -> None:
    # tifffile parses some descriptions with the parser of the standard library, which would expand entities.
    for page in (tif.pages[0], tif.pages[-1]):
        text = page.description if isinstance(page, TiffPage) else ""
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise not_readable(
                path,
                "the XML in it declares a document type, which no microscope writes and Cellwright does not follow",
                "If you trust the file, export it again without its metadata.",
            )

"""Leica LIF: the pictures of a file as series, with planes, time points, channels and wavelengths."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import PixelSize
from cellwright.imaging.cache import PIXELS
from cellwright.imaging.calibration import UNKNOWN, plausible_magnification
from cellwright.imaging.failure import DAMAGED, explained, not_readable
from cellwright.imaging.handles import HandlePool
from cellwright.imaging.limits import check_decoded_size
from cellwright.imaging.pyramid import LevelBox, PyramidSlide, SlideInfo, plain_channels
from cellwright.imaging.resolution import size_from_tag, unit_um
from cellwright.imaging.slide import RGB_CHANNELS, Channel, SlideRef

if TYPE_CHECKING:
    from liffile import LifFile, LifImageABC

_CHANNEL_AXES = "CλΛ"
"""Channels, and the wavelengths of light emitted and sent in: each is one more grey picture of the same place."""

_PLANE = "YXS"
_COLOURS = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "cyan": (0, 255, 255),
    "magenta": (255, 0, 255),
    "yellow": (255, 255, 0),
}
_DESCRIPTION = "./Data/Image/ImageDescription"
_X, _Y, _Z = "1", "2", "3"
_MAX_HEADER_BYTES = 512 * 2**20


def open_lif(path: Path, series: int = 0) -> LifSlide:
    """Open a LIF file; see `cellwright.imaging.open_slide`."""
    return LifSlide(path, series)


class LifSlide(PyramidSlide):
    """One picture of a LIF file. Axes beyond depth, time and channels (tiles, rotations) make pictures of their own.

    Parameters
    ----------
    path : Path
        The file.
    series : int
        Which picture, where the file holds several.
    """

    def __init__(self, path: Path, series: int) -> None:
        _refuse_document_types(path)
        self._path = path
        self._pool: HandlePool[LifFile] = HandlePool(self._open, _close)
        try:
            with self._pool.use() as file, explained(path, "the description in this LIF file makes no sense"):
                pictures = _pictures(file)
                if not 0 <= series < len(pictures):
                    reason = f"it holds {len(pictures)} pictures; there is no number {series}"
                    raise not_readable(path, reason, f"Ask for 0 to {len(pictures) - 1}.")
                self._index, self._rest, _ = pictures[series]
                info = self._describe(file.images[self._index], tuple(name for _, _, name in pictures))
            super().__init__(SlideRef(path, series), info)
        except BaseException:
            self._pool.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        super().close()
        self._pool.close()

    def _open(self) -> LifFile:
        from liffile import LifFile

        return LifFile(self._path)

    def _describe(self, image: LifImageABC, names: tuple[str, ...]) -> SlideInfo:
        sizes = dict(image.sizes)
        if "Y" not in sizes or "X" not in sizes:
            raise not_readable(self._path, "this recording is a line or a point, not a picture", "Choose another one.")
        self._samples = sizes.get("S", 1)
        self._axes = [(axis, sizes[axis]) for axis in _CHANNEL_AXES if axis in sizes]
        check_decoded_size(self._path, sizes["Y"], sizes["X"], self._samples * image.dtype.itemsize, "one plane of it")
        if image.memory_block.offset < 0 or image.memory_block.size < image.nbytes:
            raise not_readable(self._path, "it was cut short: not all of its pixels are there", DAMAGED)
        n_channels = math.prod(length for _, length in self._axes) * self._samples
        is_rgb = self._samples == 3 and n_channels == 3
        size, z_step_um = _sizes(image)
        return SlideInfo(
            shape=(sizes["Y"], sizes["X"]),
            dtype=np.dtype(image.dtype).newbyteorder("="),
            channels=RGB_CHANNELS if is_rgb else _channels(image, n_channels, self._axes),
            is_rgb=is_rgb,
            n_z=sizes.get("Z", 1),
            n_t=sizes.get("T", 1),
            pixel_size=size,
            pixel_size_note="LIF dimensions" if size else UNKNOWN,
            magnification=_magnification(image),
            z_step_um=z_step_um if sizes.get("Z", 1) > 1 else None,
            series_names=names,
        )

    def _read_level(self, wanted: LevelBox) -> NDArray[Any]:
        rows, columns = slice(wanted.box.y0, wanted.box.y1), slice(wanted.box.x0, wanted.box.x1)
        places = [divmod(channel, self._samples) for channel in wanted.channels]
        planes = {c: self._plane(c, wanted.z, wanted.t)[rows, columns] for c in dict.fromkeys(c for c, _ in places)}
        return np.stack([planes[c][:, :, sample] for c, sample in places], axis=2)

    def _plane(self, channel: int, z: int, t: int) -> NDArray[Any]:
        """Return the (Y, X, samples) pixels of a plane; each is read whole, as the library allows."""

        def read() -> NDArray[Any]:
            where = dict(self._rest)
            rest = channel
            for axis, length in reversed(self._axes):
                rest, where[axis] = divmod(rest, length)
            with self._pool.use() as file:
                image = file.images[self._index]
                where |= {axis: place for axis, place in (("Z", z), ("T", t)) if axis in image.sizes}
                frame: NDArray[Any] = _frame(image, where)
            return np.ascontiguousarray(frame.reshape(*self.shape, self._samples), self.dtype)

        return PIXELS.get((self._owner, (channel, z, t)), read)


def _frame(image: LifImageABC, where: dict[str, int]) -> NDArray[Any]:
    from liffile import LifImage

    if not isinstance(image, LifImage):
        raise TypeError("lifetime recordings are not supported; export the intensity")
    return image.frame(out=None, **where)


def _close(file: LifFile) -> None:
    file.close()


def _pictures(file: LifFile) -> list[tuple[int, dict[str, int], str]]:
    """Return number, further coordinates and name of every picture."""
    found: list[tuple[int, dict[str, int], str]] = []
    for number, image in enumerate(file.images):
        further = {
            axis: length
            for axis, length in image.sizes.items()
            if axis not in (*_PLANE, *_CHANNEL_AXES, "Z", "T") and length > 1
        }
        for place in np.ndindex(*further.values()):
            where = dict(zip(further, (int(i) for i in place), strict=True))
            suffix = "".join(f", {axis} {i + 1}" for axis, i in where.items())
            found.append((number, where, f"{image.path or image.name}{suffix}"))
    return found


def _sizes(image: LifImageABC) -> tuple[PixelSize | None, float | None]:
    """Return the pixel size and the distance of planes: length from the first to the last element, by the gaps."""
    steps: dict[str, float] = {}
    for element in image.xml_element.iterfind(f"{_DESCRIPTION}/Dimensions/DimensionDescription"):
        unit = unit_um(element.get("Unit", ""))
        gaps = int(element.get("NumberOfElements", "0")) - 1
        if unit is not None and gaps > 0:
            steps[element.get("DimID", "")] = abs(float(element.get("Length", "nan"))) * unit / gaps
    size = size_from_tag(steps[_Y], steps[_X]) if _Y in steps and _X in steps else None
    return size, steps.get(_Z)


def _channels(image: LifImageABC, count: int, axes: list[tuple[str, int]]) -> tuple[Channel, ...]:
    looks = [
        element.get("LUTName", "")
        for element in image.xml_element.iterfind(f"{_DESCRIPTION}/Channels/ChannelDescription")
    ]
    if len(looks) == count:
        return tuple(
            Channel(f"channel {i + 1}" if count > 1 else "intensity", _COLOURS.get(look.lower()))
            for i, look in enumerate(looks)
        )
    if [axis for axis, _ in axes] in (["λ"], ["Λ"]):
        wavelengths = image.coords.get(axes[0][0])
        if wavelengths is not None and len(wavelengths) == count:
            return tuple(Channel(f"{value * 1e9:.0f} nm") for value in wavelengths)
    return plain_channels(count)


def _magnification(image: LifImageABC) -> float | None:
    settings = image.xml_element.find(".//ATLConfocalSettingDefinition")
    return None if settings is None else plausible_magnification(settings.get("Magnification"))


def _refuse_document_types(path: Path) -> None:
    # liffile parses the header with the parser of the standard library, which would expand entities.
    with path.open("rb") as file, explained(path, "the header of this LIF file cannot be read"):
        start, _, mark, characters = struct.unpack("<IIBI", file.read(13))
        if (start, mark) != (0x70, 0x2A):
            raise ValueError("it does not begin as one does")
        if characters * 2 > min(_MAX_HEADER_BYTES, path.stat().st_size):
            raise EOFError("its header is longer than the file")
        header = file.read(characters * 2).decode("utf-16-le", errors="replace")
    if "<!DOCTYPE" in header or "<!ENTITY" in header:
        reason = "the XML in it declares a document type, which no microscope writes and Cellwright does not follow"
        raise not_readable(path, reason, "Export it again from the program that made it.")

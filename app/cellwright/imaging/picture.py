"""PNG, JPEG, BMP and WebP: small formats that are decoded whole, once, into the shared store of pixels."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import BmpImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin
from PIL.Image import Exif

from cellwright.core import PixelSize
from cellwright.imaging.cache import PIXELS
from cellwright.imaging.colour import inks_to_rgb, is_grey_palette, look_up, over_white
from cellwright.imaging.failure import DAMAGED, explained, not_readable
from cellwright.imaging.limits import check_decoded_size
from cellwright.imaging.orientation import is_orientation, shown_shape, upright
from cellwright.imaging.pyramid import LevelBox, PyramidSlide, SlideInfo, rgb_channels
from cellwright.imaging.resolution import UM_PER_CM, UM_PER_INCH, UM_PER_M, size_from_density
from cellwright.imaging.slide import SlideRef
from cellwright.imaging.sniff import HEAD_BYTES, kind_of

if TYPE_CHECKING:
    from PIL.Image import Image

_ORIENTATION, _X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 0x0112, 0x011A, 0x011B, 0x0128
_EXIF_UNIT_UM = {2: UM_PER_INCH, 3: UM_PER_CM}
_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_COLOURS_16 = {0: 1, 2: 3, 4: 2, 6: 4}
"""Colour type of a 16-bit PNG -> number of samples."""


def open_picture(path: Path, series: int = 0) -> PictureSlide:
    """Open a PNG, JPEG, BMP or WebP file; see `cellwright.imaging.open_slide`."""
    with path.open("rb") as file:
        kind = kind_of(file.read(HEAD_BYTES))
    if series != 0:
        raise not_readable(path, f"it holds one picture; there is no number {series}", "Ask for number 0.")
    return PictureSlide(path, kind or "")


class PictureSlide(PyramidSlide):
    """One picture of a format that can only be decoded whole.

    Parameters
    ----------
    path : Path
        The file.
    kind : str
        ``"png"``, ``"jpg"``, ``"bmp"`` or ``"webp"``.
    """

    def __init__(self, path: Path, kind: str) -> None:
        self._kind = kind
        with path.open("rb") as file:
            header = _header(file, kind)
            exif = _png_exif(file) if kind == "png" else header.getexif()
            tag = exif.get(_ORIENTATION, 1)
            self._orientation = int(tag) if is_orientation(tag) else 1
            self._samples_16 = _samples_of_16_bit_png(path) if kind == "png" else 0
            info = self._describe(header, exif)
        check_decoded_size(path, *info.shape, len(info.channels) * info.dtype.itemsize)
        super().__init__(SlideRef(path), info)

    def _describe(self, header: Image, exif: Exif) -> SlideInfo:
        dtype = np.dtype(np.uint16 if self._samples_16 or header.mode.startswith("I;16") else np.uint8)
        is_rgb = self._samples_16 >= 3 if self._samples_16 else _is_colour(header)
        size, note = _pixel_size(header, exif, self._kind)
        return SlideInfo(
            shape=shown_shape((header.height, header.width), self._orientation),
            dtype=dtype,
            channels=rgb_channels(is_rgb, 3 if is_rgb else 1),
            is_rgb=is_rgb,
            pixel_size=size,
            pixel_size_note=note,
        )

    def _read_level(self, wanted: LevelBox) -> NDArray[Any]:
        box = wanted.box
        pixels = PIXELS.get((self._owner, 0), self._decode)
        return wanted.pick(pixels[box.y0 : box.y1, box.x0 : box.x1])

    def _decode(self) -> NDArray[Any]:
        path = self.ref.path
        with explained(path, "it cannot be decoded"):
            data = path.read_bytes()
            pixels = upright(self._decode_stored(data), self._orientation)
        expected = (*self.shape, len(self.channels))
        if pixels.shape != expected:
            raise not_readable(path, f"its pixels are {pixels.shape}, its header promises {expected}", DAMAGED)
        return np.ascontiguousarray(pixels, self.dtype)

    def _decode_stored(self, data: bytes) -> NDArray[Any]:
        if self._samples_16:
            return _decode_16_bit_png(data, self._samples_16)
        if self._kind == "jpg" and _ends_as_jpeg(data):
            return _decode_jpeg(data)
        image = _header(io.BytesIO(data), self._kind)
        # Pillow refuses a picture whose data end early; the faster decoder would fill the rest with grey.
        image.load()
        return _from_pillow(image)


def _header(file: Any, kind: str) -> Image:
    """Parse the header with the class of that format.

    ``PIL.Image.open`` would try every format it knows and apply its own size limit, which counts pixels and warns.
    """
    match kind:
        case "png":
            return PngImagePlugin.PngImageFile(file)
        case "jpg":
            return JpegImagePlugin.JpegImageFile(file)
        case "bmp":
            return BmpImagePlugin.BmpImageFile(file)
        case "webp":
            return WebPImagePlugin.WebPImageFile(file)
    raise ValueError(f"not a PNG, JPEG, BMP or WebP file (it is {kind or 'of no known kind'})")


def _samples_of_16_bit_png(path: Path) -> int:
    with path.open("rb") as file:
        start = file.read(26)
    return _PNG_COLOURS_16.get(start[25], 0) if start[24] == 16 else 0


def _is_colour(header: Image) -> bool:
    if header.mode in ("P", "PA"):
        return not is_grey_palette(_palette(header))
    return header.mode not in ("1", "L", "LA", "I", "I;16", "I;16B", "F")


def _palette(image: Image) -> NDArray[np.uint8]:
    table = image.getpalette("RGB") or []
    return np.array(table, np.uint8).reshape(-1, 3)


def _png_exif(file: BinaryIO) -> Exif:
    """Find the EXIF chunk of a PNG file, wherever it stands; Pillow would decode all pixels to look behind them."""
    exif = Exif()
    position = len(_PNG_START)
    while True:
        file.seek(position)
        start = file.read(8)
        if len(start) < 8 or start[4:] == b"IEND":
            return exif
        length = int.from_bytes(start[:4], "big")
        if start[4:] == b"eXIf":
            exif.load(file.read(length))
            return exif
        position += 12 + length


def _pixel_size(header: Image, exif: Exif, kind: str) -> tuple[PixelSize | None, str]:
    x, y = exif.get(_X_RESOLUTION), exif.get(_Y_RESOLUTION)
    if x is not None and y is not None:
        unit = _EXIF_UNIT_UM.get(exif.get(_RESOLUTION_UNIT, 2))
        if unit is not None:
            return size_from_density(float(y), float(x), unit, "EXIF resolution tags")
    if kind == "png" and "dpi" in header.info:
        # Pillow turns the pixels per metre of the file into dpi; the way back is exact enough.
        dpi_x, dpi_y = header.info["dpi"]
        metre = UM_PER_M / UM_PER_INCH
        return size_from_density(float(dpi_y) * metre, float(dpi_x) * metre, UM_PER_M, "PNG pHYs chunk")
    if kind in ("jpg", "bmp") and "dpi" in header.info:
        dpi_x, dpi_y = header.info["dpi"]
        tag = "JFIF density" if kind == "jpg" else "BMP header"
        return size_from_density(float(dpi_y), float(dpi_x), UM_PER_INCH, tag)
    return None, "the file does not say"


def _ends_as_jpeg(data: bytes) -> bool:
    # Some cameras pad with zeros; anything else after the end marker goes the careful way.
    return data.rstrip(b"\x00").endswith(b"\xff\xd9") and data[:2] == b"\xff\xd8"


def _decode_jpeg(data: bytes) -> NDArray[Any]:
    import imagecodecs

    header = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    if header.mode not in ("L", "RGB"):
        return _from_pillow(header)
    pixels: NDArray[Any] = imagecodecs.jpeg8_decode(data)
    return pixels if pixels.ndim == 3 else pixels[:, :, None]


def _decode_16_bit_png(data: bytes, samples: int) -> NDArray[Any]:
    import imagecodecs

    pixels: NDArray[Any] = imagecodecs.png_decode(data)
    pixels = pixels.reshape(*pixels.shape[:2], samples)
    return over_white(pixels) if samples in (2, 4) else pixels


def _from_pillow(image: Image) -> NDArray[Any]:
    """Return the (Y, X, 1) greys or (Y, X, 3) colours of an image, transparency laid on white."""
    if "transparency" in image.info and image.mode in ("1", "L", "P", "RGB"):
        is_grey = not _is_colour(image)
        image = image.convert("LA" if is_grey and image.mode != "P" else "RGBA")
        pixels = over_white(np.asarray(image))
        return pixels[:, :, :1] if is_grey else pixels
    match image.mode:
        case "1":
            return np.asarray(image.convert("L"))[:, :, None]
        case "P":
            return look_up(np.asarray(image), _palette(image))
        case "PA":
            is_grey = is_grey_palette(_palette(image))
            pixels = over_white(np.asarray(image.convert("RGBA")))
            return pixels[:, :, :1] if is_grey else pixels
        case "LA" | "RGBA":
            return over_white(np.asarray(image))
        case "CMYK":
            return inks_to_rgb(np.asarray(image))
        case "L" | "I;16" | "I;16B":
            return np.asarray(image)[:, :, None]
        case "RGB":
            return np.asarray(image)
    return np.asarray(image.convert("RGB"))

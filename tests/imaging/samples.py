"""One small file of every kind that Cellwright opens, written with other people's libraries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

Writer = Callable[[Path], Path]


def scene(height: int = 150, width: int = 210, channels: int = 3, dtype: type = np.uint8) -> NDArray[Any]:
    """Smooth hills with noise on them, no two corners alike."""
    rng = np.random.default_rng(height * 1000 + width)
    y, x = np.mgrid[0:height, 0:width]
    hills = [np.sin(y / (9 + c)) + np.cos(x / (13 + 2 * c)) + y / height + 2 * x / width for c in range(channels)]
    scaled = np.stack(hills, -1)
    scaled = (scaled - scaled.min()) / max(np.ptp(scaled), 1e-9) * 0.9 + rng.random(scaled.shape) * 0.1
    if np.dtype(dtype).kind == "f":
        return scaled.astype(dtype)
    info = np.iinfo(dtype)
    return (info.min + scaled * (float(info.max) - info.min)).astype(dtype)


def _pillow(name: str, mode: str = "RGB", **options: Any) -> Writer:
    def write(folder: Path) -> Path:
        picture = Image.fromarray(scene()).convert(mode)
        picture.save(folder / name, **options)
        return folder / name

    return write


def _tiff(name: str, array: Callable[[], NDArray[Any]], **options: Any) -> Writer:
    def write(folder: Path) -> Path:
        tifffile.imwrite(folder / name, array(), **options)
        return folder / name

    return write


def _grey(dtype: type = np.uint8) -> Callable[[], NDArray[Any]]:
    return lambda: scene(channels=1, dtype=dtype)[:, :, 0]


def _png_16_bit(folder: Path) -> Path:
    import imagecodecs

    path = folder / "sixteen.png"
    path.write_bytes(imagecodecs.png_encode(scene(dtype=np.uint16)))
    return path


def _pyramid(folder: Path, with_subifds: bool) -> Path:
    path = folder / "pyramid.tif"
    whole = scene(512, 640)
    with tifffile.TiffWriter(path) as file:
        shared: dict[str, Any] = {"photometric": "rgb", "tile": (64, 64), "compression": "zlib"}
        file.write(whole, subifds=2 if with_subifds else None, **shared)
        for step in (2, 4):
            file.write(whole[::step, ::step], subfiletype=1, **shared)
    return path


def _hyperstack(folder: Path) -> Path:
    path = folder / "hyperstack.tif"
    stack = np.stack([scene(channels=1, dtype=np.uint16)[:, :, 0] + 7 * i for i in range(12)])
    tifffile.imwrite(
        path,
        stack.reshape(2, 3, 2, 150, 210),
        imagej=True,
        resolution=(4.0, 4.0),
        metadata={"axes": "TZCYX", "unit": "um", "spacing": 1.5},
    )
    return path


def _ome(folder: Path) -> Path:
    path = folder / "picture.ome.tif"
    stack = np.stack([scene(channels=1, dtype=np.uint16)[:, :, 0] + 11 * i for i in range(6)]).reshape(2, 3, 150, 210)
    metadata = {
        "axes": "CZYX",
        "PhysicalSizeX": 250.0,
        "PhysicalSizeXUnit": "nm",
        "PhysicalSizeY": 0.3,
        "PhysicalSizeYUnit": "µm",
        "Channel": {"Name": ["DAPI", "Ki67"]},
    }
    tifffile.imwrite(path, stack, tile=(64, 64), compression="zlib", metadata=metadata)
    return path


KINDS: dict[str, Writer] = {
    "png colour": _pillow("colour.png"),
    "png grey": _pillow("grey.png", "L"),
    "png palette": _pillow("palette.png", "P"),
    "png transparent": _pillow("transparent.png", "RGBA"),
    "png two tones": _pillow("tones.png", "1"),
    "png 16-bit": _png_16_bit,
    "jpeg colour": _pillow("colour.jpg", quality=90),
    "jpeg grey": _pillow("grey.jpg", "L"),
    "jpeg inks": _pillow("inks.jpg", "CMYK"),
    "jpeg progressive": _pillow("progressive.jpg", progressive=True),
    "bmp colour": _pillow("colour.bmp"),
    "bmp palette": _pillow("palette.bmp", "P"),
    "webp": _pillow("colour.webp", lossless=True),
    "tiff strips": _tiff("strips.tif", scene, photometric="rgb", rowsperstrip=16, compression="zlib"),
    "tiff one strip": _tiff("strip.tif", scene, photometric="rgb"),
    "tiff tiles": _tiff("tiles.tif", scene, photometric="rgb", tile=(64, 48), compression="lzw", predictor=True),
    "tiff jpeg tiles": _tiff("jpeg.tif", scene, photometric="rgb", tile=(64, 64), compression="jpeg"),
    "tiff planar": _tiff(
        "planar.tif", lambda: np.moveaxis(scene(), -1, 0), photometric="rgb", planarconfig="separate", tile=(64, 64)
    ),
    "tiff inverted": _tiff("inverted.tif", _grey(np.uint16), photometric="miniswhite"),
    "tiff 16-bit": _tiff("sixteen.tif", _grey(np.uint16), photometric="minisblack"),
    "tiff signed": _tiff("signed.tif", _grey(np.int16), photometric="minisblack", compression="zlib"),
    "tiff 32-bit": _tiff("long.tif", _grey(np.uint32), photometric="minisblack", byteorder=">"),
    "tiff float": _tiff("float.tif", _grey(np.float32), photometric="minisblack", compression="zlib", predictor=3),
    "tiff double": _tiff("double.tif", _grey(np.float64), photometric="minisblack"),
    "tiff pages": _tiff(
        "pages.tif", lambda: scene(channels=5)[..., 0:5].transpose(2, 0, 1).copy(), photometric="minisblack"
    ),
    "tiff big": _tiff("big.tif", scene, photometric="rgb", bigtiff=True, compression="zstd", tile=(32, 32)),
    "tiff pyramid": lambda folder: _pyramid(folder, with_subifds=False),
    "tiff pyramid in subifds": lambda folder: _pyramid(folder, with_subifds=True),
    "imagej hyperstack": _hyperstack,
    "ome-tiff": _ome,
}
"""Name of a kind -> function that writes a sample of it into a folder and returns its path."""

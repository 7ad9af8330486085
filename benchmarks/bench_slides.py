"""Slides: aligned 512² tiles of a pyramidal JPEG TIFF beside other readers, opening 100,000², memory, damaged tiles."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.rows import Row

SEED = 5
SIDE = 24_576
VAST = 100_000
TILE = 512
QUALITY = 80
N_TILES = 300
ROUNDS = 5
MPIX = TILE * TILE / 1e6


def run() -> list[Row]:
    """Time every reader in turn, round after round, on the same tiles of the same file in one process."""
    with tempfile.TemporaryDirectory() as folder:
        path, vast = _write(Path(folder))
        return [*_reading(path), *_vast(vast), *_noticed(path)]


def _write(folder: Path) -> tuple[Path, Path]:
    from cellwright.core import Box
    from cellwright.testing import Smear
    from cellwright.testing.vast import write_vast_pyramid

    field = Smear(seed=SEED, shape=(8 * TILE, 8 * TILE)).read(Box(0, 0, 4 * TILE, 4 * TILE))
    tiles = [field[y : y + TILE, x : x + TILE] for y in range(0, 4 * TILE, TILE) for x in range(0, 4 * TILE, TILE)]
    return (
        write_vast_pyramid(folder / "slide.tif", SIDE, tiles, quality=QUALITY),
        write_vast_pyramid(folder / "vast.tif", VAST, tiles, quality=QUALITY),
    )


def _corners() -> list[tuple[int, int]]:
    import numpy as np

    places = np.random.default_rng(SEED).integers(0, SIDE // TILE, (N_TILES, 2)) * TILE
    return [(int(y), int(x)) for y, x in places]


def _reading(path: Path) -> list[Row]:
    readers = {"ours": _ours(path), "ours, 2 threads ahead": _ours_ahead(path), "tifffile": _plain_tifffile(path)}
    readers["openslide-python"] = _openslide(path)
    if find_spec("tiffslide"):
        readers["tiffslide"] = _tiffslide(path)
    corners = _corners()
    best = dict.fromkeys(readers, 0.0)
    for _ in range(ROUNDS):
        for name, read in readers.items():
            some = corners if "openslide" not in name else corners[: N_TILES // 4]
            began = time.perf_counter()
            read(some)
            best[name] = max(best[name], len(some) * MPIX / (time.perf_counter() - began))
    note = f"{N_TILES} tiles of {SIDE:,}², quality {QUALITY}, seed {SEED}; the best of {ROUNDS} rounds; {{}} beside it"
    rows = [
        Row(
            "aligned 512² tiles, one thread",
            best["ours"],
            best[other],
            "MPix/s",
            note=note.format(other),
            bar=300 if other == "tifffile" else None,
            higher_is_better=True,
        )
        for other in ("tifffile", "openslide-python", "tiffslide")
        if other in best
    ]
    ahead = best["ours, 2 threads ahead"]
    rows.append(
        Row(
            "the same read ahead on two threads",
            ahead,
            best["tifffile"],
            "MPix/s",
            note="tifffile on one thread beside it",
            bar=300,
            higher_is_better=True,
        )
    )
    return rows


def _ours(path: Path) -> Callable[[list[tuple[int, int]]], None]:
    from cellwright.core import Box, Region
    from cellwright.imaging import open_slide

    slide = open_slide(path)

    def read(corners: list[tuple[int, int]]) -> None:
        for y, x in corners:
            slide.read(Region(Box(y, x, y + TILE, x + TILE)))

    return read


def _ours_ahead(path: Path) -> Callable[[list[tuple[int, int]]], None]:
    from cellwright.core import Box, Region
    from cellwright.imaging import open_slide, read_ahead

    slide = open_slide(path)

    def read(corners: list[tuple[int, int]]) -> None:
        for _ in read_ahead(slide, (Region(Box(y, x, y + TILE, x + TILE)) for y, x in corners), threads=2):
            pass

    return read


def _plain_tifffile(path: Path) -> Callable[[list[tuple[int, int]]], None]:
    import tifffile

    page = tifffile.TiffFile(path).pages[0]
    assert isinstance(page, tifffile.TiffPage)
    handle, across = page.parent.filehandle, -(-page.imagewidth // TILE)
    offsets, counts, decode = page.dataoffsets, page.databytecounts, page.decode

    def read(corners: list[tuple[int, int]]) -> None:
        for y, x in corners:
            index = y // TILE * across + x // TILE
            handle.seek(offsets[index])
            decode(handle.read(counts[index]), index)

    return read


def _openslide(path: Path) -> Callable[[list[tuple[int, int]]], None]:
    import numpy as np
    import openslide

    slide = openslide.OpenSlide(path)

    def read(corners: list[tuple[int, int]]) -> None:
        for y, x in corners:
            np.asarray(slide.read_region((x, y), 0, (TILE, TILE)))

    return read


def _tiffslide(path: Path) -> Callable[[list[tuple[int, int]]], None]:
    import tiffslide

    slide = tiffslide.TiffSlide(path)

    def read(corners: list[tuple[int, int]]) -> None:
        for y, x in corners:
            slide.read_region((x, y), 0, (TILE, TILE), as_array=True)

    return read


_OPENING = """
import resource, sys, time
from cellwright.core import Box, Region
from cellwright.imaging import open_slide
import numpy, simplejpeg, tifffile
taken = []
for _ in range(3):
    began = time.perf_counter()
    with open_slide(sys.argv[1]) as slide:
        opened = time.perf_counter()
        slide.read(Region(Box(0, 0, *slide.shape), max(slide.shape) / 1024))
        taken.append((1e3 * (opened - began), 1e3 * (time.perf_counter() - opened)))
with open_slide(sys.argv[1]) as slide:
    for y in range(0, 20000, 500):
        slide.read(Region(Box(y, 300, y + 700, 5300)))
        slide.read(Region(Box(y, 0, y + 20000, 20000), 16.0))
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(min(t[0] for t in taken), min(t[1] for t in taken), sum(taken[0]), memory / 1024)
"""


def _vast(path: Path) -> list[Row]:
    done = subprocess.run([sys.executable, "-c", _OPENING, str(path)], capture_output=True, text=True, check=True)
    opened, overview, first, memory = (float(word) for word in done.stdout.split())
    about = f"{VAST:,}², {-((-VAST // TILE) ** 2):,} tiles at full resolution"
    return [
        Row("open a vast pyramid", opened, note=about),
        Row("read its overview of 1,024²", overview, note="from the level that is just fine enough"),
        Row("open it and read its overview, the first time", first, note="libraries imported before", bar=1000),
        Row("memory after moving over 20,000² of it", memory, unit="MB", note="all of the process", bar=1500),
    ]


def _noticed(path: Path) -> list[Row]:
    """Count how many tiles with 32 flipped bytes are noticed, by us and by the library most readers use."""
    import imagecodecs
    import numpy as np
    import tifffile

    from cellwright.imaging.jpeg import jpeg_pieces

    rng = np.random.default_rng(SEED)
    with tifffile.TiffFile(path) as tif:
        page = tif.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        pieces = jpeg_pieces(page)
        assert pieces is not None
        handle = tif.filehandle
        offset, length = page.dataoffsets[0], page.databytecounts[0]
        handle.seek(offset)
        plain = handle.read(length)
    count, ours, other = 200, 0, 0
    for _ in range(count):
        broken = bytearray(plain)
        start = int(rng.integers(len(plain) // 4, 3 * len(plain) // 4))
        for i in range(start, start + 32):
            broken[i] ^= 0xFF
        ours += _fails(pieces.decode, bytes(broken), None)
        other += _fails(imagecodecs.jpeg8_decode, bytes(broken))
    return [
        Row(
            "damaged tiles noticed",
            100 * ours / count,
            100 * other / count,
            "%",
            note=f"32 bytes flipped in the middle of a tile, {count} times; imagecodecs beside it",
            higher_is_better=True,
        )
    ]


def _fails(work: Callable[..., Any], *arguments: object) -> bool:
    try:
        work(*arguments)
    except Exception:  # noqa: BLE001 - decoders raise whatever they like
        return True
    return False

"""`TileLoader`: reads the tiles of a slide on threads of its own, those wanted last and nearest first."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.core import CellwrightError, Region
from cellwright.ui.state.look import Look, render
from cellwright.ui.state.tile_grid import TileGrid, TileKey

if TYPE_CHECKING:
    from cellwright.imaging import Slide

THREADS = 2
"""Enough to keep the window's tiles coming; more would take the cores from an analysis and from the window."""

KEPT_BYTES = 160 * 2**20
"""Tiles ready to be drawn: about four full screens."""

_names = count(1)
_log = logging.getLogger(__name__)


class TileLoader:
    """Tiles of one slide, as they are seen, made in the background.

    Nothing here waits for a file but the threads: `want` and `get` answer at once. What is not wanted any more by the
    time a thread is free is not read; what is being read is kept.

    Parameters
    ----------
    slide : Slide
        Open as long as this is used; not closed here.
    look : Look
        How it is seen.
    arrived : callable
        Called on a thread of the loader after a tile was made, and never after `close`.
    kept_bytes : int
        Most memory of tiles that are kept.
    """

    def __init__(self, slide: Slide, look: Look, arrived: Callable[[], None], kept_bytes: int = KEPT_BYTES) -> None:
        self.grid = TileGrid(slide.shape)
        self._slide, self._look, self._arrived, self._limit = slide, look, arrived, kept_bytes
        self._changed = threading.Condition()
        self._wanted: list[TileKey] = []
        self._reading: set[TileKey] = set()
        self._kept: OrderedDict[TileKey, NDArray[np.uint8]] = OrderedDict()
        self._problems: dict[TileKey, str] = {}
        self._new: list[TileKey] = []
        self._generation = 0
        self._is_closed = False
        name = f"tiles {next(_names)}"
        self._threads = [threading.Thread(target=self._work, name=name, daemon=True) for _ in range(THREADS)]
        for thread in self._threads:
            thread.start()

    @property
    def problems(self) -> dict[TileKey, str]:
        """Tiles that could not be read, and why (a copy)."""
        with self._changed:
            return dict(self._problems)

    def want(self, keys: Sequence[TileKey]) -> None:
        """Make these tiles, in this order, and forget what was wanted before."""
        with self._changed:
            self._wanted = [key for key in keys if key not in self._kept and key not in self._problems]
            for key in reversed(keys):  # what is in view is given up last
                if key in self._kept:
                    self._kept.move_to_end(key)
            self._changed.notify_all()

    def get(self, key: TileKey) -> NDArray[np.uint8] | None:
        """Return a tile, (T, T, 4) red, green, blue, opaque; None while it is not there."""
        with self._changed:
            return self._kept.get(key)

    def take_new(self) -> list[TileKey]:
        """Return the tiles made since the last call."""
        with self._changed:
            new, self._new = self._new, []
            return new

    def set_look(self, look: Look) -> None:
        """See the slide in another way: every tile is made anew."""
        with self._changed:
            if look == self._look:
                return
            self._look = look
            self._generation += 1
            self._kept.clear()
            self._problems.clear()
            self._new.clear()

    def close(self, wait_s: float = 0.0) -> None:
        """Read nothing more; where asked to, wait for what is being read."""
        with self._changed:
            self._is_closed = True
            self._wanted.clear()
            self._kept.clear()
            self._changed.notify_all()
        if wait_s:
            for thread in self._threads:
                thread.join(wait_s)

    # ---- on the threads

    def _work(self) -> None:
        while (task := self._next()) is not None:
            key, look, generation = task
            pixels, problem = self._made(key, look)
            with self._changed:
                self._reading.discard(key)
                if self._is_closed:
                    return
                if generation != self._generation:
                    continue  # it was made for a look that is out of date
                self._keep(key, pixels, problem)
                self._arrived()  # within, so that nothing is said any more once it is closed

    def _next(self) -> tuple[TileKey, Look, int] | None:
        with self._changed:
            while not self._is_closed:
                for at, key in enumerate(self._wanted):
                    if key not in self._reading:
                        del self._wanted[at]
                        self._reading.add(key)
                        return key, self._look, self._generation
                self._changed.wait()
        return None

    def _made(self, key: TileKey, look: Look) -> tuple[NDArray[np.uint8], str]:
        try:
            values = self._slide.read(Region(self.grid.box(key), float(1 << key.level), *look.plane))
            return whole_tile(render(values, look, self._slide.is_rgb), self.grid.tile_px), ""
        except CellwrightError as error:
            return unreadable_tile(self.grid.tile_px), str(error)
        except Exception as error:  # noqa: BLE001 - a reader of a plugin may raise anything; the thread must go on
            _log.exception("A tile could not be read")
            return unreadable_tile(self.grid.tile_px), str(error) or type(error).__name__

    def _keep(self, key: TileKey, pixels: NDArray[np.uint8], problem: str) -> None:
        self._kept[key] = pixels
        if problem:
            self._problems[key] = problem
        self._new.append(key)
        most = max(1, self._limit // pixels.nbytes)
        while len(self._kept) > most:
            self._kept.popitem(last=False)


def whole_tile(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return (T, T, 4) of (y, x, 3) pixels, opaque; a tile at the picture's end is filled up with its last pixels."""
    tile = np.empty((side, side, 4), np.uint8)
    rows, columns = min(side, pixels.shape[0]), min(side, pixels.shape[1])
    tile[..., 3] = 255
    tile[:rows, :columns, :3] = pixels[:rows, :columns]
    tile[:rows, columns:, :3] = tile[:rows, columns - 1 : columns, :3]
    tile[rows:, :, :3] = tile[rows - 1 : rows, :, :3]
    return tile


def unreadable_tile(side: int) -> NDArray[np.uint8]:
    """Return a tile of grey stripes: nothing that could be taken for a picture."""
    y, x = np.ogrid[:side, :side]
    tile = np.full((side, side, 4), 255, np.uint8)
    tile[..., :3] = np.where((y + x) // 16 % 2, 150, 105)[..., None]
    return tile

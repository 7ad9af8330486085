"""Decoded pixels worth keeping: one bounded store shared by all open slides and threads."""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from numpy.typing import NDArray

Key = tuple[int, Hashable]

_tokens = itertools.count()


def new_owner() -> int:
    """Return a number that no other slide of this process has, for the first part of a key."""
    return next(_tokens)


class PixelCache:
    """Least recently used arrays up to a number of bytes; each is made once, however many threads ask.

    An array larger than the whole store is kept alone until the next one comes: a picture that can only be decoded
    whole would otherwise be decoded again for every tile.

    Parameters
    ----------
    limit_bytes : int
        Sum of the sizes of all kept arrays.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._arrays: OrderedDict[Key, NDArray[Any]] = OrderedDict()
        self._making: dict[Key, threading.Lock] = {}
        self._bytes = 0

    @property
    def held_bytes(self) -> int:
        """Sum of the sizes of the kept arrays."""
        with self._lock:
            return self._bytes

    def get(self, key: Key, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """Return the array under `key`, made by `make` if it is not there; read-only, shared by all who ask.

        What `make` raises reaches the caller, and nothing is kept.
        """
        array = self._look_up(key)
        if array is not None:
            return array
        with self._lock:
            turn = self._making.setdefault(key, threading.Lock())
        with turn:
            array = self._look_up(key)
            if array is not None:
                return array
            try:
                array = make()
                array.flags.writeable = False
                self._keep(key, array)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return array

    def get_or_make(self, key: Key, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """Return the array under `key`, or what `make` returns without keeping it."""
        array = self._look_up(key)
        return make() if array is None else array

    def forget(self, owner: int) -> None:
        """Drop everything that belongs to one slide."""
        with self._lock:
            for key in [key for key in self._arrays if key[0] == owner]:
                self._bytes -= self._arrays.pop(key).nbytes

    def _look_up(self, key: Key) -> NDArray[Any] | None:
        with self._lock:
            array = self._arrays.get(key)
            if array is not None:
                self._arrays.move_to_end(key)
            return array

    def _keep(self, key: Key, array: NDArray[Any]) -> None:
        with self._lock:
            replaced = self._arrays.pop(key, None)
            self._bytes += array.nbytes - (0 if replaced is None else replaced.nbytes)
            self._arrays[key] = array
            while self._bytes > self.limit_bytes and len(self._arrays) > 1:
                _, oldest = self._arrays.popitem(last=False)
                self._bytes -= oldest.nbytes


PIXELS = PixelCache(limit_bytes=512 * 2**20)
"""The store of this process."""

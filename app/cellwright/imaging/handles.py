"""Open files of libraries that one thread at a time may use: as many as read at once, each lent and given back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

H = TypeVar("H")


class HandlePool(Generic[H]):
    """Handles of one file, each used by one thread at a time.

    A handle on which something went wrong is closed and not used again: OpenSlide, for one, answers every later
    question with the first error.

    Parameters
    ----------
    make : callable
        Opens the file.
    close : callable
        Closes what `make` returned.
    """

    def __init__(self, make: Callable[[], H], close: Callable[[H], None]) -> None:
        self._make = make
        self._close = close
        self._lock = threading.Lock()
        self._idle: list[H] = []
        self._is_closed = False

    @contextmanager
    def use(self) -> Iterator[H]:
        """Lend a handle to this thread, a new one where all others are in use.

        Raises
        ------
        ValueError
            If the pool was closed.
        """
        handle = self._take()
        try:
            yield handle
        except BaseException:
            self._close(handle)
            raise
        self._give_back(handle)

    def close(self) -> None:
        """Close all handles; those in use are closed when they come back."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for handle in idle:
            self._close(handle)

    def _take(self) -> H:
        with self._lock:
            if self._is_closed:
                raise ValueError("the file was closed")
            if self._idle:
                return self._idle.pop()
        return self._make()

    def _give_back(self, handle: H) -> None:
        with self._lock:
            if not self._is_closed:
                self._idle.append(handle)
                return
        self._close(handle)

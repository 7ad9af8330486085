"""A project on a thread of its own: work goes on while what it brought is written."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from cellwright.project import Project

T = TypeVar("T")

_WAITING = 2
"""Pieces of work that may wait to be written: more would only take memory."""


class ProjectThread:
    """Owns a `Project`, which belongs to the thread that opened it.

    Parameters
    ----------
    folder : Path
        Of the project.

    Raises
    ------
    ProjectNotReadable
        If it cannot be opened.
    """

    def __init__(self, folder: Path) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="write-project")
        self._sent: deque[Future[Any]] = deque()
        try:
            self._project = self._pool.submit(Project, folder).result()
        except BaseException:
            self._pool.shutdown()
            raise

    def call(self, work: Callable[[Project], T]) -> T:
        """Do something with the project after all that was sent, and wait for it."""
        self.settle()
        return self._pool.submit(work, self._project).result()

    def send(self, work: Callable[[Project], object]) -> None:
        """Have something done; what went wrong before is raised now."""
        while self._sent and (self._sent[0].done() or len(self._sent) >= _WAITING):
            self._sent.popleft().result()
        self._sent.append(self._pool.submit(work, self._project))

    def settle(self) -> None:
        """Wait until all that was sent is done; what went wrong is raised."""
        while self._sent:
            self._sent.popleft().result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._pool.submit(self._project.close).result()
        finally:
            self._pool.shutdown()

"""Whether the work on this thread is asked to stop: for a step that waits for another program and can be cut short."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_here = threading.local()


@contextmanager
def stoppable(asked: Callable[[], bool]) -> Iterator[None]:
    """Let the steps that run on this thread within the block know whether they are asked to stop.

    Parameters
    ----------
    asked : callable
        Says so; called on this thread, often.
    """
    before = getattr(_here, "asked", None)
    _here.asked = asked
    try:
        yield
    finally:
        _here.asked = before


def is_stop_asked() -> bool:
    """Whether the driver of the work on this thread wants it to stop; False where nobody drives it.

    A step that sees this ends as quickly as it can, by raising what it raises where it fails; its operation is closed
    at its next report.
    """
    asked: Callable[[], bool] | None = getattr(_here, "asked", None)
    return asked is not None and asked()

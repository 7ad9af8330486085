"""Long work beside the viewer: an operation on a thread of napari's, its reports and its end on the viewer's thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cellwright.jobs import Operation, Progress, stoppable

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[R]):
    """How an operation ended.

    Parameters
    ----------
    result : object or None
        What it returned.
    error : BaseException or None
        What it raised.
    was_cancelled : bool
        Whether somebody stopped it.
    """

    result: R | None = None
    error: BaseException | None = None
    was_cancelled: bool = False


class Running:
    """An operation under way.

    Parameters
    ----------
    operation : Operation
        What runs.
    on_progress : callable
        Called on the viewer's thread with each report.
    on_end : callable
        Called there once, with the `Outcome`.
    """

    def __init__(
        self,
        operation: Operation[Any],
        on_progress: Callable[[Progress], None],
        on_end: Callable[[Outcome[Any]], None],
    ) -> None:
        from napari.qt.threading import create_worker

        self._stop = threading.Event()
        self._worker = create_worker(
            _steps,
            operation,
            self._stop,
            _start_thread=False,
            _connect={"yielded": on_progress, "returned": on_end},
        )
        self._worker.start()

    def cancel(self) -> None:
        """Ask to stop after the step that is running."""
        self._stop.set()


def _steps(operation: Operation[R], stop: threading.Event) -> Generator[Progress, None, Outcome[R]]:
    """Drive an operation; nothing is ever raised: such workers lose every `RuntimeError`, as when memory runs out."""
    steps = operation.run()
    try:
        while not stop.is_set():
            with stoppable(stop.is_set):
                report = next(steps)
            yield report
        return Outcome(was_cancelled=True)
    except StopIteration as end:
        return Outcome(end.value)
    except Exception as error:  # noqa: BLE001 - whatever it is, the viewer must be told
        return Outcome(error=error)
    finally:
        steps.close()

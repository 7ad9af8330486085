"""`Operation`: long work as frozen parameters and a generator, knowing no Qt, no thread and no progress bar."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from cellwright.core import Box

R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Progress:
    """One report of a running operation.

    Parameters
    ----------
    done, total : int
        Steps finished and steps in all; ``total`` 0 while nobody knows.
    message : str
        What is being done, as shown to a person.
    touched : Box or None
        The part of the picture that this step settled, so that a view repaints only that.
    partial : object or None
        What this step found, of a type that the operation documents; shown before the whole is done.
    """

    done: int
    total: int
    message: str
    touched: Box | None = None
    partial: object | None = None


class Operation(Protocol[R_co]):
    """Parameters, a title, and a generator that reports and returns the result.

    The driver may stop between two reports by closing the generator, so `run` cleans up in ``finally``.
    """

    @property
    def title(self) -> str:
        """Name of the work, as shown in the list of jobs."""
        ...

    def run(self) -> Generator[Progress, None, R_co]:
        """Do the work step by step."""
        ...


def run_inline(operation: Operation[R], on_progress: Callable[[Progress], None] | None = None) -> R:
    """Run an operation on this thread and return its result.

    Parameters
    ----------
    operation : Operation
        What to run.
    on_progress : callable, optional
        Called with every `Progress`. What it raises stops the operation, which then cleans up.
    """
    steps = operation.run()
    try:
        while True:
            report = next(steps)
            if on_progress is not None:
                on_progress(report)
    except StopIteration as end:
        result: R = end.value
        return result
    finally:
        steps.close()

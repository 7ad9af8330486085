"""`InTurn`: several operations as one job, one after the other."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

from cellwright.jobs import Operation, Progress


@dataclass(frozen=True, slots=True)
class InTurn:
    """Operation: run others one after the other; returns their results in the same order.

    Parameters
    ----------
    title : str
        Name of the work.
    parts : tuple of Operation
        What to run; the first that fails ends the whole.
    """

    title: str
    parts: tuple[Operation[Any], ...]

    def run(self) -> Generator[Progress, None, tuple[Any, ...]]:
        """Run them; a progress tells of all of them together."""
        results = []
        for number, part in enumerate(self.parts):
            steps = part.run()
            try:
                while True:
                    yield self._of_all(number, next(steps))
            except StopIteration as end:
                results.append(end.value)
            finally:
                steps.close()
        return tuple(results)

    def _of_all(self, number: int, progress: Progress) -> Progress:
        """Return what one part tells as a part of the whole; of a single one it is the whole."""
        if len(self.parts) == 1:
            return progress
        said = f"{number + 1} of {len(self.parts)}: {progress.message}"
        return replace(progress, done=number, total=len(self.parts), message=said, partial=None)

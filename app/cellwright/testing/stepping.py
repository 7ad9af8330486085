"""Operations that only count, to test what drives an operation."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cellwright.core import BadParameter
from cellwright.core.atomic import replacing
from cellwright.jobs import Progress


@dataclass(frozen=True, slots=True)
class Counted:
    """How far it counted, and where it began."""

    reached: int
    began: int

    def to_dict(self) -> dict[str, Any]:
        """Return it as values that JSON knows."""
        return {"reached": self.reached, "began": self.began}


@dataclass(frozen=True, slots=True)
class CountSteps:
    """Count to a number, one step at a time, going on from what a file says.

    Parameters
    ----------
    steps : int
        How far.
    memory : Path
        File that keeps how far it came.
    seconds : float
        What a step takes.
    trouble : str
        ``"refuse"``, ``"memory"`` or ``"hang"`` at the third step; empty for none.
    """

    steps: int
    memory: Path
    seconds: float = 0.0
    trouble: str = ""
    title: str = field(default="Count", init=False)

    def run(self) -> Generator[Progress, None, Counted]:
        """Count.

        Raises
        ------
        BadParameter, MemoryError
            As asked for.
        """
        began = int(self.memory.read_text()) if self.memory.exists() else 0
        for step in range(began, self.steps):
            if step == 2 and self.trouble:
                self._fail()
            time.sleep(self.seconds)
            with replacing(self.memory) as part:  # who is ended while it writes still knows where it was
                part.write_text(str(step + 1))
            yield Progress(step + 1, self.steps, f"Step {step + 1}")
        return Counted(self.steps, began)

    def _fail(self) -> None:
        if self.trouble == "refuse":
            raise BadParameter("Two is a bad number; count to one.")
        if self.trouble == "memory":
            raise MemoryError
        while True:
            time.sleep(60)

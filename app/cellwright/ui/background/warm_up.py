"""What is loaded after the window is seen: the viewer, and the model with the libraries it runs on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cellwright.core import Masks
from cellwright.jobs import Progress
from cellwright.ui.canvas import import_viewer

_PATIENCE_S = 0.1


@dataclass(frozen=True, slots=True)
class PrepareViewer:
    """Operation: import what draws pictures, so that the first picture opens at once."""

    @property
    def title(self) -> str:
        """Name of the work."""
        return "Get the viewer ready"

    def run(self) -> Generator[Progress, None, None]:
        """Import it."""
        yield Progress(0, 0, "Loading the viewer")
        import_viewer()


@dataclass(frozen=True, slots=True)
class PrepareModel:
    """Operation: load a model with its libraries, so that the first analysis does not wait for them.

    Parameters
    ----------
    folder : Path
        Of the model.
    device : str
        What it will run on.
    """

    folder: Path
    device: str

    @property
    def title(self) -> str:
        """Name of the work."""
        return "Get the model ready"

    def run(self) -> Generator[Progress, None, None]:
        """Load it on a thread of its own, so that nobody has to wait for its end."""
        yield from _awaited(self._prepare, "Loading the model")

    def _prepare(self) -> None:
        from cellwright.shapes import warm
        from cellwright.workflows import ready_predictor

        warm_tracing()
        ready_predictor(self.folder, self.device)
        warm()


def warm_tracing() -> None:
    """Compile what traces outlines, before all else: those of a chosen cell are traced on the window's thread."""
    from cellwright.shapes import contours

    contours(Masks.from_spans(np.zeros(2, np.intp), np.array([[0, 0, 2], [1, 0, 2]], np.int32), 1))


def _awaited(work: Callable[[], object], said: str) -> Generator[Progress, None, None]:
    errors: list[Exception] = []

    def settle() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - raised again on the thread that waits
            errors.append(error)

    thread = threading.Thread(target=settle, name=said, daemon=True)
    thread.start()
    while thread.is_alive():
        yield Progress(0, 0, said)
        thread.join(_PATIENCE_S)
    if errors:
        raise errors[0]

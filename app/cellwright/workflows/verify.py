"""Is a model folder whole, and does its network still find what its card promises."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from cellwright import zoo


def verify_model(folder: Path, device: str = "auto") -> tuple[str, ...]:
    """Check weights, sample and, by running the network on it, what is found there.

    Parameters
    ----------
    folder : Path
        The model folder.
    device : str
        Where to run it; see `AnalyzePicture`.

    Returns
    -------
    tuple of str
        Every problem, in sentences; empty when the model is as its card says.
    """
    from cellwright.inference import find_objects

    return zoo.verify(folder, partial(find_objects, device=device))

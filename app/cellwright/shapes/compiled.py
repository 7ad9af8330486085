"""Where the compiled loops come from, and whether they can be had: without numba answers are the same, but later."""

from __future__ import annotations

import importlib
from types import ModuleType


def loops(name: str) -> ModuleType | None:
    """Return a module of compiled loops of this room, or None where numba cannot be loaded.

    Parameters
    ----------
    name : str
        Of the module, such as ``"paint_kernels"``.
    """
    try:
        return importlib.import_module(f"cellwright.shapes.{name}")
    except ImportError:  # numba is missing, or was built for another Python or processor
        return None

"""Cellwright: a desktop workbench that finds, counts, corrects and measures cells.

From Python: ``import cellwright as cw``, then ``cw.analyze("smear.png")``; see `cellwright.api`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cellwright.api import Found, analyze, model_card, models, open_picture, sample_picture

__all__ = ["Found", "__version__", "analyze", "model_card", "models", "open_picture", "sample_picture"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Loaded on first use, so that every part of the program can be imported without all the others.
    if name.startswith("_") or name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from cellwright import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted(__all__)

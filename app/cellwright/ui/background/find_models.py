"""Packages that bring models are imported beside the window, so that none of them makes its start slower."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellwright.jobs import Progress

if TYPE_CHECKING:
    from cellwright.zoo import ListedModel


@dataclass(frozen=True, slots=True)
class FindModels:
    """Operation: import what brings models; returns all models that there are then."""

    @property
    def title(self) -> str:
        """Name of the work."""
        return "Look for models"

    def run(self) -> Generator[Progress, None, tuple[ListedModel, ...]]:
        """Import one after the other, and list."""
        from cellwright.zoo import list_models

        yield Progress(0, 0, "Looking for models")
        return list_models()

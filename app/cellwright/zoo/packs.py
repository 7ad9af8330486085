"""Packages that bring models along: each entry of the group ``cellwright.models`` says in which folder they lie."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from cellwright.core import PluginNotUsable
from cellwright.registry import Registry

_LOG = logging.getLogger(__name__)


def _problem_of(loaded: object) -> str:
    folder = loaded() if callable(loaded) else loaded
    if not isinstance(folder, Path):
        return f"it names {type(folder).__name__} instead of the folder of its models"
    return "" if folder.is_dir() else f"the folder {folder} is not there"


PACKS: Registry[Path | Callable[[], Path]] = Registry("cellwright.models", "model pack", problem_of=_problem_of)
"""Entries are a `Path`, or are called without arguments and give one: the folder whose subfolders are models."""


def pack_dirs(*, imported: bool = True) -> tuple[Path, ...]:
    """Return the folders of all packs by name; one that cannot be used is logged and left out.

    Parameters
    ----------
    imported : bool
        Whether packages that were not imported yet are now, which takes as long as they take; else they are left out.
    """
    found: list[Path] = []
    for name in PACKS:
        if not imported and not PACKS.is_loaded(name):
            continue
        try:
            pack = PACKS.load(name)
            with PACKS.blaming(name):
                found.append(pack() if callable(pack) else pack)
        except PluginNotUsable as error:
            _LOG.warning("%s", error)
    return tuple(found)

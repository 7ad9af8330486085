"""Where things are kept that can be made again."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

CACHE_VARIABLE = "CELLWRIGHT_CACHE_DIR"
"""Environment variable that moves the folder."""


def cache_dir() -> Path:
    """Return the folder for converted models; it need not exist yet."""
    return Path(os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_dir("cellwright", appauthor=False))

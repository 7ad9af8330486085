"""Small sets written to disk in every format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture
def picture() -> Callable[..., Path]:
    """Return a function that writes a grey picture of so many rows and columns."""

    def write(path: Path, height: int = 80, width: int = 100, **options: object) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (width, height), (200, 180, 190)).save(path, **options)  # type: ignore[arg-type]
        return path

    return write


@pytest.fixture
def text() -> Callable[[Path, str], Path]:
    """Return a function that writes a text file and the folders above it."""

    def write(path: Path, content: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return path

    return write

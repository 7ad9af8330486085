"""Layers and viewers for tests of the napari plugin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari_cellwright import analyze, as_layer
from napari_cellwright.reading import read_pictures

import cellwright as cw

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Labels


MODEL = "nuclei-stardist"


@pytest.fixture
def nuclei_path() -> Path:
    """The drawn nuclei."""
    return cw.sample_picture("nuclei")


@pytest.fixture
def nuclei_layer(nuclei_path: Path) -> Image:
    """The drawn nuclei as napari would show them."""
    return first_layer(nuclei_path)


@pytest.fixture(scope="session")
def found() -> cw.Found:
    """What Cellwright finds on the drawn nuclei without napari."""
    return cw.analyze(cw.sample_picture("nuclei"), model=MODEL)


@pytest.fixture(scope="session")
def answer() -> tuple[Any, dict[str, Any], str]:
    """The same, asked for in napari."""
    (made,) = analyze(first_layer(cw.sample_picture("nuclei")), MODEL)
    return made


@pytest.fixture
def drawn(answer: tuple[Any, dict[str, Any], str]) -> Labels:
    """A layer of it, to be changed at will."""
    data, said, kind = answer
    layer = as_layer((data.copy(), {**said, "features": said["features"].copy()}, kind))
    assert layer.data.dtype == np.int32
    return layer


def first_layer(path: Path) -> Any:
    """Return the first layer of a file, as napari makes it of what the reader answers."""
    from napari.layers import Layer

    return Layer.create(*read_pictures(str(path))[0])


@pytest.fixture
def make_viewer(monkeypatch: pytest.MonkeyPatch, qapp: object) -> Iterator[Callable[[], napari.Viewer]]:
    """Make viewers of one's own settings, which are closed at the end."""
    import napari
    from napari.settings import get_settings

    monkeypatch.setattr(type(get_settings()), "save", lambda *_, **__: None)
    made: list[napari.Viewer] = []

    def make() -> napari.Viewer:
        made.append(napari.Viewer(show=True))
        return made[-1]

    yield make
    for viewer in made:
        viewer.close()

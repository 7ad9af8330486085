"""What napari's Open calls: pictures and slides, projects, label images, outlines as GeoJSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from cellwright.imaging import is_address, is_probably_openable, open_slide
from napari_cellwright.picture_layers import LayerTuple, layers_of

Paths = str | Sequence[str]
Reader = Callable[[Paths], list[LayerTuple]]

MOST_PICTURES = 24
"""So many pictures of one file are opened at most, the first ones."""


def picture_reader(path: Paths) -> Reader | None:
    """Return what reads pictures, slides and label images; None where one of the paths is none."""
    paths = _paths(path)
    return read_pictures if paths and all(is_probably_openable(each) for each in paths) else None


def project_reader(path: Paths) -> Reader | None:
    """Return what reads a project, named by its folder or by its file in it; None where the path is none."""
    from cellwright.workflows import is_project

    paths = _paths(path)
    return read_projects if paths and all(is_project(_folder(each)) for each in paths) else None


def outline_reader(path: Paths) -> Reader | None:
    """Return what reads GeoJSON; None where one of the paths is none."""
    paths = _paths(path)
    return read_outlines if paths and all(_is_geojson(each) for each in paths) else None


def read_pictures(path: Paths) -> list[LayerTuple]:
    """Return the layers of pictures and slides; of a file that holds several, the first is shown and the others wait.

    Parameters
    ----------
    path : str or sequence of str
        Files, OME-Zarr folders, or addresses of such. Files that hold labels become layers of labels.

    Raises
    ------
    SlideNotReadable
        If one cannot be read; the text names the file, the reason and what to do.
    """
    from napari_cellwright.label_files import is_label_file, read_labels

    found: list[LayerTuple] = []
    for each in _paths(path):
        if not is_address(each) and is_label_file(Path(each)):
            found += read_labels(Path(each))
            continue
        first = open_slide(each)
        count = min(len(first.series_names), MOST_PICTURES)
        found += layers_of(first)
        for series in range(1, count):
            found += layers_of(open_slide(each, series), visible=False)
    return found


def read_projects(path: Paths) -> list[LayerTuple]:
    """Return the layers of projects; see `napari_cellwright.projects.read_project`."""
    from napari_cellwright.projects import read_project

    return [layer for each in _paths(path) for layer in read_project(_folder(each))]


def read_outlines(path: Paths) -> list[LayerTuple]:
    """Return the layers of GeoJSON files; see `napari_cellwright.label_files.read_geojson`."""
    from napari_cellwright.label_files import read_geojson

    return [layer for each in _paths(path) for layer in read_geojson(Path(each))]


def _folder(path: str) -> Path:
    return Path(path).parent if Path(path).is_file() else Path(path)


def _is_geojson(path: str) -> bool:
    return path.lower().endswith((".geojson", ".geojson.json")) and Path(path).is_file()


def _paths(path: Paths) -> list[str]:
    return [path] if isinstance(path, str) else [str(each) for each in path]

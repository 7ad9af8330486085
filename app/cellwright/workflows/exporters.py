"""Ways out, declared before anything of them is imported: our own formats, and those that other packages bring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import EntryPoint
from pathlib import PurePosixPath
from typing import Any

from cellwright.core import PluginNotUsable
from cellwright.registry import Registry


@dataclass(frozen=True, slots=True)
class Exporter:
    """What must be known of a format before anything is written.

    It stands in a module that imports nothing heavy; `write` names what does the work.

    Parameters
    ----------
    title : str
        As beside its check box.
    about : str
        What is in it and for whom, in one line.
    write : str
        ``"package.module:function"``. For a format that holds all pictures in one, called as
        ``write(folder, results, overwrite=…)`` with `cellwright.workflows.exported.Results`, writes `outputs` into the
        folder and returns the paths; for a format of one file a picture, called as ``write(path, picture,
        overwrite=…)`` with `cellwright.workflows.exported.ExportedPicture` and returns the path. A file is written
        whole or not at all; `cellwright.core.atomic.replacing` does that.
    outputs : tuple of str
        Files, or folders, of a format that holds all pictures in one.
    of_each : (str, str) or None
        Folder and suffix of a format of one file a picture: ``("labels", ".tif")``. One of the two is given.
    needs_outlines : bool
        Whether boxes alone are not enough.
    """

    title: str
    about: str
    write: str
    outputs: tuple[str, ...] = ()
    of_each: tuple[str, str] | None = None
    needs_outlines: bool = False

    def writer(self) -> Callable[..., Any]:
        """Import and return what writes.

        Raises
        ------
        ImportError, AttributeError
            If it is not there.
        """
        made: Callable[..., Any] = EntryPoint(self.title, self.write, "").load()
        return made


def problem_of_exporter(loaded: object) -> str:
    """Return why an object declares no exporter, in a phrase; empty where it does."""
    if not isinstance(loaded, Exporter):
        return f"it is {type(loaded).__name__}, not a cellwright.workflows.exporters.Exporter"
    module, _, name = loaded.write.partition(":")
    if not (module and name):
        return f"its write={loaded.write!r} is not written as 'package.module:function'"
    if bool(loaded.outputs) == (loaded.of_each is not None):
        return "it must have either outputs or of_each"
    names = loaded.outputs if loaded.of_each is None else loaded.of_each[:1]
    strange = [each for each in names if not each or PurePosixPath(each).name != each or each == ".."]
    return f"{strange[0]!r} is no plain name of a file or folder" if strange else ""


_OWN_NAMES = (
    *("csv", "xlsx", "parquet", "sqlite", "h5ad", "qupath", "coco", "coco-polygons", "yolo", "yolo-polygons", "voc"),
    *("labels", "ome-tiff", "ome-zarr", "index-png", "geojson", "roi", "overlay"),
)

OWN = {name: f"cellwright.workflows.own_exporters:{name.upper().replace('-', '_')}" for name in _OWN_NAMES}
"""Our own formats: name to where each is declared. Entries of pyproject.toml are the same."""

EXPORTERS: Registry[Exporter] = Registry("cellwright.exporters", "exporter", OWN, problem_of_exporter)
"""Everything registered as a way out."""


def format_name(kind: str) -> str:
    """Return the plain name of a format, also where it is given as an `ExportFormat`."""
    return str(kind.value) if isinstance(kind, Enum) else kind


def exporter_of(kind: str) -> Exporter:
    """Return what is declared of a format.

    Raises
    ------
    UnknownName, PluginNotUsable
        If there is none, or it cannot be used.
    """
    return EXPORTERS.load(format_name(kind))


def other_formats() -> Sequence[tuple[str, Exporter]]:
    """Return name and declaration of the formats that other packages bring; what cannot be used is left out."""
    found = []
    for name, entry in EXPORTERS.entries().items():
        if entry.is_own or name in OWN:
            continue
        try:
            found.append((name, EXPORTERS.load(name)))
        except PluginNotUsable:
            continue  # the list of plugins says why
    return found

"""How models of other programs are told from ours, without reading them: cheap enough for every start."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

DESCRIPTION_FILES = ("rdf.yaml", "bioimageio.yaml")
"""Names under which a description of bioimage.io lies in its folder."""

RECORDED = ("onnx", "torchscript")
"""Kinds of architecture that are recorded graphs."""


def description_file(folder: Path) -> Path | None:
    """Return the description of bioimage.io in a folder, or None where there is none."""
    return next((folder / name for name in DESCRIPTION_FILES if (folder / name).is_file()), None)


def is_plain_name(name: str) -> bool:
    """Whether a path that a stranger wrote stays inside the folder it is written for."""
    path = PurePosixPath(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts and not set(name) & set("\\:\0")

"""Who allowed which TorchScript file: a list of hashes in the person's settings folder, asked before any is loaded."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from cellwright.core import OutputNotWritable
from cellwright.core.atomic import replacing
from cellwright.settings import settings_path
from cellwright.zoo import ModelCard

FILE = "trusted-models.json"

WHY = (
    "A TorchScript file is an archive of code and pickled values: loading it runs what is inside, with all your "
    "rights, and nobody can see from outside whether that is a network alone. Allow it only if you know who made it. "
    "An ONNX file of the same network needs no such trust."
)
"""What a person is told before they agree."""


def trusted_file() -> Path | None:
    """Return where the list is kept; None where this program keeps no settings, so that nothing is trusted."""
    settings = settings_path()
    return None if settings is None else settings.parent / FILE


def is_trusted(sha256: str) -> bool:
    """Whether a person allowed the file with this hash."""
    return sha256 in _read()


def trust(sha256: str, name: str) -> None:
    """Write down that a person allowed a file.

    Parameters
    ----------
    sha256 : str
        Of the file: another one under the same name is not allowed by it.
    name : str
        What it was called, for whoever reads the list.

    Raises
    ------
    OutputNotWritable
        If the list cannot be kept.
    """
    path = trusted_file()
    if path is None:
        raise OutputNotWritable("There is no settings folder to keep the list of trusted models in.")
    listed = _read() | {sha256: f"{name}, {datetime.now(UTC):%Y-%m-%d}"}
    with replacing(path) as part:
        part.write_text(json.dumps(listed, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def refusal(folder: Path, card: ModelCard) -> str:
    """Return why a model may not be loaded, and how to allow it; empty where it may."""
    if is_trusted(card.weights.sha256):
        return ""
    return (
        f"{card.name} is a TorchScript file, which holds code that runs when it is loaded; nobody has allowed it. "
        f"If you know who made it: cellwright-onnx trust {folder}"
    )


def _read() -> dict[str, str]:
    path = trusted_file()
    if path is None:
        return {}
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # a damaged list allows nothing
    return {str(key): str(value) for key, value in listed.items()} if isinstance(listed, dict) else {}

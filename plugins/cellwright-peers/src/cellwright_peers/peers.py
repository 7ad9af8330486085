"""Which programs can be asked, what a model asks of one, and where a person has installed it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from cellwright.core import BadParameter, ModelNotUsable
from cellwright.core.atomic import replacing
from cellwright.settings import settings_path

ASKED_FILE = "peer.json"


class Peer(str, Enum):
    """A program that outlines cells."""

    CELLPOSE = "cellpose"
    """Cellpose 3 or 4 (BSD-3-Clause)."""
    STARDIST = "stardist"
    """StarDist, with TensorFlow (BSD-3-Clause)."""
    INSTANSEG = "instanseg"
    """InstanSeg (Apache-2.0)."""


@dataclass(frozen=True, slots=True)
class About:
    """What a person should know of a program.

    Parameters
    ----------
    title : str
        Its name.
    install : str
        What pip is asked for in its own environment.
    cite : str
        The paper.
    """

    title: str
    install: str
    cite: str


ABOUT: dict[Peer, About] = {
    Peer.CELLPOSE: About(
        "Cellpose", "cellpose", "Stringer et al., Cellpose: a generalist algorithm, Nature Methods 18, 100 (2021)."
    ),
    Peer.STARDIST: About(
        "StarDist",
        "stardist tensorflow",
        "Schmidt et al., Cell detection with star-convex polygons, MICCAI (2018).",
    ),
    Peer.INSTANSEG: About(
        "InstanSeg",
        "instanseg-torch",
        "Goldsborough et al., InstanSeg: an embedding-based instance segmentation algorithm, arXiv:2408.15954 (2024).",
    ),
}


class Asked(BaseModel):
    """What a model asks of a program: the file ``peer.json`` of a model folder.

    Parameters
    ----------
    peer : Peer
        Which program.
    model : str
        Name of one of its models, or the path of one of your own.
    options : dict
        Further words for it, as its own documentation has them (``{"prob_thresh": 0.6}``).
    um_per_px : float or None
        Pixel size that it is told; None where it is told none.
    start_seconds, tile_seconds : float
        How long it may take to start, and for one tile; after that it is ended.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    peer: Peer
    model: str = Field(min_length=1)
    options: dict[str, JsonValue] = Field(default={})
    um_per_px: float | None = Field(default=None, gt=0)
    start_seconds: float = Field(default=300.0, gt=0, le=3600)
    tile_seconds: float = Field(default=600.0, gt=0, le=3600)


class Installed(BaseModel):
    """Where programs are installed: the file ``peers.json`` beside the settings of Cellwright."""

    model_config = ConfigDict(extra="forbid")

    python: dict[Peer, str] = Field(default={})


def read_asked(path: Path) -> Asked:
    """Read what a model asks.

    Raises
    ------
    ModelNotUsable
        If the file is missing or a word of it is wrong; the message names the word.
    """
    try:
        return Asked.model_validate_json(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ModelNotUsable(f"{path} cannot be read: {error}. Copy the model folder again.") from error
    except ValidationError as error:
        raise ModelNotUsable(f"{path} is wrong: {_first_mistake(error)}") from error


def variable_of(peer: Peer) -> str:
    """Return the environment variable that names a program's Python, before the file does."""
    return f"CELLWRIGHT_PEER_{peer.name}"


def python_of(peer: Peer) -> Path | None:
    """Return the Python in whose environment a person installed a program; None where nobody said.

    Raises
    ------
    BadParameter
        If what was said makes no sense.
    """
    said = os.environ.get(variable_of(peer)) or _read().python.get(peer)
    return None if not said else Path(said).expanduser()


def use(peer: Peer, python: Path | None) -> None:
    """Remember where a program is installed, or forget it.

    Raises
    ------
    BadParameter
        If there is no such file.
    OutputNotWritable
        If it cannot be remembered.
    """
    installed = _read()
    if python is None:
        installed.python.pop(peer, None)
    else:
        # Not resolved: the Python of a virtual environment is a link that must be called by its own name.
        where = python.expanduser().absolute()
        if not where.is_file():
            raise BadParameter(f"{where} is not there; give the python of the environment {peer.value} is in.")
        installed.python[peer] = str(where)
    path = peers_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part:
        part.write_text(installed.model_dump_json(indent=2) + "\n", encoding="utf-8")


def peers_path() -> Path:
    """Return the file that remembers where programs are installed."""
    beside = settings_path()
    folder = Path(platformdirs.user_config_dir("cellwright", appauthor=False)) if beside is None else beside.parent
    return folder / "peers.json"


def how_to_install(peer: Peer) -> str:
    """Return in sentences what to do where a program is missing."""
    about, folder = ABOUT[peer], f"~/{peer.value}"
    return (
        f"{about.title} runs in an environment of its own, and nobody said where that is. Install it with "
        f"`python -m venv {folder}` and `{folder}/bin/pip install {about.install}`, then say "
        f"`cellwright-peers use {peer.value} {folder}/bin/python`."
    )


def _read() -> Installed:
    path = peers_path()
    try:
        return Installed.model_validate_json(path.read_text("utf-8"))
    except FileNotFoundError:
        return Installed()
    except (OSError, UnicodeDecodeError) as error:
        raise BadParameter(f"{path} cannot be read: {error}. Mend or delete it.") from error
    except ValidationError as error:
        raise BadParameter(f"{path} is wrong: {_first_mistake(error)} Mend or delete it.") from error


def _first_mistake(error: ValidationError) -> str:
    first: Any = error.errors(include_url=False)[0]
    place = ".".join(str(step) for step in first["loc"]) or "the file"
    return f"{place}: {first['msg']}."

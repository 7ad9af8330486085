"""Where the files lie that come with Cellwright: beside the source in a checkout, inside the package in a wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from cellwright.core import UnknownName

_PACKAGE = Path(__file__).resolve().parent
_ROOMS = ("models", "resources")


def bundled(*parts: str) -> Path:
    """Return the path of something that came with Cellwright.

    Parameters
    ----------
    *parts : str
        Path below the bundle, its first part ``"models"`` or ``"resources"``; segments may be joined by ``/``:
        ``bundled("resources", "samples", "smear.png")`` and ``bundled("resources/samples/smear.png")`` are the same.

    Returns
    -------
    Path
        Absolute. Whether something lies there is for the caller to ask.

    Raises
    ------
    UnknownName
        If the first part names neither room of the bundle, or a part leads out of it.
    """
    segments = [segment for part in parts for segment in part.split("/") if segment]
    if not segments or segments[0] not in _ROOMS or ".." in segments:
        raise UnknownName(f"Nothing bundled is called {'/'.join(parts)!r}. Begin with one of: {', '.join(_ROOMS)}.")
    return _root().joinpath(*segments)


@cache
def _root() -> Path:
    # A wheel carries the bundle inside the package. Only a checkout has none there: app/cellwright/ stands two levels
    # below the folder that holds models/ and resources/.
    inside = _PACKAGE / "_bundled"
    return inside if inside.is_dir() else _PACKAGE.parents[1]

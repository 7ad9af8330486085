"""`Session`: a recorded network that has been loaded, whatever library runs it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cellwright.core import ModelNotUsable
from cellwright.zoo import is_plain_name


class Session(Protocol):
    """Arrays in, arrays out."""

    @property
    def name(self) -> str:
        """Library and version, for people."""
        ...

    @property
    def device(self) -> str:
        """``"cpu"`` or ``"cuda:0"``."""
        ...

    @property
    def input_type(self) -> np.dtype[Any]:
        """Type of the numbers that the network takes."""
        ...

    @property
    def input_shape(self) -> tuple[int | None, ...] | None:
        """Length of each axis of the input, None where it is free; None where nothing is known."""
        ...

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the answers; empty where they have none."""
        ...

    def run(self, tensor: NDArray[Any]) -> Sequence[NDArray[Any]]:
        """Return every answer to one tensor.

        Raises
        ------
        ModelNotUsable
            If the network does not take it, or fails.
        MemoryError
            If memory runs short.
        """
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


def read_hashed(folder: Path, name: str, sha256: str) -> bytes:
    """Read a file of a model folder; the bytes that were hashed are the bytes that are used.

    Raises
    ------
    ModelNotUsable
        If the name or a link leads out of the folder, the file is missing, or it is another one.
    """
    path = folder / name
    if not is_plain_name(name) or not path.resolve().is_relative_to(folder.resolve()):
        raise ModelNotUsable(f"{name!r} does not lie inside the model folder {folder}, and nothing outside is read.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelNotUsable(f"{path} cannot be read: {error}. Copy the model folder again.") from error
    if hashlib.sha256(data).hexdigest() != sha256.lower():
        raise ModelNotUsable(f"{path} is not the file of the card (sha256 differs); copy the model folder again.")
    return data

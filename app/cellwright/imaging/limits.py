"""How large a picture may be that can only be decoded whole; larger ones are refused before memory is spent."""

from __future__ import annotations

import os
from pathlib import Path

from cellwright.imaging.failure import not_readable

DEFAULT_MAX_BYTES = 2 * 2**30
MAX_BYTES_VARIABLE = "CELLWRIGHT_MAX_DECODED_GB"


def max_decoded_bytes() -> int:
    """Return the most bytes one decoded piece may have: 2 GiB, or as many GiB as the environment variable says."""
    try:
        return max(1, int(float(os.environ[MAX_BYTES_VARIABLE]) * 2**30))
    except (KeyError, ValueError, OverflowError):
        return DEFAULT_MAX_BYTES


def check_decoded_size(path: Path, rows: int, columns: int, bytes_per_pixel: int, what: str = "the picture") -> None:
    """Refuse a piece that would take too much memory.

    Parameters
    ----------
    path : Path
        The file, for the message.
    rows, columns : int
        Size of the piece in pixels.
    bytes_per_pixel : int
        Bytes of one decoded pixel, all channels.
    what : str
        What the piece is.

    Raises
    ------
    SlideNotReadable
        If it has no pixels, or more bytes than `max_decoded_bytes`.
    """
    if rows <= 0 or columns <= 0:
        raise not_readable(path, f"{what} has {rows}×{columns} pixels", "There is nothing in it to show.")
    needed, allowed = rows * columns * bytes_per_pixel, max_decoded_bytes()
    if needed > allowed:
        raise not_readable(
            path,
            f"{what} has {columns:,}×{rows:,} pixels and would take {needed / 2**30:.1f} GiB of memory when decoded, "
            f"above the limit of {allowed / 2**30:.3g} GiB",
            f"Save it as a tiled TIFF, which is read piece by piece, or raise the limit by setting "
            f"{MAX_BYTES_VARIABLE}.",
        )

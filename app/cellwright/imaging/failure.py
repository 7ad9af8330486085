"""Turning what goes wrong inside a decoder into one sentence: which file, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cellwright.core import BadParameter, SlideNotReadable
from cellwright.imaging.remote import address_of

DAMAGED = "The file seems incomplete or damaged; copy or export it again from where it came from."


def not_readable(path: Path, reason: str, advice: str) -> SlideNotReadable:
    """Build the error for a picture that cannot be read.

    Parameters
    ----------
    path : Path
        The file.
    reason : str
        What is wrong, without a full stop: ``"it is empty"``.
    advice : str
        What the person can do, as a whole sentence.
    """
    return SlideNotReadable(f"{address_of(path) or path}: {reason}. {advice}")


@contextmanager
def explained(path: Path, doing: str) -> Iterator[None]:
    """Turn every exception of the block into `SlideNotReadable`, except our own errors.

    Parameters
    ----------
    path : Path
        The file being read.
    doing : str
        What is being attempted: ``"the tile at y=0, x=512 cannot be decoded"``.
    """
    try:
        yield
    except (SlideNotReadable, BadParameter):
        raise
    except MemoryError as error:
        raise not_readable(path, f"{doing}: memory is full", "Close other pictures or programs.") from error
    except FileNotFoundError as error:
        raise not_readable(path, "there is no such file any more", "Was it moved, or its drive unplugged?") from error
    except Exception as error:  # decoders meet a damaged file with any type of exception they happen to run into
        raise not_readable(path, f"{doing} ({_in_short(error)})", DAMAGED) from error


def _in_short(error: BaseException) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= 160 else words[:157] + "…"

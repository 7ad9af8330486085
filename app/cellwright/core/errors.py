"""The one family of errors that a person may read: what went wrong, where, and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CellwrightError(Exception):
    """Something a person can act on; its text is shown as it stands, without a traceback."""


class SlideNotReadable(CellwrightError, OSError):
    """A picture could not be opened or a part of it could not be decoded."""


class ModelNotUsable(CellwrightError, ValueError):
    """A model folder is incomplete, damaged or does not fit what was asked of it."""


class DatasetNotReadable(CellwrightError, ValueError):
    """A labelled set is missing, empty or not in the format it claims."""


class BadParameter(CellwrightError, ValueError):
    """A value given by a person or a file is outside what can work."""


class OutputExists(CellwrightError, FileExistsError):
    """Writing would replace a file and nobody agreed to that."""


class OutputNotWritable(CellwrightError, OSError):
    """A result could not be written; nothing that stood there before was changed."""


class PluginNotUsable(CellwrightError, ImportError):
    """A registered reader, model or panel cannot be imported; the rest of the program goes on without it."""


class TrainingStopped(CellwrightError, RuntimeError):
    """Training cannot go on, for example because the loss is no longer a number."""


class ProjectNotReadable(CellwrightError, OSError):
    """A project folder is missing, incomplete, damaged or made by a newer version; nothing in it was changed."""


class ProjectNotWritable(CellwrightError, OSError):
    """An edit could not be put on disk; the project is as it was before it."""


class EditRefused(CellwrightError, ValueError):
    """An edit does not fit the project as it now is, for example because another window changed the same object."""


class UnknownName(CellwrightError, KeyError):
    """A name that nothing is registered under."""

    def __str__(self) -> str:
        # KeyError would show the repr of the message, quotes and all.
        return str(self.args[0]) if self.args else ""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UnknownName:
    """Build the error for a name nobody knows, with the nearest known one.

    Parameters
    ----------
    kind : str
        What was looked for, in the singular: ``"model"``.
    name : str
        What was asked for.
    known : iterable of str
        What there is.

    Returns
    -------
    UnknownName
        To be raised by the caller.
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"There is: {', '.join(names) or 'none'}."
    return UnknownName(f"No {kind} is called {name!r}. {hint}")

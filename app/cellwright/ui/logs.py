"""Where the program writes what happened, and what becomes of errors that nobody expected."""

from __future__ import annotations

import logging
import logging.handlers
import os
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from cellwright.settings import FOLDER_VARIABLE

_log = logging.getLogger("cellwright")
_BYTES, _FILES = 1_000_000, 3


def log_folder() -> Path | None:
    """Return the folder of the log; None in a test run that has no folder of its own."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder:
        return Path(folder) / "logs"
    if "pytest" in sys.modules:
        return None
    import platformdirs

    return Path(platformdirs.user_log_dir("cellwright", appauthor=False))


def start_log() -> logging.Handler | None:
    """Begin to write the log; a folder that cannot be written to is no reason not to start."""
    folder = log_folder()
    if folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            folder / "cellwright.log", maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8"
        )
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"))
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    return handler


def stop_log(handler: logging.Handler | None) -> None:
    """Close the log."""
    if handler is not None:
        _log.removeHandler(handler)
        handler.close()


def watch_errors(tell: Callable[[str, str], None]) -> Callable[[], None]:
    """Log every error that nobody caught, and tell a person.

    Parameters
    ----------
    tell : callable
        Given one sentence and the traceback; may be called on any thread.

    Returns
    -------
    callable
        Puts the former hooks back.
    """
    before, before_thread = sys.excepthook, threading.excepthook

    def on_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            before(kind, error, trace)
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        _log.error("Nobody expected this\n%s", text)
        tell(f"Something in the program went wrong ({kind.__name__}). Your pictures and files are untouched.", text)

    def on_thread_error(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            on_error(args.exc_type, args.exc_value, args.exc_traceback)

    def undo() -> None:
        sys.excepthook, threading.excepthook = before, before_thread

    sys.excepthook, threading.excepthook = on_error, on_thread_error
    return undo

"""Starting and ending the window."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication

from cellwright import __version__
from cellwright.core import CellwrightError
from cellwright.ui.logs import start_log, stop_log, watch_errors
from cellwright.ui.looks.icons import app_icon
from cellwright.ui.main_window import MainWindow
from cellwright.ui.tidying import Tidying

QUIT_AFTER_VARIABLE = "CELLWRIGHT_QUIT_AFTER_MS"
"""Environment variable: close the window after so many milliseconds, for tests."""

SWITCH_S = 0.0005
"""How often threads hand over the interpreter, ten times as often as by default: a window that waits for a busy worker
feels stuck, and the worker's small operators come through faster too."""

_LOADED_MS = 15_000
"""By then the libraries that models run on are usually loaded."""

_NEEDS_DISPLAY = ("linux", "freebsd")


def main(paths: Sequence[str | Path] = (), *, analyze: bool = False) -> int:
    """Open the window and return when it is closed.

    Parameters
    ----------
    paths : sequence of str or Path
        Pictures and folders to open.
    analyze : bool
        Analyze them whatever the person's settings say.

    Returns
    -------
    int
        Exit code for the process.

    Raises
    ------
    CellwrightError
        If there is no display.
    """
    check_display()
    sys.setswitchinterval(SWITCH_S)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    app.setApplicationName("Cellwright")
    app.setApplicationVersion(__version__)
    if isinstance(app, QApplication):
        app.setWindowIcon(app_icon())
    log = start_log()
    tidying = Tidying()
    window = MainWindow()
    forget_errors = watch_errors(window.tell_error)
    try:
        window.show()
        if analyze:
            window.controller.analyze_on_open = True
        # what is heavy is loaded while the window can already be seen
        window.painted.connect(lambda: _begin(window, [Path(path) for path in paths]))
        quit_after = os.environ.get(QUIT_AFTER_VARIABLE, "")
        if quit_after.isdigit():
            QTimer.singleShot(int(quit_after), window.close)
        code = app.exec()
    finally:
        forget_errors()
        dispose(window)
        tidying.end()
        stop_log(log)
    _leave_if_busy(code)
    return code


def _begin(window: MainWindow, paths: Sequence[Path]) -> None:
    window.centre.canvas_made.connect(lambda _canvas: keep_still())
    QTimer.singleShot(_LOADED_MS, window, keep_still)
    window.start(paths)
    window.warm_up()


def keep_still() -> None:
    """Leave what is loaded by now out of every later look for garbage.

    Libraries bring a million objects that stay to the end; going through them takes a quarter of a second, and the
    viewer asks for it whenever another picture is shown.
    """
    gc.freeze()


def _leave_if_busy(code: int) -> None:
    """End the process at once where a thread still loads a model: native code that outlives the interpreter aborts.

    Nothing is lost: the window is closed, settings are saved, and files are written whole or not at all.
    """
    if any(thread.daemon and thread.is_alive() for thread in threading.enumerate()):
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # a program started without a console has none
                stream.flush()
        os._exit(code)


def dispose(window: MainWindow) -> None:
    """Close a window and let go of every widget of it now, not some time later."""
    window.close()
    window.controller.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def check_display() -> None:
    """Raise where no window can be shown.

    Raises
    ------
    CellwrightError
        On Linux without X11 or Wayland, unless Qt was told to draw elsewhere.
    """
    if not sys.platform.startswith(_NEEDS_DISPLAY):
        return
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if not any(os.environ.get(name) for name in names):
        raise CellwrightError(
            "There is no display here, so no window can be opened. "
            "Use 'cellwright analyze' on the command line, or log in with a desktop (or ssh -X)."
        )

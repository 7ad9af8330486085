"""Run as a program: print as JSON what Qt and OpenGL are here. Its own process, since a missing library can end it."""

from __future__ import annotations

import json
import sys

from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext


def probe() -> dict[str, str]:
    """Return Qt's version, the platform it chose, and the OpenGL it gets there (empty where it gets none)."""
    from PySide6.QtCore import qVersion

    # Named, so that it lives as long as the surface.
    _application = QGuiApplication.instance() or QGuiApplication(sys.argv[:1])
    surface, context = QOffscreenSurface(), QOpenGLContext()
    surface.create()
    opened = context.create() and context.makeCurrent(surface)
    gl = ""
    if opened:
        functions = context.functions()
        gl = f"{functions.glGetString(0x1F02)} on {functions.glGetString(0x1F01)}"  # GL_VERSION, GL_RENDERER
        context.doneCurrent()
    return {"Qt": qVersion(), "Qt platform": QGuiApplication.platformName(), "OpenGL": gl}


if __name__ == "__main__":
    print(json.dumps(probe()))  # noqa: T201 - what `cellwright doctor` reads

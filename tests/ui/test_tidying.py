"""Garbage is looked for by the window's thread, as often as the interpreter would, and by no other thread."""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from cellwright.ui.tidying import Tidying

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


class Knot(QObject):
    """Refers to itself, so that only a look for garbage lets go of it."""

    def __init__(self, ended_on: list[str]) -> None:
        super().__init__()
        self.itself = self
        self.ended_on = ended_on

    def __del__(self) -> None:
        self.ended_on.append(threading.current_thread().name)


def test_what_is_left_over_goes_on_the_windows_thread_whoever_makes_garbage(qtbot: QtBot) -> None:
    ended_on: list[str] = []
    was_enabled = gc.isenabled()
    tidying = Tidying()
    try:
        assert not gc.isenabled()
        Knot(ended_on)
        worker = threading.Thread(target=lambda: [[] for _ in range(200_000)] and None, name="worker")
        worker.start()
        worker.join()
        assert ended_on == []
        made = [[number] for number in range(2 * gc.get_threshold()[0])]
        qtbot.waitUntil(lambda: len(ended_on) == 1, timeout=10_000)
        assert made
    finally:
        tidying.end()
        assert gc.isenabled()
        if not was_enabled:
            gc.disable()
    assert ended_on == ["MainThread"]

from __future__ import annotations

import subprocess
import sys

_MANY_CALLS = """
import cellwright.ui
from PySide6.QtCore import QObject
made = QObject()
for _ in range(100_000):
    made.setObjectName("a")
    made.blockSignals(False)
cellwright.ui.lasting.keep_for_good()
"""


def test_any_number_of_calls_into_qt_leaves_python_alive() -> None:
    done = subprocess.run([sys.executable, "-c", _MANY_CALLS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

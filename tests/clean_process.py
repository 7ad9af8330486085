"""A process that holds nothing of the tests before it, for what forks.

A test process holds native engines whose threads a forked child does not have: where such an engine is let go of in the
child, it waits for them for ever.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parents[1]
_SECONDS = 1080
"""Less than a test may take, so that nothing is left behind where it takes too long."""

_CALL = """
import importlib, sys
module, name, *words = sys.argv[1:]
getattr(importlib.import_module(module), name)(*words)
"""


def run_in_clean_process(function: Callable[..., None], *arguments: object) -> None:
    """Call a function of a test module in a new process.

    Parameters
    ----------
    function : callable
        Stands at the top of its module; what it claims, it asserts.
    *arguments : object
        Handed over as text.

    Raises
    ------
    AssertionError
        If the function raises, with what it printed.
    """
    # Into a file: a pipe would be waited for while a process that was left behind still holds its other end.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        ran = subprocess.run(
            [sys.executable, "-c", _CALL, function.__module__, function.__qualname__, *map(str, arguments)],
            cwd=_REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            timeout=_SECONDS,
            check=False,
        )
        said.seek(0)
        assert ran.returncode == 0, said.read()

"""Keeps None, True and False alive against a library that gives back references to them which it never took.

PySide6 6.12 is built for Python 3.12 on, where these three are immortal and are not counted. On Python 3.11 each call
into Qt that returns nothing takes one reference from None, and after some ten thousand calls, a minute of scrolling,
Python ends the process: "Fatal Python error: none_dealloc".

PySide6 6.11.3 takes none (five references in 60,000 calls on Python 3.11), so that one may be installed instead. It is
not asked for: what is tested here is one version of Qt for every Python, and with this nothing is lost.
"""

from __future__ import annotations

import ctypes
import sys

_FIRST_IMMORTAL = (3, 12)
_MANY = 1 << 40
"""More references than calls into Qt in a year of use, and far from where the counter ends."""


def keep_for_good() -> None:
    """Give None, True and False so many references that nobody's mistake can use them up; harmless when repeated."""
    # The counter stands first in every object, unless Python was built to trace references.
    if sys.version_info < _FIRST_IMMORTAL and object.__basicsize__ == 2 * ctypes.sizeof(ctypes.c_ssize_t):
        for each in (None, True, False):
            counter = ctypes.c_ssize_t.from_address(id(each))
            if counter.value < _MANY // 2:
                counter.value += _MANY

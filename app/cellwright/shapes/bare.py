"""Compiled loops with and without reference counts, for what is called often. Importing this loads numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

_Loop = TypeVar("_Loop", bound=Callable[..., Any])


def bare(**options: Any) -> Callable[[_Loop], _Loop]:
    """Return a decorator that compiles a loop which makes no arrays of its own.

    numba counts the references to every array that a compiled function is handed or takes a slice of, with atomic
    additions that all threads wait for. Where a call takes a microsecond that is half of it. A function that neither
    makes nor keeps arrays needs no counts: its caller holds what it works on. One that does make an array fails to
    compile; and since what is compiled on behalf of a bare loop inherits this, whatever a bare loop calls says which of
    both it is, `bare` or `counted`.

    Parameters
    ----------
    **options
        Of `numba.njit`, beyond those set here.
    """
    return _compiled(counts=False, **options)


def counted(**options: Any) -> Callable[[_Loop], _Loop]:
    """Return a decorator that compiles a loop which makes arrays and is called by bare ones; see `bare`."""
    return _compiled(counts=True, **options)


def _compiled(*, counts: bool, **options: Any) -> Callable[[_Loop], _Loop]:
    compile_loop: Callable[..., Any] = njit  # the option is documented for functions like these, but not typed
    compiled: Callable[[_Loop], _Loop] = compile_loop(
        cache=True, nogil=True, error_model="numpy", _nrt=counts, **options
    )
    return compiled

"""A `QtBot` that gives a slow machine the time it needs: a wait ends with the state it is for, never with a clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pytestqt.qtbot import QtBot

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

PATIENCE_MS = 180_000
"""Less than a test may take, so that a state that never comes is reported by the line that waits for it."""


class PatientBot(QtBot):
    """Waits for states and signals for minutes, whatever shorter time it is told; `wait` waits as long as it says."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = PATIENCE_MS) -> None:
        """Wait until a callback answers True or stops asserting."""
        __tracebackhide__ = True
        super().waitUntil(callback, timeout=max(timeout, PATIENCE_MS))

    def waitSignal(self, signal: Any, *, timeout: int = PATIENCE_MS, raising: bool | None = None, **said: Any) -> Any:
        """Wait for a signal; one that is not to come is waited for no longer than it says."""
        patience = timeout if raising is False else max(timeout, PATIENCE_MS)
        return super().waitSignal(signal, timeout=patience, raising=raising, **said)

    def waitExposed(self, widget: QWidget, *, timeout: int = PATIENCE_MS) -> Any:
        """Wait until a window is drawn; stands around the line that shows it."""
        return super().waitExposed(widget, timeout=max(timeout, PATIENCE_MS))

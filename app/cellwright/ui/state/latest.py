"""`Latest`: one thread that works out answers, of which only that to the newest question counts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Latest(Generic[T]):
    """Answers questions away from the window's thread.

    A question that was not begun when the next one came is never begun; an answer that comes after a newer question is
    dropped. The thread begins with the first question and ends with `close`.

    Parameters
    ----------
    answered : callable
        Called on the thread when there is an answer, and never after `close`; `take` returns it.
    name : str
        Of the thread.
    """

    def __init__(self, answered: Callable[[], None], name: str) -> None:
        self._answered, self._name = answered, name
        self._changed = threading.Condition()
        self._question: Callable[[], T] | None = None
        self._answer: T | None = None
        self._generation = 0
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def ask(self, question: Callable[[], T]) -> None:
        """Work this out in place of whatever was asked before."""
        with self._changed:
            self._generation += 1
            self._question, self._answer = question, None
            if self._thread is None and not self._is_closed:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def drop(self) -> None:
        """Want no answer to what was asked."""
        with self._changed:
            self._generation += 1
            self._question = self._answer = None

    def take(self) -> T | None:
        """Return the answer to the newest question, once; None while there is none."""
        with self._changed:
            answer, self._answer = self._answer, None
            return answer

    def close(self, wait_s: float = 0.0) -> None:
        """Answer nothing more; where asked to, wait for the thread."""
        with self._changed:
            self._is_closed = True
            self._question = self._answer = None
            self._changed.notify_all()
            thread = self._thread
        if thread is not None and wait_s:
            thread.join(wait_s)

    def _work(self) -> None:
        while (task := self._next()) is not None:
            question, generation = task
            try:
                answer = question()
            except Exception:  # noqa: BLE001 - what is asked is drawing alone; the thread must go on
                _log.exception("%s failed", self._name)
                continue
            with self._changed:
                if self._is_closed:
                    return
                if generation != self._generation:
                    continue
                self._answer = answer
                self._answered()  # within, so that nothing is said any more once it is closed

    def _next(self) -> tuple[Callable[[], T], int] | None:
        with self._changed:
            while not self._is_closed:
                if self._question is not None:
                    question, self._question = self._question, None
                    return question, self._generation
                self._changed.wait()
        return None

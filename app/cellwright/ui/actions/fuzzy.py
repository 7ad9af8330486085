"""How well a few typed letters fit a name, as the command palette ranks it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")

_WORD_START, _IN_A_ROW, _PLAIN, _GAP = 8.0, 9.0, 1.0, 0.05


def fuzzy_score(query: str, name: str) -> float | None:
    """Score how well the letters of `query` appear, in order, in `name`.

    Parameters
    ----------
    query : str
        What was typed; case and blanks do not count.
    name : str
        What it may mean.

    Returns
    -------
    float or None
        Higher is better; letters at the start of words and letters in a row count more, and so do short names.
        None if a letter is missing.
    """
    letters = [c for c in query.lower() if not c.isspace()]
    text = name.lower()
    best: dict[int, float] = {-1: 0.0}
    for letter in letters:
        best = _extend(best, letter, text)
        if not best:
            return None
    return max(best.values()) - _GAP * len(text) if letters else 0.0


def rank(query: str, items: Iterable[T], name: Callable[[T], str]) -> list[T]:
    """Return the items that fit, best first; all of them, in their order, for an empty query."""
    scored = [(score, item) for item in items if (score := fuzzy_score(query, name(item))) is not None]
    return [item for _, item in sorted(scored, key=lambda pair: -pair[0])]


def _extend(best: dict[int, float], letter: str, text: str) -> dict[int, float]:
    """Return the best score for every place where the next letter can stand, given those of the letter before."""
    reached: dict[int, float] = {}
    for at, here in enumerate(text):
        if here != letter:
            continue
        gain = _WORD_START if at == 0 or not text[at - 1].isalnum() else _PLAIN
        before = [
            score + (_IN_A_ROW if place == at - 1 and place >= 0 else 0.0)
            for place, score in best.items()
            if place < at
        ]
        if before:
            reached[at] = max(before) + gain
    return reached

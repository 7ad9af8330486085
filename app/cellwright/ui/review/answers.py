"""What an answer in gallery or queue does to the project: one step, written down with how each cell was drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation import (
    ClassRecord,
    Draw,
    Drawn,
    RecordChange,
    Status,
    Verdict,
    judged,
    sorted_into,
    window_judged,
)
from cellwright.core import Box
from cellwright.project import JournalEntry
from cellwright.ui.looks.wording import plural
from cellwright.ui.review.bins import REJECTED, SPECIAL
from cellwright.ui.review.project_side import Link, Window


def judge(link: Link, ids: Sequence[bytes], status: Status, draws: Mapping[UUID, Draw] | None = None) -> str:
    """Accept or reject cells; return what was done, in words.

    Raises
    ------
    CellwrightError
        If it could not be put on disk; nothing changed.
    """
    objects = link.objects(ids)
    if not objects:
        return ""
    link.apply(judged(objects, link.project.reviewer(link.author), status, draws))
    return _judged_words(len(objects), status)


def put(link: Link, ids: Sequence[bytes], name: str, draws: Mapping[UUID, Draw] | None = None) -> str:
    """Put cells into a bin: a class, one of the special ones, or that of what is rejected; return what was done.

    Raises
    ------
    CellwrightError
        If it could not be put on disk; nothing changed.
    """
    if name == REJECTED:
        return judge(link, ids, Status.REJECTED, draws)
    objects, chosen = link.objects(ids), class_of_bin(link, name)
    if not objects or chosen is None:
        return ""
    is_known = chosen in link.classes
    link.apply(sorted_into(objects, link.project.reviewer(link.author), chosen.id if is_known else chosen, draws))
    return _put_words(len(objects), chosen)


def judge_many(window: Window, ids: NDArray[np.void], status: Status, drawn: Drawn, say: Callable[[str], None]) -> None:
    """Accept or reject very many cells beside the window; `say` is told what was done, in words.

    Raises
    ------
    CellwrightError
        If the project cannot be changed now.
    """
    verdict = Verdict(status=status, drawn=drawn)
    window.answer_many(ids, verdict, _tells(say, lambda many: _judged_words(many, status)))


def put_many(
    window: Window, link: Link, ids: NDArray[np.void], name: str, drawn: Drawn, say: Callable[[str], None]
) -> None:
    """Put very many cells into a bin beside the window; `say` is told what was done, in words.

    Raises
    ------
    CellwrightError
        If the project cannot be changed now.
    """
    chosen = class_of_bin(link, name)
    if name == REJECTED:
        judge_many(window, ids, Status.REJECTED, drawn, say)
    elif chosen is not None:
        records = () if chosen in link.classes else (RecordChange(None, chosen),)
        verdict = Verdict(class_id=chosen.id, drawn=drawn, records=records)
        window.answer_many(ids, verdict, _tells(say, lambda many: _put_words(many, chosen)))


def judge_window(link: Link, picture_id: int, window: Box, draw: Draw, *, is_complete: bool) -> str:
    """Say whether everything in a window has been found; return what was done.

    Raises
    ------
    CellwrightError
        If it could not be put on disk; nothing changed.
    """
    reviewer = link.project.reviewer(link.author)
    link.apply(window_judged(picture_id, window, reviewer, is_complete=is_complete, draw=draw))
    return "Nothing was missed there" if is_complete else "Cells were missed there: draw them with the tools"


def class_of_bin(link: Link, name: str) -> ClassRecord | None:
    """Return the class that a bin stands for, new where a special bin was never used; None for any other name."""
    found = next((each for each in link.classes if each.name == name), None)
    return found if found is not None or name not in SPECIAL else _new_special(link, name)


def _tells(say: Callable[[str], None], words: Callable[[int], str]) -> Callable[[JournalEntry | None], None]:
    return lambda entry: say("Nothing to change there" if entry is None else words(entry.objects))


def _judged_words(many: int, status: Status) -> str:
    return f"{plural(many, 'cell')} {status.value}"


def _put_words(many: int, kind: ClassRecord) -> str:
    return f"{plural(many, 'cell')} now {kind.title}"


def _new_special(link: Link, name: str) -> ClassRecord:
    title, colour = SPECIAL[name]
    free = next((key for key in "0987654321" if all(each.key != key for each in link.classes)), "")
    return ClassRecord(link.project.next_id(ClassRecord), name, title, colour, free)

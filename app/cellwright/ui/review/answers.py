"""What an answer in gallery or queue does to the project: one step, written down with how each cell was drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from cellwright.annotation import (
    ClassRecord,
    Draw,
    Status,
    judged,
    sorted_into,
    window_judged,
)
from cellwright.core import Box
from cellwright.ui.looks.wording import plural
from cellwright.ui.review.bins import REJECTED, SPECIAL
from cellwright.ui.review.project_side import Link


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
    return f"{plural(len(objects), 'cell')} {status.value}"


def put(link: Link, ids: Sequence[bytes], name: str, draws: Mapping[UUID, Draw] | None = None) -> str:
    """Put cells into a bin: a class, one of the special ones, or that of what is rejected; return what was done.

    Raises
    ------
    CellwrightError
        If it could not be put on disk; nothing changed.
    """
    if name == REJECTED:
        return judge(link, ids, Status.REJECTED, draws)
    objects = link.objects(ids)
    kind = next((each for each in link.classes if each.name == name), None)
    if not objects or (kind is None and name not in SPECIAL):
        return ""
    chosen = _new_special(link, name) if kind is None else kind
    step = sorted_into(objects, link.project.reviewer(link.author), chosen if kind is None else chosen.id, draws)
    link.apply(step)
    return f"{plural(len(objects), 'cell')} now {chosen.title}"


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


def _new_special(link: Link, name: str) -> ClassRecord:
    title, colour = SPECIAL[name]
    free = next((key for key in "0987654321" if all(each.key != key for each in link.classes)), "")
    return ClassRecord(link.project.next_id(ClassRecord), name, title, colour, free)

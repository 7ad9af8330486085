"""`Queue`: things to be looked at one after the other, each with how it came there. Knows no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from cellwright.annotation import AuditItemRecord, ClassRecord, Draw, Drawn, ReviewRecord
from cellwright.project import ReviewProgress
from cellwright.ui.review.bins import SPECIAL
from cellwright.ui.review.cells import Cells

if TYPE_CHECKING:
    from cellwright.workflows.empty_windows import EmptyWindow

BoxEdges = tuple[float, float, float, float]


class QueueKind(str, Enum):
    """What stands in the queue."""

    DOUBTFUL = "doubtful"
    """Cells, those the model is least sure of first."""
    WINDOWS = "windows"
    """Places where cells may have been missed."""
    AUDIT = "audit"
    """What an audit drew."""


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One thing to be looked at.

    Parameters
    ----------
    picture : int
        Number of its picture in the project.
    name : bytes or None
        Id of the object; None for a window.
    box : (float, float, float, float)
        y0, x0, y1, x1 in level-0 pixels.
    why : str
        Why it stands here, in a sentence.
    draw : Draw
        How it came here.
    """

    picture: int
    name: bytes | None
    box: BoxEdges
    why: str
    draw: Draw

    @property
    def draws(self) -> dict[UUID, Draw]:
        """How the object came here, by its id; empty for a window."""
        return {} if self.name is None else {UUID(bytes=self.name): self.draw}


@dataclass(slots=True)
class Queue:
    """Things in order, and how far a person has come.

    Parameters
    ----------
    kind : QueueKind
        What stands in it.
    items : list of QueueItem
        In order.
    at : int
        The one that is shown, -1 before the first.
    done : set of int
        Those that have an answer.
    """

    kind: QueueKind = QueueKind.DOUBTFUL
    items: list[QueueItem] = field(default_factory=list)
    at: int = -1
    done: set[int] = field(default_factory=set)

    @property
    def current(self) -> QueueItem | None:
        """The one that is shown."""
        return self.items[self.at] if 0 <= self.at < len(self.items) else None

    @property
    def progress(self) -> ReviewProgress:
        """How many have an answer."""
        return ReviewProgress(len(self.done), len(self.items))

    def go_on(self) -> bool:
        """Go to the next one without an answer, around the end; False where all have one."""
        waiting = [row for row in range(len(self.items)) if row not in self.done]
        later = [row for row in waiting if row > self.at]
        if not waiting:
            return False
        self.at = (later or waiting)[0]
        return True

    def go_back(self) -> bool:
        """Go to the one before, answered or not; False at the beginning."""
        if self.at <= 0:
            return False
        self.at -= 1
        return True

    def follow(self, reviewed: Iterable[bytes], answered: Sequence[ReviewRecord]) -> None:
        """Note what has an answer now.

        Parameters
        ----------
        reviewed : iterable of bytes
            Ids of all objects that people have looked at.
        answered : sequence of ReviewRecord
            All answers of the project: an audit counts only those that were given for it.
        """
        known = set(reviewed)
        audited: set[tuple[int | None, str | None]] = {
            (each.audit, each.object) for each in answered if each.audit is not None
        }
        windows = {(each.picture, (each.y0, each.x0, each.y1, each.x1)) for each in answered if each.object is None}
        self.done = {row for row, item in enumerate(self.items) if _has_answer(item, known, audited, windows)}


def doubtful(cells: Cells, classes: Sequence[ClassRecord], decisions: Mapping[str, float]) -> list[QueueItem]:
    """Return the cells that a model has found, the least sure first; those looked at are among them, as done."""
    found = np.flatnonzero(~np.isnan(cells.scores))
    order = found[np.argsort(cells.margins[found], kind="stable")]
    items = []
    for row in order.tolist():
        decides = decisions.get(classes[int(cells.class_index[row])].name, 0.5)
        is_rival = abs(float(cells.scores[row]) - decides) > cells.margins[row] + 1e-6
        rest = "Something else here is nearly as likely." if is_rival else f"Its class counts from {decides:.2f}."
        items.append(_item(cells, row, f"{_said(cells, row, classes)} {rest}", Draw(Drawn.DOUBTFUL)))
    return items


def missed(picture: int, windows: Sequence[EmptyWindow]) -> list[QueueItem]:
    """Return the places of a picture where cells may have been missed."""
    items = []
    for each in windows:
        seen = "Something the model was not sure of lies here." if each.candidates else "This looks like cells."
        box = (float(each.box.y0), float(each.box.x0), float(each.box.y1), float(each.box.x1))
        items.append(QueueItem(picture, None, box, f"{seen} Has every cell in this window been found?", _WINDOW))
    return items


def audited(items: Sequence[AuditItemRecord], cells: Cells, classes: Sequence[ClassRecord]) -> list[QueueItem]:
    """Return what an audit drew, in the order it drew them; objects that are gone are left out."""
    place = {each.tobytes(): row for row, each in enumerate(cells.ids)}
    found = []
    for each in items:
        draw, chance = Draw(Drawn.AUDIT, each.probability, each.audit), f"a chance of {each.probability:.3g}."
        window = each.window
        if window is not None:
            box = (float(window.y0), float(window.x0), float(window.y1), float(window.x1))
            why = f"Has every cell in this window been found? Drawn at random, with {chance}"
            found.append(QueueItem(each.picture, None, box, why, draw))
        elif (row := place.get(bytes.fromhex(each.object))) is not None:
            found.append(_item(cells, row, f"{_said(cells, row, classes)} Drawn at random, with {chance}", draw))
    return found


def answer_classes(classes: Sequence[ClassRecord]) -> list[tuple[str, str, str]]:
    """Return name, title and key of every class that a cell can be given, the two special ones last."""
    plain = [(each.name, each.title, each.key) for each in classes if each.name not in SPECIAL]
    keys = {each.name: each.key for each in classes}
    return plain + [(name, title, keys.get(name, "")) for name, (title, _) in SPECIAL.items()]


def _said(cells: Cells, row: int, classes: Sequence[ClassRecord]) -> str:
    """Return what stands there now, and how sure the model was."""
    title, score = classes[int(cells.class_index[row])].title, float(cells.scores[row])
    return f"{title}, drawn by hand." if np.isnan(score) else f"{title}? The model is {100 * score:.0f} % sure."


def _item(cells: Cells, row: int, why: str, draw: Draw) -> QueueItem:
    number, name = cells.key(row)
    y0, x0, y1, x1 = cells.boxes[row].tolist()
    return QueueItem(number, name, (y0, x0, y1, x1), why, draw)


def _has_answer(
    item: QueueItem,
    reviewed: set[bytes],
    audits: set[tuple[int | None, str | None]],
    windows: set[tuple[int, BoxEdges]],
) -> bool:
    if item.name is None:
        return (item.picture, item.box) in windows
    if item.draw.drawn is Drawn.AUDIT:
        return (item.draw.audit, item.name.hex()) in audits
    return item.name in reviewed


_WINDOW = Draw(Drawn.EMPTY_WINDOW)

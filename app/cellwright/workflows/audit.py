"""Random draws for an audit: which objects, from how many, each with the probability it was drawn with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation import AuditItemRecord, AuditRecord, Edit, EditKind, RecordChange, Status, window_name
from cellwright.core import BadParameter, Box
from cellwright.workflows.doubt import decisions_for
from cellwright.workflows.empty_windows import window_side

if TYPE_CHECKING:
    from cellwright.project import ObjectColumns, Project

EMPTY_WINDOWS, FILLED_WINDOWS = "windows without cells", "windows with cells"
"""Names of the two groups of windows."""


class Strata(str, Enum):
    """Within what groups objects are drawn."""

    NONE = "none"
    """All objects are one group."""
    CLASS = "class"
    """One group a class: rare ones are then looked at as well."""
    PICTURE = "picture"
    """One group a picture."""


@dataclass(frozen=True, slots=True)
class Population:
    """Objects that may be drawn: those of one group.

    Parameters
    ----------
    name : str
        Of the group.
    members : tuple of (UUID, int)
        Each object's id and its picture.
    """

    name: str
    members: tuple[tuple[UUID, int], ...]
    of: ClassVar[str] = "objects"

    def named(self) -> list[tuple[str, int]]:
        """Return each as it is written down, with its picture."""
        return [(name.hex, picture) for name, picture in self.members]


@dataclass(frozen=True, slots=True)
class WindowPopulation:
    """Windows that may be drawn: those of one group.

    Parameters
    ----------
    name : str
        Of the group.
    members : tuple of (Box, int)
        Each window, in level-0 pixels, and its picture.
    """

    name: str
    members: tuple[tuple[Box, int], ...]
    of: ClassVar[str] = "windows"

    def named(self) -> list[tuple[str, int]]:
        """Return each as it is written down, with its picture."""
        return [(window_name(window), picture) for window, picture in self.members]


def populations(
    project: Project,
    strata: Strata,
    pictures: Sequence[int] | None = None,
    decisions: Mapping[int, float] | None = None,
) -> list[Population]:
    """Return the groups of a project's objects that count, rejected ones left out, in the order of their names.

    Parameters
    ----------
    project : Project
        Open.
    strata : Strata
        How to group.
    pictures : sequence of int, optional
        Only these.
    decisions : mapping, optional
        Score from which each class counts, by its number; what a person confirmed or drew counts whatever its score.
        All objects count where nothing is given.
    """
    classes = {each.id: each.name for each in project.classes()}
    groups: dict[str, list[tuple[UUID, int]]] = {}
    for picture in project.pictures():
        if pictures is not None and picture.id not in pictures:
            continue
        found = project.columns(picture.id)
        for row in np.flatnonzero(_counting(found, decisions)):
            kind = classes.get(int(found.class_ids[row]), "")
            name = {Strata.CLASS: kind, Strata.PICTURE: f"{picture.path} #{picture.id}"}.get(strata, "all")
            groups.setdefault(name, []).append((UUID(bytes=found.ids[row].tobytes()), picture.id))
    return [Population(name, tuple(groups[name])) for name in sorted(groups)]


def window_populations(
    project: Project, shapes: Mapping[int, tuple[int, int]], decisions: Mapping[int, float] | None = None
) -> list[WindowPopulation]:
    """Return the windows that tile a project's pictures: those in which something counts, and those that are empty.

    A window is four typical cells wide, as in the queue of places with missed cells; those at the right and at the
    bottom are smaller. A window is empty where no object that counts has its middle. Both kinds are drawn from, since
    cells are missed among others as well.

    Parameters
    ----------
    project : Project
        Open.
    shapes : mapping of int to (int, int)
        Rows and columns of each picture that is to be drawn from, by its number.
    decisions : mapping, optional
        As in `populations`.
    """
    groups: dict[str, list[tuple[Box, int]]] = {EMPTY_WINDOWS: [], FILLED_WINDOWS: []}
    for picture, (h, w) in shapes.items():
        found = project.columns(picture)
        boxes = found.boxes[_counting(found, decisions)]
        side = window_side(boxes, (h, w))
        rows, columns = -(-h // side), -(-w // side)
        middles = ((boxes[:, :2] + boxes[:, 2:]) / 2 // side).astype(np.intp)
        places = np.clip(middles, 0, [rows - 1, columns - 1])
        is_filled = np.zeros((rows, columns), np.bool_)
        is_filled[places[:, 0], places[:, 1]] = True
        for (row, column), filled in np.ndenumerate(is_filled):
            y, x = row * side, column * side
            window = Box(y, x, min(h, y + side), min(w, x + side))
            groups[FILLED_WINDOWS if filled else EMPTY_WINDOWS].append((window, picture))
    return [WindowPopulation(name, tuple(members)) for name, members in groups.items()]


def draw_audit(
    groups: Sequence[Population],
    size: int,
    seed: int,
    author: str,
    numbers: tuple[int, int],
    thresholds: Mapping[str, float] | None = None,
    windows: Sequence[WindowPopulation] = (),
    window_size: int = 0,
) -> Edit:
    """Draw objects at random and return the edit that writes the draw down, to be applied before anybody sees it.

    Objects alone can show what was found wrongly; what was missed shows in windows, which are drawn in the same way
    from groups of their own.

    Within each group objects are drawn without replacement and with equal probability. Each group gets its share of
    `size` by how many objects it has, and at least one, so that with small groups a few more are drawn than asked. The
    probability written down is that of the group: drawn over there. The same groups and seed draw the same objects in
    the same order, which is random too.

    Parameters
    ----------
    groups : sequence of Population
        From `populations`.
    size : int
        How many objects in all; more than there are draws them all.
    seed : int
        0 or more.
    author : str
        Who draws.
    numbers : (int, int)
        From `Project.next_audit`.
    thresholds : mapping, optional
        Score from which each class counted when the groups were made, by its name: written down with each group,
        because it says what the answers hold for.
    windows : sequence of WindowPopulation, optional
        From `window_populations`.
    window_size : int
        How many windows in all.

    Raises
    ------
    BadParameter
        If nothing can be drawn.

    References
    ----------
    W. G. Cochran, Sampling techniques, 1977, chapter 5.
    """
    full: list[Population | WindowPopulation] = [group for group in groups if group.members]
    sizes = _shares([len(group.members) for group in full], size) if full and size > 0 else []
    full = full[: len(sizes)]
    tiled = [group for group in windows if group.members] if window_size > 0 else []
    sizes += _shares([len(group.members) for group in tiled], window_size) if tiled else []
    full += tiled
    if not full or seed < 0:
        raise BadParameter("An audit needs at least one object to draw from, a size of 1 or more and a seed from 0 on.")
    audit, first = numbers
    rng = np.random.Generator(np.random.PCG64(seed))
    drawn = []
    for stratum, (group, n) in enumerate(zip(full, sizes, strict=True)):
        # In an order of their own, so that the draw does not depend on the order in which they came.
        members = sorted(group.named())
        rows = rng.choice(len(members), n, replace=False)
        drawn += [(*members[row], stratum, n / len(members)) for row in rows.tolist()]
    order = rng.permutation(len(drawn)).tolist()
    strata = [
        {
            "name": group.name,
            "of": group.of,
            "population": len(group.members),
            "size": n,
            "thresholds": dict(thresholds or {}),
        }
        for group, n in zip(full, sizes, strict=True)
    ]
    record = AuditRecord(
        audit,
        datetime.now(UTC).isoformat(timespec="milliseconds"),
        author,
        seed,
        sum(len(group.members) for group in full),
        len(drawn),
        json.dumps(strata, ensure_ascii=False),
    )
    items = [
        AuditItemRecord(first + place, audit, drawn[row][1], drawn[row][0], drawn[row][2], drawn[row][3])
        for place, row in enumerate(order)
    ]
    return Edit(EditKind.AUDIT, records=(RecordChange(None, record), *(RecordChange(None, each) for each in items)))


def strata_of(audit: AuditRecord) -> list[Mapping[str, object]]:
    """Return the groups of an audit: of each the name, what it is of, population, size and thresholds.

    ``of`` is ``"objects"`` or ``"windows"``; audits of before there were windows lack it.
    """
    made: list[Mapping[str, object]] = json.loads(audit.strata)
    return made


def _counting(found: ObjectColumns, decisions: Mapping[int, float] | None) -> NDArray[np.bool_]:
    """Return which objects count: surer than their class asks for or confirmed by a person, and not rejected."""
    statuses = tuple(Status)
    rejected, unreviewed = (np.uint8(statuses.index(each)) for each in (Status.REJECTED, Status.UNREVIEWED))
    there: NDArray[np.bool_] = found.status != rejected
    if decisions is None:
        return there
    deciding = decisions_for(found.class_ids, decisions)
    is_sure = np.isnan(found.scores) | (found.scores >= deciding.astype(np.float32))
    counting: NDArray[np.bool_] = there & (is_sure | found.by_person | (found.status != unreviewed))
    return counting


def _shares(populations: Sequence[int], size: int) -> list[int]:
    """Divide `size` in proportion (largest remainders), at least one each and never more than there are."""
    total = sum(populations)
    wanted = [min(n, max(1.0, size * n / total)) for n in populations]
    shares = [int(share) for share in wanted]
    left = max(0, min(size, total) - sum(shares))
    by_remainder = sorted(range(len(wanted)), key=lambda i: shares[i] - wanted[i])
    for i in by_remainder[:left]:
        shares[i] += shares[i] < populations[i]
    return shares

"""Where two readings come from: reader and model, two readers of one project, or two projects of the same pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation import Answer, Drawn, ReviewRecord, Status
from cellwright.core import BadParameter
from cellwright.stats import Kappa, fleiss_kappa
from cellwright.workflows.agreement import Agreement, ReadCell, agreement_of
from cellwright.workflows.cell_roles import CellRole, roles_of
from cellwright.workflows.doubt import decisions_of

if TYPE_CHECKING:
    from cellwright.annotation import PictureRecord
    from cellwright.project import ObjectColumns, Project

MODEL = "the model"
WHITE_CELL = "White cell"
"""Name of the class of all white cells where kinds are not compared."""
READER = "the readers"
_NOT_BLIND = "Who reads second sees what was said before: such readings agree more than blind ones would."


@dataclass(frozen=True, slots=True)
class SeveralReaders:
    """How far three or more readers agree.

    Parameters
    ----------
    readers : tuple of str
        Who.
    cells : int
        That all of them read.
    kappa : Kappa
        Of Fleiss.
    """

    readers: tuple[str, ...]
    cells: int
    kappa: Kappa


def reader_and_model(
    project: Project,
    thresholds: Mapping[str, float] | None = None,
    *,
    audits_alone: bool = False,
    level: float = 0.95,
) -> Agreement:
    """Compare what people said of cells with what the model had said.

    Parameters
    ----------
    project : Project
        Open.
    thresholds : mapping, optional
        Score from which the model's word counts, by class; those of the models' cards for the others.
    audits_alone : bool
        Whether only cells count that an audit drew at random: of these alone the agreement is that of all cells.
    level : float
        In (0, 1).

    Raises
    ------
    BadParameter
        If nobody has looked at a cell.
    """
    names = {each.id: each.name for each in project.classes()}
    limits = {number: (thresholds or {}).get(names[number], least) for number, least in decisions_of(project).items()}
    reviews = project.reviews()
    drawn = {bytes.fromhex(each.object): each.drawn for each in reviews if each.object is not None}
    cells: list[ReadCell] = []
    pictures = []
    for picture in project.pictures():
        found = [
            each
            for each in _judged(project, picture.id, names, limits)
            if not audits_alone or drawn.get(each.id) is Drawn.AUDIT
        ]
        cells += found
        pictures += [picture.id] if found else []
    notes = [] if audits_alone else _chosen(cells, drawn)
    if audits_alone:
        notes.append("Audits draw among what was found: cells that the model missed are not in the table.")
    elif any(each.second is None for each in cells):
        notes.append("Missed cells are those that somebody drew: all of them only where pictures were looked at whole.")
    classes = [(each.name, each.title) for each in project.classes()]
    return agreement_of((READER, MODEL), classes, cells, pictures, level, notes)


def readers_of(project: Project) -> list[str]:
    """Return who reviewed cells, who did most first."""
    said: dict[str, int] = {}
    for each in project.reviews():
        if each.object is not None:
            said[each.author] = said.get(each.author, 0) + 1
    return sorted(said, key=lambda name: (-said[name], name))


def two_readers(project: Project, first: str, second: str, *, level: float = 0.95) -> Agreement:
    """Compare the last answers of two people about the cells that both reviewed.

    Raises
    ------
    BadParameter
        If there is no such cell.
    """
    answers = _answers(project.reviews())
    names = {each.id: each.name for each in project.classes()}
    one, other = answers.get(first, {}), answers.get(second, {})
    cells = [
        ReadCell(name, one[name].picture, _class_said(one[name], names), _class_said(other[name], names))
        for name in one
        if name in other
    ]
    both = [each for each in cells if each.first is not None or each.second is not None]
    notes = [_NOT_BLIND]
    if len(both) < len(cells):
        notes.append(f"{len(cells) - len(both):,} more that both rejected are no cells, and not in the table.")
    pictures = sorted({each.picture for each in both})
    classes = [(each.name, each.title) for each in project.classes()]
    return agreement_of((first, second), classes, both, pictures, level, notes)


def several_readers(project: Project, readers: Sequence[str], level: float = 0.95) -> SeveralReaders:
    """Return how far three or more people agree about the cells that all of them reviewed.

    Raises
    ------
    BadParameter
        If there are fewer than two such cells.
    """
    answers = _answers(project.reviews())
    asked = [answers.get(name, {}) for name in readers]
    shared = set.intersection(*(set(each) for each in asked)) if asked else set()
    if len(shared) < 2:
        raise BadParameter(f"There are fewer than two cells that {', '.join(readers)} have all read.")
    names = {each.id: each.name for each in project.classes()}
    kinds: list[str | None] = [*names.values(), None]
    counts = np.zeros((len(shared), len(kinds)), np.int64)
    for row, name in enumerate(sorted(shared)):
        for each in asked:
            counts[row, kinds.index(_class_said(each[name], names))] += 1
    return SeveralReaders(tuple(readers), len(shared), fleiss_kappa(counts, level))


def two_projects(
    first: Project, second: Project, overlap: float = 0.5, *, names: tuple[str, str] | None = None, level: float = 0.95
) -> Agreement:
    """Compare the cells of two projects on the pictures that both have, found by their content.

    Cells that overlap belong together, one to one, the largest overlap first and whatever their class.

    Parameters
    ----------
    first, second : Project
        Open; of each, what counts as people left it.
    overlap : float
        Least intersection over union of what is one cell, in (0, 1].
    names : (str, str), optional
        Whose they are; else the names of the folders.
    level : float
        In (0, 1).

    Raises
    ------
    BadParameter
        If the two share no picture, or there is no cell on those.
    """
    if not 0 < overlap <= 1:
        raise BadParameter(f"overlap={overlap} must lie above 0 and up to 1, such as 0.5.")
    there = {_content(each): each.id for each in second.pictures()}
    shared = [(each.id, there[_content(each)]) for each in first.pictures() if _content(each) in there]
    readers = names or (first.folder.name, second.folder.name)
    if not shared:
        raise BadParameter(f"{readers[0]} and {readers[1]} have no picture in common.")
    cells = [cell for one, other in shared for cell in _paired(first, one, second, other, overlap)]
    classes = {each.name: each.title for each in (*second.classes(), *first.classes())}
    notes = [f"Boxes that overlap by {overlap:g} or more (intersection over union) are one cell."]
    return agreement_of(readers, list(classes.items()), cells, [one for one, _ in shared], level, notes)


def whites_as_one(found: Agreement) -> Agreement:
    """Return an agreement in which all white cells are of one class, told by kind or not.

    For a model that finds white cells and does not tell them apart: people who sort them do not contradict it.
    """
    titles = dict(zip(found.classes, found.titles, strict=True))
    roles = roles_of(found.classes, titles)
    whites = [name for name, role in roles.items() if role in (CellRole.WHITE, CellRole.UNIDENTIFIED)]

    def one(name: str | None) -> str | None:
        return WHITE_CELL if name in whites else name

    cells = [replace(each, first=one(each.first), second=one(each.second)) for each in found.cells]
    classes = [(WHITE_CELL, WHITE_CELL), *((name, title) for name, title in titles.items() if name not in whites)]
    return agreement_of((found.first, found.second), classes, cells, found.pictures, found.level, found.notes)


def _content(record: PictureRecord) -> tuple[str, int, tuple[int, int] | None]:
    """Return what tells a picture by its content: its file's hash, and which part of the file it is."""
    return record.sha256, record.series, record.plane


def _judged(project: Project, picture: int, names: Mapping[int, str], limits: Mapping[int, float]) -> list[ReadCell]:
    """Return the cells of a picture that somebody has looked at, drew or deleted, as they and the model saw them."""
    columns, origins = project.columns(picture), project.origins(picture)
    rejected, unreviewed = (tuple(Status).index(each) for each in (Status.REJECTED, Status.UNREVIEWED))
    now: dict[bytes, str | None] = {}
    for row in np.flatnonzero(columns.by_person | (columns.status != unreviewed)).tolist():
        is_gone = columns.status[row] == rejected
        now[columns.ids[row].tobytes()] = None if is_gone else names[int(columns.class_ids[row])]
    now.update(dict.fromkeys(project.deleted(picture), None))
    cells = []
    for name, said in now.items():
        state = origins.get(name)
        is_found = state is not None and not state.by_person and state.score is not None
        kind = None
        if (
            is_found
            and state is not None
            and np.float32(state.score or 0.0) >= np.float32(limits.get(state.class_id, 0.5))
        ):
            kind = names.get(state.class_id)
        if said is not None or kind is not None:
            cells.append(ReadCell(name, picture, said, kind))
    return cells


def _chosen(cells: Sequence[ReadCell], drawn: Mapping[bytes, Drawn]) -> list[str]:
    """Return what follows from how cells came before their readers."""
    on_purpose = sum(drawn.get(each.id) is Drawn.DOUBTFUL for each in cells)
    if not on_purpose:
        return []
    of_all = f"{on_purpose:,} of {len(cells):,} cells"
    why = "were looked at because the model was in doubt: on the rest it agrees more often. Only audits draw at random."
    return [f"{of_all} {why}"]


def _answers(reviews: Sequence[ReviewRecord]) -> dict[str, dict[bytes, ReviewRecord]]:
    """Return the last answer of each author about each cell."""
    found: dict[str, dict[bytes, ReviewRecord]] = {}
    for each in reviews:
        if each.object is not None:
            found.setdefault(each.author, {})[bytes.fromhex(each.object)] = each
    return found


def _class_said(review: ReviewRecord, names: Mapping[int, str]) -> str | None:
    if review.answer is Answer.REJECTED:
        return None
    number = review.class_before if review.class_after is None else review.class_after
    return None if number is None else names.get(number)


def _paired(first: Project, one: int, second: Project, other: int, overlap: float) -> list[ReadCell]:
    from cellwright.evaluate.overlap import overlapping_pairs

    (rows, here), (columns, there) = _counting(first, one), _counting(second, other)
    a, b, shared = overlapping_pairs(here.boxes[rows], there.boxes[columns], overlap)
    names = [{each.id: each.name for each in project.classes()} for project in (first, second)]
    mine = [names[0][int(kind)] for kind in here.class_ids[rows]]
    theirs = [names[1][int(kind)] for kind in there.class_ids[columns]]
    partner: dict[int, int] = {}
    taken: set[int] = set()
    differs = np.array([mine[i] != theirs[j] for i, j in zip(a.tolist(), b.tolist(), strict=True)], np.bool_)
    for at in np.lexsort((differs, -shared)).tolist():
        i, j = int(a[at]), int(b[at])
        if i not in partner and j not in taken:
            partner[i] = j
            taken.add(j)
    cells = [
        ReadCell(here.ids[row].tobytes(), one, mine[i], theirs[partner[i]] if i in partner else None)
        for i, row in enumerate(rows.tolist())
    ]
    alone = [j for j in range(len(columns)) if j not in taken]
    return cells + [ReadCell(there.ids[columns[j]].tobytes(), one, None, theirs[j]) for j in alone]


def _counting(project: Project, picture: int) -> tuple[NDArray[np.intp], ObjectColumns]:
    """Return which objects of a picture count as people left it, and all of them."""
    from cellwright.workflows.doubt import decisions_for

    found = project.columns(picture)
    rejected, unreviewed = (tuple(Status).index(each) for each in (Status.REJECTED, Status.UNREVIEWED))
    least = decisions_for(found.class_ids, decisions_of(project)).astype(np.float32)
    sure = np.isnan(found.scores) | (found.scores >= least) | found.by_person | (found.status != unreviewed)
    return np.flatnonzero(sure & (found.status != rejected)), found

"""What was done, in the words of menus, status line and history."""

from __future__ import annotations

from cellwright.annotation import EditKind
from cellwright.project import HistoryLine, JournalEntry
from cellwright.ui.looks.wording import plural

_NOUNS = {
    EditKind.ADD: "adding of",
    EditKind.DELETE: "deletion of",
    EditKind.MOVE: "change of",
    EditKind.RECLASSIFY: "reclassify of",
    EditKind.REVIEW: "review of",
    EditKind.PAINT: "painting of",
    EditKind.ERASE: "erasing of",
    EditKind.MERGE: "merge of",
    EditKind.SPLIT: "split into",
    EditKind.ANALYSE: "analysis with",
    EditKind.MIXED: "change of",
}


def entry_text(entry: JournalEntry) -> str:
    """Return what an entry did, as in ``"reclassify of 12 cells"``."""
    if entry.kind is EditKind.PICTURES:
        return "change of the list of pictures"
    if entry.kind is EditKind.CLASSES:
        return "change of the classes"
    if entry.kind is EditKind.REGION:
        return "marking of a region as seen in full"
    if entry.kind is EditKind.AUDIT:
        return "draw of an audit"
    return f"{_NOUNS.get(entry.kind, 'change of')} {plural(entry.objects, 'cell')}"


def line_text(line: HistoryLine) -> str:
    """Return one line of a cell's history, as in ``"A. reclassified NEU → EOS, 14:02"``."""
    when = line.time.astimezone()
    why = f" ({line.reason})" if line.reason else ""
    return f"{line.text}{why}, {when:%H:%M}"

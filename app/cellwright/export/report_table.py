"""Tables of a report on paper: columns as wide as they need, headers again on every page."""

from __future__ import annotations

from collections.abc import Sequence

from cellwright.export.report_charts import GREY, INK
from cellwright.export.report_document import Grid
from cellwright.export.report_pages import MARGIN, WIDTH, Pages
from cellwright.export.report_type import width_of, wrapped, writable

_SIZE, _LINE = 8.0, 10.6
_SMALL = 7.8
_BETWEEN = 10.0
_NARROWEST = 34.0
_HAIR = "#e3e3e3"

_Lines = list[list[str]]


def write_grid(pages: Pages, block: Grid) -> None:
    """Write a table; one that does not fit goes on on the next sheet under the same headers."""
    widths = column_widths(block)
    head = [wrapped(c.name, w, _SIZE, is_bold=True) for c, w in zip(block.columns, widths, strict=True)]
    pages.need(3 * _LINE + _height(head) + 30)
    pages.paragraph(block.title, 9.0, bold=True)
    pages.y += 3
    _write_head(pages, block, head, widths)
    first_sum = len(block.rows) - block.sums
    for number, row in enumerate(block.rows):
        cells = [wrapped(cell, w, _SIZE, is_bold=number >= first_sum) for cell, w in zip(row, widths, strict=True)]
        if pages.need(_height(cells)):
            _write_head(pages, block, head, widths)
        if number == first_sum and block.sums:
            pages.rule(pages.y, INK)
        _write_row(pages, block, cells, widths, is_bold=number >= first_sum)
        pages.rule(pages.y, _HAIR, thickness=0.4)
    if block.note:
        pages.y += 2
        pages.paragraph(block.note, _SMALL, colour=GREY)
    pages.y += 8


def column_widths(block: Grid, width: float = WIDTH) -> list[float]:
    """Return how wide columns are, in points: as their cells need, the widest giving way where there is no room.

    As long as there is room for it no word is broken.
    """
    texts = [
        [writable(text, is_bold=True) for text in (column.name, *(row[i] for row in block.rows))]
        for i, column in enumerate(block.columns)
    ]
    wanted = [max(_NARROWEST, *map(_bold_width, column)) + 0.5 for column in texts]
    room = width - _BETWEEN * (len(wanted) - 1)
    if sum(wanted) <= room:
        return wanted
    words = [max(_bold_width(word) for text in column for word in (text.split() or [""])) + 0.5 for column in texts]
    if sum(words) > room:
        return _shared(wanted, room)
    more = _shared([want - least for want, least in zip(wanted, words, strict=True)], room - sum(words))
    return [least + extra for least, extra in zip(words, more, strict=True)]


def _shared(wanted: Sequence[float], room: float) -> list[float]:
    """Return shares of a room: who wants little gets it, up to a limit that is what the others share."""
    limit = room / len(wanted)
    for _ in wanted:
        kept = [each for each in wanted if each <= limit]
        if len(kept) == len(wanted):
            break
        limit = (room - sum(kept)) / (len(wanted) - len(kept))
    return [min(each, limit) for each in wanted]


def _bold_width(text: str) -> float:
    return width_of(text, _SIZE, is_bold=True)


def _write_head(pages: Pages, block: Grid, head: _Lines, widths: Sequence[float]) -> None:
    _write_row(pages, block, head, widths, is_bold=True)
    pages.rule(pages.y, INK, thickness=0.9)


def _write_row(pages: Pages, block: Grid, cells: _Lines, widths: Sequence[float], *, is_bold: bool) -> None:
    x = MARGIN
    # What is left of the width stands between the first column and the rest, so that numbers are read along rows.
    slack = WIDTH - sum(widths) - _BETWEEN * (len(widths) - 1)
    for i, (lines, column, width) in enumerate(zip(cells, block.columns, widths, strict=True)):
        place = x + width if column.is_number else x
        for row, words in enumerate(lines):
            align = "right" if column.is_number else "left"
            pages.line(place, pages.y + (row + 0.85) * _LINE + 1.4, words, _SIZE, bold=is_bold, align=align)
        x += width + _BETWEEN + (slack if i == 0 else 0.0)
    pages.y += _height(cells)


def _height(cells: _Lines) -> float:
    return max(len(lines) for lines in cells) * _LINE + 4.0

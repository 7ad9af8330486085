"""A report as PDF: pages with real text, fonts within, drawn by matplotlib so that neither display nor Qt is needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cellwright
from cellwright.core.atomic import replacing
from cellwright.export.colour import ink_on
from cellwright.export.overlay import LegendEntry
from cellwright.export.report_charts import (
    GREY,
    INK,
    LINE,
    NAME_SIZE,
    chart_height,
    draw_chart,
    drawing,
    legend_height,
    series_name,
)
from cellwright.export.report_document import (
    Block,
    Chart,
    ChartKind,
    Facts,
    Figure,
    Grid,
    Heading,
    Paragraph,
    Report,
    SignOff,
    Tone,
    plain_text,
)
from cellwright.export.report_pages import MARGIN, WIDTH, Pages
from cellwright.export.report_table import write_grid
from cellwright.export.report_type import width_of, wrapped

_BODY, _SMALL = 9.0, 7.8
_GAP = 14.0
_INCH = 72.0
_HIGHEST_PICTURE = 470.0
_NAMES = 120.0
_PAPER_AMBER, _AMBER = "#fff7ec", "#b35c00"


def write_pdf_report(path: str | Path, report: Report, *, overwrite: bool = False) -> Path:
    """Write a report as PDF on A4.

    Letters that matplotlib's font does not have, as of Chinese names, are shown by a mark; the HTML has them.

    Parameters
    ----------
    path : str or Path
        The file.
    report : Report
        What it says.
    overwrite : bool
        Whether a file already there may be replaced.

    Raises
    ------
    OutputExists
        If the file is there and `overwrite` is false.
    OutputNotWritable
        If it cannot be written; what stood there is unchanged.
    """
    from matplotlib.backends.backend_pdf import PdfPages

    about = {
        "Title": plain_text(report.title),
        "Subject": plain_text(report.subtitle),
        "Author": plain_text(report.author),
        "Creator": f"Cellwright {cellwright.__version__}",
        "CreationDate": datetime.now(UTC),
    }
    # Type 42 keeps letters as letters, so that text can be searched, copied and read aloud.
    with drawing(**{"pdf.fonttype": 42, "pdf.compression": 6}), replacing(path, overwrite=overwrite) as part:
        pages = report_pages(report)
        with PdfPages(part, metadata=about) as file:
            for figure in pages.figures:
                file.savefig(figure)
    return Path(path)


def report_pages(report: Report) -> Pages:
    """Return the filled sheets."""
    pages = Pages(report.title, report.foot)
    pages.paragraph(report.title, 19.0, bold=True, leading=1.2)
    pages.paragraph(report.subtitle, _BODY, colour=GREY)
    pages.y += 6
    blocks = list(report.blocks)
    while blocks:
        block = blocks.pop(0)
        if isinstance(block, Chart):
            row = [block]
            while blocks and isinstance(beside := blocks[0], Chart) and sum(c.width for c in row) + beside.width <= 1:
                row.append(beside)
                del blocks[0]
            _write_charts(pages, row)
            continue
        if isinstance(block, Heading):
            _write_heading(pages, block, _tallest_of_start(blocks))
        else:
            _WRITE[type(block)](pages, block)
    pages.number()
    return pages


def _write_heading(pages: Pages, block: Heading, following: Block | None) -> None:
    # A title never stands alone at the end of a page.
    pages.need(34 + _height_of_start(following))
    pages.y += 18 if pages.y > 60 else 2
    pages.paragraph(block.text, 12.5, bold=True)
    pages.rule(pages.y + 1.5, LINE)
    pages.y += 6


def _tallest_of_start(blocks: Sequence[Block]) -> Block | None:
    """Return what follows a title; of two charts side by side the taller one."""
    if len(blocks) > 1 and isinstance(blocks[0], Chart) and isinstance(blocks[1], Chart):
        return max(blocks[0], blocks[1], key=lambda chart: chart_height(chart, chart.width))
    return blocks[0] if blocks else None


def _height_of_start(block: Block | None) -> float:
    if isinstance(block, Figure):
        return _figure_size(block)[1] + 40
    if isinstance(block, Chart):
        return chart_height(block, block.width * WIDTH / _INCH) * _INCH + 60
    return 90.0 if isinstance(block, Grid) else 50.0


def _write_paragraph(pages: Pages, block: Paragraph) -> None:
    if block.tone is Tone.WARNING:
        lines = wrapped(block.text, WIDTH - 24, _BODY)
        height = len(lines) * _BODY * 1.42 + 11
        pages.need(height + 6)
        pages.y += 4
        pages.frame(pages.y, height, fill=_PAPER_AMBER, edge=_AMBER)
        pages.frame(pages.y, height, width=4, fill=_AMBER, edge=_AMBER)
        pages.y += 4
        pages.paragraph(block.text, _BODY, x=MARGIN + 14, width=WIDTH - 24)
        pages.y += 11
        return
    is_quiet = block.tone is Tone.QUIET
    pages.paragraph(block.text, _SMALL if is_quiet else _BODY, colour=GREY if is_quiet else INK)
    pages.y += 5


def _write_facts(pages: Pages, block: Facts) -> None:
    names = min(_NAMES, 14 + max(width_of(plain_text(name), _BODY) for name, _ in block.rows)) if block.rows else 0
    for name, value in block.rows:
        lines = wrapped(name, names - 6, _BODY)
        pages.need(max(1, len(lines)) * _BODY * 1.42)
        top = pages.y
        pages.paragraph(name, _BODY, width=names - 6, colour=GREY)
        under, pages.y = pages.y, top
        pages.paragraph(value, _BODY, x=MARGIN + names, width=WIDTH - names)
        pages.y = max(pages.y, under) if pages.y >= top else pages.y
    pages.y += 4


def _figure_size(block: Figure) -> tuple[float, float]:
    rows, columns = block.pixels.shape[:2]
    width = WIDTH * block.width
    height = width * rows / columns
    if height > _HIGHEST_PICTURE:
        width, height = width * _HIGHEST_PICTURE / height, _HIGHEST_PICTURE
    return width, height


def _write_figure(pages: Pages, block: Figure) -> None:
    width, height = _figure_size(block)
    caption = wrapped(block.caption, WIDTH, _SMALL)
    keys = _key_lines(block.keys)
    pages.need(height + 16 * len(keys) + len(caption) * 11 + 14)
    pages.y += 4
    pages.picture(block.pixels, MARGIN, pages.y, width, height)
    pages.y += height + 4
    for line in keys:
        pages.y += 14
        for x, entry in line:
            _write_key(pages, x, entry)
    pages.y += 4
    pages.paragraph(block.caption, _SMALL, colour=GREY)
    pages.y += 8


def _key_lines(keys: Sequence[LegendEntry]) -> list[list[tuple[float, LegendEntry]]]:
    lines: list[list[tuple[float, LegendEntry]]] = []
    x = 0.0
    for entry in keys:
        needed = 15 + width_of(plain_text(entry.text), _SMALL) + 14
        if not lines or x + needed > WIDTH:
            lines.append([])
            x = 0.0
        lines[-1].append((MARGIN + x, entry))
        x += needed
    return lines


def _write_key(pages: Pages, x: float, entry: LegendEntry) -> None:
    pages.frame(pages.y - 8.5, 11, x=x, width=11, fill=entry.colour, edge=entry.colour)
    pages.line(x + 5.5, pages.y - 0.4, entry.badge, 7, bold=True, colour=ink_on(entry.colour), align="center")
    pages.line(x + 15, pages.y, entry.text, _SMALL)


def _write_charts(pages: Pages, blocks: Sequence[Chart]) -> None:
    widths = [block.width * (WIDTH - (_GAP if block.width <= 0.5 else 0)) for block in blocks]
    heights = [chart_height(b, w / _INCH) * _INCH for b, w in zip(blocks, widths, strict=True)]
    lines = [len(wrapped(b.caption, w, _SMALL)) for b, w in zip(blocks, widths, strict=True)]
    tallest = max(heights)
    pages.need(tallest + max(lines) * 11 + 12)
    pages.y += 4
    top, x, lowest = pages.y, MARGIN, pages.y
    for block, width in zip(blocks, widths, strict=True):
        _place_chart(pages, block, x, top, width, tallest)
        pages.y = top + tallest + 2
        pages.paragraph(block.caption, _SMALL, x=x, width=width, colour=GREY)
        lowest = max(lowest, pages.y)
        x += width + _GAP
    pages.y = lowest + 8


def _place_chart(pages: Pages, block: Chart, x: float, y: float, width: float, height: float) -> None:
    """Draw a chart so that all it says of its axes stands within its place."""
    left = 40.0
    if block.kind is ChartKind.INTERVALS:
        left = 12 + max(width_of(series_name(each), NAME_SIZE) for each in block.series)
    above = 6 + legend_height(block) * _INCH
    axes = pages.axes(x + left, y + above, width - left - 10, height - above - 34)
    draw_chart(axes, block)


def _write_sign_off(pages: Pages, block: SignOff) -> None:
    said = wrapped(block.said, WIDTH - 28, _BODY)
    room = 0.0 if block.is_blocked else 34.0 if block.who else 62.0
    height = len(said) * _BODY * 1.42 + 20 + room
    pages.need(height + 8)
    pages.y += 4
    top = pages.y
    fill, edge = (_PAPER_AMBER, _AMBER) if block.is_blocked else ("none", INK)
    pages.frame(top, height, fill=fill, edge=edge)
    pages.y += 7
    pages.paragraph(block.said, _BODY, x=MARGIN + 14, width=WIDTH - 28)
    if block.who:
        pages.y += 4
        for name, value in (("Signed by", block.who), ("Date", block.when)):
            pages.y += _BODY * 1.42
            pages.line(MARGIN + 14, pages.y, name, _BODY, colour=GREY)
            pages.line(MARGIN + 84, pages.y, value, _BODY)
    elif not block.is_blocked:
        third = (WIDTH - 28 - 40) / 3
        for number, name in enumerate(("Name", "Date", "Signature")):
            x = MARGIN + 14 + number * (third + 20)
            pages.rule(top + height - 20, x=x, width=third)
            pages.line(x, top + height - 9, name, _SMALL, colour=GREY)
    pages.y = top + height + 8


_WRITE: dict[type, Callable[[Pages, Any], None]] = {
    Paragraph: _write_paragraph,
    Facts: _write_facts,
    Grid: write_grid,
    Figure: _write_figure,
    SignOff: _write_sign_off,
}

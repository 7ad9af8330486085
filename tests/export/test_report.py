"""A report says what it was given and nothing else: as HTML that loads nothing, and as PDF that can be read back."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from cellwright.core import BadParameter, OutputExists
from cellwright.export import LegendEntry, Report, write_html_report, write_pdf_report
from cellwright.export.report_charts import chart_svg
from cellwright.export.report_document import (
    Block,
    Chart,
    ChartKind,
    Facts,
    Figure,
    Grid,
    GridColumn,
    Heading,
    Paragraph,
    Series,
    SignOff,
    Tone,
    plain_text,
)
from cellwright.export.report_html import report_html
from cellwright.export.report_pages import WIDTH
from cellwright.export.report_table import column_widths
from cellwright.export.report_type import shortened, width_of, wrapped
from cellwright.export.scale_bar import draw_scale_bar, length_text, round_length

HOSTILE = "<script>alert('x')</script> & \"q\" $\\frac{1}{0}$ \u202egnp.exe"
PIXELS = np.full((60, 90, 3), 200, np.uint8)
EMPTY_TAGS = {"meta", "img", "br", "hr", "link", "input"}


class Seen(HTMLParser):
    """What a browser would make of a page: text, attributes, and whether tags are balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in EMPTY_TAGS:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words += data


def seen(report: Report) -> Seen:
    page = Seen()
    page.feed(report_html(report))
    page.close()
    assert not page.open, f"never closed: {page.open}"
    return page


def chart(kind: ChartKind, name: str = "WBC") -> Chart:
    values = np.array([3.0]) if kind is ChartKind.INTERVALS else np.array([1.0, 2.0, 4.0, 4.0, np.nan])
    places = np.arange(5.0) if kind is ChartKind.CURVES else None
    series = (Series(name, "#0072B2", values, values - 1, values + 1, places, 2.0 if places is not None else None),)
    return Chart(kind, series, "area, µm²", "cells", f"{name} spread", f"{name} below")


def everything(name: str = "WBC") -> Report:
    blocks: list[Block] = [
        Facts((("Laboratory", name),)),
        Paragraph(name, Tone.WARNING),
        Heading(f"Results of {name}"),
        Paragraph(name),
        Grid(f"Counts of {name}", (GridColumn("Class"), GridColumn("n", True)), ((name, "3"), ("All", "3")), 1, name),
        *(chart(kind, name) for kind in ChartKind),
        Heading("Pictures"),
        Figure(PIXELS, f"{name} seen", name, (LegendEntry("#0072B2", "W", name),), 0.5),
        Heading("Sign-off"),
        SignOff(name, is_blocked=True),
        SignOff(name),
        SignOff(name, who=name, when="2026-01-01"),
    ]
    return Report(name, name, blocks, name, name)


def pdf_text(path: Path) -> tuple[str, int]:
    """Read a PDF with Qt's reader, which had no part in writing it."""
    from PySide6.QtPdf import QPdfDocument

    document = QPdfDocument()
    assert document.load(str(path)) is QPdfDocument.Error.None_
    pages = document.pageCount()
    words = " ".join(document.getAllText(page).text() for page in range(pages))
    document.close()
    return " ".join(words.split()), pages


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    page = seen(everything(HOSTILE))
    assert "script" not in page.tags and "link" not in page.tags and "iframe" not in page.tags
    for tag, name, value in page.attributes:
        assert not name.startswith("on"), f"{tag} would run {value}"
        if name in ("src", "href", "action", "data", "srcset"):
            assert value.startswith("data:image/"), f"{tag} would load {value}"
    text = report_html(everything(HOSTILE))
    assert "url(" not in text and "@import" not in text and "http:" not in text and "https:" not in text
    policy = next(value for tag, name, value in page.attributes if tag == "meta" and value.startswith("default-src"))
    assert policy.startswith("default-src 'none'")


def test_hostile_names_are_shown_as_they_are_written() -> None:
    words = seen(everything(HOSTILE)).words
    assert words.count("<script>alert('x')</script> & \"q\"") > 10
    assert "\u202e" not in report_html(everything(HOSTILE)), "a name does not turn the line around"


@given(st.text(max_size=30))
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_any_name_leaves_the_page_whole(name: str) -> None:
    report = Report(name, name, [Heading(name), Paragraph(name), Facts(((name, name),))], name)
    assert plain_text(name) in " ".join(seen(report).words.split()) or not plain_text(name)


def test_a_page_can_be_read_aloud() -> None:
    page = seen(everything())
    known = set(page.attributes)
    assert ("html", "lang", "en") in known
    alts = [value for tag, name, value in page.attributes if tag == "img" and name == "alt"]
    assert page.tags.count("img") == len(alts) == 4 and all(alts)
    assert page.tags.count("h1") == 1 and page.tags.count("caption") == page.tags.count("table") == 1
    assert ("th", "scope", "col") in known and ("th", "scope", "row") in known
    ids = {value for _, name, value in page.attributes if name == "id"}
    assert {value for _, name, value in page.attributes if name == "aria-labelledby"} == ids


def test_pictures_in_a_page_are_pictures() -> None:
    coded = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', report_html(everything()))
    (path,) = [base64.b64decode(each) for each in coded]
    assert path[:3] == b"\xff\xd8\xff"
    drawn = chart_svg(chart(ChartKind.HISTOGRAM))
    assert drawn.startswith(b"<?xml") and b"http" not in re.sub(
        rb'xmlns(:\w+)?="[^"]*"|"http://www.w3.org[^"]*"', b"", drawn[800:]
    )
    assert chart_svg(chart(ChartKind.HISTOGRAM)) == drawn, "the same chart is the same file"


def test_a_pdf_says_what_the_report_says(tmp_path: Path) -> None:
    path = write_pdf_report(tmp_path / "report.pdf", everything("Löwenzahn µm² <b>x</b> $x$"))
    words, pages = pdf_text(path)
    assert words.count("Löwenzahn µm² <b>x</b> $x$") > 10, "text can be searched, and a dollar is one"
    assert f"1 / {pages}" in words and f"{pages} / {pages}" in words
    for name in ("Name", "Date", "Signature", "Signed by", "2026-01-01", "Counts of"):
        assert name in words


def test_a_long_table_goes_on_under_its_headers(tmp_path: Path) -> None:
    rows = tuple((f"picture {i}.png", f"{i}") for i in range(150))
    report = Report("Long", "many rows", [Grid("Pictures", (GridColumn("Picture"), GridColumn("Cells", True)), rows)])
    words, pages = pdf_text(write_pdf_report(tmp_path / "long.pdf", report))
    assert pages > 2 and words.count("Picture Cells") == pages
    assert all(f"picture {i}.png" in words for i in range(150))


@pytest.mark.parametrize("name", ["血液塗抹標本.png", "a" * 400, "", "\x00\x1b[31m", "👩\u200d🔬"])
def test_names_that_no_font_has_and_long_ones_are_no_reason_to_fail(tmp_path: Path, name: str) -> None:
    _, pages = pdf_text(write_pdf_report(tmp_path / "odd.pdf", everything(name)))
    assert pages > 0
    seen(everything(name))


def test_lines_are_as_wide_as_the_page_at_most() -> None:
    text = "word " * 60 + "W" * 300
    for line in wrapped(text, 200, 9):
        assert width_of(line, 9) <= 200
    assert "".join(wrapped(text, 200, 9)).replace(" ", "") == text.replace(" ", "")
    assert width_of(shortened(text, 100, 9), 9) <= 100 and shortened("short", 100, 9) == "short"


def test_columns_share_the_page() -> None:
    wide = Grid("t", tuple(GridColumn(f"c{i}") for i in range(6)), (("x" * 200, "y", "z" * 30, "1", "2", "3"),))
    widths = column_widths(wide)
    assert sum(widths) <= WIDTH and widths[0] == max(widths) and widths[1] < 50
    small = Grid("t", (GridColumn("a"), GridColumn("b")), (("1", "2"),))
    assert sum(column_widths(small)) < WIDTH / 2


def test_what_is_there_is_not_replaced_unasked(tmp_path: Path) -> None:
    for write, suffix in ((write_html_report, "html"), (write_pdf_report, "pdf")):
        path = tmp_path / f"report.{suffix}"
        path.write_text("mine")
        with pytest.raises(OutputExists):
            write(path, everything())
        assert path.read_text() == "mine"
        assert write(path, everything(), overwrite=True) == path and path.stat().st_size > 1000


def test_a_row_that_does_not_fit_is_refused() -> None:
    with pytest.raises(BadParameter, match="does not fit"):
        Grid("t", (GridColumn("a"),), (("1", "2"),))


@given(st.floats(1e-3, 1e6))
def test_a_scale_bar_is_the_roundest_length_that_fits(longest: float) -> None:
    length = round_length(longest)
    assert length <= longest * (1 + 1e-9) < length * 2.5 * (1 + 1e-9)
    assert round(length / 10 ** np.floor(np.log10(length) + 1e-9)) in (1, 2, 5)


def test_a_scale_bar_is_as_long_as_it_says() -> None:
    grey = np.full((300, 400, 3), 128, np.uint8)
    drawn = draw_scale_bar(grey, 0.25)  # 100 µm across: a bar of 20 µm is 80 pixels
    white = (drawn == 255).all(axis=2)
    assert white.sum(axis=1).max() == 80 and (grey == 128).all()
    assert [length_text(um) for um in (0.5, 20, 2000)] == ["500 nm", "20 µm", "2 mm"]
    assert Image.fromarray(drawn).size == (400, 300)

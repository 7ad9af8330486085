"""Numbers by group are those that numpy gives for the cells of the group."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellwright.core import PixelSize, PixelSizeSource
from cellwright.jobs import run_inline
from cellwright.ui.panels.objects_summary import SummaryModel, SummaryPage
from cellwright.ui.state.class_style import styles_of
from cellwright.ui.state.session import Session
from cellwright.ui.state.summary import GroupBy, GroupedCells, Summarise, SummaryRow, grouped_cells
from tests.ui.known_boxes import make_card
from tests.ui.known_masks import many_discs

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

STYLES = styles_of(make_card())
HALF_UM = PixelSize(0.5, 0.5, PixelSizeSource.USER)


def two_pictures() -> Session:
    """Twenty cells on the first, ten on the second, which alone has a pixel size; all count."""
    session = Session()
    session.set_model(Path("/nowhere"), make_card())
    session.set_all_thresholds(0.0)
    pictures = session.add([Path("/nowhere/a.png"), Path("/nowhere/b.png")])
    for picture, n in zip(pictures, (20, 10), strict=True):
        objects = many_discs(n, (300, 300), seed=n)
        session.set_objects(picture, replace(objects, scores=np.linspace(0.1, 1, n, dtype=np.float32)), STYLES)
    session.set_pixel_size(pictures[1], HALF_UM)
    session.show(pictures[0])
    return session


def summed(session: Session, by: GroupBy, *columns: str) -> tuple[SummaryRow, ...]:
    return run_inline(Summarise(grouped_cells(session, by), columns))


def test_each_class_has_its_numbers() -> None:
    session = two_pictures()
    picture = session.current
    assert picture is not None and picture.objects is not None
    rows = summed(session, GroupBy.CLASS, "score", "area", "class", "no_such_column")
    assert [(row.group, row.column) for row in rows] == [
        (style.title, column) for style in STYLES for column in ("score", "area")
    ]
    for kind, style in enumerate(STYLES):
        scores = picture.objects.scores[picture.objects.class_index == kind].astype(float)
        (row,) = (each for each in rows if each.group == style.title and each.column == "score")
        assert row.n == len(scores)
        expected = (scores.mean(), scores.std(ddof=1), np.median(scores), scores.min(), scores.max())
        assert (row.mean, row.sd, row.median, row.low, row.high) == pytest.approx(expected)


def test_pictures_are_told_apart_and_so_are_units() -> None:
    rows = summed(two_pictures(), GroupBy.PICTURE, "area")
    assert [(row.group, row.column, row.unit, row.n) for row in rows] == [
        ("a.png", "area", "px²", 20),
        ("b.png", "area_um2", "µm²", 10),
    ]
    assert rows[0].mean == pytest.approx(4 * rows[1].mean), "the same discs"
    both = summed(two_pictures(), GroupBy.PICTURE_AND_CLASS, "score")
    assert [row.group for row in both][:2] == [f"a.png · {STYLES[0].title}", f"a.png · {STYLES[1].title}"]
    assert sum(row.n for row in both) == 30


def test_only_cells_that_are_shown_are_summed_up() -> None:
    session = two_pictures()
    session.show_only("score > 0.55")
    (row,) = summed(session, GroupBy.NOTHING, "score")
    assert (row.group, row.n) == ("All cells", 10)
    assert row.low > 0.55
    session.show_only("area_um2 > 0")  # means something on the second picture alone
    assert [row.n for row in summed(session, GroupBy.PICTURE, "score")] == [20, 10]


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 2), st.floats(-1e6, 1e6) | st.just(float("nan"))), max_size=40))
def test_groups_are_what_numpy_says(cells: list[tuple[int, float]]) -> None:
    session = two_pictures()
    picture = session.current
    assert picture is not None
    measured = session.measured(picture)
    assert measured is not None
    values = np.full(20, np.nan)
    chosen = cells[:20]
    values[: len(chosen)] = [value for _, value in chosen]
    measured._made["score"] = replace(measured.column("score"), values=values)
    codes = np.array([code for code, _ in chosen], np.intp)
    grouped = GroupedCells(measured, np.arange(len(chosen)), codes, ("a", "b", "c"))
    rows = {row.group: row for row in run_inline(Summarise((grouped,), ("score",)))}
    for code, name in enumerate("abc"):
        mine = values[: len(chosen)][codes == code]
        known = mine[~np.isnan(mine)]
        assert (name in rows) == bool(len(mine))
        if len(mine):
            assert rows[name].n == len(known)
            assert np.isnan(rows[name].mean) == (not len(known))
        if len(known):
            assert rows[name].mean == pytest.approx(known.mean())
            assert rows[name].median == pytest.approx(np.median(known))
            assert np.isnan(rows[name].sd) == (len(known) == 1)


def test_a_copied_summary_parses_back(qtbot: QtBot) -> None:
    rows = summed(two_pictures(), GroupBy.CLASS, "area", "score")
    model = SummaryModel()
    model.set_rows(rows)
    read = list(csv.DictReader(io.StringIO(model.as_text()), dialect="excel-tab"))
    assert [(each["group"], each["column"], each["unit"], int(each["n"])) for each in read] == [
        (row.group, row.column, row.unit, row.n) for row in rows
    ]
    for each, row in zip(read, rows, strict=True):
        assert float(each["mean"]) == pytest.approx(row.mean, abs=1e-2)
        assert float(each["max"]) == pytest.approx(row.high, abs=1e-2)


def test_the_page_asks_anew_for_another_group(qtbot: QtBot) -> None:
    page = SummaryPage()
    qtbot.addWidget(page)
    with qtbot.waitSignal(page.asked):
        page.by.setCurrentIndex(page.by.findData("picture"))
    assert page.group_by is GroupBy.PICTURE
    page.show_rows(summed(two_pictures(), GroupBy.PICTURE, "area"))
    assert [page.model.text(0, section) for section in range(3)] == ["a.png", "area (px²)", "20"]
    assert "2 groups" in page.said.text()

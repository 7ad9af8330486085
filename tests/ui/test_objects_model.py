from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from cellwright.core import PixelSize, PixelSizeSource
from cellwright.ui.panels.objects_model import ObjectsModel, stably_sorted
from cellwright.ui.state.class_style import styles_of
from cellwright.ui.state.marks import Marks
from cellwright.ui.state.measured import Measured
from tests.ui.known_boxes import make_card, make_objects
from tests.ui.known_masks import many_discs

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

STYLES = styles_of(make_card())
HALF_UM = PixelSize(0.5, 0.25, PixelSizeSource.USER)
UP, DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


def filled(n: int, size: PixelSize | None = None, columns: tuple[str, ...] = ()) -> ObjectsModel:
    model = ObjectsModel()
    model.set_columns(columns)
    model.set_measured(Measured(make_objects(n), pixel_size=size), np.arange(n), STYLES)
    return model


def titles(model: ObjectsModel) -> list[str]:
    return [column.title for column in model.columns]


def test_qt_finds_no_fault(qtbot: QtBot) -> None:
    model = filled(20)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.sort(2, UP)
    model.set_columns(("score", "id"))
    model.set_measured(Measured(make_objects(5)), np.array([0, 3]), STYLES)
    model.stand_out(np.array([3]))


@given(st.integers(0, 6), st.sampled_from([UP, DOWN]), st.integers(0, 40))
def test_sorting_orders_every_column_and_loses_nothing(column: int, order: Qt.SortOrder, n: int) -> None:
    model = filled(n)
    model.sort(column, order)
    assert sorted(model.object_rows.tolist()) == list(range(n))
    if column:
        values = [float(model.text(row, column).replace(",", "")) for row in range(n)]
        assert values == sorted(values, reverse=order == DOWN)


@given(st.lists(st.sampled_from([1.0, 2.0, 2.5, np.nan]), max_size=40), st.booleans())
def test_sorting_is_stable_and_puts_the_unknown_last(values: list[float], rising: bool) -> None:
    given_values = np.array(values, np.float64)
    rows = np.arange(len(values)) * 3
    found = stably_sorted(rows, given_values, is_rising=rising)
    expected = sorted(
        range(len(values)),
        key=lambda row: (np.isnan(values[row]), 0 if np.isnan(values[row]) else values[row] * (1 if rising else -1)),
    )
    assert found.tolist() == [3 * row for row in expected], "Python's sort is stable too"


def test_rows_that_are_equal_keep_their_order(qtbot: QtBot) -> None:
    model = filled(30)
    for order in (UP, DOWN):
        model.sort(0, order)
        kinds = model.objects.class_index[model.object_rows]
        for kind in range(3):
            assert (np.diff(model.object_rows[kinds == kind]) > 0).all()


def test_words_are_sorted_by_the_alphabet(qtbot: QtBot) -> None:
    objects = make_objects(4)
    marks = Marks(np.array([3, 0, 1, 2], np.uint8), np.zeros(4, np.int32), ("m",))
    model = ObjectsModel()
    model.set_columns(("status", "id"))
    model.set_measured(Measured(objects, marks), np.arange(4), STYLES)
    model.sort(0, UP)
    assert [model.text(row, 0) for row in range(4)] == ["accepted", "corrected", "rejected", "unreviewed"]


def test_an_object_is_found_in_the_table_and_back(qtbot: QtBot) -> None:
    model = ObjectsModel()
    shown = np.array([2, 5, 9])
    model.set_measured(Measured(make_objects(10)), shown, STYLES)
    for row in shown:
        place = model.table_row(int(row))
        assert place is not None
        assert model.object_rows[place] == row
    assert model.table_row(3) is None
    assert model.table_row(99) is None
    assert model.table_rows(np.array([2, 3])).min() == -1


def test_sizes_are_in_micrometres_where_the_pixel_size_is_known(qtbot: QtBot) -> None:
    model = filled(1, HALF_UM)
    assert titles(model)[2:5] == ["area_bbox_um2", "width_um", "height_um"]
    assert [model.text(0, column) for column in (2, 3, 4)] == ["72.0", "6.00", "12.00"]


def test_columns_that_were_chosen_follow_from_picture_to_picture(qtbot: QtBot) -> None:
    model = filled(3, HALF_UM, ("class", "area_bbox_um2", "score", "entropy", "id"))
    assert titles(model) == ["Class", "area_bbox_um2", "Confidence", "Id"]
    model.sort(1, UP)
    model.set_measured(Measured(make_objects(4)), np.arange(4), STYLES)
    assert titles(model) == ["Class", "area_bbox (px²)", "Confidence", "Id"]
    assert model.sorting == (1, UP), "still sorted by the same"
    model.set_columns(("entropy",))
    assert "score" in [column.name for column in model.columns], "the usual ones where none of the chosen is there"


@pytest.mark.parametrize("size", [None, HALF_UM])
def test_what_is_copied_parses_back(size: PixelSize | None, qtbot: QtBot) -> None:
    objects = many_discs(40, (400, 400))
    marks = Marks(np.zeros(40, np.uint8), np.arange(40, dtype=np.int32) % 2, ("model:m@1", "person:A\tB."))
    measured = Measured(objects, marks, size)
    model = ObjectsModel()
    model.set_columns((*measured.names, "id"))
    model.set_measured(measured, np.arange(40), STYLES)
    model.sort(1, UP)
    rows = [3, 0, 17]
    found = list(csv.DictReader(io.StringIO(model.as_text(rows)), dialect="excel-tab"))
    for row, read in zip(model.object_rows[rows], found, strict=True):
        for name, known in measured.known.items():
            column = measured.column(name)
            text = read[known.title]
            if column.is_words:
                assert text == column.words[int(column.values[row])].replace("\t", " ")
            elif np.isnan(column.numbers[row]):
                assert text == ""
            else:
                assert float(text) == pytest.approx(column.numbers[row], abs=0.51 * 10**-known.decimals)
        assert read["id"] == objects.id_strings()[row]


def test_copied_rows_have_names_with_units_and_no_separators(qtbot: QtBot) -> None:
    text = filled(3).as_text([0, 2]).splitlines()
    assert text[0].startswith("class\tscore\tarea_bbox (px²)\twidth (px)")
    assert len(text) == 3
    assert "," not in "".join(text)


def test_a_long_table_reads_what_is_seen_alone(qtbot: QtBot) -> None:
    n = 30_000
    measured = Measured(make_objects(n), pixel_size=HALF_UM)
    model = ObjectsModel()
    model.set_measured(measured, np.arange(n), STYLES)
    seen = [model.text(row, 2) for row in range(40)]
    assert "area_bbox_um2" not in measured._made
    values = measured.column("area_bbox_um2").numbers[model.object_rows[:40]]
    assert seen == [f"{value:,.1f}" for value in values]


def test_a_selection_in_many_pieces_stands_out(qtbot: QtBot) -> None:
    model = filled(10)
    model.stand_out(np.array([1, 4]))
    found = model.standing_out
    assert found is not None
    assert sorted(model.object_rows[found].tolist()) == [1, 4]
    grounds = [model.data(model.index(row, 0), Qt.ItemDataRole.BackgroundRole) for row in range(10)]
    assert [row for row, ground in enumerate(grounds) if ground is not None] == found.tolist()
    model.stand_out(None)
    assert model.standing_out is None


@pytest.mark.parametrize("n", [100_000, 1_000_000])
def test_a_long_table_sorts_while_one_looks_on(n: int, qtbot: QtBot) -> None:
    model = filled(n)
    model.sort(2, UP)  # a sort in Python would take a minute for a million rows
    model.sort(1, UP)
    assert model.table_row(0) is not None

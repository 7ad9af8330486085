from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from cellwright.core import PixelSize, PixelSizeSource
from cellwright.ui.panels.objects_model import ObjectsModel
from cellwright.ui.state.class_style import styles_of
from tests.ui.known_boxes import make_card, make_objects

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

STYLES = styles_of(make_card())
UP, DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


def filled(n: int, size: PixelSize | None = None) -> ObjectsModel:
    model = ObjectsModel()
    model.set_objects(make_objects(n), np.arange(n), STYLES, size)
    return model


def test_qt_finds_no_fault(qtbot: QtBot) -> None:
    model = filled(20)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.sort(2, UP)
    model.set_objects(make_objects(5), np.array([0, 3]), STYLES, None)


@given(st.integers(0, 6), st.sampled_from([UP, DOWN]), st.integers(0, 40))
def test_sorting_orders_every_column_and_loses_nothing(column: int, order: Qt.SortOrder, n: int) -> None:
    model = filled(n)
    model.sort(column, order)
    assert sorted(model.object_rows.tolist()) == list(range(n))
    if column:
        values = [float(model.text(row, column).replace(",", "")) for row in range(n)]
        assert values == sorted(values, reverse=order == DOWN)


def test_rows_that_are_equal_keep_their_order(qtbot: QtBot) -> None:
    model = filled(30)
    for order in (UP, DOWN):
        model.sort(0, order)
        kinds = model.objects.class_index[model.object_rows]
        for kind in range(3):
            assert (np.diff(model.object_rows[kinds == kind]) > 0).all()


def test_an_object_is_found_in_the_table_and_back(qtbot: QtBot) -> None:
    model = ObjectsModel()
    shown = np.array([2, 5, 9])
    model.set_objects(make_objects(10), shown, STYLES, None)
    for row in shown:
        place = model.table_row(int(row))
        assert place is not None
        assert model.object_rows[place] == row
    assert model.table_row(3) is None
    assert model.table_row(99) is None


def test_sizes_are_in_micrometres_where_the_pixel_size_is_known(qtbot: QtBot) -> None:
    model = filled(1, PixelSize(0.5, 0.25, PixelSizeSource.USER))
    header = [model.headerData(i, Qt.Orientation.Horizontal) for i in range(model.columnCount())]
    assert header[4:7] == ["Width (µm)", "Height (µm)", "Area (µm²)"]
    assert [model.text(0, column) for column in (4, 5, 6)] == ["6.0", "12.0", "72"]


def test_copied_rows_have_a_header_and_no_separators(qtbot: QtBot) -> None:
    text = filled(3).as_text([0, 2]).splitlines()
    assert text[0].startswith("Class\tConfidence\t")
    assert len(text) == 3
    assert "," not in "".join(text)


@pytest.mark.parametrize("n", [100_000, 1_000_000])
def test_a_long_table_sorts_while_one_looks_on(n: int, qtbot: QtBot) -> None:
    model = filled(n)
    began = time.perf_counter()
    model.sort(2, UP)
    model.sort(1, DOWN)
    assert model.table_row(0) is not None
    # two sorts of a million rows take about 0.4 s on one core; a sort in Python would take a minute
    assert time.perf_counter() - began < 10

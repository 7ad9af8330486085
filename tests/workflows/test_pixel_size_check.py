"""Red cells as a ruler: which pixel sizes raise a question, and what is proposed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import Objects, PixelSize, PixelSizeSource
from cellwright.workflows.pixel_size_check import pixel_size_question, red_cell_widths_px

CLASSES = ("WBC", "RBC", "Platelet")


def cells(side: float, count: int = 40, name: str = "RBC") -> Objects:
    corners = np.stack([np.arange(count) * 100 + 50.0, np.full(count, 50.0)], 1)
    return Objects(
        np.zeros(count, "V16"),
        np.concatenate([corners, corners + side], 1).astype(np.float32),
        np.full(count, CLASSES.index(name), np.int16),
        np.ones(count, np.float32),
        CLASSES,
    )


def tag(um: float, x_um: float | None = None) -> PixelSize:
    return PixelSize(um, x_um or um, PixelSizeSource.TAG)


def test_the_question_of_the_issue_is_asked() -> None:
    question = pixel_size_question(cells(19.0), tag(0.1))
    assert question is not None
    assert question.sentence == (
        "The median red cell is 1.9 µm wide: is the pixel size right? Human red cells are 6 to 9 µm wide; "
        "0.39 µm per pixel would fit."
    )
    assert question.median_um == pytest.approx(1.9)
    assert question.proposed == PixelSize(0.39, 0.39, PixelSizeSource.USER)
    assert question.n_cells == 40


@given(st.floats(3, 400), st.floats(5.5, 9.8))
def test_a_plausible_size_is_never_questioned(side: float, width_um: float) -> None:
    assert pixel_size_question(cells(side), tag(width_um / side), "x, but the y says z") is None


@given(st.floats(3, 400), st.floats(0.01, 20))
def test_what_is_proposed_raises_no_question(side: float, um: float) -> None:
    question = pixel_size_question(cells(side), tag(um))
    if question is not None:
        assert question.proposed is not None
        assert pixel_size_question(cells(side), question.proposed) is None


def test_pixels_that_are_not_square_stay_so() -> None:
    question = pixel_size_question(cells(20), tag(0.1, 0.4))
    assert question is not None
    assert question.proposed is not None
    assert question.proposed.x_um / question.proposed.y_um == pytest.approx(4, rel=0.05)


def test_too_few_red_cells_say_nothing() -> None:
    assert pixel_size_question(cells(19, 7), tag(0.1)) is None
    assert pixel_size_question(cells(19, 40, "WBC"), tag(0.1)) is None
    assert pixel_size_question(cells(19, 7), None) is None


def test_an_unknown_size_is_proposed_and_asked() -> None:
    question = pixel_size_question(cells(30), None)
    assert question is not None
    assert question.median_um is None
    assert question.proposed == PixelSize(0.25, 0.25, PixelSizeSource.USER)
    assert question.sentence.startswith("Nobody knows how large the pixels are.")


def test_tags_that_disagree_are_asked_about_where_no_cell_settles_it() -> None:
    note = "Aperio MPP, but 0.5 µm/px by the TIFF resolution tags"
    question = pixel_size_question(cells(30, 3), tag(0.25), note)
    assert question is not None
    assert "0.25 µm per pixel, but 0.5 µm/px by the TIFF resolution tags" in question.sentence
    assert question.proposed is None
    entered = PixelSize(0.25, 0.25, PixelSizeSource.USER)
    assert pixel_size_question(cells(30, 3), entered, note) is None


def test_cut_and_touching_cells_are_left_out_of_the_ruler() -> None:
    boxes = np.array([[0, 5, 20, 25], [30, 30, 50, 50], [60, 10, 80, 50], [90, 90, 100, 100], [5, 5, 5, 9]], np.float32)
    objects = Objects(np.zeros(5, "V16"), boxes, np.ones(5, np.int16), np.ones(5, np.float32), CLASSES)
    assert red_cell_widths_px(objects, (100, 100)).tolist() == [20.0]
    assert red_cell_widths_px(objects).tolist() == [20.0, 20.0, 10.0]
    assert len(red_cell_widths_px(Objects.empty(CLASSES))) == 0

"""Filters know of every cell what the project knows: who found it, what became of it, how large it really is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cellwright.annotation import FilterMistake
from cellwright.core import Masks, Objects, PixelSize, PixelSizeSource
from cellwright.ui.correcting.filter_line import cells_meant
from cellwright.ui.state.class_style import ClassStyle
from cellwright.ui.state.marks import Marks
from cellwright.ui.state.picture import Picture
from cellwright.ui.state.session import Session

FIRST, SECOND, PERSON = "model:blood@aaa", "model:nuclei@bbb", "person:A."


@pytest.fixture
def session() -> Session:
    """Six cells: unreviewed, accepted, corrected, rejected, drawn by a person, and one too unsure to be shown."""
    boxes = np.array([[0, 0, 10, 10 * (row + 1)] for row in range(6)], np.float32)
    masks = Masks.from_spans(np.array([1, 1]), np.array([[0, 0, 7], [1, 0, 7]], np.int32), 6)
    objects = Objects(
        np.frombuffer(np.random.default_rng(0).bytes(96), "V16"),
        boxes,
        np.array([0, 0, 1, 0, 1, 0], np.int16),
        np.array([0.9, 0.8, 0.7, 0.95, 1.0, 0.2], np.float32),
        ("RBC", "WBC"),
        FIRST,
        masks,
    )
    status = np.array([0, 1, 2, 3, 1, 0], np.uint8)
    marks = Marks(status, np.array([0, 1, 0, 0, 2, 0], np.int32), (FIRST, SECOND, PERSON))
    made = Session()
    (picture,) = made.add([Path("/nowhere/smear.png")])
    made.show(picture)
    made.set_pixel_size(picture, PixelSize(0.5, 0.5, PixelSizeSource.USER))
    styles = (ClassStyle("RBC", "Red cell", "#D55E00", "R"), ClassStyle("WBC", "White cell", "#0072B2", "W"))
    made.set_objects(picture, objects, styles, marks)
    return made


def meant(session: Session, text: str) -> list[int]:
    picture = session.current
    assert picture is not None
    rows: list[int] = cells_meant(text, picture, session).rows.tolist()
    return rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("status == unreviewed", [0]),
        ("status == accepted", [1, 4]),
        ("status == corrected", [2]),
        ("status == rejected", [3]),
        ("status in (corrected, rejected)", [2, 3]),
        ("status != accepted", [0, 2]),
        ("class == WBC", [2, 4]),
        ("source contains nuclei", [1]),
        ("source contains blood", [0, 2]),
        ('source == "person:A."', [4]),
        ("score < 0.85", [1, 2]),
        ("score >= 0", [0, 1, 2]),
        ("area == 14 px²", [1]),
        ("area < 30 um2", [0, 1]),
        ("area < 30 µm² and not status == accepted", [0]),
        ("width > 10 µm", [2, 4]),
        ("", []),
    ],
)
def test_filters_mean_the_right_cells(session: Session, text: str, rows: list[int]) -> None:
    assert meant(session, text) == rows


def test_cells_out_of_sight_are_counted_and_not_selected(session: Session) -> None:
    picture = session.current
    assert picture is not None
    found = cells_meant("score < 0.85", picture, session)
    assert (found.rows.tolist(), found.hidden) == ([1, 2], 1)
    session.set_visible("WBC", visible=False)
    assert cells_meant("score < 0.85", picture, session).hidden == 2


def test_micrometres_need_a_pixel_size(session: Session) -> None:
    picture = session.current
    assert isinstance(picture, Picture)
    session.set_pixel_size(picture, None)
    with pytest.raises(FilterMistake, match="how large a pixel"):
        meant(session, "area < 30 µm²")

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import PixelSize, PixelSizeSource
from cellwright.ui.state.class_style import spare_styles, styles_of
from cellwright.ui.state.picture import Picture
from cellwright.ui.state.session import Session
from tests.ui.known_boxes import CLASSES, make_card, make_objects


@pytest.fixture
def session() -> Session:
    made = Session()
    made.set_model(Path("model"), make_card())
    return made


def shown_picture(session: Session, n: int = 50) -> Picture:
    picture = session.add([Path("a.png")])[0]
    session.show(picture)
    session.set_objects(picture, make_objects(n), styles_of(make_card()))
    return picture


def test_a_file_is_open_once(session: Session) -> None:
    first = session.add([Path("a.png"), Path("b.png")])
    again = session.add([Path("a.png")])
    assert again[0] is first[0]
    assert [picture.name for picture in session.pictures] == ["a.png", "b.png"]


def test_closing_the_shown_picture_shows_its_neighbour(session: Session) -> None:
    a, b, c = session.add([Path("a"), Path("b"), Path("c")])
    session.show(b)
    session.remove(b)
    assert session.current is c
    session.remove(c)
    assert session.current is a
    session.remove(a)
    assert session.current is None


def test_stepping_goes_around_the_end(session: Session) -> None:
    a, b = session.add([Path("a"), Path("b")])
    session.show(b)
    session.step(1)
    assert session.current is a
    session.step(-1)
    assert session.current is b


def test_a_closed_picture_drops_late_answers(session: Session) -> None:
    picture = shown_picture(session)
    before = picture.generation
    session.remove(picture)
    assert picture.generation > before
    assert session.picture_with_key(picture.key) is None


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_higher_threshold_never_counts_more(low: float, high: float) -> None:
    session = Session()
    session.set_model(Path("model"), make_card())
    picture = shown_picture(session)
    low, high = sorted((low, high))
    session.set_all_thresholds(low)
    many = session.counted(picture)
    session.set_all_thresholds(high)
    few = session.counted(picture)
    assert not (few & ~many).any()


def test_hiding_a_class_hides_its_rows_and_keeps_its_count(session: Session) -> None:
    picture = shown_picture(session)
    counted = session.counted(picture).sum()
    session.set_visible("RBC", False)
    objects = picture.objects
    assert objects is not None
    assert session.counted(picture).sum() == counted
    assert not (objects.class_index[session.shown(picture)] == CLASSES.index("RBC")).any()


def test_thresholds_stay_between_the_floor_and_one(session: Session) -> None:
    session.set_all_thresholds(0.0)
    assert set(session.thresholds.values()) == {session.floor}
    session.shift_thresholds(5.0)
    assert set(session.thresholds.values()) == {1.0}
    session.reset_thresholds()
    assert session.thresholds == {"WBC": 0.5, "RBC": 0.4, "PLT": 0.3}


def test_nothing_is_announced_where_nothing_changes(session: Session) -> None:
    heard: list[str] = []
    session.filter_changed.connect(lambda: heard.append("filter"))
    session.selection_changed.connect(lambda: heard.append("selection"))
    session.reset_thresholds()
    session.set_visible("RBC", True)
    session.select(None)
    session.light_up(None)
    assert heard == []


def test_a_selected_cell_stays_selected_when_rows_move(session: Session) -> None:
    picture = shown_picture(session)
    session.select(7)
    chosen = session.selected_id
    objects = picture.objects
    assert objects is not None
    session.set_objects(picture, objects.take(np.arange(len(objects))[::-1]))
    assert session.selected == len(objects) - 1 - 7
    assert session.selected_id == chosen
    session.set_objects(picture, objects.take(np.arange(3)))
    assert session.selected is None


def test_a_person_knows_the_pixel_size_better_than_the_file(session: Session) -> None:
    picture = session.add([Path("a.png")])[0]
    picture.tag_pixel_size = PixelSize(1, 1, PixelSizeSource.TAG)
    said = PixelSize(0.1, 0.1, PixelSizeSource.USER)
    session.set_pixel_size(picture, said)
    assert picture.pixel_size == said
    session.set_pixel_size(picture, None)
    assert picture.pixel_size == picture.tag_pixel_size


def test_classes_without_a_card_get_letters_and_colours_of_their_own() -> None:
    styles = spare_styles(["alpha", "beta"])
    assert [style.letter for style in styles] == ["A", "B"]
    assert styles[0].colour != styles[1].colour

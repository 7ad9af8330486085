"""Measured columns stand row by row beside the objects, whatever becomes of these."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cellwright.core import Objects, PixelSize, PixelSizeSource, UnknownName
from cellwright.measure import measure
from cellwright.testing.labelled import objects_of
from cellwright.ui.state.class_style import styles_of
from cellwright.ui.state.marks import Marks
from cellwright.ui.state.measured import Measured, Taken, taken_of, without_unit
from cellwright.ui.state.picture import Picture
from cellwright.ui.state.session import Session
from tests.ui.known_boxes import make_card
from tests.ui.known_masks import many_discs

HALF_UM = PixelSize(0.5, 0.25, PixelSizeSource.USER)
STYLES = styles_of(make_card())


def shown(objects: Objects, marks: Marks | None = None) -> tuple[Session, Picture]:
    session = Session()
    (picture,) = session.add([Path("/nowhere/smear.png")])
    session.show(picture)
    session.set_objects(picture, objects, STYLES, marks)
    return session, picture


def measured(session: Session, picture: Picture) -> Measured:
    found = session.measured(picture)
    assert found is not None
    return found


def measure_all(session: Session, picture: Picture, *words: str) -> Taken:
    """Take measurements of every object, as a job does."""
    objects = picture.objects
    assert objects is not None and objects.masks is not None
    found = measure(objects.masks, words, pixel_size=picture.pixel_size, boxes=objects.boxes)
    taken = taken_of(words, found, np.ones(len(objects), bool), {})
    assert session.take_measured(picture, objects, picture.pixel_size, taken)
    return taken


def test_what_needs_no_job_is_there_at_once_under_the_names_of_files() -> None:
    objects = many_discs(20, (200, 200))
    session, picture = shown(objects)
    assert {"class", "score", "area", "area_bbox", "centroid-0", "width"} <= set(measured(session, picture).names)
    session.set_pixel_size(picture, HALF_UM)
    now = measured(session, picture)
    assert {"area_um2", "centre-0", "centre-0_um"} <= set(now.names) and "area" not in now.names
    assert objects.masks is not None
    for each in measure(objects.masks, ("area", "perimeter_crofton", "centroid-*"), pixel_size=HALF_UM):
        column = now.column(each.name)
        assert np.array_equal(column.values, each.values)
        assert (column.unit, column.description) == (each.unit, each.description)
    sides = objects.boxes[:, 2] - objects.boxes[:, 0]
    assert now.column("height_um").numbers.tolist() == (sides * 0.5).tolist()


def test_boxes_have_no_area_but_that_of_the_box() -> None:
    session, picture = shown(replace(many_discs(5, (100, 100)), masks=None))
    now = measured(session, picture)
    assert "area" not in now.names and "area_bbox" in now.names
    with pytest.raises(UnknownName, match="area_bbox"):
        now.column("area_bbx")


def test_a_name_with_another_unit_means_the_same_column() -> None:
    session, picture = shown(many_discs(5, (100, 100)))
    assert measured(session, picture).name_of("area_um2") == "area"
    session.set_pixel_size(picture, HALF_UM)
    assert measured(session, picture).name_of("area") == "area_um2"
    assert measured(session, picture).name_of("centre-0") == "centre-0", "pixels stay pixels where both are known"
    assert measured(session, picture).name_of("entropy") is None
    assert [without_unit(name) for name in ("density_per_mm2", "area_um2", "moments-0-1_um3")] == [
        *("density", "area", "moments-0-1"),
    ]


def test_words_and_scores_follow_what_people_said() -> None:
    objects = many_discs(3, (60, 60))
    marks = Marks(np.array([0, 1, 3], np.uint8), np.array([0, 0, 1], np.int32), ("model:m@1", "person:A."))
    now = measured(*shown(objects, marks))
    status, source, score = now.column("status"), now.column("source"), now.column("score")
    assert [status.words[code] for code in status.values] == ["unreviewed", "accepted", "rejected"]
    assert [source.words[code] for code in source.values] == ["model:m@1", "model:m@1", "person:A."]
    assert np.isnan(score.numbers[2]) and not np.isnan(score.numbers[:2]).any()


def test_measurements_stay_with_their_objects_until_these_change() -> None:
    objects = many_discs(30, (300, 300))
    session, picture = shown(objects)
    before = measure_all(session, picture, "solidity").columns["solidity"].values
    said: list[Picture] = []
    session.measured_changed.connect(said.append)
    assert objects.masks is not None
    grown = objects.masks.take(np.r_[1, np.arange(1, 30)])  # the first has the outline of the second
    order = np.r_[np.arange(10), np.arange(11, 30)]  # the eleventh is gone
    session.set_objects(picture, replace(objects, masks=grown, boxes=grown.boxes()).take(order), STYLES)
    now = measured(session, picture)
    assert said == [picture] and now.is_behind
    values = now.column("solidity").numbers
    assert np.isnan(values[0]) and np.array_equal(values[1:], before[order][1:])
    measure_all(session, picture, "solidity")
    assert not measured(session, picture).is_behind
    assert not np.isnan(measured(session, picture).column("solidity").numbers).any()


@pytest.mark.parametrize("most_parts", [1_000, 0], ids=["run by run", "by numbers"])
def test_an_outline_with_as_many_pixels_in_the_same_box_is_another_one(
    monkeypatch: pytest.MonkeyPatch, most_parts: int
) -> None:
    """A notch moved along the edge changes neither box, nor rows, nor area, but perimeter and hull."""
    monkeypatch.setattr("cellwright.ui.state.measured_pictures._MOST_PARTS", most_parts)
    labels = np.zeros((40, 40), np.int32)
    labels[2:12, 2:12], labels[20:30, 20:30] = 1, 2
    notched, moved = labels.copy(), labels.copy()
    notched[2, 11], moved[5, 11] = 0, 0
    first, second = (objects_of(each, ("RBC", "WBC"), "m@1") for each in (notched, moved))
    assert first.masks is not None and second.masks is not None
    assert (first.boxes == second.boxes).all() and (first.masks.counts == second.masks.counts).all()
    session, picture = shown(first)
    before = measure_all(session, picture, "solidity").columns["solidity"].values
    session.set_objects(picture, replace(second, ids=first.ids), STYLES)
    now = measured(session, picture)
    assert now.is_behind and np.isnan(now.column("solidity").numbers[0])
    assert now.column("solidity").numbers[1] == before[1]


def test_another_pixel_size_makes_every_measured_number_unknown() -> None:
    session, picture = shown(many_discs(5, (100, 100)))
    measure_all(session, picture, "solidity", "area_convex")
    said: list[Picture] = []
    session.measured_changed.connect(said.append)
    session.set_pixel_size(picture, HALF_UM)
    now = measured(session, picture)
    assert said == [picture] and now.is_behind and "solidity" not in now.names
    assert now.taken is not None and now.taken.asked == ("solidity", "area_convex"), "what to measure again"


def test_an_answer_about_other_objects_is_not_taken() -> None:
    objects = many_discs(5, (100, 100))
    session, picture = shown(objects)
    taken = Taken(("area",), {}, np.ones(5, bool))
    session.set_objects(picture, objects.take(np.arange(4)), STYLES)
    assert not session.take_measured(picture, objects, None, taken)
    assert measured(session, picture).taken is None

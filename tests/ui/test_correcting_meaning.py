"""What gestures mean: each a hand-checked edit, and none that changes a neighbour unasked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

import numpy as np
import pytest
from numpy.typing import NDArray

from cellwright.annotation import AnnotatedObject, EditKind, Geometry, GeometryKind, ObjectState, Status, pixels_of
from cellwright.core import BadParameter, Box, Masks, Objects
from cellwright.ui.canvas.gestures import (
    BoxChanged,
    BoxDrawn,
    BoxToMask,
    Clicked,
    Filled,
    LineDrawn,
    PointMoved,
    PointPlaced,
    PolygonDrawn,
    SeedsPlaced,
    Stroke,
)
from cellwright.ui.correcting.meaning import edit_of
from cellwright.ui.correcting.scene import Scene

PERSON = "person:A."
MODEL = "model:blood@0123456789ab"


def square(y0: int, x0: int, y1: int, x1: int) -> Geometry:
    return Geometry.of_mask(pixels_of(Geometry.of_box(y0, x0, y1, x1)))


def cell(place: Geometry, score: float | None = 0.9) -> AnnotatedObject:
    return AnnotatedObject(uuid4(), 7, ObjectState(place, 1, score, MODEL))


def picture() -> NDArray[np.uint8]:
    """A dark disc of radius 10 at (50.5, 50.5) on light ground."""
    y, x = np.mgrid[:200, :200] + 0.5
    noise = np.random.default_rng(0).integers(0, 8, (200, 200, 1))
    ground = np.where(((y - 50.5) ** 2 + (x - 50.5) ** 2 <= 100)[..., None], 90, 220)
    return np.broadcast_to(ground + noise, (200, 200, 3)).astype(np.uint8)


def scene(
    objects: Sequence[AnnotatedObject] = (), chosen: AnnotatedObject | None = None, *, overwrite: bool = False
) -> Scene:
    shown = picture()

    def near(box: Box) -> list[AnnotatedObject]:
        found = []
        for each in objects:
            y0, x0, y1, x1 = each.state.geometry.box
            if y0 < box.y1 and y1 > box.y0 and x0 < box.x1 and x1 > box.x0:
                found.append(each)
        return found

    def pixels(box: Box) -> NDArray[np.uint8]:
        return shown[box.y0 : box.y1, box.x0 : box.x1]

    return Scene(7, (200, 200), 2, PERSON, chosen, near, pixels, 20.0, overwrite)


def line(*places: tuple[float, float]) -> NDArray[np.float64]:
    return np.array(places, np.float64)


def test_a_drawn_box_is_a_cell_of_the_person_within_the_picture() -> None:
    edit = edit_of(BoxDrawn((-5.0, 10.0, 20.0, 30.0)), scene())
    (change,) = edit.objects
    assert edit.kind is EditKind.ADD
    assert change.before is None
    assert change.after == ObjectState(Geometry.of_box(0, 10, 20, 30), 2, None, PERSON, Status.ACCEPTED)


def test_a_box_is_moved_and_resized_only_where_it_is_selected() -> None:
    one = cell(Geometry.of_box(10, 10, 20, 20))
    edit = edit_of(BoxChanged(one.id, (12.0, 10.0, 25.0, 20.0)), scene([one], one))
    assert edit.objects[0].after is not None
    assert edit.objects[0].after.geometry == Geometry.of_box(12, 10, 25, 20)
    assert edit.objects[0].after.status is Status.CORRECTED
    assert edit.objects[0].after.source == MODEL, "who found it stays"
    with pytest.raises(BadParameter, match="Select the cell"):
        edit_of(BoxChanged(uuid4(), (1.0, 1.0, 5.0, 5.0)), scene([one], one))


def test_paint_begins_a_cell_or_adds_to_the_chosen_one() -> None:
    new = edit_of(Stroke(line((30, 30), (30, 40)), 4.0), scene())
    assert new.kind is EditKind.ADD
    assert new.objects[0].after is not None
    assert new.objects[0].after.geometry.kind is GeometryKind.MASK
    one = cell(square(28, 20, 34, 30))
    more = edit_of(Stroke(line((30, 30), (30, 40)), 4.0), scene([one], one))
    assert more.kind is EditKind.PAINT
    assert more.objects[0].id == one.id
    assert more.objects[0].after is not None
    before, after = pixels_of(one.state.geometry), pixels_of(more.objects[0].after.geometry)
    assert after.areas()[0] > before.areas()[0]


def test_paint_takes_from_a_neighbour_only_when_asked() -> None:
    neighbour = cell(square(20, 40, 40, 60))
    gesture = Stroke(line((30, 30), (30, 50)), 3.0)
    edit = edit_of(gesture, scene([neighbour]))
    assert [change.id for change in edit.objects if change.id == neighbour.id] == []
    over = edit_of(gesture, scene([neighbour], overwrite=True))
    assert over.kind is EditKind.PAINT
    lost = next(change for change in over.objects if change.id == neighbour.id)
    assert lost.after is not None
    assert pixels_of(lost.after.geometry).areas()[0] < 400
    with pytest.raises(BadParameter, match="Other cells have all"):
        edit_of(PolygonDrawn(line((25, 45), (25, 55), (35, 55), (35, 45))), scene([neighbour]))


def test_a_stroke_adds_to_the_cell_it_begins_on_and_apart_from_the_chosen_one_begins_another() -> None:
    chosen, other = cell(square(100, 100, 120, 120)), cell(square(20, 40, 40, 60))
    onto = edit_of(Stroke(line((30, 58), (30, 70)), 3.0), scene([chosen, other], chosen))
    assert [change.id for change in onto.objects] == [other.id]
    apart = edit_of(Stroke(line((150, 150)), 3.0), scene([chosen, other], chosen))
    assert apart.objects[0].before is None


def test_a_rejected_neighbour_does_not_hinder_paint() -> None:
    neighbour = cell(square(20, 40, 40, 60))
    gone = replace(neighbour, state=replace(neighbour.state, status=Status.REJECTED))
    edit = edit_of(Stroke(line((30, 50)), 3.0), scene([gone]))
    assert len(edit.objects) == 1


def test_erasing_takes_a_part_and_at_last_the_cell() -> None:
    one = cell(square(20, 20, 40, 40))
    part = edit_of(Stroke(line((30, 20)), 4.0, is_erasing=True), scene([one]))
    assert part.kind is EditKind.ERASE
    assert part.objects[0].id == one.id
    whole = edit_of(Stroke(line((30, 30)), 30.0, is_erasing=True), scene([one]))
    assert whole.kind is EditKind.DELETE
    with pytest.raises(BadParameter, match="Begin on a cell"):
        edit_of(Stroke(line((100, 100)), 4.0, is_erasing=True), scene([one]))


def test_a_hole_is_filled() -> None:
    ring = edit_of(Stroke(line((30, 30)), 3.0, is_erasing=True), scene([cell(square(20, 20, 40, 40))])).objects[0]
    assert ring.after is not None
    one = AnnotatedObject(ring.id, 7, ring.after)
    edit = edit_of(Filled(30.0, 30.0), scene([one]))
    assert edit.objects[0].after is not None
    assert edit.objects[0].after.geometry == square(20, 20, 40, 40)


def test_a_polygon_leaves_neighbours_their_pixels() -> None:
    neighbour = cell(square(10, 20, 30, 40))
    edit = edit_of(PolygonDrawn(line((10, 10), (10, 30), (30, 30), (30, 10))), scene([neighbour]))
    assert edit.objects[0].after is not None
    assert edit.objects[0].after.geometry == square(10, 10, 30, 20)


def test_scissors_cut_the_cell_that_the_line_crosses() -> None:
    one = cell(square(20, 20, 40, 40))
    edit = edit_of(LineDrawn(line((10, 30), (50, 30))), scene([one]))
    assert edit.kind is EditKind.SPLIT
    assert sorted(pixels_of(change.after.geometry).areas()[0] for change in edit.objects if change.after) == [200, 200]
    assert edit.objects[0].id == one.id
    with pytest.raises(BadParameter, match="No cell was cut"):
        edit_of(LineDrawn(line((10, 100), (50, 100))), scene([one]))


def test_seeds_make_one_cell_each() -> None:
    one = cell(square(20, 20, 40, 80))
    edit = edit_of(SeedsPlaced(line((30, 25), (30, 50), (30, 75))), scene([one]))
    assert len(edit.objects) == 3
    assert sum(int(pixels_of(change.after.geometry).areas()[0]) for change in edit.objects if change.after) == 1200


def test_points_are_placed_added_and_moved() -> None:
    first = edit_of(PointPlaced(5.0, 6.0), scene()).objects[0]
    assert first.after is not None
    one = AnnotatedObject(first.id, 7, first.after)
    more = edit_of(PointPlaced(9.0, 9.0), scene([one], one)).objects[0]
    assert more.after is not None
    assert len(more.after.geometry.points()) == 2
    moved = edit_of(PointMoved(one.id, 0, 8.0, 8.0), scene([one], one)).objects[0]
    assert moved.after is not None
    assert moved.after.geometry.points()[0].tolist() == [8.0, 8.0, 1.0]


def test_a_click_finds_the_cell_under_it() -> None:
    edit = edit_of(Clicked(50.0, 50.0), scene())
    assert edit.kind is EditKind.ADD
    assert edit.objects[0].after is not None
    assert pixels_of(edit.objects[0].after.geometry).areas()[0] == pytest.approx(np.pi * 100, rel=0.1)
    with pytest.raises(BadParameter, match="outside"):
        edit_of(Clicked(-3.0, 50.0), scene())


def said(*places: Geometry, masks: bool, class_index: int = 0, score: float = 0.3) -> Objects:
    n = len(places)
    pixels = Masks.concatenate([pixels_of(each) for each in places]) if masks else None
    boxes = np.array([each.box for each in places], np.float32)
    kinds = np.full(n, class_index, np.int16)
    return Objects(np.zeros(n, "V16"), boxes, kinds, np.full(n, score, np.float32), ("RBC", "WBC"), MODEL, pixels)


def test_a_click_takes_what_the_model_says_there() -> None:
    network = square(20, 100, 40, 130)  # where the picture shows nothing
    met = replace(scene(), said=said(network, masks=True, class_index=1), classes={"RBC": 5, "WBC": 6})
    (change,) = edit_of(Clicked(30.0, 110.0), met).objects
    assert change.after is not None
    assert change.after.geometry == network
    assert change.after.class_id == 2, "a person's choice of class comes first"
    (change,) = edit_of(Clicked(30.0, 110.0), replace(met, wants_class=False)).objects
    assert change.after is not None
    assert change.after.class_id == 6


def test_a_click_beside_what_the_model_says_finds_what_is_seen() -> None:
    met = replace(scene(), said=said(square(20, 100, 40, 130), masks=True))
    (change,) = edit_of(Clicked(50.0, 50.0), met).objects
    assert change.after is not None
    assert abs(pixels_of(change.after.geometry).areas()[0] - 314) < 60
    with pytest.raises(BadParameter, match="No cell stands out"):
        edit_of(Clicked(150.0, 150.0), met)


def test_where_the_model_says_boxes_alone_the_outline_is_found_in_its_box() -> None:
    met = replace(scene(), said=said(Geometry.of_box(38, 38, 63, 63), masks=False))
    (change,) = edit_of(Clicked(45.0, 50.0), met).objects
    assert change.after is not None
    assert abs(pixels_of(change.after.geometry).areas()[0] - 314) < 90


def test_a_cell_too_unsure_to_be_shown_is_accepted_by_a_click() -> None:
    unsure, sure = cell(square(90, 90, 110, 110), 0.1), cell(square(120, 120, 140, 140), 0.9)
    met = replace(scene([unsure, sure]), is_hidden=lambda each: each.id == unsure.id)
    edit = edit_of(Clicked(100.0, 100.0), met)
    assert edit.kind is EditKind.REVIEW
    (change,) = edit.objects
    assert change.after is not None
    assert (change.id, change.after.status) == (unsure.id, Status.ACCEPTED)


@pytest.mark.parametrize("gesture", [Clicked(50.0, 50.0), BoxToMask((39.0, 39.0, 62.0, 62.0))])
def test_a_cell_of_which_only_the_box_was_known_gets_its_outline(gesture: Clicked | BoxToMask) -> None:
    one = cell(Geometry.of_box(40, 40, 61, 61))
    edit = edit_of(gesture, scene([one]))
    (change,) = edit.objects
    assert change.id == one.id
    assert change.after is not None
    assert change.after.geometry.kind is GeometryKind.MASK
    assert change.after.score == 0.9


def test_what_lies_outside_the_picture_is_refused_in_words() -> None:
    for gesture in (BoxDrawn((-9.0, -9.0, -2.0, -2.0)), Stroke(line((-50, -50)), 3.0), PointPlaced(300.0, 2.0)):
        with pytest.raises(BadParameter):
            edit_of(gesture, scene())

"""What each tool makes of presses, movements and releases, without a window."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest

from cellwright.ui.canvas.drawing import Marks, Pointer, drawing_of
from cellwright.ui.canvas.gestures import (
    BoxChanged,
    BoxDrawn,
    BoxToMask,
    Clicked,
    Filled,
    Gesture,
    Lassoed,
    LineDrawn,
    PointMoved,
    PointPlaced,
    PolygonDrawn,
    SeedsPlaced,
    Stroke,
    Tool,
)
from cellwright.ui.canvas.handles import Editable, grip_on_box, grip_on_point, handles_of

ID = UUID(int=7)
BOX = Editable(ID, (10.0, 20.0, 40.0, 60.0))


def drawn(tool: Tool, *steps: tuple[str, float, float], zoom: float = 1.0, shift: bool = False) -> list[Gesture]:
    drawing = drawing_of(tool, lambda: 5.0)
    found = []
    for event, y, x in steps:
        at = Pointer(y, x, zoom, shift)
        if event == "finish":
            found.append(drawing.finish())
        elif event == "back":
            drawing.step_back()
        else:
            found.append(getattr(drawing, event)(at))
    return [gesture for gesture in found if gesture is not None]


def click(y: float, x: float) -> list[tuple[str, float, float]]:
    return [("press", y, x), ("release", y, x)]


def path(*places: tuple[float, float]) -> list[tuple[str, float, float]]:
    return [("press", *places[0]), *(("drag", *place) for place in places[1:]), ("release", *places[-1])]


@pytest.mark.parametrize(("tool", "kind"), [(Tool.BOX, BoxDrawn), (Tool.BOX_MASK, BoxToMask)])
def test_a_drag_from_any_corner_is_a_box(tool: Tool, kind: type[BoxDrawn | BoxToMask]) -> None:
    assert drawn(tool, *path((30, 50), (10, 20))) == [kind((10, 20, 30, 50))]
    assert drawn(tool, *path((10, 50), (30, 20))) == [kind((10, 20, 30, 50))]
    assert drawn(tool, *click(30, 50)) == []
    # three picture pixels are a click far away and a box near by
    assert drawn(tool, *path((30, 50), (33, 53))) == []
    assert drawn(tool, *path((30, 50), (33, 53)), zoom=8) == [kind((30, 50, 33, 53))]


@pytest.mark.parametrize(
    ("tool", "gesture"),
    [(Tool.FILL, Filled(3, 4)), (Tool.CLICK, Clicked(3, 4)), (Tool.POINT, PointPlaced(3, 4))],
)
def test_a_click_is_a_place_and_a_drag_is_none(tool: Tool, gesture: Gesture) -> None:
    assert drawn(tool, *click(3, 4)) == [gesture]
    assert drawn(tool, *path((3, 4), (30, 4))) == []
    assert drawn(tool, ("release", 3, 4)) == []


@pytest.mark.parametrize(("tool", "erases"), [(Tool.PAINT, False), (Tool.ERASE, True)])
def test_a_stroke_has_every_place_of_the_mouse(tool: Tool, erases: bool) -> None:
    (stroke,) = drawn(tool, *path((1, 2), (3, 4), (3, 4), (5, 6)))
    assert isinstance(stroke, Stroke)
    assert stroke.path.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert (stroke.radius_px, stroke.is_erasing) == (5.0, erases)
    (dot,) = drawn(tool, *click(1, 2))
    assert isinstance(dot, Stroke)
    assert dot.path.tolist() == [[1, 2]]


def test_a_polygon_is_clicked_and_closed_by_its_first_corner_a_double_click_or_enter() -> None:
    corners = [*click(0, 0), *click(0, 90), *click(90, 90)]
    for end in ([("press", 3, 2)], [("double", 90, 90)], [("finish", 0, 0)]):
        (polygon,) = drawn(Tool.POLYGON, *corners, *end)
        assert isinstance(polygon, PolygonDrawn)
        assert polygon.points.tolist() == [[0, 0], [0, 90], [90, 90]]
    (shorter,) = drawn(Tool.POLYGON, *corners, *click(90, 0), ("back", 0, 0), ("finish", 0, 0))
    assert isinstance(shorter, PolygonDrawn)
    assert len(shorter.points) == 3
    assert drawn(Tool.POLYGON, *click(0, 0), *click(0, 90), ("finish", 0, 0)) == []


def test_a_free_outline_ends_when_the_button_comes_up() -> None:
    (polygon,) = drawn(Tool.POLYGON, *path((0, 0), (0, 50), (0.5, 51), (50, 50)))
    assert isinstance(polygon, PolygonDrawn)
    assert polygon.points.tolist() == [[0, 0], [0, 50], [50, 50]]  # a step of one screen pixel is no corner


def test_a_hand_that_trembles_still_clicks() -> None:
    drawing = drawing_of(Tool.POLYGON, lambda: 1.0)
    drawing.press(Pointer(10, 10))
    drawing.drag(Pointer(13, 10))
    assert drawing.release(Pointer(12, 10)) is None
    drawing.hover(Pointer(40, 40))
    assert drawing.marks() == Marks(((10, 10), (40, 40)), False, ((10, 10),))
    drawing.forget()
    assert drawing.marks() == Marks()


def test_scissors_cut_along_a_free_line_or_from_click_to_click() -> None:
    for steps in (path((0, 0), (30, 30)), [*click(0, 0), *click(30, 30), ("double", 30, 30)]):
        (line,) = drawn(Tool.SCISSORS, *steps)
        assert isinstance(line, LineDrawn)
        assert line.points.tolist() == [[0, 0], [30, 30]]
    assert drawn(Tool.SCISSORS, *click(0, 0), ("finish", 0, 0)) == []


def test_seeds_are_clicked_and_ended() -> None:
    steps = [*click(1, 1), *click(9, 9), *click(5, 5)]
    (seeds,) = drawn(Tool.SEEDS, *steps, ("back", 0, 0), ("finish", 0, 0))
    assert isinstance(seeds, SeedsPlaced)
    assert seeds.points.tolist() == [[1, 1], [9, 9]]
    assert drawn(Tool.SEEDS, *click(1, 1), ("finish", 0, 0)) == []


def test_a_lasso_adds_with_shift() -> None:
    for shift in (False, True):
        (lasso,) = drawn(Tool.LASSO, *path((0, 0), (0, 50), (50, 50)), shift=shift)
        assert isinstance(lasso, Lassoed)
        assert lasso.is_adding is shift
        assert lasso.points.tolist() == [[0, 0], [0, 50], [50, 50]]


def test_tools_that_draw_nothing_never_end() -> None:
    assert drawn(Tool.LOOK, *path((0, 0), (9, 9)), *click(3, 3), ("double", 3, 3), ("finish", 0, 0)) == []


def test_handles_move_their_edges_and_the_inside_moves_the_box() -> None:
    assert handles_of((0, 0, 4, 8)).tolist() == [[0, 0], [0, 8], [4, 8], [4, 0], [0, 4], [2, 8], [4, 4], [2, 0]]
    for place, box in (
        ((10, 20), (13, 25, 40, 60)),
        ((40, 60), (10, 20, 43, 65)),
        ((25, 60), (10, 20, 40, 65)),
        ((10, 40), (13, 20, 40, 60)),
        ((20, 32), (13, 25, 43, 65)),
    ):
        grip = grip_on_box(BOX, Pointer(*place))
        assert grip is not None
        grip.drag(Pointer(place[0] + 1, place[1] + 2))
        assert grip.release(Pointer(place[0] + 3, place[1] + 5)) == BoxChanged(ID, box)
    assert grip_on_box(BOX, Pointer(80, 80)) is None
    assert grip_on_box(None, Pointer(20, 30)) is None


def test_a_box_dragged_inside_out_is_turned_around() -> None:
    grip = grip_on_box(BOX, Pointer(10, 20))
    assert grip is not None
    assert grip.release(Pointer(50, 90)) == BoxChanged(ID, (40, 60, 50, 90))


def test_holding_without_moving_changes_nothing() -> None:
    grip = grip_on_box(BOX, Pointer(10, 20))
    assert grip is not None
    assert grip.release(Pointer(10.4, 20.4)) is None


def test_a_box_smaller_than_its_handles_can_still_be_moved() -> None:
    grip = grip_on_box(Editable(ID, (10.0, 10.0, 15.0, 15.0)), Pointer(12, 12))
    assert grip is not None
    assert grip.release(Pointer(22, 12)) == BoxChanged(ID, (20, 10, 25, 15))


def test_a_point_is_dragged_by_what_is_near_it_on_the_screen() -> None:
    chosen = Editable(ID, points=np.array([[10.0, 10, 1], [50, 50, 0]]))
    grip = grip_on_point(chosen, Pointer(53, 48))
    assert grip is not None
    assert grip.release(Pointer(63, 38)) == PointMoved(ID, 1, 60, 40)
    assert grip_on_point(chosen, Pointer(53, 48, zoom=8)) is None
    assert grip_on_point(BOX, Pointer(10, 10)) is None

"""What plots are made of: cells, bins, densities, boxes, gates and tables; no window is needed."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from cellwright.core import BadParameter, PixelSize, PixelSizeSource
from cellwright.export import read_table, write_csv
from cellwright.ui.state.class_style import ClassStyle
from cellwright.ui.state.marks import Marks
from cellwright.ui.state.picture import Picture
from cellwright.ui.state.plotting import Axis, Group, GroupBy, PlotKind, PlotSpec, Reach
from cellwright.ui.state.plotting_cells import PlottedCells, gather
from cellwright.ui.state.plotting_density import Frame, density, density_image, nearest
from cellwright.ui.state.plotting_gate import OPEN_END, Gate, filter_text, gated_rows
from cellwright.ui.state.plotting_gate_file import GateShelf, read_gates
from cellwright.ui.state.plotting_inside import inside
from cellwright.ui.state.plotting_shapes import (
    bandwidth,
    bin_of,
    box_figures,
    count_figures,
    histogram,
    violin_figures,
)
from cellwright.ui.state.plotting_table import plot_table
from cellwright.ui.state.plotting_ticks import log_ticks
from cellwright.ui.state.session import Session
from cellwright.workflows import count_table
from tests.ui.known_boxes import CLASSES, make_objects

STYLES = (
    ClassStyle("WBC", "White blood cell", "#0072B2", "W"),
    ClassStyle("RBC", "Red blood cell", "#D55E00", "R"),
    ClassStyle("PLT", "Platelet", "#E69F00", "P"),
)
AREA, SCORE = Axis("area_bbox", "px²"), Axis("score")
WIDTH = Axis("width", "px")


def opened(session: Session, name: str, n: int = 300, seed: int = 0) -> Picture:
    """A picture with boxes of different sizes."""
    (picture,) = session.add([Path("/nowhere") / name])
    objects = make_objects(n, seed=seed)
    rng = np.random.default_rng(seed + 100)
    boxes = np.floor(objects.boxes)
    boxes[:, 2:] = boxes[:, :2] + rng.integers(4, 40, (n, 2))
    session.set_objects(picture, replace(objects, boxes=boxes), STYLES)
    return picture


@pytest.fixture
def session() -> Session:
    """One picture with 300 boxes of three classes, shown."""
    made = Session()
    made.show(opened(made, "smear.png"))
    return made


def scatter(session: Session, **more: object) -> PlottedCells:
    return gather(session, replace(PlotSpec(x="area_bbox", y="score"), **more))  # type: ignore[arg-type]


def values_of(
    values: NDArray[np.float64], group: NDArray[np.int16] | None = None, *, is_log: bool = False,
    kind: PlotKind = PlotKind.HISTOGRAM, bins: int = 0,
) -> PlottedCells:  # fmt: skip
    """Cells of one column, made up."""
    of = np.zeros(len(values), np.int16) if group is None else group
    groups = tuple(Group(f"g{at}", f"Group {at}", "#0072B2") for at in range(int(of.max(initial=0)) + 1))
    return PlottedCells(
        PlotSpec(kind, x="a", y="a", x_log=is_log, y_log=is_log, bins=bins),
        (Axis("a", "µm", is_log),),
        (values,),
        of,
        groups,
        np.zeros(len(values), np.int32),
        np.arange(len(values)),
        (Picture(Path("/nowhere/a.png")),),
        np.array([len(values)]),
    )


# ---- cells


def test_a_plot_shows_the_cells_that_the_picture_shows(session: Session) -> None:
    picture = session.current
    assert picture is not None
    cells = scatter(session)
    assert np.array_equal(cells.row, session.shown(picture))
    objects = picture.objects
    assert objects is not None
    assert np.array_equal(cells.values[1], objects.scores[cells.row])
    assert np.array_equal(cells.values[0], (objects.sizes[cells.row].prod(axis=1)))
    assert [group.colour for group in cells.groups] == [style.colour for style in STYLES]
    assert np.array_equal(cells.group, objects.class_index[cells.row])
    session.set_visible("RBC", False)
    assert [group.name for group in scatter(session).groups] == ["WBC", "PLT"]


def test_cells_without_a_place_on_an_axis_are_left_out_and_told_of(session: Session) -> None:
    picture = session.current
    assert picture is not None
    assert picture.objects is not None
    scores = picture.objects.scores.copy()
    scores[:] = 0.9
    drawn = np.zeros(300, np.int32)
    drawn[:7] = 1
    marks = Marks(np.zeros(300, np.uint8), drawn, ("model:a", "person:B"))
    boxes = picture.objects.boxes.copy()
    boxes[7:12, 2] = boxes[7:12, 0]
    session.set_objects(picture, replace(picture.objects, scores=scores, boxes=boxes), STYLES, marks)
    assert scatter(session).left_out == ("7 cells without a value",)
    cells = scatter(session, x_log=True)
    assert len(cells) == 300 - 12
    assert cells.left_out == ("7 cells without a value", "5 cells at 0 or below, where a log axis has no place")
    assert np.allclose(10 ** cells.placed[0], cells.values[0])


def test_groups_are_classes_pictures_or_statuses(session: Session) -> None:
    other = opened(session, "other.png", 200, seed=1)
    every = scatter(session, group=GroupBy.PICTURE, reach=Reach.ALL)
    assert [group.title for group in every.groups] == ["smear.png", "other.png"]
    assert np.array_equal(every.picture, every.group)
    assert np.array_equal(every.rows_on(other), session.shown(other))
    assert len(scatter(session, group=GroupBy.PICTURE)) < len(every)
    status = np.arange(200, dtype=np.uint8) % 3
    assert other.objects is not None
    session.set_objects(other, other.objects, STYLES, Marks(status, np.zeros(200, np.int32), ("model:a",)))
    session.show(other)
    cells = scatter(session, group=GroupBy.STATUS)
    assert [group.title for group in cells.groups] == ["Unreviewed", "Accepted", "Corrected"]
    assert np.array_equal(cells.group, status[cells.row])
    assert len(scatter(session, group=GroupBy.NONE).groups) == 1


def test_two_pictures_of_one_name_are_two_groups(session: Session) -> None:
    (twin,) = session.add([Path("/elsewhere/smear.png")])
    session.set_objects(twin, make_objects(40, seed=3), STYLES)
    assert len(scatter(session, group=GroupBy.PICTURE, reach=Reach.ALL).groups) == 2


def test_pictures_in_another_unit_are_left_out(session: Session) -> None:
    other = opened(session, "other.png", 50, seed=1)
    session.set_pixel_size(other, PixelSize(0.5, 0.5, PixelSizeSource.USER))
    cells = scatter(session, reach=Reach.ALL)
    assert cells.pictures == (session.current,)
    assert cells.left_out == ("1 picture without these columns in these units",)


def test_chosen_rows_are_found_among_the_cells_that_are_drawn(session: Session) -> None:
    cells = scatter(session)
    rows = cells.row[5:9]
    mask = cells.are_chosen(session.current, np.append(rows, 10**9))
    assert np.array_equal(cells.row[mask], rows)
    assert not cells.are_chosen(None, rows).any()


# ---- histograms, boxes, violins, counts


@given(
    arrays.arrays(np.float64, st.integers(0, 60), elements=st.floats(-1e6, 1e6, width=32)),
    st.sampled_from([0, 1, 7, 200]),
)
def test_every_cell_is_in_one_bin(values: NDArray[np.float64], bins: int) -> None:
    group = (np.arange(len(values)) % 3).astype(np.int16)
    found = histogram(values_of(values, group, bins=bins))
    assert found.counts.sum() == len(values)
    assert found.counts.sum(axis=1).tolist() == np.bincount(group, minlength=len(found.counts)).tolist()
    assert len(found.edges) == found.counts.shape[1] + 1
    at = bin_of(found, values)
    assert (at >= 0).all()
    assert np.abs(np.bincount(at, minlength=found.counts.shape[1]) - found.counts.sum(axis=0)).sum() <= 2


def test_bins_of_a_log_axis_are_equal_ratios() -> None:
    found = histogram(values_of(np.geomspace(1, 1000, 31), is_log=True, bins=3))
    assert np.allclose(found.edges_in_units(is_log=True), [1, 10, 100, 1000])
    assert found.counts.tolist() == [[10, 10, 11]]


def test_a_box_worked_out_by_hand() -> None:
    values = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 100])
    (box,) = box_figures(values_of(values, kind=PlotKind.BOX))
    assert (box.n, box.low, box.first, box.median, box.third, box.high) == (9, 1, 3, 5, 7, 8)
    assert values[box.outside].tolist() == [100]
    (alone,) = box_figures(values_of(np.array([4.0]), kind=PlotKind.BOX))
    assert (alone.low, alone.median, alone.high) == (4, 4, 4)


def test_a_violin_is_the_kernel_estimate_of_scipy() -> None:
    from scipy.stats import gaussian_kde

    values = np.random.default_rng(3).gamma(4, 10, 3000)
    (violin,) = violin_figures(values_of(values, kind=PlotKind.VIOLIN))
    assert np.trapezoid(violin.density, violin.at) == pytest.approx(1, abs=2e-3)
    theirs = gaussian_kde(values, bandwidth(values) / values.std(ddof=1))(violin.at)
    assert np.abs(violin.density - theirs).max() < 2e-3 * theirs.max()
    (few,) = violin_figures(values_of(values[:3], kind=PlotKind.VIOLIN))
    assert len(few.at) == 0


def test_counts_have_the_intervals_of_the_counts_panel(session: Session) -> None:
    picture = session.current
    assert picture is not None
    assert picture.objects is not None
    cells = gather(session, PlotSpec(PlotKind.COUNTS))
    table = count_table(picture.objects, session.thresholds_for(picture))
    for group, figure in zip(cells.groups, count_figures(cells), strict=True):
        row = table.row(group.name)
        assert (figure.count, figure.share) == (row.count, row.share)
        assert figure.count_interval == row.count_interval
        assert figure.share_interval == row.share_interval


def test_hiding_a_class_changes_no_share_and_a_class_not_found_is_told(session: Session) -> None:
    picture = session.current
    assert picture is not None
    assert picture.objects is not None
    before = count_figures(gather(session, PlotSpec(PlotKind.COUNTS)))
    session.set_visible("WBC", False)
    cells = gather(session, PlotSpec(PlotKind.COUNTS))
    assert [group.name for group in cells.groups] == ["RBC", "PLT"]
    assert count_figures(cells) == before[1:]
    only = replace(picture.objects, class_index=np.full(300, CLASSES.index("RBC"), np.int16))
    session.set_objects(picture, only, STYLES)
    assert [figure.count > 0 for figure in count_figures(gather(session, PlotSpec(PlotKind.COUNTS)))] == [True, False]


def test_counts_of_many_pictures_have_intervals_that_know_how_much_they_differ() -> None:
    session = Session()
    for number, n in enumerate((20, 200, 30, 400, 10, 250)):
        opened(session, f"{number}.png", n, seed=number)
    session.show(session.pictures[0])
    cells = gather(session, PlotSpec(PlotKind.COUNTS, reach=Reach.ALL))
    alone = PlottedCells(
        cells.spec, (), (), cells.group, cells.groups, np.zeros(len(cells), np.int32), cells.row, cells.pictures[:1],
        cells.counted.sum(keepdims=True),
    )  # fmt: skip
    for wide, narrow in zip(count_figures(cells), count_figures(alone), strict=True):
        assert wide.count == narrow.count
        assert wide.count_interval.high - wide.count_interval.low > 3 * (
            narrow.count_interval.high - narrow.count_interval.low
        )


# ---- density


@given(st.integers(0, 400), st.integers(1, 9), st.integers(1, 9), st.integers(0, 5))
def test_a_density_counts_every_cell_in_view_once(n: int, columns: int, rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-1, 2, n), rng.uniform(-1, 2, n)
    group = rng.integers(0, 3, n).astype(np.int16)
    counts = density(Frame(0, 0, 1, 1, columns, rows), x, y, group, 3)
    seen = (x >= 0) & (x < 1) & (y >= 0) & (y < 1)
    assert counts.sum() == seen.sum()
    assert counts.sum(axis=(1, 2)).tolist() == np.bincount(group[seen], minlength=3).tolist()


def test_a_density_is_the_histogram_of_numpy() -> None:
    rng = np.random.default_rng(0)
    # sixty-fourths: no rounding decides in which square a point lies
    x, y = rng.integers(0, 64, 5000) / 64, rng.integers(0, 64, 5000) / 64
    counts = density(Frame(0, 0, 1, 1, 16, 8), x, y, np.zeros(5000, np.int16), 1)[0]
    theirs, _, _ = np.histogram2d(y, x, (8, 16), ((0, 1), (0, 1)))
    assert np.array_equal(counts, theirs)


def test_a_density_is_drawn_in_the_mixture_of_its_groups() -> None:
    counts = np.zeros((2, 1, 3), np.int64)
    counts[0, 0, 1], counts[1, 0, 1], counts[1, 0, 2] = 1, 3, 100
    image = density_image(counts, ("#000000", "#80c8f0"))
    assert image[0, 0, 3] == 0
    assert image[0, 1, :3].tolist() == [96, 150, 180]
    assert image[0, 2, 3] == 255 > image[0, 1, 3] > 80


def test_the_cell_nearest_on_the_screen_is_the_one_meant() -> None:
    x, y = np.array([0.0, 10.0, 10.0]), np.array([0.0, 0.0, 0.5])
    assert nearest(x, y, (10, 0.4), (1.0, 0.05)) == 2
    assert nearest(x, y, (10, 0.1), (1.0, 0.1)) == 1
    assert nearest(x, y, (100, 0), (1.0, 0.1)) is None
    assert nearest(x[:0], y[:0], (0, 0), (1.0, 1.0)) is None


# ---- gates

corner = st.tuples(st.integers(-12, 12), st.integers(-12, 12))


def exactly_inside(corners: list[tuple[int, int]], x: int, y: int) -> bool:
    """Even-odd rule in whole numbers: edges crossed on the way to the right, each with its upper end left out."""
    odd = False
    for ends in zip(corners, corners[1:] + corners[:1], strict=True):
        (x0, y0), (x1, y1) = sorted(ends, key=lambda end: end[1])
        if y0 <= y < y1:
            odd ^= (x - x0) * (y1 - y0) < (x1 - x0) * (y - y0)
    return odd


@given(st.lists(corner, min_size=3, max_size=12))
def test_a_gate_holds_what_an_exact_count_of_crossings_holds(corners: list[tuple[int, int]]) -> None:
    x, y = (part.ravel() for part in np.meshgrid(np.arange(-13, 14), np.arange(-13, 14)))
    found = inside(np.array(corners, float) / 4, x / 4, y / 4)
    assert found.tolist() == [exactly_inside(corners, a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]


@pytest.mark.parametrize("seed", range(4))
def test_a_gate_around_many_cells_holds_what_matplotlib_holds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    turns = np.sort(rng.uniform(0, 2 * np.pi, 90))
    if seed % 2:
        rng.shuffle(turns)  # crosses itself, as a hasty lasso does
    far = rng.uniform(0.2, 1, 90)
    corners = np.stack([1e4 * far * np.cos(turns), 1e-3 * far * np.sin(turns)], axis=1)
    x, y = rng.uniform(-1.1e4, 1.1e4, 60_000), rng.uniform(-1.1e-3, 1.1e-3, 60_000)
    found = inside(corners, x, y)
    if seed % 2 == 0:
        assert np.array_equal(
            found, Outline(corners * [1, 1e7], closed=False).contains_points(np.stack([x, 1e7 * y], 1))
        )
    few = np.concatenate([inside(corners, x[at : at + 1000], y[at : at + 1000]) for at in range(0, 60_000, 1000)])
    assert np.array_equal(found, few), "many points are decided as few are"


def test_a_gate_on_log_axes_is_straight_between_logarithms() -> None:
    axes = Axis("a", "µm", True), Axis("b")
    gate = Gate.drawn(axes, [(0, 0), (2, 0), (2, 2)])
    assert gate.corners == ((1.0, 0.0), (100.0, 0.0), (100.0, 2.0))
    a, b = np.array([10.0, 10.0, 0.0, -5.0, np.nan]), np.array([0.9, 1.1, 0.1, 0.1, 0.1])
    assert gate.holds((a, b)).tolist() == [True, False, False, False, False]


def test_a_stretch_holds_its_lower_end_alone() -> None:
    gate = Gate((AREA,), ((20.0,), (40.0,)))
    assert gate.holds((np.array([19.9, 20, 39.9, 40, np.nan]),)).tolist() == [False, True, True, False, False]


@pytest.mark.parametrize(
    ("axes", "corners"),
    [
        ((AREA,), ((1.0,),)),
        ((AREA, SCORE), ((0.0, 0.0), (1.0, 1.0))),
        ((), ((1.0,), (2.0,))),
        ((Axis("a", "", True),), ((0.0,), (2.0,))),
        ((AREA,), ((float("nan"),), (2.0,))),
    ],
)
def test_impossible_gates_are_refused(axes: tuple[Axis, ...], corners: tuple[tuple[float, ...], ...]) -> None:
    with pytest.raises(BadParameter):
        Gate(axes, corners)


def test_a_gate_chooses_on_the_next_picture_too(session: Session) -> None:
    other = opened(session, "other.png", 150, seed=9)
    gate = Gate((AREA, SCORE), ((100.0, 0.5), (700.0, 0.5), (700.0, 0.9), (100.0, 0.9)), "small")
    assert other.objects is not None
    rows = gated_rows(session, other, gate)
    area, score = other.objects.sizes.prod(axis=1), other.objects.scores
    wanted = np.flatnonzero((area >= 100) & (area < 700) & (score >= 0.5) & (score < 0.9))
    assert np.array_equal(rows, np.intersect1d(wanted, session.shown(other)))


def test_a_gate_in_another_unit_says_so(session: Session) -> None:
    picture = session.current
    assert picture is not None
    with pytest.raises(BadParameter, match=r"no column shininess.*measure it"):
        gated_rows(session, picture, Gate((Axis("shininess"),), ((0.0,), (1.0,))))
    with pytest.raises(BadParameter, match=r"in µm².*px².*pixel size"):
        gated_rows(session, picture, Gate((Axis("area_bbox_um2", "µm²"),), ((0.0,), (1.0,))))


def test_upright_gates_can_be_said_as_a_filter(session: Session) -> None:
    picture = session.current
    assert picture is not None
    gate = Gate((AREA, SCORE), ((100.0, 0.6), (700.0, 0.6), (700.0, 0.9), (100.0, 0.9)))
    text = filter_text(gate)
    assert text == "area_bbox >= 100.0 and area_bbox < 700.0 and score >= 0.6 and score < 0.9"
    wanted = gated_rows(session, picture, gate)
    session.show_only(text)
    assert np.array_equal(session.shown(picture), wanted)
    assert filter_text(Gate((AREA,), ((5.0,), (OPEN_END,)))) == "area_bbox >= 5.0"
    assert filter_text(Gate((AREA, SCORE), ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)))) == ""
    assert filter_text(Gate((AREA, SCORE), ((0.0, 0.0), (2.0, 1.0), (2.0, 2.0), (0.0, 1.0)))) == ""


def test_named_gates_are_there_again(tmp_path: Path) -> None:
    path = tmp_path / "gates.json"
    shelf = GateShelf(path)
    first = Gate((AREA, SCORE), ((0.1, 1 / 3), (7.0, 0.5), (7.0, 0.9)))
    second = Gate((Axis("area_um2", "µm²", True),), ((5.0,), (OPEN_END,)), "large")
    shelf.put(first.named(" small "))
    shelf.put(second)
    again = GateShelf(path)
    assert again.gates == (first.named("small"), second)
    again.put(second.named("small"))
    again.drop("large")
    again.drop("nothing")
    assert GateShelf(path).gates == (second.named("small"),)
    assert again.named("large") is None
    with pytest.raises(BadParameter, match="name"):
        shelf.put(first)


def test_a_file_that_holds_no_gates_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "gates.json"
    path.write_text('{"format": "cellwright gates 9", "gates": []}')
    with pytest.raises(BadParameter, match="no file of gates"):
        read_gates(path)
    shelf = GateShelf(path)
    shelf.put(Gate((AREA,), ((0.0,), (1.0,)), "mine"))
    assert "gates 9" in path.read_text()


# ---- tables


def column(path: Path, name: str) -> list[str]:
    return [str(cell) for cell in read_table(path).column(name).values]


def test_a_scatter_plot_read_back_is_what_was_drawn(session: Session, tmp_path: Path) -> None:
    cells = scatter(session)
    gate = Gate((AREA, SCORE), ((100.0, 0.5), (700.0, 0.5), (700.0, 0.9)), "small")
    other = Gate((SCORE,), ((0.0,), (1.0,)), "elsewhere")
    table = plot_table(cells, (gate, other))
    path = write_csv(tmp_path / "plot.csv", table)
    picture = session.current
    assert picture is not None
    assert picture.objects is not None
    assert [float(text) for text in column(path, "area_bbox")] == cells.values[0].tolist()
    assert [float(text) for text in column(path, "score")] == cells.values[1].tolist()
    assert column(path, "id") == picture.objects.take(cells.row).id_strings()
    assert column(path, "group") == [cells.groups[at].name for at in cells.group]
    assert [text == "true" for text in column(path, "gate small")] == gate.holds(cells.values).tolist()
    assert "gate elsewhere" not in table.header
    assert table.column("area_bbox").unit == "px²"


def test_the_other_plots_read_back_are_what_was_drawn(session: Session, tmp_path: Path) -> None:
    gate = Gate((AREA,), ((100.0,), (700.0,)), "small")
    bars = gather(session, PlotSpec(PlotKind.HISTOGRAM, x="area_bbox"))
    path = write_csv(tmp_path / "bars.csv", plot_table(bars, (gate,)))
    found = histogram(bars)
    assert [float(text) for text in column(path, "area_bbox_from")] == found.edges[:-1].tolist()
    assert [int(text) for text in column(path, "count RBC")] == found.counts[1].tolist()
    assert sum(int(text) for text in column(path, "gate small")) == gate.holds(bars.values).sum()

    boxes = gather(session, PlotSpec(PlotKind.BOX, y="area_bbox", y_log=True))
    path = write_csv(tmp_path / "boxes.csv", plot_table(boxes))
    medians = [np.median(np.log10(boxes.values[0][boxes.of_group(at)])) for at in range(3)]
    assert [float(text) for text in column(path, "area_bbox_median")] == pytest.approx(10 ** np.array(medians))

    violins = gather(session, PlotSpec(PlotKind.VIOLIN, y="area_bbox"))
    path = write_csv(tmp_path / "violins.csv", plot_table(violins))
    dense = np.concatenate([figure.density for figure in violin_figures(violins)])
    assert [float(text) for text in column(path, "density")] == dense.tolist()

    counts = gather(session, PlotSpec(PlotKind.COUNTS))
    path = write_csv(tmp_path / "counts.csv", plot_table(counts))
    assert [int(text) for text in column(path, "count")] == [figure.count for figure in count_figures(counts)]


def test_a_column_against_itself_is_written_once(session: Session) -> None:
    table = plot_table(scatter(session, y="area_bbox"))
    assert table.header.count("area_bbox") == 1


# ---- ticks


@given(st.floats(-12, 12), st.floats(0.001, 20), st.integers(60, 900))
def test_numbers_beside_a_log_axis_are_right_and_apart(low: float, span: float, length: int) -> None:
    ticks = log_ticks(low, low + span, length, 38)
    assert all(low <= place <= low + span for place, _ in ticks)
    assert all(float(words) == pytest.approx(10**place, rel=1e-5) for place, words in ticks)
    assert all((after - before) * length / span >= 37.9 for (before, _), (after, _) in pairwise(ticks))


def test_numbers_beside_a_log_axis_are_those_a_person_would_choose() -> None:
    def words(low: float, high: float, length: float) -> list[str]:
        return [said for _, said in log_ticks(low, high, length, 38)]

    assert words(0, 3, 150) == ["1", "10", "100", "1000"]
    assert words(0, 2, 300) == ["1", "2", "5", "10", "20", "50", "100"]
    assert words(1.9, 2.1, 300)[:2] == ["80", "90"]
    assert words(2, 2, 300) == words(200, 700, 300) == words(float("nan"), 1, 300) == []

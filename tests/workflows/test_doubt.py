from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellwright.annotation import (
    Answer,
    AuditItemRecord,
    AuditRecord,
    Draw,
    Drawn,
    Edit,
    Status,
    window_judged,
)
from cellwright.core import BadParameter, Box, Masks
from cellwright.datasets import LabelledPicture, read_dataset
from cellwright.jobs import run_inline
from cellwright.project import Project
from cellwright.workflows.audit import (
    EMPTY_WINDOWS,
    Population,
    Strata,
    draw_audit,
    populations,
    strata_of,
    window_populations,
)
from cellwright.workflows.cell_features import FEATURES, DescribeCells, areas_px2, shape_features
from cellwright.workflows.doubt import (
    Order,
    decisions_for,
    decisions_of,
    margins,
    ordered,
    outlierness,
    rival_scores,
    same_places,
)
from cellwright.workflows.empty_windows import EmptyWindow, FindEmptyWindows, windows
from tests.project.made import project_in, seen, table, uuids

NO_BOXES, NO_SCORES = np.zeros((0, 4), np.float32), np.zeros(0, np.float32)


def test_the_nearer_of_two_other_answers_is_the_margin() -> None:
    scores = np.array([0.55, 0.9, 0.9, np.nan, 0.2])
    rivals = np.array([0.0, 0.85, 0.0, 0.0, 0.0])
    got = margins(scores, np.full(5, 0.5), rivals)
    assert got == pytest.approx([0.05, 0.05, 0.4, 1.0, 0.3])


def test_a_rival_is_of_another_class_at_the_same_place() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [0, 1, 10, 11], [50, 50, 60, 60]], float)
    got = rival_scores(same_places(boxes), np.array([0, 1, 0, 1]), np.array([0.9, 0.4, 0.3, 0.8]))
    assert got == pytest.approx([0.4, 0.9, 0.4, 0.0])


def test_what_is_unlike_its_class_stands_first_and_unknown_features_count_for_nothing() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(0, 1, (60, 3))
    features[:, 2] = np.nan
    features[30:] += 100  # another class is as usual as this one
    features[7, 0] = 9
    groups = np.repeat([0, 1], 30)
    got = outlierness(features, groups)
    assert got.argmax() == 7
    assert np.isfinite(got).all()
    assert got[30:].max() < got[7]


def test_a_class_of_few_is_measured_against_all_and_equal_cells_are_no_outliers() -> None:
    features = np.array([[1.0]] * 9 + [[4.0]])
    got = outlierness(features, np.array([0] * 9 + [1]))
    assert (got[:9] < got[9]).all()
    assert outlierness(np.ones((5, 2)), np.zeros(5, int)).tolist() == [0] * 5
    assert outlierness(np.empty((0, 2)), np.empty(0, int)).shape == (0,)
    with pytest.raises(BadParameter, match="as many rows"):
        outlierness(np.ones((5, 2)), np.zeros(4, int))


def test_orders_begin_with_the_most_doubtful_and_the_largest_and_else_follow_the_picture() -> None:
    boxes = np.array([[9, 0, 10, 1], [0, 5, 1, 6], [0, 2, 1, 3]], float)
    values = {Order.DOUBT: np.array([0.3, 0.1, 0.1]), Order.SIZE: np.array([1.0, 9.0, 4.0])}
    assert ordered(Order.DOUBT, values, boxes).tolist() == [2, 1, 0]
    assert ordered(Order.SIZE, values, boxes).tolist() == [1, 2, 0]
    assert ordered(Order.PLACE, values, boxes).tolist() == [2, 1, 0]
    assert ordered(Order.OUTLIERNESS, values, boxes).tolist() == [2, 1, 0]


def test_decisions_are_those_of_the_models_cards(tmp_path: Path) -> None:
    from cellwright.annotation import EditKind, ModelRecord, RecordChange

    with project_in(tmp_path) as project:
        card = json.dumps({"thresholds": {"confidence": {"NEU": 0.35}}})
        model = ModelRecord(1, "blood", "0" * 64, card)
        project.apply(Edit(EditKind.MIXED, records=(RecordChange(None, model),)), "A.")
        known = decisions_of(project)
    assert known == {1: 0.35, 2: 0.5}
    assert decisions_for(np.array([2, 1, 7]), known).tolist() == [0.5, 0.35, 0.5]


def test_a_mask_has_its_own_area_and_a_box_that_of_its_sides() -> None:
    boxes = np.array([[0, 0, 4, 8], [0, 0, 2, 2]], np.float32)
    masks = Masks.from_spans(np.array([0, 0]), np.array([[0, 0, 8], [1, 0, 8]]), 2)
    assert areas_px2(boxes, masks).tolist() == [16, 4]
    got = shape_features(boxes, masks)
    assert got[0] == pytest.approx([np.log(16), np.log(0.5), 0.5])
    assert np.isnan(got[1, 2])


def test_an_odd_coloured_cell_of_a_real_picture_is_found(data_dir: Path, tmp_path: Path) -> None:
    from PIL import Image

    item = _validation(data_dir, 15)[0]
    boxes = item.boxes
    pixels = np.array(Image.open(item.path).convert("RGB"))
    y0, x0, y1, x1 = boxes[3].astype(int)
    pixels[y0:y1, x0:x1] = (20, 200, 20)
    Image.fromarray(pixels).save(tmp_path / "odd.png")
    features = run_inline(DescribeCells(tmp_path / "odd.png", boxes))
    assert features.shape == (len(boxes), len(FEATURES))
    assert outlierness(features, np.zeros(len(boxes), int)).argmax() == 3


# ---- empty windows


@dataclass
class Hidden:
    """A real picture some of whose cells were not found."""

    path: Path
    found: np.ndarray
    missed: np.ndarray


def _hidden(data_dir: Path) -> list[Hidden]:
    rng = np.random.default_rng(0)
    out = []
    for each in _validation(data_dir, 8)[:20]:
        is_missed = rng.random(len(each)) < 0.2
        boxes = each.boxes
        out.append(Hidden(each.path, boxes[~is_missed], boxes[is_missed]))
    return out


def _validation(data_dir: Path, fewest: int) -> list[LabelledPicture]:
    labelled, _ = read_dataset(data_dir / "blood_txl_pbc", "yolo", split="val")
    return [each for each in labelled if len(each) >= fewest]


def _holds(window: EmptyWindow, box: np.ndarray) -> bool:
    return window.box.contains_point((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)


def test_windows_lead_to_cells_that_were_missed(data_dir: Path) -> None:
    hidden = _hidden(data_dir)
    shown = [run_inline(FindEmptyWindows(each.path, each.found, NO_BOXES, NO_SCORES)) for each in hidden]
    missed = [any(_holds(w, box) for w in s) for each, s in zip(hidden, shown, strict=True) for box in each.missed]
    right = [any(_holds(w, box) for box in each.missed) for each, s in zip(hidden, shown, strict=True) for w in s[:3]]
    assert np.mean(missed) > 0.7
    assert np.mean(right) > 0.75


def test_candidates_below_the_threshold_are_worth_a_look_unless_they_are_second_guesses(data_dir: Path) -> None:
    each = _hidden(data_dir)[0]
    every = np.concatenate([each.found, each.missed])
    candidates = np.array([[0, 0, 30, 30]], np.float32)
    second = each.found[:1] + np.float32(1)
    scores = np.array([0.3, 0.4], np.float32)
    shown = run_inline(FindEmptyWindows(each.path, every, np.concatenate([candidates, second]), scores))
    with_candidates = [window for window in shown if window.candidates]
    assert [window.candidates for window in with_candidates] == [1]
    assert with_candidates[0].box.contains_point(15, 15)
    after = run_inline(FindEmptyWindows(each.path, every, candidates, scores[:1], (with_candidates[0].box,)))
    assert not any(window.candidates for window in after)


def test_windows_tile_the_picture_and_the_fullest_comes_first() -> None:
    left_over = np.zeros((40, 60), np.bool_)
    left_over[3:9, 3:9] = True
    left_over[30:39, 42:58] = True
    found = windows((80, 120), left_over, 2.0, 10.0, NO_BOXES, NO_SCORES)
    assert [each.box for each in found][:1] == [Box(40, 80, 80, 120)]
    assert found[0].cells == pytest.approx(9 * 16 * 4 / 100)
    assert len({each.box for each in found}) == len(found)
    assert windows((80, 120), np.zeros((40, 60), np.bool_), 2.0, 10.0, NO_BOXES, NO_SCORES) == []


# ---- audits


def _groups(sizes: list[int]) -> list[Population]:
    rng = np.random.default_rng(1)
    return [Population(f"c{i}", tuple((UUID(bytes=rng.bytes(16)), 1) for _ in range(n))) for i, n in enumerate(sizes)]


def _drawn(edit: Edit) -> tuple[AuditRecord, list[AuditItemRecord]]:
    audit, *items = [change.after for change in edit.records]
    assert isinstance(audit, AuditRecord)
    return audit, items  # type: ignore[return-value]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=5), st.integers(1, 100), st.integers(0, 10))
def test_every_draw_is_honest_about_its_chances(sizes: list[int], size: int, seed: int) -> None:
    groups = _groups(sizes)
    audit, items = _drawn(draw_audit(groups, size, seed, "A.", (3, 11)))
    strata = strata_of(audit)
    assert [stratum["population"] for stratum in strata] == sizes
    assert audit.size == len(items) == len({each.object for each in items})
    assert min(size, sum(sizes)) <= audit.size <= min(size + len(sizes), sum(sizes))
    for number, (group, stratum) in enumerate(zip(groups, strata, strict=True)):
        mine = [each for each in items if each.stratum == number]
        assert len(mine) == stratum["size"] and mine
        assert {each.probability for each in mine} == {len(mine) / len(group.members)}
        assert {each.object for each in mine} <= {name.hex for name, _ in group.members}
    # Horvitz & Thompson: the weights of what was drawn add up to the population.
    assert sum(1 / each.probability for each in items) == pytest.approx(sum(sizes))


def test_a_draw_can_be_made_again_whatever_the_order_of_the_objects() -> None:
    groups = _groups([50, 20])
    turned = [Population(group.name, group.members[::-1]) for group in groups]
    once, again = (_drawn(draw_audit(each, 12, 7, "A.", (1, 1)))[1] for each in (groups, turned))
    other = _drawn(draw_audit(groups, 12, 8, "A.", (1, 1)))[1]
    assert once == again
    assert {each.object for each in once} != {each.object for each in other}


def test_every_object_is_drawn_as_often_as_its_probability_says() -> None:
    groups = _groups([10])
    seen_times = dict.fromkeys((name.hex for name, _ in groups[0].members), 0)
    for seed in range(1000):
        for item in _drawn(draw_audit(groups, 3, seed, "A.", (1, 1)))[1]:
            seen_times[item.object] += 1
    # Binomial with 1,000 draws and p = 0.3: five standard deviations are 72.
    assert all(abs(times - 300) < 72 for times in seen_times.values())


def test_an_audit_leaves_rejected_objects_out_and_is_kept_in_the_project(tmp_path: Path) -> None:
    objects = table(40)
    with project_in(tmp_path) as project:
        project.add_objects(1, objects, "m")
        project.change_objects(uuids(objects)[:10], "A.", status=Status.REJECTED)
        groups = populations(project, Strata.CLASS)
        assert sum(len(group.members) for group in groups) == 30
        assert [group.name for group in groups] == ["EOS", "NEU"]
        project.apply(draw_audit(groups, 6, 1, "A.", project.next_audit()), "A.")
        (audit,) = project.audits()
        assert (audit.population, audit.size, audit.seed) == (30, 6, 1)
        assert len(project.audit_items(audit.id)) == 6
        assert {each.drawn.value for each in project.audit_draws(audit.id).values()} == {"audit"}
        assert str(project.audit_progress(audit.id)) == "0 of 6 reviewed"
        project.undo("A.")
        assert project.audits() == []
        assert seen(project)
        assert [group.name for group in populations(project, Strata.PICTURE)] == ["../blood.png #1"]
        assert populations(project, Strata.NONE, [2]) == []


@given(st.integers(20, 400), st.integers(20, 400), st.integers(1, 30), st.integers(0, 10))
@settings(max_examples=20)
def test_drawn_windows_tile_the_picture_and_tell_their_chances(h: int, w: int, size: int, seed: int) -> None:
    objects = table(12)
    with TemporaryDirectory() as folder, project_in(Path(folder)) as project:
        project.add_objects(1, objects, "m")
        groups = window_populations(project, {1: (h, w)})
        covered = np.zeros((h, w), np.int64)
        for group in groups:
            for window, picture in group.members:
                assert picture == 1
                covered[window.y0 : window.y1, window.x0 : window.x1] += 1
        assert (covered == 1).all()
        empty = next(group for group in groups if group.name == EMPTY_WINDOWS)
        middles = (objects.boxes[:, :2] + objects.boxes[:, 2:]) / 2
        inside = middles[(middles < [h, w]).all(1)]
        assert not any(window.contains_point(y, x) for window, _ in empty.members for y, x in inside.tolist())
        edit = draw_audit(populations(project, Strata.NONE), 5, seed, "A.", (1, 1), None, groups, size)
        audit, items = _drawn(edit)
        strata = strata_of(audit)
        windows = [each for each in items if each.window is not None]
        assert {strata[each.stratum]["of"] for each in windows} == {"windows"}
        total = sum(len(group.members) for group in groups)
        assert sum(1 / each.probability for each in windows) == pytest.approx(total)
        known = {window for group in groups for window, _ in group.members}
        assert {each.window for each in windows} <= known
        assert sum(each.window is None for each in items) == 5
        # With windows beside them the same cells are drawn as without.
        plain = _drawn(draw_audit(populations(project, Strata.NONE), 5, seed, "A.", (1, 1)))[1]
        assert {each.object for each in plain} == {each.object for each in items if each.window is None}


def test_windows_of_an_audit_are_answered_for_it(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        project.add_objects(1, table(12), "m")
        windows = window_populations(project, {1: (300, 300)})
        project.apply(draw_audit((), 0, 1, "A.", project.next_audit(), None, windows, 3), "A.")
        (audit,) = project.audits()
        items = project.audit_items(audit.id)
        assert project.audit_draws(audit.id) == {} and audit.size == len(items) >= 3
        first = items[0]
        assert first.window is not None
        draw = Draw(Drawn.AUDIT, first.probability, audit.id)
        for _ in range(2):  # said twice, it counts once
            step = window_judged(1, first.window, project.reviewer("A."), is_complete=False, draw=draw)
            project.apply(step, "A.")
        assert project.audit_progress(audit.id).reviewed == 1
        answers = project.audit_reviews(audit.id)
        assert {each.answer for each in answers} == {Answer.MISSED}
        assert {each.probability for each in answers} == {first.probability}
        assert project.window_reviews() == []  # the queue of likely places is kept apart


def test_nothing_to_draw_from_is_said() -> None:
    for groups, size, seed in (([], 5, 1), (_groups([3]), 0, 1), (_groups([3]), 1, -1)):
        with pytest.raises(BadParameter, match="at least one object"):
            draw_audit(groups, size, seed, "A.", (1, 1))


def test_the_project_belongs_to_whoever_opened_it(tmp_path: Path) -> None:
    project_in(tmp_path).close()
    with Project(tmp_path / "p", read_only=True) as project:
        assert populations(project, Strata.NONE) == []

"""Which prediction answers for which box: hand-made grids, and the laws of alignment."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from cellwright.nets.assign import Truth, assign_by_alignment, assign_to_grid
from cellwright.nets.boxes import pairwise_iou


def truth_of(*pictures):
    """Truth from lists of (x0, y0, x1, y1, class)."""
    longest = max(1, *(len(p) for p in pictures))
    boxes, classes = torch.zeros(len(pictures), longest, 4), torch.zeros(len(pictures), longest, dtype=torch.int64)
    valid = torch.zeros(len(pictures), longest, dtype=torch.bool)
    for n, rows in enumerate(pictures):
        for g, row in enumerate(rows):
            boxes[n, g], classes[n, g], valid[n, g] = torch.tensor(row[:4], dtype=torch.float32), row[4], True
    return Truth(boxes, classes, valid)


ANCHORS = torch.tensor([[10.0, 10.0], [80.0, 80.0]])


def test_the_cell_that_holds_the_midpoint_answers():
    targets = assign_to_grid(truth_of([(10, 18, 22, 30, 1)]), ANCHORS, (8, 8), 8, neighbours=False)
    picture, anchor, row, column = (i.tolist() for i in targets.where)
    # Midpoint (16, 24): column 2, row 3; 12×12 fits the small anchor only.
    assert (picture, anchor, row, column) == ([0], [0], [3], [2])
    assert targets.classes.tolist() == [1]


def test_the_two_nearest_cells_answer_too():
    # Midpoint (17, 23): in cell (2, 2), nearer to the column on the left and the row below.
    targets = assign_to_grid(truth_of([(12, 18, 22, 28, 0)]), ANCHORS, (8, 8), 8)
    assert sorted(zip(targets.where[2].tolist(), targets.where[3].tolist(), strict=True)) == [(2, 1), (2, 2), (3, 2)]


def test_a_neighbour_outside_the_grid_is_left_out():
    targets = assign_to_grid(truth_of([(0, 0, 6, 6, 0)]), ANCHORS, (8, 8), 8)
    assert sorted(zip(targets.where[2].tolist(), targets.where[3].tolist(), strict=True)) == [(0, 0)]


def test_a_box_of_another_shape_gets_no_anchor():
    assert len(assign_to_grid(truth_of([(0, 0, 2, 60, 0)]), ANCHORS, (8, 8), 8).classes) == 0


def test_pictures_without_boxes_have_no_targets():
    assert len(assign_to_grid(truth_of([], []), ANCHORS, (8, 8), 8).classes) == 0


def grid_points(side, stride):
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return ((torch.stack((x, y), -1).reshape(-1, 2) + 0.5) * stride).float()


def some_predictions(seed, n=2, side=6, stride=8, classes=3):
    generator = torch.Generator().manual_seed(seed)
    points = grid_points(side, stride)
    reach = torch.rand(n, len(points), 4, generator=generator) * 16 + 2
    boxes = torch.cat((points - reach[..., :2], points + reach[..., 2:]), -1)
    return torch.rand(n, len(points), classes, generator=generator), boxes, points


@given(st.integers(0, 10_000))
def test_alignment_keeps_its_laws(seed):
    scores, boxes, points = some_predictions(seed)
    truth = truth_of([(2, 2, 20, 22, 0), (15, 10, 40, 40, 2)], [(5, 5, 30, 30, 1)])
    targets = assign_by_alignment(scores, boxes, points, truth, top=4)
    for n in range(2):
        for p in targets.positive[n].nonzero()[:, 0]:
            x0, y0, x1, y1 = targets.boxes[n, p]
            x, y = points[p]
            assert x0 < x < x1 and y0 < y < y1  # a positive point lies inside its box
        iou = pairwise_iou(truth.boxes[n], boxes[n])
        assert targets.scores[n].max() <= iou.max() + 1e-6  # targets never exceed the overlap reached
    assert torch.equal(targets.scores.amax(-1) > 0, targets.positive)
    assert ((targets.scores > 0).sum(-1) <= 1).all()  # one class a point


@given(st.integers(0, 10_000))
def test_alignment_of_a_batch_is_that_of_each_picture(seed):
    scores, boxes, points = some_predictions(seed)
    rows = [[(2, 2, 20, 22, 0), (15, 10, 40, 40, 2)], [(5, 5, 30, 30, 1)]]
    both = assign_by_alignment(scores, boxes, points, truth_of(*rows))
    for n in range(2):
        one = assign_by_alignment(scores[n : n + 1], boxes[n : n + 1], points, truth_of(rows[n]))
        assert torch.equal(one.positive[0], both.positive[n])
        torch.testing.assert_close(one.scores[0], both.scores[n])


def test_the_best_aligned_point_of_a_lone_box_gets_its_overlap_as_target():
    scores, boxes, points = some_predictions(3, n=1)
    truth = truth_of([(8, 8, 32, 32, 1)])
    targets = assign_by_alignment(scores, boxes, points, truth)
    iou = pairwise_iou(truth.boxes, boxes)[0, 0]
    assert torch.isclose(targets.scores.max(), iou[targets.positive[0]].max())


def test_no_boxes_no_positives():
    scores, boxes, points = some_predictions(0)
    targets = assign_by_alignment(scores, boxes, points, truth_of([], []))
    assert not targets.positive.any() and targets.scores.sum() == 0

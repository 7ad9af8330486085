"""What nobody looked at teaches nothing: no gradient comes from there, in any loss."""

import numpy as np
import pytest
import torch

from cellwright import nets
from cellwright.nets.assign import Truth
from cellwright.nets.dense_heads import ClassesHead, StarsHead
from cellwright.nets.heads import GridHead, PointHead
from cellwright.nets.truth import InstanceTruth, PictureInstances, PixelTruth, StarTruth
from cellwright.shapes import masks_from_labels
from cellwright.training.augment import Sample, make_sample, turned
from cellwright.training.crops import UNKNOWN, LabelSample
from cellwright.training.pictures import stack_boxes
from cellwright.training.recipe import Augment, Phase
from cellwright.training.tasks.outlines import of_known

SIDE = 64
LEFT = torch.zeros(1, SIDE, SIDE, dtype=torch.bool)
LEFT[:, :, : SIDE // 2] = True


def slope(raw: torch.Tensor, loss: torch.Tensor) -> torch.Tensor:
    (gradient,) = torch.autograd.grad(loss, raw)
    return gradient.abs().sum(1)[0]


def test_stars_learn_nothing_where_nobody_looked():
    head = StarsHead(4, 2, rays=8, grid=2, pixels=True)
    raw = torch.randn(1, 13, 32, 32, requires_grad=True)
    probability = torch.zeros(1, 1, 32, 32)
    probability[..., 8:14, 8:14] = 0.9
    known = torch.nn.functional.pixel_unshuffle(LEFT[:, None].float(), 2)
    truth = StarTruth(probability, torch.full((1, 8, 32, 32), 5.0), None, torch.zeros(1, 4, 32, 32), known)
    parts = head.loss(raw, truth).parts
    for name in ("probability", "pixels"):
        gradient = slope(raw, parts[name])
        assert gradient[:, 16:].max() == 0 and gradient[:, :16].max() > 0


def test_pixels_learn_nothing_where_nobody_looked():
    head = ClassesHead(4, 1, 3)
    raw = torch.randn(1, 3, SIDE, SIDE, requires_grad=True)
    classes = torch.where(LEFT, torch.ones(1, SIDE, SIDE, dtype=torch.int64), torch.tensor(-1))
    gradient = slope(raw, head.loss(raw, PixelTruth(classes)).total)
    assert gradient[:, 32:].max() == 0 and gradient[:, :32].max() > 0


@pytest.mark.parametrize("kind", ["grid", "point"])
def test_boxes_learn_no_ground_where_nobody_looked(kind):
    torch.manual_seed(0)
    channels = (4, 4, 4)
    if kind == "grid":
        head = GridHead(channels, 2, [[[8, 8]], [[16, 16]], [[32, 32]]])
        raw = [torch.randn(1, 1, SIDE // s, SIDE // s, 7, requires_grad=True) for s in (8, 16, 32)]
    else:
        head = PointHead(channels, 2, bins=4)
        raw = [torch.randn(1, 18, SIDE // s, SIDE // s, requires_grad=True) for s in (8, 16, 32)]
    truth = Truth(torch.tensor([[[4.0, 4, 20, 20]]]), torch.tensor([[1]]), torch.tensor([[True]]), LEFT)
    (gradient,) = torch.autograd.grad(head.loss(raw, truth).total, raw[:1])
    columns = gradient[0, 0].abs().sum(-1) if kind == "grid" else gradient[0].abs().sum(0)
    assert columns[:, 4:].max() == 0 and columns[:, :4].max() > 0


def test_a_box_in_the_unknown_is_learned_all_the_same():
    torch.manual_seed(0)
    head = PointHead((4, 4, 4), 1, bins=4)
    raw = [torch.randn(1, 17, SIDE // s, SIDE // s, requires_grad=True) for s in (8, 16, 32)]
    truth = Truth(torch.tensor([[[36.0, 4, 60, 28]]]), torch.tensor([[0]]), torch.tensor([[True]]), LEFT)
    (gradient,) = torch.autograd.grad(head.loss(raw, truth).total, raw[:1])
    assert gradient[0].abs().sum(0)[:, 4:].max() > 0


def test_regions_on_unknown_ground_are_neither_right_nor_wrong():
    torch.manual_seed(0)
    network = nets.build(
        {
            "kind": "mask-rcnn",
            "num_classes": 1,
            "backbone": {"kind": "mobilenet-v2-fpn", "fpn_channels": 8, "finest_stride": 4},
            "anchor_sizes": [[8], [16], [32], [64], [128]],
            "anchor_ratios": [1.0],
            "box_width": 8,
            "mask_width": 8,
            "mask_convs": 1,
        }
    )
    target = {"boxes": torch.tensor([[4.0, 4, 20, 20]]), "labels": torch.tensor([1]), "known": LEFT[0]}
    anchors = [torch.tensor([[4.0, 4, 20, 20], [20, 40, 28, 48], [40, 40, 60, 60]])]
    (labels,), _ = network.net.rpn.assign_targets_to_anchors(anchors, [target])
    assert labels.tolist() == [1, 0, -1]
    masks = torch.zeros(1, SIDE, SIDE, dtype=torch.bool)
    masks[:, 4:20, 4:20] = True
    truth = InstanceTruth([PictureInstances(target["boxes"], torch.tensor([0]), masks, LEFT[0])])
    assert torch.isfinite(network.loss(torch.rand(1, 3, SIDE, SIDE), truth).total)


def test_known_regions_move_with_the_picture():
    image = torch.zeros(3, 40, 60, dtype=torch.uint8)
    image[:, 10:20, 5:25] = 200
    region = np.array([[5, 10, 25, 20]], np.float32)
    sample = Sample(image, region.copy(), np.zeros(1, np.int64), region.copy())
    for turns in range(4):
        for mirrored in (False, True):
            moved = turned(sample, turns, mirrored=mirrored)
            assert np.array_equal(moved.known, moved.boxes)
    phase = Phase(epochs=1, size_px=64, mosaic=0.5)
    plain = Augment(hue=0, saturation=0, brightness=0, contrast=0, mix_up=1.0, cut_mix=1.0)
    for seed in range(20):
        made = make_sample([sample] * 3, 0, phase, plain, np.random.default_rng(seed))
        bright = (made.image[0] == 200).numpy()
        known = stack_boxes([made]).known[0].numpy()
        # Bright is exactly what was known, but for the rounding of edges.
        assert (bright & ~known).sum() <= 2 * 64 and made.known is not None


def test_found_objects_on_unknown_ground_are_not_judged():
    labels = np.zeros((20, 20), np.int32)
    labels[:, 10:] = UNKNOWN
    found = np.zeros((20, 20), np.int32)
    found[2:6, 2:6], found[2:6, 14:18], found[10:14, 9:13] = 1, 2, 3
    kept, rows = of_known(masks_from_labels(found)[0], labels)
    assert rows.tolist() == [0] and len(kept) == 1
    whole = LabelSample(torch.zeros(3, 20, 20), np.zeros((20, 20), np.int32))
    assert len(of_known(masks_from_labels(found)[0], whole.labels)[0]) == 3

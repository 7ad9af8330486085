"""Every generation of the family builds from parameters, decodes as the field writes it, and can learn."""

import numpy as np
import pytest
import torch

from cellwright.core import ModelNotUsable, UnknownName
from cellwright.nets import build
from cellwright.nets.assign import Truth
from cellwright.nets.heads import GridHead, PointHead

ANCHORS = [[[10, 13], [16, 30], [33, 23]], [[30, 61], [62, 45], [59, 119]], [[116, 90], [156, 198], [373, 326]]]
V3_HEAD = {
    "kind": "grid",
    "anchors": ANCHORS,
    "grid_sensitivity": 1.0,
    "size": "exp",
    "box_loss": "iou",
    "neighbours": False,
}
V5_HEAD = {"kind": "grid", "anchors": ANCHORS}
FAMILY = {
    "v3": {"backbone": {"kind": "darknet53", "width": 0.125}, "neck": {"kind": "fpn"}, "head": V3_HEAD},
    "v4": {
        "backbone": {"kind": "csp_darknet53", "width": 0.125},
        "neck": {"kind": "pan", "act": "mish"},
        "head": {**V5_HEAD, "grid_sensitivity": 1.05, "size": "exp", "label_smoothing": 0.1},
    },
    "v5n": {"backbone": {"kind": "csp_darknet", "width": 0.25}, "neck": {"kind": "pan"}, "head": V5_HEAD},
    "v5s": {
        "backbone": {"kind": "csp_darknet", "width": 0.5},
        "neck": {"kind": "pan"},
        "head": {**V5_HEAD, "focal_gamma": 1.5},
    },
    "pp": {
        "backbone": {"kind": "resnet", "variant": "resnet18"},
        "neck": {"kind": "pan", "out": [64, 96, 128]},
        "head": {**V5_HEAD, "box_loss": "diou"},
    },
    "mobile": {
        "backbone": {"kind": "mobilenet_v2"},
        "neck": {"kind": "pan", "out": [32, 48, 64]},
        "head": {"kind": "point", "width": 32},
    },
    "ours": {
        "backbone": {"kind": "csp_darknet", "width": 0.25},
        "neck": {"kind": "pan", "out": [32, 48, 64]},
        "head": {"kind": "point", "width": 32, "depth": 1},
    },
}


def network(name):
    torch.manual_seed(0)
    return build({"kind": "yolo", "num_classes": 3, **FAMILY[name]})


@pytest.mark.parametrize("name", FAMILY)
def test_answers_have_a_box_and_probabilities_at_every_cell(name):
    net = network(name).eval()
    with torch.inference_mode():
        answer = net.predict(torch.rand(2, 3, 64, 96))
    cells = 8 * 12 + 4 * 6 + 2 * 3
    per_cell = 1 if FAMILY[name]["head"]["kind"] == "point" else 3
    assert answer.shape == (2, cells * per_cell, 7)
    assert torch.isfinite(answer).all()
    assert ((answer[..., 4:] >= 0) & (answer[..., 4:] <= 1)).all()
    assert (answer[..., 2:4] >= answer[..., :2]).all()


@pytest.mark.parametrize("name", FAMILY)
def test_a_batch_of_two_is_two_of_one(name):
    net = network(name).eval()
    images = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        both = net.predict(images)
        torch.testing.assert_close(both[1:], net.predict(images[1:]), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", FAMILY)
def test_the_loss_reaches_every_weight_and_empty_pictures_are_fine(name):
    net = network(name).train()
    boxes = torch.tensor([[[8.0, 8, 40, 44], [30, 20, 60, 62]], [[0, 0, 0, 0]] * 2])
    truth = Truth(boxes, torch.tensor([[0, 2], [0, 0]]), torch.tensor([[True, True], [False, False]]))
    loss = net.loss(torch.rand(2, 3, 64, 64), truth)
    loss.total.backward()
    assert torch.isfinite(loss.total) and loss.total > 0
    dead = [n for n, p in net.named_parameters() if p.grad is None]
    assert dead == []
    none = Truth(boxes, truth.classes, torch.zeros(2, 2, dtype=torch.bool))
    assert torch.isfinite(net.loss(torch.rand(2, 3, 64, 64), none).total)


@pytest.mark.parametrize("name", ["v5n", "ours"])
def test_classes_count_as_much_as_they_are_weighed(name):
    net = network(name).eval()
    boxes = torch.tensor([[[8.0, 8, 40, 44], [30, 20, 60, 62]]])
    truth = Truth(boxes, torch.tensor([[0, 2]]), torch.ones(1, 2, dtype=torch.bool))
    with torch.inference_mode():
        raw = net(torch.rand(1, 3, 64, 64))
        plain, one, other, both = (
            net.head.loss(raw, truth, None if w is None else torch.tensor(w))
            for w in (None, [3.0, 1, 1], [1.0, 1, 3], [3.0, 7, 3])
        )
    assert torch.equal(net.head.loss(raw, truth, torch.ones(3)).classes, plain.classes)
    # Each true box adds its own part, a class that does not occur adds none, and boxes are no matter of classes.
    torch.testing.assert_close(one.classes + other.classes - plain.classes, both.classes)
    assert one.classes > plain.classes and other.classes > plain.classes
    assert one.box == both.box == plain.box and one.extra == both.extra == plain.extra


@pytest.mark.parametrize("name", ["v5n", "ours"])
def test_two_boxes_can_be_learned_by_heart(name):
    net = network(name).train()
    generator = torch.Generator().manual_seed(1)
    image = torch.rand(1, 3, 96, 96, generator=generator) * 0.2
    image[:, 0, 10:42, 12:40] += 0.8
    image[:, 2, 50:90, 48:86] += 0.8
    truth = Truth(
        torch.tensor([[[12.0, 10, 40, 42], [48, 50, 86, 90]]]),
        torch.tensor([[0, 2]]),
        torch.ones(1, 2, dtype=torch.bool),
    )
    optimizer = torch.optim.AdamW(net.parameters(), 4e-3)
    first = None
    for _ in range(60):
        loss = net.loss(image, truth)
        optimizer.zero_grad()
        loss.total.backward()
        optimizer.step()
        first = first or loss.total.item()
    assert loss.total.item() < 0.3 * first
    with torch.inference_mode():
        answer = net.predict(image)[0]  # batch statistics: the picture itself
    for index, box in ((0, [12, 10, 40, 42]), (2, [48, 50, 86, 90])):
        best = answer[answer[:, 4 + index].argmax(), :4]
        assert (best - torch.tensor(box)).abs().max() < 5


def plain_grid_decode(t, anchor, cell, stride, g, size):
    """b_x = (g·σ(t_x) - (g-1)/2 + c_x)·s, b_w = p_w·e^{t_w} or p_w·(2σ(t_w))², in numpy."""
    sigma = 1 / (1 + np.exp(-t))
    centre = (g * sigma[:2] - (g - 1) / 2 + cell) * stride
    wh = anchor * (np.exp(t[2:4]) if size == "exp" else (2 * sigma[2:4]) ** 2)
    return np.concatenate((centre - wh / 2, centre + wh / 2)), sigma[4] * sigma[5:]


@pytest.mark.parametrize(("g", "size"), [(1.0, "exp"), (1.05, "exp"), (2.0, "square")])
def test_grid_boxes_decode_as_written(g, size):
    head = GridHead((8, 8, 8), 2, ANCHORS, grid_sensitivity=g, size=size)
    rng = np.random.default_rng(0)
    raw = [torch.tensor(rng.normal(size=(1, 3, s, s, 7)), dtype=torch.float32) for s in (4, 2, 1)]
    answer = head.decode(raw)[0].numpy()
    row = 0
    for scale, stride in enumerate((8, 16, 32)):
        side = raw[scale].shape[2]
        for a in range(3):
            for y in range(side):
                for x in range(side):
                    t = raw[scale][0, a, y, x].numpy().astype(np.float64)
                    box, p = plain_grid_decode(t, np.array(ANCHORS[scale][a]), np.array([x, y]), stride, g, size)
                    np.testing.assert_allclose(answer[row], [*box, *p], rtol=1e-4, atol=1e-3)
                    row += 1


def test_point_boxes_decode_as_the_mean_of_their_distances():
    head = PointHead((8, 8, 8), 2, bins=4, width=8, depth=1)
    raw = [torch.zeros(1, 18, s, s) for s in (2, 1, 1)]
    raw[0][0, 4 + 3, 1, 0] = 50.0  # top of the point in row 1, column 0: surely 3 cells
    answer = head.decode(raw)[0]
    # Flat distributions over 0…3 have mean 1.5; the point stands at (4, 12) with stride 8.
    torch.testing.assert_close(answer[2, :4], torch.tensor([4 - 12.0, 12 - 24.0, 4 + 12.0, 12 + 12.0]))
    assert answer[2, 4:].tolist() == [0.5, 0.5]


def test_a_new_head_expects_few_objects():
    net = network("ours").eval()
    with torch.inference_mode():
        expected = net.predict(torch.rand(1, 3, 640, 640))[0, :, 4:].sum().item()
    assert 1 < expected < 60


def test_full_size_generations_have_the_published_number_of_weights():
    millions = lambda parameters: sum(p.numel() for p in parameters) / 1e6  # noqa: E731
    darknet = build({"kind": "yolo", "num_classes": 80, **FAMILY["v3"], "backbone": {"kind": "darknet53"}}).backbone
    # Darknet-53 without its classifier has 40.6 M weights (41.6 M with 1000 classes).
    assert millions(darknet.parameters()) == pytest.approx(40.6, abs=0.1)
    v5s = build(
        {
            "kind": "yolo",
            "num_classes": 80,
            "backbone": {"kind": "csp_darknet", "width": 0.5},
            "neck": {"kind": "pan"},
            "head": V5_HEAD,
        }
    )
    assert millions(v5s.parameters()) == pytest.approx(7.3, abs=0.3)


def test_mistakes_in_parameters_are_said_plainly():
    with pytest.raises(UnknownName, match="Did you mean 'pan'"):
        build({"kind": "yolo", "num_classes": 1, **FAMILY["ours"], "neck": {"kind": "pann"}})
    with pytest.raises(UnknownName, match="yolo"):
        build({"kind": "yollo"})
    with pytest.raises(ModelNotUsable, match="does not describe"):
        build({"kind": "yolo", "num_classes": 1})

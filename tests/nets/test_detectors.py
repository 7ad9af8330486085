"""torchvision's detectors behind our interface: rows, gradients, places, and that nothing is resized or downloaded."""

import pytest
import torch

from cellwright.core import BadParameter, ModelNotUsable, UnknownName
from cellwright.nets import build
from cellwright.nets.assign import Truth
from cellwright.nets.pyramid import Anchors
from cellwright.nets.truth import InstanceTruth, PictureInstances
from tests.nets.networks import DETECTORS, SIZE, instance_truth, network

ALL = pytest.mark.parametrize("name", DETECTORS)


@ALL
def test_rows_are_boxes_scores_classes_and_masks_in_input_pixels(name):
    net = network(name).eval()
    with torch.inference_mode():
        answer = net.predict(torch.rand(2, 3, *SIZE))
    assert answer.shape == (2, 12, 4 + 2 + 28 * 28 if name == "mask-rcnn" else 6)
    assert answer.dtype == torch.float32 and torch.isfinite(answer).all()
    boxes = answer[..., :4]
    assert (boxes[..., 2:] >= boxes[..., :2]).all() and (boxes >= 0).all()
    assert (boxes[..., 0::2] <= SIZE[1]).all() and (boxes[..., 1::2] <= SIZE[0]).all()
    probabilities = answer[..., 4:]
    if name == "mask-rcnn":
        assert set(answer[..., 5].unique().tolist()) <= {0.0, 1.0}
        probabilities = answer[..., [4, *range(6, 790)]]
        scores = answer[..., 4]
    else:
        assert ((probabilities > 0).sum(-1) <= 1).all()
        scores = probabilities.amax(-1)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert (scores[:, :-1] >= scores[:, 1:]).all()


@ALL
def test_unused_rows_are_nought(name):
    net = build({**DETECTORS[name], "floor": 0.999}).eval()
    with torch.inference_mode():
        answer = net.predict(torch.rand(2, 3, *SIZE))
    assert answer.shape[:2] == (2, 12)
    assert (answer == 0).all()


@ALL
def test_a_batch_of_two_is_two_of_one(name):
    net = network(name).eval()
    images = torch.rand(2, 3, *SIZE)
    with torch.inference_mode():
        torch.testing.assert_close(net.predict(images)[1:], net.predict(images[1:]), atol=1e-3, rtol=1e-3)


@ALL
@pytest.mark.parametrize("autocast", [False, True])
def test_the_loss_reaches_every_weight_in_float32(name, autocast):
    net = network(name).train()
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        loss = net.loss(torch.rand(2, 3, *SIZE), instance_truth())
    assert all(part.dtype == torch.float32 for part in loss.parts.values())
    torch.testing.assert_close(sum(loss.parts.values()), loss.total)
    loss.total.backward()
    assert [n for n, p in net.named_parameters() if p.grad is None or not torch.isfinite(p.grad).all()] == []


@ALL
def test_pictures_without_objects_can_be_learned_from(name):
    net = network(name).train()
    empty = instance_truth().pictures[1]
    loss = net.loss(torch.rand(2, 3, *SIZE), InstanceTruth([empty, empty]))
    loss.total.backward()
    assert torch.isfinite(loss.total)


@ALL
def test_predicting_in_the_midst_of_training_changes_no_mode(name):
    net = network(name).train()
    net.predict(torch.rand(1, 3, *SIZE))
    assert all(module.training for module in net.modules())
    net.eval()
    torch.manual_seed(0)
    assert net.loss(torch.rand(2, 3, *SIZE), instance_truth()).total > 0
    assert not any(module.training for module in net.modules())


@ALL
def test_weights_kept_and_given_back_give_the_same_answers(name):
    net = network(name).eval()
    other = build(DETECTORS[name]).eval()
    other.load_state_dict(net.state_dict())
    image = torch.rand(1, 3, *SIZE)
    with torch.inference_mode():
        assert torch.equal(other.predict(image), net.predict(image))


def test_places_under_autocast_are_finer_than_bf16_can_tell():
    net = network("faster-rcnn").eval()
    image = torch.rand(1, 3, 64, 480)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        boxes = net.predict(image)[0, :, :4]
    # Between 256 and 512, bf16 knows every second pixel alone.
    far = boxes[boxes > 256]
    far = far[far < 480]
    assert len(far) and (far != far.bfloat16().float()).any()


def test_one_object_is_learned_with_its_shape():
    torch.manual_seed(0)
    net = build({**DETECTORS["mask-rcnn"], "num_classes": 1, "floor": 0.2, "rois_train": 32}).train()
    y, x = torch.meshgrid(torch.arange(64), torch.arange(64), indexing="ij")
    disc = (y - 30) ** 2 + (x - 28) ** 2 <= 196
    image = torch.rand(1, 3, 64, 64) * 0.2 + 0.7 * disc
    box = torch.tensor([[14.0, 16, 43, 45]])
    truth = InstanceTruth([PictureInstances(box, torch.tensor([0]), disc[None])])
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3)
    for _ in range(40):
        loss = net.loss(image, truth)
        optimizer.zero_grad()
        loss.total.backward()
        optimizer.step()
    with torch.inference_mode():
        row = net.predict(image)[0, 0]  # batch statistics: the picture itself
    assert row[4] > 0.3 and row[5] == 0
    assert (row[:4] - box[0]).abs().max() < 4
    mask = row[6:].reshape(28, 28)
    assert mask[14, 14] > 0.5
    assert mask[[0, 0, -1, -1], [0, -1, 0, -1]].max() < 0.5


def test_boxes_alone_teach_a_detector_but_no_masks():
    boxes = torch.tensor([[[8.0, 8, 40, 44], [30, 20, 30, 62]], [[0, 0, 0, 0]] * 2])  # the second has no width
    truth = Truth(boxes, torch.tensor([[1, 0], [0, 0]]), torch.tensor([[True, True], [False, False]]))
    for name in ("faster-rcnn", "retinanet"):
        assert torch.isfinite(network(name).train().loss(torch.rand(2, 3, *SIZE), truth).total)
    with pytest.raises(BadParameter, match="learns from outlines"):
        network("mask-rcnn").loss(torch.rand(2, 3, *SIZE), truth)


def test_anchors_stand_at_multiples_of_the_stride_whatever_the_size():
    anchors = Anchors((4, 64), [[8.0], [128.0]], [1.0])
    from torchvision.models.detection.image_list import ImageList

    # 96 / 2 columns of the coarse map would be a stride of 48.
    maps = [torch.zeros(1, 1, 16, 24), torch.zeros(1, 1, 1, 2)]
    (found,) = anchors(ImageList(torch.zeros(1, 3, 64, 96), [(64, 96)]), maps)
    assert found.dtype == torch.float32
    assert found[0].tolist() == [-4, -4, 4, 4] and found[1].tolist() == [0, -4, 8, 4]
    assert found[-1].tolist() == [0, -64, 128, 64]


def test_regions_are_those_of_torchvisions_own_forward():
    from torchvision.models.detection.transform import GeneralizedRCNNTransform

    net = network("mask-rcnn").eval()
    image = torch.rand(1, 3, *SIZE)
    theirs = net.net
    theirs.transform = GeneralizedRCNNTransform(SIZE[0], SIZE[1], [0.0] * 3, [1.0] * 3)  # the encoder normalises
    with torch.inference_mode():
        expected, row = theirs(list(image))[0], net.predict(image)[0]
    n = len(expected["boxes"])
    torch.testing.assert_close(row[:n, :4], expected["boxes"])
    torch.testing.assert_close(row[:n, 4], expected["scores"])
    assert row[:n, 5].tolist() == (expected["labels"] - 1).tolist()


def test_pictures_of_a_wrong_size_are_refused():
    with pytest.raises(BadParameter, match="multiples of 32"):
        network("retinanet").predict(torch.rand(1, 3, 64, 50))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"num_classes": 0}, "finds nothing"),
        ({"detection": 3}, "Did you mean 'detections'"),
        ({"anchor_sizes": [[8], [16]]}, r"of 2 maps, but the backbone has 5 \(at the strides 4, 8, 16, 32, 64\)"),
        ({"mask_px": 27}, "even side"),
        ({"backbone": {"kind": "mobilenet-v2-fpn", "channels": 8}}, "no parameter 'channels'"),
        ({"backbone": {"kind": "mobilenet-v2-fpn", "finest_stride": 3}}, "can be 2, 4 or 8"),
    ],
)
def test_mistakes_in_a_card_are_said_plainly(change, sentence):
    with pytest.raises(ModelNotUsable, match=sentence):
        build({**DETECTORS["mask-rcnn"], **change})


def test_backbones_are_known_by_name():
    with pytest.raises(UnknownName, match="Did you mean 'resnet50-fpn'"):
        build({**DETECTORS["retinanet"], "backbone": {"kind": "resnet5-fpn"}})
    net = build({**DETECTORS["faster-rcnn"], "backbone": {"kind": "resnet50-fpn", "fpn_channels": 16}}).eval()
    with torch.inference_mode():
        assert net.predict(torch.rand(1, 3, *SIZE)).shape == (1, 12, 6)

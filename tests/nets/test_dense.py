"""Networks that answer for every pixel: shapes, ranges, gradients, what they can learn, and what they refuse."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cellwright.core import BadParameter, ModelNotUsable, UnknownName
from cellwright.nets import build
from cellwright.nets.segnet import unpool
from cellwright.nets.truth import PixelTruth, StarTruth
from tests.nets.networks import DENSE, PLAIN, SIZE, dense_truth, network, unet

STARS = {"kind": "stars", "rays": 8}


@pytest.mark.parametrize("name", DENSE)
def test_answers_are_probabilities_and_lengths(name):
    net, head = network(name).eval(), DENSE[name]["head"]
    with torch.inference_mode():
        answer = net.predict(torch.rand(2, 3, *SIZE))
    assert answer.dtype == torch.float32
    assert torch.isfinite(answer).all()
    if head["kind"] == "classes":
        assert answer.shape == (2, 3, *SIZE)
        torch.testing.assert_close(answer.sum(1), torch.ones(2, *SIZE))
        assert (answer >= 0).all()
        return
    grid, classes = head.get("grid", 1), head.get("classes", 0)
    assert answer.shape == (2, 1 + 8 + classes, SIZE[0] // grid, SIZE[1] // grid)
    assert ((answer[:, 0] > 0) & (answer[:, 0] < 1)).all()
    assert (answer[:, 1:9] >= 1e-3).all()
    if classes:
        torch.testing.assert_close(answer[:, 9:].sum(1), torch.ones_like(answer[:, 0]))


@pytest.mark.parametrize("name", DENSE)
def test_a_batch_of_two_is_two_of_one(name):
    net = network(name).eval()
    images = torch.rand(2, 3, *SIZE)
    with torch.inference_mode():
        torch.testing.assert_close(net.predict(images)[1:], net.predict(images[1:]), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", DENSE)
def test_the_loss_reaches_every_weight_in_float32_even_under_autocast(name):
    net = network(name).train()
    with torch.autocast("cpu", torch.bfloat16):
        loss = net.loss(torch.rand(2, 3, *SIZE), dense_truth(name))
    assert loss.total.dtype == torch.float32
    torch.testing.assert_close(sum(loss.parts.values()), loss.total)
    assert torch.isfinite(loss.total) and loss.total > 0
    loss.total.backward()
    assert [n for n, p in net.named_parameters() if p.grad is None or not torch.isfinite(p.grad).all()] == []


@pytest.mark.parametrize("name", DENSE)
def test_weights_kept_and_given_back_give_the_same_answers(name):
    net = network(name).eval()
    torch.manual_seed(1)
    other = build(DENSE[name]).eval()
    other.load_state_dict(net.state_dict())
    image = torch.rand(1, 3, *SIZE)
    with torch.inference_mode():
        assert torch.equal(other.predict(image), net.predict(image))


@pytest.mark.parametrize("name", DENSE)
def test_folding_the_norms_keeps_the_answers(name):
    from cellwright.inference.torch_engine import fuse_norms

    net = network(name)
    image = torch.rand(2, 3, *SIZE)
    with torch.no_grad():
        net.train()(image)  # norms that do something
        net.eval()
        before = net.predict(image)
        fuse_norms(net)
        torch.testing.assert_close(net.predict(image), before, atol=1e-3, rtol=1e-3)
    if DENSE[name]["kind"] != "fcn" and "resnet" not in name:
        assert not [m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)]


def test_untrained_stars_begin_at_the_typical_length():
    for distance in ("softplus", "relu"):
        net = build(unet(head={**STARS, "typical_px": 12.0, "distance": distance})).eval()
        with torch.inference_mode():
            answer = net.predict(torch.rand(1, 3, *SIZE))
        assert answer[:, 1:].mean().item() == pytest.approx(12, rel=0.1)
        assert answer[:, 0].mean().item() == pytest.approx(0.2, abs=0.1)


def discs():
    """Return a picture of two discs and the class of each pixel."""
    y, x = torch.meshgrid(torch.arange(48), torch.arange(64), indexing="ij")
    inside = ((y - 16) ** 2 + (x - 18) ** 2 <= 81) | ((y - 30) ** 2 + (x - 46) ** 2 <= 121)
    noise = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(0)) * 0.3
    return noise + 0.5 * inside, inside[None].long()


def learn(net, image, truth, steps):
    optimizer = torch.optim.AdamW(net.parameters(), 5e-3)
    for _ in range(steps):
        loss = net.loss(image, truth)
        optimizer.zero_grad()
        loss.total.backward()
        optimizer.step()


def test_two_discs_are_learned_pixel_by_pixel():
    torch.manual_seed(0)
    net = build(unet(head={"kind": "classes", "classes": 2})).train()
    image, classes = discs()
    learn(net, image, PixelTruth(classes), 40)
    with torch.inference_mode():
        found = net.predict(image).argmax(1)  # batch statistics: the picture itself
    assert (found == classes).float().mean() > 0.99


def test_stars_can_say_which_pixels_belong_to_objects():
    torch.manual_seed(0)
    head = {**STARS, "grid": 2, "pixels": True, "classes": 2, "typical_px": 5.0}
    net = build(unet(channels=[12], head=head)).train()
    image, classes = discs()
    with pytest.raises(BadParameter, match="which pixels"):
        net.loss(image, StarTruth(torch.zeros(1, 1, 24, 32), torch.zeros(1, 8, 24, 32), torch.zeros(1, 24, 32).long()))
    covered = torch.nn.functional.pixel_unshuffle(classes[:, None].float(), 2)
    near = covered.amax(1, keepdim=True)
    truth = StarTruth(near, 9 * near.expand(-1, 8, -1, -1), torch.where(near[:, 0] > 0, 1, -1), covered)
    learn(net, image, truth, 60)
    with torch.inference_mode():
        answer = net.predict(image)
    assert answer.shape == (1, 1 + 8 + 4 + 2, 24, 32)
    found = torch.nn.functional.pixel_shuffle(answer[:, 9:13], 2)[:, 0] > 0.5
    assert (found == (classes == 1)).float().mean() > 0.95
    assert torch.allclose(answer[:, 13:].sum(1), torch.ones(1, 24, 32))


def test_two_discs_are_learned_as_stars():
    torch.manual_seed(0)
    net = build(unet(head={**STARS, "typical_px": 5.0, "distance_weight": 1.0})).train()
    image, classes = discs()
    # Rays of a disc from an inner point, by the quadratic equation.
    y, x = torch.meshgrid(torch.arange(48.0), torch.arange(64.0), indexing="ij")
    angle = torch.arange(8) * 2 * np.pi / 8
    rays = torch.zeros(8, 48, 64)
    for cy, cx, r in ((16, 18, 9.5), (30, 46, 11.5)):
        along = torch.sin(angle)[:, None, None] * (y - cy) + torch.cos(angle)[:, None, None] * (x - cx)
        square = r**2 - (y - cy) ** 2 - (x - cx) ** 2
        rays = torch.where(square > 0, -along + (along**2 + square.clamp(min=0)).sqrt(), rays)
    truth = StarTruth(classes[:, None].float(), rays[None])
    learn(net, image, truth, 120)
    with torch.inference_mode():
        answer = net.predict(image)
    inside = classes[0] == 1
    assert ((answer[0, 0] > 0.5) == inside).float().mean() > 0.98
    assert (answer[0, 1:] - rays)[:, inside].abs().mean() < 1.5


def test_unpooling_puts_values_back_where_they_were():
    x = torch.randn(2, 3, 8, 12)
    pooled, where = F.max_pool2d(x, 2, return_indices=True)
    back = unpool(pooled, where)
    torch.testing.assert_close(back, F.max_unpool2d(pooled, where, 2))
    kept = back != 0
    assert torch.equal(back[kept], x[kept])
    assert torch.equal(F.max_pool2d(back.masked_fill(~kept, -torch.inf), 2), pooled)


def test_fcn_is_torchvisions():
    from torchvision.models.segmentation import fcn_resnet50

    theirs = fcn_resnet50(weights=None, weights_backbone=None, num_classes=3).eval()
    ours = network("fcn").eval()
    same_order = zip(ours.backbone.state_dict(), theirs.backbone.state_dict().values(), strict=True)
    ours.backbone.load_state_dict(dict(same_order))
    classifier = list(theirs.classifier.state_dict().values())
    for own, value in zip(
        [*ours.neck.state_dict().values(), *ours.head.state_dict().values()], classifier, strict=True
    ):
        own.copy_(value)
    image = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(ours(image), theirs((image - ours.mean) / ours.std)["out"], atol=1e-4, rtol=1e-4)


def test_frozen_norms_and_layers_stay_as_they_are():
    torch.manual_seed(0)
    net = build(unet({"kind": "mobilenet-v2", "freeze_norms": True, "frozen_layers": 4}, channels=[8, 8, 8, 8])).train()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    learn(net, torch.rand(2, 3, 64, 64), PixelTruth(torch.randint(0, 3, (2, 64, 64))), 2)
    changed = {k for k, v in net.state_dict().items() if not torch.equal(v, before[k])}
    norms = {f"encoder.{name}." for name, m in net.encoder.named_modules() if isinstance(m, torch.nn.BatchNorm2d)}
    assert not [k for k in changed if any(k.startswith(norm) for norm in norms)]
    assert not [k for k in changed if k.startswith(tuple(f"encoder.features.{i}." for i in range(4)))]
    assert any(k.startswith("encoder.features.4.") for k in changed)
    adapting = build(unet({"kind": "mobilenet-v2"}, channels=[8, 8, 8, 8])).train()
    assert all(m.training for m in adapting.modules())


def test_pictures_of_a_wrong_size_are_refused_with_the_size_to_give():
    net = build(unet({**PLAIN, "stem_stride": 2}))
    assert net.max_stride == 8
    with pytest.raises(BadParameter, match=r"20×24 pixels.*multiples of 8"):
        net(torch.rand(1, 3, 24, 20))


@pytest.mark.parametrize(
    ("architecture", "sentence"),
    [
        (unet(chanels=[1]), "decoder has no parameter 'chanels'. Did you mean 'channels'"),
        (unet({"kind": "plain", "depth": 3}), "plain encoder has no parameter 'depth'. It has: act, channels"),
        (unet("plain"), "encoder of the card is 'plain'; it must be a table with a kind"),
        (unet(head={"kind": "classes"}), "classes head of the card lacks the parameter 'classes'"),
        (unet(head={"kind": "classes", "classes": 1}), "count the background as one"),
        (unet(head={"kind": "classes", "classes": 3, "class_weights": [1, 1]}), "class_weights must be as many"),
        (unet(head={"kind": "classes", "classes": 3, "stride": 1}), "has no parameter 'stride'"),
        (unet(head={**STARS, "grid": 2}), "grid of 2, but the decoder ends at a stride of 1: give it fewer"),
        (unet({**PLAIN, "stem_stride": 2}, STARS), "grid of 1, but the decoder ends at a stride of 2: give it more"),
        (unet(join="glue"), "can be 'concat' or 'add'"),
        (unet(convs=[1, 1, 1]), "one for each of 2 levels"),
        (unet({**PLAIN, "convs": 0}), "all at least 1"),
        (unet(head={**STARS, "resize": "zoom"}), "can be 'none' or 'shuffle'"),
        (unet(upsampling="cubic"), "can be nearest, bilinear, transposed"),
        (unet(channels=[8, 8, 8]), "give at most 2 channels"),
        (unet({**PLAIN, "stem_stride": 3}), "stem_stride is 3"),
        (unet({**PLAIN, "channels": ["many"]}), "plain encoder of the card cannot be built"),
        ({"kind": "unet"}, "U-Net of the card lacks the parameter 'encoder'"),
        ({"kind": "segnet", "channels": [8], "convs": [1, 1], "head": DENSE["segnet"]["head"]}, "one of each"),
    ],
)
def test_mistakes_in_a_card_are_said_plainly(architecture, sentence):
    with pytest.raises(ModelNotUsable, match=sentence):
        build(architecture)


@pytest.mark.parametrize(
    ("architecture", "sentence"),
    [
        (unet({"kind": "mobilenet-v4"}), "Did you mean 'mobilenet-v2'"),
        (unet(head={"kind": "star"}), "Did you mean 'stars'"),
        (unet({**PLAIN, "act": "gelu"}), "No activation is called 'gelu'"),
        ({"kind": "fcn", "backbone": "resnet5", "head": DENSE["fcn"]["head"]}, "Did you mean 'resnet50'"),
        ({"kind": "segnets"}, "Did you mean 'segnet'"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(architecture, sentence):
    with pytest.raises(UnknownName, match=sentence):
        build(architecture)


@pytest.mark.parametrize("name", ["shuffled", "stars on a grid", "mobilenet-v2", "segnet"])
def test_openvino_answers_like_torch_at_any_size(name):
    pytest.importorskip("openvino", reason="OpenVINO is not for this platform")
    from cellwright.inference.openvino_engine import core, openvino

    ov = openvino()
    net = network(name)
    with torch.no_grad():
        net.train()(torch.rand(2, 3, *SIZE))
    net.eval()
    wrapped = _Predict(net).eval()
    with torch.inference_mode():
        # Converted as inference does it: from a small example, for any size.
        example = torch.zeros(1, 3, 2 * net.max_stride, 3 * net.max_stride)
        model = ov.convert_model(wrapped, example_input=example, input=ov.PartialShape([-1, 3, -1, -1]))
        compiled = core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        for size in ((1, 3, *SIZE), (2, 3, 128, 64)):
            images = torch.rand(size, generator=torch.Generator().manual_seed(2))
            np.testing.assert_allclose(compiled(images.numpy())[0], net.predict(images).numpy(), atol=2e-3, rtol=2e-3)


class _Predict(torch.nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, images):
        return self.net.predict(images)

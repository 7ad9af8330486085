"""Classifiers of whole pictures: what they promise whatever their weights, and ImageNet's last layer."""

import pytest
import torch
from torchvision.models import mobilenet_v2

from cellwright.core import BadParameter, ModelNotUsable
from cellwright.nets import build
from cellwright.nets.imagenet import load_mobilenet_v2, read_mobilenet_v2
from cellwright.nets.truth import PictureTruth
from tests.tiny_classifier import STEEPNESS, colour_network

MOBILE = {"kind": "classifier", "encoder": {"kind": "mobilenet-v2"}, "classes": 4}
PLAIN = {"kind": "classifier", "encoder": {"kind": "plain", "channels": [8, 16]}, "classes": 3}


def made(**head):
    torch.manual_seed(1)
    network = build({**PLAIN, "head": {"channels": 12, **head}}).eval()
    torch.nn.init.normal_(network.head.weigh.weight)
    return network


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_batch_of_two_answers_as_two_of_one(mirrored):
    network, images = made(mirrored=mirrored), torch.rand(2, 3, 32, 48)
    with torch.inference_mode():
        both = network.predict(images)
        torch.testing.assert_close(both, torch.cat([network.predict(images[:1]), network.predict(images[1:])]))
        torch.testing.assert_close(both.sum(1), torch.ones(2))


def test_mirror_images_are_named_alike_where_the_card_says_so():
    images = torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        for turned in (images.flip(2), images.flip(3), images.flip(2, 3)):
            torch.testing.assert_close(made(mirrored=True).predict(turned), made(mirrored=True).predict(images))
            assert not torch.equal(made().predict(turned), made().predict(images))


def test_a_network_known_by_hand_gives_the_softmax_of_its_colours():
    image = torch.stack([torch.full((32, 32), value) for value in (0.5, 0.25, 0.75)])[None]
    logits = torch.tensor([[0.5, 0.25, 0.75]]) * STEEPNESS
    torch.testing.assert_close(colour_network().predict(image), logits.softmax(1))


def test_it_learns_what_it_is_shown():
    torch.manual_seed(0)
    network = build({**PLAIN, "head": {"channels": 0, "dropout": 0.0}})
    images = torch.zeros(6, 3, 16, 16)
    kinds = torch.tensor([0, 1, 2, 0, 1, 2])
    for row, kind in enumerate(kinds):
        images[row, kind] = 1.0
    optimizer = torch.optim.Adam(network.parameters(), 0.02)
    for _ in range(30):
        loss = network.loss(images, PictureTruth(kinds))
        optimizer.zero_grad()
        loss.total.backward()
        optimizer.step()
    assert float(loss.total.detach()) < 0.3 and set(loss.parts) == {"class"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"classes": 1}, "two or more"),
        ({"head": {"dropout": 1.0}}, "dropout"),
        ({"head": {"smoothing": 1.5}}, "smoothing"),
        ({"head": {"chanels": 8}}, "Did you mean 'channels'"),
        ({"head": {"in_channels": 8}}, "in_channels"),
        ({"encoder": {"kind": "plain", "widths": [8]}}, "widths"),
    ],
)
def test_a_wrong_word_of_the_card_is_named(change, said):
    with pytest.raises(ModelNotUsable, match=said):
        build({**PLAIN, **change})


def test_sides_that_do_not_fit_are_refused():
    with pytest.raises(BadParameter, match="multiples of 32"):
        build(MOBILE)(torch.rand(1, 3, 40, 64))


def test_imagenets_expansion_is_taken_over_with_the_encoder(data_dir):
    path = data_dir / "imagenet_encoders" / "mobilenet_v2_imagenet_q8.npz"
    network = build(MOBILE).eval()
    load_mobilenet_v2(network, path)
    theirs = mobilenet_v2(weights=None)
    tensors = read_mobilenet_v2(path)
    tensors["classifier.1.weight"] = tensors["classifier.1.weight"].reshape(1000, 1280)
    theirs.load_state_dict(tensors, strict=False)
    features = torch.rand(1, 320, 3, 3)
    with torch.inference_mode():
        torch.testing.assert_close(network.head.expand(features), theirs.eval().features[18](features))

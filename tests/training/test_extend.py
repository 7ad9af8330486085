"""A head with more classes answers for the old ones as before."""

import pytest
import torch

from cellwright import nets
from cellwright.core import ModelNotUsable
from cellwright.training.extend import extended, extended_architecture
from cellwright.zoo import find_model, load_card, load_network
from tests.tiny_model import ARCHITECTURE

YOLO_POINT = {
    "kind": "yolo",
    "num_classes": 2,
    "backbone": {"kind": "csp_darknet", "width": 0.125, "depth": 0.33},
    "neck": {"kind": "pan", "out": [16, 16, 32]},
    "head": {"kind": "point", "width": 16, "depth": 1, "bins": 8},
}


def stars(classes):
    return {
        "kind": "unet",
        "encoder": {"kind": "plain", "channels": [8, 16], "stem_stride": 2},
        "decoder": {"channels": [8]},
        "head": {"kind": "stars", "rays": 8, "grid": 2, "pixels": True, "classes": classes},
    }


def pixels(classes, resize="shuffle"):
    head = {"kind": "classes", "classes": classes, "resize": resize}
    return stars(0) | {"head": head}


@pytest.fixture(autouse=True)
def same_weights():
    torch.manual_seed(0)


def test_a_detector_answers_for_old_classes_as_before():
    images = torch.rand(1, 3, 64, 64)
    for architecture, first in ((YOLO_POINT, 4), (ARCHITECTURE, 4)):
        count = architecture["num_classes"]
        old = nets.build(architecture).eval()
        new = extended(old, architecture | {"num_classes": count + 2}, {count: 0}).eval()
        with torch.no_grad():
            before, after = old.predict(images), new.predict(images)
        assert after.shape[-1] == before.shape[-1] + 2
        assert torch.allclose(before, after[..., : first + count], atol=1e-6)
        # A class that begins like another one is held for less likely.
        assert (after[..., first + count] < after[..., first]).all()


@pytest.mark.parametrize("resize", ["shuffle", "bilinear"])
def test_classes_of_pixels_keep_their_order(resize):
    images = torch.rand(1, 3, 32, 32)
    old = nets.build(pixels(3, resize)).eval()
    new = extended(old, pixels(4, resize)).eval()
    with torch.no_grad():
        assert torch.allclose(old(images), new(images)[:, :3], atol=1e-6)


def test_stars_keep_their_rays_and_classes():
    images = torch.rand(1, 3, 32, 32)
    for before, after in ((0, 2), (2, 3)):
        old = nets.build(stars(before)).eval()
        new = extended(old, stars(after)).eval()
        with torch.no_grad():
            raw = old(images)
            assert torch.allclose(raw, new(images)[:, : raw.shape[1]], atol=1e-6)


def test_regions_keep_their_boxes():
    card = load_card(find_model("cells-maskrcnn"))
    old = load_network(find_model("cells-maskrcnn"), card)
    architecture = extended_architecture(card, 2)
    new = extended(old, architecture)
    for name, value in old.state_dict().items():
        assert torch.equal(value, new.state_dict()[name][: len(value)] if value.ndim else new.state_dict()[name])


def test_what_cannot_be_extended_says_so():
    touching = load_card(find_model("nuclei-unet"))
    with pytest.raises(ModelNotUsable, match="cannot learn another"):
        extended_architecture(touching, 2)
    with pytest.raises(ModelNotUsable, match="more than their classes"):
        extended(nets.build(stars(0)), stars(0) | {"decoder": {"channels": [16]}})
    with pytest.raises(ModelNotUsable, match="more than their classes"):
        extended(nets.build(pixels(4)), pixels(3))


def test_architectures_name_the_new_number_of_classes():
    counts = {"blood-cells-yolo": 4, "nuclei-stardist": 2, "cells-maskrcnn": 2, "chest-unet": 4}
    for name, count in counts.items():
        card = load_card(find_model(name))
        network = nets.build(extended_architecture(card, count))
        extended(load_network(find_model(name), card), extended_architecture(card, count))
        assert network is not None
        assert extended_architecture(card, len(card.classes)) == dict(card.architecture)

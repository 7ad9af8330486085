"""ImageNet weights: the same as the reference loader reads, the same answers as torchvision's, and clear refusals."""

import importlib.util

import numpy as np
import pytest
import torch
from torchvision.models import mobilenet_v2

from cellwright.core import ModelNotUsable
from cellwright.nets import build
from cellwright.nets.encoders import build_encoder
from cellwright.nets.imagenet import load_mobilenet_v2, read_mobilenet_v2
from cellwright.nets.torchvision_encoders import IMAGENET_MEAN, IMAGENET_STD
from tests.nets.networks import DENSE, DETECTORS


@pytest.fixture(scope="module")
def weights(data_dir):
    return data_dir / "imagenet_encoders" / "mobilenet_v2_imagenet_q8.npz"


@pytest.fixture(scope="module")
def reference(data_dir, weights):
    """What the loader beside the data reads."""
    spec = importlib.util.spec_from_file_location("reference", data_dir / "imagenet_encoders" / "load_mobilenet_v2.py")
    loader = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loader)
    return loader.state_dict(weights)


def test_weights_are_those_of_the_reference_loader(weights, reference):
    ours = read_mobilenet_v2(weights)
    assert set(ours) == set(reference)
    for name, tensor in reference.items():
        torch.testing.assert_close(ours[name].reshape(tensor.shape), tensor, msg=name)


def test_the_encoder_answers_as_torchvisions_network_does(weights, reference):
    theirs = mobilenet_v2(weights=None)
    theirs.load_state_dict(reference, strict=False)
    encoder = build_encoder({"kind": "mobilenet-v2"})
    load_mobilenet_v2(encoder, weights)
    image = torch.rand(1, 3, 64, 96)
    mean, std = (torch.tensor(row).reshape(1, 3, 1, 1) for row in (IMAGENET_MEAN, IMAGENET_STD))
    with torch.inference_mode():
        maps = encoder.eval()(image)
        expected = theirs.eval().features[:18]((image - mean) / std)
    assert [tuple(x.shape[1:]) for x in maps] == [
        (c, 64 // s, 96 // s) for c, s in zip(encoder.channels, encoder.strides, strict=True)
    ]
    torch.testing.assert_close(maps[-1], expected)


@pytest.mark.parametrize("kind", ["unet", "mask-rcnn", "yolo"])
def test_every_network_with_that_encoder_takes_them(kind, weights, reference):
    yolo = {
        "kind": "yolo",
        "num_classes": 1,
        "backbone": {"kind": "mobilenet_v2"},
        "neck": {"kind": "pan", "out": [8, 8, 8]},
        "head": {"kind": "point", "width": 8},
    }
    net = build({"unet": DENSE["mobilenet-v2"], "mask-rcnn": DETECTORS["mask-rcnn"], "yolo": yolo}[kind])
    load_mobilenet_v2(net, weights)
    last = [p for n, p in net.named_parameters() if p.shape == reference["features.17.conv.2.weight"].shape][-1]
    torch.testing.assert_close(last.detach(), reference["features.17.conv.2.weight"])


def test_a_network_without_that_encoder_is_told_so(weights):
    with pytest.raises(ModelNotUsable, match="has no MobileNetV2; choose that encoder"):
        load_mobilenet_v2(build(DENSE["nearest"]), weights)


def test_wrong_files_are_refused_in_plain_words(tmp_path, data_dir):
    encoder = build_encoder({"kind": "mobilenet-v2"})
    with pytest.raises(ModelNotUsable, match="There are no MobileNetV2 weights at"):
        load_mobilenet_v2(encoder, tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("no numbers")
    np.save(tmp_path / "one.npy", np.zeros(3))
    np.savez(tmp_path / "objects.npz", np.array([{"a": 1}], dtype=object))
    for name in ("text.npz", "one.npy", "objects.npz"):
        with pytest.raises(ModelNotUsable, match="not an archive of named arrays"):
            load_mobilenet_v2(encoder, tmp_path / name)
    with pytest.raises(ModelNotUsable, match="does not hold the weights of MobileNetV2"):
        load_mobilenet_v2(encoder, data_dir / "imagenet_encoders" / "squeezenet1_1_imagenet_fp16.npz")

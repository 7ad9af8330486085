"""A detector small enough for a test: untrained, the same on every machine, and talkative enough to find something."""

from __future__ import annotations

from pathlib import Path

CLASSES = (
    {"name": "WBC", "title": "White blood cell", "colour": "#0072B2", "badge": "W"},
    {"name": "RBC", "title": "Red blood cell", "colour": "#D55E00", "badge": "R"},
    {"name": "PLT", "title": "Platelet", "colour": "#E69F00", "badge": "P"},
)
ARCHITECTURE = {
    "kind": "yolo",
    "num_classes": 3,
    "backbone": {"kind": "csp_darknet", "width": 0.125, "depth": 0.33},
    "neck": {"kind": "pan"},
    "head": {"kind": "grid", "anchors": [[[16, 16], [32, 32]], [[48, 48], [64, 64]], [[96, 96], [128, 128]]]},
}


def write_tiny_model(folder: Path, tile_px: int = 96, halo_px: int = 24) -> Path:
    """Write the model folder and return it; its weights depend on nothing but a seed."""
    import torch

    from cellwright import nets
    from cellwright.zoo import InputContract, ModelCard, ObjectClass, Thresholds, write_model

    torch.manual_seed(7)
    network = nets.build(ARCHITECTURE)
    for norm in network.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            norm.momentum = None  # the plain mean of what was seen
    with torch.no_grad():
        # Without statistics of its own an untrained network answers the same everywhere.
        network.train()(torch.rand(8, 3, 20, 20).repeat_interleave(8, 2).repeat_interleave(8, 3))
        for conv in network.head.outputs:
            conv.weight.view(2, -1, *conv.weight.shape[1:])[:, :4] *= 0.5
            conv.weight.view(2, -1, *conv.weight.shape[1:])[:, 4:] *= 12.0
            conv.bias.view(2, -1)[:, :4] = 0.0
            conv.bias.view(2, -1)[:, 4:] = torch.tensor([-2.5, 0.0, 0.5, -0.5])
    network.eval()
    card = ModelCard(
        name="tiny",
        title="Tiny, for tests",
        architecture=ARCHITECTURE,
        input=InputContract(tile_px=tile_px, halo_px=halo_px),
        classes=tuple(ObjectClass(**kind) for kind in CLASSES),
        thresholds=Thresholds(confidence={"WBC": 0.3, "RBC": 0.3, "PLT": 0.3}, nms_iou=0.3),
    )
    write_model(folder, card, network)
    return folder


def write_smear(path: Path, shape: tuple[int, int] = (200, 260), seed: int = 0) -> Path:
    """Write a picture with round blobs, the same for the same seed, and return its path."""
    import numpy as np
    from PIL import Image, ImageDraw

    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (shape[1], shape[0]), (225, 215, 220))
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        y, x, r = rng.integers(0, shape[0]), rng.integers(0, shape[1]), rng.integers(8, 24)
        draw.ellipse([x - r, y - r, x + r, y + r], fill=(*(int(v) for v in rng.integers(60, 200, 3)),))
    image.save(path)
    return path

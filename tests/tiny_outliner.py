"""Networks that outline, small enough for a test: untrained, the same on every machine, and talkative."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_COLOURS = ("#0072B2", "#009E73", "#D55E00")


def write_outliner(folder: Path, decoding: dict[str, Any], *classes: str, seed: int) -> Path:
    """Write the folder of a model that sorts pixels into three, each about as often on a smear, and return it."""
    import torch

    from cellwright import nets
    from cellwright.zoo import TASK_OF, InputContract, ModelCard, ObjectClass, Thresholds, write_model

    torch.manual_seed(seed)
    architecture = {
        "kind": "unet",
        "encoder": {"kind": "plain", "channels": [6, 8]},
        "decoder": {"channels": [6]},
        "head": {"kind": "classes", "classes": 3},
    }
    network = nets.build(architecture)
    # Without statistics of its own an untrained network answers the same everywhere.
    smear = _smear(folder)
    with torch.no_grad():
        network.train()
        for _ in range(60):
            network(smear)
        network.eval()
        answer = network(smear)
        last = network.head.answer
        spread = answer.std(dim=(0, 2, 3))
        last.weight.mul_((4 / spread).view(-1, 1, 1, 1))
        last.bias.copy_(4 * (last.bias - answer.mean(dim=(0, 2, 3))) / spread)
    kinds = tuple(
        ObjectClass(name=name, title=name.capitalize(), colour=colour, badge=name[0].upper())
        for name, colour in zip(classes, _COLOURS, strict=False)
    )
    card = ModelCard(
        name=folder.name,
        title="Tiny, for tests",
        task=TASK_OF[decoding["kind"]],
        decoding=decoding,
        architecture=architecture,
        input=InputContract(tile_px=192, halo_px=32, stride=4, fit=False),
        classes=kinds,
        thresholds=Thresholds(confidence=dict.fromkeys(classes, 0.2), floor=0.1),
    )
    write_model(folder, card, network)
    return folder


def _smear(folder: Path) -> Any:
    """Return two drawn smears as a network is shown them, (2, 3, H, W)."""
    import torch

    from cellwright.core import Box, Region
    from cellwright.imaging import contrast_limits, open_slide, read_rgb
    from tests.tiny_model import write_smear

    folder.mkdir(parents=True, exist_ok=True)
    seen = []
    for seed in (1, 2):
        path = write_smear(folder / "smear.png", (120, 160), seed)
        with open_slide(path) as slide:
            rgb = read_rgb(slide, Region(Box(0, 0, *slide.shape)), contrast_limits(slide))
        seen.append(torch.from_numpy(rgb.copy()).permute(2, 0, 1).float() / 255)
        path.unlink()
    return torch.stack(seen)

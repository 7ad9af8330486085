"""A labelled set small enough to train on in a test: bright discs on grey, in YOLO's layout."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

RECIPE = """
name = "discs"
title = "Discs"
seed = 3
val_size_px = 96
val_every = 1

[architecture]
kind = "yolo"
backbone = { kind = "csp_darknet", width = 0.125, depth = 0.33 }
neck = { kind = "pan", out = [16, 16, 32] }
head = { kind = "point", width = 16, depth = 1, bins = 8 }

[data]
format = "yolo"
classes = ["RED", "BLUE"]

[[phases]]
epochs = 3
size_px = 96
mosaic = 0.5

[augment]
blur = 0.2
noise = 0.2
cut_out = 0.2
mix_up = 0.2
cut_mix = 0.2
grey = 0.1

[optimise]
batch = 4
learning_rate = 2e-3
warmup_epochs = 0.5

[card]
summary = "Finds discs."
tile_px = 96
halo_px = 16
trained_on = "drawn discs"
judged_on = "other drawn discs"
licence = "BSD-3-Clause"
[card.classes]
RED = { title = "Red disc", colour = "#D55E00", badge = "R" }
BLUE = { title = "Blue disc", colour = "#0072B2", badge = "B" }
"""


def draw_discs(rng, shape=(80, 96)):
    """Return an (H, W, 3) uint8 picture and rows of class, cx, cy, w, h (fractions)."""
    h, w = shape
    picture = rng.integers(90, 110, (h, w, 3), dtype=np.uint8)
    y, x = np.ogrid[:h, :w]
    rows = []
    for k in range(int(rng.integers(1, 4))):
        r = int(rng.integers(8, 14))
        cy, cx = int(rng.integers(r, h - r)), int(rng.integers(r, w - r))
        kind = k % 2
        picture[(y - cy) ** 2 + (x - cx) ** 2 <= r * r] = (230, 40, 40) if kind == 0 else (40, 40, 230)
        rows.append((kind, (cx + 0.5) / w, (cy + 0.5) / h, (2 * r + 1) / w, (2 * r + 1) / h))
    return picture, rows


@pytest.fixture
def disc_set(tmp_path: Path) -> Path:
    """Folder of a YOLO set with 12 training and 5 validation pictures."""
    root = tmp_path / "discs"
    rng = np.random.default_rng(11)
    for split, count in (("train", 12), ("val", 5)):
        for kind in ("images", "labels"):
            (root / kind / split).mkdir(parents=True)
        for i in range(count):
            picture, rows = draw_discs(rng)
            Image.fromarray(picture).save(root / "images" / split / f"{i}.png")
            text = "\n".join(" ".join(f"{v:.6f}" if j else str(v) for j, v in enumerate(row)) for row in rows)
            (root / "labels" / split / f"{i}.txt").write_text(text)
    (root / "data.yaml").write_text("path: .\ntrain: images/train\nval: images/val\nnames: [RED, BLUE]\n")
    return root


@pytest.fixture
def recipe_path(tmp_path: Path) -> Path:
    """The recipe above, in a file."""
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE)
    return path

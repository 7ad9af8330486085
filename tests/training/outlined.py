"""Labelled sets small enough to train on in a test: two bright discs on a dark ground, with their label images."""

from pathlib import Path

import numpy as np
from PIL import Image

RECIPE = """
name = "{name}"
title = "Discs"
task = "{task}"
seed = 3
val_size_px = 64
val_every = {epochs}

{architecture}

[data]
format = "labels"
classes = ["disc"]

[look]
contrast = "percentile"
fit = false

{more}

[[phases]]
epochs = {epochs}
size_px = 64
scale = [0.9, 1.1]

[augment]
hue = 0.0
saturation = 0.0
gamma = 0.2
rotate_deg = 10

[optimise]
batch = 4
learning_rate = 5e-3
warmup_epochs = 0.5
ema_decay = 0.9

[card]
summary = "Outlines discs."
tile_px = 64
halo_px = 16
floor = 0.3
trained_on = "drawn discs"
judged_on = "other drawn discs"
licence = "BSD-3-Clause"
[card.classes]
disc = {{ title = "Disc", colour = "#0072B2", badge = "D" }}
"""

UNET = """
[architecture]
kind = "unet"
encoder = {{ kind = "plain", channels = [8, 16, 16], convs = 1, stem_stride = 2 }}
decoder = {{ channels = [16, 8], convs = 1 }}
head = {head}
"""

ARCHITECTURES = {
    "stars": UNET.format(head='{ kind = "stars", rays = 16, grid = 2, distance_loss = "polar-iou" }'),
    "pixels": UNET.format(head='{ kind = "classes", resize = "shuffle" }'),
}


def write_discs(root: Path) -> Path:
    """Write a set of eight pictures to learn from and three to be judged on, each with two discs; return its folder."""
    rng = np.random.default_rng(5)
    for kind in ("images", "labels"):
        (root / kind).mkdir(parents=True)
    rows = ["file,split"]
    y, x = np.ogrid[:64, :64]
    for i in range(11):
        picture = rng.normal(30, 4, (64, 64))
        labels = np.zeros((64, 64), np.uint8)
        for value, (cy, cx) in enumerate(((18, 20), (42, 40)), start=1):
            r = rng.integers(8, 11)
            inside = (y - cy - rng.integers(-4, 5)) ** 2 + (x - cx - rng.integers(-4, 5)) ** 2 < r * r
            picture[inside] += 100
            labels[inside] = value
        Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(root / "images" / f"{i}.png")
        Image.fromarray(labels).save(root / "labels" / f"{i}.png")
        rows.append(f"{i}.png,{'train' if i < 8 else 'val'}")
    (root / "manifest.csv").write_text("\n".join(rows) + "\n")
    return root


def write_recipe(path: Path, task: str, epochs: int, architecture: str = "", more: str = "") -> Path:
    """Write a recipe for that set."""
    architecture = architecture or ARCHITECTURES[task]
    path.write_text(RECIPE.format(name=f"discs-{task}", task=task, epochs=epochs, architecture=architecture, more=more))
    return path

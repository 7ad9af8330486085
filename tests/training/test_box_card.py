"""What a card says of a detector is what an evaluation says."""

from __future__ import annotations

import numpy as np
import torch

from cellwright.evaluate import PictureDetections
from cellwright.training.augment import Sample
from cellwright.training.box_card import measured
from cellwright.zoo import load_card
from tests.tiny_model import write_tiny_model


def test_more_cells_than_cocos_hundred_are_judged(tmp_path) -> None:
    card = load_card(write_tiny_model(tmp_path / "tiny"))
    corners = np.stack(np.meshgrid(np.arange(15), np.arange(10)), -1).reshape(-1, 2).astype(np.float32) * 20
    boxes = np.concatenate([corners, corners + 12], 1)
    kinds = np.zeros(150, np.int64)
    picture = Sample(torch.zeros(3, 320, 320, dtype=torch.uint8), boxes, kinds)
    found = PictureDetections(boxes[:, [1, 0, 3, 2]], kinds, np.linspace(0.9, 0.6, 150, dtype=np.float32))
    scores = measured(card, [found], [picture], "drawn").metrics
    assert scores is not None
    assert scores.per_class[card.class_names[0]].ap_50 == 1.0
    assert scores.per_class[card.class_names[0]].recall == 1.0

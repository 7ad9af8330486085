"""The picture of a training of a classifier for its run folder: curves, and what was taken for what."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cellwright.evaluate import class_scores_of
from cellwright.training.curves import draw_curves, figure_of, save_figure
from cellwright.training.tasks.task import Judgement


def draw_confusion(folder: Path, judgement: Judgement, kinds: Sequence[int], classes: Sequence[str]) -> None:
    """Draw curves.png and confusion.png.

    Parameters
    ----------
    folder : Path
        Holds metrics.jsonl.
    judgement : Judgement
        Its ``found`` has a row of probabilities a picture.
    kinds : sequence of int
        What each picture shows.
    classes : sequence of str
        Names.
    """
    draw_curves(folder / "metrics.jsonl", folder / "curves.png")
    counts = class_scores_of(judgement.found, kinds, classes).confusion
    figure, axes = figure_of(columns=1, rows=1)
    place = axes[0]
    place.imshow(counts, cmap="Blues")
    for y, x in np.argwhere(counts > 0):
        place.text(x, y, str(counts[y, x]), ha="center", va="center", color="white" if x == y else "black")
    place.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
    place.set_yticks(range(len(classes)), classes)
    place.set_xlabel("named")
    place.set_ylabel("shown")
    save_figure(figure, folder / "confusion.png")

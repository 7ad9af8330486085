"""Pictures of a training for its run folder: curves, precision against recall, confusion, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cellwright.evaluate import (
    PictureDetections,
    best_f1_points,
    confusion_matrix,
    match,
    precision_recall,
)
from cellwright.training.augment import Sample
from cellwright.training.curves import COLOURS, draw_curves, figure_of, save_figure
from cellwright.training.pictures import truth_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SHOWN = 6


def draw_run(
    folder: Path, found: Sequence[PictureDetections], judged: Sequence[Sample], classes: Sequence[str]
) -> None:
    """Draw curves.png, precision_recall.png, confusion.png and predictions.png into a run folder.

    Parameters
    ----------
    folder : Path
        Holds metrics.jsonl.
    found : sequence of PictureDetections
        What the best weights find on the validation pictures.
    judged : sequence of Sample
        Those pictures.
    classes : sequence of str
        Names.
    """
    draw_curves(folder / "metrics.jsonl", folder / "curves.png")
    matches = match(found, truth_of(judged), len(classes))
    thresholds = [point.threshold for point in best_f1_points(matches)]
    save_figure(_precision_recall(matches, classes, thresholds), folder / "precision_recall.png")
    save_figure(_confusion(found, judged, classes, thresholds), folder / "confusion.png")
    save_figure(_predictions(found, judged, thresholds), folder / "predictions.png")


def _precision_recall(matches: Any, classes: Sequence[str], thresholds: Sequence[float]) -> Figure:
    figure, (axes,) = figure_of()
    for c, name in enumerate(classes):
        curve = precision_recall(matches, c)
        axes.plot(curve.recall, curve.precision, color=COLOURS[c % len(COLOURS)], label=name)
        kept = int((curve.scores >= thresholds[c]).sum())
        if kept:
            axes.plot(curve.recall[kept - 1], curve.precision[kept - 1], "o", color=COLOURS[c % len(COLOURS)])
    axes.set(xlabel="Recall", ylabel="Precision", xlim=(0, 1.02), ylim=(0, 1.02), title="At IoU 0.5; dot: best F1")
    axes.legend()
    axes.grid(alpha=0.3)
    return figure


def _confusion(
    found: Sequence[PictureDetections], judged: Sequence[Sample], classes: Sequence[str], thresholds: Sequence[float]
) -> Figure:
    matrix = confusion_matrix(found, truth_of(judged), classes, thresholds)
    figure, (axes,) = figure_of()
    shares = matrix.counts / np.maximum(matrix.counts.sum(1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(matrix.counts):
        axes.text(
            column, row, f"{count:,}", ha="center", va="center", color="white" if shares[row, column] > 0.5 else "black"
        )
    axes.set_xticks(range(len(classes) + 1), [*classes, "missed"])
    axes.set_yticks(range(len(classes) + 1), [*classes, "invented"])
    axes.set(xlabel="Found", ylabel="True", title="Objects, at IoU 0.5 and best F1")
    return figure


def _predictions(found: Sequence[PictureDetections], judged: Sequence[Sample], thresholds: Sequence[float]) -> Figure:
    """Evenly chosen pictures: truth in thin white, what was found in class colours."""
    chosen = np.unique(np.linspace(0, len(judged) - 1, min(_SHOWN, len(judged))).astype(int))
    figure, axes = figure_of(columns=min(3, len(chosen)), rows=-(-len(chosen) // 3))
    for place, index in zip(axes, chosen, strict=False):
        picture, objects = judged[index], found[index]
        place.imshow(picture.image.permute(1, 2, 0).numpy())
        for x0, y0, x1, y1 in picture.boxes:
            _rectangle(place, x0, y0, x1, y1, "white", 0.6)
        for (y0, x0, y1, x1), kind, score in zip(objects.boxes, objects.class_index, objects.scores, strict=True):
            if score >= thresholds[kind]:
                _rectangle(place, x0, y0, x1, y1, COLOURS[kind % len(COLOURS)], 1.4)
    for place in axes:
        place.axis("off")
    return figure


def _rectangle(axes: Axes, x0: float, y0: float, x1: float, y1: float, colour: str, width: float) -> None:
    axes.plot([x0, x1, x1, x0, x0], [y0, y0, y1, y1, y0], color=colour, linewidth=width)

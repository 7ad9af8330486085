"""Pictures of a training with outlines for its run folder: curves, and what was found beside what is there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.shapes import labels_from_masks
from cellwright.training.crops import LabelSample
from cellwright.training.curves import COLOURS, draw_curves, figure_of, save_figure
from cellwright.training.tasks.task import Judgement

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHOWN = 6


def draw_outlines(folder: Path, judgement: Judgement, judged: Sequence[LabelSample]) -> None:
    """Draw curves.png and predictions.png of a network that outlines objects.

    Parameters
    ----------
    folder : Path
        Holds metrics.jsonl.
    judgement : Judgement
        Its ``found`` has the masks found on each picture.
    judged : sequence of LabelSample
        The pictures.
    """
    found = [labels_from_masks(one.masks, one_shape.labels.shape) for one, one_shape in _pairs(judgement, judged)]
    _draw(folder, judged, found)


def draw_classes(folder: Path, judgement: Judgement, judged: Sequence[LabelSample]) -> None:
    """Draw curves.png and predictions.png of a network that sorts pixels; ``found`` has a class map a picture."""
    _draw(folder, judged, [one for one, _ in _pairs(judgement, judged)])


def _pairs(judgement: Judgement, judged: Sequence[LabelSample]) -> list[tuple[Any, LabelSample]]:
    return list(zip(judgement.found, judged, strict=True))


def _draw(folder: Path, judged: Sequence[LabelSample], found: Sequence[NDArray[Any]]) -> None:
    draw_curves(folder / "metrics.jsonl", folder / "curves.png")
    chosen = np.unique(np.linspace(0, len(judged) - 1, min(_SHOWN, len(judged))).astype(int))
    figure, axes = figure_of(columns=min(3, len(chosen)), rows=-(-len(chosen) // 3))
    for place, index in zip(axes, chosen, strict=False):
        place.imshow(judged[index].image.permute(1, 2, 0).numpy())
        _edges(place, judged[index].labels, "white", 0.5)
        _edges(place, found[index], COLOURS[1], 1.0)
    for place in axes:
        place.axis("off")
    figure.suptitle("White: drawn by people. Orange: found.")
    save_figure(figure, folder / "predictions.png")


def _edges(axes: Axes, labels: NDArray[Any], colour: str, width: float) -> None:
    """Draw the lines along which two labels meet, between the pixels."""
    from matplotlib.collections import LineCollection

    y, x = (part - 0.5 for part in np.nonzero(labels[:, 1:] != labels[:, :-1]))
    upright = np.stack((np.stack((x + 1, y), 1), np.stack((x + 1, y + 1), 1)), 1)
    y, x = (part - 0.5 for part in np.nonzero(labels[1:] != labels[:-1]))
    flat = np.stack((np.stack((x, y + 1), 1), np.stack((x + 1, y + 1), 1)), 1)
    axes.add_collection(LineCollection(list(np.concatenate((upright, flat))), colors=colour, linewidths=width))

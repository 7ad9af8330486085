"""How a training went: losses and scores, epoch by epoch, as a figure; and what every figure here shares."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellwright.core.atomic import replacing
from cellwright.zoo import score_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours tell classes apart for every kind of colour vision.
COLOURS = ("#0072B2", "#D55E00", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#F0E442")
SCORES = ("map_50", "map_50_95", "ap_50", "mean_ap_50_90", "dice", "iou", "accuracy")
"""Scores that are drawn, where a training has them."""


def figure_of(columns: int = 1, rows: int = 1) -> tuple[Figure, list[Axes]]:
    """Return an empty figure and its axes, row by row."""
    # The object interface draws without a display and without touching global state.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.8 * columns, 3.8 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    return figure, list(axes.ravel())


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, in one step."""
    with replacing(path) as part:
        figure.savefig(part, format="png", dpi=110)


def draw_curves(metrics: Path, picture: Path) -> None:
    """Draw a training's curves as PNG.

    Parameters
    ----------
    metrics : Path
        metrics.jsonl of a run folder, or of several runs that continue each other, their epochs counted on.
    picture : Path
        Where to.
    """
    lines = metrics.read_text(encoding="utf-8").splitlines()
    # A resumed training logs an epoch again that it had not saved: the later line counts.
    rows = list({row["epoch"]: row for row in map(json.loads, lines)}.values())
    figure, (losses, scores) = figure_of(columns=2)
    for name in [key for key in rows[0] if key.startswith("loss_")] or ["loss"]:
        losses.plot(*_line(rows, name), label=name.removeprefix("loss_"))
    losses.set(xlabel="Epoch", ylabel="Loss a picture", title="Training")
    for name in SCORES:
        if any(name in row for row in rows):
            scores.plot(*_line(rows, name), marker=".", label=score_title(name))
    scores.set(xlabel="Epoch", ylim=(0, 1), title="Pictures not trained on")
    for axes in (losses, scores):
        axes.legend()
        axes.grid(alpha=0.3)
    save_figure(figure, picture)


def _line(rows: list[dict[str, Any]], name: str) -> tuple[list[int], list[float]]:
    with_it = [row for row in rows if name in row]
    return [row["epoch"] for row in with_it], [row[name] for row in with_it]

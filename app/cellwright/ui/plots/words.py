"""What the page of plots says: why nothing is drawn, what is drawn and what not, how much of it is chosen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.ui.looks.wording import percent_text, plural
from cellwright.ui.state.picture import Picture
from cellwright.ui.state.plotting import PlotKind
from cellwright.ui.state.plotting_cells import PlottedCells
from cellwright.ui.state.plotting_gate import Gate
from cellwright.ui.state.plotting_shapes import intervals_text


def is_found(picture: Picture | None) -> bool:
    """Whether a picture has cells."""
    return picture is not None and picture.objects is not None and len(picture.objects) > 0


def why_empty(picture: Picture | None, cells: PlottedCells) -> str:
    """Return what to do where nothing can be drawn; empty where something is."""
    if picture is None:
        return "Open a picture, and what is measured on its cells can be plotted here."
    if not is_found(picture):
        return "No cells yet. Analyze the picture, and its cells can be plotted and gated here."
    if len(cells) or (cells.spec.kind is PlotKind.COUNTS and cells.groups):
        return ""
    if cells.left_out:
        return f"Nothing to draw: {', '.join(cells.left_out)}. Choose another column, or take away the log axis."
    return "No cell is shown. Lower the confidence, show a class in Counts, or clear the filter above the table."


def notes_of(cells: PlottedCells) -> str:
    """Return how many cells are drawn and what is not, in one line."""
    parts = [plural(len(cells), "cell")]
    if len(cells.pictures) > 1:
        parts.append(plural(len(cells.pictures), "picture"))
    if cells.spec.kind is PlotKind.COUNTS:
        parts.append(intervals_text(cells))
    if cells.left_out:
        parts.append(f"not drawn: {', '.join(cells.left_out)}")
    return " · ".join(parts)


def chosen_words(cells: PlottedCells, mask: NDArray[np.bool_], current: Picture | None, gate: Gate | None) -> str:
    """Return how many of the cells drawn are chosen, and how many in the gate lie on other pictures."""
    here = int(cells.on(current).sum())
    chosen = int(mask.sum())
    if not chosen and gate is None:
        return "Draw a gate, or click a cell." if cells.axes else "Click a bar to choose its cells."
    text = f"{chosen:,} of {plural(here, 'cell')} chosen" + (f" ({percent_text(chosen / here)})" if here else "")
    if gate is not None and len(cells.pictures) > 1 and gate.fits(cells.axes):
        elsewhere = int((gate.holds(cells.values) & ~cells.on(current)).sum())
        text += f"; {elsewhere:,} in the gate on other pictures" if elsewhere else ""
    return text

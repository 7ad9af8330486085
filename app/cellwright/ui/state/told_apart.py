"""What a classifier said of a cell, in words."""

from __future__ import annotations

import numpy as np

from cellwright.ui.state.picture import Picture

_MOST = 3
"""So many kinds are named, the likeliest first."""
_LEAST = 0.005
"""Kinds of less probability are left out, but for the first."""


def kinds_said(picture: Picture, row: int) -> str:
    """Return the likeliest kinds of a cell with their probabilities, a line each; empty where nobody was asked."""
    said = picture.analysis.probabilities if picture.analysis is not None else None
    if said is None or picture.objects is None:
        return ""
    shares = said.of(picture.objects.take(np.array([row])))[0]
    if np.isnan(shares).any():
        return ""
    titles = {style.name: style.title for style in picture.styles}
    best = [kind for kind in np.argsort(-shares)[:_MOST] if shares[kind] >= _LEAST]
    names = [said.classes[kind] for kind in best]
    return "\n".join(f"{titles.get(name, name)} {shares[kind]:.2f}" for name, kind in zip(names, best, strict=True))

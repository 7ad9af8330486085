"""What a run counted, kept so that another threshold counts anew without looking at the slide again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cellwright.core import BadParameter, Objects
from cellwright.zoo import ModelCard

_STEPS = 100
"""Scores are counted in hundredths."""


def totals_of(objects: Objects, card: ModelCard) -> dict[str, int]:
    """Return what objects add to the totals of a run.

    Returns
    -------
    dict of str to int
        ``objects``: all of them; ``counted:CLASS``: those at or above the card's threshold; ``scored:CLASS:N``: those
        with a score from N hundredths to below N + 1.
    """
    sure = objects.at_least(card.confidence_thresholds())
    totals = {"objects": len(objects)}
    totals.update({f"counted:{name}": count for name, count in zip(sure.classes, sure.counts().tolist(), strict=True)})
    for number, name in enumerate(objects.classes):
        scores = objects.scores[objects.class_index == number].astype(np.float64)
        # A float32 of 0.4 lies a little above or below; what is meant by it is the hundredth.
        steps, counts = np.unique(np.floor(scores * _STEPS + 1e-5).astype(int), return_counts=True)
        totals.update({f"scored:{name}:{step}": int(count) for step, count in zip(steps, counts, strict=True)})
    return totals


def counted(totals: Mapping[str, int], card: ModelCard, thresholds: tuple[float, ...] | None = None) -> dict[str, int]:
    """Return how many objects of each class of a model reach its threshold.

    Raises
    ------
    BadParameter
        If the run was made before scores were kept, and other thresholds than the card's are asked for.
    """
    found = {name: totals.get(f"counted:{name}", 0) for name in card.class_names}
    usual = dict(zip(card.class_names, card.confidence_thresholds(), strict=True))
    asked = usual if thresholds is None else dict(zip(card.class_names, thresholds, strict=True))
    others = {name: round(least * _STEPS) for name, least in asked.items() if least != usual[name]}
    if not others:
        return found
    parts = [(key.partition(":")[2].rpartition(":"), n) for key, n in totals.items() if key.startswith("scored:")]
    scored = [(kind, int(step), count) for (kind, _, step), count in parts]
    if sum(count for *_, count in scored) != totals.get("objects", 0):
        raise BadParameter(
            "This slide was counted before scores were kept with its run; leave --confidence out, or begin a project."
        )
    for name, least in others.items():
        found[name] = sum(count for kind, step, count in scored if kind == name and step >= least)
    return found


def refuse_thresholds(card: ModelCard, thresholds: tuple[float, ...] | None) -> None:
    """Raise `BadParameter` for thresholds that a run cannot count with, before it begins."""
    usual = card.confidence_thresholds()
    if thresholds is not None and len(thresholds) != len(usual):
        raise BadParameter(f"{card.name} knows {len(usual)} classes, not {len(thresholds)}.")
    others = [least for least, own in zip(thresholds or usual, usual, strict=True) if least != own]
    if any(abs(least * _STEPS - round(least * _STEPS)) > 1e-6 for least in others):
        raise BadParameter("Slides are counted in hundredths of a score; give a --confidence such as 0.4 or 0.45.")

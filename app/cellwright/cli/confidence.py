"""The least score that counts, as ``--confidence`` says it, for pictures that need not be of one model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cellwright.cli.analyze import parse_confidence
from cellwright.workflows import Analysis


def at_confidence(
    text: str | None, analyses: Sequence[Analysis]
) -> tuple[tuple[Analysis, ...], tuple[float, ...] | None]:
    """Return analyses and the least score of each class that counts on them.

    Classes that are not named keep the score of the model that looked at the picture. Where that is not the same for
    all pictures, each analysis has it in its card, and None is returned beside them.

    Parameters
    ----------
    text : str or None
        See `parse_confidence`; None for the cards' own.
    analyses : sequence of Analysis
        With the same classes.

    Raises
    ------
    BadParameter
        See `parse_confidence`.
    """
    if text is None:
        return tuple(analyses), None
    limits = [parse_confidence(text, each.card) for each in analyses]
    if len(set(limits)) == 1:
        return tuple(analyses), limits[0]
    return tuple(_with_limits(each, own) for each, own in zip(analyses, limits, strict=True)), None


def _with_limits(analysis: Analysis, limits: Sequence[float]) -> Analysis:
    card = analysis.card
    confidence = dict(zip(card.class_names, limits, strict=True))
    thresholds = card.thresholds.model_copy(update={"confidence": confidence})
    return replace(analysis, card=card.model_copy(update={"thresholds": thresholds}))

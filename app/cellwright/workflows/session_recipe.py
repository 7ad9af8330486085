"""From an analysis that a person looked at to the recipe that repeats it on other pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cellwright.core import BadParameter
from cellwright.measure import MeasureOptions
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.analysis_recipe import (
    AnalysisRecipe,
    KeepPart,
    LookPart,
    MeasurePart,
    ModelPart,
    WritePart,
)
from cellwright.workflows.tables import Thresholds


def recipe_of_analysis(
    analysis: Analysis,
    thresholds: Thresholds,
    formats: Sequence[str],
    *,
    measured: Sequence[str] = (),
    options: MeasureOptions | None = None,
    keep: str = "",
    with_pictures: bool = False,
) -> AnalysisRecipe:
    """Return how an analysis was made, what of it counts, and what is written of it.

    What people corrected is no part of it: that is about one picture.

    Parameters
    ----------
    analysis : Analysis
        Of one picture.
    thresholds : float or sequence of float, optional
        See `Analysis.counted`.
    formats : sequence of str
        What is written, at least one.
    measured, options, keep, with_pictures
        See `ExportAnalyses`.

    Raises
    ------
    BadParameter
        If nobody knows how the model was asked, as of what people drew or a project has.
    """
    asked = analysis.asked
    if asked is None:
        raise BadParameter(
            f"Nobody knows how the model was asked about {analysis.picture.name}; analyze it anew, then make a recipe."
        )
    cards = analysis.parts or (analysis.card,)
    models = [ModelPart(name=card.name, sha256=card.model_hash) for card in cards]
    limits = analysis.default_thresholds if thresholds is None else thresholds
    of_class = np.broadcast_to(np.asarray(limits, np.float64), (len(analysis.objects.classes),)).tolist()
    said, size = asked.pixel_size, analysis.picture.pixel_size
    is_later = size is not None and size != said and size.source.value == "user"
    channels = analysis.picture.ref.channels
    return AnalysisRecipe(
        model=models[0],
        classify=models[1] if len(models) > 1 else None,
        look=LookPart(
            augment=asked.augment,
            scales=asked.scales,
            pixel_size_um=None if said is None else (said.y_um, said.x_um),
            object_px=asked.object_px,
            channels=None if channels is None else tuple(channel + 1 for channel in channels),
            floor=asked.floor,
            nms_iou=asked.nms_iou,
            every_class=asked.every_class,
        ),
        confidence=dict(zip(analysis.objects.classes, of_class, strict=True)),
        keep=KeepPart(objects=keep) if keep else None,
        measure=MeasurePart() if options is None else MeasurePart.of(options),
        write=WritePart(
            formats=tuple(formats),
            measured=tuple(measured),
            with_pictures=with_pictures,
            pixel_size_um=(size.y_um, size.x_um) if is_later and size is not None else None,
        ),
    )

"""Writing a model folder from rules, for whoever wants a threshold model of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from cellwright.zoo import (
    InputContract,
    LabelDecoding,
    ModelCard,
    ObjectClass,
    Thresholds,
    WeightsFile,
    write_model_of_words,
)
from cellwright_threshold.rules import RULES_FILE, Rules

TILE_PX, HALO_PX = 1024, 128
"""Objects up to half a halo wide are the same whichever tiles a picture is cut into."""


def write_threshold_model(
    folder: Path,
    rules: Rules,
    title: str,
    *,
    summary: str = "",
    kind: ObjectClass | None = None,
    light: tuple[Literal["fluorescence", "stained", "grey"], ...] = (),
    overwrite: bool = False,
) -> ModelCard:
    """Write a model folder; its name is the name of the model.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    rules : Rules
        What the model does.
    title, summary : str
        As a person reads them.
    kind : ObjectClass, optional
        What it finds; nuclei where nothing is said.
    light : tuple of "fluorescence", "stained" or "grey"
        Which pictures it is for.
    overwrite : bool
        Whether a model that stands there may be replaced.

    Raises
    ------
    OutputExists
        If there is a model already and `overwrite` is False.
    OutputNotWritable
        If the folder cannot be written.
    """
    found = kind or ObjectClass(name="nucleus", title="Nucleus", colour="#009E73", badge="N")
    card = ModelCard(
        name=folder.name,
        title=title,
        summary=summary,
        task="instances",
        architecture={"kind": "threshold"},
        input=InputContract(
            tile_px=TILE_PX,
            halo_px=HALO_PX,
            stride=1,
            fit=False,
            contrast="percentile",
            percentiles=(0.1, 99.9),
            light=light,
            overview=True,
        ),
        classes=(found,),
        decoding=LabelDecoding(min_area_px=rules.smallest_px),
        thresholds=Thresholds(confidence={found.name: 0.5}),
        weights=WeightsFile(file=RULES_FILE, dtype="float32"),
        licence="BSD-3-Clause",
    )
    return write_model_of_words(folder, card, rules.model_dump_json(indent=2) + "\n", overwrite=overwrite)

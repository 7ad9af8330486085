"""The pictures that come with the program, and the model that each is for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cellwright.bundled import bundled


@dataclass(frozen=True, slots=True)
class SamplePicture:
    """A drawn picture to try the program on.

    Parameters
    ----------
    name : str
        Name in the program and of the file in resources/samples, without ``.png``.
    title, tooltip : str
        As on a button, and in a sentence.
    models : tuple of str
        Names of models that fit it, the best first.
    """

    name: str
    title: str
    tooltip: str
    models: tuple[str, ...]

    @property
    def path(self) -> Path:
        """Where it lies."""
        return bundled("resources", "samples", f"{self.name}.png")


SAMPLES = (
    SamplePicture("smear", "Blood smear", "Open the blood smear that comes with the program.", ("blood-cells-yolo",)),
    SamplePicture(
        "nuclei",
        "Nuclei",
        "Open the fluorescent nuclei that come with the program.",
        ("nuclei-stardist", "cells-maskrcnn", "nuclei-unet"),
    ),
    SamplePicture("chest", "Chest X-ray", "Open the chest X-ray that comes with the program.", ("chest-unet",)),
)
"""All of them are drawn by `cellwright.testing`; none shows a person."""


def sample_named(name: str) -> SamplePicture:
    """Return a sample by its name."""
    return next(sample for sample in SAMPLES if sample.name == name)

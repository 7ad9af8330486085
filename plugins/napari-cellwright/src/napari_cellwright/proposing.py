"""Which model is chosen at first for a picture: the best scored of those that were trained on such light."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from cellwright.core import PixelSize
from cellwright.imaging import SlideRef
from cellwright.jobs import Progress
from cellwright.workflows import propose_models
from cellwright.zoo import ModelCard
from napari_cellwright.analyzing import CLASSIFICATION


@dataclass(frozen=True, slots=True)
class ProposeModel:
    """An operation whose result is the name of a model, empty where there is none.

    Parameters
    ----------
    ref : SlideRef
        The picture, of which a small overview is looked at.
    pixel_size : PixelSize or None
        What is known of it beyond the file.
    """

    ref: SlideRef
    pixel_size: PixelSize | None = None

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Propose a model for {self.ref.path.name}"

    def run(self) -> Generator[Progress, None, str]:
        """Compare what models were trained on with the picture.

        Raises
        ------
        SlideNotReadable
            If the picture cannot be decoded.
        """
        yield Progress(0, 0, "Looking at the picture")
        with self.ref.open() as slide:
            found = [each for each in propose_models(slide, self.pixel_size) if each.card.task != CLASSIFICATION]
        best = max(found, key=lambda each: (round(each.fitness, 2), _score(each.card)), default=None)
        return "" if best is None else best.card.name


def _score(card: ModelCard) -> float:
    return 0.0 if card.metrics is None else next(iter(card.metrics.named().values()), 0.0)

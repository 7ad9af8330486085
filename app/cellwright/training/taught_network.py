"""`TaughtNetwork`: a network that has learned, and what its card says of it before it is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cellwright.training.provenance import Provenance
from cellwright.training.recipe import CardPart, Recipe
from cellwright.zoo import InputContract, ModelCard, ObjectClass, Thresholds, Training

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True, eq=False)
class TaughtNetwork:
    """What becomes a model folder.

    Parameters
    ----------
    network : nn.Module
        With the weights to keep.
    architecture : dict
        What `nets.build` makes it from.
    recipe : Recipe
        By which it was taught.
    provenance : Provenance
        How the weights came about.
    """

    network: nn.Module
    architecture: dict[str, Any]
    recipe: Recipe
    provenance: Provenance

    def first_card(self, part: CardPart, shown: Mapping[str, Any] | None = None, **kind: Any) -> ModelCard:
        """Return what can be said of the model before it is judged.

        Parameters
        ----------
        part : CardPart
            What the recipe says of the card.
        shown : mapping, optional
            Words of the `InputContract` beyond those that follow from `part`: how pictures are shown to the network.
        **kind : object
            Words of the card that say what kind of model it is: ``task``, ``decoding``, ``crops``.
        """
        recipe, provenance = self.recipe, self.provenance
        names = recipe.data.classes
        return ModelCard(
            name=recipe.name,
            title=recipe.title,
            summary=part.summary,
            architecture=self.architecture,
            input=InputContract.model_validate(
                {
                    "tile_px": part.tile_px,
                    "halo_px": part.halo_px,
                    "um_per_px": part.um_per_px,
                    "light": part.light,
                    # What was never shown turned has learned nothing of it.
                    "orientation": "any" if recipe.augment.turn else "upright",
                    **(shown or {}),
                }
            ),
            classes=tuple(ObjectClass(name=name, **part.classes[name].model_dump()) for name in names),
            thresholds=Thresholds(
                confidence=dict.fromkeys(names, 0.5), floor=part.floor, nms_iou=part.nms_iou, nms=part.nms
            ),
            training=Training(
                data=part.trained_on,
                pictures=provenance.pictures,
                recipe="recipe.toml",
                epochs=provenance.epoch,
                seconds=round(provenance.seconds, 1),
                device=provenance.device_name,
                seed=recipe.seed,
                start=provenance.start,
            ),
            parent=provenance.parent,
            licence=part.licence,
            citations=part.citations,
            **kind,
        )

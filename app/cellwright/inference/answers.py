"""`Answers`: what a network said of a picture above the floor, so that thresholds act without asking it again."""

from __future__ import annotations

from dataclasses import dataclass

from cellwright.core import BadParameter, Objects
from cellwright.inference.candidates import Boxes
from cellwright.inference.decoders import Candidates, Decoder
from cellwright.inference.identity import object_ids
from cellwright.inference.tiles import Tile
from cellwright.zoo import ModelCard

MOST_BYTES = 256 * 2**20
"""Answers that take more memory are not kept: a star of 32 rays takes 142 bytes, so about 1.9 million of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What each tile may hold.

    Parameters
    ----------
    decoder : Decoder
        How it becomes objects.
    card : ModelCard
        Of the model.
    picture_id : str
        Names the picture in the objects' ids.
    nms_iou : float
        The overlap that was asked for first.
    tiles : tuple of (Tile, Candidates)
        What is left to choose from.
    unanswered : tuple of Tile
        Tiles that gave no answer.
    """

    decoder: Decoder
    card: ModelCard
    picture_id: str
    nms_iou: float
    tiles: tuple[tuple[Tile, Candidates], ...]
    unanswered: tuple[Tile, ...] = ()

    def objects(self, nms_iou: float) -> Objects:
        """Choose the objects of the whole picture.

        Parameters
        ----------
        nms_iou : float
            Objects that overlap by more are one, in [0, 1). Where pixels say what is one object, it changes nothing.

        Returns
        -------
        Objects
            By falling score, down to the floor; as `detect` would have found them.

        Raises
        ------
        BadParameter
            If `nms_iou` is out of range.
        """
        if not 0.0 <= nms_iou < 1.0:
            raise BadParameter(f"nms_iou={nms_iou} must be at least 0 and below 1.")
        found = self.decoder.join([(tile, kept.objects(nms_iou)) for tile, kept in self.tiles], self.unanswered)
        return as_objects(found, self.card, self.picture_id)


def as_objects(found: Boxes, card: ModelCard, picture_id: str) -> Objects:
    """Give found objects their ids, classes and source."""
    ids = object_ids(found, picture_id, card.model_hash)
    return Objects(ids, found.boxes, found.class_index, found.scores, card.class_names, card.source, found.masks)

"""From raw answers to objects: one decoder for each kind of answer that a card can name."""

from __future__ import annotations

from cellwright.inference.candidates import Cut
from cellwright.inference.decoders.boxes import BoxDecoder
from cellwright.inference.decoders.classes import ClassDecoder
from cellwright.inference.decoders.decoder import Candidates, Decoder, Frame, MapDecoder
from cellwright.inference.decoders.dense import level0_maps
from cellwright.inference.decoders.labels import LabelDecoder
from cellwright.inference.decoders.picture import PictureDecoder
from cellwright.inference.decoders.regions import RegionDecoder
from cellwright.inference.decoders.stars import StarDecoder
from cellwright.inference.decoders.touching import TouchingDecoder
from cellwright.inference.decoders.warming import warm_decoder
from cellwright.zoo import (
    ClassDecoding,
    LabelDecoding,
    ModelCard,
    PictureDecoding,
    RegionDecoding,
    StarDecoding,
    TouchingDecoding,
)

__all__ = ["Candidates", "Decoder", "Frame", "MapDecoder", "decoder_of", "level0_maps", "warm_decoder"]


def decoder_of(card: ModelCard, frame: Frame, cut: Cut) -> Decoder:
    """Return what turns the answers of a model into objects.

    Parameters
    ----------
    card : ModelCard
        Whose `decoding` says what the network answers with.
    frame : Frame
        Where the answers lie.
    cut : Cut
        What is kept of them.
    """
    decoding = card.decoding
    if isinstance(decoding, StarDecoding):
        return StarDecoder(frame, cut, decoding.grid, decoding.foreground, decoding.reach_px)
    if isinstance(decoding, RegionDecoding):
        return RegionDecoder(frame, cut, decoding.mask_threshold)
    if isinstance(decoding, TouchingDecoding):
        return TouchingDecoder(frame, cut, decoding)
    if isinstance(decoding, ClassDecoding):
        return ClassDecoder(frame, cut, decoding)
    if isinstance(decoding, LabelDecoding):
        return LabelDecoder(frame, cut, decoding)
    if isinstance(decoding, PictureDecoding):
        return PictureDecoder(frame, cut)
    return BoxDecoder(frame, cut)

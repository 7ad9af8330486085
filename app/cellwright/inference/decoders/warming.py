"""Compiling the loops that a decoder needs, before the first picture waits for them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box
from cellwright.inference.candidates import Cut
from cellwright.inference.decoders.boxes import BoxDecoder
from cellwright.inference.decoders.classes import ClassDecoder
from cellwright.inference.decoders.decoder import Decoder, Frame
from cellwright.inference.decoders.labels import LabelDecoder
from cellwright.inference.decoders.picture import PictureDecoder
from cellwright.inference.decoders.regions import RegionDecoder
from cellwright.inference.decoders.stars import StarDecoder
from cellwright.inference.decoders.touching import TouchingDecoder
from cellwright.inference.tiles import Tile
from cellwright.inference.view import View
from cellwright.zoo import ClassDecoding, Decoding, LabelDecoding, TouchingDecoding

_SIDE = 16


def warm_decoder(decoding: Decoding) -> None:
    """Decode a made-up answer with two objects, so that every loop is loaded or compiled."""
    whole = Box(0, 0, _SIDE, _SIDE)
    tile = Tile(0, whole, whole, whole)
    frame = Frame(View((tile,), 1.0, None, (_SIDE, _SIDE)), whole)
    decoder, raw = _decoder_and_answer(decoding.kind, frame)
    decoder.join([(tile, decoder.look(raw, tile).objects(0.5))])


def _decoder_and_answer(kind: str, frame: Frame) -> tuple[Decoder, NDArray[np.float32]]:
    cut = Cut(0.1, (1.0,), 0.5)
    inside = np.zeros((_SIDE, _SIDE), np.float32)
    inside[2:6, 2:6] = inside[9:14, 9:14] = 0.9
    boxes = np.array([[2, 2, 6, 6, 0.9], [9, 9, 14, 14, 0.8]], np.float32)
    if kind == "stars":
        return StarDecoder(frame, cut, 1), np.concatenate([inside[None], np.full((32, _SIDE, _SIDE), 2, np.float32)])
    if kind == "regions":
        masks = np.ones((2, 28 * 28), np.float32)
        return RegionDecoder(frame, cut, 0.5), np.concatenate([boxes, np.zeros((2, 1), np.float32), masks], 1)
    if kind == "touching":
        maps = np.stack([1 - inside, inside, np.zeros_like(inside)])
        return TouchingDecoder(frame, cut, TouchingDecoding()), maps
    if kind == "classes":
        return ClassDecoder(frame, cut, ClassDecoding()), np.stack([1 - inside, inside])
    if kind == "labels":
        return LabelDecoder(frame, cut, LabelDecoding()), np.ceil(inside)[None]
    if kind == "picture":
        return PictureDecoder(frame, cut), np.ones(1, np.float32)
    return BoxDecoder(frame, cut), boxes

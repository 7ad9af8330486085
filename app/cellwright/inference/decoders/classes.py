"""Classes: what a network answers with that sorts pixels; connected parts of a class are objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Masks
from cellwright.inference.candidates import Boxes, Cut, calibrated_rows
from cellwright.inference.decoders.decoder import Frame, Settled
from cellwright.inference.decoders.dense import level0_maps
from cellwright.inference.decoders.outlines import span_sums
from cellwright.inference.tiles import Tile
from cellwright.zoo import ClassDecoding


@dataclass(frozen=True, slots=True)
class ClassDecoder:
    """A `Decoder` of (1 + C, H, W) class probabilities, the ground first.

    Every tile settles the pixels of its `write` box, so that each pixel of the picture has one class; parts are
    connected over the whole picture afterwards.

    Parameters
    ----------
    frame : Frame
    cut : Cut
        An object's score is the mean probability of its pixels to be of its class.
    decoding : ClassDecoding
        Which parts are kept.
    """

    frame: Frame
    cut: Cut
    decoding: ClassDecoding

    def look(self, raw: NDArray[np.float32], tile: Tile) -> Settled:
        """See `Decoder.look`."""
        if raw.ndim != 3 or len(raw) != 1 + len(self.cut.temperatures):
            raise BadParameter(
                f"A network for {len(self.cut.temperatures)} classes and the ground answers with as many maps, "
                f"not with {raw.shape}."
            )
        return self.settle(level0_maps(raw, self.frame, tile), tile)

    def settle(self, maps: NDArray[np.float32], tile: Tile) -> Settled:
        """See `MapDecoder.settle`."""
        from cellwright.shapes import masks_from_labels

        own = tile.write.shift(-tile.read.y0, -tile.read.x0)
        maps = maps[:, own.y0 : own.y1, own.x0 : own.x1]
        best = maps.argmax(axis=0).astype(np.uint8)
        origin = (tile.write.y0, tile.write.x0)
        masks, values = masks_from_labels(best, origin)
        parts, kinds = _parts(masks, values.astype(np.int16) - np.int16(1))
        sums = span_sums(parts, origin, maps.max(axis=0))
        scores = (sums / np.maximum(parts.areas(), 1)).astype(np.float32)
        return Settled(Boxes.outlined(parts, kinds, scores))

    def join(self, answers: Iterable[tuple[Tile, Boxes]], unanswered: Sequence[Tile] = ()) -> Boxes:  # noqa: ARG002
        """See `Decoder.join`; a tile without an answer has no parts."""
        pairs = sorted(answers, key=lambda pair: pair[0].index)
        pieces = Boxes.concatenate([found for _, found in pairs])
        masks = pieces.masks or Masks.empty()
        found = _joined(masks, pieces, len(self.cut.temperatures))
        scores = calibrated_rows(np.minimum(found.scores, 1), found.class_index, self.cut.temperatures)
        found = replace(found, scores=scores).take(scores >= self.cut.floor)
        found = found.take(self._kept(found))
        return found.take(np.argsort(-found.scores, kind="stable"))

    def _kept(self, found: Boxes) -> NDArray[np.bool_]:
        """(N,) bool: which parts are large enough, and the largest where only that is asked for."""
        areas = found.masks.areas() if found.masks is not None else np.zeros(len(found), np.int64)
        tiles = self.frame.view.tiles
        step = self.frame.step(tiles[0]) if tiles else 1.0
        kept: NDArray[np.bool_] = areas >= self.decoding.min_area_px * step**2
        if self.decoding.keep_largest:
            largest = np.zeros(len(found), np.bool_)
            for kind in np.unique(found.class_index):
                rows = np.flatnonzero(found.class_index == kind)
                largest[rows[np.argmax(areas[rows])]] = True
            kept &= largest
        return kept


def _parts(masks: Masks, kinds: NDArray[np.int16]) -> tuple[Masks, NDArray[np.int16]]:
    """Return the connected parts of masks, pixels that touch by a corner among them, and the class of each."""
    from cellwright.shapes import components

    parts, whole = components(masks)
    return parts, kinds[whole]


def _joined(masks: Masks, pieces: Boxes, classes: int) -> Boxes:
    """Join the pieces of one class that touch across seams; a whole's score is the mean of its pixels."""
    owner = pieces.class_index[masks.owners].astype(np.int64)
    per_class = Masks.from_spans(owner, masks.spans, classes)
    wholes, kinds = _parts(per_class, np.arange(classes, dtype=np.int16))
    whole_of = _holders(wholes, kinds, masks, pieces.class_index)
    areas = masks.areas().astype(np.float64)
    sums = np.bincount(whole_of, weights=pieces.scores * areas, minlength=len(wholes))
    scores = (sums / np.maximum(wholes.areas(), 1)).astype(np.float32)
    return Boxes(wholes.boxes(), kinds, scores, wholes)


def _holders(
    wholes: Masks, kinds: NDArray[np.int16], pieces: Masks, piece_kinds: NDArray[np.int16]
) -> NDArray[np.intp]:
    """Return for each piece the whole of its class that holds it: the one that holds its first pixel."""
    owners = wholes.owners
    first = pieces.spans[pieces.starts[:-1]]
    held = np.empty(len(pieces), np.intp)
    for kind in np.unique(piece_kinds):
        rows = np.flatnonzero(kinds[owners] == kind)
        places = _place(wholes.spans[rows])
        order = np.argsort(places)
        asked = piece_kinds == kind
        # Spans of one class do not overlap: the last one that begins at or before a pixel is the one that holds it.
        last = np.searchsorted(places[order], _place(first[asked]), side="right") - 1
        held[asked] = owners[rows[order[last]]]
    return held


def _place(spans: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the first pixels of spans as numbers that rise row by row."""
    return spans[:, 0].astype(np.int64) * (np.int64(1) << 32) + spans[:, 1]

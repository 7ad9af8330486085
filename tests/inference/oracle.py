"""Networks that read the truth from the colours of a picture, one for each kind of answer, and pictures for them.

A picture carries the number of each pixel's object in red and green, and its class in blue: what a tile shows is all
that the oracle knows, as with a real network.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.inference import NmsKind
from cellwright.shapes import edge_probability, star_distances
from cellwright.zoo import (
    TASK_OF,
    BoxDecoding,
    ClassDecoding,
    Decoding,
    InputContract,
    LabelDecoding,
    ModelCard,
    ObjectClass,
    RegionDecoding,
    StarDecoding,
    Thresholds,
    TouchingDecoding,
)

RAYS = 32
MASK = 28
DECODINGS: dict[str, Decoding] = {
    "boxes": BoxDecoding(),
    "stars": StarDecoding(grid=1),
    "stars-2": StarDecoding(grid=2),
    "stars-fitted": StarDecoding(grid=2, foreground=0.5, reach_px=3),
    "regions": RegionDecoding(),
    "touching": TouchingDecoding(),
    "classes": ClassDecoding(),
    "labels": LabelDecoding(),
}


def card_of(
    decoding: Decoding,
    tile_px: int,
    halo_px: int,
    classes: int = 1,
    nms: NmsKind = "greedy",
    **contract: Any,
) -> ModelCard:
    """Return the card of an oracle, whose stride is 4."""
    kinds = [("A", "#0072B2"), ("B", "#009E73")][:classes]
    return ModelCard(
        name="oracle",
        title="Oracle",
        task=TASK_OF[decoding.kind],
        architecture={"kind": "oracle"},
        input=InputContract(tile_px=tile_px, halo_px=halo_px, stride=4, **{"fit": False, **contract}),
        classes=tuple(ObjectClass(name=n, title=n, colour=c, badge=n) for n, c in kinds),
        decoding=decoding,
        thresholds=Thresholds(confidence=dict.fromkeys([n for n, _ in kinds], 0.5), floor=0.3, nms_iou=0.4, nms=nms),
    )


def painted(labels: NDArray[np.integer], kinds: NDArray[np.integer] | None = None) -> NDArray[np.uint8]:
    """Return the (H, W, 3) picture of labelled objects; `kinds` holds the class of each label, entry 0 unused."""
    own = np.zeros(int(labels.max(initial=0)) + 1, np.uint8) if kinds is None else kinds
    blue = np.where(labels > 0, np.asarray(own, np.uint8)[labels] + 1, 0)
    return np.stack([labels & 255, labels >> 8, blue], -1).astype(np.uint8)


class Oracle:
    """An `Engine` that answers with the truth of what it sees."""

    name, device, notes = "oracle", "cpu", ()

    def __init__(self, decoding: Decoding, classes: int = 1, batch: int = 2) -> None:
        self.decoding, self.classes, self.batch = decoding, classes, batch
        self.seen: list[tuple[int, ...]] = []

    def run(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Answer as a network of this kind does."""
        self.seen.append(images.shape)
        answers = [self._answer(image) for image in images]
        longest = max(len(answer) for answer in answers)
        padded = [np.pad(a, [(0, longest - len(a))] + [(0, 0)] * (a.ndim - 1)) for a in answers]
        return np.stack(padded).astype(np.float32)

    def close(self) -> None:
        """Nothing to give back."""

    def _answer(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        padding = (image == 114).all(-1)
        image = np.where(padding[..., None], 0, image)
        labels = image[..., 0].astype(np.int32) + 256 * image[..., 1].astype(np.int32)
        kinds = np.where(labels > 0, image[..., 2].astype(np.int32), 0)
        decoding = self.decoding
        if isinstance(decoding, StarDecoding):
            return self._stars(labels, kinds, decoding.grid, with_pixels=decoding.foreground is not None)
        if isinstance(decoding, TouchingDecoding):
            return touching(labels)
        if isinstance(decoding, ClassDecoding):
            return np.stack([kinds == k for k in range(self.classes + 1)]).astype(np.float32)
        if isinstance(decoding, LabelDecoding):
            return np.stack([np.where(kinds == k + 1, labels, 0) for k in range(self.classes)]).astype(np.float32)
        return self._rows(labels, kinds, with_masks=isinstance(decoding, RegionDecoding))

    def _stars(
        self, labels: NDArray[np.int32], kinds: NDArray[np.int32], grid: int, *, with_pixels: bool
    ) -> NDArray[np.float32]:
        rays = star_distances(labels, RAYS, grid)
        parts = [edge_probability(labels, grid)[None], np.moveaxis(rays, -1, 0)]
        if with_pixels:
            parts += [(labels > 0)[y::grid, x::grid][None].astype(np.float32) for y in range(grid) for x in range(grid)]
        if self.classes > 1:
            parts.append(np.stack([kinds[::grid, ::grid] == k + 1 for k in range(self.classes)]).astype(np.float32))
        return np.concatenate(parts)

    def _rows(self, labels: NDArray[np.int32], kinds: NDArray[np.int32], *, with_masks: bool) -> NDArray[np.float32]:
        rows = []
        for value in np.unique(labels[labels > 0]):
            y, x = np.nonzero(labels == value)
            box = [y.min(), x.min(), y.max() + 1, x.max() + 1]
            kind = int(kinds[y[0], x[0]]) - 1
            if with_masks:
                inside = (labels == value)[box[0] : box[2], box[1] : box[3]]
                rows.append([*box, 0.9, kind, *cells(inside).ravel()])
            else:
                rows.append([*box, *[0.9 if k == kind else 0.0 for k in range(self.classes)]])
        width = 6 + MASK**2 if with_masks else 4 + self.classes
        return np.array(rows, np.float32).reshape(-1, width)


def cells(inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the mask of an object in its box as M×M cells, each the value of the pixel at its middle."""
    y = ((np.arange(MASK) + 0.5) * inside.shape[0] / MASK).astype(int)
    x = ((np.arange(MASK) + 0.5) * inside.shape[1] / MASK).astype(int)
    result: NDArray[np.float32] = inside[y][:, x].astype(np.float32)
    return result


def touching(labels: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return (3, H, W): ground, inside, and boundary where another object lies within a pixel."""
    padded = np.pad(labels, 1, mode="edge")
    height, width = labels.shape
    near = np.stack([padded[dy : dy + height, dx : dx + width] for dy in range(3) for dx in range(3)])
    other = ((near != labels) & (near > 0)).any(0)
    boundary = (labels > 0) & other
    return np.stack([labels == 0, (labels > 0) & ~boundary, boundary]).astype(np.float32)

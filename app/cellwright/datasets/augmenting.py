"""`Augmentation`: changed copies of training pictures, made by chance from a seed, that become part of a set."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Masks

_MOST_COPIES = 50


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How many changed copies each training picture gets, and what may change.

    Parameters
    ----------
    copies : int
        0 … 50; 0 makes none.
    seed : int
        Of chance: the same seed makes the same copies of the same pictures.
    changes : mapping
        Words of `training.recipe.Augment` with their values.
    split : str
        Pictures of this split get copies, and no others: what a model is judged on stays as it is.

    Raises
    ------
    BadParameter
        If the number of copies is impossible.
    """

    copies: int = 0
    seed: int = 0
    changes: Mapping[str, float | bool] = field(default_factory=dict)
    split: str = "train"

    def __post_init__(self) -> None:
        if not 0 <= self.copies <= _MOST_COPIES:
            raise BadParameter(f"{self.copies} copies of a picture cannot be made; give 0 to {_MOST_COPIES}.")
        if self.seed < 0:
            raise BadParameter(f"A seed is 0 or more, not {self.seed}.")

    def to_dict(self) -> dict[str, object]:
        """Return it as values that JSON knows."""
        return {"copies": self.copies, "seed": self.seed, "split": self.split, "changes": dict(self.changes)}

    def chance(self, name: str, number: int) -> np.random.Generator:
        """Return the chance of copy `number` of the picture `name`; it depends on no other picture."""
        named = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
        return np.random.default_rng((self.seed, named, number))

    def turning(self, rng: np.random.Generator) -> Turning:
        """Draw how a copy is laid; the first draws from its chance."""
        quarters, chance = int(rng.integers(4)), float(rng.random())
        return Turning(quarters if self.changes.get("turn", False) else 0, chance < float(self.changes.get("flip", 0)))


@dataclass(frozen=True, slots=True)
class Turning:
    """A picture mirrored left-right, or not, and then turned counter-clockwise by quarter turns."""

    quarter_turns: int
    is_mirrored: bool

    def size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return rows and columns afterwards."""
        return size if self.quarter_turns % 2 == 0 else (size[1], size[0])

    def pixels(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turn (H, W, 3) pixels."""
        laid = picture[:, ::-1] if self.is_mirrored else picture
        return np.ascontiguousarray(np.rot90(laid, self.quarter_turns))

    def points(self, points: NDArray[np.floating], size: tuple[int, int]) -> NDArray[np.floating]:
        """Turn (N, 2) points y, x on a picture of `size` rows and columns."""
        y, x = points[:, 0], points[:, 1]
        height, width = size
        if self.is_mirrored:
            x = width - x
        for _ in range(self.quarter_turns % 4):
            y, x = width - x, y
            height, width = width, height
        return np.stack([y, x], 1)

    def boxes(self, boxes: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
        """Turn (N, 4) boxes y0, x0, y1, x1."""
        corners = self.points(boxes[:, :2], size), self.points(boxes[:, 2:], size)
        return np.concatenate([np.minimum(*corners), np.maximum(*corners)], 1).astype(np.float32)

    def masks(self, masks: Masks, size: tuple[int, int]) -> Masks:
        """Turn outlines, exactly."""
        from cellwright.shapes import contours, masks_from_polygons

        traced = contours(masks)
        points = self.points(traced.points.astype(np.float64), size)
        rings: list[list[NDArray[np.float64]]] = [[] for _ in range(len(masks))]
        ends = traced.ring_starts.tolist()
        for owner, begin, end in zip(traced.object_of_ring.tolist(), ends[:-1], ends[1:], strict=True):
            rings[owner].append(points[begin:end])
        return masks_from_polygons(rings)

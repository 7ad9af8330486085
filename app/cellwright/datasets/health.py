"""A short look at a labelled set: how much there is of what, and how large it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.datasets.labelled import LabelledSet


@dataclass(frozen=True, slots=True)
class ClassHealth:
    """One class of a set.

    Parameters
    ----------
    name : str
        The class.
    boxes : int
        How many, ignored ones among them.
    pictures : int
        On how many pictures.
    side_px : (float, float, float) or None
        5th, 50th and 95th percentile of the side of a square as large as the box; None without a box.
    """

    name: str
    boxes: int
    pictures: int
    side_px: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class Health:
    """A set in numbers.

    Parameters
    ----------
    pictures, empty, boxes, ignored : int
        Pictures, those without a box, boxes, and those that are judged neither way.
    splits : dict of str to int
        Pictures of each split.
    groups_across_splits : int
        Groups with pictures in more than one split; above 0, scores are flattered.
    sizes : dict of (int, int) to int
        Pictures of each size (rows, columns).
    classes : tuple of ClassHealth
        In the order of the set.
    """

    pictures: int
    empty: int
    boxes: int
    ignored: int
    splits: dict[str, int]
    groups_across_splits: int
    sizes: dict[tuple[int, int], int]
    classes: tuple[ClassHealth, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the numbers as values that JSON knows."""
        return {
            "pictures": self.pictures,
            "empty": self.empty,
            "boxes": self.boxes,
            "ignored": self.ignored,
            "splits": dict(self.splits),
            "groups_across_splits": self.groups_across_splits,
            "sizes": [{"height": h, "width": w, "pictures": n} for (h, w), n in self.sizes.items()],
            "classes": [
                {"name": c.name, "boxes": c.boxes, "pictures": c.pictures, "side_px": c.side_px and list(c.side_px)}
                for c in self.classes
            ],
        }


def health(labelled: LabelledSet) -> Health:
    """Return a set in numbers."""
    splits: dict[str, int] = {}
    sizes: dict[tuple[int, int], int] = {}
    homes: dict[str, set[str]] = {}
    for picture in labelled:
        splits[picture.split] = splits.get(picture.split, 0) + 1
        sizes[picture.size] = sizes.get(picture.size, 0) + 1
        homes.setdefault(picture.group, set()).add(picture.split)
    return Health(
        len(labelled),
        sum(len(p) == 0 for p in labelled),
        sum(len(p) for p in labelled),
        sum(int(p.ignored.sum()) for p in labelled),
        splits,
        sum(len(found) > 1 for found in homes.values()),
        dict(sorted(sizes.items())),
        tuple(_class_health(labelled, c) for c in range(len(labelled.classes))),
    )


def _class_health(labelled: LabelledSet, class_index: int) -> ClassHealth:
    boxes = [p.boxes[p.class_index == class_index] for p in labelled]
    sides = np.concatenate([np.empty(0), *(_sides(b) for b in boxes)])
    spread = tuple(np.percentile(sides, (5, 50, 95)).round(1).tolist()) if len(sides) else None
    return ClassHealth(labelled.classes[class_index], len(sides), sum(len(b) > 0 for b in boxes), spread)


def _sides(boxes: NDArray[np.float32]) -> NDArray[np.float64]:
    area = np.prod((boxes[:, 2:] - boxes[:, :2]).astype(np.float64), axis=1)
    result: NDArray[np.float64] = np.sqrt(area)
    return result

"""Two lists of objects side by side: which are the same, which moved a little, and which are in one of them alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Objects
from cellwright.export import Table


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far an object may be from itself.

    Parameters
    ----------
    px : float
        Of each side of its box, in level-0 pixels.
    score : float
        Of its score.
    reason : str
        Why so far, as a phrase.
    """

    px: float
    score: float
    reason: str


NONE = Tolerance(0.011, 0.00011, "up to the rounding of the tables")
"""On the same device and engine: the tables for people round to 0.01 px and 0.0001."""

ENGINES = Tolerance(2.0, 0.08, "boxes within 2 px and scores within 0.08, as devices and engines differ")
"""On another device or engine: what the tests of engines allow for half precision."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Objects as they stand in a table.

    Parameters
    ----------
    ids : list of str
        Stable ids.
    classes : list of str
        Their classes.
    boxes : (N, 4) ndarray of float64
        y0, x0, y1, x1 in level-0 pixels.
    scores : (N,) ndarray of float64
        From 0 to 1.
    """

    ids: list[str]
    classes: list[str]
    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]

    def line(self, row: int) -> str:
        """Return an object in words: ``"WBC 0.91 at y 120, x 340"``."""
        y, x = (self.boxes[row, :2] + self.boxes[row, 2:]) / 2
        return f"{self.classes[row]} {self.scores[row]:.2f} at y {y:.0f}, x {x:.0f}"


@dataclass(frozen=True, slots=True)
class Differences:
    """What came of a comparison.

    Parameters
    ----------
    same : int
        Objects that are in both lists with the same id, box and score, up to rounding.
    near : int
        Objects that are in both within the tolerance.
    only_then, only_now : tuple of str
        Objects of one list alone, in words.
    """

    same: int
    near: int
    only_then: tuple[str, ...]
    only_now: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether every object has its counterpart."""
        return not self.only_then and not self.only_now

    def sentence(self, tolerance: Tolerance) -> str:
        """Return the outcome in one phrase."""
        both = self.same + self.near
        if self.is_same:
            return f"the same {both:,} objects, {tolerance.reason}"
        return (
            f"{both:,} objects are the same, {tolerance.reason}; {len(self.only_then):,} were there then alone and "
            f"{len(self.only_now):,} now alone"
        )


def rows_of(objects: Objects) -> Rows:
    """Return objects as rows."""
    kinds = [objects.classes[index] for index in objects.class_index.tolist()]
    return Rows(objects.id_strings(), kinds, objects.boxes.astype(np.float64), objects.scores.astype(np.float64))


def rows_of_table(table: Table, picture: str, sha256: str) -> Rows:
    """Return the objects of one picture from a table of objects that was read back."""
    names = table.column("picture").cells()
    hashes = table.column("picture_sha256").cells()
    chosen = [row for row, pair in enumerate(zip(names, hashes, strict=True)) if pair == (picture, sha256)]

    def column(name: str) -> list[str]:
        cells = table.column(name).cells()
        return [str(cells[row]) for row in chosen]

    sides = [np.array(column(name), np.float64) for name in box_columns(table)]
    boxes = np.stack(sides, axis=1) if chosen else np.empty((0, 4))
    scores = [score if score not in ("", "None") else "nan" for score in column("score")]  # drawn by a person
    return Rows(column("uuid"), column("class"), boxes, np.array(scores, np.float64))


def box_columns(table: Table) -> tuple[str, str, str, str]:
    """Return what the sides of the boxes are called, y0, x0, y1, x1 in pixels; older tables had other names."""
    names = ("bbox-0", "bbox-1", "bbox-2", "bbox-3")
    return names if names[0] in table.header else ("box_y0_px", "box_x0_px", "box_y1_px", "box_x1_px")


def compare(then: Rows, now: Rows, tolerance: Tolerance) -> Differences:
    """Match objects by id, and the rest by class and nearest box within the tolerance, one to one."""
    place = {name: row for row, name in enumerate(now.ids)}
    pairs = [(row, place[name]) for row, name in enumerate(then.ids) if name in place]
    kept = [(a, b) for a, b in pairs if _is_within(then, now, a, b, tolerance)]
    taken_then, taken_now = {a for a, _ in kept}, {b for _, b in kept}
    rest_then = [row for row in range(len(then.ids)) if row not in taken_then]
    rest_now = [row for row in range(len(now.ids)) if row not in taken_now]
    moved = _matched(then, now, rest_then, rest_now, tolerance)
    left_then = sorted(set(rest_then) - {a for a, _ in moved})
    left_now = sorted(set(rest_now) - {b for _, b in moved})
    same = sum(_is_within(then, now, a, b, NONE) for a, b in kept)
    return Differences(
        same,
        len(kept) - same + len(moved),
        tuple(then.line(row) for row in left_then),
        tuple(now.line(row) for row in left_now),
    )


def _is_within(then: Rows, now: Rows, a: int, b: int, tolerance: Tolerance) -> bool:
    return (
        then.classes[a] == now.classes[b]
        and float(np.abs(then.boxes[a] - now.boxes[b]).max()) <= tolerance.px
        and abs(float(then.scores[a] - now.scores[b])) <= tolerance.score
    )


def _matched(
    then: Rows, now: Rows, rest_then: list[int], rest_now: list[int], tolerance: Tolerance
) -> list[tuple[int, int]]:
    """Pair what is left, the nearest first; boxes as points in four dimensions, nearness being the largest side."""
    if not rest_then or not rest_now:
        return []
    from scipy.spatial import cKDTree

    first, second = cKDTree(then.boxes[rest_then]), cKDTree(now.boxes[rest_now])
    near = first.sparse_distance_matrix(second, tolerance.px, p=np.inf, output_type="ndarray")
    pairs: list[tuple[int, int]] = []
    used_then: set[int] = set()
    used_now: set[int] = set()
    for one in near[np.argsort(near["v"], kind="stable")]:
        a, b = rest_then[int(one["i"])], rest_now[int(one["j"])]
        if a not in used_then and b not in used_now and _is_within(then, now, a, b, tolerance):
            pairs.append((a, b))
            used_then.add(a)
            used_now.add(b)
    return pairs

"""Labels that people left out of a published set, found by a model."""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.rows import Row, data_dir
from cellwright.datasets import LabelledSet, read_dataset
from cellwright.evaluate import overlapping_pairs
from cellwright.jobs import run_inline
from cellwright.workflows import AuditLabels, Doubt, DoubtKind

SAME_IOU = 0.5
WANTED_RECALL = 0.7
_NAME = "RBC"


@dataclass(frozen=True, slots=True)
class Ranking:
    """How well a ranking finds what was left out.

    Parameters
    ----------
    pictures, left_out : int
        Pictures looked at, and red cells on them that the annotators left out.
    hits : (D,) ndarray of bool
        For each doubt of a missing red cell, surest first, whether it is one of those left out, each counted once.
    """

    pictures: int
    left_out: int
    hits: NDArray[np.bool_]

    def precision_at(self, recall: float) -> float:
        """Return the share of right doubts among the first that together find this share; 0 if it is never found."""
        found = np.cumsum(self.hits)
        wanted = int(np.ceil(recall * self.left_out))
        if not len(found) or found[-1] < wanted:
            return 0.0
        looked_at = int(np.searchsorted(found, wanted)) + 1
        return wanted / looked_at

    @property
    def recall(self) -> float:
        """Share of those left out that is among the doubts at all."""
        return float(self.hits.sum() / self.left_out) if self.left_out else 1.0


def shared_pictures(data: Path) -> dict[str, str]:
    """Return the pictures of BCCD, and of TXL-PBC's val part, that are the same to the pixel: name there, name here.

    The model was trained on the train part, whose labels it has seen.
    """
    with (data / "blood_txl_pbc" / "manifest.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return {row["file"]: row["bccd_match"] for row in rows if row["bccd_match"] and row["split"] == "val"}


def cells_left_out(data: Path, shared: dict[str, str]) -> dict[str, NDArray[np.float32]]:
    """Return the red cells that TXL-PBC marks and no box of BCCD covers, (N, 4) y0, x0, y1, x1, by name in BCCD."""
    theirs, _ = read_dataset(data / "blood_bccd_voc")
    full, _ = read_dataset(data / "blood_txl_pbc", split="val")
    marked = {picture.path.name: picture.boxes for picture in theirs}
    found = {}
    for name, twin in shared.items():
        cells = _cells(full, name)
        covered = _one_to_one(cells, marked[twin])
        found[twin] = cells[~covered]
    return found


def ranking(doubts: Sequence[Doubt], left_out: dict[str, NDArray[np.float32]]) -> Ranking:
    """Judge the doubts of missing red cells, surest first."""
    taken: dict[str, set[int]] = {name: set() for name in left_out}
    hits = []
    for doubt in doubts:
        if doubt.kind is DoubtKind.MISSING and doubt.found == _NAME:
            free = taken[doubt.picture.name]
            _, rows, overlaps = overlapping_pairs([doubt.box], left_out[doubt.picture.name], SAME_IOU)
            open_rows = [int(rows[i]) for i in np.argsort(-overlaps) if int(rows[i]) not in free]
            free.update(open_rows[:1])
            hits.append(bool(open_rows))
    return Ranking(len(left_out), sum(map(len, left_out.values())), np.array(hits, bool))


def measure(data: Path) -> tuple[Ranking, float]:
    """Audit BCCD's labels on the pictures that TXL-PBC labelled again; return the ranking and the seconds it took."""
    shared = shared_pictures(data)
    began = time.perf_counter()
    audit = run_inline(AuditLabels(data / "blood_bccd_voc", pictures=frozenset(shared.values())))
    seconds = time.perf_counter() - began
    return ranking(audit.doubts, cells_left_out(data, shared)), seconds


def _cells(labelled: LabelledSet, name: str) -> NDArray[np.float32]:
    picture = next(each for each in labelled if each.path.name == name)
    cells: NDArray[np.float32] = picture.boxes[picture.class_index == labelled.classes.index(_NAME)]
    return cells


def _one_to_one(cells: NDArray[np.float32], boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which cells have a box of their own, the pairs that overlap most first."""
    rows, columns, overlaps = overlapping_pairs(cells, boxes, SAME_IOU)
    covered, used = np.zeros(len(cells), bool), set[int]()
    for pair in np.argsort(-overlaps, kind="stable").tolist():
        if not covered[rows[pair]] and int(columns[pair]) not in used:
            covered[rows[pair]] = True
            used.add(int(columns[pair]))
    return covered


def run() -> list[Row]:
    """Measure once; the figures are no times but shares."""
    data = data_dir()
    if data is None:
        return []
    ranked, seconds = measure(data)
    where = f"{ranked.pictures} pictures that blood-cells-yolo was not trained on"
    share = 100 * ranked.recall
    precision = 100 * ranked.precision_at(WANTED_RECALL)
    return [
        Row(
            f"red cells left out of BCCD that are found, of {ranked.left_out}",
            share,
            unit="%",
            bar=70,
            higher_is_better=True,
            note=where,
        ),
        Row(
            "right among those shown first, where 70 % are found",
            precision,
            unit="%",
            higher_is_better=True,
            note="judged by TXL-PBC's labels of the same pictures",
        ),
        Row(
            "right among those shown first, where 90 % are found",
            100 * ranked.precision_at(0.9),
            unit="%",
            higher_is_better=True,
        ),
        Row("the whole audit", seconds, unit="s"),
    ]

"""A project of a million objects: edits that are on disk when they return, undo, and what a viewport holds."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.rows import Row, milliseconds
from cellwright.annotation import reclassified
from cellwright.core import Box, Objects
from cellwright.project import Project

N = 1_000_000
_PX_PER_OBJECT = 2500
_VIEW = Box(10_000, 10_000, 11_000, 11_500)
_CLASSES = [("NEU", "NEU", "#0072B2", "1"), ("EOS", "EOS", "#D55E00", "2")]


def make_objects(n: int, seed: int = 0) -> Objects:
    """Scatter `n` boxes of about 30 px over a slide, as dense as cells in blood."""
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, math.sqrt(n * _PX_PER_OBJECT), (n, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(20, 40, (n, 2))], 1).astype(np.float32)
    ids = np.frombuffer(rng.bytes(16 * n), "V16")
    kinds, scores = rng.integers(0, 2, n).astype(np.int16), rng.random(n).astype(np.float32)
    return Objects(ids, boxes, kinds, scores, ("NEU", "EOS"), "model:made-up@000000000000")


def run() -> list[Row]:
    """Fill a project once, then edit it."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "picture.png"
        picture.write_bytes(b"made up")
        with Project.create(Path(folder) / "project") as project:
            project.add_pictures([picture], "A.")
            project.add_classes(_CLASSES, "A.")
            objects = make_objects(N)
            adding = _seconds(lambda: project.add_objects(1, objects, "model"))
            view = project.objects_in(1, _VIEW)
            looking = milliseconds(lambda: project.objects_in(1, _VIEW), 21)
            numbers = iter(range(10_000))

            def edit() -> None:
                each = project.object(view[next(numbers) % len(view)].id)
                if each is not None:
                    project.apply(reclassified([each], 3 - each.state.class_id), "A.")

            editing = milliseconds(edit, 51)
            undoing = milliseconds(lambda: project.undo("A."), 21)
            redoing = milliseconds(lambda: project.redo("A."), 21)
    return [
        Row("1,000,000 objects added in one step", adding, unit="s", note="with journal and R*Tree, one transaction"),
        Row(f"viewport of 1,000 × 1,500 px, {len(view):,} objects", looking, bar=50),
        Row("one edit, on disk", editing, bar=50, note="WAL, synchronous = FULL"),
        Row("undo, on disk", undoing, bar=50),
        Row("redo, on disk", redoing, bar=50),
    ]


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start

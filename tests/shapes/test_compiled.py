"""The room is light until it is used, and can be warmed; without numba it answers the same."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from cellwright.shapes import compiled, warm

if TYPE_CHECKING:
    import pytest

WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None
import numpy as np
from cellwright.shapes import *
labels = np.zeros((12, 12), np.int32)
labels[2:9, 3:8] = 4
lengths = star_distances(labels, 16)[[5, 5], [5, 6]]
middles, scores = np.array([[5, 5], [5, 6]]), np.array([0.9, 0.8])
kept = star_nms(middles, lengths, scores, 0.5)
masks = without_overlaps(star_masks(middles[kept], lengths[kept]), scores[kept])
drawn = labels_from_masks(masks, labels.shape)
differing = int(((drawn > 0) != (labels > 0)).sum())
print(kept.tolist(), len(contours(masks)), differing <= 4, edge_probability(labels).max())
"""


def test_importing_the_room_leaves_heavy_libraries_out() -> None:
    script = "import sys, cellwright.shapes; print(sorted({'numba', 'scipy', 'torch', 'skimage'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=500)
    assert done.stdout.strip() == "[]"


def test_everything_works_without_numba() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NUMBA], capture_output=True, text=True, check=False, timeout=500
    )
    assert done.stdout.strip() == "[0] 1 True 1.0", done.stderr


def test_loops_are_found_and_warmed(monkeypatch: pytest.MonkeyPatch) -> None:
    warm()
    assert compiled.loops("paint_kernels") is not None
    assert compiled.loops("no_such_kernels") is None


def test_whatever_a_loop_without_counts_calls_says_whether_it_counts() -> None:
    """What is compiled on a caller's behalf inherits its options: on a fresh machine a loop that says nothing fails."""
    from numba.core.dispatcher import Dispatcher

    from cellwright.shapes import shared_area_kernels, star_kernels, target_kernels

    bare = 0
    for module in (star_kernels, target_kernels, shared_area_kernels):
        for name, loop in vars(module).items():
            if not isinstance(loop, Dispatcher) or loop.targetoptions.get("_nrt", True):
                continue
            bare += 1
            called = [loop.py_func.__globals__.get(each) for each in loop.py_func.__code__.co_names]
            silent = [each for each in called if isinstance(each, Dispatcher) and "_nrt" not in each.targetoptions]
            assert not silent, f"{module.__name__}.{name} calls {silent}"
    assert bare > 20

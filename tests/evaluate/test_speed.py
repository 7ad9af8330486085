"""Scoring is many times as fast as pycocotools, on the same boxes in the same run."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.filterwarnings("ignore")
def test_scoring_is_at_least_ten_times_as_fast_as_pycocotools() -> None:
    pytest.importorskip("pycocotools", reason="pycocotools is not installed")
    from benchmarks.bench_evaluate import compare

    # A busy machine can spoil one comparison; it does not spoil three.
    best = {"ratio": 0.0, "difference": 1.0}
    for _ in range(3):
        best = max(best, compare(n_pictures=120, repeats=3), key=lambda measured: measured["ratio"])
        if best["ratio"] >= 10:
            break
    assert best["ratio"] >= 10
    assert best["difference"] < 1e-6


def test_importing_the_room_loads_neither_numba_nor_scipy() -> None:
    code = "import sys, cellwright.evaluate; sys.exit(bool({'numba', 'scipy', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

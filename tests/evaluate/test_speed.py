"""What docs/benchmarks.md says of the speed of scoring is said of the same answers; and the room is loaded quickly."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.filterwarnings("ignore")
def test_the_benchmark_compares_what_gives_the_same_scores() -> None:
    pytest.importorskip("pycocotools", reason="pycocotools is not installed")
    from benchmarks.bench_evaluate import compare

    # How many times as fast is measured there on a quiet machine, where it has to be ten times; a test would be at the
    # mercy of whatever else runs.
    measured = compare(n_pictures=60, repeats=1)
    assert measured["difference"] < 1e-6
    assert measured["ratio"] == measured["pycocotools_ms"] / measured["ours_ms"]


def test_importing_the_room_loads_neither_numba_nor_scipy() -> None:
    code = "import sys, cellwright.evaluate; sys.exit(bool({'numba', 'scipy', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from cellwright.annotation import Geometry, ObjectState, added
from cellwright.core import Masks
from cellwright.project.measured import KeptColumn, KeptMeasurements, write_measured
from tests.project.made import PERSON, project_in, state


def codes() -> list[str]:
    """The programs of the page: one reads the database, one what was measured."""
    page = Path(__file__).parents[2] / "docs" / "project-format.md"
    return re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)


def test_the_page_reads_a_project_without_us(tmp_path: Path) -> None:
    code, _ = codes()
    assert "cellwright" not in code
    mask = Geometry.of_mask(Masks.from_spans(np.array([0, 0]), np.array([[1, 2, 9], [2, 2, 5]]), 1))
    with project_in(tmp_path) as project:
        project.apply(added(1, [state(), ObjectState(mask, 2, 0.5, PERSON)]), "A.")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "p", capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[:2] == ["../blood.png NEU unreviewed None 48.0", "../blood.png EOS unreviewed 0.5 10"]
    assert lines[-1].endswith("A. do add 2")


def test_the_page_reads_measurements_without_us(tmp_path: Path) -> None:
    _, code = codes()
    assert "cellwright" not in code
    ids, marks = np.arange(32, dtype=np.uint8).reshape(2, 16), np.array([7, 2**64 - 1], np.uint64)
    column = KeptColumn("area_um2", "µm²", "area", "area", "geometry", 1, False, np.array([3.0, 5.0]))
    write_measured(tmp_path, 1, KeptMeasurements({"pixel": "px"}, ("area",), ids, marks, (column,)))
    done = subprocess.run(
        [sys.executable, "-c", f"{code}print(ids[1])"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["area_um2", "µm²", "4.0", bytes(range(16, 32)).hex()]

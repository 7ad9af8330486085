from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from cellwright.annotation import Geometry, ObjectState, added
from cellwright.core import Masks
from tests.project.made import PERSON, project_in, state


def test_the_page_reads_a_project_without_us(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "project-format.md"
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    assert "cellwright" not in code
    mask = Geometry.of_mask(Masks.from_spans(np.array([0, 0]), np.array([[1, 2, 9], [2, 2, 5]]), 1))
    with project_in(tmp_path) as project:
        project.apply(added(1, [state(), ObjectState(mask, 2, 0.5, PERSON)]), "A.")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "p", capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[:2] == ["../blood.png NEU unreviewed None 48.0", "../blood.png EOS unreviewed 0.5 10"]
    assert lines[-1].endswith("A. do add 2")

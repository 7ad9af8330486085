"""A second environment, in which stand-ins for other programs are installed."""

from __future__ import annotations

import importlib.util
import os
import venv
from pathlib import Path

import numpy as np
import pytest

_FOUND = importlib.util.spec_from_file_location("stand_ins", Path(__file__).with_name("stand_ins.py"))
assert _FOUND is not None
assert _FOUND.loader is not None
_STAND_INS = importlib.util.module_from_spec(_FOUND)
_FOUND.loader.exec_module(_STAND_INS)


@pytest.fixture(scope="session")
def stardist_words() -> str:
    """The source of the stand-in of StarDist."""
    return str(_STAND_INS.STARDIST)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a real environment with stand-ins for two of the programs, and numpy and scipy of ours."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    (packages,) = folder.glob("Lib/site-packages" if os.name == "nt" else "lib/python*/site-packages")
    for name, text in {"stardist": _STAND_INS.STARDIST, "cellpose": _STAND_INS.CELLPOSE}.items():
        (packages / name).mkdir()
        (packages / name / "__init__.py").write_text("__version__ = '0.0.1'\n")
        (packages / name / "models.py").write_text(text)
    (packages / "cellpose-4.9.dist-info").mkdir()
    (packages / "cellpose-4.9.dist-info" / "METADATA").write_text("Name: cellpose\nVersion: 4.9\n")
    (packages / "numbers.pth").write_text(str(Path(np.__file__).parents[1]) + "\n")
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

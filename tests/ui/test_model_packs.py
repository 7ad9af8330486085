"""Packages that bring models are imported beside the window: a slow one delays nothing, and nobody's choice is lost."""

from __future__ import annotations

import shutil
import sys
import threading
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cellwright.settings import Settings
from cellwright.zoo import PACKS

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cellwright.ui.main_window import MainWindow

SLOW = """
import threading
from pathlib import Path
import slow_gate
slow_gate.threads.append(threading.current_thread())
assert slow_gate.opened.wait(60)
CELLWRIGHT_INTERFACE = 1
FOLDER = Path(__file__).parent / "slow_models"
"""


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repository: Path) -> Iterator[types.ModuleType]:
    """A package with a model, whose import ends when the gate is opened."""
    made = types.ModuleType("slow_gate")
    made.opened, made.threads = threading.Event(), []  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "slow_gate", made)
    monkeypatch.delitem(sys.modules, "slow_pack", raising=False)
    info = tmp_path / "slow_pack-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: slow-pack\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[cellwright.models]\nslow = slow_pack:FOLDER\n")
    (tmp_path / "slow_pack.py").write_text(SLOW)
    model = tmp_path / "slow_models" / "slow-unet"
    shutil.copytree(repository / "models" / "nuclei-unet", model)
    card = (model / "card.json").read_text("utf-8")
    (model / "card.json").write_text(card.replace('"name": "nuclei-unet"', '"name": "slow-unet"', 1), "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    PACKS.refresh()
    yield made
    made.opened.set()  # type: ignore[attr-defined]
    PACKS.refresh()


def test_a_slow_package_delays_nothing_and_its_models_come(
    gate: types.ModuleType, open_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    window = open_window(start=False)
    window.start()
    assert window.model_folder("blood-cells-yolo") is not None
    assert window.model_folder("slow-unet") is None
    chosen = window.session.model_folder
    assert chosen is not None
    window.session.set_threshold("WBC", 0.77)
    qtbot.waitUntil(lambda: bool(gate.threads), timeout=60_000)
    assert gate.threads[0] is not threading.main_thread()
    gate.opened.set()
    qtbot.waitUntil(lambda: window.model_folder("slow-unet") is not None, timeout=60_000)
    assert window.session.model_folder == chosen
    assert window.session.thresholds["WBC"] == pytest.approx(0.77)


def test_a_model_of_a_package_that_was_used_last_is_used_again(
    gate: types.ModuleType, open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    gate.opened.set()
    window = open_window(Settings(model="slow-unet"), start=False)
    window.start()
    assert window.session.model_folder == tmp_path / "slow_models" / "slow-unet"

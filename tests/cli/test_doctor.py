"""The doctor looks at everything and says how to mend what is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellwright.cli import doctor, system

if TYPE_CHECKING:
    import pytest

Run = Callable[..., Any]


def test_everything_is_looked_at(cellwright: Run, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELLWRIGHT_MODELS", str(model.parent))
    said = cellwright("doctor", "--json")
    findings = {(entry["topic"], entry["name"]): entry for entry in said.json}
    assert {topic for topic, _ in findings} == {"Program", "Packages", "Machine", "Devices", "Window", "Models"}
    for key in (
        ("Packages", "torch"),
        ("Packages", "PySide6"),
        ("Machine", "Processor"),
        ("Devices", "CPU"),
        ("Models", "tiny"),
    ):
        assert findings[key]["value"] and not findings[key]["problem"], key
    assert findings["Window", "Qt"]["value"].startswith("6.")
    assert ("Window", "System libraries") in findings and ("Window", "Display") in findings


def test_what_is_missing_comes_with_a_remedy_and_a_code(cellwright: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_NEEDED", ("numpy", "no-such-package"))
    monkeypatch.setattr(doctor, "_probe", lambda *_: ({}, "libEGL.so.1: cannot open shared object file"))
    monkeypatch.setattr(system, "_LIBRARIES", {"libnosuch.so.9": "libnosuch9"})
    said = cellwright("doctor")
    assert said.code == 1
    for word in ("pip install no-such-package", "apt-get install --no-install-recommends libnosuch9", "libEGL.so.1"):
        assert word in said.out
    for finding in doctor.examine():
        assert not finding.problem or finding.remedy, finding

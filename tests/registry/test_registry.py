"""Plugins are found by metadata, imported on first need, and may fail without taking the program along."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cellwright.core import PluginNotUsable, UnknownName
from cellwright.registry import Registry

GROUP = "cellwright.test_group"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A distribution of somebody else with one good and one broken entry."""
    info = tmp_path / "someone_elses-2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: someone-elses\nVersion: 2.0\n")
    (info / "entry_points.txt").write_text(
        f"[{GROUP}]\n"
        "good = someone_elses_module:answer\n"
        "broken = someone_elses_missing:x\n"
        "ours = someone_elses_module:better\n"
    )
    (tmp_path / "someone_elses_module.py").write_text("answer = 42\nbetter = 'theirs'\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "someone_elses_module", raising=False)
    return tmp_path


def test_names_are_listed_without_importing(installed: Path) -> None:
    registry: Registry[int] = Registry(GROUP, "thing")
    assert set(registry) == {"good", "broken", "ours"}
    assert "good" in registry
    assert registry.entries()["good"].distribution == "someone-elses"
    assert "someone_elses_module" not in sys.modules


def test_a_name_is_imported_when_it_is_asked_for(installed: Path) -> None:
    registry: Registry[int] = Registry(GROUP, "thing")
    assert registry.load("good") == 42
    assert registry.load("good") == 42
    assert not registry.failures()


def test_another_package_may_replace_ours(installed: Path) -> None:
    registry: Registry[str] = Registry(GROUP, "thing", {"ours": "math:pi", "only_ours": "math:e"})
    assert registry.load("ours") == "theirs"
    assert registry.load("only_ours") == pytest.approx(2.71828, rel=1e-5)


def test_our_own_are_known_without_installation() -> None:
    registry: Registry[float] = Registry("cellwright.nobody_declares_this", "thing", {"pi": "math:pi"})
    assert list(registry) == ["pi"]
    assert registry.load("pi") == pytest.approx(3.14159, rel=1e-5)


def test_a_broken_plugin_is_a_sentence_and_not_a_crash(installed: Path) -> None:
    registry: Registry[int] = Registry(GROUP, "thing")
    with pytest.raises(PluginNotUsable, match="someone-elses"):
        registry.load("broken")
    assert "someone_elses_missing" in registry.failures()["broken"]
    assert registry.load("good") == 42


def test_a_wrong_name_suggests_the_right_one(installed: Path) -> None:
    registry: Registry[int] = Registry(GROUP, "thing")
    with pytest.raises(UnknownName, match="Did you mean 'good'"):
        registry.load("goof")


def test_newly_installed_packages_are_seen_after_a_refresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry: Registry[int] = Registry(GROUP, "thing")
    assert list(registry) == []
    info = tmp_path / "late-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: late\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\nlate = math:pi\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert list(registry) == []
    registry.refresh()
    assert list(registry) == ["late"]

"""Plugins are found by metadata, imported on first need, and may fail without taking the program along."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cellwright.core import PluginNotUsable, UnknownName
from cellwright.registry import INTERFACE, INTERFACE_NAME, Registry, problem_if_not_callable

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
    says = f"{INTERFACE_NAME} = {INTERFACE}\n"
    (tmp_path / "someone_elses_module.py").write_text(f"{says}answer = 42\nbetter = 'theirs'\n")
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


def entry_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, text: str) -> None:
    """Install one distribution with one entry, ``one``, in a module of this text."""
    info = tmp_path / f"{module}-3.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 3.1\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\none = {module}:thing\n")
    (tmp_path / f"{module}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, module, raising=False)


def problem_if_it_opens_nothing(loaded: object) -> str:
    """Ask as the group of architectures does."""
    return "" if hasattr(loaded, "open_engine") else problem_if_not_callable(loaded)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("thing = len\n", f"does not say {INTERFACE_NAME}"),
        (f"{INTERFACE_NAME} = 99\nthing = len\n", "version 99"),
        (f"{INTERFACE_NAME} = {INTERFACE}\nthing = 5\n", "int, which cannot be called"),
        (f"{INTERFACE_NAME} = {INTERFACE}\n", "has no attribute 'thing'"),
        ("raise SystemExit(3)\n", "SystemExit: 3"),
        ("1 / 0\n", "ZeroDivisionError"),
        ("def (\n", "SyntaxError"),
        ("class Panic(BaseException): pass\nraise Panic('native code gave up')\n", "Panic: native code gave up"),
        (
            "class Mute(Exception):\n    def __str__(self): raise RuntimeError\nraise Mute\n",
            "cannot be used (Mute)",
        ),
        (
            f"{INTERFACE_NAME} = {INTERFACE}\nclass O:\n    def __getattr__(self, n): raise OSError(n)\nthing = O()\n",
            "OSError: open_engine",
        ),
    ],
)
def test_what_breaks_its_contract_is_named_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, reason: str
) -> None:
    entry_of(tmp_path, monkeypatch, "careless_plugin", text)
    registry: Registry[object] = Registry(GROUP, "thing", problem_of=problem_if_it_opens_nothing)
    assert registry.entries()["one"].version == "3.1"
    with pytest.raises(PluginNotUsable, match="careless_plugin") as caught:
        registry.load("one")
    assert reason in str(caught.value)
    assert registry.failures()["one"] in str(caught.value)


def test_a_package_may_speak_for_its_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry_of(tmp_path, monkeypatch, "spoken_for.inside", "thing = len\n")
    package = tmp_path / "spoken_for"
    package.mkdir()
    (package / "__init__.py").write_text(f"{INTERFACE_NAME} = {INTERFACE}\n")
    (package / "inside.py").write_text("thing = len\n")
    registry: Registry[object] = Registry(GROUP, "thing", problem_of=problem_if_not_callable)
    assert registry.load("one") is len


def test_a_target_that_names_nothing_is_told_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry_of(tmp_path, monkeypatch, "misspelt", "thing = len\n")
    (tmp_path / "misspelt-3.1.dist-info" / "entry_points.txt").write_text(f"[{GROUP}]\none = not a target\n")
    registry: Registry[object] = Registry(GROUP, "thing")
    with pytest.raises(PluginNotUsable, match=r"'not a target' is not written as 'package\.module:name'"):
        registry.load("one")


def test_a_person_who_interrupts_an_import_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry_of(tmp_path, monkeypatch, "interrupted_plugin", "raise KeyboardInterrupt\n")
    registry: Registry[object] = Registry(GROUP, "thing")
    with pytest.raises(KeyboardInterrupt):
        registry.load("one")


def test_what_fails_at_its_work_is_blamed_on_its_package_and_ours_is_not(installed: Path) -> None:
    registry: Registry[object] = Registry(GROUP, "thing", {"mine": "math:pi"})
    with (
        pytest.raises(PluginNotUsable, match=r"'good' of the package 'someone-elses' .*KeyError: 'x'"),
        registry.blaming("good"),
    ):
        raise KeyError("x")
    assert registry.failures()["good"] == "KeyError: 'x'"
    for error in (UnknownName("a sentence already"), MemoryError("none left")):
        with pytest.raises(type(error)), registry.blaming("good"):
            raise error
    with pytest.raises(KeyError), registry.blaming("mine"):
        raise KeyError("x")

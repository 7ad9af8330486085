"""Registered panels: made when first seen and never before the viewer is loaded; a broken one is a line, not an end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QDockWidget, QLabel

from cellwright.ui.panel_host import PanelHost
from cellwright.ui.panels.late_panel import LatePanel
from cellwright.workflows.panels import PANELS, Place
from cellwright.workflows.plugins import plugins

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cellwright.ui.main_window import MainWindow

DECLARED = """
from cellwright.workflows.panels import Panel, Place
CELLWRIGHT_INTERFACE = 1
NOTES = Panel("Notes", "lab_drawn:make_notes", order=250, tooltip="What the lab noted.")
SIDE = Panel("Side", "lab_drawn:make_side", Place.RIGHT, group="Counts")
BROKEN = Panel("Broken", "lab_drawn:make_broken")
NO_WIDGET = Panel("No widget", "lab_drawn:make_text")
NO_PANEL = "nothing of the kind"
"""
DRAWN = """
from PySide6.QtWidgets import QLabel

class Notes(QLabel):
    def __init__(self, host):
        super().__init__(host.theme.name)
        self.themes, self.is_stopped = [], False
        host.theme_changed.connect(lambda theme: self.themes.append(theme.name))

    def stop(self):
        self.is_stopped = True

def make_notes(host):
    return Notes(host)

def make_side(host):
    return QLabel(f"{len(host.session.pictures)} pictures")

def make_broken(host):
    raise RuntimeError("a wheel came off")

def make_text(host):
    return "text"
"""
NAMES = {"notes": "NOTES", "side": "SIDE", "broken": "BROKEN", "no-widget": "NO_WIDGET", "no-panel": "NO_PANEL"}


@pytest.fixture
def lab_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package that brings five panels, three of them broken in one way each."""
    (tmp_path / "lab_declared.py").write_text(DECLARED)
    (tmp_path / "lab_drawn.py").write_text(DRAWN)
    info = tmp_path / "lab_pack-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lab-pack\nVersion: 1.0\n")
    lines = [f"{name} = lab_declared:{at}" for name, at in NAMES.items()]
    (info / "entry_points.txt").write_text("\n".join(["[cellwright.panels]", *lines]))
    monkeypatch.syspath_prepend(str(tmp_path))
    PANELS.refresh()
    yield
    PANELS.refresh()
    for name in ("lab_declared", "lab_drawn"):
        sys.modules.pop(name, None)


@pytest.fixture
def found(lab_pack: None, window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window that has looked for panels."""
    qtbot.waitUntil(lambda: "Notes" in titles(window))
    return window


def titles(window: MainWindow) -> list[str]:
    return [window.tabs.tabText(at) for at in range(window.tabs.count())]


def place_of(window: MainWindow, title: str) -> LatePanel:
    place = window.tabs.widget(titles(window).index(title))
    assert isinstance(place, LatePanel)
    return place


def settle() -> None:
    """Let everything happen that waits for the window, and what that brings about."""
    for _ in range(20):
        QCoreApplication.processEvents()


def test_a_page_stands_where_its_number_says_and_is_made_when_it_is_seen(found: MainWindow) -> None:
    assert titles(found).index("Gallery") < titles(found).index("Notes") < titles(found).index("Review")
    assert place_of(found, "Notes").content is None
    settle()
    assert "lab_drawn" not in sys.modules
    assert found.shelf.show("notes") is place_of(found, "Notes").content
    assert found.tabs.currentWidget() is place_of(found, "Notes")


def test_nothing_is_made_before_the_viewer_is_loaded(
    lab_pack: None, open_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    window = open_window(start=False)
    window.shelf.add("notes", PANELS.load("notes"))
    assert window.shelf.show("notes") is None
    place = place_of(window, "Notes")
    assert place.content is None
    assert "as soon as the viewer" in place.findChildren(QLabel)[0].text()
    window.start()
    qtbot.waitUntil(lambda: place.content is not None)


def test_a_panel_at_the_side_shares_the_place_of_another(found: MainWindow) -> None:
    dock = next(dock for dock in found.docks if dock.windowTitle() == "Side")
    assert [other.windowTitle() for other in found.tabifiedDockWidgets(dock)] == ["Counts"]
    shown = found.shelf.show("side")
    assert isinstance(shown, QLabel)
    assert shown.text() == "0 pictures"
    assert isinstance(dock, QDockWidget)


def test_a_panel_behind_another_is_made_when_it_comes_to_the_front(found: MainWindow, qtbot: QtBot) -> None:
    dock = next(dock for dock in found.docks if dock.windowTitle() == "Side")
    place = dock.widget()
    assert isinstance(place, LatePanel)
    qtbot.waitUntil(place.isVisible)  # so Qt says, though it lies out of sight behind the counts
    settle()
    assert place.content is None
    dock.raise_()
    qtbot.waitUntil(lambda: place.content is not None)


def test_menu_and_palette_name_every_page(found: MainWindow) -> None:
    assert "View: Notes" in [name for name, _ in found.bars.pages()]
    listed = [action.text() for action in found.actions_set.submenu("panels").actions()]
    assert {"Notes", "Side", "Counts"} <= set(listed)
    dict(found.bars.pages())["View: Notes"].trigger()
    assert found.tabs.currentWidget() is place_of(found, "Notes")


def test_panels_follow_the_look_and_end_with_the_window(found: MainWindow) -> None:
    notes = found.shelf.show("notes")
    found.set_theme("light")
    assert notes.themes == ["light"]  # type: ignore[union-attr]
    found.close()
    assert notes.is_stopped is True  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "title", "reason"),
    [("broken", "Broken", "a wheel came off"), ("no-widget", "No widget", "no widget")],
)
def test_a_panel_that_fails_says_why_and_the_window_goes_on(
    name: str, title: str, reason: str, found: MainWindow
) -> None:
    assert found.shelf.show(name) is None
    assert reason in place_of(found, title).findChildren(QLabel)[-1].text()
    assert found.shelf.show("notes") is not None
    problems = {plugin.name: plugin.problem for plugin in plugins() if plugin.group == "panels"}
    assert reason in problems[name]
    assert problems["notes"] == ""


def test_what_is_no_panel_is_listed_with_its_reason(found: MainWindow) -> None:
    assert "No panel" not in titles(found)
    problems = {plugin.name: plugin.problem for plugin in plugins() if plugin.group == "panels"}
    assert "it is str" in problems["no-panel"]


def test_our_own_panels_are_those_of_the_metadata(repository: Path) -> None:
    import tomllib

    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    declared = project["entry-points"].get("cellwright.panels", {})
    assert declared == {name: PANELS.entries()[name].target for name in PANELS.own()}
    for name in PANELS.own():
        assert isinstance(PANELS.load(name).place, Place)
        assert callable(PANELS.load(name).maker())


def test_a_window_offers_all_that_panels_are_promised(window: MainWindow) -> None:
    promised = {name for name in vars(PanelHost) if not name.startswith("_")}
    assert len(promised) > 15
    assert promised <= set(dir(window.shelf.host))
    for name in ("session", "settings", "theme", "link", "kept_project", "actions", "options", "opener", "widget"):
        getattr(window.shelf.host, name)
    assert window.shelf.host.analyses() == []

"""What every panel of the window must keep, as tests to inherit; needs pytest-qt.

A plugin author writes, in a test module::

    from cellwright.testing.panels import PanelTests

    class TestMine(PanelTests):
        @pytest.fixture
        def panel_name(self):
            return "mine"

and pytest opens a window, without a display where there is none, and shows the panel in it: empty, and with a picture
of drawn nuclei whose cells are known.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cellwright.core import PixelSize
from cellwright.imaging import SlideRef
from cellwright.jobs import Progress
from cellwright.settings import Settings
from cellwright.testing.exporters import drawn_analysis, drawn_card
from cellwright.workflows import Analysis
from cellwright.workflows.panels import PANELS, Panel

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from cellwright.ui import MainWindow

_HEAVY = ("pyqtgraph", "napari", "torch", "scipy", "pandas")
_LONGEST_MS = 60_000


@dataclass(frozen=True)
class DrawnTruth:
    """An operation that answers with what was drawn, in place of a model; see `cellwright.ui.controller`."""

    picture: Path | SlideRef
    model: Path
    device: str
    pixel_size: PixelSize | None
    object_px: float | None
    augment: bool

    @property
    def title(self) -> str:
        """Name of the work."""
        return "Know what was drawn"

    def run(self) -> Generator[Progress, None, Analysis]:
        """Draw it again."""
        yield Progress(0, 1, "Drawing")
        return drawn_analysis(self.picture if isinstance(self.picture, Path) else self.picture.path, 0)


class PanelTests:
    """Laws of the panels, checked on one.

    A subclass provides the fixture `panel_name`.
    """

    @pytest.fixture
    def panel_name(self) -> str:
        """Return under what name the panel is registered; to be provided by the subclass."""
        raise NotImplementedError("Give your test class a fixture 'panel_name' that returns its registered name.")

    @pytest.fixture
    def panel(self, panel_name: str) -> Panel:
        """Return its declaration."""
        return PANELS.load(panel_name)

    @pytest.fixture
    def window(self, qtbot: QtBot, panel_name: str) -> Iterator[MainWindow]:
        """Open a window that has found the panel."""
        from cellwright.ui import MainWindow
        from cellwright.ui.app import dispose

        made = MainWindow(Settings(analyze_on_open=False), DrawnTruth)
        made.show()
        qtbot.waitExposed(made)
        made.start()
        qtbot.waitUntil(lambda: made.is_viewer_ready and made.shelf.knows(panel_name), timeout=_LONGEST_MS)
        yield made
        dispose(made)

    def test_its_declaration_is_cheap(self, panel_name: str) -> None:
        """Importing it loads nothing that draws curves or computes, so that no window opens later for it."""
        module = PANELS.entries()[panel_name].target.partition(":")[0]
        script = f"import sys, {module}; print(sorted(set(sys.modules) & set({_HEAVY!r})))"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
        assert done.stdout.strip() == "[]", done.stdout + done.stderr

    def test_it_says_what_it_is(self, panel: Panel) -> None:
        """By a short title and a sentence."""
        assert 0 < len(panel.title) <= 20
        assert panel.tooltip.endswith(".")

    def test_it_is_shown_when_nothing_is_open(self, window: MainWindow, panel_name: str) -> None:
        """An empty window is the first thing a person sees."""
        shown = window.shelf.show(panel_name)
        assert shown is not None, PANELS.failures().get(panel_name)
        assert _nameless(shown) == []

    def test_it_follows_a_picture_and_another_look(
        self, window: MainWindow, panel_name: str, qtbot: QtBot, tmp_path: Path
    ) -> None:
        """With cells, in both looks, and when the picture is closed again."""
        shown = window.shelf.show(panel_name)
        drawn_analysis(tmp_path / "nuclei.png", 0)
        window.session.set_model(tmp_path, drawn_card())
        window.controller.open_paths([tmp_path / "nuclei.png"])
        qtbot.waitUntil(lambda: window.session.current is not None, timeout=_LONGEST_MS)
        current = window.session.current
        assert current is not None
        window.controller.analyze([current])
        qtbot.waitUntil(lambda: current.analysis is not None, timeout=_LONGEST_MS)
        qtbot.waitUntil(lambda: window.controller.loaded_picture(current) is not None, timeout=_LONGEST_MS)
        for look in ("light", "dark"):
            window.set_theme(look)
        window.session.select(0)
        window.controller.close_picture(current)
        assert shown is not None
        assert window.shelf.show(panel_name) is shown
        assert PANELS.failures().get(panel_name) is None


def _nameless(shown: QWidget) -> list[str]:
    """Return the controls that a screen reader could not name."""
    from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QSlider, QWidget

    kinds = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QSlider)
    return [
        f"{type(each).__name__} {each.objectName()}"
        for each in shown.findChildren(QWidget)
        if isinstance(each, kinds)
        and not each.accessibleName()
        and not each.objectName().startswith("qt_")
        and not isinstance(each.parentWidget(), QAbstractSpinBox | QComboBox)
        and each.isVisibleTo(shown)
    ]

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QApplication, QLabel

from cellwright.core import UnknownName
from cellwright.ui.looks import theme as looks
from cellwright.ui.looks.theme import THEMES, Theme

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
class TestEveryTheme:
    def test_words_can_be_read(self, theme: Theme) -> None:
        for ground in (theme.window, theme.panel, theme.raised):
            assert looks.contrast(theme.text, ground) >= 7
        for ink in (theme.muted, theme.good, theme.warn, theme.bad):
            assert looks.contrast(ink, theme.panel) >= 4.5, ink
        assert looks.contrast(theme.on_accent, theme.accent) >= 4.0

    def test_the_focus_ring_stands_out(self, theme: Theme) -> None:
        for ground in (theme.window, theme.panel):
            assert looks.contrast(theme.focus, ground) >= 3

    def test_the_stylesheet_leaves_no_name_open(self, theme: Theme) -> None:
        sheet = looks.stylesheet(theme)
        assert "$" not in sheet

    def test_qt_takes_it(self, theme: Theme, qtbot: QtBot) -> None:
        looks.apply_theme(theme)
        shown = QLabel("words")
        qtbot.addWidget(shown)
        assert QApplication.palette().window().color().name() == theme.panel


def test_black_on_white_has_the_highest_contrast() -> None:
    assert looks.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert looks.contrast("#777777", "#777777") == pytest.approx(1)


def test_letters_on_class_colours_can_be_read() -> None:
    for colour in looks.OKABE_ITO:
        assert looks.contrast(looks.ink_on(colour), colour) >= 4.5


def test_mixing_goes_from_one_to_the_other() -> None:
    assert looks.mix("#000000", "#ffffff", 0.0) == "#000000"
    assert looks.mix("#000000", "#ffffff", 1.0) == "#ffffff"


def test_an_unknown_theme_offers_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'dark'"):
        looks.theme_named("drak")
    assert looks.theme_named("system") in THEMES.values()

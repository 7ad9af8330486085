from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtGui import QKeySequence

from cellwright.bundled import bundled
from cellwright.ui.actions.declared import ACTIONS
from cellwright.ui.actions.menus import MENUS, SEPARATOR, TOOLBAR


def _in_menus() -> list[str]:
    return [key for keys in MENUS.values() for key in keys if key != SEPARATOR and not key.startswith("@")]


def test_every_action_stands_in_exactly_one_menu() -> None:
    assert Counter(_in_menus()) == Counter(info.key for info in ACTIONS)


def test_the_tool_bar_names_only_declared_actions() -> None:
    declared = {info.key for info in ACTIONS}
    assert {key for key in TOOLBAR if key != SEPARATOR and not key.startswith("@")} <= declared


def test_no_key_does_two_things() -> None:
    keys = [QKeySequence(key).toString() for info in ACTIONS for key in info.shortcuts]
    assert [key for key, times in Counter(keys).items() if times > 1] == []
    assert all(keys), "a key that Qt does not know"


@pytest.mark.parametrize("info", ACTIONS, ids=lambda info: info.key)
def test_every_action_says_what_it_does_and_has_its_icon(info: object) -> None:
    assert info.tooltip.endswith(".")  # type: ignore[attr-defined]
    assert len(info.tooltip) > 10  # type: ignore[attr-defined]
    if info.icon:  # type: ignore[attr-defined]
        assert bundled("resources", "icons", f"{info.icon}.svg").is_file()  # type: ignore[attr-defined]


def test_letters_to_press_are_not_taken_twice_in_a_menu() -> None:
    by_key = {info.key: info for info in ACTIONS}
    for title, keys in MENUS.items():
        letters = [
            by_key[key].text[by_key[key].text.index("&") + 1].lower()
            for key in keys
            if key in by_key and "&" in by_key[key].text
        ]
        twice = [letter for letter, times in Counter(letters).items() if times > 1]
        assert not twice, (title, twice)

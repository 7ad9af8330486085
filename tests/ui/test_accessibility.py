"""Everything can be named by a screen reader and reached by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QWidget,
)

from cellwright.ui.main_window import MainWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
)


def is_qts_own(widget: QWidget) -> bool:
    """Whether a widget is a part of another control, which speaks for it."""
    parent = widget.parentWidget()
    return (
        isinstance(widget, QScrollBar)
        or widget.objectName().startswith("qt_")
        or isinstance(parent, QAbstractSpinBox | QAbstractItemView | QTabBar)
        or type(widget).__name__ in ("QHeaderView", "QTableCornerButton", "QDockWidgetTitleButton")
        or any(isinstance(above, QComboBox) for above in ancestors(widget))
        or is_inside_napari(widget)
    )


def ancestors(widget: QWidget) -> Iterator[QWidget]:
    above = widget.parentWidget()
    while above is not None:
        yield above
        above = above.parentWidget()


def is_inside_napari(widget: QWidget) -> bool:
    return any(type(w).__module__.startswith(("napari", "vispy", "superqt")) for w in (widget, *ancestors(widget)))


def controls(root: QWidget) -> list[QWidget]:
    return [w for w in root.findChildren(QWidget) if isinstance(w, CONTROLS) and not is_qts_own(w)]


def described(widget: QWidget) -> str:
    return f"{type(widget).__name__} {widget.objectName()!r} {widget.accessibleName()!r} in {widget.parentWidget()}"


def complaints(root: QWidget) -> list[str]:
    found = []
    for widget in controls(root):
        if not widget.accessibleName():
            found.append(f"no name: {described(widget)}")
        if not widget.toolTip() and not isinstance(widget, QTabBar) and widget.isVisibleTo(root):
            found.append(f"no tooltip: {described(widget)}")
        is_list_of_line = widget.objectName() == "" and widget.accessibleName() == "Commands that fit"
        if not widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not is_list_of_line and widget.isEnabled():
            found.append(f"not reached by Tab: {described(widget)}")
    return found


def test_every_control_of_the_window_has_a_name_a_tooltip_and_focus(analyzed: MainWindow) -> None:
    assert len(controls(analyzed)) > 40
    assert complaints(analyzed) == []


@pytest.mark.parametrize("key", ["edit.pixel_size", "file.export", "help.shortcuts", "help.about", "help.palette"])
def test_every_control_of_every_dialog_has_too(key: str, analyzed: MainWindow) -> None:
    analyzed.actions_set[key].trigger()
    dialog = analyzed.commands.dialog or analyzed.commands._palette
    assert complaints(dialog) == []
    dialog.close()


def test_every_panel_has_a_name(analyzed: MainWindow) -> None:
    assert all(dock.accessibleName() for dock in analyzed.docks)
    assert all(action.toolTip() for dock in analyzed.docks for action in (dock.toggleViewAction(),))


def test_tab_goes_through_every_control_and_comes_back(window: MainWindow, qtbot: QtBot) -> None:
    start = window.centre.start_page
    seen: list[QWidget] = []
    widget: QWidget = start
    for _ in range(2000):
        widget = widget.nextInFocusChain()
        if widget is start:
            break
        seen.append(widget)
    else:
        pytest.fail("the chain of focus has no end")
    reachable = {id(w) for w in seen if w.focusPolicy() & Qt.FocusPolicy.TabFocus}
    missing = [described(w) for w in controls(window) if w.isVisibleTo(window) and id(w) not in reachable]
    assert missing == []


def test_labels_of_pictures_have_names(analyzed: MainWindow) -> None:
    from PySide6.QtWidgets import QLabel

    nameless = [
        described(w)
        for w in analyzed.findChildren(QLabel)
        if not w.pixmap().isNull() and not w.accessibleName() and not is_inside_napari(w)
    ]
    assert nameless == []

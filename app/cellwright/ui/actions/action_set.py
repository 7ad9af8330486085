"""The declared actions as Qt ones: built once, bound to what does them, offered when they make sense."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QSizePolicy, QToolBar, QToolButton, QWidget

from cellwright.core import unknown_name
from cellwright.ui.actions.action_info import ActionInfo, Needs, plain
from cellwright.ui.actions.declared import ACTIONS
from cellwright.ui.actions.menus import MENUS, SEPARATOR, TOOLBAR, TOOLS
from cellwright.ui.actions.schemes import keys_of
from cellwright.ui.looks.icons import icon
from cellwright.ui.looks.theme import Theme, mix

Handler = Callable[[], object] | Callable[[bool], object]


class ActionSet:
    """Every declared action of one window.

    Parameters
    ----------
    window : QWidget
        Whose keys they are.
    shortcuts : mapping
        A person's own keys by action, in place of the declared ones.
    scheme : str
        Whose keys the others are, one of `schemes.SCHEMES`.
    """

    def __init__(self, window: QWidget, shortcuts: Mapping[str, str] | None = None, scheme: str = "napari") -> None:
        self._infos: dict[str, ActionInfo] = {info.key: info for info in ACTIONS}
        self._actions: dict[str, QAction] = {}
        self._bound: set[str] = set()
        self._submenus: dict[str, QMenu] = {}
        self._own = shortcuts or {}
        for info in ACTIONS:
            action = QAction(info.text, window)
            action.setObjectName(info.key)
            action.setCheckable(info.is_checkable)
            action.setStatusTip(info.tooltip)
            window.addAction(action)
            self._actions[info.key] = action
        self.set_scheme(scheme)

    def set_scheme(self, scheme: str) -> None:
        """Take the keys of a scheme, see `schemes`; a person's own stay."""
        for key, info in self._infos.items():
            action = self._actions[key]
            action.setShortcuts([QKeySequence(each) for each in keys_of(info, scheme, self._own)])
            action.setToolTip(_tooltip(info, action))

    def __getitem__(self, key: str) -> QAction:
        try:
            return self._actions[key]
        except KeyError:
            raise unknown_name("action", key, self._actions) from None

    def __iter__(self) -> Iterator[ActionInfo]:
        return iter(self._infos.values())

    @property
    def unbound(self) -> set[str]:
        """Actions that nothing does yet; empty in a finished window."""
        return set(self._actions) - self._bound

    def bind(self, handlers: Mapping[str, Handler]) -> None:
        """Say what does each action; one that is checkable is given its new state.

        Raises
        ------
        UnknownName
            If no action has that key.
        """
        for key, handler in handlers.items():
            action = self[key]
            if self._infos[key].is_checkable:
                action.toggled.connect(handler)
            else:
                action.triggered.connect(lambda _checked=False, do=handler: do())
            self._bound.add(key)

    def offer(self, present: Collection[Needs]) -> None:
        """Enable the actions whose needs are met."""
        for key, info in self._infos.items():
            self._actions[key].setEnabled(info.needs is Needs.NOTHING or info.needs in present)

    def set_checked(self, key: str, checked: bool) -> None:
        """Show a state without doing anything about it."""
        action = self[key]
        action.blockSignals(True)
        action.setChecked(checked)
        action.blockSignals(False)
        # whoever shows the action has to hear of it all the same
        action.changed.emit()

    def submenu(self, name: str) -> QMenu:
        """Return the submenu that is declared as ``@name``."""
        return self._submenus[name]

    def set_theme(self, theme: Theme) -> None:
        """Draw every icon in the colours of a look."""
        for key, info in self._infos.items():
            if info.icon:
                colour = theme.on_accent if key == "analyze.run" else theme.text
                self._actions[key].setIcon(icon(info.icon, colour, mix(theme.panel, theme.muted, 0.5)))

    def named(self) -> list[tuple[str, QAction]]:
        """Return every action as ``"Menu: text"``, for the command palette."""
        menu_of = {key: menu.replace("&", "") for menu, keys in MENUS.items() for key in keys}
        return [
            (f"{menu_of[info.key]}: {plain(self._actions[info.key].text())}", self._actions[info.key])
            for info in self
            if info.key != "help.palette" and self._actions[info.key].isVisible()
        ]

    def fill_menus(self, bar: QMenuBar, submenus: Mapping[str, str]) -> None:
        """Build the menus.

        Parameters
        ----------
        bar : QMenuBar
            Where they go.
        submenus : mapping
            Title by name of every ``@name``.
        """
        bar.setAccessibleName("Menus")
        for title, keys in MENUS.items():
            menu = bar.addMenu(title)
            menu.setToolTipsVisible(True)
            for key in keys:
                if key == SEPARATOR:
                    menu.addSeparator()
                elif key.startswith("@"):
                    self._submenus[key[1:]] = menu.addMenu(submenus[key[1:]])
                    self._submenus[key[1:]].setToolTipsVisible(True)
                else:
                    menu.addAction(self[key])

    def fill_toolbar(self, bar: QToolBar) -> None:
        """Build the tool bar; the button of what is done most says its name."""
        for key in TOOLBAR:
            if key == SEPARATOR:
                bar.addSeparator()
            elif key == "@stretch":
                bar.addWidget(_spacer())
            else:
                bar.addAction(self[key])
                self._dress(bar, key)

    def fill_tools(self, bar: QToolBar) -> None:
        """Build the bar of the tools of the mouse."""
        for key in TOOLS:
            bar.addAction(self[key])
            self._dress(bar, key)

    def _dress(self, bar: QToolBar, key: str) -> None:
        button = bar.widgetForAction(self[key])
        if isinstance(button, QToolButton):
            button.setAccessibleName(self._infos[key].plain_text)
            # reached by Tab as well: a tool bar is skipped otherwise
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            if key in ("file.open", "analyze.run", "analyze.cancel"):
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
                button.setText(self._infos[key].plain_text)
            if key == "analyze.run":
                button.setProperty("kind", "primary")


def choices(menu: QMenu, entries: Mapping[str, str], chosen: str, choose: Callable[[str], object]) -> QActionGroup:
    """Fill a submenu with choices of which one holds.

    Parameters
    ----------
    menu : QMenu
        Emptied first.
    entries : mapping
        Title by value.
    chosen : str
        The value that holds.
    choose : callable
        Called with the value picked.
    """
    menu.clear()
    group = QActionGroup(menu)
    for value, title in entries.items():
        action = menu.addAction(title)
        action.setCheckable(True)
        action.setChecked(value == chosen)
        action.triggered.connect(lambda _checked=False, picked=value: choose(picked))
        group.addAction(action)
    return group


def _tooltip(info: ActionInfo, action: QAction) -> str:
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    return f"{info.tooltip} ({keys})" if keys else info.tooltip


def _spacer() -> QWidget:
    made = QWidget()
    made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    made.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    return made

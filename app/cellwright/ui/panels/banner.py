"""A strip above the picture that says what went wrong, or well, and never stands in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from cellwright.ui.looks.icons import icon
from cellwright.ui.looks.theme import Theme
from cellwright.ui.looks.widgets import button, describe, label, restyle


class Level(str, Enum):
    """How much a message matters."""

    INFO = "info"
    """Good to know."""
    GOOD = "good"
    """Something was done."""
    WARNING = "warning"
    """Something is missing or odd."""
    ERROR = "error"
    """Something did not work."""


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to say.

    Parameters
    ----------
    level : Level
        How much it matters.
    text : str
        One or two plain sentences.
    details : str
        What a developer would want to see; shown on request.
    action_text : str
        What can be done about it, as on a button; empty for nothing.
    action : callable or None
        Does it.
    """

    level: Level
    text: str
    details: str = ""
    action_text: str = ""
    action: Callable[[], object] | None = None


class Banner(QFrame):
    """Shows one message at a time and counts those that wait behind it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.setAccessibleName("Message")
        self._theme = theme
        self._waiting: list[Message] = []
        self._message: Message | None = None
        self._icon = QLabel()
        self._icon.setAccessibleName("Kind of message")
        self._text = label(wrap=True, selectable=True)
        self._more = label("", "muted")
        self._action = button("", "", self._act, "small", name="Do what the message offers")
        self._details_button = button("Details", "Show what happened in detail.", self._toggle_details, "small")
        self._copy = button("Copy", "Copy the message and its details.", self.copy, "small", name="Copy the message")
        self._close = button("Close", "Close this message.", self.dismiss, "small", name="Close the message")
        self._details = QPlainTextEdit()
        self._details.setReadOnly(True)
        self._details.setMaximumHeight(180)
        describe(self._details, "Details of the message", "What happened in detail; useful in a report.")
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(10, 6, 8, 6)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        for widget in (self._more, self._action, self._details_button, self._copy, self._close):
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)
        outer.addLayout(row)
        outer.addWidget(self._details)

    @property
    def message(self) -> Message | None:
        """What is shown."""
        return self._message

    def say(self, message: Message) -> None:
        """Show a message; errors that nobody has closed yet wait behind it, lesser ones are replaced.

        What is merely good to know waits behind a warning.
        """
        shown = self._message
        if message.text in {known.text for known in (shown, *self._waiting) if known is not None}:
            return  # two jobs stumbled over the same thing
        if shown is not None and shown.level is Level.WARNING and message.level is Level.INFO:
            self._waiting.insert(0, message)
            message = shown
        elif shown is not None and shown.level is Level.ERROR:
            self._waiting.append(shown)
        self._show(message)

    def dismiss(self) -> None:
        """Close the message and show the one that waits, if any."""
        self._message = None
        if self._waiting:
            self._show(self._waiting.pop())
        else:
            self.hide()

    def clear(self) -> None:
        """Close every message."""
        self._waiting.clear()
        self.dismiss()

    def forget(self, name: str) -> None:
        """Close every message that names a picture: it is not open any more."""
        self._waiting = [message for message in self._waiting if name not in message.text]
        if self._message is not None and name in self._message.text:
            self.dismiss()
        elif self._message is not None:
            self._show(self._message)

    def withdraw(self, message: Message) -> bool:
        """Close a message that is not true any more; return whether it was still there, shown or waiting."""
        if message is self._message:
            self.dismiss()
            return True
        was_waiting = any(each is message for each in self._waiting)
        self._waiting = [each for each in self._waiting if each is not message]
        if was_waiting and self._message is not None:
            self._show(self._message)
        return was_waiting

    def copy(self) -> None:
        """Put message and details on the clipboard."""
        if self._message is not None:
            parts = (self._message.text, self._message.details)
            QGuiApplication.clipboard().setText("\n\n".join(part for part in parts if part))

    def set_theme(self, theme: Theme) -> None:
        """Follow the look of the window."""
        self._theme = theme
        self._show_icon()

    def _show(self, message: Message) -> None:
        self._message = message
        self.setProperty("level", message.level.value)
        restyle(self)
        self._show_icon()
        self._text.setText(message.text)
        self._more.setText(f"+{len(self._waiting)} more" if self._waiting else "")
        self._more.setVisible(bool(self._waiting))
        self._action.setText(message.action_text)
        self._action.setToolTip(message.action_text)
        self._action.setVisible(message.action is not None)
        self._details.setPlainText(message.details)
        self._details.hide()
        self._details_button.setVisible(bool(message.details))
        self._copy.setVisible(message.level in (Level.ERROR, Level.WARNING))
        self.show()

    def _show_icon(self) -> None:
        if self._message is None:
            return
        theme = self._theme
        colours = {Level.INFO: theme.focus, Level.GOOD: theme.good, Level.WARNING: theme.warn, Level.ERROR: theme.bad}
        level = self._message.level
        self._icon.setPixmap(icon(level.value, colours[level]).pixmap(QSize(20, 20)))

    def _toggle_details(self) -> None:
        self._details.setVisible(not self._details.isVisible())

    def _act(self) -> None:
        action = self._message.action if self._message is not None else None
        self.dismiss()
        if action is not None:
            action()

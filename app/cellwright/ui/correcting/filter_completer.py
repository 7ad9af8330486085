"""Names of columns and classes offered while a person writes a filter."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView

_WORD = re.compile(r"`[^`]*$|[^\W\d][\w-]*$")
_FEWEST = 1
_ROWS = 12


class FilterCompleter(QCompleter):
    """Completes the word before the cursor, not the whole line.

    Parameters
    ----------
    line : QLineEdit
        Where a person writes.
    """

    def __init__(self, line: QLineEdit) -> None:
        super().__init__(line)
        self._line = line
        self._words = QStringListModel(self)
        self.setModel(self._words)
        self.setWidget(line)
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.setMaxVisibleItems(_ROWS)
        self._popup = QListView()
        self._popup.setAccessibleName("Columns and words")
        self._popup.setProperty("kind", "popup")
        self.setPopup(self._popup)
        self.activated.connect(self._put)
        line.textEdited.connect(lambda _text: self.offer())

    def set_words(self, words: Sequence[str]) -> None:
        """Offer these from now on."""
        if list(words) != self._words.stringList():
            self._words.setStringList(list(words))

    def offer(self, *, everything: bool = False) -> None:
        """Show what fits the word before the cursor, or all there is."""
        word = self._before()
        self.setCompletionPrefix(word)
        is_whole = self.completionCount() == 1 and self.currentCompletion() == word
        if not self.completionCount() or is_whole or (len(word) < _FEWEST and not everything):
            self._popup.hide()
            return
        place = self._line.cursorRect()
        place.setWidth(min(self._line.width(), 40 + self._popup.sizeHintForColumn(0)))
        self.complete(place)

    @property
    def is_open(self) -> bool:
        """Whether words are offered now."""
        return self._popup.isVisible()

    def close(self) -> None:
        """Offer nothing."""
        self._popup.hide()

    def _before(self) -> str:
        found = _WORD.search(self._line.text()[: self._line.cursorPosition()])
        return found[0] if found is not None else ""

    def _put(self, word: str) -> None:
        at, text = self._line.cursorPosition(), self._line.text()
        start = at - len(self._before())
        self._line.setText(f"{text[:start]}{word} {text[at:].lstrip()}")
        self._line.setCursorPosition(start + len(word) + 1)

"""`WritingFoot`: how a dialog that writes ends: Cancel, the button that writes, and a question before it replaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout

from cellwright.ui.looks.widgets import button, label

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog, QPushButton, QVBoxLayout


class WritingFoot:
    """The last rows of a dialog that writes; what is there already is replaced only after a person agreed.

    Parameters
    ----------
    dialog : QDialog
        Whose foot it is.
    write, replace : QPushButton
        The one that writes, and the one that stands in its place once something would be replaced.
    """

    def __init__(self, dialog: QDialog, write: QPushButton, replace: QPushButton) -> None:
        self._dialog, self._write, self._replace = dialog, write, replace
        self.question = label("", "warn", wrap=True)
        write.setDefault(True)

    def add_to(self, layout: QVBoxLayout) -> None:
        """Put the rows under what a dialog shows."""
        layout.addWidget(self.question)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(button("Cancel", "Write nothing.", self._dialog.reject))
        row.addWidget(self._replace)
        row.addWidget(self._write)
        layout.addLayout(row)

    def ask(self, question: str) -> None:
        """Ask whether what is there may be replaced."""
        self.question.setText(question)
        self.question.show()
        self._replace.show()
        self._write.hide()
        self._replace.setFocus()

    def settle(self) -> None:
        """Ask nothing any more: something else is to be written, or to another place."""
        self.question.hide()
        self._replace.hide()
        self._write.show()

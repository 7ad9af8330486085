"""The dialog that asks for the name and the place of a project."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QGridLayout, QHBoxLayout, QLineEdit, QWidget

from cellwright.ui.looks.widgets import button, column, describe, label


class ProjectDialog(QDialog):
    """Asks where a project is to lie; a new folder is made for it.

    Parameters
    ----------
    title, words, verb : str
        Of the window, what it is about in a sentence, and the button.
    folder : Path
        Where the new folder goes, at first.
    name : str
        Of the new folder, at first.
    parent : QWidget
        The window.

    Signals
    -------
    chosen(object)
        Path of a folder that does not hold anything yet.
    """

    chosen = Signal(object)

    def __init__(self, title: str, words: str, verb: str, folder: Path, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setMinimumWidth(480)
        self.name = QLineEdit(name)
        describe(self.name, "Name", "Name of the project, which is that of its folder.")
        self.folder = QLineEdit(str(folder))
        describe(self.folder, "Folder", "Where the project's folder goes.")
        self._problem = label("", "warn", wrap=True)
        self._ok = button(verb, words, self._accept, "primary")
        self._ok.setDefault(True)
        self._lay_out(words)
        for line in (self.name, self.folder):
            line.textChanged.connect(self._check)
        self._check()
        self.name.selectAll()

    @property
    def target(self) -> Path:
        """The folder that is asked for."""
        return Path(self.folder.text().strip() or ".").expanduser() / self.name.text().strip()

    @property
    def problem(self) -> str:
        """What is wrong with the folder, in a sentence; empty where nothing is."""
        name = self.name.text().strip()
        if not name or Path(name).name != name or name in (".", ".."):
            return "Give the project a name without slashes."
        try:
            if self.target.exists() and (not self.target.is_dir() or any(self.target.iterdir())):
                return "There is something of that name already; choose another name."
        except OSError as error:
            return f"That folder cannot be read: {error.strerror}."
        return ""

    def _lay_out(self, words: str) -> None:
        layout = column(self, margin=16, gap=12)
        layout.addWidget(label(words, "muted", wrap=True))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setColumnStretch(1, 1)
        grid.addWidget(label("Name"), 0, 0)
        grid.addWidget(self.name, 0, 1, 1, 2)
        grid.addWidget(label("Folder"), 1, 0)
        grid.addWidget(self.folder, 1, 1)
        grid.addWidget(button("Browse…", "Choose another folder.", self._browse, "small"), 1, 2)
        layout.addLayout(grid)
        layout.addWidget(self._problem)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(button("Cancel", "Close this dialog; nothing is made.", self.reject))
        row.addWidget(self._ok)
        layout.addLayout(row)

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder for the project", self.folder.text())
        if chosen:
            self.folder.setText(chosen)

    def _check(self) -> None:
        problem = self.problem
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._ok.setEnabled(not problem)

    def _accept(self) -> None:
        if not self.problem:
            self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
            self.accept()
            self.chosen.emit(self.target)

"""The dialog that shows the session as a recipe: what was done, and the file that repeats it on other pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QLineEdit, QListWidget, QPlainTextEdit, QWidget

from cellwright.ui.dialogs.writing_foot import WritingFoot
from cellwright.ui.looks.widgets import button, column, describe, label
from cellwright.ui.looks.wording import plural

_SIZE = (680, 620)


class RecipeDialog(QDialog):
    """Shows a recipe before it is saved; the window stays usable beside it.

    Parameters
    ----------
    steps : sequence of str
        What was done, in its order.
    text : str
        The recipe as TOML; empty where none can be made.
    problem : str
        Why none can be made, or what of the steps it does not repeat; may be empty.
    path : str
        Proposed file.
    parent : QWidget
        The window.

    Signals
    -------
    saved(object, bool)
        The path chosen, and whether a file there may be replaced.
    """

    saved = Signal(object, bool)

    def __init__(self, steps: Sequence[str], text: str, problem: str, path: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Session as a recipe")
        self.setAccessibleName("Session as a recipe")
        self.resize(*_SIZE)
        self.steps = QListWidget()
        self.steps.addItems(list(steps))
        self.steps.setWordWrap(True)
        describe(self.steps, "What was done", "Every step of this session that a recipe knows.")
        self.text = QPlainTextEdit(text)
        self.text.setReadOnly(True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        describe(self.text, "The recipe", "What 'cellwright run' does again on other pictures.")
        self.path = QLineEdit(path)
        describe(self.path, "File of the recipe", "Ends in .toml.")
        self.save_button = button("Save the recipe", "Write the file.", self._on_save, "primary")
        self.save_button.setEnabled(bool(text))
        self.replace_button = button("Replace", "Write over the recipe that is there.", self._on_replace)
        self.foot = WritingFoot(self, self.save_button, self.replace_button)
        layout = column(self, margin=16, gap=8)
        layout.addWidget(label(f"What was done: {plural(len(steps), 'step')}", "section"))
        layout.addWidget(self.steps, 1)
        layout.addWidget(label("How it is done again", "section"))
        layout.addWidget(self.text, 2)
        said = label(problem, "warn" if not text else "muted", wrap=True)
        said.setVisible(bool(problem))
        layout.addWidget(said)
        row = QHBoxLayout()
        row.addWidget(self.path, 1)
        row.addWidget(button("Choose…", "Choose the file.", self._choose, name="Choose the file"))
        layout.addLayout(row)
        self.foot.add_to(layout)
        self.path.textChanged.connect(self._changed)
        self._changed()

    def _changed(self) -> None:
        self.foot.settle()

    @property
    def _chosen(self) -> Path:
        return Path(self.path.text().strip()).expanduser()

    def _choose(self) -> None:
        keep = QFileDialog.Option.DontConfirmOverwrite
        chosen, _ = QFileDialog.getSaveFileName(
            self, "File of the recipe", self.path.text(), "Recipe (*.toml)", options=keep
        )
        if chosen:
            self.path.setText(chosen if Path(chosen).suffix else f"{chosen}.toml")

    def _on_save(self) -> None:
        if self._chosen.exists():
            self.foot.ask(f"{self._chosen} already exists. Replace it, or choose another name?")
            return
        self._finish(overwrite=False)

    def _on_replace(self) -> None:
        self._finish(overwrite=True)

    def _finish(self, *, overwrite: bool) -> None:
        self.saved.emit(self._chosen, overwrite)
        self.accept()

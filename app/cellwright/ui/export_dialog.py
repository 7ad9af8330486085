"""The dialog that writes results: which files, of which pictures, where to; it asks before it replaces anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from cellwright.core import OutputExists
from cellwright.ui.widgets import button, column, describe, label, rule
from cellwright.ui.wording import plural

if TYPE_CHECKING:
    from cellwright.workflows import ExportFormat

_GROUPS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "Tables of cells and counts",
        (
            ("xlsx", "Excel workbook", "results.xlsx with the sheets objects, counts and notes."),
            ("csv", "CSV", "objects.csv and counts.csv, for any program."),
            ("parquet", "Parquet", "objects.parquet and counts.parquet, for large data."),
        ),
    ),
    (
        "Boxes for other programs",
        (
            ("coco", "COCO JSON", "One JSON file with every box."),
            ("yolo", "YOLO text", "A text file a picture, and data.yaml."),
            ("voc", "Pascal VOC XML", "An XML file a picture."),
        ),
    ),
    (
        "Pictures",
        (("overlay", "Picture with its boxes (PNG)", "The picture with boxes and a legend with the counts."),),
    ),
)


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What a person wants written.

    Parameters
    ----------
    folder : Path
        Where to.
    formats : tuple of str
        Values of `ExportFormat`.
    all_pictures : bool
        Every analyzed picture, or the one shown.
    overwrite : bool
        Whether files that are there may be replaced; the person said so.
    """

    folder: Path
    formats: tuple[str, ...]
    all_pictures: bool
    overwrite: bool


class ExportDialog(QDialog):
    """Asks what to write; the window stays usable beside it.

    Signals
    -------
    chosen(object)
        An `ExportChoice`.
    """

    chosen = Signal(object)

    def __init__(
        self, current_name: str, analyzed_names: Sequence[str], folder: str, formats: Sequence[str], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self.setAccessibleName("Export")
        self.setMinimumWidth(480)
        self._current_name, self._names = current_name, list(analyzed_names)
        self.this_one = QRadioButton(f"This picture: {current_name}")
        self.all_of_them = QRadioButton(f"All {plural(len(self._names), 'analyzed picture')}")
        describe(self.this_one, "This picture", "Write results of the picture that is shown.")
        describe(
            self.all_of_them, "All analyzed pictures", "Write results of every analyzed picture into one set of files."
        )
        (self.all_of_them if len(self._names) > 1 else self.this_one).setChecked(True)
        self.formats = {
            value: self._check(value, title, tip, formats) for _, rows in _GROUPS for value, title, tip in rows
        }
        self.folder = QLineEdit(folder)
        describe(self.folder, "Folder", "Where the files go; it is made if it is missing.")
        self._problem = label("", "bad", wrap=True)
        self._ask = label("", "warn", wrap=True)
        self.export_button = button("Export", "Write the files.", self._on_export, "primary", name="Write the files")
        self.export_button.setDefault(True)
        self.replace_button = button(
            "Replace", "Write the files over those that are there.", self._on_replace, name="Replace the files"
        )
        self._lay_out()
        for widget in (*self.formats.values(), self.this_one):
            widget.toggled.connect(self._changed)
        self.folder.textChanged.connect(self._changed)
        self._changed()

    def _check(self, value: str, title: str, tooltip: str, ticked: Sequence[str]) -> QCheckBox:
        check = QCheckBox(title)
        check.setChecked(value in ticked)
        describe(check, title, tooltip)
        return check

    def _lay_out(self) -> None:
        layout = column(self, margin=16, gap=8)
        layout.addWidget(label("Of which pictures", "section"))
        layout.addWidget(self.this_one)
        layout.addWidget(self.all_of_them)
        self.all_of_them.setVisible(len(self._names) > 1)
        for title, rows in _GROUPS:
            layout.addWidget(rule())
            layout.addWidget(label(title, "section"))
            inside = QVBoxLayout()
            inside.setSpacing(2)
            for value, _, tip in rows:
                inside.addWidget(self.formats[value])
                note = label(tip, "muted")
                note.setContentsMargins(26, 0, 0, 4)
                inside.addWidget(note)
            layout.addLayout(inside)
        layout.addWidget(rule())
        layout.addWidget(label("Into the folder", "section"))
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(button("Choose…", "Choose the folder.", self._choose, name="Choose the folder"))
        layout.addLayout(row)
        layout.addWidget(self._problem)
        layout.addWidget(self._ask)
        last = QHBoxLayout()
        last.addStretch(1)
        last.addWidget(button("Cancel", "Write nothing.", self.reject))
        last.addWidget(self.replace_button)
        last.addWidget(self.export_button)
        layout.addLayout(last)

    def choice(self, *, overwrite: bool = False) -> ExportChoice:
        """Return what is chosen now."""
        ticked = tuple(value for value, check in self.formats.items() if check.isChecked())
        return ExportChoice(Path(self.folder.text()).expanduser(), ticked, self.all_of_them.isChecked(), overwrite)

    def _changed(self) -> None:
        self._ask.hide()
        self.replace_button.hide()
        self.export_button.show()
        choice = self.choice()
        missing = "Tick at least one kind of file." if not choice.formats else ""
        if not self.folder.text().strip():
            missing = "Choose a folder."
        self._problem.setText(missing)
        self._problem.setVisible(bool(missing))
        self.export_button.setEnabled(not missing)

    def _choose(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder for the results", self.folder.text())
        if chosen:
            self.folder.setText(chosen)

    def _on_export(self) -> None:
        from cellwright.workflows import refuse_existing_outputs

        choice = self.choice()
        names = self._names if choice.all_pictures else [self._current_name]
        try:
            refuse_existing_outputs(choice.folder, formats_of(choice), names)
        except OutputExists as taken:
            self._ask.setText(f"{str(taken).split(';')[0]}. Replace, or choose another folder?")
            self._ask.show()
            self.replace_button.show()
            self.export_button.hide()
            self.replace_button.setFocus()
            return
        self._finish(choice)

    def _on_replace(self) -> None:
        self._finish(self.choice(overwrite=True))

    def _finish(self, choice: ExportChoice) -> None:
        self.chosen.emit(choice)
        self.accept()


def formats_of(choice: ExportChoice) -> list[ExportFormat]:
    """Return the formats of a choice as the workflow knows them."""
    from cellwright.workflows import ExportFormat

    return [ExportFormat(value) for value in choice.formats]

"""`SetsPage`: one labelled set, or the project, seen from all sides; it stands beside the window and blocks nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QComboBox, QDialog, QFileDialog, QHBoxLayout, QLineEdit, QTabWidget, QWidget

from cellwright.ui.looks.widgets import button, column, describe, label, picture_label, scrolling
from cellwright.ui.sets.health_view import HealthView
from cellwright.ui.sets.versions_view import VersionsView
from cellwright.ui.sets.writing_form import WritingForm

_NO_MODEL = "no model: do not look for wrong labels"


class SetsPage(QDialog):
    """The page.

    Parameters
    ----------
    parent : QWidget
        The window.

    Signals
    -------
    check_asked(), import_asked()
        Check the set, or take it into the project.
    """

    check_asked = Signal()
    import_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Labelled sets")
        self.setAccessibleName("Labelled sets")
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint, True)
        self.resize(1040, 760)
        self.folder = QLineEdit()
        describe(self.folder, "Set", "Folder of a labelled set in any format, or of a project.")
        self.model = QComboBox()
        describe(
            self.model,
            "Model",
            "The model that looks for labels that are missing or wrong; imported classes are named as it names them.",
        )
        self.check_button = button("Check", "Look the set over.", self.check_asked.emit, "primary")
        self.import_button = button(
            "Into the project", "Take pictures and labels into the project, as one step.", self.import_asked.emit
        )
        self.said = label("", "muted", wrap=True)
        self.health, self.writing, self.versions = HealthView(), WritingForm(), VersionsView()
        self._preview = label("", "muted", wrap=True)
        self._lay_out()
        self.set_models(())
        self.folder.textChanged.connect(self._check)
        self._check()

    def _lay_out(self) -> None:
        layout = column(self, margin=16)
        row = QHBoxLayout()
        row.addWidget(label("Set"))
        row.addWidget(self.folder, 1)
        row.addWidget(button("Choose…", "Choose the folder of a set.", self.choose, name="Choose a set"))
        row.addWidget(self.model)
        row.addWidget(self.check_button)
        row.addWidget(self.import_button)
        layout.addLayout(row)
        layout.addWidget(self.said)
        self.tabs = QTabWidget()
        describe(self.tabs, "Pages", "Health, writing, and versions of the set.")
        self.tabs.tabBar().setAccessibleName("Pages")
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.health, "Health")
        self.tabs.addTab(scrolling(self.writing, "Divide, prepare, write"), "Divide, prepare, write")
        self.tabs.addTab(self.versions, "Versions")
        layout.addWidget(self.tabs, 1)

    @property
    def data(self) -> Path:
        """The set that is named."""
        return Path(self.folder.text().strip()).expanduser()

    @property
    def model_folder(self) -> Path | None:
        """The model that is to look, None for none."""
        chosen = self.model.currentData()
        return Path(chosen) if chosen else None

    def set_models(self, models: Sequence[tuple[str, Path]]) -> None:
        """Offer these models, by title and folder."""
        before = self.model.currentData()
        self.model.clear()
        self.model.addItem(_NO_MODEL, "")
        for title, folder in models:
            self.model.addItem(f"asked: {title}", str(folder))
        self.model.setCurrentIndex(max(0, self.model.findData(before)))

    def choose(self) -> None:
        """Ask for the folder of a set."""
        chosen = QFileDialog.getExistingDirectory(self, "A labelled set", self.folder.text())
        if chosen:
            self.folder.setText(chosen)

    def say(self, text: str) -> None:
        """Say what is going on, in a sentence."""
        self.said.setText(text)

    def show_preview(self, sheet: NDArray[np.uint8]) -> None:
        """Show a sheet of pictures, (H, W, 3) uint8, in a dialog of its own."""
        dialog = QDialog(self)
        dialog.setWindowTitle("Preview")
        dialog.setAccessibleName("Preview")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        held = np.ascontiguousarray(sheet)
        image = QImage(held.data, held.shape[1], held.shape[0], 3 * held.shape[1], QImage.Format.Format_RGB888)
        layout = column(dialog)
        shown = picture_label(QPixmap.fromImage(image.copy()), "A few pictures as they will be, with their labels")
        shown.setAlignment(Qt.AlignmentFlag.AlignCenter)
        inner = QWidget()
        column(inner, margin=0).addWidget(shown)
        area = scrolling(inner, "Preview")
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        layout.addWidget(area)
        dialog.resize(min(1100, held.shape[1] + 60), min(800, held.shape[0] + 60))
        dialog.show()

    def _check(self) -> None:
        there = bool(self.folder.text().strip())
        self.check_button.setEnabled(there)
        self.import_button.setEnabled(there)
        self.writing.setEnabled(there)

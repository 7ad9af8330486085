"""Frozen versions beside each other: what came, what went, what was labelled anew."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QFormLayout, QHBoxLayout, QLineEdit, QWidget

from cellwright.core import CellwrightError
from cellwright.ui.looks.widgets import button, column, describe, label
from cellwright.ui.sets.tables import ReadTable


class VersionsView(QWidget):
    """Compares two versions that a person names."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.before, self.after = QLineEdit(), QLineEdit()
        describe(self.before, "Version before", "Folder of a frozen version.")
        describe(self.after, "Version after", "Folder of another, or of the same later.")
        self.summary = label("Name two frozen versions to see how they differ.", "heading", wrap=True)
        self.changes = ReadTable("Changes", "What differs between the two versions.", ["Picture", "What happened"], 2)
        self._compare = button("Compare", "Say how the second differs from the first.", self.compare, "primary")
        layout = column(self, margin=0)
        form = QFormLayout()
        form.addRow("Before", self._line(self.before))
        form.addRow("After", self._line(self.after))
        layout.addLayout(form)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._compare)
        layout.addLayout(row)
        layout.addWidget(self.summary)
        layout.addWidget(self.changes, 1)

    def add_version(self, folder: Path) -> None:
        """Put a version that was just frozen where it is wanted next."""
        if self.after.text():
            self.before.setText(self.after.text())
        self.after.setText(str(folder))

    def compare(self) -> None:
        """Compare the two, or say why that is not possible."""
        from cellwright.datasets import compare_versions, read_version

        try:
            before, after = (read_version(Path(line.text()).expanduser()) for line in (self.before, self.after))
        except CellwrightError as error:
            self.summary.setText(str(error))
            self.changes.show_rows([])
            return
        found = compare_versions(before, after)
        same = "They hold the same." if found.is_same else ""
        prepared = "" if found.is_prepared_alike else " Their pictures were prepared differently."
        self.summary.setText(
            f"{before.name} ({before.hash[:12]}) → {after.name} ({after.hash[:12]}): "
            f"{found.objects[0]:,} → {found.objects[1]:,} objects. {same}{prepared}".strip()
        )
        self.changes.show_rows(
            [[name, "added"] for name in found.added]
            + [[name, "removed"] for name in found.removed]
            + [[name, "labelled anew"] for name in found.relabelled]
            + [[name, f"moved from {old or 'no split'} to {new or 'no split'}"] for name, old, new in found.moved]
        )

    def _line(self, line: QLineEdit) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(line, 1)
        row.addWidget(button("Choose…", "Choose the folder.", lambda: self._choose(line), name="Choose a version"))
        return row

    def _choose(self, line: QLineEdit) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "A frozen version", line.text())
        if chosen:
            line.setText(chosen)

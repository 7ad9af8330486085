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
from cellwright.ui.dialogs.export_formats import LEFT, OFFERED, RIGHT, FormatGroup, OfferedFormat, other_group
from cellwright.ui.dialogs.writing_foot import WritingFoot
from cellwright.ui.looks.widgets import button, column, describe, label, rule
from cellwright.ui.looks.wording import plural

if TYPE_CHECKING:
    from cellwright.workflows import Analysis, Format

_BOXES_ONLY = "What is grey needs outlines; the model that looked at the picture finds boxes alone."


@dataclass(frozen=True, slots=True)
class ExportScope:
    """Pictures whose results can be written together.

    Parameters
    ----------
    names : tuple of str
        Of the analyzed pictures or planes, as they will stand in the files.
    pictures : int
        Of how many files they come.
    has_outlines : bool
        Whether outlines are known on every one of them.
    """

    names: tuple[str, ...]
    pictures: int
    has_outlines: bool


def scope_of(analyses: Sequence[Analysis]) -> ExportScope:
    """Return what there is to write of some analyses."""
    from cellwright.workflows import finds_outlines

    outlined = all(a.objects.masks is not None or finds_outlines(a.card) for a in analyses)
    files = {(analysis.picture.path, analysis.picture.ref.series) for analysis in analyses}
    return ExportScope(tuple(analysis.picture.name for analysis in analyses), len(files), outlined)


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What a person wants written.

    Parameters
    ----------
    folder : Path
        Where to.
    formats : tuple of str
        Their names.
    all_pictures : bool
        Every analyzed picture, or the one shown.
    with_pictures : bool
        Whether copies of the pictures stand beside the labels of training sets.
    overwrite : bool
        Whether files that are there may be replaced; the person said so.
    manifest : bool
        Whether a manifest is written beside the files.
    measured : bool
        Whether what was measured in the window joins the table of objects.
    only : bool
        Whether only those cells are written that the filter shows.
    """

    folder: Path
    formats: tuple[str, ...]
    all_pictures: bool
    with_pictures: bool
    overwrite: bool
    manifest: bool = False
    measured: bool = False
    only: bool = False


class ExportDialog(QDialog):
    """Asks what to write; the window stays usable beside it.

    Parameters
    ----------
    title : str
        Name of the picture that is shown.
    this : ExportScope
        Its results.
    every : ExportScope
        Those of every open picture that was analyzed with models of the same classes.
    left_out : int
        How many analyzed pictures have other classes and cannot be written together with these.
    folder : str
        Proposed folder.
    formats : sequence of str
        Kinds of files that are ticked first.
    parent : QWidget
        The window.
    measured : sequence of str
        What was measured in the window.
    only : str
        The filter that says which cells are shown; empty for none.

    Signals
    -------
    chosen(object)
        An `ExportChoice`.
    """

    chosen = Signal(object)

    def __init__(
        self,
        title: str,
        this: ExportScope,
        every: ExportScope,
        left_out: int,
        folder: str,
        formats: Sequence[str],
        parent: QWidget,
        *,
        measured: Sequence[str] = (),
        only: str = "",
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self.setAccessibleName("Export")
        self.setMinimumWidth(720)
        self._this, self._every = this, every
        planes = f" ({plural(len(this.names), 'plane')})" if len(this.names) > 1 else ""
        self.this_one = QRadioButton(f"This picture: {title}{planes}")
        self.all_of_them = QRadioButton(f"All {plural(every.pictures, 'analyzed picture')}")
        describe(self.this_one, "This picture", "Write results of the picture that is shown.")
        describe(
            self.all_of_them, "All analyzed pictures", "Write results of every analyzed picture into one set of files."
        )
        (self.all_of_them if every.pictures > 1 else self.this_one).setChecked(True)
        self._left_out = label(_left_out_text(left_out), "muted", wrap=True)
        self._left_out.setVisible(left_out > 0)
        self._others = other_group()
        offers = (*OFFERED, *self._others.formats)
        self.formats = {offered.value: self._check(offered, formats) for offered in offers}
        self.with_pictures = QCheckBox("Copies of the pictures beside them")
        describe(
            self.with_pictures,
            "Copies of the pictures",
            "Put a copy of every picture into COCO, YOLO and VOC sets, so that they can be trained on as they are, and "
            "its values into OME-Zarr.",
        )
        self.manifest = QCheckBox("Write a manifest, by which the results can be checked and repeated")
        describe(
            self.manifest,
            "Write a manifest",
            "manifest.json says what the results were made from and with: 'cellwright verify' checks them against it, "
            "'rerun' makes them again, and 'recipe' repeats the analysis on other pictures.",
        )
        self.measured = QCheckBox(f"Add what was measured: {plural(len(measured), 'column')}")
        describe(self.measured, "Add what was measured", "What was measured in the window joins the table of objects.")
        self.measured.setChecked(bool(measured))
        self.only = QCheckBox(f"Only cells for which {only}".replace("&", "&&"))
        describe(self.only, "Only the cells that are shown", "Count and write only the cells that the filter shows.")
        self.only.setChecked(bool(only))
        self._needs_outlines = label(_BOXES_ONLY, "warn", wrap=True)
        self.folder = QLineEdit(folder)
        describe(self.folder, "Folder", "Where the files go; it is made if it is missing.")
        self._problem = label("", "bad", wrap=True)
        self.export_button = button("Export", "Write the files.", self._on_export, "primary", name="Write the files")
        self.replace_button = button(
            "Replace", "Write the files over those that are there.", self._on_replace, name="Replace the files"
        )
        self.foot = WritingFoot(self, self.export_button, self.replace_button)
        self._lay_out()
        for widget in (*self.formats.values(), self.this_one, self.manifest):
            widget.toggled.connect(self._changed)
        self.folder.textChanged.connect(self._changed)
        self._changed()

    def _check(self, offered: OfferedFormat, ticked: Sequence[str]) -> QCheckBox:
        check = QCheckBox(offered.title)
        check.setChecked(offered.value in ticked)
        describe(check, offered.title, offered.what)
        return check

    def _lay_out(self) -> None:
        layout = column(self, margin=16, gap=8)
        layout.addWidget(label("Of which pictures", "section"))
        layout.addWidget(self.this_one)
        layout.addWidget(self.all_of_them)
        layout.addWidget(self._left_out)
        for check in (self.only, self.measured):
            layout.addWidget(check)
            check.setVisible(check.isChecked())  # where there is nothing to add or to leave out
        self.all_of_them.setVisible(self._every.pictures > 1)
        layout.addWidget(rule())
        halves = QHBoxLayout()
        halves.setSpacing(24)
        for groups in (LEFT, RIGHT):
            half = column(margin=0, gap=6)
            for group in groups:
                self._add_group(half, group)
            if groups is LEFT and self._others.formats:
                self._add_group(half, self._others, with_notes=False)
            if groups is RIGHT:
                half.addWidget(self._needs_outlines)
            half.addStretch(1)
            halves.addLayout(half, 1)
        layout.addLayout(halves)
        layout.addWidget(rule())
        layout.addWidget(label("Into the folder", "section"))
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(button("Choose…", "Choose the folder.", self._choose, name="Choose the folder"))
        layout.addLayout(row)
        layout.addWidget(self.manifest)
        layout.addWidget(self._problem)
        self.foot.add_to(layout)

    def _add_group(self, half: QVBoxLayout, group: FormatGroup, *, with_notes: bool = True) -> None:
        half.addWidget(label(group.title, "section"))
        inside = QVBoxLayout()
        inside.setSpacing(2)
        for offered in group.formats:
            inside.addWidget(self.formats[offered.value])
            if with_notes:
                note = label(offered.what, "muted")
                note.setContentsMargins(26, 0, 0, 2)
                inside.addWidget(note)
        if any(offered.value == "yolo" for offered in group.formats):
            inside.addWidget(self.with_pictures)
        half.addLayout(inside)

    @property
    def _scope(self) -> ExportScope:
        return self._every if self.all_of_them.isChecked() else self._this

    def choice(self, *, overwrite: bool = False) -> ExportChoice:
        """Return what is chosen now."""
        ticked = tuple(value for value, check in self.formats.items() if check.isChecked() and check.isEnabled())
        return ExportChoice(
            Path(self.folder.text()).expanduser(),
            ticked,
            self.all_of_them.isChecked(),
            self.with_pictures.isChecked(),
            overwrite,
            self.manifest.isChecked(),
            self.measured.isChecked(),
            self.only.isChecked(),
        )

    def _changed(self) -> None:
        self.foot.settle()
        self._offer_formats()
        choice = self.choice()
        missing = "Tick at least one kind of file." if not choice.formats else ""
        if not self.folder.text().strip():
            missing = "Choose a folder."
        self._problem.setText(missing)
        self._problem.setVisible(bool(missing))
        self.export_button.setEnabled(not missing)

    def _offer_formats(self) -> None:
        """Offer what can be filled: some kinds of files need outlines."""
        from cellwright.workflows.exporters import exporter_of

        self._needs_outlines.setVisible(not self._scope.has_outlines)
        for offered in (*OFFERED, *self._others.formats):
            fits = self._scope.has_outlines or not exporter_of(offered.value).needs_outlines
            self.formats[offered.value].setEnabled(fits)
            self.formats[offered.value].setToolTip(offered.what if fits else _BOXES_ONLY)

    def _choose(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder for the results", self.folder.text())
        if chosen:
            self.folder.setText(chosen)

    def _on_export(self) -> None:
        from cellwright.workflows import refuse_existing_outputs

        choice = self.choice()
        try:
            refuse_existing_outputs(choice.folder, formats_of(choice), self._scope.names, manifest=choice.manifest)
        except OutputExists as taken:
            self.foot.ask(f"{str(taken).split(';')[0]}. Replace, or choose another folder?")
            return
        self._finish(choice)

    def _on_replace(self) -> None:
        self._finish(self.choice(overwrite=True))

    def _finish(self, choice: ExportChoice) -> None:
        self.chosen.emit(choice)
        self.accept()


def formats_of(choice: ExportChoice) -> list[Format]:
    """Return the formats of a choice as the workflow knows them."""
    from cellwright.workflows import format_named

    return [format_named(value) for value in choice.formats]


def _left_out_text(count: int) -> str:
    if count == 1:
        return "1 picture was analyzed with a model of other classes; export it on its own."
    return f"{count:,} pictures were analyzed with models of other classes; export them on their own."

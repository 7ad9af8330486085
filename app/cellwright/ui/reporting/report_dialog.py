"""The dialog in which a person says what a report is to show, and where it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QSpinBox,
    QWidget,
)

from cellwright.ui.dialogs.writing_foot import WritingFoot
from cellwright.ui.looks.widgets import button, column, describe, label, rule
from cellwright.ui.looks.wording import plural

_MOST_PICTURES = 100
_KINDS = "PDF, to print and sign (*.pdf);;HTML, for a browser (*.html)"


@dataclass(frozen=True, slots=True)
class ReportOffer:
    """What a report can be made of.

    Parameters
    ----------
    picture : str
        Name of the one that is shown.
    pictures : int
        How many fit it, itself included.
    path : str
        Proposed file.
    author, laboratory : str
        As they were said last.
    measured : tuple of str
        What was measured in the window.
    only : str
        The filter that says which cells are shown; empty for none.
    state : str
        How the review stands, in a sentence.
    title : str
        What usually stands at the head of such a report.
    has_cells : bool
        Whether there are cells to show one by one; regions of a picture are none.
    """

    picture: str
    pictures: int
    path: str
    author: str = ""
    laboratory: str = ""
    measured: tuple[str, ...] = ()
    only: str = ""
    state: str = ""
    title: str = "Cell count report"
    has_cells: bool = True


@dataclass(frozen=True, slots=True)
class ReportChoice:
    """What a person wants in a report."""

    path: Path
    all_pictures: bool
    title: str
    laboratory: str
    author: str
    remark: str
    with_measured: bool
    only: bool
    with_cells: bool
    most_pictures: int
    overwrite: bool


class ReportDialog(QDialog):
    """Asks what a report shows; the window stays usable beside it.

    Parameters
    ----------
    offer : ReportOffer
        What there is.
    parent : QWidget
        The window.

    Signals
    -------
    chosen(object)
        A `ReportChoice`.
    """

    chosen = Signal(object)

    def __init__(self, offer: ReportOffer, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Report")
        self.setAccessibleName("Report")
        self.setMinimumWidth(560)
        self._offer = offer
        self.this_one = QRadioButton(f"This picture: {offer.picture}")
        self.all_of_them = QRadioButton(f"All {plural(offer.pictures, 'analyzed picture')} with the same classes")
        describe(self.this_one, "This picture", "Report on the picture that is shown.")
        describe(self.all_of_them, "All analyzed pictures", "Report on every open picture with the same classes.")
        (self.all_of_them if offer.pictures > 1 else self.this_one).setChecked(True)
        self.title = self._line("Title", offer.title, "What stands at the head of the report.")
        self.laboratory = self._line("Laboratory", offer.laboratory, "Who the report is from; may be empty.")
        self.author = self._line("Made by", offer.author, "Who made the report; may be empty.")
        self.remark = self._line("Remark", "", "What else is to be said at the head, as the number of a sample.")
        self.with_measured = self._check(
            "Show how what was measured is spread",
            "Plots of what was measured in the window, class by class.",
            checked=bool(offer.measured),
        )
        self.with_measured.setEnabled(bool(offer.measured))
        self.only = self._check(
            f"Only cells for which {offer.only}", "Count and show only the cells that the filter shows.", checked=True
        )
        self.with_cells = self._check(
            "Show cells of each class side by side", "Up to twenty of each class, drawn at random.", checked=True
        )
        self.most_pictures = QSpinBox()
        self.most_pictures.setRange(0, _MOST_PICTURES)
        self.most_pictures.setValue(12)
        describe(self.most_pictures, "Pictures shown", "How many pictures are shown; all are in the tables.")
        self.path = QLineEdit(offer.path)
        describe(self.path, "File of the report", "Ends in .pdf or .html, which says the kind.")
        self._problem = label("", "bad", wrap=True)
        self.write_button = button("Write the report", "Write the file.", self._on_write, "primary")
        self.replace_button = button("Replace", "Write over the report that is there.", self._on_replace)
        self.foot = WritingFoot(self, self.write_button, self.replace_button)
        self._lay_out()
        self.path.textChanged.connect(self._changed)
        self._changed()

    def _line(self, name: str, text: str, tooltip: str) -> QLineEdit:
        line = QLineEdit(text)
        line.setMaxLength(300)
        describe(line, name, tooltip)
        return line

    def _check(self, text: str, tooltip: str, *, checked: bool) -> QCheckBox:
        check = QCheckBox(text.replace("&", "&&"))
        check.setChecked(checked)
        describe(check, text, tooltip)
        return check

    def _lay_out(self) -> None:
        layout = column(self, margin=16, gap=8)
        layout.addWidget(label("Of which pictures", "section"))
        layout.addWidget(self.this_one)
        layout.addWidget(self.all_of_them)
        self.all_of_them.setVisible(self._offer.pictures > 1)
        layout.addWidget(rule())
        layout.addWidget(label("At its head", "section"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        for row, (name, line) in enumerate(self._lines()):
            grid.addWidget(label(name), row, 0)
            grid.addWidget(line, row, 1)
        grid.setColumnStretch(1, 1)
        layout.addLayout(grid)
        layout.addWidget(rule())
        layout.addWidget(label("What it shows", "section"))
        for check in (self.only, self.with_cells, self.with_measured):
            layout.addWidget(check)
        self.only.setVisible(bool(self._offer.only))
        self.with_cells.setVisible(self._offer.has_cells)
        shown = QHBoxLayout()
        shown.addWidget(label("Pictures shown, at most"))
        shown.addWidget(self.most_pictures)
        shown.addStretch(1)
        layout.addLayout(shown)
        layout.addWidget(label(self._offer.state, "muted", wrap=True))
        layout.addWidget(rule())
        layout.addWidget(label("Into the file", "section"))
        file = QHBoxLayout()
        file.addWidget(self.path, 1)
        file.addWidget(button("Choose…", "Choose the file.", self._choose, name="Choose the file"))
        layout.addLayout(file)
        layout.addWidget(self._problem)
        self.foot.add_to(layout)

    def _lines(self) -> Sequence[tuple[str, QLineEdit]]:
        return (
            ("Title", self.title),
            ("Laboratory", self.laboratory),
            ("Made by", self.author),
            ("Remark", self.remark),
        )

    def choice(self, *, overwrite: bool = False) -> ReportChoice:
        """Return what is chosen now."""
        return ReportChoice(
            Path(self.path.text().strip()).expanduser(),
            self.all_of_them.isChecked(),
            self.title.text().strip() or self._offer.title,
            self.laboratory.text().strip(),
            self.author.text().strip(),
            self.remark.text().strip(),
            self.with_measured.isChecked(),
            bool(self._offer.only) and self.only.isChecked(),
            self.with_cells.isChecked(),
            self.most_pictures.value(),
            overwrite,
        )

    def _changed(self) -> None:
        from cellwright.workflows.report import REPORT_KINDS

        self.foot.settle()
        name = self.path.text().strip()
        fits = Path(name).suffix.lower() in REPORT_KINDS
        self._problem.setText("" if fits else "End the name of the file in .pdf or .html.")
        self._problem.setVisible(not fits)
        self.write_button.setEnabled(fits)

    def _choose(self) -> None:
        # It is asked here whether a file may be replaced, as for every other one.
        keep = QFileDialog.Option.DontConfirmOverwrite
        chosen, kind = QFileDialog.getSaveFileName(self, "File of the report", self.path.text(), _KINDS, options=keep)
        if chosen:
            suffix = "" if Path(chosen).suffix else ".html" if "html" in kind else ".pdf"
            self.path.setText(chosen + suffix)

    def _on_write(self) -> None:
        choice = self.choice()
        if choice.path.exists():
            self.foot.ask(f"{choice.path} already exists. Replace it, or choose another name?")
            return
        self._finish(choice)

    def _on_replace(self) -> None:
        self._finish(self.choice(overwrite=True))

    def _finish(self, choice: ReportChoice) -> None:
        self.chosen.emit(choice)
        self.accept()

"""How a set is to be written: divided, prepared, in which format, where to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from cellwright.ui.looks.theme import GRID_PX
from cellwright.ui.looks.widgets import button, column, describe, label

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import SignalInstance

    from cellwright.datasets import Augmentation, Preparation
    from cellwright.workflows import Division

FORMATS = {
    "coco": "COCO, one JSON file a split",
    "coco-polygons": "COCO, outlines as polygons",
    "yolo": "YOLO, a text file a picture",
    "yolo-polygons": "YOLO, outlines as polygons",
    "voc": "Pascal VOC, an XML file a picture",
    "labels": "Label images, a number an object",
    "index-png": "Index images, a number a class",
    "geojson": "GeoJSON for QuPath",
}
_RESIZE = {"fit": "fit inside, on grey", "fill": "fill, the rest cut off", "stretch": "stretch"}
_MOST_COPIES = 20
_SPLITS = (("train", 70), ("val", 20), ("test", 10))


@dataclass(frozen=True, slots=True)
class Writing:
    """What is asked for.

    Parameters
    ----------
    folder : Path
        Where to.
    format : str
        A key of `FORMATS`.
    shares : dict of str to float
        Of the splits, together 1; empty to keep them.
    is_rebalanced : bool
        Whether as little as possible moves.
    tile_px : int or None
        Side of tiles.
    size : (int, int) or None
        Rows and columns.
    resize : str
        fit, fill or stretch.
    is_grey, with_pictures, overwrite : bool
        As they say.
    copies : int
        Changed copies of each training picture.
    """

    folder: Path
    format: str
    shares: dict[str, float]
    is_rebalanced: bool
    tile_px: int | None
    size: tuple[int, int] | None
    resize: str
    is_grey: bool
    with_pictures: bool
    overwrite: bool
    copies: int = 0

    def division(self) -> Division:
        """Return how the set is divided, as the workflow wants it."""
        from cellwright.workflows import Division

        return Division(self.shares, self.is_rebalanced)

    def preparation(self) -> Preparation:
        """Return what is done to the pictures, as the workflow wants it."""
        from cellwright.datasets import Preparation, Resize

        return Preparation(self.tile_px, self.size, Resize(self.resize), self.is_grey)

    def augmentation(self) -> Augmentation:
        """Return what changed copies are made, as the workflow wants it."""
        from cellwright.workflows import read_augmentation

        return read_augmentation(self.copies)


class WritingForm(QWidget):
    """Asks how a set is written.

    Signals
    -------
    write_asked(object), freeze_asked(object), preview_asked(object)
        A `Writing`.
    """

    write_asked = Signal(object)
    freeze_asked = Signal(object)
    preview_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.divides = QCheckBox("Divide anew, pictures of one group on one side")
        describe(self.divides, "Divide", "Give the pictures new splits; a group is never torn apart.")
        self.rebalances = QCheckBox("Move as little as possible")
        describe(self.rebalances, "Rebalance", "Keep the splits there are and move only what the shares need.")
        self.shares = {name: _percent(name, value) for name, value in _SPLITS}
        self.tile, self.wide, self.high = _pixels("Tile"), _pixels("Width"), _pixels("Height")
        self.resize_how = _choices("Resize", "How pictures get their new shape.", _RESIZE)
        self.grey = QCheckBox("Grey")
        describe(self.grey, "Grey", "Take the colour out of the pictures.")
        self.copies = QSpinBox()
        self.copies.setRange(0, _MOST_COPIES)
        self.copies.setSpecialValueText("none")
        describe(
            self.copies,
            "Changed copies",
            "So many copies of each training picture are written beside it: turned, mirrored, in other colours, now "
            "and then blurred or noisy. Pictures that a model is judged on get none.",
        )
        self.format = _choices("Format", "What other programs read.", FORMATS)
        self.with_pictures = QCheckBox("Copies of the pictures beside the labels")
        describe(self.with_pictures, "Copies of the pictures", "So that the set can be trained on as it is.")
        self.with_pictures.setChecked(True)
        self.overwrite = QCheckBox("Replace a set that is already there")
        describe(self.overwrite, "Replace", "Write over a set in that folder; a frozen version is never replaced.")
        self.folder = QLineEdit()
        describe(self.folder, "Folder", "Where the set goes; it is made if it is missing.")
        self.problem = label("", "warn", wrap=True)
        self.write_button = button(
            "Write", "Write the set in the chosen format.", self._ask(self.write_asked), "primary"
        )
        self.freeze_button = button(
            "Freeze as a version",
            "Write the set once and for all, with a hash of all that is in it.",
            self._ask(self.freeze_asked),
        )
        self.preview_button = button(
            "Preview", "See a few pictures as they will be, with their labels.", self._ask(self.preview_asked)
        )
        self._lay_out()
        for spin in self.shares.values():
            spin.valueChanged.connect(self._check)
        self.divides.toggled.connect(self._check)
        self.folder.textChanged.connect(self._check)
        self._check()

    def _lay_out(self) -> None:
        layout = column(self, margin=0)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        shares, size, copies, where = (QHBoxLayout() for _ in range(4))
        for row in (shares, size, copies, where):
            row.setSpacing(GRID_PX)
        for name, spin in self.shares.items():
            shares.addWidget(label(name))
            shares.addWidget(spin)
        shares.addStretch(1)
        for words, spin in (("tiles of", self.tile), ("width", self.wide), ("height", self.high)):
            size.addWidget(label(words))
            size.addWidget(spin)
        size.addWidget(self.resize_how)
        size.addWidget(self.grey)
        size.addStretch(1)
        where.addWidget(self.folder, 1)
        where.addWidget(button("Choose…", "Choose the folder.", self._choose, name="Choose the folder"))
        form.addRow(label("Splits", "section"), self.divides)
        form.addRow("", shares)
        form.addRow("", self.rebalances)
        form.addRow(label("Pictures", "section"), size)
        copies.addWidget(self.copies)
        copies.addWidget(label("changed copies of each training picture"))
        copies.addStretch(1)
        form.addRow("", copies)
        form.addRow(label("Format", "section"), self.format)
        form.addRow("", self.with_pictures)
        form.addRow(label("Folder", "section"), where)
        form.addRow("", self.overwrite)
        layout.addLayout(form)
        layout.addWidget(self.problem)
        row = QHBoxLayout()
        row.addWidget(self.preview_button)
        row.addStretch(1)
        row.addWidget(self.freeze_button)
        row.addWidget(self.write_button)
        layout.addLayout(row)
        layout.addStretch(1)

    def writing(self) -> Writing:
        """Return what is asked for now."""
        shares = {name: spin.value() / 100 for name, spin in self.shares.items() if spin.value()}
        width, height = self.wide.value(), self.high.value()
        return Writing(
            Path(self.folder.text().strip() or ".").expanduser(),
            str(self.format.currentData()),
            shares if self.divides.isChecked() else {},
            self.rebalances.isChecked(),
            self.tile.value() or None,
            (height or width, width or height) if width or height else None,
            str(self.resize_how.currentData()),
            self.grey.isChecked(),
            self.with_pictures.isChecked(),
            self.overwrite.isChecked(),
            self.copies.value(),
        )

    def _check(self) -> None:
        whole = sum(spin.value() for spin in self.shares.values())
        divides = self.divides.isChecked()
        for widget in (*self.shares.values(), self.rebalances):
            widget.setEnabled(divides)
        problem = f"The shares make {whole} % together, not 100 %." if divides and whole != 100 else ""
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        has_folder = bool(self.folder.text().strip())
        self.write_button.setEnabled(has_folder and not problem)
        self.freeze_button.setEnabled(has_folder and not problem)

    def _choose(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder for the set", self.folder.text())
        if chosen:
            self.folder.setText(chosen)

    def _ask(self, signal: SignalInstance) -> Callable[[], None]:
        return lambda: signal.emit(self.writing())


def _percent(name: str, value: int) -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(0, 100)
    spin.setSuffix(" %")
    spin.setValue(value)
    describe(spin, f"Share of {name}", f"How much of the pictures becomes {name}.")
    return spin


def _pixels(name: str) -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(0, 8192)
    spin.setSingleStep(32)
    spin.setSuffix(" px")
    spin.setSpecialValueText("as it is")
    describe(spin, name, f"{name} of the pictures afterwards; 0 leaves it as it is.")
    return spin


def _choices(name: str, tooltip: str, options: dict[str, str]) -> QComboBox:
    box = QComboBox()
    for key, words in options.items():
        box.addItem(words, key)
    describe(box, name, tooltip)
    return box

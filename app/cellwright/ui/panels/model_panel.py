"""The panel of the model: which one, how good it is on pictures it never saw, and how sure it must be to count."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QToolButton, QWidget

from cellwright.ui.looks.icons import badge
from cellwright.ui.looks.widgets import button, column, describe, empty, label, picture_label
from cellwright.ui.looks.wording import plural
from cellwright.ui.panels.confidence import ConfidenceSlider
from cellwright.ui.state.picture import Picture
from cellwright.ui.state.session import Session

if TYPE_CHECKING:
    from cellwright.zoo import ListedModel, ModelCard

_LEAST_OVERLAP = 0.05
_TELLING = ("map_50", "map_50_95", "accuracy", "balanced_accuracy", "ap_50", "mean_ap_50_90", "dice", "iou")
_SCORES_SHOWN = 2
_SCORE_TIP = (
    "AP@0.5: of all objects found, missed or made up, the share that was found with at least half of its area right. "
    "Dice and IoU: how much of the area found and the true area is shared. 1 is perfect."
)
_TASKS = {
    "detection": "Draws a box around each cell.",
    "instances": "Outlines each cell.",
    "semantic": "Gives every pixel a class.",
    "classification": "Says what a picture of a single cell shows.",
}
_COPIES = (
    "The model looks at every picture eight times, turned and mirrored, and what it sees is averaged. Holds from the "
    "next analysis on."
)
_APART = (
    "A second model looks at every cell that the first one found and says which kind it is. What it is not sure of "
    "counts as unidentified. Holds from the next analysis on."
)
_NO_COPIES = "This model knows up from down and left from right; turned copies would mislead it."
_NMS_WORDS = {
    "greedy": "the surest box stays",
    "diou": "the surest box stays, unless the middles lie apart",
    "merge": "they are merged, weighted by confidence",
}


class ModelPanel(QWidget):
    """Shows the chosen model and edits its thresholds in the session.

    Signals
    -------
    model_chosen(object)
        Folder of the model a person picked.
    ruler_asked()
        A typical cell is to be measured.
    """

    model_chosen = Signal(object)
    ruler_asked = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._sliders: dict[str, ConfidenceSlider] = {}
        self._choice = QComboBox()
        self._choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._choice.setMinimumContentsLength(12)
        describe(self._choice, "Model", "Which model finds the cells.")
        self._choice.activated.connect(lambda at: self.model_chosen.emit(self._choice.itemData(at)))
        self._apart_title = label("", "section")
        self.apart = QComboBox()
        self.apart.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.apart.setMinimumContentsLength(12)
        describe(self.apart, "Tell cells apart with", _APART)
        self.apart.activated.connect(self._on_apart)
        self._classifiers: list[tuple[Path, ModelCard]] = []
        self._summary = label("", "muted", wrap=True)
        self._score = label("", wrap=True)
        self._score.setToolTip(_SCORE_TIP)
        self._score_note = label("", "muted", wrap=True)
        self._scale = label("", "muted", wrap=True)
        self.measure = button(
            "Measure a cell", "Drag across one typical cell with the ruler (R).", self.ruler_asked.emit, "small"
        )
        self._all = ConfidenceSlider(
            "Confidence for all classes",
            "Cells count from this confidence on; nothing is analyzed again (keys + and −).",
        )
        self._all.changed.connect(session.set_all_thresholds)
        self._toggle = self._expander()
        self._more = QWidget()
        self._per_class_layout = column(margin=0, gap=2)
        self._more.hide()
        self._reset = button(
            "Reset", "Go back to the thresholds of the model's card.", session.reset_thresholds, "small",
            name="Reset confidence to the model's own",
        )  # fmt: skip
        self.overlap = ConfidenceSlider(
            "Overlap of two cells",
            "Cells that share more than this part of their area are one; nothing is analyzed again.",
        )
        self.overlap.set_value(0.5, _LEAST_OVERLAP)
        self.overlap.changed.connect(session.set_overlap)
        self.augment = QCheckBox("Turned copies: slower, steadier")
        self.augment.toggled.connect(lambda is_on: setattr(session, "augment", is_on))
        self._overlap_title = label("Overlap", "section")
        self._overlap = label("", "muted", wrap=True)
        self.offer_overlap(False)
        self.show_scale(None)
        self._lay_out()
        session.model_changed.connect(self.refresh)
        session.filter_changed.connect(self._show_thresholds)
        session.overlap_changed.connect(self._show_thresholds)
        self.refresh()

    def _expander(self) -> QToolButton:
        made = QToolButton()
        made.setText("Each class")
        made.setCheckable(True)
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        made.setArrowType(Qt.ArrowType.RightArrow)
        made.setIconSize(QSize(12, 12))
        describe(
            made, "Confidence for each class", "Show a slider for each class, and what else is known of the model."
        )
        made.toggled.connect(self._on_expand)
        return made

    def _lay_out(self) -> None:
        layout = column(self, margin=12, gap=6)
        layout.addWidget(self._choice)
        layout.addWidget(self._score)
        layout.addWidget(self._apart_title)
        layout.addWidget(self.apart)
        layout.addWidget(label("Confidence", "section"))
        layout.addWidget(self._all)
        row = QHBoxLayout()
        row.addWidget(self._toggle)
        row.addStretch(1)
        row.addWidget(self._reset)
        layout.addLayout(row)
        inside = column(self._more, margin=0, gap=8)
        inside.addLayout(self._per_class_layout)
        inside.addWidget(self._overlap_title)
        inside.addWidget(self.overlap)
        inside.addWidget(self._overlap)
        inside.addWidget(self.augment)
        inside.addWidget(self._summary)
        layout.addWidget(self._more)
        layout.addWidget(self._scale)
        layout.addWidget(self.measure, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._score_note)
        layout.addStretch(1)

    def set_models(self, models: Sequence[ListedModel]) -> None:
        """Offer these models; broken ones are listed with their problem and cannot be chosen."""
        self._choice.clear()
        self._classifiers = [(m.folder, m.card) for m in models if m.card is not None and m.card.crops is not None]
        for model in models:
            self._choice.addItem(
                model.card.title if model.card is not None else f"{model.name} (not usable)", model.folder
            )
            at = self._choice.count() - 1
            self._choice.setItemData(at, model.problem or str(model.folder), Qt.ItemDataRole.ToolTipRole)
            if model.card is None:
                self._choice.model().item(at).setEnabled(False)  # type: ignore[attr-defined]
        self._mark_choice()
        self._offer_classifiers()

    def refresh(self) -> None:
        """Show the chosen model."""
        card = self._session.card
        self._mark_choice()
        self._choice.setEnabled(self._choice.count() > 0)
        self._summary.setText(
            summary_text(card) if card is not None else "No model is installed; see Help for where models go."
        )
        self._score.setText(score_text(card) if card is not None else "")
        self._score_note.setText(score_note(card) if card is not None else "")
        self._overlap.setText(overlap_text(card) if card is not None else "")
        for words in (self._score, self._score_note):
            words.setVisible(bool(words.text()))
        for widget in (self._all, self._toggle, self._reset):
            widget.setEnabled(card is not None)
        self._offer_copies(card)
        self._offer_classifiers()
        self._build_sliders()
        self._show_thresholds()

    def _offer_classifiers(self) -> None:
        """Offer the classifiers that tell apart what the model finds; nothing where there is none."""
        card = self._session.card
        names = set(card.class_names) if card is not None and card.task != "classification" else set()
        fitting = [(f, c) for f, c in self._classifiers if c.crops is not None and names & set(c.crops.of)]
        self.apart.clear()
        self.apart.addItem("Not told apart", None)
        for folder, classifier in fitting:
            self.apart.addItem(classifier.title, folder)
            self.apart.setItemData(self.apart.count() - 1, classifier.summary, Qt.ItemDataRole.ToolTipRole)
        chosen = self._session.classifier_folder
        at = next((i for i in range(self.apart.count()) if _same(self.apart.itemData(i), chosen)), 0)
        self.apart.setCurrentIndex(at)
        titles = {kind.name: kind.title for kind in card.classes} if card is not None else {}
        asked = dict.fromkeys(titles[n] for _, c in fitting if c.crops is not None for n in c.crops.of if n in titles)
        self._apart_title.setText(f"Tell {' and '.join(f'{t.lower()}s' for t in asked)} apart with")
        for widget in (self._apart_title, self.apart):
            widget.setVisible(bool(fitting))

    def _on_apart(self, at: int) -> None:
        folder = self.apart.itemData(at)
        card = next((card for known, card in self._classifiers if known == folder), None)
        self._session.set_classifier(folder, card)

    def _offer_copies(self, card: ModelCard | None) -> None:
        """Let turned copies be asked for, but of a model that they would mislead."""
        is_offered = card is not None and card.input.orientation == "any"
        self.augment.setEnabled(is_offered)
        describe(self.augment, "Turned copies", _COPIES if card is None or is_offered else _NO_COPIES)

    def _build_sliders(self) -> None:
        empty(self._per_class_layout)
        self._sliders = {}
        for style in self._session.styles:
            line = QWidget()
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            row.addWidget(picture_label(badge(style.letter, style.colour), style.title))
            slider = ConfidenceSlider(
                f"Confidence for {style.title}", f"A {style.title.lower()} counts from this confidence on."
            )
            slider.changed.connect(lambda value, name=style.name: self._session.set_threshold(name, value))
            row.addWidget(slider, 1)
            self._sliders[style.name] = slider
            self._per_class_layout.addWidget(line)

    def _show_thresholds(self) -> None:
        values = self._session.thresholds
        floor = self._session.floor
        for name, slider in self._sliders.items():
            if name in values:
                slider.set_value(values[name], floor)
        self.overlap.set_value(self._session.overlap, _LEAST_OVERLAP)
        low, high = min(values.values(), default=0.5), max(values.values(), default=0.5)
        self._all.set_value((low + high) / 2, floor)
        one = "Each class" if len(values) > 1 else "More"
        self._toggle.setText(one if low == high else f"{one} ({low:.2f}–{high:.2f})")

    def show_scale(self, picture: Picture | None) -> None:
        """Say how the scale of a picture fits the model, where a person can do something about it."""
        card = self._session.card
        sentence, asks = "", False
        if picture is not None and card is not None and card.input.object_px is not None:
            from cellwright.workflows import ScaleFit, scale_advice

            advice = scale_advice(card, picture.pixel_size, picture.object_px)
            asks = advice.asks_to_measure
            sentence = advice.sentence if advice.fit in (ScaleFit.UNKNOWN, ScaleFit.RESCALED) else ""
        self._scale.setText(sentence)
        self._scale.setVisible(bool(sentence))
        self.measure.setVisible(asks)

    def offer_overlap(self, is_offered: bool) -> None:
        """Show the slider of the overlap, or not where it would do nothing without a new analysis."""
        self._overlap_title.setVisible(is_offered)
        self.overlap.setVisible(is_offered)

    def _mark_choice(self) -> None:
        folder = self._session.model_folder
        at = next((i for i in range(self._choice.count()) if _same(self._choice.itemData(i), folder)), -1)
        self._choice.setCurrentIndex(at)

    def _on_expand(self, is_open: bool) -> None:
        self._toggle.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self._more.setVisible(is_open)


def _same(one: Path | None, other: Path | None) -> bool:
    return one is not None and other is not None and Path(one) == Path(other)


def summary_text(card: ModelCard) -> str:
    """Return what a model does and was made for."""
    return f"{_TASKS[card.task]} {card.summary}".strip()


def score_text(card: ModelCard) -> str:
    """Return how good a model is, in one line."""
    if card.metrics is None:
        return "How good it is has not been measured."
    from cellwright.zoo import score_title

    metrics = card.metrics
    known = {"map_50": metrics.map_50, "map_50_95": metrics.map_50_95} | metrics.scores
    telling = [name for name in (*_TELLING, *known) if known.get(name) is not None]
    shown = list(dict.fromkeys(telling))[:_SCORES_SHOWN]
    return " · ".join(f"{score_title(name)} {known[name]:.3f}" for name in shown)


def score_note(card: ModelCard) -> str:
    """Return what the score was measured on, and how far counts are off."""
    if card.metrics is None:
        return ""
    metrics = card.metrics
    said = f"On {plural(metrics.pictures, 'picture')} never trained on."
    titles = {kind.name: kind.title for kind in card.classes}
    dice = [
        f"{titles.get(name, name).lower()} {kind.dice:.3f}"
        for name, kind in metrics.per_class.items()
        if kind.dice is not None
    ]
    if len(dice) > 1:
        return f"{said} Dice: {', '.join(dice)}."
    errors = [
        f"{name} {100 * kind.count_error:.1f} %"
        for name, kind in metrics.per_class.items()
        if kind.count_error is not None
    ]
    return f"{said} Mean count error: {', '.join(errors)}." if errors else said


def overlap_text(card: ModelCard) -> str:
    """Return what happens where two boxes overlap."""
    limits = card.thresholds
    if card.task == "semantic":
        return "Every pixel belongs to the class it most probably shows, or to none; connected pixels are one object."
    if card.task == "classification":
        return "A picture is one object, of the class that it most probably shows."
    what = "Boxes" if card.task == "detection" else "Outlines"
    return (
        f"{what} of a class that overlap by more than {100 * limits.nms_iou:.0f} % are one cell: "
        f"{_NMS_WORDS[limits.nms]}. "
        f"Nothing below confidence {limits.floor:.2f} is kept."
    )

"""`Analysis`: one picture as one model saw it, with everything needed to say later how the numbers came about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellwright.core import BadParameter, Objects, PixelSize
from cellwright.zoo.card import ModelCard

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellwright.imaging import SlideRef
    from cellwright.inference import Answers, Coverage
    from cellwright.workflows.class_probabilities import ClassProbabilities


BY_HAND = "by-hand"
"""Name of the card of pictures that no model looked at."""

BY_HAND_NOTE = "entered by hand"
"""Where a pixel size comes from that a person said."""


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """What is known about a picture without its pixels.

    Parameters
    ----------
    ref : SlideRef
        The file, and which of its pictures.
    name : str
        As shown to a person; the file name, with the series where a file holds several.
    shape : (int, int)
        Rows and columns at level 0.
    pixel_size : PixelSize or None
        Size of a level-0 pixel and where it was learned; None where nobody knows.
    pixel_size_note : str
        Which tag of the file, or who.
    sha256 : str
        Of the file's content.
    """

    ref: SlideRef
    name: str
    shape: tuple[int, int]
    pixel_size: PixelSize | None
    pixel_size_note: str
    sha256: str

    @property
    def path(self) -> Path:
        """The file."""
        return self.ref.path

    @property
    def area_mm2(self) -> float | None:
        """Area of the whole picture in mm²; None without a pixel size."""
        if self.pixel_size is None:
            return None
        return self.shape[0] * self.shape[1] * self.pixel_size.area_um2 / 1e6


@dataclass(frozen=True, slots=True)
class Asked:
    """How the model was asked; with picture and model it is all that the objects depend on.

    Parameters
    ----------
    model : str or Path
        Name of the model, or its folder.
    device : str
        As a person chose it: ``"auto"``, ``"cpu"`` …
    pixel_size : PixelSize or None
        What a person said about the picture before it was analysed.
    floor, every_class, object_px, augment, scales, classify
        See `AnalyzePicture`.
    nms_iou : float or None
        Overlap from which two boxes are one object, where it was changed afterwards; None for the card's.
    """

    model: str | Path
    device: str = "auto"
    pixel_size: PixelSize | None = None
    floor: float | None = None
    every_class: bool = False
    object_px: float | None = None
    augment: bool = False
    scales: tuple[float, ...] = (1.0,)
    nms_iou: float | None = None
    classify: str | Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What a model found on a picture.

    Parameters
    ----------
    picture : PictureInfo
        Which picture.
    card : ModelCard
        Which model, with its classes, colours and default thresholds.
    objects : Objects
        Everything from the card's floor confidence up; see `counted` for those that count.
    coverage : Coverage
        What became of every tile.
    device, engine : str
        What it ran on, such as ``"cpu"`` and ``"OpenVINO bf16"``.
    seconds : float
        From the first look at the picture to the last object; loading the model is not part of it.
    notes : tuple of str
        What a person should know beside the numbers, one sentence each.
    answers : Answers or None
        What else the network said, so that `with_overlap` need not ask it again; None where it was not kept.
    confirmed : (N,) ndarray of bool or None
        Which objects a person drew, corrected or accepted: they count whatever their score. None for none.
    asked : Asked or None
        How the model was asked; None where that is not known, as of what comes from a project.
    parts : tuple of ModelCard
        Of a cascade the cards of detector and classifier, of which `card` is the joined one; else empty.
    probabilities : ClassProbabilities or None
        What a classifier said of each object that it was asked about; None where none was asked.
    kept : str
        The filter that the objects had to meet, see `cellwright.workflows.keeping`; empty for none.
    """

    picture: PictureInfo
    card: ModelCard
    objects: Objects
    coverage: Coverage
    device: str
    engine: str
    seconds: float
    notes: tuple[str, ...] = ()
    answers: Answers | None = None
    confirmed: NDArray[np.bool_] | None = None
    asked: Asked | None = None
    parts: tuple[ModelCard, ...] = ()
    probabilities: ClassProbabilities | None = None
    kept: str = ""

    @property
    def model_hash(self) -> str:
        """sha256 of the model's weights."""
        return self.card.model_hash

    @property
    def models_said(self) -> str:
        """Name of the model, and of the classifier after it with a ``+`` where there was one."""
        return "+".join(card.name for card in self.parts or (self.card,))

    @property
    def hashes_said(self) -> str:
        """The sha256 of each model that `models_said` names, in the same way."""
        return "+".join(card.model_hash for card in self.parts or (self.card,))

    @property
    def is_by_hand(self) -> bool:
        """Whether people drew everything and no model looked at the picture."""
        return self.card.name == BY_HAND

    @property
    def default_thresholds(self) -> tuple[float, ...]:
        """Confidence from which an object counts, by class, as the card has it."""
        return self.card.confidence_thresholds()

    @property
    def is_complete(self) -> bool:
        """Whether every tile that should have been analysed was."""
        return self.coverage.is_complete

    @property
    def analysed_mm2(self) -> float | None:
        """Area that was really looked at in mm²; None without a pixel size."""
        pixel_size = self.picture.pixel_size
        return None if pixel_size is None else self.coverage.covered_px * pixel_size.area_um2 / 1e6

    def counted(self, thresholds: float | Sequence[float] | None = None) -> Objects:
        """Return the objects that count: those that reach the thresholds (the card's where None are given).

        What a person confirmed counts in any case.
        """
        limits = self.default_thresholds if thresholds is None else thresholds
        if self.confirmed is None:
            return self.objects.at_least(limits)
        of_class = np.broadcast_to(np.asarray(limits, np.float32), (len(self.objects.classes),))
        return self.objects.take((self.objects.scores >= of_class[self.objects.class_index]) | self.confirmed)

    def with_pixel_size(self, pixel_size: PixelSize | None, note: str = BY_HAND_NOTE) -> Analysis:
        """Return the same analysis of a picture whose pixels have another size; no object changes."""
        return replace(self, picture=replace(self.picture, pixel_size=pixel_size, pixel_size_note=note))

    def with_overlap(self, nms_iou: float) -> Analysis:
        """Return the analysis with the objects that are left where those overlapping by more than `nms_iou` are one.

        Raises
        ------
        BadParameter
            If `nms_iou` is not in [0, 1), or the network's answers were not kept.
        """
        if self.answers is None:
            raise BadParameter("The answers of the model were not kept; analyze the picture again to change this.")
        asked = None if self.asked is None else replace(self.asked, nms_iou=nms_iou)
        return replace(self, objects=self.answers.objects(nms_iou), confirmed=None, asked=asked)

    def with_objects(self, objects: Objects) -> Analysis:
        """Return the analysis with other objects, for example after some were filtered away."""
        return replace(self, objects=objects, confirmed=None, asked=None)

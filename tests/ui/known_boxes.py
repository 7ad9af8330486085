"""An analysis that answers from boxes known beforehand, tile by tile: the window can be tested without a network."""

from __future__ import annotations

import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cellwright.core import Box, Objects, PixelSize
from cellwright.imaging import SlideRef, open_slide
from cellwright.inference import Coverage, TileRecord, TileState
from cellwright.jobs import Progress
from cellwright.workflows import Analysis, PictureInfo
from cellwright.zoo import ClassMetrics, InputContract, Metrics, ModelCard, ObjectClass, Thresholds, WeightsFile

CLASSES = ("WBC", "RBC", "PLT")


def make_card(name: str = "blood-cells-test") -> ModelCard:
    """A card as the shipped model has one."""
    return ModelCard(
        name=name,
        title="Blood cells",
        summary="Finds white cells, red cells and platelets in stained blood smears.",
        architecture={},
        input=InputContract(tile_px=416, halo_px=64),
        classes=(
            ObjectClass(name="WBC", title="White blood cell", colour="#0072B2", badge="W"),
            ObjectClass(name="RBC", title="Red blood cell", colour="#D55E00", badge="R"),
            ObjectClass(name="PLT", title="Platelet", colour="#E69F00", badge="P"),
        ),
        thresholds=Thresholds(confidence={"WBC": 0.5, "RBC": 0.4, "PLT": 0.3}),
        weights=WeightsFile(sha256="ab" * 32),
        metrics=Metrics(
            data="made up for tests",
            pictures=239,
            map_50=0.97,
            map_50_95=0.82,
            per_class={"RBC": ClassMetrics(ap_50=0.98, ap_50_95=0.88, count_error=0.03)},
        ),
    )


def make_objects(n: int, shape: tuple[int, int] = (600, 800), seed: int = 0, side: float = 24.0) -> Objects:
    """`n` boxes of three classes with scores from 0.05 to 1."""
    rng = np.random.default_rng(seed)
    corner = rng.random((n, 2)) * (np.array(shape) - side)
    boxes = np.hstack([corner, corner + side]).astype(np.float32)
    scores = (0.05 + 0.95 * rng.random(n)).astype(np.float32)
    classes = rng.integers(0, 3, n).astype(np.int16)
    ids = np.frombuffer(rng.bytes(16 * n), "V16").copy()
    return Objects(ids, boxes, classes, scores, CLASSES, make_card().source)


@dataclass(frozen=True)
class KeptAnswers:
    """Every second object overlaps its neighbour by half."""

    every: Objects

    def objects(self, nms_iou: float) -> Objects:
        return self.every if nms_iou >= 0.5 else self.every.take(np.arange(0, len(self.every), 2))


@dataclass
class KnownBoxes:
    """Makes operations for a controller.

    Parameters
    ----------
    objects : Objects
        What every picture holds.
    tiles : int
        In how many steps they are found.
    gate : threading.Event
        Every step after the first waits until it is set; set from the start unless a test clears it.
    error : Exception or None
        Raised instead of an answer.
    coverage_gap : bool
        Whether one tile fails.
    answers : KeptAnswers or None
        What is kept for another overlap.
    card : ModelCard
        Whose answer it is said to be.
    """

    objects: Objects = field(default_factory=lambda: make_objects(60))
    tiles: int = 4
    gate: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None
    coverage_gap: bool = False
    answers: KeptAnswers | None = None
    card: ModelCard = field(default_factory=make_card)
    asked_object_px: float | None = None
    asked_augment: bool | None = None
    asked: list[Path | SlideRef] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate.set()

    def __call__(
        self,
        picture: Path | SlideRef,
        model: Path,
        device: str,
        pixel_size: PixelSize | None,
        object_px: float | None,
        augment: bool,
    ) -> AnswerFromBoxes:
        self.asked.append(picture)
        self.asked_augment = augment
        self.asked_object_px = object_px
        return AnswerFromBoxes(self, picture, pixel_size)


@dataclass(frozen=True)
class AnswerFromBoxes:
    """The operation of one picture."""

    source: KnownBoxes
    picture: Path | SlideRef
    pixel_size: PixelSize | None

    @property
    def title(self) -> str:
        return f"Analyze {(self.picture if isinstance(self.picture, Path) else self.picture.path).name}"

    def run(self) -> Generator[Progress, None, Analysis]:
        known, source = self.source.objects, self.source
        for tile in range(source.tiles):
            part = known.take(np.arange(tile, len(known), source.tiles))
            yield Progress(tile + 1, source.tiles, f"{tile + 1} of {source.tiles} tiles", None, part)
            while not source.gate.wait(0.01):
                yield Progress(tile + 1, source.tiles, "waiting")
            if source.error is not None:
                raise source.error
        with open_slide(self.picture) if isinstance(self.picture, Path) else self.picture.open() as slide:
            size = self.pixel_size or slide.pixel_size
            info = PictureInfo(slide.ref, slide.name, slide.shape, size, slide.pixel_size_note, "0" * 64)
        covered, answers = self._coverage(info.shape), source.answers
        return Analysis(info, source.card, known, covered, "cpu", "known boxes", 0.1, (), answers)  # type: ignore[arg-type]

    def _coverage(self, shape: tuple[int, int]) -> Coverage:
        top = TileRecord(Box(0, 0, shape[0] // 2, shape[1]), TileState.ANALYSED)
        state = TileState.FAILED if self.source.coverage_gap else TileState.ANALYSED
        return Coverage((top, TileRecord(Box(shape[0] // 2, 0, *shape), state, "cannot be decoded")))

"""`AnalyzePicture`: a model looks at a picture tile by tile; window and command line run this same operation."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cellwright.core import Objects, PixelSize, SlideNotReadable
from cellwright.jobs import Progress
from cellwright.workflows.analysis import Analysis, Asked, PictureInfo
from cellwright.workflows.cascade import Sorted, crops_of, joined_card, sort_objects
from cellwright.workflows.class_probabilities import ClassProbabilities
from cellwright.workflows.pixel_size_check import pixel_size_question
from cellwright.workflows.predictors import ready_predictor
from cellwright.zoo import ModelCard, find_model, load_card

if TYPE_CHECKING:
    from cellwright.imaging import Slide, SlideRef
    from cellwright.inference import Coverage, Detection, Glance, Predictor, TileResult

T = TypeVar("T")

DEFAULT_MODEL = "blood-cells-yolo"

_PATIENCE_SECONDS = 0.2
"""How long a step that cannot be interrupted may keep a person waiting who wants to cancel."""


@dataclass(frozen=True, slots=True)
class AnalyzePicture:
    """Find the objects on one picture; an `Operation` whose result is an `Analysis`.

    Every `Progress` of a tile carries in ``partial`` the `Objects` that this tile settled and in ``touched`` where it
    lies. Closing the generator stops between two tiles.

    Parameters
    ----------
    picture : Path or SlideRef
        The file, or one picture of a file that holds several.
    model : str or Path
        Name of a model on the shelf, or its folder.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` and so on; see `cellwright.inference.open_predictor`.
    pixel_size : PixelSize or None
        What a person says about the picture; it comes before what the file says.
    floor : float or None
        Calibrated score below which nothing is kept; None takes the card's.
    every_class : bool
        Whether one place may answer with several classes, as average precision is measured.
    object_px : float or None
        Diameter of a typical object in level-0 pixels, where a person measured it; sets the scale.
    augment : bool
        Whether turned and mirrored copies are looked at too, see `cellwright.inference.DetectOptions`.
    scales : tuple of float
        Input sizes at which the picture is looked at; 1 is the model's own.
    classify : str or Path or None
        A classifier that tells apart what the model found, by name or folder; see `cascade.sort_objects`.
    """

    picture: Path | SlideRef
    model: str | Path = DEFAULT_MODEL
    device: str = "auto"
    pixel_size: PixelSize | None = None
    floor: float | None = None
    every_class: bool = False
    object_px: float | None = None
    augment: bool = False
    scales: tuple[float, ...] = (1.0,)
    classify: str | Path | None = None

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Analyze {self.path.name}"

    @property
    def path(self) -> Path:
        """The file."""
        return self.picture if isinstance(self.picture, Path) else self.picture.path

    def run(self) -> Generator[Progress, None, Analysis]:
        """Open the picture and the model, then settle tile after tile.

        Raises
        ------
        SlideNotReadable
            If the picture cannot be opened, or no part of it can be analysed. Where only some parts fail, they are
            failed tiles in the coverage instead.
        UnknownName, ModelNotUsable
            If there is no such model, or it is damaged.
        BadParameter
            If the model's answers cannot be turned, or `scales` makes no sense.
        """
        from cellwright.imaging import SlideRef, content_sha256, open_slide
        from cellwright.inference import DetectOptions, detect

        yield Progress(0, 0, "Opening the picture")
        with self.picture.open() if isinstance(self.picture, SlideRef) else open_slide(self.picture) as slide:
            yield Progress(0, 0, "Taking the picture's fingerprint")
            picture = self.picture
            sha256 = picture.content_sha256() if isinstance(picture, SlideRef) else content_sha256(picture)
            info = self._info(slide, sha256)
            predictor = yield from _awaited(lambda: ready_predictor(self.model, self.device), "Loading the model")
            classifier = yield from self._classifier(predictor.card)
            yield Progress(0, 0, "Looking at the picture")
            began = time.monotonic()
            options = DetectOptions(
                floor=self.floor,
                picture_id=picture_key(info.sha256, info.ref),
                pixel_size=self.pixel_size,
                every_class=self.every_class,
                object_px=self.object_px,
                augment=self.augment,
                scales=self.scales,
            )
            found = yield from _reported(detect(slide, predictor, options))
            _refuse_nothing(info, found.coverage)
            if classifier is not None:
                told = yield from sort_objects(slide, found.objects, predictor.card, classifier, info.pixel_size)
        analysis = Analysis(
            info,
            predictor.card,
            found.objects,
            found.coverage,
            found.device,
            found.engine,
            time.monotonic() - began,
            (*found.notes, *_doubts(info, found.objects.at_least(predictor.card.confidence_thresholds()))),
            found.answers,
            asked=Asked(
                self.model,
                self.device,
                self.pixel_size,
                self.floor,
                self.every_class,
                self.object_px,
                self.augment,
                self.scales,
                classify=self.classify,
            ),
            probabilities=_named_whole(found),
        )
        return analysis if classifier is None else _told_apart(analysis, classifier.card, told)

    def _classifier(self, detector: ModelCard) -> Generator[Progress, None, Predictor | None]:
        """Load the classifier, where one is asked for that fits the detector."""
        if self.classify is None:
            return None
        name = self.classify
        crops_of(load_card(find_model(name)), detector)
        return (yield from _awaited(lambda: ready_predictor(name, self.device), "Loading the classifier"))

    def _info(self, slide: Slide, sha256: str) -> PictureInfo:
        pixel_size, note = slide.pixel_size, slide.pixel_size_note
        if self.pixel_size is not None:
            pixel_size, note = self.pixel_size, "entered by hand"
        return PictureInfo(slide.ref, slide.name, slide.shape, pixel_size, note, sha256)


def _named_whole(found: Detection) -> ClassProbabilities | None:
    """Return what a classifier of whole pictures said of this one; None where the model is another."""
    from cellwright.inference import NamedPicture

    tiles = () if found.answers is None else found.answers.tiles
    if found.answers is None or len(tiles) != 1 or not isinstance(tiles[0][1], NamedPicture):
        return None
    return ClassProbabilities(found.objects.ids, found.answers.card.class_names, tiles[0][1].shares[None])


def _told_apart(analysis: Analysis, classifier: ModelCard, told: Sorted) -> Analysis:
    """Return an analysis by a detector as one by both models."""
    return replace(
        analysis,
        card=joined_card(analysis.card, classifier),
        objects=told.objects,
        notes=(*analysis.notes, *told.notes),
        # Chosen anew with another overlap, they would have to be told apart anew.
        answers=None,
        parts=(analysis.card, classifier),
        probabilities=told.probabilities,
    )


def _doubts(info: PictureInfo, counted: Objects) -> tuple[str, ...]:
    """Return what is doubtful about a pixel size that somebody gave; one that nobody gave is told without this."""
    if info.pixel_size is None:
        return ()
    question = pixel_size_question(counted, info.pixel_size, info.pixel_size_note, info.shape)
    return () if question is None else (question.sentence,)


def _refuse_nothing(info: PictureInfo, coverage: Coverage) -> None:
    """Raise if no tile was analysed: a count of 0 would be a lie."""
    if coverage.missing and not coverage.covered_px:
        reason = next((record.reason for record in coverage.missing if record.reason), "no tile was reached")
        raise SlideNotReadable(f"{info.path} could not be analysed: {reason.rstrip('.')}. Check the file.")


def picture_key(sha256: str, ref: SlideRef) -> str:
    """Name a picture by its content: the same bytes under another name give the same ids."""
    parts = [f"#{ref.series}"] if ref.series else []
    if ref.is_part:
        channels = "all" if ref.channels is None else ",".join(map(str, ref.channels))
        parts.append(f"@z{ref.z or 0}t{ref.t or 0}c{channels}")
    return "".join((sha256, *parts))


def _awaited(work: Callable[[], T], said: str) -> Generator[Progress, None, T]:
    """Do one long step on a thread of its own and report while it lasts, so that a person can stop waiting for it."""
    outcome: Future[T] = Future()

    def settle() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again on the thread that waits
            outcome.set_exception(error)

    # A daemon: once nobody waits any more, the end of the program need not wait either.
    threading.Thread(target=settle, name=said, daemon=True).start()
    while True:
        yield Progress(0, 0, said)
        with contextlib.suppress(TimeoutError):
            return outcome.result(timeout=_PATIENCE_SECONDS)


def _reported(steps: Generator[TileResult | Glance, None, Detection]) -> Generator[Progress, None, Detection]:
    """Turn what each tile brought into a report; closing this closes the work."""
    from cellwright.inference import TileResult

    try:
        while True:
            step = next(steps)
            said = f"{step.done:,} of {step.total:,} {'tile' if step.total == 1 else 'tiles'}"
            if isinstance(step, TileResult):
                yield Progress(step.done, step.total, said, step.tile.owner, step.objects)
            else:
                yield Progress(step.done, step.total, said)
    except StopIteration as end:
        detection: Detection = end.value
        return detection
    finally:
        steps.close()

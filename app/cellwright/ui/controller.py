"""What happens when a person asks: opening, analyzing, exporting as jobs, and their answers into the session."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import Signal

from cellwright.annotation import split_part
from cellwright.core import Objects, PixelSize
from cellwright.jobs import Operation, Progress
from cellwright.jobs.queue import Job, JobQueue, JobState, Lane
from cellwright.ui.background.in_turn import InTurn
from cellwright.ui.background.searching import SearchPictures
from cellwright.ui.background.work import Work
from cellwright.ui.folders import show_folder
from cellwright.ui.looks.wording import plural
from cellwright.ui.overlaps import Overlaps
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.panels.jobs_panel import error_sentence
from cellwright.ui.state.class_style import ClassStyle, styles_of
from cellwright.ui.state.loading import LoadedPicture, LoadPicture, RenderPicture, may_be_large
from cellwright.ui.state.picture import Picture, PictureState, PlaneResult
from cellwright.ui.state.picture_cache import PictureCache
from cellwright.ui.state.session import Session
from cellwright.ui.state.streaming import PartialObjects

if TYPE_CHECKING:
    from cellwright.imaging import SlideRef
    from cellwright.ui.state.look import Look
    from cellwright.workflows import Analysis, Format, FoundPictures

ANALYZED_AT_ONCE = 20
"""Up to this many pictures opened together are analyzed at once; for more the person is asked."""


class MakeAnalysis(Protocol):
    """Builds the operation that analyzes a picture; see `cellwright.workflows.AnalyzePicture`."""

    def __call__(
        self,
        picture: Path | SlideRef,
        model: Path,
        device: str,
        pixel_size: PixelSize | None,
        object_px: float | None,
        augment: bool,
    ) -> Operation[Analysis]:
        """Return the operation."""
        ...


class Controller(Work):
    """Joins the session with the job queue.

    Parameters
    ----------
    session : Session
        What the window shows.
    queue : JobQueue
        Where long work runs.
    make_analysis : callable, optional
        Another way to analyze than `AnalyzePicture`, for tests and plugins.

    Signals
    -------
    loaded(object, object)
        A `Picture` and its `LoadedPicture`, ready to be shown.
    opened(object)
        Path of a file that could be opened.
    """

    loaded = Signal(object, object)
    opened = Signal(object)

    def __init__(self, session: Session, queue: JobQueue, make_analysis: MakeAnalysis | None = None) -> None:
        super().__init__(queue)
        self.session = session
        self.device = "auto"
        self.analyze_on_open = True
        self.take_slides: Callable[[Sequence[Picture]], Sequence[Picture]] | None = None
        """Counts those pictures that are slides into the project, and returns the others."""
        self._make_analysis = make_analysis or _analyze_picture
        self.reported.connect(self._on_reported)
        self._cache = PictureCache()
        self._loading: dict[int, Job[LoadedPicture]] = {}
        self._analyses: dict[int, Job[tuple[Analysis, ...]]] = {}
        self._partial: dict[int, PartialObjects] = {}
        self._overlaps = Overlaps(self)
        session.current_changed.connect(self._on_current)

    # ---- opening

    def open_paths(self, paths: Sequence[str | Path]) -> None:
        """Open files, and every picture in folders."""
        parts = [split_part(str(path)) for path in paths]
        for file, series, _ in parts:
            if series:
                self.open_series(Path(file), {series: ""})
        given = tuple(Path(file) for file, series, _ in parts if not series)
        if given:
            self.submit_quietly(SearchPictures(given), Lane.FILES, self._on_found)

    def open_series(self, path: Path, titles: Mapping[int, str]) -> None:
        """Open some of the pictures of a file, each by its number and title, and show the first of them."""
        opened = [picture for number, title in titles.items() for picture in self.session.add([path], number, title)]
        if opened:
            self.session.show(opened[0])

    def load_current(self) -> None:
        """Make the picture of the session ready to be shown."""
        picture = self.session.current
        if picture is None:
            return
        loaded = self._cache.get(picture.key)
        if loaded is not None:
            self.loaded.emit(picture, loaded)
        elif picture.key not in self._loading and not picture.is_unreadable:
            done = partial(self._on_loaded, picture.key)
            operation = LoadPicture(picture.file, picture.look, picture.facts)
            self._loading[picture.key] = self.submit_quietly(operation, Lane.FILES, done)

    def close_picture(self, picture: Picture) -> None:
        """Take a picture from the session; work on it is cancelled."""
        loading = self._loading.get(picture.key)
        if loading is not None:
            loading.cancel()
        self._cancel_analysis(picture)
        self._cache.drop(picture.key)
        self.session.remove(picture)

    def loaded_picture(self, picture: Picture) -> LoadedPicture | None:
        """Return a picture's pixels if they are in memory."""
        return self._cache.get(picture.key)

    def _on_found(self, job: Job[FoundPictures]) -> None:
        if job.result is None:
            self.say_failed(job)
            return
        for left in job.result.left_out:
            self.message.emit(Message(Level.ERROR, f"{left.what}: {left.reason}"))
        pictures = self.session.add(job.result.pictures)
        if not pictures:
            return
        self.session.show(pictures[0])
        waiting = [p for p in pictures if p.state is PictureState.OPEN and not may_be_large(p.path)]
        if not self.analyze_on_open or self.session.card is None:
            return
        if len(waiting) <= ANALYZED_AT_ONCE:
            self._start_each(waiting)
        else:
            self.message.emit(_offer_to_analyze(waiting, self.analyze))

    def _on_loaded(self, key: int, job: Job[LoadedPicture]) -> None:
        self._loading.pop(key, None)
        picture = self.session.picture_with_key(key)
        if job.result is not None:
            if picture is None:
                job.result.close()
                return
            self._take_loaded(picture, job.result)
        elif picture is not None and job.state is JobState.FAILED:
            picture.state, picture.problem = PictureState.FAILED, error_sentence(job.title, job.error)
            self._cancel_analysis(picture)
            self.session.picture_changed.emit(picture)
            self.say_failed(job)

    def set_look(self, picture: Picture, look: Look) -> None:
        """See a picture with another contrast, other channels or another plane; the last one asked for wins."""
        self.session.show_plane(picture, look)
        self._follow_look(picture)

    def _follow_look(self, picture: Picture) -> None:
        """Draw a picture as it is wanted by now, unless that is under way."""
        loaded, look = self._cache.get(picture.key), picture.look
        if loaded is None or look is None or loaded.look == look or picture.key in self._loading:
            return
        is_here = loaded.slide is not None or loaded.look.plane == look.plane
        operation: Operation[LoadedPicture] = (
            RenderPicture(loaded, look) if is_here else LoadPicture(picture.file, look, picture.facts)
        )
        done = partial(self._on_loaded, picture.key)
        self._loading[picture.key] = self.submit_quietly(operation, Lane.FILES, done)

    def _take_loaded(self, picture: Picture, loaded: LoadedPicture) -> None:
        self._cache.put(picture.key, loaded)
        picture.shape, picture.facts = loaded.shape, loaded.facts
        if picture.look is None:
            picture.look = loaded.look
        picture.tag_pixel_size, picture.pixel_size_note = loaded.pixel_size, loaded.pixel_size_note
        self.opened.emit(picture.path)
        self.session.picture_changed.emit(picture)
        if picture is self.session.current:
            self.loaded.emit(picture, loaded)
        self._follow_look(picture)

    def _on_current(self, _picture: Picture | None) -> None:
        self.load_current()

    # ---- analyzing

    def analyze(self, pictures: Sequence[Picture]) -> None:
        """Analyze pictures with the chosen model; an analysis of the same picture that runs is replaced."""
        folder, card = self.session.model_folder, self.session.card
        if folder is None or card is None:
            self.message.emit(Message(Level.ERROR, "No model is installed, so nothing can be analyzed."))
            return
        self._start_each(self.take_slides(pictures) if self.take_slides is not None else pictures)

    def _start_each(self, pictures: Sequence[Picture]) -> None:
        folder, card = self.session.model_folder, self.session.card
        if folder is not None and card is not None:
            for picture in pictures:
                self._start(picture, (picture.plane,), folder, styles_of(card))

    def analyze_planes(self, picture: Picture) -> None:
        """Analyze every plane and time point of a stack, one after the other, as one job."""
        folder, card = self.session.model_folder, self.session.card
        if folder is not None and card is not None:
            self._start(picture, picture.planes, folder, styles_of(card))

    def _start(
        self, picture: Picture, planes: Sequence[tuple[int, int]], folder: Path, styles: tuple[ClassStyle, ...]
    ) -> None:
        self._cancel_analysis(picture)
        card = self.session.card
        augment = self.session.augment and card is not None and card.input.orientation == "any"
        picture.generation += 1
        picture.state, picture.fraction, picture.problem = PictureState.QUEUED, None, ""
        parts = tuple(
            self._with_classifier(
                self._make_analysis(
                    picture.source(plane), folder, self.device, picture.user_pixel_size, picture.object_px, augment
                )
            )
            for plane in planes
        )
        if len(parts) == 1:
            show = partial(self._on_partial, picture, picture.generation, planes[0], styles)
            self._partial[picture.key] = PartialObjects(show, self)
        title = parts[0].title if len(parts) == 1 else f"Analyze {len(parts)} planes of {picture.name}"
        done = partial(self._on_analyzed, picture, picture.generation, tuple(planes))
        operation = InTurn(title, parts)
        self._analyses[picture.key] = self.submit_quietly(operation, Lane.DEVICE, done, listed=True)
        self.session.picture_changed.emit(picture)

    def _with_classifier(self, analysis: Operation[Analysis]) -> Operation[Analysis]:
        """Let what is found be told apart, where a classifier is chosen."""
        from cellwright.workflows import AnalyzePicture

        classifier = self.session.classifier_folder
        if classifier is None or not isinstance(analysis, AnalyzePicture):
            return analysis
        return replace(analysis, classify=classifier)

    def _cancel_analysis(self, picture: Picture) -> None:
        job = self._analyses.pop(picture.key, None)
        if job is not None:
            job.cancel()
        parts = self._partial.pop(picture.key, None)
        if parts is not None:
            parts.stop()
            parts.deleteLater()

    def _on_reported(self, job: Job[Any], progress: Progress) -> None:
        key = next((key for key, mine in self._analyses.items() if mine is job), None)
        picture = self.session.picture_with_key(key) if key is not None else None
        if picture is None or key is None:
            return
        picture.state = PictureState.ANALYZING
        picture.fraction = progress.done / progress.total if progress.total else None
        if isinstance(progress.partial, Objects) and len(progress.partial) and key in self._partial:
            self._partial[key].add(progress.partial)
        self.session.picture_changed.emit(picture)

    def _on_partial(
        self,
        picture: Picture,
        generation: int,
        plane: tuple[int, int],
        styles: tuple[ClassStyle, ...],
        objects: Objects,
    ) -> None:
        # not a late answer to a question that was asked anew, and not of a plane that is out of sight
        if picture.generation == generation and picture.plane == plane:
            picture.analysis = None
            self.session.set_objects(picture, objects, styles)

    def _on_analyzed(
        self, picture: Picture, generation: int, planes: Sequence[tuple[int, int]], job: Job[tuple[Analysis, ...]]
    ) -> None:
        if picture.generation != generation:
            return
        self._analyses.pop(picture.key, None)
        parts = self._partial.pop(picture.key, None)
        if parts is not None:
            parts.finish() if job.state is JobState.CANCELLED else parts.stop()
            parts.deleteLater()
        picture.fraction = None
        if job.result is not None:
            picture.state = PictureState.DONE if picture.analysis is not None else PictureState.OPEN
            for plane, analysis in zip(planes, job.result, strict=True):
                self._take_analysis(picture, plane, analysis)
        elif job.state is JobState.CANCELLED:
            picture.state = PictureState.CANCELLED if picture.objects is not None else PictureState.OPEN
        else:
            picture.state, picture.problem = PictureState.FAILED, error_sentence(job.title, job.error)
            self.say_failed(job)
        self.session.picture_changed.emit(picture)

    def _take_analysis(self, picture: Picture, plane: tuple[int, int], analysis: Analysis) -> None:
        if plane != picture.plane:
            picture.results[plane] = PlaneResult(analysis.objects, styles_of(analysis.card), analysis)
            return
        picture.state, picture.analysis, picture.overlap = PictureState.DONE, analysis, None
        picture.shape = analysis.picture.shape
        if picture.tag_pixel_size is None and picture.user_pixel_size is None:
            picture.tag_pixel_size = analysis.picture.pixel_size
            picture.pixel_size_note = analysis.picture.pixel_size_note
        self.session.set_objects(picture, analysis.objects, styles_of(analysis.card))
        self._overlaps.take(picture)
        if picture is self.session.current and self._cache.get(picture.key) is None:
            self.load_current()  # it could not be read before, and now it can
        if not analysis.is_complete:
            self.message.emit(Message(Level.WARNING, f"{picture.name}: {analysis.coverage.sentence()}"))

    # ---- exporting

    def export(
        self,
        analyses: Sequence[Analysis],
        thresholds: Sequence[float],
        folder: Path,
        formats: Sequence[Format],
        *,
        overwrite: bool,
        with_pictures: bool = False,
        manifest: bool = False,
        project: Path | None = None,
        measured: Sequence[str] = (),
        keep: str = "",
    ) -> None:
        """Write analyses into a folder, as a job; `thresholds` are the confidences from which objects count."""
        from cellwright.workflows import ExportAnalyses

        if analyses:
            operation = ExportAnalyses(
                tuple(analyses),
                folder,
                tuple(formats),
                tuple(thresholds),
                overwrite,
                with_pictures,
                manifest=manifest,
                measured=tuple(measured),
                project=project,
                keep=keep,
            )
            self.submit_quietly(operation, Lane.FILES, self._on_exported, listed=True)

    def _on_exported(self, job: Job[tuple[Path, ...]]) -> None:
        if job.result is None:
            self.say_failed(job)
            return
        folder = getattr(job.operation, "folder", job.result[0].parent)
        said = f"{plural(len(job.result), 'result')} written to {folder}."
        self.message.emit(Message(Level.GOOD, said, action_text="Show folder", action=partial(show_folder, folder)))

    def close(self) -> bool:
        """Cancel everything and wait; return whether every worker ended in time."""
        for parts in self._partial.values():
            parts.stop()
        ended = super().close()
        self._cache.clear()
        return ended


def _analyze_picture(
    picture: Path | SlideRef,
    model: Path,
    device: str,
    pixel_size: PixelSize | None,
    object_px: float | None,
    augment: bool,
) -> Operation[Analysis]:
    from cellwright.workflows import AnalyzePicture

    return AnalyzePicture(picture, model, device, pixel_size, object_px=object_px, augment=augment)


def _offer_to_analyze(pictures: list[Picture], analyze: Callable[[Sequence[Picture]], None]) -> Message:
    return Message(
        Level.INFO,
        f"{plural(len(pictures), 'picture')} opened. Only the one shown takes memory.",
        action_text="Analyze all",
        action=partial(analyze, pictures),
    )

"""`Batching`: many slides, or one in its regions, counted into the project behind the window."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from cellwright.annotation import part_path
from cellwright.core import CellwrightError, Regions
from cellwright.jobs import Progress
from cellwright.jobs.queue import Job, JobState, Lane
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.panels.jobs_panel import error_sentence
from cellwright.ui.slides.batch_page import BatchPage
from cellwright.ui.slides.host import SlideHost
from cellwright.ui.state.picture import Picture, PictureState

if TYPE_CHECKING:
    from cellwright.workflows.batch import BatchItem, BatchReport, BatchSlide
    from cellwright.workflows.batch_run import RunBatch
    from cellwright.workflows.batch_sources import FoundSlides


@dataclass(frozen=True, slots=True)
class FindSlides:
    """Operation: look for slides in files and folders; returns `FoundSlides`."""

    paths: tuple[Path, ...]

    @property
    def title(self) -> str:
        """Name of the work."""
        return "Look for slides"

    def run(self) -> Generator[Progress, None, FoundSlides]:
        """Walk through the folders."""
        from cellwright.workflows.batch_sources import find_slides

        yield Progress(0, 0, "Looking into the folder")
        return find_slides(self.paths)


class Batching(QObject):
    """The batch of one window.

    Parameters
    ----------
    host : SlideHost
        The window.

    Signals
    -------
    shown(object)
        The page is to be seen.
    covered(object, object)
        A `Picture` that is open was counted, with this `Coverage`.
    """

    shown = Signal(object)
    covered = Signal(object, object)

    def __init__(self, host: SlideHost, parent: QObject) -> None:
        super().__init__(parent)
        self._host = host
        self.page = BatchPage()
        self._slides: tuple[BatchSlide, ...] = ()
        self._operation: RunBatch | None = None
        self._job: Job[BatchReport] | None = None
        page = self.page
        page.folder_asked.connect(self.ask_folder)
        page.open_asked.connect(self.take_open)
        page.start_asked.connect(self.start)
        page.stop_asked.connect(self.stop_batch)
        page.retry_asked.connect(self.try_again)
        page.stop_one_asked.connect(self._stop_one)
        page.shown.connect(lambda item: host.opener.open_paths([_written(item)]))
        host.opener.reported.connect(self._on_reported)

    @property
    def is_running(self) -> bool:
        """Whether a batch is under way."""
        return self._job is not None

    # ---- which slides

    def ask_folder(self) -> None:
        """Ask for a folder of slides."""
        self.shown.emit(self.page)
        place = self._host.settings.last_open_folder or str(Path.home())
        chosen = QFileDialog.getExistingDirectory(self._host.widget, "A folder of slides", place)
        if chosen:
            self.find([Path(chosen)])

    def find(self, paths: Sequence[Path]) -> None:
        """Look for slides in files and folders."""
        self._host.opener.submit_quietly(FindSlides(tuple(paths)), Lane.FILES, self._on_found)

    def take_open(self) -> None:
        """Take the slides that are open in the window."""
        from cellwright.workflows.batch import BatchSlide

        pictures = self._host.session.pictures
        self.set_slides(tuple(BatchSlide(each.path, each.series, title=each.name) for each in pictures))

    def set_slides(self, slides: tuple[BatchSlide, ...]) -> None:
        """Take these slides, none of them begun."""
        from cellwright.workflows.batch import BatchItem

        self._slides = slides
        self.page.set_items([BatchItem(at, each.path, each.series, each.name) for at, each in enumerate(slides)])

    def _on_found(self, job: Job[FoundSlides]) -> None:
        if job.result is None:
            self._say_failed(job)
            return
        self.set_slides(job.result.slides)
        for left in job.result.left_out[:3]:
            self._host.say(Message(Level.WARNING, f"{left.what}: {left.reason}"))
        if not job.result.slides:
            self._host.say(Message(Level.INFO, "There is no slide in that folder."))

    # ---- running

    def start(self) -> None:
        """Count every slide of the batch."""
        self._run(self._slides, retry=False)

    def try_again(self) -> None:
        """Count what failed or was stopped."""
        self._run(self._slides, retry=True)

    def count(self, picture: Picture, regions: Regions, retry: bool) -> None:
        """Count one slide in its regions."""
        if retry:
            self._retry_one(picture, regions)
        else:
            self.count_each([(picture, regions)])

    def _retry_one(self, picture: Picture, regions: Regions) -> None:
        from cellwright.workflows.batch import BatchSlide

        if not self.is_running:
            self.set_slides((BatchSlide(picture.path, picture.series, regions, picture.name),))
            self._run(self._slides, retry=True)

    def count_each(self, slides: Sequence[tuple[Picture, Regions]]) -> None:
        """Count several slides, each in its regions."""
        from cellwright.workflows.batch import BatchSlide

        if self.is_running:
            self._host.say(Message(Level.INFO, "A batch is running; these slides can be counted afterwards."))
            return
        self.set_slides(tuple(BatchSlide(each.path, each.series, regions, each.name) for each, regions in slides))
        self._run(self._slides, retry=False)

    def stop_batch(self) -> None:
        """Stop after the tiles in work."""
        if self._job is not None:
            self._job.cancel()

    def close(self) -> None:
        """Stop, before the window goes."""
        self.stop_batch()

    def _run(self, slides: tuple[BatchSlide, ...], *, retry: bool) -> None:
        from cellwright.workflows.batch_run import RunBatch

        model = self._host.session.model_folder
        if self.is_running or not slides or model is None:
            return
        try:
            link = self._host.correcting.files.need()
        except CellwrightError as error:
            self._host.say(Message(Level.ERROR, str(error)))
            return
        self._operation = RunBatch(
            link.folder,
            slides,
            model,
            device=self._host.opener.device,
            author=link.author,
            retry_failed=retry,
            classify=self._host.session.classifier_folder,
        )
        self.page.set_items(self._operation.items())
        self.page.set_running(True)
        self._job = self._host.opener.submit_quietly(self._operation, Lane.DEVICE, self._on_done, listed=True)

    def _stop_one(self, number: int) -> None:
        if self._operation is not None:
            self._operation.control.stop(number)

    def _on_reported(self, job: Job[Any], progress: Progress) -> None:
        from cellwright.workflows.batch import BatchItem

        if job is self._job and isinstance(progress.partial, BatchItem):
            self.page.change(progress.partial)
            self._tell_picture(progress.partial)

    def _on_done(self, job: Job[BatchReport]) -> None:
        self._job = None
        self.page.set_running(False)
        link = self._host.correcting.files.link
        if link is not None:
            link.follow()
        if job.result is None:
            self._say_failed(job)
            if job.state is JobState.CANCELLED:
                self._mark_stopped()
            return
        for item in job.result.items:
            self._tell_picture(item)
        missing = not job.result.is_complete
        text = job.result.sentence()
        if len(job.result.items) == 1:
            text = f"{job.result.items[0].name}: {job.result.items[0].said}"
        self._host.say(Message(Level.WARNING if missing else Level.GOOD, text))

    def _mark_stopped(self) -> None:
        from cellwright.workflows.batch import ItemState

        for item in self.page.table.items:
            if not item.is_finished:
                self.page.change(replace(item, state=ItemState.STOPPED, said="Stopped; it goes on from there."))
                self._tell_picture(self.page.table.items[item.number])

    def _tell_picture(self, item: BatchItem) -> None:
        """Let the list of pictures tell of a slide that is open."""
        picture = self._host.session.open_picture(item.path.absolute(), item.series)
        if picture is None:
            return
        picture.state, picture.fraction = _state_of(item, picture), item.fraction if not item.is_finished else None
        picture.problem = item.said if picture.state is PictureState.FAILED else ""
        picture.is_openable = True
        self._host.session.picture_changed.emit(picture)
        if item.coverage is not None:
            self.covered.emit(picture, item.coverage)

    def _say_failed(self, job: Job[Any]) -> None:
        if job.state is JobState.FAILED:
            self._host.say(Message(Level.ERROR, error_sentence(job.title, job.error), job.error_text))


def _written(item: BatchItem) -> Path:
    return Path(part_path(str(item.path), None, item.series))


def _state_of(item: BatchItem, picture: Picture) -> PictureState:
    from cellwright.workflows.batch import ItemState

    return {
        ItemState.WAITING: PictureState.QUEUED,
        ItemState.READING: PictureState.ANALYZING,
        ItemState.RUNNING: PictureState.ANALYZING,
        ItemState.DONE: PictureState.DONE,
        ItemState.PARTLY: PictureState.DONE,
        ItemState.FAILED: PictureState.FAILED,
        ItemState.STOPPED: PictureState.CANCELLED if picture.objects is not None else PictureState.OPEN,
    }[item.state]

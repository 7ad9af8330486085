"""`RunBatch`: many slides into one project, one after the other; a bad one is named and does not stop the rest."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.core import CellwrightError, ModelNotUsable, ProjectNotReadable, ProjectNotWritable, TileState
from cellwright.jobs import Progress
from cellwright.project import Project
from cellwright.workflows.batch import BatchControl, BatchItem, BatchReport, BatchSlide, ItemState
from cellwright.workflows.channels import with_channels
from cellwright.workflows.cluster import ClusterLost
from cellwright.workflows.slide_run import SlideRun, SlideSummary

if TYPE_CHECKING:
    from cellwright.inference import DetectOptions, ModelSource, TileRunner

_LOG = logging.getLogger(__name__)

_STEPS = 1000
"""Steps of the overall progress that a slide is worth: of slides that nobody opened yet, no one knows the tiles."""


@dataclass(frozen=True, slots=True)
class RunBatch:
    """Count many slides into a project; an `Operation` whose result is a `BatchReport`.

    Slides that an earlier run finished with the same parameters are not done anew, and one that was stopped goes on
    from its last tile: whoever runs the same batch again gets what is missing. Every `Progress` carries in ``partial``
    the `BatchItem` that changed; ``done`` of ``total`` is the whole batch. Closing the generator stops it within one
    batch of tiles, and what was finished stays.

    Parameters
    ----------
    project_folder : Path
        The project; slides that are not in it are added by reference.
    slides : tuple of BatchSlide
        Which, in this order.
    model : str, Path or ModelSource
        See `SlideRun`.
    options : DetectOptions or None
        What to ask differently than the model's card says.
    device : str
        See `cellwright.inference.open_predictor`.
    author : str
        Who, for the journal.
    retry_failed : bool
        Whether tiles that failed in an earlier run are tried again, and nothing else.
    runner : TileRunner or None
        Who runs the tiles; None this process. A cluster's runner serves one slide after the other.
    control : BatchControl
        By which a person stops single slides.
    is_strict : bool
        Whether an error that nobody foresaw is raised instead of told, for whoever looks for its cause.
    channels : str or None
        The channels that the model is shown, by name or number; see `with_channels`.
    thresholds : tuple of float or None
        See `SlideRun`.
    classify : str, Path, ModelSource or None
        See `SlideRun`.
    """

    project_folder: Path
    slides: tuple[BatchSlide, ...]
    model: str | Path | ModelSource
    options: DetectOptions | None = None
    device: str = "auto"
    author: str = "cellwright"
    retry_failed: bool = False
    runner: TileRunner | None = field(default=None, compare=False)
    control: BatchControl = field(default_factory=BatchControl, compare=False)
    is_strict: bool = False
    channels: str | None = None
    thresholds: tuple[float, ...] | None = None
    classify: str | Path | ModelSource | None = None

    @property
    def title(self) -> str:
        """Name of the work."""
        noun = "slide" if len(self.slides) == 1 else "slides"
        return f"Count {len(self.slides):,} {noun}"

    def items(self) -> tuple[BatchItem, ...]:
        """Return the slides as they stand before anything is done."""
        return tuple(
            BatchItem(number, slide.path, slide.series, slide.name) for number, slide in enumerate(self.slides)
        )

    def run(self) -> Generator[Progress, None, BatchReport]:
        """Count slide after slide; the next one's fingerprint is taken while one is in the network.

        Raises
        ------
        ProjectNotReadable, ProjectNotWritable, ModelNotUsable, ClusterLost
            If it would be the same for every slide that follows.
        """
        from cellwright.inference import close_slides

        items = list(self.items())
        with contextlib.ExitStack() as stack, _Fingerprints([slide.path for slide in self.slides]) as fingerprints:
            stack.callback(close_slides)
            for number in range(len(items)):
                began = time.monotonic()
                for changed, touched in self._one(items[number], fingerprints):
                    items[number] = replace(changed, seconds=time.monotonic() - began)
                    yield replace(_progress(items, items[number]), touched=touched.touched if touched else None)
        return BatchReport(tuple(items))

    def _one(
        self, item: BatchItem, fingerprints: _Fingerprints
    ) -> Generator[tuple[BatchItem, Progress | None], None, None]:
        """Yield one slide every time it changed, to its end."""
        if self.control.is_stopped(item.number):
            yield replace(item, state=ItemState.STOPPED, said="Stopped before it began."), None
            return
        item = replace(item, state=ItemState.READING, said="Taking the fingerprint")
        yield item, None
        try:
            _refuse_unreadable(item)
            item = replace(item, picture_id=self._added(item, fingerprints.of(item.number)), said="Opening the picture")
            yield item, None
            yield from self._counted(item)
        except (ModelNotUsable, ProjectNotReadable, ProjectNotWritable, ClusterLost):
            raise  # would be the same for every slide
        except CellwrightError as error:
            yield replace(item, state=ItemState.FAILED, said=str(error)), None
        except Exception as error:
            if self.is_strict:
                raise
            _LOG.exception("%s failed", item.path)
            said = f"Unexpected {type(error).__name__}: {error}; --debug shows where."
            yield replace(item, state=ItemState.FAILED, said=said), None

    def _added(self, item: BatchItem, sha256: str) -> int:
        from cellwright.imaging import SlideRef

        with Project(self.project_folder) as project:
            picture = SlideRef(item.path, item.series)
            (record,) = project.add_pictures([picture], self.author, sha256={item.path: sha256}, is_aside=True)
        return record.id

    def _counted(self, item: BatchItem) -> Generator[tuple[BatchItem, Progress | None], None, None]:
        assert item.picture_id is not None
        steps = self._slide_run(item, item.picture_id).run()
        item = replace(item, state=ItemState.RUNNING)
        with contextlib.closing(steps):
            while True:
                try:
                    report = next(steps)
                except StopIteration as end:
                    yield _finished(item, end.value), None
                    return
                is_known = report.total > 0
                state = ItemState.RUNNING if is_known else ItemState.READING
                item = replace(item, state=state, done=report.done, total=report.total, said=report.message)
                yield item, report
                if self.control.is_stopped(item.number):
                    said = f"Stopped after {item.done:,} of {item.total:,} tiles; it goes on from there."
                    yield replace(item, state=ItemState.STOPPED, said=said), None
                    return

    def _slide_run(self, item: BatchItem, picture_id: int) -> SlideRun:
        return SlideRun(
            self.project_folder,
            picture_id,
            self.model,
            self.options,
            self.slides[item.number].regions,
            self.runner,
            self.device,
            self.author,
            self.retry_failed,
            None if self.channels is None else with_channels(item.path, self.channels, item.series).channels,
            self.thresholds,
            self.classify,
        )


def _refuse_unreadable(item: BatchItem) -> None:
    """Raise if the slide cannot be opened, before it becomes a picture of the project."""
    from cellwright.imaging import open_slide

    open_slide(item.path, item.series).close()


def _finished(item: BatchItem, summary: SlideSummary) -> BatchItem:
    coverage, size = summary.coverage, summary.picture.pixel_size
    return replace(
        item,
        state=ItemState.DONE if coverage.is_complete else ItemState.PARTLY,
        done=coverage.count(TileState.ANALYSED),
        said=coverage.sentence(),
        total=sum(coverage.count(state) for state in (TileState.ANALYSED, TileState.FAILED, TileState.PENDING)),
        run_id=summary.run_id,
        objects=summary.objects,
        coverage=coverage,
        counts=tuple(summary.counts.items()),
        analysed_mm2=None if size is None else coverage.covered_px * size.area_um2 / 1e6,
        was_done=summary.was_resumed and not summary.tiles_now,
        notes=summary.notes,
    )


def _progress(items: list[BatchItem], changed: BatchItem) -> Progress:
    done = sum(int(item.fraction * _STEPS) for item in items)
    if changed.is_finished:
        said = f"{changed.name}: {changed.said}"
    else:
        finished = sum(item.is_finished for item in items)
        said = f"{finished:,} of {len(items):,} slides done; {changed.name}: {changed.said}"
    return Progress(done, _STEPS * len(items), said, partial=changed)


class _Fingerprints:
    """Hashes of the slides' files, each taken while the slide before it is worked on."""

    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="fingerprints")
        self._taken: dict[Path, Future[str]] = {}

    def __enter__(self) -> _Fingerprints:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def of(self, number: int) -> str:
        """Return the hash of a slide's file; `SlideNotReadable` if it cannot be read."""
        for path in self._paths[number : number + 2]:
            self._begin(path)
        sha256 = self._taken[self._paths[number]].result()
        keep = set(self._paths[number : number + 2])
        self._taken = {path: future for path, future in self._taken.items() if path in keep}
        return sha256

    def _begin(self, path: Path) -> None:
        from cellwright.imaging import content_sha256

        if path not in self._taken:
            self._taken[path] = self._pool.submit(content_sha256, path)

"""`SlideRun`: a model counts a slide of any size into a project, tile by tile, and goes on where it was stopped."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Generator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellwright.annotation import ClassRecord, ModelRecord
from cellwright.core import Coverage, PixelSize, Regions, SlideNotReadable, TileState, unknown_name
from cellwright.jobs import Progress
from cellwright.project import Project, RunStage, RunStatus
from cellwright.workflows.analysis import BY_HAND_NOTE, PictureInfo
from cellwright.workflows.analyze import picture_key
from cellwright.workflows.cascade import PARTS, Shown, crops_of, joined_card, parts_said
from cellwright.workflows.pixel_size_check import pixel_size_question
from cellwright.workflows.predictors import ready_predictor
from cellwright.workflows.project_thread import ProjectThread
from cellwright.workflows.run_totals import counted, refuse_thresholds
from cellwright.workflows.slide_telling import (
    Telling,
    rulers_on,
    telling_notes,
    telling_parameters,
    untold_of,
)
from cellwright.workflows.slide_writing import TileWriter
from cellwright.zoo import ModelCard, find_model, load_card

if TYPE_CHECKING:
    from cellwright.imaging import Slide, SlideRef, Tissue
    from cellwright.inference import DetectOptions, ModelSource, Predictor, TileRunner
    from cellwright.inference.slide_plan import SlidePlan

    _Model = tuple[Path | ModelSource, ModelCard]


@dataclass(frozen=True, slots=True, eq=False)
class SlideSummary:
    """What a run brought.

    Parameters
    ----------
    run_id : int
        Its number in the project; `Project.coverage` and the objects belong to it.
    picture : PictureInfo
        Which picture.
    card : ModelCard
        Which model; of two the joined one.
    counts : dict of str to int
        Objects at or above the thresholds whose centre lies in the regions, by class, as the run found them.
    objects : int
        All objects down to the floor.
    coverage : Coverage
        What became of every tile.
    device, engine : str
        What it ran on.
    seconds : float
        This time, from the first look at the picture.
    tiles_now : int
        Tiles analysed this time; the others were there from before.
    was_resumed : bool
        Whether an earlier run was gone on with.
    notes : tuple of str
        What a person should know beside the numbers.
    parts : tuple of ModelCard
        The cards of detector and classifier where one was asked; else empty.
    """

    run_id: int
    picture: PictureInfo
    card: ModelCard
    counts: dict[str, int]
    objects: int
    coverage: Coverage
    device: str
    engine: str
    seconds: float
    tiles_now: int
    was_resumed: bool
    notes: tuple[str, ...] = ()
    parts: tuple[ModelCard, ...] = ()


@dataclass(frozen=True, slots=True)
class SlideRun:
    """Count a picture of a project; an `Operation` whose result is a `SlideSummary`.

    Objects are written into the project as tiles finish, together with the account of every tile, so that a run that
    is killed at any moment goes on from its last tile when it is started again with the same parameters, and gives the
    same objects. Undoing takes the whole run back as one step. Closing the generator stops within one batch of tiles.

    Every `Progress` of a tile carries in ``partial`` the `Objects` that became final and in ``touched`` the tile's own
    part; ``done`` and ``total`` count tiles that are to be analysed.

    Parameters
    ----------
    project_folder : Path
        The project; opened by the run itself, on the thread that runs it.
    picture_id : int
        Which of its pictures.
    model : str, Path or ModelSource
        Name of a model on the shelf, its folder, or what opens one.
    options : DetectOptions or None
        What to ask differently than the card says; its `picture_id` is filled in.
    regions : Regions or None
        What to count; None takes the regions of interest of the project, without glass.
    runner : TileRunner or None
        Who runs the tiles; None this process, reading ahead on threads.
    device : str
        See `cellwright.inference.open_predictor`.
    author : str
        Who, for the journal.
    retry_failed : bool
        Whether tiles that failed in the last run with the same parameters are tried again, and nothing else.
    channels : tuple of int or None
        The channels that the model is shown; None for all.
    thresholds : tuple of float or None
        From which score objects of each class count, in hundredths; None for the card's. Changes no object: a finished
        run is counted anew from what it kept.
    classify : str, Path, ModelSource or None
        A classifier that tells apart what the model finds, see `cascade.sort_objects`. A run with another one, or with
        none, is another run.
    """

    project_folder: Path
    picture_id: int
    model: str | Path | ModelSource
    options: DetectOptions | None = None
    regions: Regions | None = None
    runner: TileRunner | None = field(default=None, compare=False)
    device: str = "auto"
    author: str = "cellwright"
    retry_failed: bool = False
    channels: tuple[int, ...] | None = None
    thresholds: tuple[float, ...] | None = None
    classify: str | Path | ModelSource | None = None

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Count picture {self.picture_id}"

    def run(self) -> Generator[Progress, None, SlideSummary]:
        """Plan the tiles, run those that are left, and write what they hold as they finish.

        Raises
        ------
        SlideNotReadable
            If the picture is not where the project says, cannot be opened, or no part of it can be analysed.
        ProjectNotReadable, ProjectNotWritable
            If the project cannot be used.
        UnknownName, ModelNotUsable
            If there is no such picture or model, or it is damaged.
        BadParameter
            If the classifier does not fit the model, or the thresholds make no sense.
        """
        from cellwright.inference.step import slide_in_use

        with ProjectThread(self.project_folder) as project:
            yield Progress(0, 0, "Opening the picture")
            info, slide = self._opened(project)
            with slide, slide_in_use(slide.ref):
                job = yield from self._planned(project, slide, info)
                began = time.monotonic()
                if job.is_done:
                    return self._summary(project, job, began, 0)
                yield from _worked(job, project, self.runner)
                return self._summary(project, job, began, job.writer.tiles)

    def _opened(self, project: ProjectThread) -> tuple[PictureInfo, Slide]:
        said = self.options.pixel_size if self.options is not None else None

        def found(there: Project) -> tuple[SlideRef, str, PixelSize | None]:
            known = {each.id: each for each in there.pictures()}
            if self.picture_id not in known:
                raise unknown_name("picture of the project", str(self.picture_id), [str(number) for number in known])
            picture = known[self.picture_id]
            ref = there.picture_ref(picture)
            if said is not None:  # every later number of this picture rests on it too
                there.set_pixel_size(picture.id, said, self.author)
            return ref, picture.sha256, there.pixel_size(picture.id)

        from cellwright.imaging import resolved

        ref, sha256, size = project.call(found)
        slide = replace(ref, path=resolved(ref.path), channels=self.channels).open()
        note = slide.pixel_size_note if size is None else BY_HAND_NOTE
        return PictureInfo(slide.ref, slide.name, slide.shape, size or slide.pixel_size, note, sha256), slide

    def _planned(self, project: ProjectThread, slide: Slide, info: PictureInfo) -> Generator[Progress, None, _Job]:
        """Find the run that is gone on with, or plan a new one."""
        from cellwright.inference import DetectOptions
        from cellwright.inference.slide_plan import plan_slide, slide_options

        (model, detector), classifier = _named(self.model), None if self.classify is None else _named(self.classify)
        parts = () if classifier is None else (detector, classifier[1])
        card = joined_card(*parts) if parts else detector
        refuse_thresholds(card, self.thresholds)
        asked = replace(self.options or DetectOptions(), picture_id=picture_key(info.sha256, info.ref))
        options = slide_options(asked, detector, slide)
        regions = self.regions or project.call(lambda there: there.regions_of_interest(self.picture_id))
        parameters = _parameters(options, regions, slide.ref, parts, info)
        status = project.call(lambda there: there.find_run(self.picture_id, card.model_hash, parameters))
        notes: tuple[str, ...] = ()
        tissue = None
        if status is None and regions.tissue_only:
            yield Progress(0, 0, "Looking for tissue on the overview")
            tissue, said = _tissue(slide, options)
            notes = (said,)
        yield Progress(0, 0, "Planning the tiles")
        plan = plan_slide(slide, detector, options, regions, tissue)
        was_resumed = status is not None
        if status is None:
            run_id = project.call(lambda there: self._begun(there, card, parts, parameters, plan))
        else:
            run_id = status.run.id
            plan = plan.with_records(project.call(lambda there: there.coverage(run_id)))
        is_done = status is not None and status.stage is RunStage.FINISHED
        has_failed = plan.coverage().count(TileState.FAILED) > 0
        is_again = is_done and has_failed and self.retry_failed
        telling = None
        if classifier is not None and (is_again or not is_done):
            telling = yield from self._telling(slide, info, (model, detector), classifier, options, regions, tissue)
        writer = TileWriter(project, run_id, plan, slide, detector, options, regions, self.author, telling)
        job = _Job(
            run_id, info, card, parts, model, self.device, options, regions, plan, slide, writer, was_resumed, notes
        )
        if is_again:
            plan = writer.reopened()
            return replace(job, plan=plan)
        writer.load()
        return replace(job, is_done=is_done)

    def _telling(
        self,
        slide: Slide,
        info: PictureInfo,
        found_by: _Model,
        told_by: _Model,
        options: DetectOptions,
        regions: Regions,
        tissue: Tissue | None,
    ) -> Generator[Progress, None, Telling]:
        """Load the classifier, and find out at which scale it is to look."""
        from cellwright.imaging import contrast_limits

        yield Progress(0, 0, "Loading the classifier")
        predictor = _ready(told_by[0], self.device)
        detector, crops = found_by[1], crops_of(told_by[1], found_by[1])
        rulers = np.empty((0, 4), np.float32)
        is_measured = crops.side_um is not None and info.pixel_size is not None
        if not is_measured and crops.side_rulers is not None and crops.ruler in detector.class_names:
            if tissue is None and regions.tissue_only:
                tissue, _ = _tissue(slide, options)  # as it was found when the run began
            rulers = yield from rulers_on(
                slide, found_by[0], detector, self.device, options, regions, tissue, crops.ruler
            )
        limits = contrast_limits(slide, told_by[1].input.contrast_percentiles)
        shown = Shown(limits, rulers, options.z, options.t)
        return Telling(slide, detector, predictor, info.pixel_size, shown, options.picture_id)

    def _begun(
        self, project: Project, card: ModelCard, parts: tuple[ModelCard, ...], parameters: str, plan: SlidePlan
    ) -> int:
        classes = [ClassRecord(1, kind.name, kind.title, kind.colour) for kind in card.classes]
        model, *others = (ModelRecord(1, one.name, one.model_hash, one.model_dump_json()) for one in (card, *parts))
        return project.begin_run(
            self.picture_id,
            model,
            parameters,
            plan.records,
            self.author,
            whole=plan.whole,
            classes=classes,
            parts=others,
        )

    def _summary(self, project: ProjectThread, job: _Job, began: float, tiles: int) -> SlideSummary:
        coverage = project.call(lambda there: there.coverage(job.run_id))
        status = project.call(lambda there: there.run_status(job.run_id))
        if coverage.missing and not coverage.count(TileState.ANALYSED):
            reason = next((record.reason for record in coverage.missing if record.reason), "no tile was reached")
            raise SlideNotReadable(f"{job.info.path} could not be analysed: {reason.rstrip('.')}. Check the file.")
        totals = _totals(status)
        return SlideSummary(
            job.run_id,
            job.info,
            job.card,
            counted(totals, job.card, self.thresholds),
            totals.get("objects", 0),
            coverage,
            job.writer.device,
            job.writer.engine,
            time.monotonic() - began,
            tiles,
            job.was_resumed,
            (
                *job.notes,
                *job.plan.view.notes,
                *job.writer.notes,
                *_telling_notes(job, project, totals),
                *_pixel_size_note(job),
            ),
            job.parts,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """A run that is ready to be worked on."""

    run_id: int
    info: PictureInfo
    card: ModelCard
    parts: tuple[ModelCard, ...]
    model: Path | ModelSource
    device: str
    options: DetectOptions
    regions: Regions
    plan: SlidePlan
    slide: Slide
    writer: TileWriter
    was_resumed: bool
    notes: tuple[str, ...]
    is_done: bool = False


def _worked(job: _Job, project: ProjectThread, runner: TileRunner | None) -> Generator[Progress, None, None]:
    """Run the tiles that are left, and write what they bring."""
    from cellwright.inference import InlineRunner, ThreadRunner

    yield Progress(0, 0, "Looking at the picture")
    detector = job.parts[0] if job.parts else job.card
    steps = job.plan.steps(job.slide, job.model, detector, job.device, job.options)
    chosen: TileRunner = runner or ThreadRunner()
    total = len(job.plan.asked)
    done = total - len(job.plan.pending)
    answers = chosen.run(steps)
    try:
        for step, answer in answers:
            done += 1
            written = job.writer.add(step.tile.index, answer)
            if isinstance(chosen, InlineRunner | ThreadRunner):
                job.writer.note_predictor(step.opened()[1])
            said = f"{done:,} of {total:,} {'tile' if total == 1 else 'tiles'}"
            yield Progress(done, total, said, step.tile.owner, written)
    finally:
        # What was found before the work is stopped is worth keeping; what cannot be written then is found again.
        with contextlib.suppress(AttributeError):
            answers.close()  # type: ignore[attr-defined]
        job.writer.flush()
        project.settle()
    last = job.writer.finish()
    yield Progress(done, total, "Every tile was tried", None, last)


def _pixel_size_note(job: _Job) -> tuple[str, ...]:
    """Say what red cells make doubtful about the pixel size, where any were found."""
    from cellwright.core import Objects

    if not job.writer.sample:
        return ()
    cells, info = Objects.concatenate(job.writer.sample), job.info
    question = pixel_size_question(cells, info.pixel_size, info.pixel_size_note, info.shape)
    return () if question is None else (question.sentence,)


def _telling_notes(job: _Job, project: ProjectThread, totals: dict[str, int]) -> tuple[str, ...]:
    """Say how many cells were told apart, and how many could not be read for that."""
    if not job.parts:
        return ()
    untold = len(untold_of(project.call(lambda there: there.kept(job.run_id))))
    detector, classifier = job.parts
    notes = telling_notes(detector, classifier, totals, job.writer.scale)
    if not untold:
        return notes
    cells = "cell lies" if untold == 1 else "cells lie"
    return (*notes, f"{untold:,} {cells} beside what cannot be read, and could not be told apart.")


def _tissue(slide: Slide, options: DetectOptions) -> tuple[Tissue | None, str]:
    """Return where there is tissue, and what to say about it; None where the overview cannot be read."""
    from cellwright.imaging import find_tissue

    try:
        found = find_tissue(slide, options.z, options.t)
    except SlideNotReadable as error:
        return None, f"The overview cannot be read, so every part of the slide is looked at: {error}"
    return found, found.sentence()


def _named(model: str | Path | ModelSource) -> _Model:
    """Return the folder of a model, or what opens it, with its card."""
    if isinstance(model, str | Path):
        folder = find_model(model).resolve()
        return folder, load_card(folder)
    return model, model.card


def _ready(model: Path | ModelSource, device: str) -> Predictor:
    return ready_predictor(model, device) if isinstance(model, Path) else model.open(device)


def _parameters(
    options: DetectOptions, regions: Regions, ref: SlideRef, parts: tuple[ModelCard, ...], info: PictureInfo
) -> str:
    """Return as text what decides about the objects of a run; the same text finds the run again."""
    said = asdict(options)
    del said["picture_id"]
    size = options.pixel_size
    said["pixel_size"] = None if size is None else [size.y_um, size.x_um]
    parameters = {"options": said, "regions": json.loads(regions.to_json()), "series": ref.series}
    if ref.channels is not None:
        parameters["channels"] = list(ref.channels)
    if parts:
        parameters[PARTS] = parts_said(parts)
        detector, classifier = parts
        parameters["classify"] = telling_parameters(detector, classifier, info.pixel_size)
    return json.dumps(parameters, sort_keys=True)


def _totals(status: RunStatus | None) -> dict[str, int]:
    return {} if status is None else dict(status.totals)

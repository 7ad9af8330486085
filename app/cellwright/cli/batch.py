"""``cellwright analyze --project``: many slides into a project, here or on a cluster; a bad one is named at the end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.cli.console import print_json, print_table, say, watching, with_interval
from cellwright.cli.counts_json import parts_json
from cellwright.cli.main import Exit
from cellwright.cli.measure_choices import measure_options
from cellwright.cli.project import author_of
from cellwright.core import BadParameter, PixelSize, PixelSizeSource
from cellwright.core.atomic import refuse_existing
from cellwright.project import Project
from cellwright.workflows.batch import BatchItem, BatchReport, ItemState
from cellwright.workflows.batch_results import WriteBatchResults, planned_results
from cellwright.workflows.batch_run import RunBatch
from cellwright.workflows.batch_sources import find_slides
from cellwright.workflows.batch_table import counts_of, planned_summaries, write_summary
from cellwright.workflows.cascade import joined_card
from cellwright.workflows.cluster import cluster_of
from cellwright.workflows.pictures import LeftOut
from cellwright.zoo import ModelCard, find_model, load_card

if TYPE_CHECKING:
    from argparse import Namespace

    from cellwright.inference import TileRunner
    from cellwright.jobs import Progress

_FORMATS = ("csv", "xlsx", "geojson")
_ONLY_HERE = {
    "with_pictures": "--with-pictures",
}


def run(options: Namespace) -> int:
    """Count slides into a project; 0 where everything is there, 1 where something is missing, 2 where all is."""
    from cellwright.cli.analyze import object_size, parse_confidence
    from cellwright.inference import DetectOptions

    _refuse_what_is_for_pictures(options)
    formats = tuple(options.format or _FORMATS)
    folder = find_model(options.model)
    card = load_card(folder)
    classifier = find_model(options.classify) if options.classify else None
    parts = (card, load_card(classifier)) if classifier is not None else ()
    if parts:
        card = joined_card(*parts)
    size = options.pixel_size
    detect = DetectOptions(
        pixel_size=None if size is None else PixelSize(size, size, PixelSizeSource.USER),
        object_px=object_size(options.object_px, card),
        augment=options.augment,
        scales=options.scales,
    )
    found = find_slides(
        options.paths,
        series=options.series,
        regions=options.region.expanduser() if options.region else None,
        tissue_only=False if options.all else True if options.tissue else None,
    )
    if options.out and not options.overwrite:
        objects = bool(options.measure or options.keep)
        more = planned_results(options.out, formats, objects=objects, manifest=options.manifest)
        for path in (*planned_summaries(options.out, formats), *more):  # before the work, not after a night of it
            refuse_existing(path, overwrite=False)
    project = _project(options.project.expanduser())
    thresholds = parse_confidence(options.confidence, card)
    with _machines(options) as runner, watching(is_silent=options.json) as watcher:
        batch = RunBatch(
            project,
            found.slides,
            folder,
            detect,
            options.device,
            author_of(options),
            options.retry,
            runner,
            is_strict=options.debug,
            channels=options.channel,
            thresholds=thresholds,
            classify=classifier,
        )
        try:
            report = watcher.run(batch, also=None if options.json else _Teller(len(found.slides)))
        except KeyboardInterrupt:
            say(f"Stopped; what was finished is in {project}, and the same command goes on from there.")
            return Exit.INTERRUPTED
    written = []
    if options.out:
        written = write_summary(options.out, report.items, card, formats, overwrite=True, parts=parts)
    if options.measure or options.keep or options.manifest:
        models = (folder,) if classifier is None else (folder, classifier)
        written += _results(options, project, report, formats, thresholds, written, models)
    if options.json:
        print_json(_json(card, parts, project, report, found.left_out, written))
    else:
        _print(card, report, found.left_out, written)
    for note in found.notes:
        say(note)
    return _exit(report, found.left_out)


def _results(
    options: Namespace,
    project: Path,
    report: BatchReport,
    formats: tuple[str, ...],
    thresholds: tuple[float, ...],
    summaries: list[Path],
    models: tuple[Path, ...],
) -> tuple[Path, ...]:
    """Write what stands beside the summary: objects where they are measured or filtered, and the manifest."""
    pictures = tuple(item.picture_id for item in report.items if item.coverage is not None and item.picture_id)
    if not pictures:
        return ()
    results = WriteBatchResults(
        project,
        pictures,
        options.out,
        tuple(summaries),
        formats,
        thresholds,
        options.measure,
        measure_options(options),
        options.keep,
        options.manifest,
        options.overwrite,
        models,
    )
    with watching(is_silent=options.json) as watcher:
        return watcher.run(results)


def _exit(report: BatchReport, left_out: tuple[LeftOut, ...]) -> int:
    if report.is_complete and not left_out and report.items:
        return Exit.DONE
    has_some = bool(report.of(ItemState.DONE, ItemState.PARTLY))
    return Exit.INCOMPLETE if has_some else Exit.ERROR


def _refuse_what_is_for_pictures(options: Namespace) -> None:
    for name, word in _ONLY_HERE.items():
        if getattr(options, name):
            raise BadParameter(f"{word} is for pictures that are analysed without --project; leave one of the two out.")
    strange = [name for name in options.format or () if name not in _FORMATS]
    if strange:
        raise BadParameter(
            f"With --project the summary of all slides is written, as {', '.join(_FORMATS)}, not {strange[0]}; "
            "objects are exported from the project."
        )
    if (options.manifest or options.measure or options.keep) and not options.out:
        raise BadParameter("--manifest, --measure and --keep are about what is written; give --out DIR.")
    if options.format and not options.out:
        raise BadParameter("--format needs a folder to write into; give --out DIR.")


def _project(folder: Path) -> Path:
    if not folder.exists():
        Project.create(folder).close()
        say(f"{folder}: a new project")
    return folder


@contextlib.contextmanager
def _machines(options: Namespace) -> Iterator[TileRunner | None]:
    if options.workers is None and options.scheduler is None:
        yield None
        return
    with cluster_of(workers=options.workers, scheduler=options.scheduler) as runner:
        yield runner


class _Teller:
    """Says a line for each slide that is through, so that a log of the night can be read in the morning."""

    def __init__(self, of: int) -> None:
        self._of = of

    def __call__(self, progress: Progress) -> None:
        item = progress.partial
        if isinstance(item, BatchItem) and item.is_finished:
            again = " (from an earlier run)" if item.was_done else ""
            say(f"{item.number + 1}/{self._of}  {item.name}: {item.said}{again}")


def _print(card: ModelCard, report: BatchReport, left_out: tuple[LeftOut, ...], written: list[Path]) -> None:
    rows = [_cells(item, card) for item in report.items if item.coverage is not None]
    if rows:
        names = [kind.title for kind in card.classes]
        print_table("", ["Slide", *names, "All (95% interval)", "per mm²", "Analysed"], rows)
    for item in report.items:
        for note in item.notes:
            say(f"{item.name}: {note}")
    say(report.sentence())
    for path in written:
        say(f"Written: {path}")
    for item in report.to_retry:
        say(f"Missing: {LeftOut(item.name, item.said)}")
    for left in left_out:
        say(f"Left out: {left}")
    if any(item.state is ItemState.PARTLY for item in report.items):
        say("To try the failed tiles again: the same command with --retry.")


def _cells(item: BatchItem, card: ModelCard) -> list[str]:
    table = counts_of(item, card)
    if table is None or item.coverage is None:
        return []
    low, high = table.total.count_interval
    every = with_interval(f"{table.total.count:,}", f"{low:,.0f}", f"{high:,.0f}")
    density = "" if table.total.per_mm2 is None else f"{table.total.per_mm2:,.0f}"
    seen = f"{item.coverage.seen_percent(1):.1f}%"
    return [item.name, *(f"{row.count:,}" for row in table.rows), every, density, seen]


def _json(
    card: ModelCard,
    parts: tuple[ModelCard, ...],
    project: Path,
    report: BatchReport,
    left_out: tuple[LeftOut, ...],
    written: list[Path],
) -> dict[str, object]:
    return {
        "model": {"name": card.name, "sha256": card.model_hash, **parts_json(parts)},
        "project": str(project),
        "slides": [_item_json(item, card) for item in report.items],
        "written": [str(path) for path in written],
        "left_out": [left.to_dict() for left in left_out],
    }


def _item_json(item: BatchItem, card: ModelCard) -> dict[str, object]:
    table = counts_of(item, card)
    rows = [] if table is None else [*table.rows, table.total]
    return {
        "name": item.name,
        "path": str(item.path),
        "series": item.series,
        "state": item.state.value,
        "said": item.said,
        "picture": item.picture_id,
        "run": item.run_id,
        "seconds": round(item.seconds, 3),
        "was_done": item.was_done,
        "notes": list(item.notes),
        "objects": item.objects,
        "analysed_mm2": item.analysed_mm2,
        "coverage": None if item.coverage is None else item.coverage.seen,
        "counts": {row.name: {"count": row.count, "count_interval": list(row.count_interval)} for row in rows},
    }

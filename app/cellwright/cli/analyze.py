"""``cellwright analyze``: pictures in, files and counts or areas out, and a word about everything left out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.cli.areas import print_areas, say_ratio
from cellwright.cli.console import Watcher, print_json, print_table, say, watching, with_interval
from cellwright.cli.counts_json import counts_json, parts_json, picture_json
from cellwright.cli.main import Exit
from cellwright.cli.measure_choices import measure_options
from cellwright.cli.parser import DEFAULT_FORMATS
from cellwright.core import BadParameter, CellwrightError, ModelNotUsable, PixelSize, PixelSizeSource, UnknownName
from cellwright.imaging import SlideRef
from cellwright.measure import MeasureOptions
from cellwright.stats.wording import percent_digits
from cellwright.workflows import (
    OVERLAY_FOLDER,
    PICTURE_FOLDERS,
    Analysis,
    AnalyzePicture,
    CountRow,
    CountTable,
    ExportAnalyses,
    Format,
    LeftOut,
    add_areas,
    add_counts,
    area_table,
    chest_ratio,
    count_table,
    finds_areas,
    finds_outlines,
    format_named,
    refuse_existing_outputs,
    refuse_formats_without_outlines,
    with_channels,
)
from cellwright.workflows.batch import BatchSlide
from cellwright.workflows.batch_sources import FoundSlides, find_slides
from cellwright.workflows.cascade import joined_card
from cellwright.workflows.keeping import KeepObjects
from cellwright.workflows.measuring import refuse_unknown_columns
from cellwright.workflows.pixel_size_check import PixelSizeQuestion, pixel_size_question
from cellwright.workflows.sure_counts import CountKind
from cellwright.zoo import ModelCard, find_model, load_card

if TYPE_CHECKING:
    from argparse import Namespace


_CLASSES_SAID = 3
"""So many classes of a picture of a single cell are said, the likeliest first."""


@dataclass(slots=True)
class _Outcome:
    """What came of it so far."""

    analyses: list[Analysis] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    written: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Wishes:
    """How every picture is to be analysed, and what is to be written of all of them.

    Parameters
    ----------
    model : Path
        Its folder.
    card : ModelCard
        Its card.
    thresholds : tuple of float
        Least score of each class that counts.
    device, pixel_size, augment, scales, floor, every_class, object_px, classify
        See `AnalyzePicture`.
    channels : str or None
        See `with_channels`.
    nms_iou : float or None
        Overlap from which two are one; None for the card's.
    out : Path or None
        Folder for the results.
    formats, overwrite, with_pictures, manifest, measured, options, keep
        See `ExportAnalyses`.
    said_size : PixelSize or None
        Size of a pixel that numbers are in, where a person said it after the pictures were looked at.
    """

    model: Path
    card: ModelCard
    thresholds: tuple[float, ...]
    device: str = "auto"
    pixel_size: PixelSize | None = None
    augment: bool = False
    scales: tuple[float, ...] = (1.0,)
    floor: float | None = None
    every_class: bool = False
    object_px: float | None = None
    channels: str | None = None
    nms_iou: float | None = None
    out: Path | None = None
    formats: tuple[Format, ...] = ()
    overwrite: bool = False
    with_pictures: bool = False
    manifest: bool = False
    measured: tuple[str, ...] = ()
    classify: Path | None = None
    options: MeasureOptions = field(default_factory=MeasureOptions)
    keep: str = ""
    said_size: PixelSize | None = None

    def operation(self, path: Path, series: int) -> AnalyzePicture:
        """Return the analysis of one picture; raises where it has no such channel."""
        picture = path if series == 0 else SlideRef(path.absolute(), series)
        if self.channels is not None:
            picture = with_channels(path, self.channels, series)
        return AnalyzePicture(
            picture,
            self.model,
            self.device,
            self.pixel_size,
            self.floor,
            self.every_class,
            self.object_px,
            self.augment,
            self.scales,
            self.classify,
        )


def run(options: Namespace) -> int:
    """Analyse pictures one after the other; one that cannot be read does not stop the rest."""
    if options.project:
        from cellwright.cli import batch

        return batch.run(options)
    _refuse_slide_words(options)
    formats = _formats(options)
    folder = find_model(options.model)
    card = load_card(folder)
    classifier = find_model(options.classify) if options.classify else None
    if classifier is not None:
        card = joined_card(card, load_card(classifier))
    wishes = Wishes(
        folder,
        card,
        parse_confidence(options.confidence, card),
        options.device,
        _pixel_size(options.pixel_size),
        options.augment,
        options.scales,
        object_px=object_size(options.object_px, card),
        channels=options.channel,
        out=options.out,
        formats=formats,
        overwrite=options.overwrite,
        with_pictures=options.with_pictures,
        manifest=options.manifest,
        measured=options.measure,
        classify=classifier,
        options=measure_options(options),
        keep=options.keep,
    )
    found = find_slides(options.paths, series=options.series)
    return analyze_all(found, wishes, is_json=options.json, is_debug=options.debug)


def analyze_all(found: FoundSlides, wishes: Wishes, *, is_json: bool, is_debug: bool) -> int:
    """Analyse what was found, write and print what is wished, and say what was left out; returns an `Exit`."""
    card, out = wishes.card, wishes.out
    if out and not finds_outlines(card):
        refuse_formats_without_outlines(wishes.formats, card.name)
    if out and not wishes.overwrite:
        # Before the work, not after an hour of it.
        names = [slide.name for slide in found.slides]
        refuse_existing_outputs(out, wishes.formats, names, manifest=wishes.manifest)
    outcome = _Outcome(left_out=list(found.left_out))
    with watching(is_silent=is_json) as watcher:
        for number, slide in enumerate(found.slides):
            _analyze(slide, wishes, outcome, watcher, number, len(found.slides), is_debug=is_debug)
        if out and outcome.analyses:
            export = ExportAnalyses(
                tuple(outcome.analyses),
                out,
                wishes.formats,
                wishes.thresholds,
                wishes.overwrite,
                wishes.with_pictures,
                tuple(outcome.left_out),
                wishes.manifest,
                wishes.measured,
                options=wishes.options,
                keep=wishes.keep,
            )
            outcome.written = watcher.run(export)
    tables = [count_table(analysis, wishes.thresholds) for analysis in outcome.analyses]
    if is_json:
        print_json(_as_json(card, outcome, tables, wishes.thresholds))
    else:
        _print(card, outcome, tables, wishes.thresholds)
    for note in found.notes:
        say(note)
    return Exit.INCOMPLETE if outcome.left_out or not outcome.analyses else Exit.DONE


def _refuse_slide_words(options: Namespace) -> None:
    """Raise where something is said that is for slides of a project, and no project is named."""
    for name in ("workers", "scheduler", "region", "retry", "tissue", "all", "author"):
        if getattr(options, name):
            raise BadParameter(f"--{name} is for slides that go into a project; name one with --project P.")


def parse_confidence(text: str | None, card: ModelCard) -> tuple[float, ...]:
    """Return the least score of each class in class order.

    Parameters
    ----------
    text : str or None
        ``"0.4"`` for all classes, ``"RBC=0.4,WBC=0.5"`` for some; None and classes not named take the card's.
    card : ModelCard
        Whose classes.

    Raises
    ------
    BadParameter
        If a number is none, lies outside [floor, 1], or a class does not exist.
    """
    if text is None:
        return card.confidence_thresholds()
    if "=" not in text:
        return (_score(text, card),) * len(card.classes)
    chosen = dict(card.thresholds.confidence)
    for part in text.split(","):
        name, _, value = part.partition("=")
        known = {kind.casefold(): kind for kind in card.class_names}
        if name.strip().casefold() not in known:
            raise BadParameter(f"{card.name} has no class {name.strip()!r}; there is: {', '.join(card.class_names)}.")
        chosen[known[name.strip().casefold()]] = _score(value, card)
    return tuple(chosen[name] for name in card.class_names)


def object_size(px: float | None, card: ModelCard) -> float | None:
    """Return how wide a typical object of the pictures is.

    Raises
    ------
    BadParameter
        If that is no width, or the model was not trained on objects of one size, so that it would change nothing.
    """
    if px is None:
        return None
    if not 0.0 < px < math.inf:
        raise BadParameter(f"--object-px {px:g} is no width of an object; give one in pixels, such as 40.")
    if card.input.object_px is None:
        raise BadParameter(f"{card.name} was trained at no scale of its own; leave --object-px out.")
    return px


def _score(text: str, card: ModelCard) -> float:
    try:
        value = float(text)
    except ValueError:
        raise BadParameter(f"--confidence {text!r} is no number; give one such as 0.4, or RBC=0.4,WBC=0.5.") from None
    floor = card.thresholds.floor
    if not floor <= value <= 1.0:
        raise BadParameter(
            f"--confidence {text} lies outside {floor:g} to 1; {card.name} keeps nothing below {floor:g}."
        )
    return value


def _formats(options: Namespace) -> tuple[Format, ...]:
    if options.format and not options.out:
        raise BadParameter("--format needs a folder to write into; give --out DIR.")
    if (options.manifest or options.measure) and not options.out:
        raise BadParameter("--manifest and --measure are about what is written; give --out DIR.")
    return tuple(format_named(name) for name in options.format or DEFAULT_FORMATS.split(","))


def _pixel_size(um: float | None) -> PixelSize | None:
    return None if um is None else PixelSize(um, um, PixelSizeSource.USER)


def _analyze(
    slide: BatchSlide, wishes: Wishes, outcome: _Outcome, watcher: Watcher, number: int, of: int, *, is_debug: bool
) -> None:
    path = slide.path
    try:
        operation = wishes.operation(path, slide.series)
    except CellwrightError as error:  # other pictures may have the channel
        outcome.left_out.append(LeftOut(str(path), str(error)))
        return
    try:
        analysis = watcher.run(operation, number=number, of=of)
        if wishes.nms_iou is not None:
            analysis = analysis.with_overlap(wishes.nms_iou)
        if wishes.said_size is not None:
            analysis = analysis.with_pixel_size(wishes.said_size)
        if wishes.keep:
            (analysis,) = watcher.run(KeepObjects((analysis,), wishes.keep, wishes.thresholds, wishes.options))
        if wishes.measured and not outcome.analyses:
            # After the first picture, not after the last.
            refuse_unknown_columns(wishes.measured, analysis)
    except (ModelNotUsable, UnknownName, BadParameter):
        raise  # would be the same for every picture
    except CellwrightError as error:
        outcome.left_out.append(LeftOut(str(path), str(error)))
    except Exception as error:
        if is_debug:
            raise
        outcome.left_out.append(LeftOut(str(path), f"Unexpected {type(error).__name__}: {error}; --debug shows where."))
    else:
        outcome.analyses.append(analysis)
        if not analysis.is_complete:
            outcome.left_out.append(LeftOut(str(path), analysis.coverage.sentence()))


def _print(card: ModelCard, outcome: _Outcome, tables: list[CountTable], thresholds: tuple[float, ...]) -> None:
    names = [analysis.picture.name for analysis in outcome.analyses]
    together = names[0] if len(names) == 1 else f"{len(names)} pictures together"
    if tables and finds_areas(card):
        areas = [area_table(analysis, thresholds) for analysis in outcome.analyses]
        print_areas(together, add_areas(areas, names))
    elif tables:
        if len(names) > 1:
            _print_pictures(names, tables)
        _print_counts(together, add_counts(tables, names))
    for analysis in outcome.analyses:
        if ratio := chest_ratio(analysis, thresholds):
            say_ratio(analysis.picture.name, ratio)
        _ask_pixel_size(analysis, thresholds)
        _say_probabilities(analysis)
    _say_notes(outcome.analyses, thresholds)
    _say_written(outcome.written)
    for left in outcome.left_out:
        say(f"Left out: {left}")


def _ask_pixel_size(analysis: Analysis, thresholds: tuple[float, ...]) -> None:
    """Say what is doubtful about the pixel size of a picture that has one."""
    question = _doubt(analysis, thresholds)
    if question is not None and analysis.picture.pixel_size is not None:
        say(f"{analysis.picture.name}: {question.sentence} Give the right one with --pixel-size UM.")


def _doubt(analysis: Analysis, thresholds: tuple[float, ...]) -> PixelSizeQuestion | None:
    picture = analysis.picture
    counted = analysis.objects.at_least(thresholds)
    return pixel_size_question(counted, picture.pixel_size, picture.pixel_size_note, picture.shape)


def _say_notes(analyses: list[Analysis], thresholds: tuple[float, ...]) -> None:
    """Say how pictures were looked at: their scale, the engine, memory that ran short; what holds for many, once."""
    names: dict[str, list[str]] = {}
    for analysis in analyses:
        asked = _doubt(analysis, thresholds)
        for note in analysis.notes:
            if asked is None or note != asked.sentence:
                names.setdefault(note, []).append(analysis.picture.name)
    for note, said_of in names.items():
        say(f"{said_of[0] if len(said_of) == 1 else f'{len(said_of)} pictures'}: {note}")


def _say_probabilities(analysis: Analysis) -> None:
    """Say what a picture of a single cell shows, the likeliest classes first."""
    said = analysis.probabilities
    if said is None or analysis.card.task != "classification":
        return
    for shares in said.values:
        best = sorted(zip(shares.tolist(), said.classes, strict=True), reverse=True)[:_CLASSES_SAID]
        say(f"{analysis.picture.name}: {', '.join(f'{name} {share:.3f}' for share, name in best)}")


def _say_written(paths: tuple[Path, ...]) -> None:
    beside: dict[Path, list[Path]] = {}
    for path in paths:
        beside.setdefault(path.parent, []).append(path)
    # Tables stand side by side and are named; of a folder with something for each picture, its name is enough.
    for folder, inside in sorted(beside.items(), key=lambda item: len(item[0].parts)):
        is_of_each = folder.name in PICTURE_FOLDERS and len(inside) > 1
        for path in [] if is_of_each else inside:
            say(f"Written: {path}")
        if is_of_each:
            what = "overlays" if folder.name == OVERLAY_FOLDER else "files"
            say(f"Written: {len(inside)} {what} in {folder}")


def _print_pictures(names: list[str], tables: list[CountTable]) -> None:
    header = ["Picture", *(row.name for row in tables[0].rows), "All"]
    rows = [
        [name, *(f"{row.count:,}" for row in table.rows), f"{table.total.count:,}"]
        for name, table in zip(names, tables, strict=True)
    ]
    print_table("", header, rows)


def _print_counts(title: str, table: CountTable) -> None:
    level = f"{table.level:.0%}"
    header = ["Class", f"Count ({level} interval)", f"Share ({level} interval)"]
    if table.area_mm2:
        header.append(f"per mm² ({level} interval)")
    rows = [_count_cells(row, with_area=bool(table.area_mm2)) for row in (*table.rows, table.total)]
    print_table(f"{title}: {table.note}", header, rows)
    if table.kind is not CountKind.EXACT:
        say("The intervals allow for pictures that differ by more than chance (docs/statistics.md).")


def _count_cells(row: CountRow, *, with_area: bool) -> list[str]:
    low, high = row.count_interval
    cells = [row.title, with_interval(f"{row.count:,}", f"{low:,.1f}", f"{high:,.1f}")]
    if row.share is None or row.share_interval is None:
        cells.append("")
    else:
        low, high = row.share_interval
        cells.append(with_interval(f"{percent_digits(row.share)}%", f"{low:.1%}", f"{high:.1%}"))
    if with_area and row.per_mm2 is not None and row.per_mm2_interval is not None:
        low, high = row.per_mm2_interval
        cells.append(with_interval(f"{row.per_mm2:,.0f}", f"{low:,.0f}", f"{high:,.0f}"))
    return cells


def _as_json(
    card: ModelCard, outcome: _Outcome, tables: list[CountTable], thresholds: tuple[float, ...]
) -> dict[str, object]:
    pictures = zip(outcome.analyses, tables, strict=True)
    parts = outcome.analyses[0].parts if outcome.analyses else ()
    return {
        "model": {"name": card.name, "sha256": card.model_hash, **parts_json(parts)},
        "pictures": [picture_json(analysis, table, thresholds) for analysis, table in pictures],
        "total": counts_json(add_counts(tables)) if tables else None,
        "written": [str(path) for path in outcome.written],
        "left_out": [left.to_dict() for left in outcome.left_out],
    }

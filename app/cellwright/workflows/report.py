"""`WriteReport`: what was counted, how sure it is and how it came about, as a page that a laboratory can sign."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import cellwright
from cellwright.core import BadParameter, CellwrightError
from cellwright.core.atomic import refuse_existing
from cellwright.export import write_html_report, write_pdf_report
from cellwright.export.report_document import (
    Block,
    Chart,
    Facts,
    Heading,
    Paragraph,
    Report,
    SignOff,
    Tone,
)
from cellwright.jobs import Progress
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.areas import finds_areas
from cellwright.workflows.chest import chest_ratio
from cellwright.workflows.differential import NOT_A_DEVICE
from cellwright.workflows.report_methods import citations, methods_paragraph, version_facts
from cellwright.workflows.report_pictures import cell_sheets, picture_figure
from cellwright.workflows.report_plots import count_chart, differential_chart, measurement_charts, threshold_chart
from cellwright.workflows.report_source import ReportSource
from cellwright.workflows.report_tables import (
    area_grid,
    audit_grid,
    colours_of,
    count_grid,
    differential_grids,
    expected_grid,
    hash_grid,
    people_grid,
    picture_grid,
    told_apart,
)
from cellwright.workflows.sure_counts import SureCounts, sure_counts

REPORT_KINDS = (".html", ".htm", ".pdf")
"""How the name of a report may end."""

_FOOT = "Made with Cellwright {version} on {day}. Not a medical device: for research and teaching."


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What a person may say about a report.

    Parameters
    ----------
    title : str
        At its head; empty for the usual one, see `usual_title`.
    laboratory, author, remark : str
        Who it is from, who made it, and what else they say; each may be empty.
    most_pictures : int
        How many pictures are shown; all are in the tables.
    with_cells : bool
        Whether cells of each class are shown side by side.
    """

    title: str = ""
    laboratory: str = ""
    author: str = ""
    remark: str = ""
    most_pictures: int = 12
    with_cells: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class WriteReport:
    """Write a report; an `Operation` whose result is the path written.

    Parameters
    ----------
    source : ReportSource
        What it is made of.
    path : Path
        Ends in ``.html`` or ``.pdf``.
    options : ReportOptions
        What a person says about it.
    overwrite : bool
        Whether a file already there may be replaced.
    """

    source: ReportSource
    path: Path
    options: ReportOptions = field(default_factory=ReportOptions)
    overwrite: bool = False

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Report {self.path.name}"

    def run(self) -> Generator[Progress, None, Path]:
        """Put it together picture by picture, then write it.

        Raises
        ------
        BadParameter
            If the name ends in something else, or a measurement is unknown.
        SlideNotReadable
            If a picture is gone.
        OutputExists, OutputNotWritable
            If the file is there and may not be replaced, or cannot be written.
        """
        refuse_other_kinds(self.path)
        refuse_existing(self.path, self.overwrite)
        report = yield from make_report(self.source, self.options)
        yield Progress(0, 0, f"Writing {self.path.name}")
        write = write_pdf_report if self.path.suffix.lower() == ".pdf" else write_html_report
        return write(self.path, report, overwrite=self.overwrite)


def refuse_other_kinds(path: Path) -> None:
    """Raise `BadParameter` unless a file's name ends as a report's."""
    if path.suffix.lower() not in REPORT_KINDS:
        raise BadParameter(f"{path.name} tells no kind of report; end it in .html or .pdf.")


def make_report(source: ReportSource, options: ReportOptions) -> Generator[Progress, None, Report]:
    """Return a report; see `WriteReport.run` for what is raised."""
    yield Progress(0, 0, "Counting")
    now = datetime.now(UTC)
    counts = None if finds_areas(source.analyses[0].card) else sure_counts(source.analyses, source.thresholds)
    blocks: list[Block] = [*_head(source, options, now), *_results(source, counts)]
    blocks += yield from _plots(source, counts)
    blocks += yield from _pictures(source, options)
    blocks += [*_reviews(source), *_methods(source, counts), *_end(source)]
    return Report(
        options.title or usual_title(source.analyses),
        f"{_what(source)}, {now:%d %B %Y}".replace(", 0", ", "),
        blocks,
        _FOOT.format(version=cellwright.__version__, day=f"{now:%Y-%m-%d}"),
        options.author or options.laboratory,
    )


def usual_title(analyses: Sequence[Analysis]) -> str:
    """Return what stands at the head of a report unless somebody says otherwise."""
    return "Report of areas" if finds_areas(analyses[0].card) else "Cell count report"


def _what(source: ReportSource) -> str:
    names = [analysis.picture.name for analysis in source.analyses]
    return names[0] if len(names) == 1 else f"{len(names):,} pictures"


def _head(source: ReportSource, options: ReportOptions, now: datetime) -> list[Block]:
    models = dict.fromkeys("people" if a.is_by_hand else a.card.title or a.card.name for a in source.analyses)
    ready = source.readiness
    facts = [
        ("Laboratory", options.laboratory),
        ("Made by", options.author),
        ("Made on", f"{now:%Y-%m-%d %H:%M} UTC"),
        ("Found by", ", ".join(models)),
        ("Review", f"{ready.counted - ready.unreviewed:,} of {ready.counted:,} {ready.about} reviewed by people"),
        ("Signed", _signed_words(source)),
        ("Remark", options.remark),
    ]
    blocks: list[Block] = [Facts(tuple((name, value) for name, value in facts if value))]
    blocks.append(Paragraph(NOT_A_DEVICE, Tone.WARNING))
    missing = [said for a, said in zip(source.analyses, source.coverage_said, strict=True) if not a.is_complete]
    if missing or source.left_out:
        words = [*missing, *(f"Left out: {left}" for left in source.left_out)]
        blocks.append(Paragraph(f"Something is missing from the numbers. {' '.join(words)}", Tone.WARNING))
    return blocks


def _signed_words(source: ReportSource) -> str:
    signature = source.signature
    if signature is None:
        return "not signed"
    if not signature.holds:
        return f"no longer: the cells were changed after {signature.who} signed on {signature.when[:10]}"
    return f"by {signature.who} on {signature.when[:10]}"


def _results(source: ReportSource, counts: SureCounts | None) -> list[Block]:
    blocks: list[Block] = [Heading("Results")]
    if source.differential is not None:
        blocks += differential_grids(source.differential)
    if counts is not None:
        blocks.append(count_grid(counts, told_apart(source)))
        if source.confirmed is None and not source.keep and not all(each.is_by_hand for each in source.analyses):
            blocks.append(expected_grid(counts, told_apart(source)))
        blocks += [audit_grid(called, audited) for called, audited in source.audits]
        if counts.total.per_mm2 is None:
            words = "No density is given: the pixel size of at least one picture is unknown."
            blocks.append(Paragraph(words, Tone.QUIET))
    else:
        blocks += [area_grid(source), *_ratios(source)]
    if len(source.analyses) > 1:
        blocks.append(picture_grid(source))
    return blocks


def _ratios(source: ReportSource) -> list[Block]:
    rows = []
    for analysis in source.analyses:
        found = chest_ratio(analysis, source.thresholds)
        if found is not None:
            rows.append((analysis.picture.name, f"cardiothoracic ratio {found.ratio:.3f}"))
    return [Facts(tuple(rows))] if rows else []


def _plots(source: ReportSource, counts: SureCounts | None) -> Generator[Progress, None, list[Block]]:
    colours = colours_of(source)
    charts: list[Chart | None] = []
    if source.differential is not None:
        charts.append(differential_chart(source.differential, _differential_colours(source)))
    if counts is not None and counts.total.count:
        charts += [count_chart(counts, colours), threshold_chart(source, colours)]
        charts += yield from measurement_charts(source, colours)
    drawn = [chart for chart in charts if chart is not None]
    return [Heading("Plots"), *drawn] if drawn else []


def _differential_colours(source: ReportSource) -> Sequence[str]:
    """Return the colours of its kinds: those of classes with their titles, else grey."""
    assert source.differential is not None
    known = {kind.title: kind.colour for kind in source.analyses[0].card.classes}
    known |= {kind.name: kind.colour for kind in source.analyses[0].card.classes}
    return [known.get(row.name, "#7a7a7a") for row in source.differential.rows if row.share is not None]


def _pictures(source: ReportSource, options: ReportOptions) -> Generator[Progress, None, list[Block]]:
    if options.most_pictures < 1:
        return []
    shown = source.analyses[: options.most_pictures]
    blocks: list[Block] = [Heading("Pictures")]
    for number, analysis in enumerate(shown):
        yield Progress(number, len(shown), f"Drawing {analysis.picture.name}")
        try:
            blocks.append(picture_figure(analysis, source.thresholds, source.coverage_said[number]))
        except CellwrightError as error:
            blocks.append(Paragraph(f"{analysis.picture.name} cannot be shown: {error}", Tone.WARNING))
    if len(shown) < len(source.analyses):
        words = f"The first {len(shown):,} of {len(source.analyses):,} pictures are shown; all are in the tables."
        blocks.append(Paragraph(words, Tone.QUIET))
    if options.with_cells and not finds_areas(source.analyses[0].card):
        yield Progress(0, 0, "Putting cells side by side")
        try:
            sheets = cell_sheets(source.analyses, source.thresholds)
        except CellwrightError:  # said above, picture by picture
            sheets = []
        blocks += [Heading("Cells"), *sheets] if sheets else []
    return blocks


def _reviews(source: ReportSource) -> list[Block]:
    if source.people is None:
        words = "No project was open, so that nothing is known of who reviewed what."
        return [Heading("Review"), Paragraph(words)]
    if not source.people:
        return [Heading("Review"), Paragraph("Nobody has reviewed anything in this project yet.")]
    return [Heading("Review"), people_grid(source.people)]


def _methods(source: ReportSource, counts: SureCounts | None) -> list[Block]:
    facts = [*version_facts(), *(("Source", said) for said in source.said), *citations(source.analyses)]
    return [
        Heading("Methods"),
        Paragraph(methods_paragraph(source, counts)),
        hash_grid(source),
        Facts(tuple(facts)),
    ]


def _end(source: ReportSource) -> list[Block]:
    signature, ready = source.signature, source.readiness
    if signature is not None and signature.holds:
        block = SignOff(ready.sentence(), who=signature.who, when=signature.when)
    elif ready.is_blocked:
        block = SignOff(ready.sentence(), is_blocked=True)
    else:
        block = SignOff(f"{ready.sentence()} Whoever signs answers for the numbers above.")
    return [Heading("Sign-off"), block]

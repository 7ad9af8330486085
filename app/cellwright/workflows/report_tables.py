"""Tables of a report: counts with intervals, areas, the differential, pictures and people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from cellwright.export.report_document import Grid, GridColumn
from cellwright.stats import Interval
from cellwright.stats.wording import percent_digits
from cellwright.workflows.areas import add_areas, area_table
from cellwright.workflows.audited_counts import AuditedCounts
from cellwright.workflows.report_review import Reviewing
from cellwright.workflows.report_source import DifferentialRow, DifferentialSummary, ReportSource
from cellwright.workflows.sure_counts import SureCount, SureCounts

_MANY = 100
_MOST_COLUMNS = 5
_NONE = "–"


def count_grid(counts: SureCounts, without: Collection[str] = ()) -> Grid:
    """Return counts, shares and, where every pixel size is known, densities, each with its interval.

    Parameters
    ----------
    counts : SureCounts
        Of all pictures.
    without : collection of str
        Classes that are left out where nothing was counted of them.
    """
    said = f"{counts.level:.0%} interval"
    columns = [_text("Class"), _number("Count"), _number(said), _number("Share"), _number(said)]
    has_area = counts.total.per_mm2 is not None
    if has_area:
        columns += [_number("per mm²"), _number(said)]
    shown = [row for row in counts.rows if row.count or row.name not in without]
    rows = [_count_cells(row, has_area=has_area) for row in (*shown, counts.total)]
    note = f"Intervals of counts: {counts.count_method}. Intervals of shares: {counts.share_method}."
    return Grid("Cells counted", tuple(columns), tuple(rows), 1, note)


def _count_cells(row: SureCount, *, has_area: bool) -> tuple[str, ...]:
    cells = [row.title, f"{row.count:,}", _range(row.count_interval)]
    if row.share is None or row.share_interval is None:
        cells += ["", ""]
    else:
        cells += [percent(row.share), _percents(row.share_interval.low, row.share_interval.high)]
    if has_area:
        known = row.per_mm2 is not None and row.per_mm2_interval is not None
        cells += [f"{row.per_mm2:,.0f}", _range(row.per_mm2_interval)] if known else [_NONE, _NONE]
    return tuple(cells)


def area_grid(source: ReportSource) -> Grid:
    """Return how large each class is, for models that sort pixels into classes."""
    tables = [area_table(analysis, source.thresholds) for analysis in source.analyses]
    table = add_areas(tables, [analysis.picture.name for analysis in source.analyses])
    has_um = table.total.area_um2 is not None
    columns = (_text("Class"), _number("Area, µm²" if has_um else "Area, px²"), _number("Share of what was analysed"))
    rows = [
        (
            row.title,
            f"{row.area_um2 if has_um and row.area_um2 is not None else row.area_px2:,.0f}",
            _NONE if row.percent is None else f"{row.percent:.2f} %",
        )
        for row in (*table.rows, table.total)
    ]
    return Grid("Area of each class", columns, tuple(rows), 1)


def differential_grids(summary: DifferentialSummary) -> list[Grid]:
    """Return the differential: kinds with shares that add up, then, where there is any, what is counted apart."""
    columns = (_text("Class"), _number("n"), _number("Share"), _number(f"{summary.level:.0%} interval"))
    total = ("All told by kind", f"{summary.n:,}", "100 %" if summary.n else _NONE, "")
    note = " ".join([f"Intervals: {summary.method.rstrip('.')}.", *summary.notes])
    rows = (*(_differential_cells(row) for row in summary.rows), total)
    grids = [Grid("White-cell differential", columns, rows, 1, note)]
    apart = [row for row in summary.beside if row.count or row.said]
    if apart:
        cells = tuple((*_differential_cells(row), row.said) for row in apart)
        grids.append(Grid("Beside the 100 %", (*columns, _text("")), cells))
    return grids


def _differential_cells(row: DifferentialRow) -> tuple[str, ...]:
    share = _NONE if row.share is None else percent(row.share)
    limits = _NONE if row.low is None or row.high is None else _percents(row.low, row.high)
    return (row.name, f"{row.count:,}", share, limits)


def picture_grid(source: ReportSource) -> Grid:
    """Return a row for every picture: its counts, pixel size and what of it was analysed."""
    titles = [kind.title for kind in source.analyses[0].card.classes]
    is_wide = len(titles) > _MOST_COLUMNS
    counted = [_text("Counted")] if is_wide else [_number(title) for title in titles]
    rows = []
    for analysis, said in zip(source.analyses, source.coverage_said, strict=True):
        numbers = analysis.counted(source.thresholds).counts().tolist()
        cells = [f"{count:,}" for count in numbers]
        if is_wide:  # in words: a column for each would leave no room for any
            named = [f"{title} {count:,}" for title, count in zip(titles, numbers, strict=True) if count]
            cells = [", ".join(named) or "nothing"]
        size = analysis.picture.pixel_size
        rows.append((analysis.picture.name, *cells, "unknown" if size is None else str(size), said))
    return Grid("Pictures", (_text("Picture"), *counted, _text("Pixel size"), _text("Analysed")), tuple(rows))


def hash_grid(source: ReportSource) -> Grid:
    """Return the SHA-256 of every file."""
    rows = tuple((analysis.picture.name, analysis.picture.sha256) for analysis in source.analyses)
    return Grid("Files", (_text("Picture"), _text("SHA-256 of the file")), rows)


def people_grid(people: Iterable[Reviewing]) -> Grid:
    """Return who reviewed what."""
    names = ("Accepted", "Other class", "Rejected", "Windows", "Regions", "Of audits")
    columns = (_text("Person"), *(_number(name) for name in names), _text("From"), _text("To"))
    rows = [
        (
            each.who,
            *(
                f"{n:,}"
                for n in (each.accepted, each.corrected, each.rejected, each.windows, each.regions, each.audited)
            ),
            each.first,
            each.last,
        )
        for each in people
    ]
    note = (
        "Windows: places where cells may have been missed. Regions: parts of pictures looked at in full. Of audits: "
        "answers about what was drawn at random."
    )
    return Grid("Who reviewed what", columns, tuple(rows), note=note)


def percent(share: float) -> str:
    """Return a share in [0, 1] as people read it."""
    return f"{percent_digits(share)} %"


def _percents(low: float, high: float) -> str:
    return f"{100 * low:.1f} to {100 * high:.1f} %"


def _range(interval: Interval | None) -> str:
    if interval is None:
        return _NONE
    digits = 0 if interval.high >= _MANY else 1
    return f"{interval.low:,.{digits}f} to {interval.high:,.{digits}f}"


def _text(name: str) -> GridColumn:
    return GridColumn(name)


def _number(name: str) -> GridColumn:
    return GridColumn(name, True)


def expected_grid(counts: SureCounts, without: Collection[str] = ()) -> Grid:
    """Return the thresholded count of each class beside the one that calibrated scores lead one to expect."""
    said = f"{counts.level:.0%} interval"
    columns = (_text("Class"), _number("Counted"), _number("Expected (Σp)"), _number(said))
    shown = [row for row in counts.rows if row.count or row.name not in without]
    rows = tuple(
        (row.title, f"{row.count:,}", f"{row.expected.value:,.1f}", _range(row.expected.interval))
        for row in (*shown, counts.total)
    )
    note = (
        f"Expected: the sum of the scores of everything that was found, whatever its score; "
        f"{counts.total.expected.method}. Where it differs much from what was counted, the threshold decides."
    )
    return Grid("Counted and expected", columns, rows, 1, note)


def audit_grid(called: str, audited: AuditedCounts) -> Grid:
    """Return what a random audit makes of the counts."""
    columns = (
        _text("Class"),
        _number("Counted"),
        _number("Corrected"),
        _number("interval"),
        _number("Rogan and Gladen"),
        _number("interval"),
    )
    rows = []
    for row in audited.rows:
        other = row.rogan_gladen
        more = (_NONE, _NONE) if other is None else (f"{other.value:,.1f}", _range(other.interval))
        rows.append(
            (row.name, f"{row.counted:,}", f"{row.corrected.value:,.1f}", _range(row.corrected.interval), *more)
        )
    answered = f"{audited.answered:,} of {audited.drawn:,} drawn objects are answered."
    said = [answered, *audited.notes]
    if audited.missed is not None:
        total = audited.missed.total
        missed = f"{total.value:,.1f} ({_range(total.interval)})"
        said.append(f"Missed by the model, by the windows of the audit: {missed} cells of all classes.")
    return Grid(f"Counts corrected by {called}", columns, tuple(rows), note=" ".join(said))


def told_apart(source: ReportSource) -> tuple[str, ...]:
    """Return the classes of a detector whose cells a classifier told apart: none is left of them."""
    return tuple(name for each in source.analyses for card in each.parts[1:] if card.crops for name in card.crops.of)


def colours_of(source: ReportSource) -> Sequence[str]:
    """Return the colour of each class, in class order."""
    return [kind.colour for kind in source.analyses[0].card.classes]

"""Tables of a report: counts with intervals, areas, the differential, pictures and people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cellwright.export.report_document import Grid, GridColumn
from cellwright.stats import Interval
from cellwright.workflows.areas import add_areas, area_table
from cellwright.workflows.report_review import Reviewing
from cellwright.workflows.report_source import DifferentialRow, DifferentialSummary, ReportSource
from cellwright.workflows.sure_counts import SureCount, SureCounts

_MANY = 100
_NONE = "–"


def count_grid(counts: SureCounts) -> Grid:
    """Return counts, shares and, where every pixel size is known, densities, each with its interval."""
    said = f"{counts.level:.0%} interval"
    columns = [_text("Class"), _number("Count"), _number(said), _number("Share"), _number(said)]
    has_area = counts.total.per_mm2 is not None
    if has_area:
        columns += [_number("per mm²"), _number(said)]
    rows = [_count_cells(row, has_area=has_area) for row in (*counts.rows, counts.total)]
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


def differential_grid(summary: DifferentialSummary) -> Grid:
    """Return the differential: kinds with shares that add up, then what is counted apart."""
    said = f"{summary.level:.0%} interval"
    has_more = any(row.said for row in (*summary.rows, *summary.beside))
    columns = [_text("Class"), _number("n"), _number("Share"), _number(said)]
    columns += [_text("")] if has_more else []

    def cells(row: DifferentialRow) -> tuple[str, ...]:
        share = _NONE if row.share is None else percent(row.share)
        limits = _NONE if row.low is None or row.high is None else _percents(row.low, row.high)
        return (row.name, f"{row.count:,}", share, limits, *([row.said] if has_more else []))

    total = ("All", f"{summary.n:,}", "100 %", "", *([""] if has_more else []))
    apart = [cells(row) for row in summary.beside]
    rows = (*(cells(row) for row in summary.rows), total, *apart)
    note = " ".join([f"Intervals: {summary.method}.", *summary.notes])
    return Grid("White-cell differential", tuple(columns), rows, 1 + len(apart), note)


def picture_grid(source: ReportSource) -> Grid:
    """Return a row for every picture: its counts, pixel size and what of it was analysed."""
    kinds = source.analyses[0].card.classes
    columns = (
        _text("Picture"),
        *(_number(kind.title) for kind in kinds),
        _text("Pixel size"),
        _text("Analysed"),
    )
    rows = []
    for analysis, said in zip(source.analyses, source.coverage_said, strict=True):
        numbers = [f"{count:,}" for count in analysis.counted(source.thresholds).counts().tolist()]
        size = analysis.picture.pixel_size
        rows.append((analysis.picture.name, *numbers, "unknown" if size is None else str(size), said))
    return Grid("Pictures", columns, tuple(rows))


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
    return f"{100 * share:.1f} %"


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


def colours_of(source: ReportSource) -> Sequence[str]:
    """Return the colour of each class, in class order."""
    return [kind.colour for kind in source.analyses[0].card.classes]

"""The differential of a report, and who signed it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cellwright.annotation import Estimated, LaboratoryFactorRecord, SignOffRecord
from cellwright.workflows.differential import NOT_A_DEVICE, Differential, differential
from cellwright.workflows.differential import DifferentialRow as FoundRow
from cellwright.workflows.differential_cells import fields_of_analyses
from cellwright.workflows.differential_signing import signatures
from cellwright.workflows.per_microlitre import PerMicrolitre
from cellwright.workflows.report_source import DifferentialRow, DifferentialSummary, ReportSource, Signature

_FEWEST_KINDS = 2
_ESTIMATED = {Estimated.WHITE: "White cells", Estimated.PLATELETS: "Platelets"}


def with_differential(
    source: ReportSource, factors: Iterable[LaboratoryFactorRecord] = (), signed: Sequence[SignOffRecord] = ()
) -> ReportSource:
    """Return a source with its differential, where its classes tell kinds of white cells and some were counted.

    Parameters
    ----------
    source : ReportSource
        Without one.
    factors : iterable of LaboratoryFactorRecord
        The laboratory's own, without which nothing is estimated per microlitre.
    signed : sequence of SignOffRecord
        The signatures that stand in the project.
    """
    found = differential(fields_of_analyses(source.analyses, source.thresholds), factors=factors)
    if len(found.rows) < _FEWEST_KINDS or not found.white + found.unidentified:
        return source
    given = signatures(signed, found)
    last = next((each for each in given if each.holds), given[0] if given else None)
    signature = None if last is None else Signature(last.record.author, _minute(last.record.time), last.holds)
    return replace(source, differential=summary_of(found), signature=signature)


def summary_of(found: Differential) -> DifferentialSummary:
    """Return a differential as a report shows it."""
    return DifferentialSummary(
        tuple(_row(each) for each in found.rows),
        found.white,
        found.method,
        found.level,
        (*(_row(each) for each in (*found.beside, *found.apart)), *map(_estimate, found.estimates)),
        tuple(each.name for each in found.every_row),
        tuple(note for note in found.notes if note != NOT_A_DEVICE),
    )


def _row(row: FoundRow) -> DifferentialRow:
    low, high = (None, None) if row.interval is None else (row.interval.low, row.interval.high)
    said = ""
    if row.per_100 is not None:
        said = f"{row.per_100:.1f} per 100 white cells"
        if row.per_100_interval is not None:
            said += f" ({row.per_100_interval.low:.1f} to {row.per_100_interval.high:.1f})"
    return DifferentialRow(row.title, row.count, row.share, low, high, said)


def _estimate(each: PerMicrolitre) -> DifferentialRow:
    """Return what a laboratory's factor makes of a count; the factor and who entered it are said with it."""
    factor = each.factor
    per = "a field" if factor.field_mm2 is None else f"{factor.field_mm2:g} mm²"
    by = f"factor {factor.per_ul:g} for each cell of {per}, entered by {factor.author} on {factor.time[:10]}"
    if each.value is None:
        said = f"no estimate without a pixel size; {by}"
    elif each.interval is None:
        said = f"{each.value:,.0f} per µL; {by}"
    else:
        said = f"{each.value:,.0f} per µL ({each.interval.low:,.0f} to {each.interval.high:,.0f}); {by}"
    return DifferentialRow(f"{_ESTIMATED[factor.estimated]}, estimated", each.count, said=said)


def _minute(time: str) -> str:
    return f"{time[:16].replace('T', ' ')} UTC"

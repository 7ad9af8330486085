"""``cellwright agreement``: two readings of the same cells, compared."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING

from cellwright.cli.console import print_json, print_table, say, with_interval
from cellwright.cli.differential import class_limits
from cellwright.cli.main import Exit
from cellwright.core import BadParameter
from cellwright.project import Project
from cellwright.stats import Estimate, Kappa, LimitsOfAgreement
from cellwright.workflows.agreement import Agreement
from cellwright.workflows.agreement_readings import (
    SeveralReaders,
    reader_and_model,
    several_readers,
    two_projects,
    two_readers,
    whites_as_one,
)

if TYPE_CHECKING:
    from argparse import Namespace


def run(options: Namespace) -> int:
    """Compare and print."""
    found, several = _compared(options)
    found = whites_as_one(found) if options.whites_as_one else found
    if options.json:
        print_json(agreement_json(found, several))
    else:
        _show(found, several)
    return Exit.DONE


def _compared(options: Namespace) -> tuple[Agreement, SeveralReaders | None]:
    names = [part.strip() for part in (options.readers or "").split(",") if part.strip()]
    if options.readers and len(names) < 2:
        raise BadParameter(f"--readers {options.readers}: name two readers or more, as in --readers ANNA,BEN.")
    if options.other is not None and names:
        raise BadParameter("Compare two projects, or readers of one; not both at once.")
    with contextlib.ExitStack() as open_:
        project = open_.enter_context(Project(options.project, read_only=True))
        if options.other is not None:
            other = open_.enter_context(Project(options.other, read_only=True))
            return two_projects(project, other, options.overlap, level=options.level), None
        if names:
            several = several_readers(project, names, options.level) if len(names) > 2 else None
            return two_readers(project, names[0], names[1], level=options.level), several
        limits = class_limits(options.confidence)
        found = reader_and_model(project, limits, audits_alone=options.audits_alone, level=options.level)
        return found, None


def _show(found: Agreement, several: SeveralReaders | None) -> None:
    header = [f"{found.first} \\ {found.second}", *(found.title(at) for at in range(len(found.table))), "Sum"]
    rows = [
        [found.title(row), *(f"{int(n):,}" for n in found.table[row]), f"{int(found.table[row].sum()):,}"]
        for row in range(len(found.table))
    ]
    print_table(f"{len(found.cells):,} cells, {found.first} (rows) and {found.second} (columns)", header, rows)
    same, seen, interval = found.agreed
    if seen:
        low, high = (f"{100 * end:.1f}" for end in interval)
        say(f"Same class: {same:,} of {seen:,} that both saw, {100 * same / seen:.1f} % ({low}–{high} %)")
    if found.kappa is not None:
        say(f"Cohen's kappa {kappa_text(found.kappa)}")
    if several is not None:
        who = ", ".join(several.readers)
        say(f"Fleiss' kappa {kappa_text(several.kappa)} of {who} on {several.cells:,} cells")
    _show_counts(found)
    for line in found.notes:
        say(line)


def _show_counts(found: Agreement) -> None:
    rows = []
    for name, title in (*zip(found.classes, found.titles, strict=True), (None, "All cells")):
        limits = found.bland_altman(name)
        if limits is not None:
            rows.append([title, *(_with(each) for each in (limits.bias, limits.lower, limits.upper))])
    if rows:
        title = f"Counts of {len(found.pictures)} pictures, {found.first} less {found.second} (Bland and Altman)"
        print_table(title, ["Class", "Bias", "Lower limit", "Upper limit"], rows)


def _with(estimate: Estimate) -> str:
    low, high = estimate.interval
    return with_interval(f"{estimate.value:+.2f}", f"{low:+.2f}", f"{high:+.2f}")


def kappa_text(kappa: Kappa) -> str:
    """Return kappa with its interval, or that there is none."""
    if math.isnan(kappa.value):
        return "is not defined: all is of one class"
    return f"{kappa.value:.2f} ({kappa.interval.low:.2f}–{kappa.interval.high:.2f})"


def agreement_json(found: Agreement, several: SeveralReaders | None = None) -> dict[str, object]:
    """Return an agreement as values that JSON knows."""
    same, seen, interval = found.agreed
    kinds = (*zip(found.classes, found.titles, strict=True), (None, "All cells"))
    return {
        "readers": [found.first, found.second],
        "classes": [*found.classes, "no cell"],
        "table": found.table.tolist(),
        "same": same,
        "seen_by_both": seen,
        "same_interval": list(interval),
        "kappa": _kappa_json(found.kappa),
        "fleiss": None if several is None else _kappa_json(several.kappa),
        "counts": {
            title: _limits_json(limits) for name, title in kinds if (limits := found.bland_altman(name)) is not None
        },
        "notes": list(found.notes),
    }


def _kappa_json(kappa: Kappa | None) -> dict[str, object] | None:
    if kappa is None:
        return None
    return {
        "value": kappa.value,
        "interval": list(kappa.interval),
        "observed": kappa.observed,
        "chance": kappa.expected,
    }


def _limits_json(limits: LimitsOfAgreement) -> dict[str, object]:
    return {
        "pictures": limits.pairs,
        "bias": limits.bias.value,
        "bias_interval": list(limits.bias.interval),
        "lower": limits.lower.value,
        "lower_interval": list(limits.lower.interval),
        "upper": limits.upper.value,
        "upper_interval": list(limits.upper.interval),
    }

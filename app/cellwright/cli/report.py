"""``cellwright report``: what a project or a folder of results knows, as a page to be signed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from cellwright.cli.confidence import at_confidence
from cellwright.cli.console import say, watching
from cellwright.cli.main import Exit
from cellwright.cli.measure_choices import measure_options
from cellwright.core.atomic import refuse_existing
from cellwright.workflows.measuring import refuse_unknown_columns
from cellwright.workflows.report import ReportOptions, WriteReport, refuse_other_kinds
from cellwright.workflows.report_making import source_of

if TYPE_CHECKING:
    from argparse import Namespace


def run(options: Namespace) -> int:
    """Write the report; `Exit.INCOMPLETE` where something that was asked for is not in it."""
    refuse_other_kinds(options.out)
    refuse_existing(options.out, options.overwrite)  # before the work
    limits = None if options.confidence is None else partial(at_confidence, options.confidence)
    source = source_of(options.source, pictures=options.pictures, model=options.model, limits=limits)
    if options.measure:
        refuse_unknown_columns(options.measure, source.analyses[0])
        source = replace(source, measured=options.measure, options=measure_options(options), table=None)
    said = ReportOptions(
        options.title or "",
        options.laboratory,
        options.author,
        options.remark,
        options.most_pictures,
    )
    with watching(is_silent=False) as watcher:
        written = watcher.run(WriteReport(source, options.out, said, options.overwrite))
    for left in source.left_out:
        say(f"Left out: {left}")
    say(f"Written: {written}")
    say(source.readiness.sentence())
    return Exit.INCOMPLETE if source.left_out else Exit.DONE

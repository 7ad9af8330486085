"""``cellwright export``: what a project knows of its pictures, as files that other programs read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellwright.cli.confidence import at_confidence
from cellwright.cli.console import say, watching
from cellwright.cli.main import Exit
from cellwright.cli.measure_choices import measure_options
from cellwright.cli.parser import DEFAULT_FORMATS
from cellwright.core import BadParameter
from cellwright.project import Project
from cellwright.workflows import ExportAnalyses, analyses_of_project, format_named

if TYPE_CHECKING:
    from argparse import Namespace


def run(options: Namespace) -> int:
    """Write every picture that a model or a person looked at."""
    formats = tuple(format_named(name) for name in options.format or DEFAULT_FORMATS.split(","))
    with Project(options.project, read_only=True) as project:
        analyses, left_out = analyses_of_project(project)
    if not analyses:
        raise BadParameter(f"Nobody has looked at a picture of {options.project} yet; there is nothing to write.")
    counted, thresholds = at_confidence(options.confidence, analyses)
    operation = ExportAnalyses(
        counted,
        options.out,
        formats,
        thresholds,
        options.overwrite,
        options.with_pictures,
        tuple(left_out),
        options.manifest,
        options.measure,
        options.project,
        measure_options(options),
        options.keep,
    )
    with watching(is_silent=False) as watcher:
        written = watcher.run(operation)
    for each in left_out:
        say(f"Left out: {each}")
    pictures, results = "picture" if len(analyses) == 1 else "pictures", "result" if len(written) == 1 else "results"
    say(f"{len(analyses):,} {pictures}, {len(written):,} {results} written to {options.out}")
    return Exit.INCOMPLETE if left_out else Exit.DONE

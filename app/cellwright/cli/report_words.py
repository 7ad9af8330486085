"""The words of ``report``. Imports the standard library alone, as the rest of the parser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.cli.measure_words import add_measure_options, words_of

if TYPE_CHECKING:
    import argparse


def add_report_words(made: argparse.ArgumentParser) -> None:
    """Add what ``report`` understands."""
    made.add_argument(
        "source",
        type=Path,
        metavar="PROJECT|RESULTS",
        help="a project's folder, or a folder that an export with --manifest was written into",
    )
    made.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="the report; ends in .html or .pdf, which says the kind"
    )
    made.add_argument("--overwrite", action="store_true", help="replace a report that is there")
    made.add_argument("--title", metavar="TEXT", help="what stands at its head (default: what it tells)")
    made.add_argument("--laboratory", default="", metavar="NAME", help="who it is from")
    made.add_argument("--author", default="", metavar="NAME", help="who made it")
    made.add_argument("--remark", default="", metavar="TEXT", help="what else is to be said at its head")
    made.add_argument(
        "--confidence",
        metavar="C",
        help="of a project: least score of what nobody looked at, 0 to 1; or by class, as in RBC=0.4,WBC=0.5",
    )
    made.add_argument(
        "--measure",
        type=words_of,
        default=(),
        metavar="LIST",
        help="of a project: measure this and show how it is spread; 'cellwright measure --list' says what there is",
    )
    add_measure_options(made)
    made.add_argument(
        "--most-pictures", type=int, default=12, metavar="N", help="how many pictures are shown (default: 12)"
    )
    made.add_argument("--pictures", type=Path, metavar="DIR", help="of results: where the pictures are now")
    made.add_argument(
        "--model", metavar="M", help="of results: the model, by name or folder, if it is not on the shelf"
    )

"""The words for slides: many of them into a project, on many machines, and where to count on a smear.

Imports the standard library alone, as the rest of the parser.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_slide_words(made: argparse.ArgumentParser) -> None:
    """Add to ``analyze`` what is for slides that go into a project."""
    group = made.add_argument_group(
        "slides into a project",
        "With --project objects are written as tiles finish; the same command again goes on where it stopped.",
    )
    group.add_argument("--project", type=Path, metavar="P", help="count into this project; it is made if it is missing")
    where = group.add_mutually_exclusive_group()
    where.add_argument("--tissue", action="store_true", help="pass glass by (the default, unless the project says so)")
    where.add_argument("--all", action="store_true", help="look at everything, glass too")
    group.add_argument(
        "--region",
        type=Path,
        metavar="FILE|DIR",
        help="count inside the polygons of this GeoJSON file, or of NAME.geojson in this folder for each slide",
    )
    group.add_argument("--retry", action="store_true", help="try the tiles again that failed before, and nothing else")
    group.add_argument("--author", metavar="NAME", help="who does this (default: the name you are logged in with)")
    machines = group.add_mutually_exclusive_group()
    machines.add_argument("--workers", type=int, metavar="N", help="on N processes of this machine, one for each GPU")
    machines.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="on the dask cluster at tcp://HOST:PORT or tls://HOST:PORT, which must be one that you trust",
    )


def add_reading_zone_words(made: argparse.ArgumentParser) -> None:
    """Add the words of ``reading-zone``."""
    made.add_argument("slide", type=Path, metavar="SLIDE", help="the smear, in colour")
    made.add_argument("--out", type=Path, metavar="FILE", help="write the proposed areas as GeoJSON")
    made.add_argument("--overwrite", action="store_true", help="replace FILE if it is there")
    made.add_argument("--series", metavar="N", help="which picture of a file that holds several, from 1")
    made.add_argument("--pixel-size", type=float, metavar="UM", help="side of a pixel in µm, where the file is silent")
    made.add_argument("--red-cell-px", type=float, metavar="PX", help="width of a red cell in pixels, instead of that")
    made.add_argument("--zones", type=int, default=3, metavar="N", help="so many areas at most (default: 3)")
    made.add_argument("--json", action="store_true", help="print areas and reasons as JSON")

"""The words of ``cellwright differential`` and ``agreement``. Imports the standard library alone, as the parser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_differential_words(made: argparse.ArgumentParser, model: str) -> None:
    """Add the words of ``differential``; `model` is the one that looks for cells where none is named."""
    made.add_argument("paths", nargs="+", metavar="PATHS", help="a project's folder; or pictures and folders of them")
    made.add_argument(
        "--model", default=model, metavar="M", help=f"what looks for cells on pictures (default: {model})"
    )
    made.add_argument("--classify", metavar="M", help="what tells kinds of white cells apart on pictures")
    made.add_argument("--device", default="auto", metavar="D", help="auto, cpu or cuda (default: auto)")
    made.add_argument("--confidence", metavar="C", help="least score that counts, or by class, as in WBC=0.4,PLT=0.5")
    made.add_argument(
        "--role",
        default="",
        metavar="LIST",
        help="what classes are, where names do not tell: NAME=white, per-100, unidentified, platelet or left-out",
    )
    made.add_argument(
        "--together",
        choices=("none", "bonferroni", "goodman"),
        default="none",
        help="whether limits hold for each kind alone, as Rümke's table has it, or for all at once (default: none)",
    )
    made.add_argument("--level", type=float, default=0.95, metavar="P", help="of the limits (default: 0.95)")
    made.add_argument("--out", type=Path, metavar="FILE", help="write the table: .csv, .xlsx or .parquet")
    made.add_argument("--overwrite", action="store_true", help="replace FILE if it is there")
    made.add_argument("--compare", type=Path, metavar="PROJECT", help="say where it differs from another differential")
    _add_factor_words(made)
    made.add_argument("--sign", action="store_true", help="sign it off, if every cell is reviewed")
    made.add_argument("--withdraw", action="store_true", help="withdraw the latest signature")
    made.add_argument("--remark", default="", metavar="TEXT", help="what is to stand beside the signature")
    made.add_argument("--author", metavar="NAME", help="who does this (default: the name you are logged in with)")
    made.add_argument("--json", action="store_true", help="print JSON instead of a table")


def _add_factor_words(made: argparse.ArgumentParser) -> None:
    said = "cells per µL for each {} of a field, as your laboratory found it; kept in the project, 0 takes it away"
    made.add_argument("--white-factor", type=float, metavar="F", help=said.format("white cell"))
    made.add_argument("--platelet-factor", type=float, metavar="F", help=said.format("platelet"))
    made.add_argument(
        "--field-mm2", type=float, metavar="A", help="area of that field in mm² (default: each picture is one)"
    )


def add_agreement_words(made: argparse.ArgumentParser) -> None:
    """Add the words of ``agreement``."""
    made.add_argument("project", type=Path, metavar="PROJECT", help="folder of the project")
    made.add_argument("other", type=Path, nargs="?", metavar="OTHER", help="project of a second reader")
    made.add_argument(
        "--readers", metavar="A,B", help="two who reviewed cells of PROJECT; without it, its readers and its model"
    )
    made.add_argument("--audits-alone", action="store_true", help="only cells that an audit drew at random")
    made.add_argument("--whites-as-one", action="store_true", help="do not compare which kind of white cell it is")
    made.add_argument("--confidence", metavar="C", help="least score that counts, or by class, as in WBC=0.4,PLT=0.5")
    made.add_argument("--overlap", type=float, default=0.5, metavar="IOU", help="of what is one cell (default: 0.5)")
    made.add_argument("--level", type=float, default=0.95, metavar="P", help="of the intervals (default: 0.95)")
    made.add_argument("--json", action="store_true", help="print JSON instead of tables")

"""The words of ``cellwright measure``. Imports the standard library alone, as the rest of the parser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_measure_words(made: argparse.ArgumentParser, model: str) -> None:
    """Add the words of ``measure``; `model` is the one that looks for cells where none is named."""
    made.add_argument("paths", nargs="*", metavar="PATHS", help="a project's folder; or pictures and folders of them")
    made.add_argument(
        "--columns",
        type=words_of,
        default=("geometry",),
        metavar="LIST",
        help="sets, names and patterns, as in geometry,intensity_mean-* (default: geometry; all for everything)",
    )
    made.add_argument("--list", action="store_true", help="say what can be measured, and in which unit")
    made.add_argument("--out", type=Path, metavar="FILE", help="write the table: .csv, .xlsx or .parquet")
    made.add_argument("--overwrite", action="store_true", help="replace FILE if it is there")
    made.add_argument(
        "--model", default=model, metavar="M", help=f"what looks for cells on pictures (default: {model})"
    )
    made.add_argument("--device", default="auto", metavar="D", help="auto, cpu or cuda (default: auto)")
    made.add_argument("--confidence", metavar="C", help="least score that counts, or by class, as in RBC=0.4,WBC=0.5")
    made.add_argument(
        "--pixel-size", type=float, metavar="UM", help="side of a pixel in µm, where the file is silent or wrong"
    )
    add_measure_options(made)
    made.add_argument("--json", action="store_true", help="print a summary as JSON")


def add_measure_options(made: argparse.ArgumentParser) -> None:
    """Add how measurements are taken."""
    made.add_argument(
        "--ring",
        type=float,
        default=5.0,
        metavar="L",
        help="width of the ring around objects, in µm or px (default: 5)",
    )
    made.add_argument(
        "--radius", type=float, default=50.0, metavar="L", help="how far neighbours are counted (default: 50)"
    )
    made.add_argument("--levels", type=int, default=32, metavar="N", help="grey levels of textures (default: 32)")
    made.add_argument(
        "--blank", type=float, metavar="V", help="value of glass without stain (default: the largest a pixel can have)"
    )


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a list with commas, each once."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))

"""The words about manifests and recipes. Imports the standard library alone, as the rest of the parser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.cli.measure_words import add_measure_options, words_of

if TYPE_CHECKING:
    import argparse


def add_manifest_words(made: argparse.ArgumentParser) -> None:
    """Add to commands that write results what joins the table of objects, and the manifest."""
    made.add_argument(
        "--manifest",
        action="store_true",
        help="write manifest.json too: what the results were made from and with, for 'verify', 'rerun' and 'recipe'",
    )
    made.add_argument(
        "--measure",
        type=words_of,
        default=(),
        metavar="LIST",
        help="measure this and add it to the table of objects; 'cellwright measure --list' says what there is",
    )
    made.add_argument(
        "--keep",
        default="",
        metavar="FILTER",
        help="count and write only objects that meet it, as in \"area_um2 > 40 and class == 'WBC'\"",
    )
    add_measure_options(made)


def add_verify_words(made: argparse.ArgumentParser) -> None:
    """Add the words of ``verify``."""
    _add_manifest(made)
    made.add_argument("--key", type=Path, metavar="PEM", help="the public key that the manifest must be signed with")
    made.add_argument("--json", action="store_true", help="print every line as JSON")


def add_rerun_words(made: argparse.ArgumentParser) -> None:
    """Add the words of ``rerun``."""
    _add_manifest(made)
    made.add_argument("--device", metavar="D", help="auto, cpu, cuda … (default: as it was asked for then)")
    made.add_argument("--all", action="store_true", help="name every object that differs, not the first ten alone")
    made.add_argument("--json", action="store_true", help="print every object that differs as JSON")


def add_sign_words(made: argparse.ArgumentParser) -> None:
    """Add the words of ``sign``."""
    made.add_argument("manifest", type=Path, metavar="MANIFEST", help="manifest.json")
    made.add_argument(
        "--key", type=Path, required=True, metavar="PEM", help="your private Ed25519 key; nothing else is ever used"
    )
    made.add_argument("--overwrite", action="store_true", help="replace a signature that is there")


def add_recipe_words(made: argparse.ArgumentParser) -> None:
    """Add the words of ``recipe``."""
    made.add_argument("manifest", type=Path, metavar="MANIFEST", help="manifest.json")
    made.add_argument("--out", type=Path, metavar="FILE", help="write the recipe there (default: print it)")
    made.add_argument("--overwrite", action="store_true", help="replace FILE if it is there")


def add_run_words(made: argparse.ArgumentParser) -> None:
    """Add the words of ``run``."""
    made.add_argument("recipe", type=Path, metavar="RECIPE", help="what 'cellwright recipe' wrote")
    made.add_argument("paths", nargs="+", metavar="PATHS", help="pictures; folders are searched to any depth")
    made.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results and the manifest")
    made.add_argument("--model", metavar="M", help="where the recipe's model stands, if it is not on the shelf")
    made.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda … (default: auto)")
    made.add_argument("--overwrite", action="store_true", help="replace results that are already in DIR")
    made.add_argument("--json", action="store_true", help="print the counts as JSON instead of a table")


def _add_manifest(made: argparse.ArgumentParser) -> None:
    made.add_argument("manifest", type=Path, metavar="MANIFEST", help="manifest.json, beside the results")
    made.add_argument("--pictures", type=Path, metavar="DIR", help="look for the pictures here, by their names")
    made.add_argument("--model", metavar="M", help="the model, where it is neither where it was nor on the shelf")

"""The words of ``cellwright models``. Imports the standard library alone, so that ``--help`` answers at once."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_model_words(made: argparse.ArgumentParser) -> None:
    """Say what can be asked of the shelf of models."""
    what = made.add_subparsers(dest="what", required=True, metavar="list|show|verify|export|quantize|lineage|…")
    listed = what.add_parser("list", help="every model, with its score on unseen pictures", allow_abbrev=False)
    shown = what.add_parser("show", help="the card of one model", allow_abbrev=False)
    verified = what.add_parser("verify", help="are weights and sample as the card says", allow_abbrev=False)
    shown.add_argument("model", help="name or folder")
    verified.add_argument("models", nargs="*", metavar="MODEL", help="names or folders (default: all)")
    verified.add_argument("--device", default="auto", metavar="D", help="where to run the sample (default: auto)")
    exported = what.add_parser("export", help="write a model for other programs", allow_abbrev=False)
    exported.add_argument("model", help="name or folder")
    formats = ("bioimageio", "onnx", "torchscript")
    exported.add_argument("--format", choices=formats, default="bioimageio", help="what to write (default: bioimageio)")
    exported.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder to write the model's folder into"
    )
    exported.add_argument("--overwrite", action="store_true", help="replace a model that is already there")
    rounded = what.add_parser("quantize", help="run a model in 8 bits where that answers as well", allow_abbrev=False)
    rounded.add_argument("model", help="name or folder; its folder is written into")
    rounded.add_argument("--data", type=Path, required=True, metavar="DIR", help="the labelled set it was trained on")
    rounded.add_argument("--split", default="train", metavar="S", help="part to take ranges from (default: train)")
    rounded.add_argument("--judged-on", default="val", metavar="S", help="part to judge on (default: val)")
    rounded.add_argument("--pictures", type=int, default=24, metavar="N", help="pictures to look at (default: 24)")
    lineage = what.add_parser("lineage", help="where tuned models come from, and how good they are", allow_abbrev=False)
    promoted = what.add_parser("promote", help="put a tuned model in use", allow_abbrev=False)
    back = what.add_parser("rollback", help="go back to the model that was in use before", allow_abbrev=False)
    lineage.add_argument("model", nargs="?", help="name of the model they come from (default: all)")
    promoted.add_argument("model", help="name or folder of a tuned model")
    promoted.add_argument("--anyway", action="store_true", help="even if it was not found better")
    back.add_argument("model", help="name of the original, or of any model that comes from it")
    for each in (listed, shown, verified, exported, rounded, lineage, promoted, back):
        each.add_argument("--json", action="store_true", help="print JSON")
        each.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)

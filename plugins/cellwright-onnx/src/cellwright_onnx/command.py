"""``cellwright-onnx``: cards for networks that have none, packages, consent, and whether a network answers right."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from cellwright.core import CellwrightError
from cellwright.zoo import find_model, load_card, user_models_dir

DONE, FAILED = 0, 1


def main(words: Sequence[str] | None = None) -> int:
    """Read the command line and do what it asks; returns the exit status."""
    options = _parser().parse_args(words)
    try:
        status: int = options.run(options)
    except CellwrightError as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    return status


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="cellwright-onnx", description=__doc__, allow_abbrev=False)
    what = made.add_subparsers(required=True, metavar="card|unpack|trust|check")
    card = what.add_parser("card", help="make a model folder of an ONNX or TorchScript file", allow_abbrev=False)
    card.add_argument("file", type=Path, help="the network")
    card.add_argument(
        "--convention", required=True, metavar="NAME", help="how its answers are read: yolo-v8, classes …"
    )
    card.add_argument("--classes", required=True, metavar="A,B", help="names of the classes, in the network's order")
    card.add_argument("--name", default="", help="of the model (default: the file's)")
    card.add_argument("--tile", type=int, metavar="PX", help="side of a tile")
    card.add_argument("--halo", type=int, metavar="PX", help="rim that tiles share")
    card.add_argument("--stride", type=int, metavar="PX", help="sides are multiples of it (default: 32)")
    card.add_argument("--channels", default="", choices=("rgb", "bgr", "grey"), help="order of the colours")
    card.add_argument(
        "--contrast", default="", choices=("display", "percentile", "spread"), help="how pictures are shown"
    )
    card.add_argument("--activation", choices=("sigmoid", "softmax"), help="where the network answers with logits")
    card.add_argument("--grid", type=int, default=1, metavar="PX", help="of a StarDist network (default: 1)")
    card.add_argument("--um-per-px", type=float, metavar="UM", help="pixel size that it was trained at")
    card.add_argument("--out", type=Path, metavar="DIR", help="folder of models (default: your own)")
    card.set_defaults(run=_card)
    unpack = what.add_parser("unpack", help="put a package of bioimage.io on the shelf", allow_abbrev=False)
    unpack.add_argument("archive", type=Path, help="the ZIP file")
    unpack.add_argument("--out", type=Path, metavar="DIR", help="folder of models (default: your own)")
    unpack.set_defaults(run=_unpack)
    trust = what.add_parser(
        "trust", help="allow a TorchScript file, which holds code, to be loaded", allow_abbrev=False
    )
    trust.add_argument("model", help="name or folder")
    trust.add_argument("--yes", action="store_true", help="agree without being asked")
    trust.set_defaults(run=_trust)
    check = what.add_parser(
        "check", help="compare its answer to its test input with its test output", allow_abbrev=False
    )
    check.add_argument("model", help="name or folder")
    check.set_defaults(run=_check)
    return made


def _card(options: argparse.Namespace) -> int:
    from cellwright_onnx.making import Wish, make_folder

    wish = Wish(
        options.file,
        options.convention,
        tuple(name.strip() for name in options.classes.split(",") if name.strip()),
        options.name,
        options.tile,
        options.halo,
        options.stride,
        options.channels,
        options.contrast,
        ({"id": options.activation},) if options.activation else (),
        options.grid,
        options.um_per_px,
    )
    folder = make_folder(wish, options.out or user_models_dir())
    _say(f"{folder} is a model now: cellwright analyze PICTURE --model {folder.name if not options.out else folder}")
    return DONE


def _unpack(options: argparse.Namespace) -> int:
    from cellwright_onnx.package import unpack

    folder = unpack(options.archive, options.out or user_models_dir())
    _say(f"{folder} is a model now: {load_card(folder).title}")
    return DONE


def _trust(options: argparse.Namespace) -> int:
    from cellwright_onnx.consent import WHY, is_trusted, trust

    folder = find_model(options.model)
    card = load_card(folder)
    if card.architecture.get("kind") != "torchscript":
        _say(f"{card.name} is no TorchScript file and needs no consent.")
        return DONE
    if is_trusted(card.weights.sha256):
        _say(f"{card.name} is allowed already.")
        return DONE
    _say(f"{folder / card.weights.file}\nsha256 {card.weights.sha256}\n{WHY}")
    if not options.yes:
        sys.stdout.write("Type yes to allow it: ")
        sys.stdout.flush()
        if sys.stdin.readline().strip().lower() != "yes":
            _say("Nothing was allowed.")
            return FAILED
    trust(card.weights.sha256, card.name)
    _say(f"{card.name} may be loaded from now on.")
    return DONE


def _check(options: argparse.Namespace) -> int:
    from cellwright_onnx.checking import check

    found = check(find_model(options.model))
    for one in found:
        said = "as it should be" if one.is_right else "WRONG"
        _say(f"{one.output}: {said}; largest difference {one.largest:.2g}, {one.beyond:.0f} in a million too far")
    return DONE if found and all(one.is_right for one in found) else FAILED


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")

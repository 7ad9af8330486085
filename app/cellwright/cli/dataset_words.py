"""The words of ``cellwright dataset``. Imports the standard library alone, as the rest of the parser."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

DATASET_FORMATS = ("coco", "coco-polygons", "yolo", "yolo-polygons", "voc", "labels", "index-png", "geojson")
READ_FORMATS = ("auto", "yolo", "voc", "coco", "labels", "index", "cellpose", "qupath", "classes")


def add_dataset_commands(commands: Any) -> None:
    """Add what can be done with labelled sets to the sub-commands of ``dataset``."""
    _import(_command(commands, "import", "read a labelled set into a project, as one step that can be undone"))
    _health(_command(commands, "health", "say what is in a set, and what is probably wrong with it"))
    _split(_command(commands, "split", "divide a set by group, and say how"))
    _prepare(_command(commands, "prepare", "resize, tile or turn grey the pictures of a set, labels with them"))
    _freeze(_command(commands, "freeze", "write a set once and for all, with a hash"))
    _compare(_command(commands, "compare", "say how two frozen versions differ"))
    _export(_command(commands, "export", "write a set or a project in another format"))


def _command(commands: Any, name: str, said: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(name, help=said, description=said, allow_abbrev=False)
    made.add_argument("--json", action="store_true", help="print JSON")
    made.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return made


def _import(made: argparse.ArgumentParser) -> None:
    made.add_argument("data", type=Path, metavar="SET", help="folder of the set, or its data.yaml, JSON or GeoJSON")
    made.add_argument("project", type=Path, metavar="PROJECT", help="folder of the project; made where there is none")
    made.add_argument("--author", metavar="NAME", help="who does this (default: the name you are logged in with)")
    made.add_argument("--classes", type=_names, metavar="LIST", help="only these classes, as in RBC,WBC")
    made.add_argument("--like", metavar="M", help="name classes as this model does, so that what it finds fits")
    made.add_argument(
        "--unreviewed", action="store_true", help="take the labels as proposals and not as accepted by a person"
    )
    _reading(made)


def _health(made: argparse.ArgumentParser) -> None:
    _source(made)
    made.add_argument("--model", metavar="M", help="ask this model for labels that are probably missing or wrong")
    made.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda … (default: auto)")
    made.add_argument("--doubts", type=int, default=20, metavar="N", help="show so many of them (default: 20)")
    made.add_argument("--heat-map", type=Path, metavar="PNG", help="draw where the objects lie")


def _split(made: argparse.ArgumentParser) -> None:
    _source(made)
    _division(made, is_required=True)
    made.add_argument("--out", type=Path, metavar="CSV", help="write file, split and group of each picture")
    made.add_argument("--overwrite", action="store_true", help="replace the file")


def _prepare(made: argparse.ArgumentParser) -> None:
    _source(made)
    _preparation(made)
    _division(made)
    made.add_argument("--out", type=Path, metavar="DIR", help="folder for the prepared set")
    made.add_argument("--format", dest="kind", choices=DATASET_FORMATS, default="coco", help="default: coco")
    made.add_argument("--preview", type=Path, metavar="PNG", help="draw a few pictures with their labels on one sheet")
    _copies(made)
    made.add_argument("--count", type=int, default=12, metavar="N", help="pictures of the preview (default: 12)")
    made.add_argument("--overwrite", action="store_true", help="replace a set that is already there")


def _freeze(made: argparse.ArgumentParser) -> None:
    _source(made)
    _preparation(made)
    _division(made)
    made.add_argument("--out", type=Path, required=True, metavar="DIR", help="new folder of the version")
    made.add_argument("--name", default="", metavar="NAME", help="what it is called (default: the folder's name)")
    made.add_argument("--parent", type=Path, metavar="DIR", help="the version it is made from")
    _copies(made)


def _compare(made: argparse.ArgumentParser) -> None:
    made.add_argument("before", type=Path, metavar="DIR", help="a frozen version")
    made.add_argument("after", type=Path, metavar="DIR", help="another")
    made.add_argument("--check-files", action="store_true", help="also say which pictures are not what they were")


def _export(made: argparse.ArgumentParser) -> None:
    _source(made)
    _division(made)
    made.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the set")
    made.add_argument("--format", dest="kind", choices=DATASET_FORMATS, default="coco", help="default: coco")
    made.add_argument("--with-pictures", action="store_true", help="bring a copy of the pictures along")
    _copies(made)
    made.add_argument("--overwrite", action="store_true", help="replace a set that is already there")


def _source(made: argparse.ArgumentParser) -> None:
    made.add_argument("data", type=Path, metavar="SET", help="folder of the set or of a project")
    _reading(made)


def _reading(made: argparse.ArgumentParser) -> None:
    made.add_argument("--read-as", choices=READ_FORMATS, default="auto", help="format of the set (default: look)")
    made.add_argument("--only", metavar="SPLIT", help="only this split")


def _division(made: argparse.ArgumentParser, *, is_required: bool = False) -> None:
    made.add_argument(
        "--shares",
        type=_shares,
        required=is_required,
        default={},
        metavar="LIST",
        help="divide by group, as in train=0.7,val=0.2,test=0.1",
    )
    made.add_argument("--rebalance", action="store_true", help="move as little as possible instead of dealing anew")
    made.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of the shuffling and of changed copies (default: 0)"
    )


def _preparation(made: argparse.ArgumentParser) -> None:
    made.add_argument("--tile", type=int, metavar="PX", help="cut pictures into tiles of this side")
    made.add_argument("--size", type=_size, metavar="WxH", help="give pictures this width and height, as in 640x640")
    made.add_argument("--resize", choices=("fit", "fill", "stretch"), default="fit", help="how (default: fit)")
    made.add_argument("--grey", action="store_true", help="take colour away")


def _copies(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--copies", type=int, default=0, metavar="N", help="write so many changed copies of each training picture"
    )
    made.add_argument(
        "--augment", type=Path, metavar="RECIPE", help="change them as this recipe would (default: a little of all)"
    )


def _names(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not names:
        raise argparse.ArgumentTypeError("name at least one class, as in RBC,WBC")
    return names


def _shares(text: str) -> dict[str, float]:
    try:
        pairs = [part.split("=") for part in text.split(",") if part.strip()]
        return {name.strip(): float(share) for name, share in pairs}
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: write shares as in train=0.7,val=0.2,test=0.1") from None


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: write width and height as in 640x480") from None
    return height, width

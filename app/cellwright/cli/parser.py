"""The words of the command line. Imports the standard library alone, so that ``--help`` answers at once."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

from cellwright import __version__
from cellwright.cli.dataset_words import add_dataset_commands
from cellwright.cli.differential_words import add_agreement_words, add_differential_words
from cellwright.cli.manifest_words import (
    add_manifest_words,
    add_recipe_words,
    add_rerun_words,
    add_run_words,
    add_sign_words,
    add_verify_words,
)
from cellwright.cli.measure_words import add_measure_words
from cellwright.cli.model_words import add_model_words
from cellwright.cli.report_words import add_report_words
from cellwright.cli.slide_words import add_reading_zone_words, add_slide_words

EXPORT_FORMATS = (
    "csv",
    "xlsx",
    "parquet",
    "sqlite",
    "h5ad",
    "qupath",
    "coco",
    "coco-polygons",
    "yolo",
    "yolo-polygons",
    "voc",
    "labels",
    "ome-tiff",
    "ome-zarr",
    "index-png",
    "geojson",
    "roi",
    "overlay",
)
DEFAULT_FORMATS = "csv,xlsx,overlay"
DEFAULT_MODEL = "blood-cells-yolo"

_DESCRIPTION = "Find, count and measure cells. Without a command, the window opens with the pictures given."

_COMMANDS = {
    "analyze": "find and count the cells on pictures, or on many slides into a project",
    "reading-zone": "say where on a smear to count",
    "train": "train a model from a recipe and a labelled set",
    "evaluate": "score a model on a labelled set",
    "new": "make a project of pictures",
    "history": "say who did what in a project",
    "undo": "take back the latest step in a project",
    "redo": "do again what was taken back",
    "restore": "bring a damaged project back from its backup",
    "measure": "measure the cells of pictures or of a project: shape, brightness, staining, texture, neighbours",
    "differential": "white cells by kind in per cent, with limits; sign-off",
    "agreement": "say how far two readers, or readers and model, agree",
    "export": "write what a project knows of its pictures as tables, outlines and boxes",
    "report": "write a report to be signed, as HTML or PDF, of a project or of results",
    "verify": "say whether results, pictures and model are what a manifest says",
    "rerun": "make the analyses of a manifest again, and say what differs",
    "sign": "sign a manifest with a key of your own",
    "recipe": "make of a manifest a recipe for other pictures",
    "run": "analyze pictures as a recipe says",
    "dataset": "import, check, divide, prepare, freeze, compare or write labelled sets",
    "finetune": "teach a model what was corrected in a project, and judge whether it helped",
    "models": "list, show, verify or export models; lineage, promote and rollback of tuned ones",
    "info": "say what files know of themselves: sizes, levels, channels, pixel size and objective",
    "plugins": "list what other packages bring, and why one of them cannot be used",
    "doctor": "say what is installed, what is missing and how to get it",
}

_EPILOG = (
    "commands:\n"
    + "\n".join(f"  {name:<22}{said}" for name, said in _COMMANDS.items())
    + ("\n\n'cellwright COMMAND --help' says more. A picture named like a command is opened as ./NAME.")
)


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Read the command line.

    Parameters
    ----------
    words : sequence of str
        What follows the program's name.

    Returns
    -------
    argparse.Namespace
        With ``command`` (``"window"`` where none is named) and ``debug`` among its fields.

    Raises
    ------
    SystemExit
        After help, the version, or an explanation of what makes no sense.
    """
    command = words[0] if words and words[0] in _COMMANDS else "window"
    builder = {
        "window": _window,
        "analyze": _analyze,
        "reading-zone": _reading_zone,
        "train": _train,
        "evaluate": _evaluate,
        "new": _new,
        "history": _history,
        "undo": _undo,
        "redo": _redo,
        "restore": _restore,
        "measure": _measure,
        "differential": _differential,
        "agreement": _agreement,
        "export": _export,
        "report": _report,
        "verify": _verify,
        "rerun": _rerun,
        "sign": _sign,
        "recipe": _recipe,
        "run": _run,
        "dataset": _dataset,
        "finetune": _finetune,
        "models": _models,
        "info": _info,
        "plugins": _plugins,
        "doctor": _doctor,
    }[command]
    rest = list(words) if command == "window" else list(words[1:])
    return builder().parse_args(rest, argparse.Namespace(command=command))


def _parser(command: str, description: str) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog=f"cellwright {command}".strip(), description=description, allow_abbrev=False)
    made.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return made


def _window() -> argparse.ArgumentParser:
    made = _parser("", _DESCRIPTION)
    made.usage = "cellwright [PATHS ...] [--analyze]\n       cellwright COMMAND ..."
    made.epilog = _EPILOG
    made.formatter_class = argparse.RawDescriptionHelpFormatter
    made.add_argument("paths", nargs="*", metavar="PATHS", help="pictures and folders to open")
    made.add_argument("--analyze", action="store_true", help="start the analysis of the pictures at once")
    made.add_argument("--version", action="version", version=f"Cellwright {__version__}")
    return made


def _analyze() -> argparse.ArgumentParser:
    made = _parser("analyze", "Find and count the cells on pictures, and write what was found into a folder.")
    made.add_argument("paths", nargs="+", metavar="PATHS", help="pictures; folders are searched to any depth")
    made.add_argument("--out", type=Path, metavar="DIR", help="folder for the results; without it nothing is written")
    made.add_argument(
        "--format",
        type=_formats,
        default=None,
        metavar="LIST",
        help=f"what to write, of {','.join(_all_formats())} (default: {DEFAULT_FORMATS})",
    )
    made.add_argument("--with-pictures", action="store_true", help="put a copy of the pictures into coco, yolo and voc")
    made.add_argument("--overwrite", action="store_true", help="replace results that are already in DIR")
    _add_model(made)
    made.add_argument("--classify", metavar="C", help="a model that tells apart what was found, such as wbc-classifier")
    made.add_argument(
        "--confidence",
        metavar="C",
        help="least score that counts, 0 to 1; or by class, as in RBC=0.4,WBC=0.5 (default: the model's own)",
    )
    made.add_argument(
        "--pixel-size", type=float, metavar="UM", help="side of a pixel in µm, where the file is silent or wrong"
    )
    made.add_argument(
        "--object-px",
        type=float,
        metavar="PX",
        help="width of a typical object in pixels; the picture is shown to the model at the scale it knows",
    )
    made.add_argument(
        "--channel",
        metavar="LIST",
        help="look at these channels alone, by name or number from 1, as in DAPI or 1,3 (default: all)",
    )
    made.add_argument(
        "--series", metavar="N|all", help="which picture of a file that holds several, from 1 (default: the first)"
    )
    _add_looks(made)
    made.add_argument("--json", action="store_true", help="print the counts as JSON instead of a table")
    add_manifest_words(made)
    add_slide_words(made)
    return made


def _reading_zone() -> argparse.ArgumentParser:
    made = _parser("reading-zone", "Say where on a smear cells lie in one layer, in focus: fit for counting.")
    add_reading_zone_words(made)
    return made


def _export() -> argparse.ArgumentParser:
    made = _parser("export", "Write what a project knows of its pictures, as people left it, into a folder.")
    made.add_argument("project", type=Path, metavar="PROJECT", help="folder of the project")
    made.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    made.add_argument(
        "--format",
        type=_formats,
        default=None,
        metavar="LIST",
        help=f"what to write, of {','.join(_all_formats())} (default: {DEFAULT_FORMATS})",
    )
    made.add_argument("--with-pictures", action="store_true", help="put a copy of the pictures into coco, yolo and voc")
    made.add_argument("--overwrite", action="store_true", help="replace results that are already in DIR")
    made.add_argument(
        "--confidence",
        metavar="C",
        help="least score of what nobody looked at, 0 to 1; or by class, as in RBC=0.4,WBC=0.5 (default: the model's)",
    )
    add_manifest_words(made)
    return made


def _report() -> argparse.ArgumentParser:
    made = _parser("report", "Write what was counted, how sure it is and how it came about, as HTML or PDF.")
    add_report_words(made)
    return made


def _train() -> argparse.ArgumentParser:
    made = _parser("train", "Train a model from a recipe and a labelled set.")
    made.add_argument("recipe", type=Path, metavar="RECIPE", help="recipe.toml, or a model folder that holds one")
    made.add_argument("--data", type=Path, required=True, metavar="DIR", help="the labelled set")
    made.add_argument("--out", type=Path, metavar="DIR", help="run folder (default: runs/NAME of the recipe)")
    made.add_argument("--start", metavar="MODEL", help="begin with the weights of this model instead of from chance")
    made.add_argument(
        "--encoder-weights",
        type=Path,
        metavar="FILE",
        help="begin with a MobileNetV2 encoder taught on ImageNet (.npz)",
    )
    made.add_argument("--resume", action="store_true", help="go on from the checkpoint in the run folder")
    made.add_argument("--epochs", type=int, metavar="N", help="train so many epochs instead of the recipe's")
    _add_training_device(made)
    made.add_argument("--json", action="store_true", help="print the scores as JSON")
    return made


def _evaluate() -> argparse.ArgumentParser:
    made = _parser("evaluate", "Score a model on a labelled set that it was not trained on.")
    _add_model(made, required=True)
    made.add_argument("--data", type=Path, required=True, metavar="DIR", help="the labelled set")
    made.add_argument(
        "--split", metavar="NAME", help="train, val, test … (default: val where the set has one, else all)"
    )
    _add_looks(made)
    made.add_argument("--per-picture", action="store_true", help="show every picture and not the ten worst alone")
    made.add_argument("--json", action="store_true", help="print the scores as JSON")
    return made


def _finetune() -> argparse.ArgumentParser:
    made = _parser("finetune", "Teach a model what was corrected in a project, and judge whether it helped.")
    made.add_argument("project", type=Path, metavar="PROJECT", help="the project's folder")
    made.add_argument("--model", required=True, metavar="M", help="what to begin from, by name or folder")
    made.add_argument("--minutes", type=float, default=5.0, metavar="N", help="time for the training (default: 5)")
    made.add_argument(
        "--layers",
        choices=("full", "frozen", "head"),
        default="full",
        help="teach everything, all but the part that looks, or the same from features computed once (default: full)",
    )
    made.add_argument(
        "--replay", type=Path, metavar="DIR", help="the set the model was first taught with, so that it forgets nothing"
    )
    made.add_argument(
        "--held-out",
        default="0.25",
        metavar="DIR|SHARE",
        help="pictures to be judged on: a labelled set, or a share of the project's (default: 0.25)",
    )
    made.add_argument("--out", metavar="NAME", help="name of the tuned model (default: the next free one)")
    made.add_argument("--run", type=Path, metavar="DIR", help="run folder (default: PROJECT/runs/NAME)")
    made.add_argument("--use", action="store_true", help="put it in use at once if it is found better")
    made.add_argument("--steps", type=_count, metavar="N", help="stop after so many steps at the latest")
    made.add_argument("--seed", type=int, default=0, metavar="N", help="of everything that is left to chance")
    _add_training_device(made)
    made.add_argument("--json", action="store_true", help="print the verdict as JSON")
    return made


def _models() -> argparse.ArgumentParser:
    made = _parser("models", "The models on the shelf.")
    add_model_words(made)
    return made


def _verify() -> argparse.ArgumentParser:
    made = _parser("verify", "Hash again what a manifest names, and say line by line what agrees and what does not.")
    add_verify_words(made)
    return made


def _rerun() -> argparse.ArgumentParser:
    made = _parser("rerun", "Make the analyses of a manifest again, and say which objects differ.")
    add_rerun_words(made)
    return made


def _sign() -> argparse.ArgumentParser:
    made = _parser("sign", "Sign a manifest with your own Ed25519 key; the signature stands beside it.")
    add_sign_words(made)
    return made


def _recipe() -> argparse.ArgumentParser:
    made = _parser("recipe", "Make of a manifest a recipe, by which other pictures are analysed in the same way.")
    add_recipe_words(made)
    return made


def _run() -> argparse.ArgumentParser:
    made = _parser("run", "Analyze pictures as a recipe says, and write results with their manifest.")
    add_run_words(made)
    return made


def _dataset() -> argparse.ArgumentParser:
    made = _parser("dataset", "Labelled sets: COCO, YOLO, VOC, label images, Cellpose, QuPath, and projects.")
    what = made.add_subparsers(dest="what", required=True, metavar="import|health|split|prepare|freeze|compare|export")
    add_dataset_commands(what)
    return made


def _measure() -> argparse.ArgumentParser:
    made = _parser("measure", "Measure the cells of pictures or of a project, as a table with units.")
    add_measure_words(made, DEFAULT_MODEL)
    return made


def _differential() -> argparse.ArgumentParser:
    made = _parser("differential", "White cells by kind, in per cent with limits. Not a medical device.")
    add_differential_words(made, DEFAULT_MODEL)
    return made


def _agreement() -> argparse.ArgumentParser:
    made = _parser("agreement", "Say how far two readers of the same cells, or readers and model, agree.")
    add_agreement_words(made)
    return made


def _new() -> argparse.ArgumentParser:
    made = _project("new", "Make a project in a new folder; pictures are kept by reference, not copied.")
    made.add_argument("pictures", nargs="*", type=Path, metavar="PICTURE", help="pictures to begin with")
    return made


def _history() -> argparse.ArgumentParser:
    made = _project("history", "Say who did what in a project, and when.")
    made.add_argument("--last", type=int, metavar="N", help="the last N entries alone")
    made.add_argument("--json", action="store_true", help="print JSON")
    return made


def _undo() -> argparse.ArgumentParser:
    made = _project("undo", "Take back the latest step in a project; that, too, is an entry of its history.")
    made.add_argument("--steps", type=int, default=1, metavar="N", help="so many steps (default: 1)")
    return made


def _redo() -> argparse.ArgumentParser:
    made = _project("redo", "Do again what was taken back in a project.")
    made.add_argument("--steps", type=int, default=1, metavar="N", help="so many steps (default: 1)")
    return made


def _restore() -> argparse.ArgumentParser:
    made = _project("restore", "Bring a damaged project back from its backup; the damaged file is kept beside it.")
    made.add_argument("--backup", metavar="NAME", help="which copy (default: the newest)")
    made.add_argument("--list", action="store_true", help="only name the copies, oldest first")
    return made


def _project(command: str, description: str) -> argparse.ArgumentParser:
    made = _parser(command, description)
    made.add_argument("folder", type=Path, metavar="FOLDER", help="the project")
    made.add_argument("--author", metavar="NAME", help="who does this (default: the name you are logged in with)")
    return made


def _info() -> argparse.ArgumentParser:
    made = _parser("info", "Say what files know of themselves: sizes, levels, channels, pixel size and objective.")
    made.add_argument("paths", nargs="+", metavar="PATHS", help="pictures, folders, or addresses of slides on a server")
    made.add_argument("--json", action="store_true", help="print JSON")
    return made


def _plugins() -> argparse.ArgumentParser:
    made = _parser("plugins", "List what other packages bring, and say why one of them cannot be used.")
    made.add_argument("--all", action="store_true", help="list Cellwright's own parts too")
    made.add_argument("--no-check", action="store_true", help="read names alone; load none of them")
    made.add_argument("--json", action="store_true", help="print the list as JSON")
    return made


def _doctor() -> argparse.ArgumentParser:
    made = _parser("doctor", "Say what is installed, what is missing and how to get it.")
    made.add_argument("--json", action="store_true", help="print JSON")
    return made


def _add_model(made: argparse.ArgumentParser, *, required: bool = False) -> None:
    default = None if required else DEFAULT_MODEL
    said = "name or folder" if required else f"name or folder (default: {DEFAULT_MODEL})"
    made.add_argument("--model", required=required, default=default, metavar="M", help=said)
    made.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda … (default: auto)")


def _add_training_device(made: argparse.ArgumentParser) -> None:
    made.add_argument("--device", default="auto", metavar="D", help="auto, cpu or cuda (default: auto)")
    made.add_argument(
        "--workers",
        type=_whole,
        default=1,
        metavar="N",
        help="processes that prepare pictures beside the training; 0 prepares them in between (default: 1)",
    )
    made.add_argument(
        "--threads", type=_count, metavar="N", help="threads of the training on a processor (default: as many as cores)"
    )


def _whole(text: str) -> int:
    return _at_least(text, 0)


def _count(text: str) -> int:
    return _at_least(text, 1)


def _at_least(text: str, least: int) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} on")
    return int(text)


def _add_looks(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--augment", action="store_true", help="look at turned and mirrored copies too: slower, somewhat surer"
    )
    made.add_argument(
        "--scales",
        type=_scales,
        default=(1.0,),
        metavar="LIST",
        help="look at the pictures at these sizes, 1 being the model's own, as in 0.8,1,1.25 (default: 1)",
    )


def _scales(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of numbers; give one such as 0.8,1,1.25") from None


def _formats(text: str) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    known = _all_formats()
    strange = [name for name in chosen if name not in known]
    if strange or not chosen:
        raise argparse.ArgumentTypeError(f"unknown format {', '.join(strange) or text!r}; there is: {', '.join(known)}")
    return chosen


def _all_formats() -> tuple[str, ...]:
    """Return our own formats and those that other packages bring, from metadata alone."""
    declared = sorted({point.name for point in entry_points(group="cellwright.exporters")})
    return (*EXPORT_FORMATS, *(name for name in declared if name not in EXPORT_FORMATS))

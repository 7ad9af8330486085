"""``cellwright train``: a recipe and a labelled set become a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.cli.console import print_json, print_table, say, watching
from cellwright.cli.main import Exit
from cellwright.core import BadParameter
from cellwright.zoo import score_title

if TYPE_CHECKING:
    from argparse import Namespace

    from cellwright.training import Trained

RECIPE_FILE = "recipe.toml"


def run(options: Namespace) -> int:
    """Train, and print the scores on the validation pictures."""
    if options.epochs is not None and options.epochs < 1:
        raise BadParameter(f"--epochs {options.epochs} trains nothing; give at least 1.")
    from cellwright.training import Train, read_recipe

    recipe_path = _recipe_path(options.recipe.expanduser())
    out = options.out or Path("runs") / read_recipe(recipe_path).name
    operation = Train(
        recipe_path,
        options.data.expanduser(),
        out,
        device=options.device,
        resume=options.resume,
        start=options.start,
        encoder_weights=options.encoder_weights.expanduser() if options.encoder_weights else None,
        epochs=options.epochs,
        workers=options.workers,
        threads=options.threads,
    )
    with watching(is_silent=options.json) as watcher:
        trained = watcher.run(operation)
    if options.json:
        print_json(_as_json(trained))
    else:
        _print(trained)
    return Exit.DONE


def _recipe_path(path: Path) -> Path:
    """Return the recipe itself: a model folder holds the one it was made from."""
    return path / RECIPE_FILE if path.is_dir() else path


def _print(trained: Trained) -> None:
    judged = trained.judgement
    title = f"{', '.join(_score(*pair) for pair in judged.scores.items())} on {judged.pictures} pictures"
    columns = list(dict.fromkeys(name for scores in judged.per_class.values() for name in scores))
    rows = [
        [name, *(f"{scores[column]:.3f}" if column in scores else "" for column in columns)]
        for name, scores in judged.per_class.items()
    ]
    print_table(title, ["Class", *(score_title(column) for column in columns)], rows)
    say(f"{trained.epochs} epochs in {trained.seconds / 60:.1f} min; the best was epoch {trained.best_epoch}.")
    say(f"Curves, figures and checkpoint: {trained.folder}")
    if trained.model is not None:
        say(f"Model: {trained.model}")


def _score(name: str, value: float) -> str:
    return f"{score_title(name)} {value:.3f}"


def _as_json(trained: Trained) -> dict[str, object]:
    return {
        "scores": trained.judgement.to_dict(),
        "best_epoch": trained.best_epoch,
        "epochs": trained.epochs,
        "seconds": round(trained.seconds, 1),
        "folder": str(trained.folder),
        "model": None if trained.model is None else str(trained.model),
    }

"""``cellwright train``: a recipe and a labelled set become a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.cli.console import print_json, print_table, say, watching
from cellwright.cli.main import Exit
from cellwright.core import BadParameter

if TYPE_CHECKING:
    from argparse import Namespace

    from cellwright.training import Trained

RECIPE_FILE = "recipe.toml"


def run(options: Namespace) -> int:
    """Train, and print the scores on the validation pictures."""
    if options.epochs is not None and options.epochs < 1:
        raise BadParameter(f"--epochs {options.epochs} trains nothing; give at least 1.")
    from cellwright.training import TrainDetector, read_recipe

    recipe_path = _recipe_path(options.recipe.expanduser())
    out = options.out or Path("runs") / read_recipe(recipe_path).name
    operation = TrainDetector(
        recipe_path,
        options.data.expanduser(),
        out,
        device=options.device,
        resume=options.resume,
        start=options.start,
        epochs=options.epochs,
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
    scores = trained.scores
    title = f"mAP@0.5 {scores.map_50:.3f}, mAP@0.5:0.95 {scores.map_50_95:.3f} on {scores.n_pictures} pictures"
    rows = [
        [name, f"{at_50:.3f}", f"{mean:.3f}"]
        for name, at_50, mean in zip(scores.classes, scores.ap_50(), scores.ap_50_95(), strict=True)
    ]
    print_table(title, ["Class", "AP@0.5", "AP@0.5:0.95"], rows)
    say(f"{trained.epochs} epochs in {trained.seconds / 60:.1f} min; the best was epoch {trained.best_epoch}.")
    say(f"Curves, figures and checkpoint: {trained.folder}")
    if trained.model is not None:
        say(f"Model: {trained.model}")


def _as_json(trained: Trained) -> dict[str, object]:
    return {
        "scores": trained.scores.to_dict(),
        "best_epoch": trained.best_epoch,
        "epochs": trained.epochs,
        "seconds": round(trained.seconds, 1),
        "folder": str(trained.folder),
        "model": None if trained.model is None else str(trained.model),
    }

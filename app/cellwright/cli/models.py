"""``cellwright models list|show|verify|…``: the shelf, a card, whether a model is what its card says, and lineage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.cli.console import console, print_json, print_table, say
from cellwright.cli.main import Exit
from cellwright.zoo import ListedModel, ModelCard, find_model, list_models, load_card

if TYPE_CHECKING:
    from argparse import Namespace


def run(options: Namespace) -> int:
    """Do what was asked of the shelf."""
    if options.what == "list":
        return _list(options)
    if options.what == "show":
        return _show(options)
    if options.what == "verify":
        return _verify(options)
    if options.what == "export":
        from cellwright.cli import model_export

        return model_export.run(options)
    if options.what == "quantize":
        from cellwright.cli import quantize

        return quantize.run(options)
    from cellwright.cli import lineage

    return lineage.run(options)


def _list(options: Namespace) -> int:
    models = list_models()
    if options.json:
        print_json([_listed_json(model) for model in models])
    elif not models:
        say("No model is on the shelf. Put a model folder into one of those that 'cellwright doctor' names.")
    else:
        header = ["Name", "What it finds", "Classes", "Scores", "Where"]
        print_table("", header, [_listed_row(model) for model in models], left=3)
    return Exit.INCOMPLETE if any(model.problem for model in models) else Exit.DONE


def _listed_row(model: ListedModel) -> list[str]:
    card = model.card
    if card is None:
        return [model.name, model.problem, "", "", str(model.folder)]
    named = {} if card.metrics is None else card.metrics.named()
    scores = ", ".join(f"{name} {value:.3f}" for name, value in list(named.items())[:2]) or "–"
    return [card.name, card.title, ", ".join(card.class_names), scores, str(model.folder)]


def _listed_json(model: ListedModel) -> dict[str, object]:
    card = model.card
    return {
        "name": model.name,
        "folder": str(model.folder),
        "problem": model.problem or None,
        "title": card.title if card else None,
        "classes": list(card.class_names) if card else None,
        "sha256": card.model_hash if card else None,
        "map_50": card.metrics.map_50 if card and card.metrics else None,
        "map_50_95": card.metrics.map_50_95 if card and card.metrics else None,
    }


def _show(options: Namespace) -> int:
    folder = find_model(options.model)
    card = load_card(folder)
    if options.json:
        print(card.to_json(), end="")
        return Exit.DONE
    print_table(card.title, ["", ""], [list(pair) for pair in _facts(folder, card)], left=2)
    if card.task == "classification":
        header = ["Class", "Title", "Confidence", "Precision", "Recall", "F1"]
        print_table("Classes", header, _kind_rows(card), left=2)
        return Exit.DONE
    header = ["Class", "Title", "Confidence", "AP@0.5", "AP@0.5:0.95", "Count error", "ECE"]
    print_table("Classes", header, _class_rows(card), left=2)
    return Exit.DONE


def _facts(folder: Path, card: ModelCard) -> list[tuple[str, str]]:
    size = f"{card.input.um_per_px:g} µm per pixel" if card.input.um_per_px else "any pixel size"
    facts = [
        ("Name", card.name),
        ("Summary", card.summary),
        ("Folder", str(folder)),
        ("Weights", f"{card.weights.file}, {card.weights.dtype}, sha256 {card.model_hash}"),
        ("Input", f"{card.input.channels}, {card.input.tile_px} px tiles, {size}"),
        ("Parent", card.parent or ""),
        ("Licence", card.licence),
    ]
    if card.training:
        made = card.training
        facts.append(("Trained", f"on {made.pictures} pictures: {made.data}; {made.epochs} epochs, {made.start}"))
    if card.metrics:
        judged = card.metrics
        facts.append(("Judged", f"on {judged.pictures} pictures: {judged.data}"))
        facts.append(("Scores", ", ".join(f"{name} {value:.3f}" for name, value in judged.named().items())))
    facts += [("To cite", citation) for citation in card.citations]
    return [(name, said) for name, said in facts if said]


def _kind_rows(card: ModelCard) -> list[list[str]]:
    """Return a row for each class of a classifier of whole pictures."""
    known = card.metrics.per_class if card.metrics else {}
    rows = []
    for kind in card.classes:
        own = known.get(kind.name)
        scores = (own.precision, own.recall, own.f1) if own is not None else (None, None, None)
        said = [_number(score) for score in scores]
        rows.append([kind.name, kind.title, f"{card.thresholds.confidence[kind.name]:.2f}", *said])
    return rows


def _class_rows(card: ModelCard) -> list[list[str]]:
    rows = []
    for kind in card.classes:
        scores = card.metrics.per_class.get(kind.name) if card.metrics else None
        trust = card.reliability.get(kind.name)
        error = scores.count_error if scores else None
        rows.append(
            [
                kind.name,
                kind.title,
                f"{card.thresholds.confidence[kind.name]:.2f}",
                _number(scores.ap_50 if scores else None),
                _number(scores.ap_50_95 if scores else None),
                f"{error:.1%}" if error is not None else "–",
                f"{trust.ece:.3f}" if trust else "–",
            ]
        )
    return rows


def _verify(options: Namespace) -> int:
    from cellwright.workflows import verify_model

    folders = [find_model(name) for name in options.models] or [model.folder for model in list_models()]
    problems = {str(folder): verify_model(folder, options.device) for folder in folders}
    if options.json:
        print_json([{"folder": folder, "problems": list(found)} for folder, found in problems.items()])
    else:
        for folder, found in problems.items():
            console().print(f"{folder}: {'as its card says' if not found else ''}".rstrip())
            for problem in found:
                console().print(f"  {problem}")
    if not folders:
        say("No model is on the shelf.")
    return Exit.INCOMPLETE if not folders or any(problems.values()) else Exit.DONE


def _number(score: float | None) -> str:
    return "–" if score is None else f"{score:.3f}"

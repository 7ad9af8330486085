"""``cellwright evaluate``: a model's scores on a labelled set."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cellwright.cli.console import print_json, print_table, say, watching
from cellwright.cli.evaluate_classes import print_classes
from cellwright.cli.evaluate_outlines import number, print_outlines
from cellwright.cli.main import Exit
from cellwright.workflows import ClassEvaluation, EvaluateModel, Evaluation, OutlineEvaluation

if TYPE_CHECKING:
    from argparse import Namespace


def run(options: Namespace) -> int:
    """Evaluate and print; fail if a picture could not be judged."""
    operation = EvaluateModel(
        options.model, options.data.expanduser(), options.split, options.device, options.augment, options.scales
    )
    with watching(is_silent=options.json) as watcher:
        evaluation = watcher.run(operation)
    if options.json:
        print_json(evaluation.to_dict())
    elif isinstance(evaluation, Evaluation):
        _print(evaluation)
    elif isinstance(evaluation, ClassEvaluation):
        print_classes(evaluation)
    else:
        print_outlines(evaluation, per_picture=options.per_picture)
    if not options.json:
        _print_remarks(evaluation)
    return Exit.INCOMPLETE if evaluation.left_out else Exit.DONE


def _print(evaluation: Evaluation) -> None:
    scores = evaluation.scores
    split = f", split {evaluation.split}" if evaluation.split else ""
    title = (
        f"{evaluation.card.name} on {evaluation.data}{split}: {scores.n_pictures} pictures, "
        f"mAP@0.5 {number(scores.map_50)}, mAP@0.5:0.95 {number(scores.map_50_95)}"
    )
    header = [
        "Class",
        "True",
        "AP@0.5",
        "AP@0.5:0.95",
        "From",
        "Precision",
        "Recall",
        "F1",
        "Count error",
        "Of whole cells",
        "Bias",
        "ECE",
    ]
    print_table(title, header, [_class_row(evaluation, c) for c in range(len(scores.classes))])
    rows = [
        [p.path.name, f"{p.f1:.3f}", str(p.true_positives), str(p.false_negatives), str(p.false_positives)]
        for p in evaluation.worst
    ]
    print_table("Worst pictures", ["Picture", "F1", "Right", "Missed", "Invented"], rows)


def _print_remarks(evaluation: Evaluation | OutlineEvaluation | ClassEvaluation) -> None:
    for line in evaluation.report.lines():
        say(line)
    for left in evaluation.left_out:
        say(f"Left out: {left}")


def _class_row(evaluation: Evaluation, c: int) -> list[str]:
    scores, point, counts = evaluation.scores, evaluation.points[c], evaluation.counts[c]
    return [
        scores.classes[c],
        f"{scores.positives[c]:,}",
        number(scores.ap_50()[c]),
        number(scores.ap_50_95()[c]),
        f"{point.threshold:.2f}",
        number(point.precision),
        number(point.recall),
        number(point.f1),
        _percent(counts.relative_error),
        _percent(evaluation.whole[c].relative_error),
        f"{counts.bias:+.2f}",
        number(evaluation.reliability[c].expected_calibration_error),
    ]


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.1%}"

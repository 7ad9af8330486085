"""The tables of ``cellwright evaluate`` for models that say what a whole picture shows."""

from __future__ import annotations

from cellwright.cli.console import print_table, say, with_interval
from cellwright.cli.evaluate_outlines import number
from cellwright.workflows import ClassEvaluation


def print_classes(evaluation: ClassEvaluation) -> None:
    """Print the scores by class, what was taken for what, and the worst pictures."""
    scores = evaluation.scores
    names, interval = scores.classes, evaluation.accuracy_interval()
    split = f", split {evaluation.split}" if evaluation.split else ""
    title = (
        f"{evaluation.card.name} on {evaluation.data}{split}: {scores.right} of {scores.pictures} pictures named "
        f"rightly, accuracy {number(scores.accuracy)} (95 % {interval.low:.3f}–{interval.high:.3f}), "
        f"balanced {number(scores.balanced_accuracy)}, ECE {number(scores.ece)}"
    )
    rows = [
        [
            name,
            str(scores.confusion[c].sum()),
            str(scores.confusion[:, c].sum()),
            number(scores.precision[c]),
            _recall(evaluation, c),
            number(scores.f1[c]),
        ]
        for c, name in enumerate(names)
    ]
    print_table(title, ["Class", "Shown", "Named", "Precision", "Recall (95% interval)", "F1"], rows)
    counts = [[name, *(str(count) if count else "·" for count in scores.confusion[c])] for c, name in enumerate(names)]
    print_table("What was taken for what: rows are shown, columns named", ["Shown", *names], counts)
    worst = [
        [p.path.name, names[p.kind], names[p.named], f"{p.probabilities[p.named]:.3f}", f"{p.given:.3f}"]
        for p in evaluation.worst
    ]
    header = ["Picture", "Shown", "Named", "Probability", "Of what it shows"]
    print_table("Worst pictures", header, worst, left=3)
    named = evaluation.named
    say(
        f"From the model's threshold of {named.least:.2f} on, {named.named} of {named.pictures} pictures are named "
        f"({number(named.coverage)}), of which {named.right} rightly ({number(named.accuracy)}); the others count as "
        "unidentified."
    )


def _recall(evaluation: ClassEvaluation, kind: int) -> str:
    if not evaluation.scores.confusion[kind].sum():
        return "–"
    interval = evaluation.recall_interval(kind)
    return with_interval(number(evaluation.scores.recall[kind]), f"{interval.low:.3f}", f"{interval.high:.3f}")

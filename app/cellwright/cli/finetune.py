"""``cellwright finetune``: corrections in a project teach a model, and held-out pictures say whether it helped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.cli.console import print_json, print_table, say, watching
from cellwright.cli.main import Exit
from cellwright.core import BadParameter
from cellwright.zoo.lineage import free_name

if TYPE_CHECKING:
    from argparse import Namespace

    from cellwright.workflows.finetune import Taught

_WORDS = {"missed": "missed", "invented": "invented", "poor": "poor"}


def run(options: Namespace) -> int:
    """Teach and judge; `Exit.INCOMPLETE` where the tuned model was not found better."""
    from cellwright.workflows.finetune import FineTune
    from cellwright.workflows.teaching import SummarizeLesson

    project = options.project.expanduser()
    name = options.out or free_name(options.model)
    operation = FineTune(
        project,
        options.run.expanduser() if options.run else project / "runs" / name,
        options.model,
        options.layers,
        options.minutes,
        options.steps,
        replay=options.replay.expanduser() if options.replay else None,
        held_out=_held_out(options.held_out),
        name=name,
        takes_over=options.use,
        seed=options.seed,
        device=options.device,
        workers=options.workers,
        threads=options.threads,
    )
    with watching(is_silent=options.json) as watcher:
        if not options.json and not (operation.out / "lesson.json").exists():
            new = watcher.run(SummarizeLesson(project, options.model, operation.held_out, options.seed)).new_words
            if new:
                say(new)
        taught = watcher.run(operation)
    if options.json:
        print_json(taught.to_dict())
    else:
        _print(taught)
    return Exit.DONE if taught.verdict.is_better else Exit.INCOMPLETE


def _held_out(said: str) -> float | Path:
    """Return a share, or a folder where it is no number."""
    try:
        return float(said)
    except ValueError:
        folder = Path(said).expanduser()
        if not folder.exists():
            raise BadParameter(f"--held-out {said} is neither a share such as 0.25 nor a folder.") from None
        return folder


def _print(taught: Taught) -> None:
    from cellwright.workflows.finetune import CASES

    verdict = taught.verdict
    say(verdict.sentence)
    rows = [[name, _number(old), _number(new)] for name, (old, new) in verdict.per_class.items()]
    if rows:
        print_table("On held-out pictures", ["Class", "Before", "After"], rows)
    if verdict.worst:
        cases = [
            [_WORDS[case.kind], case.class_name, case.picture.name, _place(case.box), case.before, case.after]
            for case in verdict.worst
        ]
        print_table("Worst cases", ["What", "Class", "Picture", "Where (y, x)", "Before", "After"], cases, left=6)
        say(f"Pictures of them, before and after beside each other: {taught.run / CASES}")
    say(f"{taught.name} learned from {taught.objects:,} objects on {taught.pictures:,} pictures: {taught.folder}")
    if not taught.is_in_use and verdict.is_better:
        say(f"Put it in use with: cellwright models promote {taught.name}")


def _place(box: tuple[float, float, float, float]) -> str:
    return f"{(box[0] + box[2]) / 2:.0f}, {(box[1] + box[3]) / 2:.0f}"


def _number(score: float | None) -> str:
    return "–" if score is None else f"{score:.3f}"

"""``cellwright models lineage|promote|rollback``: where tuned models come from, and which one is in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellwright.cli.console import print_json, print_table, say
from cellwright.cli.main import Exit
from cellwright.zoo import score_title
from cellwright.zoo.lineage import family_of, lineage_rows, promote, rollback

if TYPE_CHECKING:
    from argparse import Namespace


def run(options: Namespace) -> int:
    """Do what was asked of the tuned models."""
    return {"lineage": _lineage, "promote": _promote, "rollback": _rollback}[options.what](options)


def _lineage(options: Namespace) -> int:
    rows = lineage_rows(None if options.model is None else family_of(options.model))
    if options.json:
        print_json(rows)
    elif not rows:
        say("No model was tuned here yet.")
    else:
        header = ["Name", "From", "Learned from", "Verdict", "In use", "Made"]
        print_table("", header, [_row(row) for row in rows], left=6)
    return Exit.DONE


def _row(row: dict[str, Any]) -> list[str]:
    verdict = row["verdict"]
    gain = verdict.get("gain") or {}
    said = "not judged"
    if verdict.get("metric"):
        better = "better" if row["is_better"] else "not better"
        said = f"{better}: {score_title(verdict['metric'])} {gain['old']:.3f} → {gain['tuned']:.3f}"
    learned = f"{row['objects']:,} objects, {row['pictures']:,} pictures"
    return [row["name"], row["parent"], learned, said, "yes" if row["is_in_use"] else "", row["made"][:16]]


def _promote(options: Namespace) -> int:
    before = promote(options.model, anyway=options.anyway)
    if options.json:
        print_json({"in_use": options.model, "before": before})
    else:
        say(f"{options.model} is in use instead of {before}; 'cellwright models rollback {options.model}' goes back.")
    return Exit.DONE


def _rollback(options: Namespace) -> int:
    before, now = rollback(family_of(options.model))
    if options.json:
        print_json({"in_use": now, "before": before})
    else:
        say(f"{now} is in use again instead of {before}.")
    return Exit.DONE

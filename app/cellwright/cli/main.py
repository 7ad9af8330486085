"""`main`: which command was meant, and how every error ends: one sentence, no traceback unless asked for."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

from cellwright.cli.parser import parse

if TYPE_CHECKING:
    import argparse


class Exit(IntEnum):
    """What the command tells the shell."""

    DONE = 0
    """Everything that was asked for is there."""
    INCOMPLETE = 1
    """The work was done, but something was left out, or a check found a fault."""
    ERROR = 2
    """Nothing could be done."""
    INTERRUPTED = 130
    """Ctrl+C."""


# Which module does the work. Named as text, so that no command pays for the imports of another.
_COMMANDS = {
    "window": "cellwright.cli.window",
    "analyze": "cellwright.cli.analyze",
    "reading-zone": "cellwright.cli.reading_zone",
    "train": "cellwright.cli.train",
    "evaluate": "cellwright.cli.evaluate",
    "new": "cellwright.cli.project",
    "history": "cellwright.cli.project",
    "undo": "cellwright.cli.project",
    "redo": "cellwright.cli.project",
    "restore": "cellwright.cli.project",
    "measure": "cellwright.cli.measure",
    "differential": "cellwright.cli.differential",
    "agreement": "cellwright.cli.agreement",
    "export": "cellwright.cli.export",
    "report": "cellwright.cli.report",
    "verify": "cellwright.cli.manifest",
    "rerun": "cellwright.cli.manifest",
    "sign": "cellwright.cli.manifest",
    "recipe": "cellwright.cli.manifest",
    "run": "cellwright.cli.run_recipe",
    "dataset": "cellwright.cli.dataset",
    "finetune": "cellwright.cli.finetune",
    "models": "cellwright.cli.models",
    "info": "cellwright.cli.info",
    "plugins": "cellwright.cli.plugins",
    "doctor": "cellwright.cli.doctor",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words after the program's name; None takes those it was started with.

    Returns
    -------
    int
        An `Exit`.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        options = parse(words)
    except SystemExit as end:  # --help, --version and words that make no sense
        return int(end.code or 0)
    run: Callable[[argparse.Namespace], int] = importlib.import_module(_COMMANDS[options.command]).run
    return _guarded(run, options)


def _guarded(run: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    from cellwright.core import CellwrightError

    try:
        return run(options)
    except CellwrightError as error:
        if options.debug:
            raise
        print(f"cellwright: {error}", file=sys.stderr)
        return Exit.ERROR
    except KeyboardInterrupt:
        print("cellwright: interrupted; nothing unfinished was kept.", file=sys.stderr)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader of our output, such as `head`, is gone; that is its right. What is still buffered goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE
    except Exception as error:
        if options.debug:
            raise
        print(
            f"cellwright: {type(error).__name__}: {error}. This is a fault of the program; "
            "repeat the command with --debug and report what it prints.",
            file=sys.stderr,
        )
        return Exit.ERROR

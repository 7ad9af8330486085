"""What a person sees while a command works and when it ends: bars on the error stream, tables on the output."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from cellwright.jobs import Operation, Progress, run_inline

if TYPE_CHECKING:
    from rich.console import Console

R = TypeVar("R")

_PIPE_WIDTH = 240
"""Columns where nobody looks: wide, so that no cell of a table is cut off."""


def console(*, is_error: bool = False) -> Console:
    """Return where to print: plain text and nothing cut off when it is not a terminal."""
    from rich.console import Console

    stream = sys.stderr if is_error else sys.stdout
    return Console(
        file=stream, width=None if stream.isatty() else _PIPE_WIDTH, highlight=False, markup=False, emoji=False
    )


def print_json(content: object) -> None:
    """Print one JSON document; NaN and infinity become null."""
    print(json.dumps(_plain(content), ensure_ascii=False, indent=2))


def print_table(title: str, header: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> None:
    """Print a table; its first `left` columns are text, the others are numbers at the right edge of theirs."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    if title:
        # Not as the table's own title, which would be folded to the table's width.
        console().print(Text(title, style="bold"))
    table = Table(
        box=box.SIMPLE_HEAD if any(header) else None,
        show_header=any(header),
        pad_edge=False,
    )
    for number, name in enumerate(header):
        table.add_column(
            Text(name), justify="left" if number < left else "right", overflow="fold", no_wrap=number >= left
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console().print(table)


def say(sentence: str) -> None:
    """Print one sentence for a person, on the error stream so that it never mixes with results."""
    print(sentence, file=sys.stderr)


class Watcher:
    """Runs operations and shows how far they are.

    Parameters
    ----------
    bar : rich.progress.Progress or None
        None where nobody looks at the error stream.
    task : object
        The bar's line.
    """

    def __init__(self, bar: Any, task: Any) -> None:
        self._bar = bar
        self._task = task

    def run(
        self,
        operation: Operation[R],
        *,
        number: int = 0,
        of: int = 1,
        also: Callable[[Progress], None] | None = None,
    ) -> R:
        """Run an operation on this thread; it is the `number`-th (from 0) of several alike.

        `also` is called with every report.
        """

        def show(progress: Progress) -> None:
            self._show(progress, operation.title, number, of)
            if also is not None:
                also(progress)

        return run_inline(operation, show)

    def _show(self, progress: Progress, title: str, number: int, of: int) -> None:
        if self._bar is None:
            return
        share = progress.done / progress.total if progress.total else 0.0
        place = f"{number + 1}/{of}  " if of > 1 else ""
        self._bar.update(
            self._task,
            completed=(number + share) / of,
            total=1.0 if progress.total or number else None,
            description=f"{place}{title}",
            said=progress.message,
        )


@contextmanager
def watching(*, is_silent: bool = False) -> Generator[Watcher]:
    """Give a `Watcher` whose bar goes away at the end."""
    screen = console(is_error=True)
    if is_silent or not screen.is_terminal:
        yield Watcher(None, None)
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[said]}", markup=False),
    )
    with Progress(*columns, console=screen, transient=True) as bar:
        yield Watcher(bar, bar.add_task("", total=None, said=""))


def with_interval(value: str, low: str, high: str) -> str:
    """Return a number with its interval: ``"312 (279–348)"``."""
    return f"{value} ({low}–{high})"


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value

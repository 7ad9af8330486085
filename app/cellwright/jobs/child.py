"""The process of an `IsolatedRun`: ``python -m cellwright.jobs.child FOLDER`` runs what the folder says."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Generator
from pathlib import Path
from typing import Any

from cellwright.core import CellwrightError
from cellwright.core.atomic import replacing
from cellwright.jobs.isolated import (
    LOCK_FILE,
    OPERATION_FILE,
    PROGRESS_FILE,
    RESULT_FILE,
    WISH_FILE,
    RunState,
    hold_lock,
    operation_from,
    write_state,
)
from cellwright.jobs.operation import Progress

_LOOK_SECONDS = 0.05
"""How often a paused child looks whether it may go on."""
_MEMORY = ("out of memory", "can't allocate", "not enough memory", "failed to allocate", "bad allocation")
_LOWER = (
    "Memory ran out. Teach the answering part alone, leave out the replay of the original data, "
    "or close other programs; then go on."
)


class Cancelled(Exception):
    """Someone asked the run to stop."""


def main(arguments: list[str] | None = None) -> int:
    """Run the operation of a folder; 0 where it ended well or was asked to stop, 1 where it failed."""
    (name,) = sys.argv[1:] if arguments is None else arguments
    folder = Path(name)
    lock = hold_lock(folder / LOCK_FILE)
    if sys.platform != "win32":
        # A terminal that is closed must not take the run with it.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        write_state(folder, RunState.RUNNING)
        return _run(folder)
    finally:
        os.close(lock)


def _run(folder: Path) -> int:
    try:
        words = json.loads((folder / OPERATION_FILE).read_text(encoding="utf-8"))
        result = _driven(operation_from(words).run(), folder)
    except Cancelled:
        write_state(folder, RunState.CANCELLED)
        return 0
    except CellwrightError as error:
        write_state(folder, RunState.FAILED, str(error))
    except MemoryError:
        write_state(folder, RunState.FAILED, _LOWER)
    # Whatever it is, the parent must be told; the log holds the rest.
    except Exception as error:  # noqa: BLE001
        traceback.print_exc()
        is_memory = any(word in str(error).lower() for word in _MEMORY)
        fault = f"{type(error).__name__}: {error}. This is a fault of the program; {folder / 'child.log'} says more."
        write_state(folder, RunState.FAILED, _LOWER if is_memory else fault)
    else:
        with replacing(folder / RESULT_FILE) as part:
            part.write_text(json.dumps(result), encoding="utf-8")
        write_state(folder, RunState.DONE)
        return 0
    return 1


def _driven(steps: Generator[Progress, None, Any], folder: Path) -> dict[str, Any]:
    """Drive the operation to its end, as its parents wish."""
    try:
        with (folder / PROGRESS_FILE).open("a", encoding="utf-8", buffering=1) as lines:
            while True:
                _heed(folder)
                report = next(steps)
                words = {"done": report.done, "total": report.total, "message": report.message, "time": time.time()}
                lines.write(json.dumps(words) + "\n")
    except StopIteration as end:
        made = end.value
        return dict(made.to_dict()) if hasattr(made, "to_dict") else {}
    finally:
        steps.close()


def _heed(folder: Path) -> None:
    """Wait while someone wishes so; raise `Cancelled` where someone wishes that."""
    is_paused = False
    while (wish := _wish(folder)) == "pause":
        if not is_paused:
            write_state(folder, RunState.PAUSED)
            is_paused = True
        time.sleep(_LOOK_SECONDS)
    if wish == "cancel":
        raise Cancelled
    if is_paused:
        write_state(folder, RunState.RUNNING)


def _wish(folder: Path) -> str:
    try:
        return (folder / WISH_FILE).read_text(encoding="utf-8")
    except OSError:
        return "run"


if __name__ == "__main__":
    sys.exit(main())

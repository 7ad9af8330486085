"""`IsolatedRun`: an operation in a process of its own, followed, paused and stopped through files in its run folder.

Nothing is pickled: the child is told a name and plain JSON, and answers in lines of JSON. The files outlive the parent,
so that another window can take the run up again; what the child holds in memory is lost with it, and what it has saved
is gone on with by starting the same operation in the same folder.
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
import types
import typing
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any

from cellwright.core import BadParameter, OutputExists
from cellwright.core.atomic import replacing
from cellwright.jobs.operation import Operation, Progress

OPERATION_FILE = "operation.json"
STATE_FILE = "state.json"
PROGRESS_FILE = "progress.jsonl"
RESULT_FILE = "result.json"
WISH_FILE = "wish"
LOCK_FILE = "running.lock"
LOG_FILE = "child.log"

CANCEL_SECONDS = 1.5
"""How long a child may take to stop by itself before it is ended."""
FORCED_SECONDS = 0.4
"""How long one that was ended is waited for; a busy system takes longer to clear it away."""
_PACKAGE = "cellwright."
_TRIES = 25
_children: list[subprocess.Popen[bytes]] = []


class RunState(str, Enum):
    """Where an isolated run is."""

    STARTING = "starting"
    """The process was made and has not said anything yet."""
    RUNNING = "running"
    """It works."""
    PAUSED = "paused"
    """It waits between two steps."""
    DONE = "done"
    """It ended well; there is a result."""
    CANCELLED = "cancelled"
    """Someone asked it to stop; it can be gone on with."""
    FAILED = "failed"
    """It raised an error, or was ended from outside; it can be tried again."""

    @property
    def is_end(self) -> bool:
        """Whether nothing more will happen."""
        return self in (RunState.DONE, RunState.CANCELLED, RunState.FAILED)


@dataclass(frozen=True, slots=True)
class RunReport:
    """What is known of a run now: its state, its last progress, and what went wrong, in words for a person."""

    state: RunState
    progress: Progress | None = None
    problem: str = ""
    result: dict[str, Any] | None = None


class IsolatedRun:
    """A run in its folder; several parents may look at one.

    Parameters
    ----------
    folder : Path
        Where `start` put it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._child: subprocess.Popen[bytes] | None = None

    @staticmethod
    def start(operation: Operation[Any], folder: Path, threads: int | None = None) -> IsolatedRun:
        """Run an operation in a new process that outlives this one.

        Parameters
        ----------
        operation : Operation
            A frozen dataclass of this package whose fields are text, numbers, paths, None, or tuples of such; its
            result has a `to_dict`.
        folder : Path
            Where its files stand; an operation that can be gone on with finds its earlier work there.
        threads : int, optional
            Most threads of the child.

        Raises
        ------
        OutputExists
            If the folder's run is still going on.
        BadParameter
            If the operation cannot be told in plain words.
        """
        words = as_words(operation)
        folder.mkdir(parents=True, exist_ok=True)
        run = IsolatedRun(folder)
        if run.is_alive():
            raise OutputExists(f"{folder} is being worked in already; look at that run or choose another folder.")
        for name in (STATE_FILE, PROGRESS_FILE, RESULT_FILE, WISH_FILE):
            (folder / name).unlink(missing_ok=True)
        with replacing(folder / OPERATION_FILE) as part:
            part.write_text(json.dumps(words, indent=2) + "\n", encoding="utf-8")
        run._spawn(threads)
        return run

    @staticmethod
    def attach(folder: Path) -> IsolatedRun:
        """Take up a run that another parent started.

        Raises
        ------
        BadParameter
            If the folder holds no run.
        """
        if not (folder / OPERATION_FILE).exists():
            raise BadParameter(f"{folder} holds no run to look at.")
        return IsolatedRun(folder)

    def go_on(self, threads: int | None = None) -> None:
        """Start the same operation once more, after it was cancelled, failed, or the machine went down."""
        run = IsolatedRun.start(operation_from(self._words()), self.folder, threads)
        self._child = run._child  # noqa: SLF001 - another of our own kind

    def is_alive(self) -> bool:
        """Return whether a process works in the folder."""
        is_there = self._child is not None and self._child.poll() is None
        # Between its last word and its end a process is of no more interest.
        return (is_there and not self._said()[0].is_end) or is_locked(self.folder / LOCK_FILE)

    def report(self) -> RunReport:
        """Return what is known now."""
        state, problem = self._state()
        result = None
        if state is RunState.DONE:
            with contextlib.suppress(OSError, ValueError):
                result = json.loads((self.folder / RESULT_FILE).read_text(encoding="utf-8"))
        return RunReport(state, self._progress(), problem, result)

    def pause(self) -> None:
        """Ask the child to wait after the step that is running."""
        self._wish("pause")

    def unpause(self) -> None:
        """Let a paused child go on."""
        self._wish("run")

    def cancel(self) -> RunReport:
        """Stop the child: by itself between two steps, else by force; within two seconds either way."""
        if not self.is_alive():
            return self.report()
        self._wish("cancel")
        if not self._ended_within(CANCEL_SECONDS):
            self._end_by_force()
            self._ended_within(FORCED_SECONDS)
            if not self.report().state.is_end or self.report().state is RunState.FAILED:
                write_state(self.folder, RunState.CANCELLED)
        return self.report()

    def wait(self, seconds: float) -> RunReport:
        """Wait until the child has ended, at most so long, and return what is known then."""
        self._ended_within(seconds)
        return self.report()

    def _spawn(self, threads: int | None) -> None:
        environment = dict(os.environ)
        if threads is not None:
            environment |= {"OMP_NUM_THREADS": str(threads), "NUMBA_NUM_THREADS": str(threads)}
        apart: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}
        with (self.folder / LOG_FILE).open("ab") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "cellwright.jobs.child", str(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                **apart,
            )
        # Kept, so that it is not waited for when nobody looks at the run any more, and is buried once it has ended.
        _children[:] = [self._child, *(child for child in _children if child.poll() is None)]

    def _words(self) -> dict[str, Any]:
        words: dict[str, Any] = json.loads((self.folder / OPERATION_FILE).read_text(encoding="utf-8"))
        return words

    def _state(self) -> tuple[RunState, str]:
        state, problem = self._said()
        if state.is_end or self.is_alive():
            return state, problem
        state, problem = self._said()  # it may have ended between the two questions
        return (state, problem) if state.is_end else (RunState.FAILED, self._why_gone())

    def _said(self) -> tuple[RunState, str]:
        """Return what the child said last."""
        try:
            words = json.loads((self.folder / STATE_FILE).read_text(encoding="utf-8"))
            return RunState(words["state"]), str(words.get("problem", ""))
        except (OSError, ValueError, KeyError):
            return RunState.STARTING, ""

    def _why_gone(self) -> str:
        code = self._child.returncode if self._child is not None else None
        if code is not None and code == -getattr(signal, "SIGKILL", 9):
            return (
                "The training was ended by the system, most likely because memory ran out. Teach the answering part "
                "alone, close other programs, or give smaller pictures; then go on."
            )
        return "The training ended without a word, perhaps because the computer went down. Go on from where it saved."

    def _progress(self) -> Progress | None:
        path = self.folder / PROGRESS_FILE
        try:
            with path.open("rb") as lines:
                lines.seek(max(0, path.stat().st_size - 4096))
                whole = lines.read().split(b"\n")[:-1]
            words = json.loads(whole[-1])
            return Progress(int(words["done"]), int(words["total"]), str(words["message"]))
        except (OSError, ValueError, KeyError, IndexError):
            return None

    def _wish(self, word: str) -> None:
        with replacing(self.folder / WISH_FILE) as part:
            part.write_text(word, encoding="utf-8")

    def _ended_within(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while self.is_alive():
            if time.monotonic() >= until:
                return False
            time.sleep(0.02)
        return True

    def _end_by_force(self) -> None:
        number = self._child.pid if self._child is not None else _pid_in(self.folder)
        if number is None or number == os.getpid():  # who cancels writes the state as well
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform != "win32":
                # The child leads a group of its own, in which its helpers are too.
                os.killpg(number, signal.SIGKILL)
            else:
                os.kill(number, signal.SIGTERM)


def _let_go() -> None:
    """Leave the children that are still at work to themselves: they outlive this process."""
    for child in _children:
        if child.poll() is None:
            child.returncode = 0


atexit.register(_let_go)


def write_state(folder: Path, state: RunState, problem: str = "") -> None:
    """Say where a run is."""
    with replacing(folder / STATE_FILE) as part:
        part.write_text(json.dumps({"state": state.value, "problem": problem, "pid": os.getpid()}), encoding="utf-8")


def _pid_in(folder: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError, KeyError):
        return int(json.loads((folder / STATE_FILE).read_text(encoding="utf-8"))["pid"])
    return None


def as_words(operation: Operation[Any]) -> dict[str, Any]:
    """Return an operation's name and parameters as plain JSON.

    Raises
    ------
    BadParameter
        If it is no dataclass of this package, or a parameter is more than text, number, path or None.
    """
    kind: Any = type(operation)
    name = f"{kind.__module__}:{kind.__qualname__}"
    if not kind.__module__.startswith(_PACKAGE) or not dataclasses.is_dataclass(kind):
        raise BadParameter(f"{kind.__name__} cannot run in a process of its own; it is no operation of this program.")
    values = {each.name: _plain(getattr(operation, each.name)) for each in dataclasses.fields(kind) if each.init}
    return {"operation": name, "parameters": values}


def operation_from(words: dict[str, Any]) -> Operation[Any]:
    """Build an operation from its words.

    Raises
    ------
    BadParameter
        If they do not name an operation of this program, or its parameters are others.
    """
    module, _, name = str(words.get("operation", "")).partition(":")
    if not module.startswith(_PACKAGE) or not name.isidentifier():
        raise BadParameter(f"{module}:{name} is no operation of this program.")
    kind = getattr(import_module(module), name, None)
    if kind is None or not dataclasses.is_dataclass(kind) or not hasattr(kind, "run"):
        raise BadParameter(f"{module}:{name} is no operation of this program.")
    hints = typing.get_type_hints(kind)
    parameters = {key: _meant(value, hints.get(key, str)) for key, value in words.get("parameters", {}).items()}
    try:
        made: Any = kind(**parameters)  # type: ignore[operator]
    except TypeError as error:
        raise BadParameter(f"{name} has other parameters: {error}.") from error
    operation: Operation[Any] = made
    return operation


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return {"path": str(value.absolute())}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise BadParameter(f"{value!r} cannot be told to another process in plain words.")


def _meant(value: Any, hint: Any) -> Any:
    """Bring a value of JSON back to what it was; only what the annotation cannot leave open is looked up in it."""
    if isinstance(value, dict) and value.keys() == {"path"}:
        return Path(value["path"])
    if isinstance(value, list):
        return tuple(_meant(each, Any) for each in value)
    origin = typing.get_origin(hint)
    choices = typing.get_args(hint) if origin in (typing.Union, types.UnionType) else (hint,)
    for choice in choices:
        if isinstance(choice, type) and issubclass(choice, Enum) and value is not None:
            return choice(value)
    return value


def is_locked(path: Path) -> bool:
    """Return whether a living process holds the lock of a run."""
    if not path.exists():
        return False
    try:
        with path.open("rb+") as held:
            _lock(held.fileno())
    except OSError:
        return True
    return False


def hold_lock(path: Path) -> int:
    """Hold the lock of a run as long as this process lives; return the open file.

    Raises
    ------
    OutputExists
        If another process holds it.
    """
    number = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    for _ in range(_TRIES):
        try:
            _lock(number)
        except OSError:
            time.sleep(0.02)  # someone may only be looking whether it is held
        else:
            return number
    os.close(number)
    raise OutputExists(f"{path.parent} is being worked in already.")


def _lock(number: int) -> None:
    """Lock a file or raise `OSError`; the system lets go of it when the process ends, however it does."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)

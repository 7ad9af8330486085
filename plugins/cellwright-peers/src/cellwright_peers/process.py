"""`PeerProcess`: the other program under way, asked over its standard input, ended when it takes too long."""

from __future__ import annotations

import contextlib
import io
import json
import os
import queue
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import ModelNotUsable
from cellwright.jobs import is_stop_asked
from cellwright_peers.peers import ABOUT, Asked

VERSION = 1
PROGRAM = Path(__file__).parent / "child" / "program.py"

_LEFT_OUT = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
"""What would lead the other Python into our packages."""
_NETWORK = ("URLError", "ConnectionError", "HTTPError", "gaierror", "TimeoutError", "MaxRetryError")
_MOST_BYTES = 2**31
_MOST_LINE = 2**16
_END_SECONDS = 10.0
"""How long a program that was ended may take to be gone; on a busy machine that is no instant."""
_LOOK_SECONDS = 0.2

_Reply = tuple[dict[str, Any], NDArray[np.generic] | None]


class PeerProcess:
    """One child process; it belongs to the thread that asks.

    Parameters
    ----------
    asked : Asked
        Which program, which of its models, and how long it may take.
    python : Path
        The Python of its environment.

    Raises
    ------
    ModelNotUsable
        If it cannot be started, does not answer in time, or says that it cannot; the text says what to do.
    """

    def __init__(self, asked: Asked, python: Path) -> None:
        self.asked = asked
        self._title = ABOUT[asked.peer].title
        self._number = 0
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the child lives
        self._replies: queue.SimpleQueue[_Reply | Exception | None] = queue.SimpleQueue()
        self._child = self._started(python)
        self._listener = threading.Thread(target=self._listen, name=f"peer {asked.peer.value}", daemon=True)
        self._listener.start()
        question = {
            "ask": "open",
            "version": VERSION,
            "peer": asked.peer.value,
            "model": asked.model,
            "options": asked.options,
            "um_per_px": asked.um_per_px,
        }
        said, _ = self._ask(question, None, asked.start_seconds)
        if said.get("version") != VERSION or said.get("answer") != "ready":
            self.end()
            raise ModelNotUsable(
                f"{self._title} answers version {said.get('version')!r} of the questions and not {VERSION}; "
                "install cellwright-peers again."
            )
        self.library = str(said.get("library", self._title))

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._child.poll() is None

    @property
    def pid(self) -> int:
        """Its number."""
        return self._child.pid

    def outline(self, picture: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Return the labels of a picture.

        Parameters
        ----------
        picture : (H, W, 3) ndarray of uint8
            Contrast as the model's card has it.

        Returns
        -------
        (H, W) ndarray of int32
            0 for the ground.

        Raises
        ------
        ModelNotUsable
            If it fails, ends or takes too long; it is ended then.
        """
        self._number += 1
        question = {"ask": "outline", "number": self._number}
        said, labels = self._ask(question, picture, self.asked.tile_seconds)
        is_right = labels is not None and labels.shape == picture.shape[:2] and labels.dtype == np.int32
        if said.get("answer") != "labels" or said.get("number") != self._number or not is_right:
            self.end()
            raise ModelNotUsable(f"{self._title} answered something else than asked; install cellwright-peers again.")
        assert labels is not None
        return labels.astype(np.int32, copy=False)

    def end(self) -> None:
        """End it, by force where it does not go by itself."""
        with contextlib.suppress(OSError):
            if self._child.stdin is not None:
                self._child.stdin.close()
        if self._child.poll() is None:
            self._child.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(_END_SECONDS)
        self._listener.join(_END_SECONDS)
        self._log.close()

    def _started(self, python: Path) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
        try:
            return subprocess.Popen(
                [str(python), "-u", str(PROGRAM)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                env=environment,
            )
        except OSError as error:
            self._log.close()
            raise ModelNotUsable(
                f"{self._title} cannot be started with {python}: {error.strerror or error}. Say with "
                f"`cellwright-peers use {self.asked.peer.value} PYTHON` where it is installed."
            ) from error

    def _ask(self, question: Mapping[str, Any], array: NDArray[np.uint8] | None, seconds: float) -> _Reply:
        try:
            self._send(question, array)
            return self._answer(seconds)
        except BaseException:
            # Also where a person interrupts: the answer to this question must not be taken for that to the next.
            self.end()
            raise

    def _send(self, question: Mapping[str, Any], array: NDArray[np.uint8] | None) -> None:
        data = b""
        if array is not None:
            held = io.BytesIO()
            np.save(held, np.ascontiguousarray(array), allow_pickle=False)
            data = held.getvalue()
        line = json.dumps({**question, "bytes": len(data)}).encode() + b"\n"
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(line + data)
            self._child.stdin.flush()
        except OSError as error:
            raise self._gone() from error

    def _answer(self, seconds: float) -> _Reply:
        until = time.monotonic() + seconds
        while True:
            try:
                reply = self._replies.get(timeout=max(0.0, min(_LOOK_SECONDS, until - time.monotonic())))
            except queue.Empty:
                if is_stop_asked():
                    raise ModelNotUsable(f"{self._title} was stopped.") from None
                if time.monotonic() < until:
                    continue
                raise ModelNotUsable(
                    f"{self._title} took longer than {seconds:g} s and was ended. Give it a smaller picture, or more "
                    "time in the model's peer.json."
                ) from None
            if reply is None:
                raise self._gone()
            if isinstance(reply, Exception):
                raise ModelNotUsable(f"{self._title} answered in a way that makes no sense: {reply}.") from reply
            if reply[0].get("answer") == "problem":
                raise ModelNotUsable(self._problem(str(reply[0].get("said", ""))))
            return reply

    def _problem(self, said: str) -> str:
        if said.startswith(("ModuleNotFoundError", "ImportError")):
            install = ABOUT[self.asked.peer].install
            return f"{self._title} is not whole in its environment ({said}); install it there: pip install {install}."
        if said.startswith(_NETWORK):
            return (
                f"{self._title} could not fetch {self.asked.model} from the network ({said[:200]}). Fetch it where "
                f"there is one, and say `cellwright-peers add NAME {self.asked.peer.value} PATH` where it lies."
            )
        return f"{self._title} could not do it: {said}"

    def _gone(self) -> ModelNotUsable:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(_END_SECONDS)
        last = "" if self._log.closed else self._last_words()
        words = f" Its last words: {last}" if last else ""
        return ModelNotUsable(f"{self._title} ended unasked (code {self._child.returncode}).{words}")

    def _last_words(self) -> str:
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - 4096))
        lines = [line.strip() for line in self._log.read().decode("utf-8", "replace").splitlines()]
        return next((line for line in reversed(lines) if line), "")[:300]

    def _listen(self) -> None:
        """Read answers until there are no more; on a thread of its own, so that whoever asks can stop waiting."""
        stream = self._child.stdout
        assert stream is not None
        with stream:
            try:
                while (reply := _read(stream)) is not None:
                    self._replies.put(reply)
            except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
                self._replies.put(error)
        self._replies.put(None)


def _read(stream: IO[bytes]) -> _Reply | None:
    line = stream.readline(_MOST_LINE)
    if not line:
        return None
    said = json.loads(line)
    size = int(said["bytes"])
    if not 0 <= size <= _MOST_BYTES:
        raise ValueError(f"an answer of {size} bytes")
    if not size:
        return said, None
    data = stream.read(size)
    if len(data) != size:
        raise EOFError("the answer ended early")
    return said, np.load(io.BytesIO(data), allow_pickle=False)

"""What runs in the other program's environment: numpy, that program, and nothing of Cellwright.

Questions come on standard input and answers go to standard output: a line of JSON, then as many bytes as it says, an
array as numpy writes it. Whatever the program itself prints goes to standard error. Plain Python from 3.8 on.
"""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
from importlib import import_module
from typing import IO, Any, Callable, Dict, Optional, Tuple  # noqa: UP035 - this also runs in Python 3.8

import numpy as np

VERSION = 1


def main() -> None:
    """Answer until there are no more questions."""
    questions = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # libraries like to print
    outline: Optional[Callable[[Any], Any]] = None  # noqa: UP045
    while True:
        line = questions.readline()
        if not line:
            return
        asked = json.loads(line)
        array = read_array(questions, asked.get("bytes", 0))
        try:
            if asked["ask"] == "open":
                outline, said = opened(asked)
                reply(answers, {"answer": "ready", "version": VERSION, **said})
            elif asked["ask"] == "outline" and outline is not None:
                labels = checked(outline(array), array.shape[:2])
                reply(answers, {"answer": "labels", "number": asked["number"]}, labels)
            else:
                return
        except Exception as error:  # noqa: BLE001 - whatever it is, the other side must be told
            traceback.print_exc()
            sys.stderr.flush()
            said = {"said": f"{type(error).__name__}: {error}"[:2000], "number": asked.get("number", -1)}
            reply(answers, {"answer": "problem", **said})


def opened(asked: Dict[str, Any]) -> Tuple[Callable[[Any], Any], Dict[str, Any]]:  # noqa: UP006
    """Return a function from (H, W, 3) uint8 to labels, and what there is to say about it."""
    if asked["version"] != VERSION:
        raise ValueError(f"this program answers version {VERSION} of the questions, not {asked['version']!r}")
    made: Tuple[Callable[[Any], Any], Dict[str, Any]] = import_module(f"{asked['peer']}_peer").opened(  # noqa: UP006
        asked["model"], dict(asked["options"]), asked["um_per_px"]
    )
    return made


def checked(labels: Any, shape: Any) -> Any:
    """Return labels as (H, W) int32."""
    labels = np.asarray(labels)
    if labels.shape != tuple(shape) or labels.dtype.kind not in "iu":
        raise ValueError(f"it answered {labels.shape} of {labels.dtype} to a picture of {tuple(shape)}")
    return np.ascontiguousarray(labels, np.int32)


def read_array(stream: IO[bytes], size: int) -> Any:
    """Return the array of a question, None where it has none."""
    if not size:
        return None
    data = stream.read(size)
    if len(data) != size:
        raise EOFError("the question ended early")
    return np.load(io.BytesIO(data), allow_pickle=False)


def reply(stream: IO[bytes], said: Dict[str, Any], array: Any = None) -> None:  # noqa: UP006
    """Write an answer."""
    data = b""
    if array is not None:
        held = io.BytesIO()
        np.save(held, array, allow_pickle=False)
        data = held.getvalue()
    stream.write(json.dumps({**said, "bytes": len(data)}).encode() + b"\n" + data)
    stream.flush()


if __name__ == "__main__":
    main()

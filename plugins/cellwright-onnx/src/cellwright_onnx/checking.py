"""Does a recorded network answer to its own test input with its own test output: bioimage.io's first question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import ModelNotUsable
from cellwright.zoo import ModelCard, description_file, is_plain_name, load_card
from cellwright.zoo.bioimageio import load_description
from cellwright.zoo.recorded import recorded_network
from cellwright.zoo.steps import apply_steps, read_steps
from cellwright_onnx.architectures import TORCHSCRIPT
from cellwright_onnx.session import Session

MOST_BYTES = 2**30
"""A test tensor is no larger."""

RELATIVE, ABSOLUTE, PER_MILLION = 1e-3, 1e-3, 100.0
"""Tolerances where a description names none: those of the specification."""


@dataclass(frozen=True, slots=True)
class Checked:
    """How near the answers came.

    Parameters
    ----------
    output : str
        Which answer.
    largest : float
        The largest difference of two numbers.
    beyond : float
        How many of a million differ by more than is tolerated.
    is_right : bool
        Whether that is few enough.
    """

    output: str
    largest: float
    beyond: float
    is_right: bool


def check(folder: Path) -> tuple[Checked, ...]:
    """Run a recorded network on its test input, every step included, and compare it with its test output.

    Parameters
    ----------
    folder : Path
        A model folder of bioimage.io, or one with a card, ``test_input.npy`` and ``test_output.npy``.

    Raises
    ------
    ModelNotUsable
        If it cannot be run, or has no test tensors.
    """
    card = load_card(folder)
    session = _session(folder, card)
    if description_file(folder) is None:
        answers = session.run(_typed(_array(folder, "test_input.npy"), session))
        return (_compared("answer", answers[0], _array(folder, "test_output.npy"), {}),)
    described = load_description(folder)
    taken = described.only_input
    if taken.test_tensor is None:
        raise ModelNotUsable(f"{folder} names no test input, so that nothing can be compared.")
    given = _array(folder, taken.test_tensor.source)
    steps = read_steps(taken.preprocessing, f"input {taken.id}")
    answers = session.run(_typed(apply_steps(steps, given, taken.letters), session))
    found = []
    for output, answer in zip(described.outputs, answers, strict=False):
        if output.test_tensor is None:
            continue
        after = read_steps(output.postprocessing, f"output {output.id}")
        result = apply_steps(after, answer, output.letters)
        wanted = _array(folder, output.test_tensor.source)
        found.append(_compared(output.id, result, wanted, _tolerance(described.config)))
    return tuple(found)


def _session(folder: Path, card: ModelCard) -> Session:
    from cellwright_onnx.onnx_session import OnnxSession
    from cellwright_onnx.torchscript_session import TorchscriptSession

    recorded = recorded_network(card)
    if recorded.kind == "onnx":
        return OnnxSession(folder, card, recorded.external, "cpu")
    TORCHSCRIPT.open_engine(folder, card, "cpu").close()  # asks for consent
    return TorchscriptSession(folder, card, "cpu")


def _array(folder: Path, name: str) -> NDArray[Any]:
    path = folder / name
    if not is_plain_name(name) or not path.resolve().is_relative_to(folder.resolve()):
        raise ModelNotUsable(f"{name!r} does not lie inside the model folder {folder}.")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ModelNotUsable(f"{path} is larger than {MOST_BYTES:,} bytes, which no test needs.")
        array: NDArray[Any] = np.load(path, allow_pickle=False, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise ModelNotUsable(f"{path} is no array that can be read: {error}.") from error
    if array.dtype.kind not in "fiub":
        raise ModelNotUsable(f"{path} holds no array of numbers.")
    return np.array(array)


def _typed(array: NDArray[Any], session: Session) -> NDArray[Any]:
    return np.ascontiguousarray(array.astype(session.input_type))


def _tolerance(config: Mapping[str, Any]) -> Mapping[str, Any]:
    said = config.get("bioimageio")
    listed = said.get("reproducibility_tolerance") if isinstance(said, dict) else None
    first = listed[0] if isinstance(listed, Sequence) and listed else None
    return first if isinstance(first, dict) else {}


def _compared(name: str, found: NDArray[Any], wanted: NDArray[Any], tolerance: Mapping[str, Any]) -> Checked:
    if found.shape != wanted.shape:
        raise ModelNotUsable(f"The answer {name} has the shape {found.shape}, its test output {wanted.shape}.")
    difference = np.abs(found.astype(np.float64) - wanted)
    relative = _number(tolerance, "relative_tolerance", RELATIVE)
    absolute = _number(tolerance, "absolute_tolerance", ABSOLUTE)
    beyond = float((difference > absolute + relative * np.abs(wanted)).mean() * 1e6) if difference.size else 0.0
    allowed = _number(tolerance, "mismatched_elements_per_million", PER_MILLION)
    return Checked(name, float(difference.max(initial=0.0)), beyond, beyond <= allowed)


def _number(words: Mapping[str, Any], name: str, otherwise: float) -> float:
    value = words.get(name, otherwise)
    return float(value) if isinstance(value, int | float) else otherwise

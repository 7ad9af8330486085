"""ONNX Runtime: a network loaded from checked bytes, which opens no file by itself and has a limit of memory."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, ModelNotUsable
from cellwright.inference import network_threads
from cellwright.zoo import ModelCard
from cellwright_onnx.onnx_file import external_files
from cellwright_onnx.session import read_hashed

MEMORY_SHARE = 0.5
"""Share of the machine's memory that answers may take: a file can ask for any amount."""

_TYPES = {"tensor(float)": "f4", "tensor(float16)": "f2", "tensor(double)": "f8", "tensor(uint8)": "u1"}
_QUIET = 4
_NO_ROOM = ("failed to allocate", "bad_alloc", "available memory", "bad allocation")


class OnnxSession:
    """A `Session` of ONNX Runtime.

    Parameters
    ----------
    folder : Path
        The model folder.
    card : ModelCard
        Whose weights are the ONNX file.
    external : mapping of str to str
        Files beside it that hold its numbers, and the sha256 of each.
    device : str
        ``"auto"`` and ``"cpu"`` take the processor, ``"cuda"`` a GPU.
    """

    def __init__(self, folder: Path, card: ModelCard, external: Mapping[str, str], device: str) -> None:
        ort = runtime()
        path = folder / card.weights.file
        data = read_hashed(folder, card.weights.file, card.weights.sha256)
        options = ort.SessionOptions()
        options.log_severity_level = _QUIET
        options.intra_op_num_threads = network_threads()
        options.inter_op_num_threads = 1
        _limit_memory(ort)
        options.add_session_config_entry("session.use_env_allocators", "1")
        _add_external(options, folder, external_files(data), external)
        provider, self.device = _provider(ort, device)
        try:
            self._session = ort.InferenceSession(data, options, providers=[provider])
        except failures() as error:
            raise ModelNotUsable(f"ONNX Runtime does not take {path}: {_reason(error)}.") from error
        taken = self._session.get_inputs()
        if len(taken) != 1:
            names = ", ".join(one.name for one in taken)
            raise ModelNotUsable(f"{path} takes {len(taken)} inputs ({names}); only a picture can be given.")
        self._input = taken[0]
        if self._input.type not in _TYPES:
            raise ModelNotUsable(f"{path} takes {self._input.type}; pictures are given as float or uint8 numbers.")
        self._path = path
        self.name = f"ONNX Runtime {ort.__version__}"

    @property
    def input_type(self) -> np.dtype[Any]:
        """See `Session`."""
        return np.dtype(_TYPES[self._input.type])

    @property
    def input_shape(self) -> tuple[int | None, ...] | None:
        """See `Session`."""
        return tuple(length if isinstance(length, int) else None for length in self._input.shape)

    @property
    def output_names(self) -> tuple[str, ...]:
        """See `Session`."""
        return tuple(one.name for one in self._session.get_outputs())

    def run(self, tensor: NDArray[Any]) -> Sequence[NDArray[Any]]:
        """See `Session`."""
        try:
            answers = self._session.run(None, {self._input.name: np.ascontiguousarray(tensor)})
        except failures() as error:
            if any(words in str(error).lower() for words in _NO_ROOM):
                raise MemoryError(f"Memory ran short while {self._path} answered.") from error
            raise ModelNotUsable(f"{self._path} does not answer: {_reason(error)}.") from error
        if not all(isinstance(answer, np.ndarray) and answer.dtype.kind in "fiub" for answer in answers):
            raise ModelNotUsable(f"{self._path} answers with something that is no array of numbers.")
        arrays: list[NDArray[Any]] = list(answers)
        return arrays

    def close(self) -> None:
        """Keep the session: ONNX Runtime gives memory back by itself when it is forgotten."""


@cache
def runtime() -> ModuleType:
    """Import ONNX Runtime so that it reports to nobody; the only place where it is imported.

    Raises
    ------
    ModelNotUsable
        If it is not installed, or cannot be loaded on this machine.
    """
    try:
        onnxruntime = importlib.import_module("onnxruntime")
    except ImportError as error:
        raise ModelNotUsable(
            f"ONNX Runtime is needed and cannot be loaded ({error}); install it: pip install onnxruntime."
        ) from error
    onnxruntime.disable_telemetry_events()
    return onnxruntime


@cache
def failures() -> tuple[type[Exception], ...]:
    """Return everything that ONNX Runtime raises; its errors have no common base of their own."""
    state = importlib.import_module("onnxruntime.capi.onnxruntime_pybind11_state")
    own = [value for value in vars(state).values() if isinstance(value, type) and issubclass(value, Exception)]
    return (*own, RuntimeError, ValueError, TypeError)


@cache
def _limit_memory(ort: ModuleType) -> None:
    """Give all sessions of the process one allocator with a limit."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        total = 16 * 2**30
    place = ort.OrtMemoryInfo("Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    ort.create_and_register_allocator(place, ort.OrtArenaCfg({"max_mem": int(total * MEMORY_SHARE)}))


def _provider(ort: ModuleType, device: str) -> tuple[str, str]:
    kind, _, rest = device.partition(":")
    if kind == "cuda":
        if "CUDAExecutionProvider" not in ort.get_available_providers():
            raise BadParameter(
                "This ONNX Runtime has no CUDA: use the device cpu, or install onnxruntime-gpu in place of onnxruntime."
            )
        return "CUDAExecutionProvider", "cuda:0"
    if device not in {"auto", "cpu"}:
        raise BadParameter(f"ONNX Runtime runs this model: choose auto, cpu or cuda, not {device}.")
    del rest
    return "CPUExecutionProvider", "cpu"


def _add_external(options: Any, folder: Path, named: frozenset[str], allowed: Mapping[str, str]) -> None:
    """Hand over the contents of the files that an ONNX file names; it never opens one itself."""
    if strange := sorted(named - set(allowed)):
        raise ModelNotUsable(
            f"The ONNX file wants to read {strange[0]!r}, which its card does not name with a sha256; nothing else is "
            "opened for it. Export the model with its weights inside, or name the file under architecture.external."
        )
    names = sorted(named)
    contents = [read_hashed(folder, name, allowed[name]) for name in names]
    if names:
        options.add_external_initializers_from_files_in_memory(names, contents, [len(data) for data in contents])


def _reason(error: Exception) -> str:
    """Return what ONNX Runtime says in one line, without its codes and places in its source."""
    text = " ".join(str(error).split())
    text = text.rsplit("[ONNXRuntimeError] :", 1)[-1].strip()
    parts = text.split(" : ", 2)
    text = parts[2] if len(parts) == 3 and parts[0].strip().isdigit() else text
    return text[:300].rstrip(". ") or type(error).__name__

"""TorchScript: an archive that torch loads, after a person allowed it."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, ModelNotUsable
from cellwright.inference import network_threads
from cellwright.zoo import ModelCard
from cellwright_onnx.session import read_hashed

MOST_GROWTH = 20
"""An archive of weights is stored as it is; one that unpacks to many times its size is a bomb."""


class TorchscriptSession:
    """A `Session` of torch; whoever makes one has asked for consent.

    Parameters
    ----------
    folder : Path
        The model folder.
    card : ModelCard
        Whose weights are the archive.
    device : str
        ``"auto"`` and ``"cpu"`` take the processor, ``"cuda"`` a GPU.
    """

    input_shape = None
    output_names: tuple[str, ...] = ()

    def __init__(self, folder: Path, card: ModelCard, device: str) -> None:
        import torch

        data = read_hashed(folder, card.weights.file, card.weights.sha256)
        self._path = folder / card.weights.file
        refuse_bomb(data, self._path)
        self.device = _device(device)
        self._torch = torch
        try:
            with warnings.catch_warnings():
                # TorchScript is deprecated, and so is reading it; the files are there all the same.
                warnings.simplefilter("ignore")
                module: Any = torch.jit.load(io.BytesIO(data), self.device)  # type: ignore[no-untyped-call]
        except (RuntimeError, ValueError, OSError, EOFError) as error:
            raise ModelNotUsable(f"{self._path} is no TorchScript that can be loaded: {_line(error)}.") from error
        self._module = module.eval()
        self.name = f"torch {torch.__version__.split('+')[0]} TorchScript"
        self.input_type: np.dtype[Any] = np.dtype("f4")

    def run(self, tensor: NDArray[Any]) -> Sequence[NDArray[Any]]:
        """See `Session`."""
        torch = self._torch
        if self.device == "cpu" and torch.get_num_threads() != network_threads():
            torch.set_num_threads(network_threads())
        try:
            with torch.inference_mode():
                answer = self._module(torch.from_numpy(np.ascontiguousarray(tensor)).to(self.device))
        except RuntimeError as error:
            if "memory" in str(error).lower() or isinstance(error, torch.OutOfMemoryError):
                raise MemoryError(f"Memory ran short while {self._path} answered.") from error
            raise ModelNotUsable(f"{self._path} does not answer: {_line(error)}.") from error
        return [part.detach().cpu().numpy() for part in self._tensors(answer)]

    def close(self) -> None:
        """Keep the module: torch gives memory back by itself when it is forgotten."""

    def _tensors(self, answer: Any) -> Iterator[Any]:
        if isinstance(answer, self._torch.Tensor):
            yield answer
        elif isinstance(answer, list | tuple):
            for part in answer:
                yield from self._tensors(part)
        elif isinstance(answer, dict):
            yield from self._tensors(list(answer.values()))
        else:
            raise ModelNotUsable(f"{self._path} answers with {type(answer).__name__}, which is no array of numbers.")


def refuse_bomb(data: bytes, path: Path) -> None:
    """Raise `ModelNotUsable` if an archive is none, or unpacks to many times its size."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise ModelNotUsable(f"{path} is no TorchScript archive: {_line(error)}.") from error
    if unpacked > MOST_GROWTH * max(len(data), 1):
        raise ModelNotUsable(f"{path} unpacks to {unpacked:,} bytes from {len(data):,}, which no weights do.")


def _device(device: str) -> str:
    import torch

    kind = device.partition(":")[0]
    if kind == "cuda":
        if not torch.cuda.is_available():
            raise BadParameter(f"The device {device!r} is not here; use auto or cpu.")
        return device if ":" in device else "cuda:0"
    if device not in {"auto", "cpu"}:
        raise BadParameter(f"TorchScript runs this model: choose auto, cpu or cuda, not {device}.")
    return "cpu"


def _line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__)[:300].rstrip(". ")

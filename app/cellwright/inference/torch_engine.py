"""The torch engines: float32 everywhere, bfloat16 on CPUs that multiply it, half precision with CUDA graphs on GPUs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from cellwright.inference.engine import is_out_of_memory, predictor_of
from cellwright.inference.hardware import network_threads

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

Precision = Literal["fp32", "bf16", "fp16"]

CPU_BATCH, CUDA_BATCH = 1, 16
"""A CPU gains nothing from batches, and one tile at a time stops soonest; a GPU is idle without them."""
_GRAPHS = 4
"""Input shapes whose CUDA graphs are kept."""


class TorchEngine:
    """A network run by torch.

    Parameters
    ----------
    network : nn.Module
        In float32 on the CPU, from `zoo.load_network`; it is changed and must not be used elsewhere.
    device : str
        ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.
    precision : {"fp32", "bf16", "fp16"}
        Number format of the convolutions; answers are decoded in float32.
    decoding : str
        See `predictor_of`.
    """

    def __init__(self, network: nn.Module, device: str, precision: Precision, decoding: str = "boxes") -> None:
        import torch

        self._torch = torch
        self._device = torch.device(device)
        self._dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
        fuse_norms(network)
        _convert_convolutions(network, self._dtype)
        self._network = predictor_of(network, decoding).to(self._device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._graphs: OrderedDict[tuple[int, ...], _Graph] = OrderedDict()
        self._uses_graphs = self._device.type == "cuda"
        self._notes: list[str] = []
        self.name = f"torch {torch.__version__.split('+')[0]} {precision}"
        self.device = device
        self.batch = CUDA_BATCH if self._device.type == "cuda" else CPU_BATCH

    @property
    def notes(self) -> tuple[str, ...]:
        """What went differently than planned."""
        return tuple(self._notes)

    def run(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, H, W, 3) uint8 → (N, …) float32; see `Engine`."""
        torch = self._torch
        if self._device.type == "cpu" and torch.get_num_threads() != network_threads():
            torch.set_num_threads(network_threads())
        with torch.inference_mode():
            batch = torch.from_numpy(np.ascontiguousarray(images))
            answer = self._through_graph(batch) if self._uses_graphs else self._answer(batch.to(self._device))
            result: NDArray[np.float32] = answer.cpu().numpy()
        return result

    def close(self) -> None:
        """Give back graphs and memory of the GPU."""
        self._graphs.clear()
        if self._device.type == "cuda":
            self._torch.cuda.empty_cache()

    def _answer(self, batch: Tensor) -> Tensor:
        """(N, H, W, 3) uint8 on the device → (N, …) float32 there."""
        torch = self._torch
        images = batch.permute(0, 3, 1, 2).float().div_(255)  # (N, 3, H, W), still channels last
        with torch.autocast(self._device.type, self._dtype, enabled=self._dtype != torch.float32):
            answer: Tensor = self._network(images)
        return answer.float()

    def _through_graph(self, batch: Tensor) -> Tensor:
        shape = tuple(batch.shape)
        if shape not in self._graphs:
            graph = self._captured(batch)
            if graph is None:
                return self._answer(batch.to(self._device))
            self._graphs[shape] = graph
            while len(self._graphs) > _GRAPHS:
                self._graphs.popitem(last=False)
        self._graphs.move_to_end(shape)
        return self._graphs[shape].replay(batch)

    def _captured(self, batch: Tensor) -> _Graph | None:
        """Record the work on a batch of this shape; None, and eager from now on, where CUDA cannot record it."""
        try:
            return _Graph(self._answer, batch.to(self._device))
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise
            self._uses_graphs = False
            self._graphs.clear()
            self._notes.append("CUDA graphs are not possible with this network; it runs step by step.")
            return None


class _Graph:
    """The kernels of one input shape, recorded once and replayed with one launch."""

    def __init__(self, answer: Callable[[Tensor], Tensor], batch: Tensor) -> None:
        import torch

        self._input = batch.clone()
        # Libraries choose their kernels on the first runs, which must not be part of the recording.
        side: torch.cuda.Stream = torch.cuda.Stream(batch.device)  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream(batch.device))
        with torch.cuda.stream(side):
            for _ in range(3):
                answer(self._input)
        torch.cuda.current_stream(batch.device).wait_stream(side)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._output = answer(self._input)

    def replay(self, batch: Tensor) -> Tensor:
        """Return the answer to a batch of the recorded shape; it is overwritten by the next replay."""
        self._input.copy_(batch)
        self._graph.replay()
        return self._output


def cuda_precision(number: int) -> Precision:
    """Return the fastest number format of a GPU that answers like float32: bf16 from Ampere on, before it fp16."""
    import torch

    major, _ = torch.cuda.get_device_capability(number)
    if major >= 8:
        return "bf16"
    return "fp16" if major >= 7 else "fp32"


def fuse_norms(network: nn.Module) -> None:
    """Fold each batch norm that directly follows a convolution into it, in place; the answers stay the same."""
    import torch
    from torch import nn
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    for block in list(network.modules()):
        for one, other in _neighbours(block):
            first, second = getattr(block, one), getattr(block, other)
            if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                with torch.no_grad():
                    setattr(block, one, fuse_conv_bn_eval(first, second).requires_grad_(False))
                setattr(block, other, nn.Identity())


def _neighbours(block: nn.Module) -> list[tuple[str, str]]:
    """Return the names of parts one of which follows the other: in a row, or as torchvision's residuals name them."""
    from torch import nn

    names = [name for name, _ in block.named_children()]
    if isinstance(block, nn.Sequential):
        return list(pairwise(names))
    return [(name, f"bn{name[4:]}") for name in names if name.startswith("conv") and f"bn{name[4:]}" in names]


def _convert_convolutions(network: nn.Module, dtype: torch.dtype) -> None:
    """Give the convolutions their weights in `dtype` for good; autocast alone would convert them on every call."""
    from torch import nn

    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            module.to(dtype)

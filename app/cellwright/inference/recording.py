"""Networks written down as graphs that other programs run: ONNX and TorchScript, compared with the network itself."""

from __future__ import annotations

import contextlib
import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from cellwright.core import ModelNotUsable
from cellwright.inference import openvino_engine
from cellwright.inference.engine import predictor_of
from cellwright.zoo import ModelCard, load_network

if TYPE_CHECKING:
    from torch import Tensor, nn

OPSET = 18
"""Version of ONNX's operators: old enough for programs of the last years, new enough for every network here."""

INPUT, OUTPUT = "images", "answer"
"""Names of what the graphs take and answer with."""

Kind = Literal["onnx", "torchscript"]

_RELATIVE, _ABSOLUTE = 0.01, 0.05
"""By how much a graph may answer otherwise than its network, as when it is converted for OpenVINO."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A network as bytes of a file.

    Parameters
    ----------
    data : bytes
        The file.
    fixed_px : int or None
        The one side of a square that the graph takes; None for every multiple of the card's stride.
    note : str
        What a person should know about it; empty for nothing.
    """

    data: bytes
    fixed_px: int | None = None
    note: str = ""


def record(folder: Path, card: ModelCard, kind: Kind) -> Recording:
    """Write the network of a model folder down: float32 (N, 3, H, W) in 0 … 1 in, what the card's decoder takes out.

    Parameters
    ----------
    folder : Path
        The model folder.
    card : ModelCard
        Its card.
    kind : "onnx" or "torchscript"
        As what.

    Raises
    ------
    ModelNotUsable
        If the network cannot be recorded so, a package for it is missing, or the graph answers otherwise.
    """
    network = _network(folder, card)
    is_free = openvino_engine.can_convert(card)
    if kind == "torchscript":
        if not is_free:
            raise ModelNotUsable(
                f"{card.name} cannot be recorded as TorchScript: what it does depends on what it sees; use onnx."
            )
        return _torchscript(network, card)
    return _onnx(network, card) if is_free else _onnx_of_one_size(network, card)


def reference_answer(folder: Path, card: ModelCard, images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what the network itself answers to (N, 3, H, W) in 0 … 1, in float32 on the CPU."""
    import torch

    network = _network(folder, card)
    with torch.inference_mode():
        answer: NDArray[np.float32] = network(torch.from_numpy(images)).float().numpy()
    return answer


def _network(folder: Path, card: ModelCard) -> nn.Module:
    """Return what is recorded: of regions, those rows alone that hold something, however many there are."""
    from torch import nn

    answering = predictor_of(load_network(folder, card), card.decoding.kind)
    if card.decoding.kind != "regions":
        return answering

    class Found(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.answering = answering

        def forward(self, images: Tensor) -> Tensor:
            rows: Tensor = self.answering(images)
            return rows[:, rows[0, :, 4] > 0]

    return Found().eval()


def _onnx(network: nn.Module, card: ModelCard) -> Recording:
    """Record for every size: sides are multiples of the stride, any number of pictures at a time."""
    import torch
    from torch.export import Dim

    _need_onnxscript()
    stride = card.input.stride
    rows, columns = Dim("h", min=1, max=8192 // stride), Dim("w", min=1, max=8192 // stride)
    sizes = {0: Dim("batch", min=1, max=64), 2: stride * rows, 3: stride * columns}
    if _takes_one_size(card):
        sizes = {0: sizes[0]}
    with _quiet(), warnings.catch_warnings():
        # What the exporter says about itself, nobody here can act on; whether it is right is compared below.
        warnings.simplefilter("ignore")
        program: Any = torch.onnx.export(
            network,
            (_example(card, 2),),
            dynamo=True,
            opset_version=OPSET,
            dynamic_shapes={INPUT: sizes},
            input_names=[INPUT],
            output_names=[OUTPUT],
            verbose=False,
        )
        data = bytes(program.model_proto.SerializeToString())
    fixed = card.input.tile_px if _takes_one_size(card) else None
    return Recording(data, fixed, _compared(data, network, card))


def _onnx_of_one_size(network: nn.Module, card: ModelCard) -> Recording:
    """Record for one size and one picture: where the work depends on what is seen, only that can be followed."""
    import torch

    _need_onnxscript()
    buffer = io.BytesIO()
    with _quiet(), warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (_example(card, 1, card.input.tile_px),),
            buffer,  # type: ignore[arg-type]
            dynamo=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_axes={OUTPUT: {1: "rows"}},
        )
    data = buffer.getvalue()
    said = f"It takes one picture of {card.input.tile_px}×{card.input.tile_px} pixels at a time."
    return Recording(data, card.input.tile_px, " ".join(filter(None, (said, _compared(data, network, card)))))


def _torchscript(network: nn.Module, card: ModelCard) -> Recording:
    import torch

    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # TorchScript is deprecated, and other programs still want it
        graph: Any = torch.jit.trace(network, _example(card, 1))  # type: ignore[no-untyped-call]
        picture = _other_example(card)
        _refuse_other(graph(picture).numpy(), network(picture).numpy(), card)
        buffer = io.BytesIO()
        torch.jit.save(graph, buffer)
    return Recording(buffer.getvalue(), card.input.tile_px if _takes_one_size(card) else None)


def _compared(data: bytes, network: nn.Module, card: ModelCard) -> str:
    """Run a graph by OpenVINO on another picture, refuse it if it answers otherwise; return why it was not compared."""
    import torch

    if not openvino_engine.is_installed():
        return "It was not compared with the network, since OpenVINO is not installed."
    core = openvino_engine.core()
    picture = _other_example(card)
    compiled = core.compile_model(core.read_model(data), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    with torch.inference_mode():
        _refuse_other(compiled(picture.numpy())[0], network(picture).numpy(), card)
    return ""


def _refuse_other(ours: NDArray[Any], theirs: NDArray[Any], card: ModelCard) -> None:
    if ours.shape != theirs.shape or not np.allclose(ours, theirs, rtol=_RELATIVE, atol=_ABSOLUTE):
        raise ModelNotUsable(f"What was recorded of {card.name} answers otherwise than the network; nothing was kept.")


def _takes_one_size(card: ModelCard) -> bool:
    return card.task == "classification"


def _example(card: ModelCard, pictures: int, side: int | None = None) -> Tensor:
    import torch

    stride = card.input.stride
    height, width = (side, side) if side else (4 * stride, 5 * stride)
    if _takes_one_size(card):
        height = width = card.input.tile_px
    return torch.rand(pictures, 3, height, width, generator=torch.Generator().manual_seed(0))


def _other_example(card: ModelCard) -> Tensor:
    """Return a picture of another size than the first, where the graph may take one."""
    import torch

    stride, is_fixed = card.input.stride, _takes_one_size(card) or not openvino_engine.can_convert(card)
    height, width = (card.input.tile_px,) * 2 if is_fixed else (7 * stride, 3 * stride)
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(1))


def _need_onnxscript() -> None:
    """Raise a plain sentence where torch would raise a long one."""
    from importlib.util import find_spec

    missing = [name for name in ("onnx", "onnxscript") if find_spec(name) is None]
    if missing:
        raise ModelNotUsable(
            f"Writing ONNX needs the package {' and '.join(missing)}; install it: pip install 'cellwright[export]'."
        )


@contextlib.contextmanager
def _quiet() -> Any:
    """Keep the exporter's account of its steps away from what a command prints."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield

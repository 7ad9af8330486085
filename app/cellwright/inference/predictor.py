"""`Predictor`: a model ready to answer, on the best engine there is, with a way out when memory runs short."""

from __future__ import annotations

import logging
import threading
import weakref
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, ModelNotUsable
from cellwright.inference import openvino_engine
from cellwright.inference.decoders import warm_decoder
from cellwright.inference.engine import Engine, StudyingEngine, engine_opener, is_out_of_memory
from cellwright.inference.hardware import has_native_bf16, may_have_cuda
from cellwright.inference.parts import Run, run_in_parts, smaller_part
from cellwright.inference.suppression import warm
from cellwright.inference.whole_picture import WholePicture
from cellwright.zoo import ModelCard, find_model, load_card, load_network, weights_problem

_LOG = logging.getLogger(__name__)

DEVICES = (
    "auto",
    "cpu",
    "cuda",
    "cpu:openvino",
    "cpu:openvino-int8",
    "cpu:openvino-bf16",
    "cpu:openvino-f32",
    "cpu:torch",
    "cpu:torch-bf16",
    "cpu:torch-fp32",
)
"""What can be asked for; ``"cuda:1"`` and so on name further GPUs."""


class Predictor:
    """A model on an engine. Threads may share it; they take turns.

    Parameters
    ----------
    folder : Path
        The model folder.
    card : ModelCard
        Its card.
    engine : Engine
        What computes.
    notes : tuple of str
        What a person should know about the choice of the engine.
    """

    def __init__(self, folder: Path, card: ModelCard, engine: Engine, notes: tuple[str, ...] = ()) -> None:
        self.folder, self.card = folder, card
        self._engine = engine
        self._notes = list(notes)
        self._batch = engine.batch
        self._part_px: int | None = None
        self._ask: Run = engine.run
        self._studied: weakref.WeakKeyDictionary[WholePicture, tuple[float, ...]] = weakref.WeakKeyDictionary()
        self._turn = threading.Lock()

    @property
    def engine(self) -> str:
        """Library and number format, for people."""
        return self._engine.name

    @property
    def device(self) -> str:
        """``"cpu"`` or ``"cuda:0"``."""
        return self._engine.device

    @property
    def batch(self) -> int:
        """How many tiles to give at once; less after memory ran short."""
        return self._batch

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know about how the answers came about."""
        return (*self._notes, *self._engine.notes)

    def predict(self, images: NDArray[np.uint8], whole: WholePicture | None = None) -> NDArray[np.float32]:
        """Answer a batch of pictures.

        When memory runs short the batch is halved, then a single picture goes through in parts that overlap by the
        card's halo, and what does not fit a GPU even so goes to the CPU; `notes` says so.

        Parameters
        ----------
        images : (N, H, W, 3) ndarray of uint8
            RGB; H and W multiples of the card's stride.
        whole : WholePicture, optional
            What they are parts of, for a model whose card asks for an overview; without it they are wholes.

        Returns
        -------
        (N, …) ndarray of float32
            What the card's decoder takes, see `cellwright.inference.decoders`: for a detector (N, A, 4 + C), raw boxes
            as y0, x0, y1, x1 in pixels of the pictures, and raw class probabilities.

        Raises
        ------
        BadParameter
            If the pictures have another form.
        MemoryError
            If not even one picture fits into the memory of the CPU.
        PluginNotUsable
            If the package that computes this kind of model fails in a way of its own.
        """
        stride = self.card.input.stride
        if images.ndim != 4 or images.shape[3] != 3 or images.shape[1] % stride or images.shape[2] % stride:
            raise BadParameter(
                f"The network needs (N, H, W, 3) with sides that are multiples of {stride}, not {images.shape}."
            )
        from cellwright.nets import ARCHITECTURES

        with self._turn, ARCHITECTURES.blaming(str(self.card.architecture.get("kind"))):
            self._learn(whole)
            answers = self._predict(images)
            if np.shape(answers)[:1] != (len(images),):
                raise ValueError(f"{len(images)} pictures were answered with an array of {np.shape(answers)}")
            return answers

    def warm(self, shape: tuple[int, int]) -> None:
        """Compile everything that the first answer to a picture of this shape (multiples of the stride) needs."""
        warm()
        warm_decoder(self.card.decoding)
        self.predict(np.zeros((1, *shape, 3), np.uint8))

    def close(self) -> None:
        """Give back what the engine holds."""
        with self._turn:
            self._engine.close()

    def _learn(self, whole: WholePicture | None) -> None:
        """Answer from now on as the parts of this picture ask for; it is studied once."""
        engine = self._engine
        if whole is None or not isinstance(engine, StudyingEngine):
            self._ask = engine.run
            return
        if whole not in self._studied:
            self._studied[whole] = engine.study(whole.pixels)
        self._ask = partial(engine.run_studied, studied=self._studied[whole])

    def _predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        try:
            if len(images) <= self._batch:
                return self._run(images)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            self._make_room(len(images), max(images.shape[1:3]))
        parts = [images[i : i + self._batch] for i in range(0, len(images), self._batch)]
        return np.concatenate([self._predict(part) for part in parts])

    def _run(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        if self._part_px is None or max(images.shape[1:3]) <= self._part_px:
            return self._ask(images)
        asked = self.card.input
        return run_in_parts(self._ask, images, self._part_px, asked.halo_px, asked.stride, self.card.decoding)

    def _make_room(self, asked: int, side: int) -> None:
        """Ask for less memory from now on, or say that there is no more to give."""
        self._engine.close()
        if asked > 1:
            self._batch = asked // 2
            self._notes.append(f"Memory of {self.device} ran short: {self._batch} tiles at a time instead of {asked}.")
            return
        # What a part shows is not what the picture shows.
        smaller = (
            None
            if self.card.task == "classification"
            else smaller_part(min(side, self._part_px or side), self.card.input.halo_px, self.card.input.stride)
        )
        if smaller is not None:
            self._part_px = smaller
            self._notes.append(f"Memory of {self.device} ran short: tiles of {side} px go in parts of {smaller} px.")
            return
        if self.device == "cpu":
            raise MemoryError(
                f"One tile of {self.card.input.tile_px} pixels does not fit into memory; close other programs."
            )
        self._notes.append(f"A single tile does not fit into the memory of {self.device}: the CPU takes over.")
        self._engine, said = _cpu_engine(self.folder, self.card, "")
        self._ask = self._engine.run
        self._notes += said
        self._batch, self._part_px = self._engine.batch, None


def open_predictor(model: str | Path, device: str = "auto") -> Predictor:
    """Make a model ready to answer.

    Parameters
    ----------
    model : str or Path
        Name or folder of the model.
    device : str
        One of `DEVICES`. ``"auto"`` takes a GPU where there is one and else the CPU; ``"cpu"`` takes OpenVINO where it
        is installed and else torch, in the fastest number format that the CPU multiplies and the model is measured in.

    Raises
    ------
    UnknownName, ModelNotUsable
        If there is no such model, or it is damaged.
    BadParameter
        If the device is unknown or not there.
    PluginNotUsable
        If the package that computes models of this kind is missing, or fails.
    """
    folder = find_model(model)
    card = load_card(folder)
    if problem := weights_problem(folder, card):
        raise ModelNotUsable(problem)
    opener = engine_opener(card)
    if opener is not None:
        from cellwright.nets import ARCHITECTURES

        with ARCHITECTURES.blaming(str(card.architecture["kind"])):
            return Predictor(folder, card, opener.open_engine(folder, card, device))
    kind, _, engine = device.partition(":")
    if kind == "cuda":
        return Predictor(folder, card, _cuda_engine(folder, card, device))
    if device != "auto" and device not in DEVICES:
        raise BadParameter(f"No device is called {device!r}; use one of {', '.join(DEVICES)}.")
    if device == "auto" and may_have_cuda() and _cuda_devices():
        return Predictor(folder, card, _cuda_engine(folder, card, "cuda:0"))
    return Predictor(folder, card, *_cpu_engine(folder, card, engine))


def _cpu_engine(folder: Path, card: ModelCard, engine: str) -> tuple[Engine, tuple[str, ...]]:
    """Return the engine that was asked for, or the fastest, and what to say about the choice."""
    library, _, precision = engine.partition("-")
    if library == "openvino":
        return _openvino(folder, card, precision), ()
    notes: tuple[str, ...] = ()
    if library == "" and openvino_engine.is_installed() and openvino_engine.can_convert(card):
        try:
            return openvino_engine.OpenvinoEngine(folder, card), ()
        except (RuntimeError, TypeError, ValueError, AssertionError) as error:
            _LOG.warning("OpenVINO does not take %s", folder, exc_info=error)
            notes = ("OpenVINO does not take this network; torch runs it, more slowly.",)
    from cellwright.inference.torch_engine import TorchEngine

    is_bf16 = precision == "bf16" or (precision == "" and has_native_bf16())
    network = load_network(folder, card)
    return TorchEngine(network, "cpu", "bf16" if is_bf16 else "fp32", card.decoding.kind), notes


def _openvino(folder: Path, card: ModelCard, precision: str) -> Engine:
    if not openvino_engine.is_installed():
        raise BadParameter("OpenVINO is not installed; install it (pip install openvino) or use the device cpu:torch.")
    if not openvino_engine.can_convert(card):
        raise BadParameter(f"OpenVINO cannot run a {card.architecture.get('kind')}; use the device cpu.")
    return openvino_engine.OpenvinoEngine(folder, card, precision or None)


def _cuda_devices() -> int:
    import torch

    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def _cuda_engine(folder: Path, card: ModelCard, device: str) -> Engine:
    from cellwright.inference.torch_engine import TorchEngine, cuda_precision

    number = device.partition(":")[2] or "0"
    count = _cuda_devices()
    if not number.isdecimal() or int(number) >= count:
        found = f"there are {count}" if count else "there is none that torch can use"
        raise BadParameter(f"The device {device!r} is not here: of CUDA GPUs {found}. Use auto or cpu.")
    network = load_network(folder, card)
    return TorchEngine(network, f"cuda:{number}", cuda_precision(int(number)), card.decoding.kind)

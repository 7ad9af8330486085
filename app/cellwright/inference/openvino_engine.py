"""The OpenVINO engine: the torch network converted once, kept on disk, and compiled for the shapes it is given."""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
import shutil
import sys
import tempfile
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import ModelNotUsable
from cellwright.inference.cache_dir import cache_dir
from cellwright.inference.eight_bit import FILE, LayerRange, observed, quantised, read_eight_bit
from cellwright.inference.hardware import has_native_int8, network_threads
from cellwright.zoo import ModelCard, load_network

_LOG = logging.getLogger(__name__)
_FORMAT = 1
"""Raised whenever the conversion below changes, so that older files are not taken for new ones."""
_SHAPES = 6
"""Compiled input shapes that are kept."""
_LANES = 2
"""Tiles that are computed side by side; each lane takes the memory of a tile."""
_KEPT_MODELS = 12
_MAKING = threading.Lock()


def is_installed() -> bool:
    """Whether OpenVINO is there; it is not imported."""
    return openvino_version() != ""


@cache
def openvino_version() -> str:
    """Return the version of the installed OpenVINO, or an empty string."""
    try:
        return version("openvino")
    except PackageNotFoundError:
        return ""


@cache
def openvino() -> ModuleType:
    """Import OpenVINO so that it reports to nobody; the only place where it is imported.

    On import and on every conversion it sends usage to a server, by way of the package openvino_telemetry. Where that
    package is missing it carries on with a stand-in of its own that does nothing. So the package is made to be missing.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    return importlib.import_module("openvino")


def core() -> Any:
    """Return the one core of OpenVINO in this process, kept to its end.

    A core gives the thread that uses it first a stack for signals, and takes the memory back when it goes itself. Going
    in another order than they came, or on another thread, cores leave a thread with a stack that is not there, and its
    next signal (a child process has ended, a person interrupts) ends the process without a word.
    """
    with _MAKING:
        return _core()


@cache
def _core() -> Any:
    return openvino().Core()


UNTRACEABLE = ("faster-rcnn", "mask-rcnn", "retinanet")
"""Architectures whose work depends on what they see, so that a recording of it answers wrongly."""


def can_convert(card: ModelCard) -> bool:
    """Whether a model can be converted for OpenVINO at all."""
    return card.architecture.get("kind") not in UNTRACEABLE


class OpenvinoEngine:
    """A model run by OpenVINO on the CPU.

    Parameters
    ----------
    folder : Path
        The model folder; its weights are verified by the caller.
    card : ModelCard
        Its card.
    precision : {"int8", "bf16", "f32"} or None
        Number format of the convolutions; None for the fastest that was measured to answer alike: 8 bits where the CPU
        multiplies them and the model folder says how (see `eight_bit`), else bf16 where the CPU multiplies that, which
        is about twice as fast as f32 and moves boxes by less than a quarter of a pixel. Answers are decoded in float32.

    Raises
    ------
    ModelNotUsable
        If 8 bits are asked for and the folder does not say how.
    """

    device = "cpu"

    def __init__(self, folder: Path, card: ModelCard, precision: str | None = None) -> None:
        self._core = core()
        native = "BF16" in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        usual = "bf16" if native else "f32"
        self._precision = usual if precision in (None, "int8") else precision
        self._notes: list[str] = []
        self._model = self._converted(folder, card)
        is_rounded = precision == "int8" or (precision is None and has_native_int8())
        if is_rounded and self._round(folder, card, is_asked=precision is not None):
            usual = "int8"
        self._requests: OrderedDict[tuple[int, ...], Any] = OrderedDict()
        self._lanes: OrderedDict[tuple[int, ...], Any] = OrderedDict()
        self._threads = 0
        # Two tiles side by side, each on half of the cores, are a third faster than one after the other on all.
        self.batch = min(_LANES, network_threads())
        said = usual if precision in (None, "int8") else precision
        self.name = f"OpenVINO {'.'.join(openvino_version().split('.')[:2])} {said}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What went differently than planned."""
        return tuple(self._notes)

    def run(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, H, W, 3) uint8 → (N, …) float32; see `Engine`."""
        if len(images) > 1 and self.batch > 1:
            return self._side_by_side(images)
        request = self._request(images.shape)
        request.infer({0: np.ascontiguousarray(images)}, share_inputs=True, share_outputs=True)
        # The next call writes over the request's own memory.
        result: NDArray[np.float32] = request.get_output_tensor(0).data.copy()
        return result

    def observe(self, pictures: Iterable[NDArray[np.uint8]]) -> tuple[LayerRange, ...]:
        """Return what every convolution is given while pictures, (1, H, W, 3) each, are looked at."""
        return observed(self._core, self._model, pictures)

    def close(self) -> None:
        """Give back the compiled shapes."""
        self._requests.clear()
        self._lanes.clear()

    def _side_by_side(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Answer to several pictures at once, each by itself; the answers are the same to the last bit."""
        lanes = self._kept(self._lanes, (1, *images.shape[1:]), self._compiled_lanes)
        answers: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * len(images)

        def take(request: Any, number: int) -> None:
            answers[number] = request.get_output_tensor(0).data.copy()

        lanes.set_callback(take)
        for number, image in enumerate(images):
            lanes.start_async({0: np.ascontiguousarray(image[None])}, number, share_inputs=True)
        lanes.wait_all()
        return np.concatenate(answers)

    def _request(self, shape: tuple[int, ...]) -> Any:
        return self._kept(self._requests, shape, self._compiled_request)

    def _kept(
        self, shapes: OrderedDict[tuple[int, ...], Any], shape: tuple[int, ...], make: Callable[[tuple[int, ...]], Any]
    ) -> Any:
        if self._threads != network_threads():
            self.close()
            self._threads = network_threads()
        if shape not in shapes:
            shapes[shape] = make(shape)
            while len(shapes) > _SHAPES:
                shapes.popitem(last=False)
        shapes.move_to_end(shape)
        return shapes[shape]

    def _compiled_request(self, shape: tuple[int, ...]) -> Any:
        return self._compiled(shape, {"PERFORMANCE_HINT": "LATENCY"}).create_infer_request()

    def _compiled_lanes(self, shape: tuple[int, ...]) -> Any:
        return openvino().AsyncInferQueue(self._compiled(shape, {"NUM_STREAMS": self.batch}), self.batch)

    def _compiled(self, shape: tuple[int, ...], more: dict[str, Any]) -> Any:
        # A fixed shape is compiled in a fifth of a second and runs faster than a free one.
        model = self._model.clone()
        model.reshape(list(shape))
        settings = {
            "INFERENCE_PRECISION_HINT": self._precision,
            "INFERENCE_NUM_THREADS": self._threads,
            # The system may move the threads: the window, or another program, needs a core now and then.
            "ENABLE_CPU_PINNING": False,
            **more,
        }
        return self._core.compile_model(model, "CPU", settings)

    def _round(self, folder: Path, card: ModelCard, *, is_asked: bool) -> bool:
        """Compute in 8 bits from now on, where the folder says how."""
        said = read_eight_bit(folder, card.weights.sha256)
        rounded = None if said is None else quantised(self._model, said)
        if rounded is None:
            if is_asked:
                raise ModelNotUsable(
                    f"{card.name} does not say how it is run in 8 bits; make {FILE} with 'cellwright models quantize'."
                )
            if said is not None:
                _LOG.warning("%s was made of other layers than %s has here; it is not used", FILE, card.name)
            return False
        self._model = rounded
        return True

    def _converted(self, folder: Path, card: ModelCard) -> Any:
        """Return the model in OpenVINO's own form, from disk where it was converted before (which needs no torch)."""
        kept = cache_dir() / "openvino" / conversion_key(card)
        model = self._read(kept)
        if model is None:
            model = convert(folder, card)
            self._keep(model, kept)
            # What is read back is compiled a little differently from what was just converted, and its answers differ in
            # the last bits: so the first answer, too, comes from what was read.
            model = self._read(kept) or model
        return model

    def _read(self, kept: Path) -> Any | None:
        if not (kept / "seal.json").is_file():
            return None
        try:
            if json.loads((kept / "seal.json").read_text()) != _seal(kept):
                return None
            model = self._core.read_model(kept / "model.xml")
            (kept / "seal.json").touch()  # when it was last used, for `_forget_oldest`
        except (OSError, ValueError, RuntimeError) as error:
            _LOG.warning("The converted model %s is not usable and is made anew: %s", kept, error)
            return None
        return model

    def _keep(self, model: Any, kept: Path) -> None:
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".part-") as name:
                part = Path(name) / "model"
                part.mkdir()
                openvino().save_model(model, part / "model.xml", compress_to_fp16=False)
                (part / "seal.json").write_text(json.dumps(_seal(part)))
                shutil.rmtree(kept, ignore_errors=True)
                part.rename(kept)
            _forget_oldest(kept.parent)
        except (OSError, RuntimeError) as error:
            self._notes.append(
                f"The converted model could not be kept in {kept.parent} ({error}); next time takes as long."
            )


def convert(folder: Path, card: ModelCard) -> Any:
    """Convert a model for OpenVINO: uint8 (N, H, W, 3) of any size in, (N, …) float32 out.

    Raises
    ------
    RuntimeError
        If OpenVINO cannot, or what comes of it answers otherwise.
    """
    import torch

    from cellwright.inference.engine import predictor_of

    ov = openvino()
    network = predictor_of(load_network(folder, card), card.decoding.kind)
    side = 2 * card.input.stride
    with warnings.catch_warnings(), torch.inference_mode():
        # Tracing is what OpenVINO converts from; torch announces its end with warnings that nobody here can act on.
        warnings.simplefilter("ignore")
        model = ov.convert_model(
            network,
            example_input=torch.zeros(1, 3, side, side + card.input.stride),
            input=ov.PartialShape([-1, 3, -1, -1]),
        )
        _refuse_other_answers(model, network, side)
    steps = ov.preprocess.PrePostProcessor(model)
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    steps.input().preprocess().convert_element_type(ov.Type.f32).scale(255.0)
    steps.input().model().set_layout(ov.Layout("NCHW"))
    return steps.build()


def _refuse_other_answers(model: Any, network: Any, side: int) -> None:
    """Raise RuntimeError if what was recorded at one size does not answer like the network at another."""
    import torch

    picture = torch.rand(1, 3, 2 * side, side, generator=torch.Generator().manual_seed(0))
    compiled = core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    ours, theirs = compiled(picture.numpy())[0], network(picture).numpy()
    if ours.shape != theirs.shape or not np.allclose(ours, theirs, rtol=0.01, atol=0.05):
        raise RuntimeError("the converted network answers otherwise than the network itself")


def conversion_key(card: ModelCard) -> str:
    """Return the name of a converted model on disk: it changes with everything that the conversion depends on."""
    made_of = json.dumps([card.architecture, card.decoding.kind], sort_keys=True)
    parts = [str(_FORMAT), card.weights.sha256, made_of, openvino_version(), *_plugin_of(card)]
    return hashlib.sha256("\0".join([*parts, _network_code()]).encode()).hexdigest()[:32]


def _plugin_of(card: ModelCard) -> list[str]:
    from cellwright.nets import made_by

    return [said] if (said := made_by(card.architecture)) else []


@cache
def _network_code() -> str:
    """Hash of the room `nets`: other code may compute other answers from the same weights."""
    digest = hashlib.sha256()
    for path in sorted((Path(__file__).parents[1] / "nets").glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _seal(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ("model.xml", "model.bin")}


def _forget_oldest(folder: Path) -> None:
    seals = sorted(folder.glob("*/seal.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for seal in seals[_KEPT_MODELS:]:
        shutil.rmtree(seal.parent, ignore_errors=True)

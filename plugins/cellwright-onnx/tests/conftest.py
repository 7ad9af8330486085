"""Small networks made by hand, whose answers can be worked out, and model folders around them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from cellwright.core import Objects
from cellwright.inference import DetectOptions, detect_file, open_predictor
from cellwright.zoo import (
    TASK_OF,
    BoxDecoding,
    Decoding,
    InputContract,
    ModelCard,
    ObjectClass,
    Thresholds,
    WeightsFile,
    seal_model,
)

FREE: tuple[int | str, ...] = ("n", 3, "h", "w")


class Graphs:
    """Builds ONNX files."""

    def blurred(self, sharpness: float = 20.0, shape: Sequence[int | str] = FREE, side: int = 5) -> bytes:
        """Return the foreground where the mean of red in a square around a pixel is above a half."""
        kernel = np.zeros((1, 3, side, side), np.float32)
        kernel[0, 0] = sharpness / side**2
        bias = np.array([-sharpness / 2], np.float32)
        half = side // 2
        nodes = [
            helper.make_node("Conv", ["x", "kernel", "bias"], ["logit"], pads=[half] * 4),
            helper.make_node("Sigmoid", ["logit"], ["y"]),
        ]
        return self.model(nodes, {"kernel": kernel, "bias": bias}, shape)

    def saying(self, *answers: NDArray[Any], shape: Sequence[int | str] = FREE) -> bytes:
        """Return a network that says the same whatever it sees."""
        nodes = [helper.make_node("Identity", [f"c{n}"], [f"y{n}"]) for n in range(len(answers))]
        constants = {f"c{n}": answer for n, answer in enumerate(answers)}
        return self.model(nodes, constants, shape, [f"y{n}" for n in range(len(answers))])

    def model(
        self,
        nodes: Sequence[onnx.NodeProto],
        constants: dict[str, NDArray[Any]],
        shape: Sequence[int | str] = FREE,
        outputs: Sequence[str] = ("y",),
        kind: int = TensorProto.FLOAT,
    ) -> bytes:
        """Return the bytes of a network of one input ``x``."""
        graph = helper.make_graph(
            list(nodes),
            "g",
            [helper.make_tensor_value_info("x", kind, list(shape))],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
            [numpy_helper.from_array(value, name) for name, value in constants.items()],
        )
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
        return bytes(made.SerializeToString())


@pytest.fixture(scope="session")
def graphs() -> Graphs:
    """What builds networks."""
    return Graphs()


class Shelf:
    """Makes model folders, and asks what they find."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(
        self,
        data: bytes,
        convention: str,
        decoding: Decoding | None = None,
        classes: Sequence[str] = ("cell",),
        file: str = "model.onnx",
        name: str = "own",
        contract: dict[str, Any] | None = None,
        **architecture: Any,
    ) -> Path:
        """Write a network and a card for it."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(data)
        decoding = decoding or BoxDecoding()
        kind = "onnx" if file.endswith(".onnx") else "torchscript"
        card = ModelCard(
            name=name,
            title="One's own",
            task=TASK_OF[decoding.kind],
            architecture={"kind": kind, "convention": convention, **architecture},
            input=InputContract(**{"tile_px": 64, "halo_px": 8, "stride": 32, "fit": False, **(contract or {})}),
            classes=tuple(ObjectClass(name=one, title=one, colour="#0072B2", badge="C") for one in classes),
            decoding=decoding,
            thresholds=Thresholds(confidence=dict.fromkeys(classes, 0.5), floor=0.2, nms_iou=0.5),
            weights=WeightsFile(file=file, dtype="float32"),
        )
        seal_model(folder, card)
        return folder

    def picture(self, pixels: NDArray[np.uint8]) -> Path:
        """Write a picture."""
        path = self.folder / "picture.png"
        Image.fromarray(pixels).save(path)
        return path

    def found(self, model: Path, pixels: NDArray[np.uint8], options: DetectOptions | None = None) -> Objects:
        """Return what a model finds; every tile must have been analysed."""
        detection = detect_file(self.picture(pixels), open_predictor(model), options)
        assert detection.coverage.is_complete, detection.coverage.sentence()
        return detection.objects

    def complaint(self, model: Path, pixels: NDArray[np.uint8]) -> str:
        """Return why no tile could be analysed."""
        detection = detect_file(self.picture(pixels), open_predictor(model))
        assert not detection.coverage.is_complete
        return next(record.reason for record in detection.coverage.missing)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """An empty shelf."""
    return Shelf(tmp_path)


@pytest.fixture
def discs() -> NDArray[np.uint8]:
    """(200, 260, 3): red discs on black, none of which touch each other; some lie on seams of tiles of 64."""
    picture = np.zeros((200, 260, 3), np.uint8)
    y, x = np.mgrid[:200, :260]
    for row in range(16, 190, 28):
        for column in range(16, 250, 28):
            picture[(y - row) ** 2 + (x - column) ** 2 <= 81, 0] = 255
    return picture

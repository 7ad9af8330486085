"""`ExportModel`: one of our models as a folder that other programs run, with a picture and what must come of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, ModelNotUsable, OutputExists
from cellwright.core.atomic import replacing
from cellwright.jobs import Progress
from cellwright.workflows.model_export_page import page_of
from cellwright.zoo import RECORDED, ModelCard, Sample, WeightsFile, find_model, load_card, read_expected, save_card
from cellwright.zoo.bioimageio_writing import (
    Packed,
    answer_axes,
    description_of,
    least_px,
    preprocessing_of,
    to_yaml,
)
from cellwright.zoo.recorded import InputTensor, OutputTensor, RecordedNetwork
from cellwright.zoo.steps import apply_steps, read_steps

ModelFormat = Literal["bioimageio", "onnx", "torchscript"]

MODEL_FORMATS: dict[str, str] = {
    "bioimageio": "a package of bioimage.io (specification 0.5) with ONNX weights",
    "onnx": "an ONNX file with a card that cellwright-onnx reads",
    "torchscript": "a TorchScript file with such a card",
}
"""What a model can be written as, and what that is."""

_TITLES = {"bioimageio": "bioimage.io", "onnx": "ONNX", "torchscript": "TorchScript"}

TEST_PX = 256
"""Side of the picture whose answer is put beside the network, at most."""


@dataclass(frozen=True, slots=True)
class ExportedModel:
    """A model as it was written.

    Parameters
    ----------
    folder : Path
        Where.
    files : tuple of str
        What it holds.
    notes : tuple of str
        What a person should know, one sentence each.
    """

    folder: Path
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExportModel:
    """Operation: write a model for other programs; returns an `ExportedModel`.

    Parameters
    ----------
    model : str or Path
        Name of a model on the shelf, or its folder.
    format : "bioimageio", "onnx" or "torchscript"
        What to write.
    folder : Path
        In which a folder with the new model's name is made.
    overwrite : bool
        Whether a model that stands there may be replaced.
    """

    model: str | Path
    format: ModelFormat
    folder: Path
    overwrite: bool = False

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Export {Path(self.model).name} as {self.format}"

    def run(self) -> Generator[Progress, None, ExportedModel]:
        """Record the network, compare it, and write the folder; its card or description comes last.

        Raises
        ------
        UnknownName, ModelNotUsable
            If there is no such model, it cannot be recorded, or a package for it is missing.
        OutputExists
            If the folder is there and `overwrite` is False.
        OutputNotWritable
            If it cannot be written.
        """
        from cellwright.inference.recording import OPSET, record

        if self.format not in MODEL_FORMATS:
            raise BadParameter(f"A model can be written as {', '.join(MODEL_FORMATS)}, not as {self.format!r}.")
        source = find_model(self.model)
        card = load_card(source)
        _refuse_foreign(card)
        kind: Literal["onnx", "torchscript"] = "torchscript" if self.format == "torchscript" else "onnx"
        target = self.folder / f"{card.name}-{self.format}"
        if target.exists() and any(target.iterdir()) and not self.overwrite:
            raise OutputExists(f"{target} is there already; choose another folder or agree to replace it.")
        yield Progress(0, 4, "Recording the network")
        recording = record(source, card, kind)
        yield Progress(1, 4, "Asking the network about its sample")
        given, taken = _test_pictures(source, card, recording.fixed_px)
        from cellwright.inference.recording import reference_answer

        answer = reference_answer(source, card, taken)
        yield Progress(2, 4, "Writing the model")
        weights = "model.onnx" if kind == "onnx" else "model.pt"
        sha256 = hashlib.sha256(recording.data).hexdigest()
        made = _recorded_card(card, kind, target.name, weights, sha256, recording.fixed_px)
        _write(target / weights, recording.data)
        is_package = self.format == "bioimageio"
        _write_array(target / "test_input.npy", given if is_package else taken)
        _write_array(target / "test_output.npy", answer)
        page = page_of(card, made, self.format, OPSET if kind == "onnx" else None, recording.note)
        _write(target / "README.md", page.encode())
        yield Progress(3, 4, "Writing what it must find")
        if is_package:
            packed = Packed(weights, sha256, OPSET, recording.fixed_px, answer.shape[_channel_place(card)])
            _write_cover(source, card, target / packed.cover)
            _write(target / "rdf.yaml", to_yaml(description_of(card, packed, made)).encode())
        else:
            _write_sample(source, card, target, sha256)
            save_card(target, made)
        yield Progress(4, 4, "Written")
        files = tuple(sorted(path.name for path in target.iterdir()))
        return ExportedModel(target, files, (recording.note,) if recording.note else ())


def _refuse_foreign(card: ModelCard) -> None:
    kind = str(card.architecture.get("kind"))
    if kind in RECORDED:
        raise ModelNotUsable(f"{card.name} is {kind} already; copy its folder.")
    if not card.weights.file.endswith(".safetensors"):
        raise ModelNotUsable(f"{card.name} is a {kind} model, which computes by itself: there is no network to write.")


def _recorded_card(card: ModelCard, kind: Any, name: str, weights: str, sha256: str, fixed_px: int | None) -> ModelCard:
    """Return the card by which cellwright-onnx runs the recorded network and finds the same objects."""
    recorded = RecordedNetwork(
        kind=kind,
        convention="cellwright",
        input=InputTensor(fixed_px=fixed_px),
        outputs=(OutputTensor(name="answer" if kind == "onnx" else "", axes=answer_axes(card)),),
    )
    return card.changed(
        name=name,
        # beside the original in a list, one must be told from the other
        title=f"{card.title}, as {_TITLES[name.rsplit('-', 1)[-1]]}",
        architecture=json.loads(recorded.model_dump_json(exclude_defaults=True)) | {"kind": kind},
        weights=WeightsFile(file=weights, sha256=sha256, dtype="float32"),
        training=None,
        parent=f"{card.name}@{card.model_hash[:12]}",
        sample=Sample(picture="sample.png", expected="sample.json") if card.sample else None,
    )


def _test_pictures(
    source: Path, card: ModelCard, fixed_px: int | None
) -> tuple[NDArray[np.generic], NDArray[np.float32]]:
    """Return a (1, 3, H, W) part of the sample as bioimage.io gives it, and as the network takes it."""
    from PIL import Image

    stride = card.input.stride
    if card.sample is None:
        raise ModelNotUsable(f"The card of {card.name} names no sample picture, which an export needs.")
    with Image.open(source / card.sample.picture) as image:
        picture = np.asarray(image.convert("RGB"))
    # a package says how short a side may be, and its test must keep to that
    least = least_px(card)
    rows, columns = (
        (fixed_px, fixed_px)
        if fixed_px
        else (max(least, min(TEST_PX, n) // stride * stride) for n in picture.shape[:2])
    )
    part = picture[:rows, :columns]
    part = np.pad(part, ((0, rows - len(part)), (0, columns - part.shape[1]), (0, 0)), mode="edge")
    numbers = np.ascontiguousarray(part.transpose(2, 0, 1)[None])
    given: NDArray[np.generic] = numbers if card.input.contrast == "display" else numbers.astype(np.float32)
    return given, apply_steps(read_steps(preprocessing_of(card), card.name), numbers, "bcyx")


def _channel_place(card: ModelCard) -> int:
    return answer_axes(card).index("c")


def _write(path: Path, data: bytes) -> None:
    with replacing(path) as part:
        part.write_bytes(data)


def _write_array(path: Path, array: NDArray[np.generic]) -> None:
    with replacing(path) as part, part.open("wb") as stream:
        np.save(stream, array, allow_pickle=False)


def _write_cover(source: Path, card: ModelCard, path: Path) -> None:
    """Write the sample as the picture that stands for the model: wide and small, as bioimage.io asks."""
    from PIL import Image

    sample = card.sample.picture if card.sample else ""
    with Image.open(source / sample) as image, replacing(path) as part:
        width = image.width
        height = min(image.height, width // 2)
        cover = image.convert("RGB").crop((0, 0, width, height))
        cover.thumbnail((512, 256))
        with part.open("wb") as stream:
            cover.save(stream, "PNG")


def _write_sample(source: Path, card: ModelCard, target: Path, sha256: str) -> None:
    """Write picture and expected objects of the original beside the recorded network, which must find the same."""
    if card.sample is None:
        return
    expected = read_expected(source / card.sample.expected).model_copy(update={"model_sha256": sha256})
    _write(target / "sample.png", (source / card.sample.picture).read_bytes())
    _write(target / "sample.json", (expected.model_dump_json(indent=1) + "\n").encode())
    if expected.outlined:
        outlines = (source / card.sample.expected).with_suffix(".npz")
        _write(target / "sample.npz", outlines.read_bytes())

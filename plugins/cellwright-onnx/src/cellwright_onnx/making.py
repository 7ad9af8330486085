"""Making a model folder of a recorded network that has no card yet: what its convention and its file tell."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cellwright.core import BadParameter, ModelNotUsable, OutputExists, OutputNotWritable
from cellwright.zoo import (
    TASK_OF,
    BoxDecoding,
    ClassDecoding,
    Decoding,
    InputContract,
    LabelDecoding,
    ModelCard,
    ObjectClass,
    StarDecoding,
    Thresholds,
    TouchingDecoding,
    WeightsFile,
    file_sha256,
    save_card,
)
from cellwright.zoo.recorded import AXES_OF, one_size_stride, recorded_network
from cellwright_onnx.onnx_session import OnnxSession

SUFFIXES = {".onnx": "onnx", ".pt": "torchscript", ".pth": "torchscript", ".torchscript": "torchscript"}

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#999999")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person says of a network.

    Parameters
    ----------
    file : Path
        The network.
    convention : str
        How its answers are read.
    classes : tuple of str
        Names of the classes, in the network's order; the ground is none of them.
    name : str
        Of the model; empty for the file's.
    tile_px, halo_px, stride : int or None
        Of the tiles; None for what suits the convention.
    channels : str
        ``"rgb"``, ``"bgr"`` or ``"grey"``; empty for what the file says.
    contrast : str
        ``"display"``, ``"percentile"`` or ``"spread"``; empty for what suits the convention.
    steps : tuple of dict
        What is done to the numbers of the first answer, such as ``{"id": "sigmoid"}``.
    grid : int
        Pixels from one star to the next.
    um_per_px : float or None
        Pixel size that it was trained at.
    """

    file: Path
    convention: str
    classes: tuple[str, ...]
    name: str = ""
    tile_px: int | None = None
    halo_px: int | None = None
    stride: int | None = None
    channels: str = ""
    contrast: str = ""
    steps: tuple[dict[str, Any], ...] = ()
    grid: int = 1
    um_per_px: float | None = None


def make_folder(wish: Wish, into: Path) -> Path:
    """Copy a network into a new model folder and write its card.

    Raises
    ------
    ModelNotUsable
        If the file cannot be run, or does not fit what is said of it; nothing is left behind then.
    BadParameter
        If what is said makes no sense.
    OutputExists
        If the folder is there already.
    OutputNotWritable
        If it cannot be written.
    """
    kind = SUFFIXES.get(wish.file.suffix.lower())
    if kind is None:
        raise BadParameter(
            f"{wish.file.name} is neither ONNX ({', '.join(SUFFIXES)}) nor TorchScript; rename or convert it."
        )
    name = re.sub(r"[^a-z0-9._-]+", "-", (wish.name or wish.file.stem).lower()).strip("-._")[:80] or "model"
    target = into / name
    if target.exists():
        raise OutputExists(f"{target} is there already; choose another name or folder.")
    try:
        target.mkdir(parents=True)
        file = f"model{wish.file.suffix.lower()}"
        shutil.copyfile(wish.file, target / file)
    except OSError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise OutputNotWritable(f"{wish.file} could not be copied to {target}: {error}.") from error
    try:
        card = _fitted(
            target,
            _card(wish, kind, name, WeightsFile(file=file, sha256=file_sha256(target / file), dtype="float32")),
            wish,
        )
        save_card(target, card)
    except (ModelNotUsable, BadParameter, OutputNotWritable):
        shutil.rmtree(target, ignore_errors=True)
        raise
    except ValidationError as error:
        shutil.rmtree(target, ignore_errors=True)
        first = error.errors(include_url=False)[0]
        raise BadParameter(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from error
    return target


def _card(wish: Wish, kind: str, name: str, weights: WeightsFile) -> ModelCard:
    decoding = _decoding(wish)
    is_boxes = decoding.kind == "boxes"
    stride = wish.stride or 32
    tile = wish.tile_px or (640 if is_boxes else 512)
    halo = wish.halo_px if wish.halo_px is not None else min(96 if is_boxes else 64, (tile - 1) // 4)
    contrast: Any = wish.contrast or ("percentile" if wish.convention in {"stardist", "instanseg"} else "display")
    architecture: dict[str, Any] = {"kind": kind, "convention": wish.convention}
    words: dict[str, Any] = {"channels": wish.channels} if wish.channels else {}
    if contrast == "spread":
        words["values"] = "spread"
    if words:
        architecture["input"] = words
    if wish.steps:
        # of several answers the first is the one of probabilities; rays are lengths
        first, *others = _axes(wish.convention)
        architecture["outputs"] = [{"axes": first, "steps": list(wish.steps)}, *({"axes": axes} for axes in others)]
    classes = tuple(_kind(place, kind_name) for place, kind_name in enumerate(wish.classes))
    return ModelCard(
        name=name,
        title=wish.name or wish.file.stem,
        task=TASK_OF[decoding.kind],
        architecture=architecture,
        input=InputContract(
            tile_px=tile, halo_px=halo, stride=stride, fit=is_boxes, contrast=contrast, um_per_px=wish.um_per_px
        ),
        classes=classes,
        decoding=decoding,
        thresholds=Thresholds(confidence=dict.fromkeys(wish.classes, 0.5)),
        weights=weights,
    )


def _fitted(folder: Path, card: ModelCard, wish: Wish) -> ModelCard:
    """Return the card with what the file itself says of its input: order of axes, channels, one fixed size."""
    if card.architecture["kind"] != "onnx":
        return card
    session = OnnxSession(folder, card, {}, "cpu")
    card = _with_outputs(card, session, wish)
    shape = session.input_shape
    if shape is None or len(shape) not in (3, 4):
        raise ModelNotUsable(f"{wish.file} takes an array of shape {shape}, which is no picture.")
    axes = _axes_of(shape)
    sizes = dict(zip(axes, shape, strict=True))
    given = card.architecture.get("input")
    words: dict[str, Any] = dict(given) if isinstance(given, dict) else {}
    if axes != "bcyx":
        words["axes"] = axes
    if not wish.channels and sizes.get("c", 1) == 1:
        words["channels"] = "grey"
    if session.input_type.kind == "u":
        words["values"] = "bytes"
    architecture = {**card.architecture, **({"input": words} if words else {})}
    side = sizes["y"]
    if side is None or side != sizes["x"]:
        return card.changed(architecture=architecture)
    halo = min(card.input.halo_px, (side - 1) // 4)
    stride = one_size_stride(side, card.decoding.kind)
    contract = card.input.model_copy(update={"tile_px": side, "stride": stride, "halo_px": halo})
    return card.changed(architecture=architecture, input=contract)


def _with_outputs(card: ModelCard, session: OnnxSession, wish: Wish) -> ModelCard:
    """Return the card with as many answers as the file has, where its convention may come in one array or in several.

    Raises
    ------
    ModelNotUsable
        If the file has fewer answers than its convention reads.
    """
    there, wanted = len(session.output_names), len(recorded_network(card).tensors)
    if there >= wanted:
        return card
    if wish.convention == "stardist" and not wish.steps:  # probability and rays, one below the other
        return card.changed(architecture={**card.architecture, "outputs": [{"axes": _axes(wish.convention)[0]}]})
    raise ModelNotUsable(
        f"{wish.file} answers with {there} array, and {wanted} are needed for the convention {wish.convention!r}"
        f"{' with an activation, which is not for rays' if wish.steps else ''}; export it again, or name another."
    )


def _axes_of(shape: tuple[int | None, ...]) -> str:
    """Return the axes of an input: channels are the axis of length 1 or 3 where a picture has its own."""
    batch = "b" if len(shape) == 4 else ""
    rest = shape[len(batch) :]
    return f"{batch}yxc" if rest[-1] in (1, 3) and rest[0] not in (1, 3) else f"{batch}cyx"


def _axes(convention: str) -> tuple[str, ...]:
    return AXES_OF.get(convention, ("bcyx",))


def _decoding(wish: Wish) -> Decoding:
    from cellwright.zoo.recorded import DECODINGS_OF

    kinds = DECODINGS_OF.get(wish.convention, ())
    if not kinds or wish.convention == "cellwright":
        known = ", ".join(name for name in DECODINGS_OF if name != "cellwright")
        raise BadParameter(f"No convention is called {wish.convention!r}; there are {known}.")
    if kinds[0] == "stars":
        grid: Any = wish.grid
        return StarDecoding(grid=grid)
    made: dict[str, Decoding] = {
        "boxes": BoxDecoding(),
        "classes": ClassDecoding(),
        "touching": TouchingDecoding(),
        "labels": LabelDecoding(),
    }
    return made[kinds[0]]


def _kind(place: int, name: str) -> ObjectClass:
    badge = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[place % 26]
    return ObjectClass(name=name, title=name.capitalize(), colour=_COLOURS[place % len(_COLOURS)], badge=badge)

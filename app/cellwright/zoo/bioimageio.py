"""Model folders of bioimage.io (specification 0.5): the description becomes a card, or is refused with a reason.

Whoever wrote the description said how numbers go in and come out, but not always what they mean. What can be told from
the names of channels and steps is; the rest has to be declared, in the description, as ``config: cellwright:
convention``, and is never guessed.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cellwright.core import ModelNotUsable
from cellwright.zoo.bioimageio_answers import reading_of
from cellwright.zoo.bioimageio_parts import Description, Tensor, WeightsEntry
from cellwright.zoo.bioimageio_writing import preprocessing_of
from cellwright.zoo.card import InputContract, ModelCard, ObjectClass, Thresholds, WeightsFile
from cellwright.zoo.decoding import TASK_OF
from cellwright.zoo.foreign import DESCRIPTION_FILES, description_file, is_plain_name
from cellwright.zoo.recorded import InputTensor, RecordedNetwork, one_size_stride
from cellwright.zoo.safe_yaml import read_yaml
from cellwright.zoo.steps import Clip, EnsureType, ScaleLinear, ScaleRange, Step, ZeroMean, read_steps

DENSE_TILE_PX, LEAST_HALO_PX = 512, 64
"""What a model that takes any size is given, where its description does not say more."""

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#999999")
_WEIGHTS = ("onnx", "torchscript")


def load_description(folder: Path) -> Description:
    """Read the description of a folder.

    Raises
    ------
    ModelNotUsable
        If there is none, it is not of version 0.5, or a part that matters here is wrong.
    """
    path = description_file(folder)
    if path is None:
        raise ModelNotUsable(f"{folder} is no model folder of bioimage.io: it has no {' or '.join(DESCRIPTION_FILES)}.")
    facts = path.stat()
    return _described(path, facts.st_mtime_ns, facts.st_size)


def card_of_package(folder: Path) -> ModelCard:
    """Return the card that stands for a model folder of bioimage.io.

    Raises
    ------
    ModelNotUsable
        If something of it is not understood, with a sentence that says what; or its files are not in the folder.
    """
    try:
        return _card(folder)
    except (OSError, RuntimeError) as error:  # a link that leads to itself is a RuntimeError
        raise ModelNotUsable(f"{folder} cannot be read: {error}. Download the package again.") from error


def _card(folder: Path) -> ModelCard:
    described = load_description(folder)
    weights = _weights(folder, described)
    own = described.own_card
    if own is not None:
        card = _own_card(folder, own, weights)
        _refuse_other_steps(folder, described, card)
        return card
    taken, given = described.only_input, described.outputs
    look = _look_of(taken)
    reading = reading_of(described)
    classes = _classes(reading.classes)
    try:
        recorded = RecordedNetwork(
            kind=weights.kind,
            convention=reading.convention,
            input=look.tensor,
            outputs=tuple(reading.outputs),
            external=weights.external,
        )
        return ModelCard(
            name=_name(described, folder),
            title=described.name,
            summary=described.description,
            task=TASK_OF[reading.decoding.kind],
            architecture=recorded.model_dump(mode="json", exclude_defaults=True) | {"kind": weights.kind},
            input=_contract(taken, given, look, reading.decoding.kind),
            classes=classes,
            decoding=reading.decoding,
            thresholds=Thresholds(
                confidence=dict.fromkeys([one.name for one in classes], reading.confidence),
                floor=min(0.05, reading.confidence / 2),
                nms_iou=reading.nms_iou,
            ),
            weights=WeightsFile(file=weights.file, sha256=weights.sha256, dtype="float32"),
            licence=described.licence,
            citations=described.citations,
        )
    except ValidationError as error:
        raise ModelNotUsable(f"{folder}: {_first(error)}.") from error


@dataclass(frozen=True, slots=True)
class _Weights:
    kind: Any
    file: str
    sha256: str
    external: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Look:
    """How a picture is brought to what the first step leaves."""

    tensor: InputTensor
    contrast: Any = "display"
    percentiles: tuple[float, float] = (1.0, 99.8)


@lru_cache(maxsize=64)
def _described(path: Path, _changed_ns: int, _size: int) -> Description:
    raw = read_yaml(path)
    version, kind = str(raw.get("format_version", "")), raw.get("type")
    if kind != "model":
        raise ModelNotUsable(f"{path} describes no model, but {kind!r}.")
    if not version.startswith("0.5"):
        raise ModelNotUsable(
            f"{path} is of version {version or 'unknown'} of bioimage.io's specification; only 0.5 is read here: "
            "bring it up to date with 'bioimageio update-format'."
        )
    try:
        return Description.model_validate(raw)
    except ValidationError as error:
        raise ModelNotUsable(f"{path}: {_first(error)}.") from error


def _weights(folder: Path, described: Description) -> _Weights:
    for kind in _WEIGHTS:
        entry: WeightsEntry | None = getattr(described.weights, kind)
        if entry is not None:
            external = entry.external_data
            beside = {} if external is None else {_inside(folder, external.source): _sha256(folder, external)}
            return _Weights(kind, _inside(folder, entry.source), _sha256(folder, entry), beside)
    there = ", ".join(described.weights.other) or "none"
    raise ModelNotUsable(
        f"{folder} has no weights that run here: it offers {there}. Weights as ONNX or TorchScript are needed; "
        "others hold pickled code or need their own library."
    )


def _inside(folder: Path, source: str) -> str:
    """Return a file's name if it lies in the folder, links followed."""
    if "://" in source:
        raise ModelNotUsable(f"{folder}: {source} lies at an address, and nothing is downloaded; put the file here.")
    if not is_plain_name(source):
        raise ModelNotUsable(f"{folder}: {source!r} does not name a file inside the model folder.")
    path = folder / source
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ModelNotUsable(f"{folder}: {source!r} is a link that leads out of the model folder.")
    if not path.is_file():
        raise ModelNotUsable(f"{folder}: the file {source} is missing; download the whole package again.")
    return source


def _sha256(folder: Path, entry: WeightsEntry) -> str:
    if entry.sha256:
        return entry.sha256.lower()
    path = folder / entry.source
    facts = path.stat()
    return _hashed(path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=64)
def _hashed(path: Path, _changed_ns: int, _size: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _own_card(folder: Path, own: dict[str, Any], weights: _Weights) -> ModelCard:
    """Return the card that a package of ours brings, with the weights that it was packed with."""
    file = {"file": weights.file, "sha256": weights.sha256, "dtype": "float32"}
    try:
        card = ModelCard.model_validate({**own, "weights": file, "sample": None})
    except ValidationError as error:
        raise ModelNotUsable(f"{folder}: config.cellwright.card: {_first(error)}.") from error
    if card.architecture.get("kind") != weights.kind:
        return card.changed(architecture={**card.architecture, "kind": weights.kind})
    return card


def _refuse_other_steps(folder: Path, described: Description, card: ModelCard) -> None:
    """Raise where a package of ours was changed: its card says how numbers go in, and so does its description."""
    taken = described.only_input
    written = read_steps(preprocessing_of(card), "the card")
    after = [step for output in described.outputs for step in read_steps(output.postprocessing, f"output {output.id}")]
    if read_steps(taken.preprocessing, f"input {taken.id}") != written or after:
        raise ModelNotUsable(
            f"{folder}: its inputs and outputs describe other processing than config.cellwright.card, which would be "
            "left out. Take that card out of rdf.yaml, so that what it describes is done, or export the model again."
        )


def _look_of(taken: Tensor) -> _Look:
    """Say what of the preprocessing is of the whole picture, and what is done pixel by pixel."""
    steps = read_steps(taken.preprocessing, f"input {taken.id}")
    letters = taken.letters
    channels = taken.channel_count
    if channels not in (1, 3):
        raise ModelNotUsable(
            f"The model takes {channels} channels; pictures are shown to models in grey or in red, green and blue here."
        )
    words: dict[str, Any] = {
        "axes": letters,
        "channels": "rgb" if channels == 3 else "grey",
        "least_px": taken.least_px,
        "fixed_px": taken.fixed_px,
    }
    place = next((n for n, step in enumerate(steps) if step.is_of_the_picture), None)
    if place is None:
        return _Look(InputTensor(**words, values="bytes", steps=steps))
    _refuse_before(steps[:place], steps[place])
    rest = steps[place + 1 :]
    if any(step.is_of_the_picture for step in rest):
        raise ModelNotUsable(
            "The model takes two statistics of a picture one after the other, which is not understood."
        )
    statistic = steps[place]
    if isinstance(statistic, ScaleRange | ZeroMean) and statistic.kwargs.is_per_channel(letters) and channels > 1:
        raise ModelNotUsable(
            f"The model's step {statistic.id} treats each colour for itself; colours are stretched together here."
        )
    if isinstance(statistic, ScaleRange):
        shares = (statistic.kwargs.min_percentile, statistic.kwargs.max_percentile)
        return _Look(InputTensor(**words, values="unit", steps=rest), "percentile", shares)
    if isinstance(statistic, ZeroMean):
        return _Look(InputTensor(**words, values="spread", steps=rest), "spread")
    raise ModelNotUsable("The model clips pictures at percentiles without scaling them, which is not understood.")


def _refuse_before(steps: tuple[Step, ...], statistic: Step) -> None:
    """Refuse what a statistic would see; what only moves and stretches all numbers changes nothing about it."""
    for step in steps:
        is_even = isinstance(step, ScaleLinear) and isinstance(step.kwargs.gain, float) and step.kwargs.gain > 0
        if is_even and isinstance(step, ScaleLinear) and isinstance(step.kwargs.offset, float):
            continue
        if isinstance(step, EnsureType) and step.kwargs.dtype.startswith("float"):
            continue
        if isinstance(step, Clip) and not step.is_of_the_picture and step.kwargs.min == 0 and step.kwargs.max is None:
            continue
        name = getattr(step, "id", "")
        raise ModelNotUsable(f"The model's step {name} stands before {getattr(statistic, 'id', '')}, not understood.")


def _contract(taken: Tensor, given: tuple[Tensor, ...], look: _Look, decoding: str) -> InputContract:
    fixed, step = taken.fixed_px, taken.step_px
    declared = max((one.halo_px for one in given), default=0)
    tile = fixed or max(DENSE_TILE_PX // step * step, -(-taken.least_px // step) * step, step)
    while not fixed and tile <= 2 * max(declared, LEAST_HALO_PX):
        tile += step
    return InputContract(
        tile_px=tile,
        halo_px=max(declared, min(LEAST_HALO_PX, tile // 5)),
        stride=one_size_stride(fixed, decoding) if fixed else step,
        um_per_px=taken.um_per_px,
        fit=False,
        contrast=look.contrast,
        percentiles=look.percentiles,
    )


def _classes(names: tuple[str, ...]) -> tuple[ObjectClass, ...]:
    found, badges = [], "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for place, name in enumerate(names):
        letter = name[:1].upper() if name[:1].isalpha() and len(names) == 1 else badges[place % len(badges)]
        colour = _COLOURS[place % len(_COLOURS)]
        found.append(ObjectClass(name=name[:40], title=name.capitalize(), colour=colour, badge=letter))
    return tuple(found)


def _name(described: Description, folder: Path) -> str:
    """Return a name that a card may have: the description's id, else the folder's."""
    wanted = described.id.rsplit("/", 1)[-1] or folder.resolve().name or described.name
    plain = re.sub(r"[^a-z0-9._-]+", "-", wanted.lower()).strip("-._")[:80]
    return plain or "model"


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(str(step) for step in first["loc"]) or "description"
    return f"{place}: {first['msg']}"

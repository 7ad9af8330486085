"""Weights on disk: half-precision safetensors with a sha256, written beside their card and loaded back strictly."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.core import ModelNotUsable, OutputExists
from cellwright.core.atomic import replacing
from cellwright.zoo.card import CARD_FILE, ModelCard, load_card, save_card

if TYPE_CHECKING:
    from torch import Tensor, nn

LARGEST_HALF = 65504.0


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_model(folder: Path, card: ModelCard, module: nn.Module, *, overwrite: bool = False) -> ModelCard:
    """Write a network and its card as a model folder.

    The weights are replaced first and the card last, each in one step, so that a reader either finds the old
    model or the new one, or is told by the hash that writing was interrupted.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    card : ModelCard
        Its `weights.sha256` is filled in; `weights.dtype` says how the weights are stored.
    module : nn.Module
        Whose `state_dict` is stored.
    overwrite : bool
        Whether a model that stands there may be replaced.

    Returns
    -------
    ModelCard
        The card as written.

    Raises
    ------
    OutputExists
        If there is a card already and `overwrite` is False.
    OutputNotWritable
        If the folder or a file cannot be written.
    """
    from safetensors.torch import save

    _refuse_to_replace(folder, overwrite=overwrite)
    path = folder / card.weights.file
    tensors = {name: _stored(value, card.weights.dtype) for name, value in module.state_dict().items()}
    with replacing(path) as part:
        # Through our own write: `save_file` would leave a file that only its owner may read.
        part.write_bytes(save(tensors, metadata={"format": "pt"}))
        digest = file_sha256(part)
    written = card.changed(weights=card.weights.model_copy(update={"sha256": digest}))
    save_card(folder, written)
    return written


def write_model_of_words(folder: Path, card: ModelCard, words: str, *, overwrite: bool = False) -> ModelCard:
    """Write a model that computes from words instead of weights, such as rules: first their file, then the card.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    card : ModelCard
        Its `weights.file` says where the words go.
    words : str
        What that file holds.
    overwrite : bool
        Whether a model that stands there may be replaced.

    Returns
    -------
    ModelCard
        The card as written, with the sha256 of that file.

    Raises
    ------
    OutputExists
        If there is a card already and `overwrite` is False.
    OutputNotWritable
        If the folder or a file cannot be written.
    """
    _refuse_to_replace(folder, overwrite=overwrite)
    with replacing(folder / card.weights.file) as part:
        part.write_text(words, encoding="utf-8")
    return seal_model(folder, card)


def _refuse_to_replace(folder: Path, *, overwrite: bool) -> None:
    if (folder / CARD_FILE).exists() and not overwrite:
        raise OutputExists(f"{folder} holds a model already; choose another folder or agree to replace it.")


def seal_model(folder: Path, card: ModelCard) -> ModelCard:
    """Write the card of a model whose file of weights, or of whatever it computes from, lies in the folder already.

    Returns
    -------
    ModelCard
        The card as written, with the sha256 of that file.

    Raises
    ------
    ModelNotUsable
        If the file is not there.
    OutputNotWritable
        If the card cannot be written.
    """
    path = folder / card.weights.file
    if not path.is_file():
        raise ModelNotUsable(f"There is no {card.weights.file} in {folder}; write it before the card.")
    written = card.changed(weights=card.weights.model_copy(update={"sha256": file_sha256(path)}))
    save_card(folder, written)
    return written


def load_network(folder: Path, card: ModelCard | None = None) -> nn.Module:
    """Build the network of a model folder and give it its weights, in float32, on the CPU, ready to predict.

    Parameters
    ----------
    folder : Path
        The model folder.
    card : ModelCard, optional
        The card, when it is already read.

    Raises
    ------
    ModelNotUsable
        If the weights are missing, are not those the card names, or do not fit the architecture.
    """
    from cellwright import nets

    card = card or load_card(folder)
    if not card.is_network:
        kind = card.architecture.get("kind")
        raise ModelNotUsable(f"{card.name} is a {kind} model, which computes by itself: there is no network to use.")
    tensors = _read_tensors(folder / card.weights.file, card.weights.sha256)
    network = nets.build(card.architecture)
    _give_weights(network, tensors, folder)
    return network.eval().requires_grad_(False)


def weights_problem(folder: Path, card: ModelCard) -> str:
    """Return why the weights file is not the one that the card names, or an empty string."""
    path = folder / card.weights.file
    if not path.is_file():
        return f"The weights {path} are missing; copy the whole model folder again."
    if file_sha256(path) != card.weights.sha256:
        return f"The weights {path} are not those of the card (sha256 differs); copy the model folder again."
    return ""


def _read_tensors(path: Path, sha256: str) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelNotUsable(f"The weights {path} cannot be read: {error}. Copy the model folder again.") from error
    # The bytes that were hashed are the bytes that are used: nobody can swap the file in between.
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ModelNotUsable(
            f"The weights {path} are not those of the card (sha256 differs); copy the model folder again."
        )
    try:
        return load(data)
    except SafetensorError as error:
        raise ModelNotUsable(f"The weights {path} are not a safetensors file: {error}.") from error


def _stored(value: Tensor, dtype: str) -> Tensor:
    import torch

    value = value.detach().cpu().contiguous()
    # A running variance can exceed what half precision holds; such a tensor stays as it is.
    fits = bool((value.abs() <= LARGEST_HALF).all()) if value.is_floating_point() else False
    return value.to(torch.float16) if dtype == "float16" and fits else value.clone()


def _give_weights(network: nn.Module, tensors: dict[str, Tensor], folder: Path) -> None:
    own = network.state_dict()
    wrong = [name for name, value in own.items() if name not in tensors or tensors[name].shape != value.shape]
    extra = [name for name in tensors if name not in own]
    if wrong or extra:
        example = (wrong or extra)[0]
        raise ModelNotUsable(
            f"The weights in {folder} do not fit the architecture of the card: {len(wrong)} tensors missing or of "
            f"another shape, {len(extra)} left over (such as {example}). The card or the weights are of another model."
        )
    network.load_state_dict({name: tensors[name].to(own[name].dtype) for name in own})

"""The parts of a network by name: the encoder that looks, and what is kept as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cellwright.core import ModelNotUsable

if TYPE_CHECKING:
    from torch import nn

_ENCODERS = ("encoder", "backbone")
"""Names of the part that looks, as opposed to the part that answers; the first that occurs counts."""


def encoder_name(network: nn.Module) -> str | None:
    """Return the dotted name of a network's encoder, the outermost of that name; None where nothing is called so."""
    names: list[str] = [name for name, _ in network.named_modules()]
    for wanted in _ENCODERS:
        found = [name for name in names if name.rpartition(".")[2] == wanted]
        if found:
            return found[0]
    return None


def is_part(name: str, parts: Sequence[str]) -> bool:
    """Whether a dotted name is one of the parts or lies within one."""
    return any(name == part or name.startswith(f"{part}.") for part in parts)


def freeze(network: nn.Module, parts: Sequence[str]) -> None:
    """Keep parts of a network, by the beginning of their names, as they are: weights and batch statistics.

    Raises
    ------
    ModelNotUsable
        If the network has no such part.
    """
    for part in parts:
        try:
            module = network.get_submodule(part)
        except AttributeError as error:
            known = ", ".join(name for name, _ in network.named_children())
            raise ModelNotUsable(f"The network has no part {part!r} to freeze; its parts are {known}.") from error
        module.eval().requires_grad_(requires_grad=False)


def keep_statistics(network: nn.Module) -> None:
    """Let batch norms use the statistics that they have, and learn no others; their weights go on learning."""
    from torch.nn import BatchNorm2d

    for module in network.modules():
        if isinstance(module, BatchNorm2d):
            module.eval()

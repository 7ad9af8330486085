"""From a card's words to a module: parameters are checked by name, and mistakes are said in a sentence."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from cellwright.core import ModelNotUsable, unknown_name

T = TypeVar("T")


def make(what: str, maker: Callable[..., T], parameters: Any, **given: Any) -> T:
    """Call `maker` with the parameters of a card and with what the program itself gives.

    Parameters
    ----------
    what : str
        What is made, as the sentence of an error names it: ``"U-Net"``.
    maker : callable
        A class or function whose signature lists what the card may say.
    parameters : mapping
        The card's words.
    **given : object
        Arguments that a card cannot set.

    Raises
    ------
    ModelNotUsable
        If a parameter is unknown or missing, or its value has the wrong type.
    """
    if not isinstance(parameters, Mapping):
        raise ModelNotUsable(f"The {what} of the card is {parameters!r}; it must be a table of parameters.")
    known = _known(maker)
    for name in parameters:
        if name not in known or name in given:
            raise ModelNotUsable(f"The {what} has no parameter {name!r}. {_hint(name, set(known) - set(given))}")
    missing = [p.name for p in known.values() if p.default is p.empty and p.name not in {*parameters, *given}]
    if missing:
        raise ModelNotUsable(f"The {what} of the card lacks the parameter {missing[0]!r}; add it.")
    try:
        return maker(**parameters, **given)
    except (TypeError, ValueError) as error:
        if isinstance(error, ModelNotUsable):
            raise
        raise ModelNotUsable(f"The {what} of the card cannot be built: {error}.") from error


def choose(what: str, kinds: Mapping[str, Callable[..., T]], description: Any, **given: Any) -> T:
    """Make what ``description["kind"]`` names with the rest of the description; see `make`.

    Raises
    ------
    UnknownName
        If nothing is called so.
    ModelNotUsable
        If the description is not a table with a kind, or its parameters do not fit.
    """
    if not isinstance(description, Mapping) or "kind" not in description:
        raise ModelNotUsable(
            f"The {what} of the card is {description!r}; it must be a table with a kind: {', '.join(sorted(kinds))}."
        )
    parameters = {name: value for name, value in description.items() if name != "kind"}
    kind = str(description["kind"])
    if kind not in kinds:
        raise unknown_name(what, kind, kinds)
    return make(f"{kind} {what}", kinds[kind], parameters, **given)


def need(claim: bool, sentence: str) -> None:
    """Raise `ModelNotUsable` with the sentence unless the claim holds.

    Raises
    ------
    ModelNotUsable
        If `claim` is False.
    """
    if not claim:
        raise ModelNotUsable(sentence)


def _known(maker: Callable[..., object]) -> dict[str, inspect.Parameter]:
    """Parameters by name; a class that hands some on to its base has the base's too."""
    own = inspect.signature(maker).parameters
    known = {name: p for name, p in own.items() if p.kind is not p.VAR_KEYWORD}
    if len(known) < len(own) and isinstance(maker, type) and maker.__base__ is not None:
        known = {**_known(maker.__base__), **known}
    return known


def _hint(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"Did you mean {near[0]!r}?" if near else f"It has: {', '.join(sorted(known)) or 'none'}."

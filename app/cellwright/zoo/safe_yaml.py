"""Reading YAML that strangers wrote: plain values alone, of a bounded size once every alias is followed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from cellwright.core import ModelNotUsable

MOST_BYTES = 512 * 1024
MOST_VALUES = 100_000
"""A description of a model has some hundred values; ten aliases of ten aliases of … have billions."""


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a file that holds one mapping.

    Tags that would make objects are refused by the safe loader, whatever they name.

    Raises
    ------
    ModelNotUsable
        If the file is missing, too large, no YAML, no mapping with text as keys, or grows beyond `MOST_VALUES`.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise ModelNotUsable(f"The description {path} cannot be read: {error}.") from error
    if len(data) > MOST_BYTES:
        raise ModelNotUsable(f"The description {path} is larger than {MOST_BYTES // 1024} KiB, which no model needs.")
    try:
        value = _loaded(data.decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise ModelNotUsable(f"The description {path} is no YAML that can be read: {_first_line(error)}.") from error
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise ModelNotUsable(f"The description {path} is not a mapping of names to values.")
    return value


def _loaded(text: str) -> Any:
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _refuse_growth(node)
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _refuse_growth(root: yaml.Node) -> None:
    """Raise `ValueError` if there are too many values once aliases are followed; one that holds itself has no end."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: yaml.Node) -> int:
        key = id(node)
        if key in sizes:
            return sizes[key]
        if key in open_nodes:
            raise ValueError("a value holds itself")
        open_nodes.add(key)
        total = 1 + sum(size(part) for part in _parts(node))
        open_nodes.discard(key)
        if total > MOST_VALUES:
            raise ValueError(f"its aliases stand for more than {MOST_VALUES:,} values")
        sizes[key] = total
        return total

    size(root)


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _first_line(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "values are nested too deeply"
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__

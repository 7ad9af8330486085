"""Which files an ONNX file would open, read from its bytes before any library sees them.

An ONNX file is a protocol buffer; a tensor of it may say that its numbers lie in another file, at any path. The few
fields on the way to such tensors are walked here (onnx.proto: ModelProto, GraphProto, NodeProto, AttributeProto,
TensorProto), everything else is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cellwright.core import ModelNotUsable

DEEPEST = 32
"""Graphs within graphs; more is an attack on whoever follows them."""

_FIELDS: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "external"},
}
"""Which fields of a message hold messages that matter."""

_KEY, _VALUE, _TEXT = 1, 2, 2
_VARINT, _LONG, _BYTES, _SHORT = 0, 1, 2, 5


def external_files(data: bytes) -> frozenset[str]:
    """Return the paths that an ONNX file names for numbers that it does not hold itself.

    Raises
    ------
    ModelNotUsable
        If the bytes are no protocol buffer, are cut off, or nest too deeply.
    """
    found: set[str] = set()
    stack: list[tuple[str, memoryview, int]] = [("model", memoryview(data), 0)]
    while stack:
        kind, message, depth = stack.pop()
        if depth > DEEPEST:
            raise ModelNotUsable(f"The ONNX file nests graphs more than {DEEPEST} deep, which no network needs.")
        for number, content in _messages(message):
            inner = _FIELDS[kind].get(number)
            if inner == "external":
                found.update(_location(content))
            elif inner is not None:
                stack.append((inner, content, depth + (inner == "graph")))
    return frozenset(found)


def _location(entry: memoryview) -> Iterator[str]:
    """Yield the value of a key-value pair whose key is ``location``."""
    texts = {number: bytes(content).decode("utf-8", "replace") for number, content in _messages(entry)}
    if texts.get(_KEY) == "location":
        yield texts.get(_VALUE, "")


def _messages(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield the number and the bytes of each field that has bytes."""
    at, end = 0, len(data)
    while at < end:
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == _BYTES:
            length, at = _varint(data, at)
            if length > end - at:
                raise _cut_off()
            yield number, data[at : at + length]
            at += length
        elif wire == _VARINT:
            _, at = _varint(data, at)
        elif wire in (_LONG, _SHORT):
            at += 8 if wire == _LONG else 4
        else:
            raise _cut_off()
    if at != end:
        raise _cut_off()


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while shift < 70:
        if at >= len(data):
            raise _cut_off()
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
        shift += 7
    raise _cut_off()


def _cut_off() -> ModelNotUsable:
    return ModelNotUsable("The file is no whole ONNX file: it is damaged or cut off. Copy or export it again.")

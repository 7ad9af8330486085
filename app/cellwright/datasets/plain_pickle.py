"""Pickled numbers, texts, lists and arrays, read opcode by opcode: nothing is ever imported, called or made."""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import DatasetNotReadable

_MOST_STEPS = 2_000_000
"""Opcodes of a file; one that holds arrays has some hundred, one that lists every point of an outline some thousand."""

_NAMES: Mapping[tuple[str, str], str] = {
    (module, name): name
    for module, name in (
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy.core.multiarray", "scalar"),
        ("numpy._core.multiarray", "scalar"),
    )
}
"""The only names a file may use. They stand for our own values here, and not for what numpy calls so."""

_NUMBERS = frozenset({"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"})
_ORDERS = frozenset({"<", ">", "|", "="})


@dataclass(frozen=True, slots=True)
class _Name:
    """A name of `_NAMES`, which can only be looked at."""

    name: str


@dataclass(slots=True)
class _DType:
    """What kind of number an array holds, such as ``"u2"``; ``"O"`` where it holds values of other kinds."""

    code: str
    order: str = "|"

    def build(self, state: object) -> None:
        """Take the byte order from what numpy wrote about the type."""
        plain = isinstance(state, tuple) and len(state) >= 8 and state[2] is state[3] is state[4] is None
        if not plain or state[1] not in _ORDERS:  # type: ignore[index]
            raise _refused("a table of mixed columns")
        self.order = state[1]  # type: ignore[index]

    @property
    def is_object(self) -> bool:
        """Whether the array holds values of other kinds."""
        return self.code in {"O", "O4", "O8"}

    def numpy(self) -> np.dtype[Any]:
        """Return numpy's type of a plain number."""
        if self.code not in _NUMBERS:
            raise _refused(f"numbers of the type {self.code[:40]!r}")
        return np.dtype(self.order + self.code)


@dataclass(slots=True)
class PlainArray:
    """An array as a file describes it.

    Parameters
    ----------
    values : ndarray or list
        The numbers, read-only; or what an array of other values holds, one after the other.
    """

    values: NDArray[np.generic] | list[object] = field(default_factory=list)

    def build(self, state: object) -> None:
        """Take shape, type and content from what numpy wrote about the array."""
        if not isinstance(state, tuple) or len(state) != 5:
            raise _refused("an array of an unknown make")
        _, shape, dtype, is_fortran, content = state
        if not isinstance(dtype, _DType) or not isinstance(shape, tuple) or not all(_is_side(n) for n in shape):
            raise _refused("an array of an unknown make")
        if dtype.is_object:
            if not isinstance(content, list):
                raise _refused("an array of an unknown make")
            self.values = content
            return
        kind = dtype.numpy()
        count = 1
        for side in shape:
            count *= side  # Python's own numbers, which never run over
        if not isinstance(content, bytes) or len(content) != count * kind.itemsize or len(shape) > 8:
            raise _refused("an array whose content does not fill its shape")
        self.values = np.frombuffer(content, kind).reshape(shape, order="F" if is_fortran else "C")


def _is_side(value: object) -> bool:
    return type(value) is int and value >= 0


def _refused(what: str) -> DatasetNotReadable:
    return DatasetNotReadable(f"it holds {what}, and only numbers, texts, lists and arrays are read")


def read_plain_pickle(stream: IO[bytes]) -> object:
    """Read one pickled value without unpickling it.

    The file is walked opcode by opcode. Those that build numbers, texts, lists, dictionaries and numpy's arrays of
    plain numbers are followed by hand; any other opcode, and any name but those few of numpy's, ends the reading. So a
    file cannot make the program import, call or open anything.

    Parameters
    ----------
    stream : binary file
        Standing at the first opcode.

    Returns
    -------
    object
        None, bool, int, float, str, bytes, list, tuple, dict, numpy scalar, or `PlainArray`; of such, nested.

    Raises
    ------
    DatasetNotReadable
        Half a sentence, without the name of the file, if it holds anything else or is damaged.
    """
    machine = _Machine()
    try:
        for number, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
            if number > _MOST_STEPS:
                raise _refused(f"more than {_MOST_STEPS:,} steps")
            if opcode.name == "STOP":
                return machine.pop()
            step = _STEPS.get(opcode.name)
            if step is None:
                raise _refused(f"an instruction {opcode.name}")
            step(machine, argument)
    except DatasetNotReadable:
        raise
    except (ValueError, IndexError, TypeError, OverflowError, MemoryError, AttributeError) as error:
        raise DatasetNotReadable(f"it is damaged ({' '.join(str(error).split())[:120]})") from error
    raise DatasetNotReadable("it ends too early")


class _Machine:
    """The stack that opcodes work on, the marks in it, and what was put aside to be used again."""

    def __init__(self) -> None:
        self.stack: list[object] = []
        self.marks: list[int] = []
        self.memo: dict[int, object] = {}

    def push(self, value: object) -> None:
        self.stack.append(value)

    def pop(self) -> object:
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise ValueError("a value is missing")
        return self.stack.pop()

    def take(self, count: int) -> tuple[object, ...]:
        return tuple(self.pop() for _ in range(count))[::-1]

    def since_mark(self) -> list[object]:
        start = self.marks.pop()
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def top(self) -> object:
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise ValueError("a value is missing")
        return self.stack[-1]

    def keep(self, key: int | None) -> None:
        self.memo[len(self.memo) if key is None else key] = self.top()

    def recall(self, key: int) -> None:
        if key not in self.memo:
            raise ValueError("it refers to what is not there")
        self.push(self.memo[key])

    def extend(self, values: list[object]) -> None:
        target = self.top()
        if not isinstance(target, list):
            raise _refused("something that is filled like a list and is none")
        target.extend(values)

    def set_items(self, values: list[object]) -> None:
        target = self.top()
        if not isinstance(target, dict) or len(values) % 2:
            raise _refused("something that is filled like a dictionary and is none")
        for key, value in zip(values[::2], values[1::2], strict=True):
            if not isinstance(key, (str, int)):
                raise _refused("a dictionary whose keys are no texts")
            target[key] = value

    def name(self, module: object, name: object) -> None:
        known = _NAMES.get((module, name)) if isinstance(module, str) and isinstance(name, str) else None
        if known is None:
            raise _refused(f"the name {str(module)[:60]}.{str(name)[:60]}")
        self.push(_Name(known))

    def reduce(self) -> None:
        callee, given = self.take(2)
        match callee, given:
            case _Name("_reconstruct"), (_Name("ndarray"), tuple(), bytes()):
                self.push(PlainArray())
            case _Name("dtype"), (str(code), *_):
                self.push(_DType(code))
            case _Name("scalar"), (_DType() as dtype, bytes(content)):
                kind = dtype.numpy()
                if len(content) != kind.itemsize:
                    raise _refused("a number of the wrong length")
                self.push(np.frombuffer(content, kind)[0])
            case _:
                raise _refused("a call")

    def build(self) -> None:
        target, state = self.take(2)
        if not isinstance(target, (PlainArray, _DType)):
            raise _refused("something that is neither number, text, list nor array")
        target.build(state)
        self.push(target)


def _global(machine: _Machine, argument: str) -> None:
    module, _, name = argument.partition(" ")
    machine.name(module, name)


def _tuple_of(count: int) -> Callable[[_Machine, Any], None]:
    return lambda machine, _: machine.push(machine.take(count))


def _constant(make: Callable[[], object]) -> Callable[[_Machine, Any], None]:
    return lambda machine, _: machine.push(make())


def _pushed(machine: _Machine, argument: object) -> None:
    machine.push(argument)


def _nothing(machine: _Machine, argument: object) -> None:
    """Frames and version numbers say nothing that is needed."""


_VALUES = (
    "BININT",
    "BININT1",
    "BININT2",
    "LONG1",
    "BINFLOAT",
    "SHORT_BINUNICODE",
    "BINUNICODE",
    "BINUNICODE8",
    "SHORT_BINBYTES",
    "BINBYTES",
    "BINBYTES8",
)

_STEPS: Mapping[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(_VALUES, _pushed),
    "PROTO": _nothing,
    "FRAME": _nothing,
    "NONE": _constant(lambda: None),
    "NEWTRUE": _constant(lambda: True),
    "NEWFALSE": _constant(lambda: False),
    "EMPTY_TUPLE": _constant(tuple),
    "EMPTY_LIST": _constant(list),
    "EMPTY_DICT": _constant(dict),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.since_mark())),
    "MARK": lambda machine, _: machine.marks.append(len(machine.stack)),
    "APPEND": lambda machine, _: machine.extend([machine.pop()]),
    "APPENDS": lambda machine, _: machine.extend(machine.since_mark()),
    "SETITEM": lambda machine, _: machine.set_items(list(machine.take(2))),
    "SETITEMS": lambda machine, _: machine.set_items(machine.since_mark()),
    "MEMOIZE": lambda machine, _: machine.keep(None),
    "BINPUT": lambda machine, argument: machine.keep(argument),
    "LONG_BINPUT": lambda machine, argument: machine.keep(argument),
    "BINGET": lambda machine, argument: machine.recall(argument),
    "LONG_BINGET": lambda machine, argument: machine.recall(argument),
    "GLOBAL": _global,
    "STACK_GLOBAL": lambda machine, _: machine.name(*machine.take(2)),
    "REDUCE": lambda machine, _: machine.reduce(),
    "BUILD": lambda machine, _: machine.build(),
}

"""Pickles are walked, never unpickled: what holds plain values is read, anything else is refused."""

from __future__ import annotations

import builtins
import contextlib
import datetime as dt
import io
import os
import pickle  # noqa: TID251 - to write what is then read without it
import pickletools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np

from cellwright.core import DatasetNotReadable
from cellwright.datasets.plain_pickle import PlainArray, read_plain_pickle

SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats(allow_nan=False) | st.text() | st.binary()
)
PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
ARRAYS: st.SearchStrategy[Any] = st_np.arrays(
    st.sampled_from([np.dtype(kind) for kind in ("u1", "u2", "i4", "i8", "f4", "f8", "b1", ">u2")]),
    st_np.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5),
)


def read(value: object, protocol: int = 4) -> Any:
    """Pickle a value and read it our way."""
    return read_plain_pickle(io.BytesIO(pickle.dumps(value, protocol)))


@given(PLAIN, st.sampled_from([3, 4, 5]))
def test_plain_values_come_back_as_they_were(value: object, protocol: int) -> None:
    assert read(value, protocol) == value


@given(ARRAYS, st.sampled_from([3, 4]), st.booleans())
def test_arrays_come_back_as_they_were(array: np.ndarray, protocol: int, is_fortran: bool) -> None:
    array = np.asfortranarray(array) if is_fortran else array
    found = read(array, protocol)
    assert isinstance(found, PlainArray)
    np.testing.assert_array_equal(found.values, array)
    assert np.asarray(found.values).dtype == array.dtype


def test_numpy_numbers_and_arrays_of_values_are_read() -> None:
    assert read([np.float64(3.5), np.int16(-7)]) == [3.5, -7]
    held = np.empty(2, object)
    held[:] = [{"a": 1}, None]
    assert read(held).values == [{"a": 1}, None]


class Evil:
    """Would run a command when unpickled."""

    def __init__(self, call: object, *arguments: object) -> None:
        self.call, self.arguments = call, arguments

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call, self.arguments


@pytest.mark.parametrize(
    "value",
    [
        lambda path: Evil(os.system, f"touch {path}"),
        lambda path: Evil(builtins.eval, f"open({str(path)!r}, 'w')"),
        lambda path: Evil(open, str(path), "w"),
        lambda path: {"masks": Evil(np.fromfile, str(path))},
        lambda path: Evil(np.load, str(path)),
        lambda _: dt.date(2020, 1, 1),
        lambda _: {1, 2},
        lambda _: np.zeros(2, [("a", "u1"), ("b", "f4")]),
        lambda _: np.zeros(2, "M8[s]"),
        lambda _: Path("x"),
    ],
)
@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_anything_else_is_refused_and_nothing_runs(value: Any, protocol: int, tmp_path: Path) -> None:
    path = tmp_path / "ran"
    with pytest.raises(DatasetNotReadable):
        read([value(path)], protocol)
    assert not path.exists()


def test_no_step_of_ours_is_one_that_imports_or_calls() -> None:
    from cellwright.datasets import plain_pickle

    dangerous = {"INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "PERSID", "BINPERSID", "EXT1", "EXT2", "EXT4", "NEXT_BUFFER"}
    known = {opcode.name for opcode in pickletools.opcodes}
    assert dangerous <= known
    assert plain_pickle._STEPS.keys() <= known - dangerous


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_in_a_sentence(content: bytes) -> None:
    with contextlib.suppress(DatasetNotReadable):
        read_plain_pickle(io.BytesIO(content))


@given(st.data())
def test_damaged_files_are_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(pickle.dumps({"masks": np.arange(12, dtype=np.uint16).reshape(3, 4), "n": [1, 2, (3, 4)]}, 4))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    with contextlib.suppress(DatasetNotReadable):
        read_plain_pickle(io.BytesIO(bytes(whole[:cut])))


@pytest.mark.parametrize("shape", [(2**40, 2**40), (-1, 3), (3, 4, 0, 2**62), (1,) * 20])
def test_absurd_shapes_reserve_nothing(shape: tuple[int, ...]) -> None:
    array = np.zeros(3, np.uint8)
    state = (1, shape, array.dtype, False, b"\x00\x00\x00")
    content = pickle.dumps(Evil(np.array(0).__reduce__()[0], np.ndarray, (0,), b"b"), 4)[:-1]
    content += pickle.dumps(state, 4)[2:-1].replace(b"\x94", b"") + b"b."
    with pytest.raises(DatasetNotReadable):
        read_plain_pickle(io.BytesIO(content))

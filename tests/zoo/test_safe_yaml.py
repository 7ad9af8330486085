"""Descriptions that strangers wrote: plain values are read, everything else is told in one sentence."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cellwright.core import ModelNotUsable
from cellwright.zoo.safe_yaml import MOST_BYTES, read_yaml

LEVELS = "abcdefghi"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in pairwise(LEVELS)
)


def test_plain_values_and_few_aliases_are_read(tmp_path: Path) -> None:
    (tmp_path / "rdf.yaml").write_text("a: &x {b: [1, 2.5, null, yes]}\nc: *x\n")
    assert read_yaml(tmp_path / "rdf.yaml") == {"a": {"b": [1, 2.5, None, True]}, "c": {"b": [1, 2.5, None, True]}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "stand for more than"),
        ("a: &a [*a]\n", "holds itself"),
        ("[" * 5000, "nested too deeply|no YAML"),
        ("a: !!python/object/apply:os.system ['echo 1']\n", "could not determine a constructor"),
        ("a: !!python/name:os.system\n", "could not determine a constructor"),
        ("a: [1\n", "no YAML"),
        ("a: 1\n---\nb: 2\n", "no YAML"),
        ("- 1\n", "not a mapping"),
        ("", "not a mapping"),
        ("1: 2\n", "not a mapping"),
        ("a: " + "x" * MOST_BYTES, "larger than 512 KiB"),
        ("a: \x00", "no YAML"),
    ],
)
def test_what_is_no_description_is_told(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "rdf.yaml").write_text(text)
    with pytest.raises(ModelNotUsable, match=said) as caught:
        read_yaml(tmp_path / "rdf.yaml")
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_and_missing_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "rdf.yaml").write_bytes(b"\xff\xfe\x00")
    for name in ("rdf.yaml", "nothing.yaml"):
        with pytest.raises(ModelNotUsable):
            read_yaml(tmp_path / name)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "rdf.yaml").write_bytes(data)
    try:
        assert isinstance(read_yaml(tmp_path / "rdf.yaml"), dict)
    except ModelNotUsable:
        return

"""Models are found by name or path, and broken ones are listed with their problem."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cellwright.core import ModelNotUsable, UnknownName
from cellwright.zoo import ModelCard, find_model, list_models, save_card


@pytest.fixture
def shelf(card: Callable[..., ModelCard], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CELLWRIGHT_MODELS", str(tmp_path))
    for name in ("two-kinds", "other"):
        (tmp_path / name).mkdir()
        save_card(tmp_path / name, card(name=name))
    return tmp_path


def test_a_model_is_found_by_name_and_by_path(shelf: Path) -> None:
    assert find_model("other") == shelf / "other"
    assert find_model(shelf / "other") == shelf / "other"
    assert find_model(str(shelf / "other" / "card.json")) == shelf / "other"


def test_a_misspelt_name_brings_the_nearest_one(shelf: Path) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'two-kinds'"):
        find_model("two-kindz")


def test_a_path_without_a_model_is_said(shelf: Path) -> None:
    with pytest.raises(ModelNotUsable, match="is no model folder"):
        find_model(shelf / "nothing")


def test_a_broken_model_is_listed_with_its_problem(shelf: Path) -> None:
    (shelf / "broken").mkdir()
    (shelf / "broken" / "card.json").write_text("{}")
    entries = {entry.name: entry for entry in list_models()}
    assert entries["other"].problem == ""
    assert entries["broken"].card is None
    assert "is wrong" in entries["broken"].problem

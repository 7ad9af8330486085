"""Turned copies, several sizes and the width of a cell on the command line, off unless they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cellwright.zoo import load_card, save_card
from tests.tiny_model import write_tiny_model

Run = Callable[..., Any]
DEVICE = ("--device", "cpu:torch-fp32")


def notes_of(said: Any) -> list[str]:
    assert said.code == 0
    return list(said.json["pictures"][0]["notes"])


def test_the_answer_says_what_was_asked_for(cellwright: Run, model: Path, smears: Path) -> None:
    asked = ("analyze", smears / "smear_1.png", "--model", model, "--json", *DEVICE)
    plain, off = cellwright(*asked), cellwright(*asked, "--scales", "1")
    assert plain.json["pictures"][0]["counts"] == off.json["pictures"][0]["counts"]
    assert not any("looked at in" in note or "sizes" in note for note in notes_of(plain))
    said = notes_of(cellwright(*asked, "--augment", "--scales", "0.8,1"))
    assert "The picture was looked at in 8 turned and mirrored copies and at the sizes 0.8 and 1." in said


@pytest.mark.parametrize("scales", ["8", "0", "1,1", "nan"])
def test_sizes_that_make_no_sense_are_one_sentence(cellwright: Run, model: Path, smears: Path, scales: str) -> None:
    said = cellwright("analyze", smears / "smear_1.png", "--model", model, "--scales", scales, *DEVICE)
    assert said.code != 0
    assert "from 0.25 to 4" in said.err
    assert "Traceback" not in said.err


def test_sizes_that_are_no_numbers_are_refused(cellwright: Run, smears: Path) -> None:
    said = cellwright("analyze", smears, "--scales", "big")
    assert said.code == 2
    assert "0.8,1,1.25" in said.err


def test_a_model_that_knows_left_from_right_refuses_turned_copies(
    cellwright: Run, smears: Path, tmp_path: Path
) -> None:
    folder = write_tiny_model(tmp_path / "upright")
    card = load_card(folder)
    save_card(folder, card.changed(input=card.input.model_copy(update={"orientation": "upright"})))
    said = cellwright("analyze", smears / "smear_1.png", "--model", folder, "--augment", *DEVICE)
    assert said.code != 0
    assert "left from right" in said.err


def of_one_size(folder: Path, object_px: float) -> Path:
    """Write a model that was trained on objects of this width."""
    card = load_card(write_tiny_model(folder))
    save_card(folder, card.changed(input=card.input.model_copy(update={"object_px": object_px})))
    return folder


def test_a_measured_object_sets_the_scale_and_is_said(cellwright: Run, smears: Path, tmp_path: Path) -> None:
    model, picture = of_one_size(tmp_path / "sized", 20.0), smears / "smear_1.png"
    asked = ("analyze", picture, "--model", model, *DEVICE)
    counts = [
        cellwright(*asked, *words, "--json").json["pictures"][0]["counts"]["all"]["count"]
        for words in ((), ("--object-px", "20"), ("--object-px", "40"))
    ]
    assert counts[0] == counts[1] != counts[2]
    sentence = "A typical object of 40 px was looked at as 20 px wide, the size that the model was trained on."
    said = cellwright(*asked, "--object-px", "40")
    assert f"smear_1.png: {sentence}" in said.err
    together = cellwright("analyze", smears, "--model", model, "--object-px", "40", *DEVICE)
    assert together.err.count(sentence) == 1
    assert f"2 pictures: {sentence}" in together.err
    project = ("--project", tmp_path / "p", "--all", "--json")
    assert sentence in cellwright(*asked, "--object-px", "40", *project).json["slides"][0]["notes"]


def test_an_object_without_a_width_or_a_scale_is_one_sentence(
    cellwright: Run, model: Path, smears: Path, tmp_path: Path
) -> None:
    picture = smears / "smear_1.png"
    for width in ("0", "-3", "nan", "inf"):
        words = ("--model", of_one_size(tmp_path / f"sized{width}", 20.0), f"--object-px={width}")
        said = cellwright("analyze", picture, *words, *DEVICE)
        assert said.code != 0 and "no width of an object" in said.err
    for words in ((), ("--project", tmp_path / "p")):
        said = cellwright("analyze", picture, "--model", model, "--object-px", "40", *words, *DEVICE)
        assert said.code != 0 and "tiny was trained at no scale of its own" in said.err
    assert not (tmp_path / "p").exists()

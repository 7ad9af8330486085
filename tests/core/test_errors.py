"""One family of errors, each also the builtin it resembles, with texts for people."""

from __future__ import annotations

import pytest

from cellwright import core
from cellwright.core import CellwrightError, SlideNotReadable, UnknownName, unknown_name

FAMILY = {
    "SlideNotReadable": OSError,
    "ModelNotUsable": ValueError,
    "DatasetNotReadable": ValueError,
    "BadParameter": ValueError,
    "OutputExists": FileExistsError,
    "OutputNotWritable": OSError,
    "PluginNotUsable": ImportError,
    "TrainingStopped": RuntimeError,
    "UnknownName": KeyError,
}


@pytest.mark.parametrize(("name", "builtin"), FAMILY.items())
def test_every_error_is_caught_by_meaning_and_by_builtin(name: str, builtin: type[Exception]) -> None:
    kind = getattr(core, name)
    assert issubclass(kind, CellwrightError)
    assert issubclass(kind, builtin)
    assert str(kind("what, where, what next")) == "what, where, what next"


def test_a_near_miss_is_suggested() -> None:
    error = unknown_name("model", "blood-cell-yolo", ["blood-cells-yolo", "nuclei"])
    assert isinstance(error, UnknownName)
    assert str(error) == "No model is called 'blood-cell-yolo'. Did you mean 'blood-cells-yolo'?"


def test_without_a_near_miss_all_are_named() -> None:
    assert str(unknown_name("model", "x", ["b", "a"])) == "No model is called 'x'. There is: a, b."
    assert "none" in str(unknown_name("model", "x", []))


def test_an_error_can_be_raised_from_a_path(tmp_path: object) -> None:
    with pytest.raises(OSError, match="gone"):
        raise SlideNotReadable("the picture is gone")

"""Signatures and factors of a laboratory: their tables, the way there from older ones, and what undo does to them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from cellwright.annotation import Estimated, LaboratoryFactorRecord, SignOffRecord, added
from cellwright.core import BadParameter, Box
from cellwright.project import Project
from tests.project.made import everything, project_in, rows, state, table
from tests.project.older import assert_brought_to_today, make_older

HASH = "ab" * 32


def test_a_project_of_version_3_is_copied_and_brought_to_todays_tables(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        project.add_objects(1, table(50), "m")
        project.mark_reviewed(1, Box(0, 0, 9, 9), "A.")
    folder = tmp_path / "p"
    make_older(folder, 3)
    shutil.rmtree(folder / "backups")
    with Project(folder, read_only=True) as project:
        assert (project.sign_offs(), project.laboratory_factors()) == ([], {})
    assert rows(folder, "PRAGMA user_version") == [(3,)]
    with Project(folder) as project:
        before = everything(project)
        project.sign_off("A.", 50, HASH, "{}")
        project.check()
        project.rebuild()
        assert everything(project) == before
        assert len(project.sign_offs()) == 1
        assert len(project.regions_reviewed(1)) == 1
    assert_brought_to_today(folder, 3)


def test_a_signature_is_a_fact_that_undo_passes_by_and_that_is_withdrawn_by_name(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        step = project.apply(added(1, [state()]), "B.")
        entry = project.sign_off(" Dr. C. ", 1, HASH, json.dumps({"NEU": 1}), "second reading")
        assert (entry.kind.value, entry.author, entry.reason) == ("sign-off", "Dr. C.", "second reading")
        undone = project.undo("B.")
        assert undone is not None
        assert undone.target == step.id, "the step of work, not the signature"
        (signed,) = project.sign_offs()
        assert (signed.author, signed.cells, json.loads(signed.counts)) == ("Dr. C.", 1, {"NEU": 1})
        assert signed.time.endswith("+00:00")
        assert project.withdraw_sign_off(7, "B.") is None
        gone = project.withdraw_sign_off(signed.id, "D.")
        assert gone is not None
        assert (gone.author, gone.reason) == ("D.", "withdrawn")
        assert project.sign_offs() == []
        second = project.sign_off("C.", 1, HASH, "{}")
        assert second.id > gone.id
        assert project.sign_offs()[0].id == 2, "numbers are never given twice"
        project.rebuild()
        assert [each.author for each in project.sign_offs()] == ["C."]


def test_a_factor_replaces_the_one_before_and_says_who_entered_it(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        assert project.set_laboratory_factor(Estimated.PLATELETS, 15000, "A.") is not None
        assert project.set_laboratory_factor(Estimated.PLATELETS, 15000, "B.") is None, "said before"
        assert project.set_laboratory_factor(Estimated.WHITE, 2000, "A.", 0.04) is not None
        assert project.set_laboratory_factor(Estimated.PLATELETS, 18000, "B.") is not None
        found = project.laboratory_factors()
        assert {kind: (each.per_ul, each.author, each.field_mm2) for kind, each in found.items()} == {
            Estimated.PLATELETS: (18000, "B.", None),
            Estimated.WHITE: (2000, "A.", 0.04),
        }
        project.set_laboratory_factor(Estimated.WHITE, None, "A.")
        assert set(project.laboratory_factors()) == {Estimated.PLATELETS}
        project.rebuild()
        assert set(project.laboratory_factors()) == {Estimated.PLATELETS}
    with Project(tmp_path / "p", read_only=True) as project:
        assert project.laboratory_factors()[Estimated.PLATELETS].per_ul == 18000


@pytest.mark.parametrize("number", [0, -1, float("nan"), float("inf")])
def test_impossible_factors_and_nameless_signatures_are_refused(number: float) -> None:
    with pytest.raises(BadParameter):
        LaboratoryFactorRecord(1, "t", "A.", Estimated.WHITE, number)
    with pytest.raises(BadParameter):
        LaboratoryFactorRecord(1, "t", " ", Estimated.WHITE, 1)
    for author, digits in (("", HASH), ("A.", "xyz")):
        with pytest.raises(BadParameter):
            SignOffRecord(1, "t", author, 1, digits, "{}")

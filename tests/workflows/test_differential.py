"""A differential: shares with limits, what was not told kept apart, signed off once every cell is reviewed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from PIL import Image

from cellwright.annotation import Estimated, LaboratoryFactorRecord, Status
from cellwright.core import BadParameter, EditRefused, Objects, UnknownName
from cellwright.project import Project
from cellwright.stats import Simultaneous, poisson_interval, ratio_interval
from cellwright.workflows import Analysis
from cellwright.workflows.cell_roles import CellRole, read_roles, roles_of
from cellwright.workflows.differential import NOT_A_DEVICE, USUAL, Differential, compare, differential
from cellwright.workflows.differential_cells import FieldCells, fields_of_analyses, fields_of_project
from cellwright.workflows.differential_signing import project_differential, sign_differential, signatures

CLASSES = ("neutrophil", "lymphocyte", "monocyte", "erythroblast", "Unidentified", "WBC", "RBC", "PLT")
HUNDRED = (86, 9, 5, 12, 4, 0, 700, 40)


def a_field(counts: tuple[int, ...] = HUNDRED, reviewed: bool = True, **more: object) -> FieldCells:
    n = sum(counts)
    index = np.repeat(np.arange(len(counts)), counts)
    ids = np.frombuffer(np.random.default_rng(n).bytes(16 * n), "V16")
    return FieldCells("smear", ids, index, np.full(n, reviewed), CLASSES, **more)  # type: ignore[arg-type]


def test_shares_are_of_white_cells_that_are_told_and_have_ruemkes_limits() -> None:
    found = differential([a_field()])
    assert (found.white, found.unidentified, found.unreviewed, found.cells) == (100, 4, 0, 116)
    lymph, mono = found.row_named("lymphocyte"), found.row_named("monocyte")
    assert (lymph.count, lymph.share) == (9, 0.09)
    assert lymph.interval is not None and mono.interval is not None
    assert [round(100 * end, 1) for end in lymph.interval] == [4.2, 16.4]
    assert [round(100 * end, 1) for end in mono.interval] == [1.6, 11.3]
    assert sum(each.share or 0 for each in found.rows) == pytest.approx(1)
    assert "Rümke" in found.method
    assert found.notes[-1] == NOT_A_DEVICE
    assert "not a medical device" in NOT_A_DEVICE


def test_others_are_told_per_100_white_cells_and_the_unidentified_stand_apart() -> None:
    found = differential([a_field()])
    beside = found.row_named("erythroblast")
    assert (beside.per_100, beside.share) == (12, None)
    assert beside.per_100_interval == ratio_interval(12, 100).scaled(100)
    apart = found.row_named("Unidentified")
    assert apart.share == pytest.approx(4 / 104)
    assert found.apart == (apart, found.row_named("WBC"))
    assert any("4 of 104" in note for note in found.notes)
    with pytest.raises(KeyError):
        found.row_named("RBC")


@pytest.mark.parametrize("method", [Simultaneous.BONFERRONI, Simultaneous.GOODMAN])
def test_limits_of_all_kinds_at_once_are_wider_and_said(method: Simultaneous) -> None:
    alone, together = differential([a_field()]), differential([a_field()], simultaneous=method)
    for one, other in zip(alone.rows, together.rows, strict=True):
        assert one.interval is not None and other.interval is not None
        assert other.interval.high - other.interval.low > one.interval.high - one.interval.low
    assert "at once" in together.method


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("neutrophil", CellRole.WHITE),
        ("Band neutrophils", CellRole.WHITE),
        ("ig", CellRole.WHITE),
        ("NRBC", CellRole.PER_100),
        ("smudge_cell", CellRole.PER_100),
        ("unidentified", CellRole.UNIDENTIFIED),
        ("not-classed", CellRole.UNIDENTIFIED),
        ("Platelet", CellRole.PLATELET),
        ("RBC", CellRole.LEFT_OUT),
        ("nucleus", CellRole.LEFT_OUT),
    ],
)
def test_a_class_is_known_by_its_name(name: str, role: CellRole) -> None:
    assert roles_of([name, "lymphocyte"])[name] is role


def test_white_cells_of_no_kind_are_white_only_where_no_kind_is_told() -> None:
    assert roles_of(["WBC", "RBC"])["WBC"] is CellRole.WHITE
    assert roles_of(["WBC", "RBC", "monocyte"])["WBC"] is CellRole.UNIDENTIFIED
    assert roles_of(["c7"], {"c7": "Eosinophil"})["c7"] is CellRole.WHITE
    assert roles_of(["c7"], said=read_roles("c7 = per-100"))["c7"] is CellRole.PER_100
    with pytest.raises(UnknownName, match="No class"):
        roles_of(["WBC"], said={"WBX": CellRole.WHITE})
    for text in ("WBC", "WBC=blue", "=white"):
        with pytest.raises(BadParameter):
            read_roles(text)


def test_few_cells_and_pictures_that_differ_are_said() -> None:
    few = differential([a_field((5, 4, 1, 0, 0, 0, 0, 0))])
    assert any(f"Only 10 white cells are told by kind; a differential counts {USUAL}" in note for note in few.notes)
    one = differential([a_field((1, 0, 0, 0, 0, 0, 0, 0))])
    assert any("Only 1 white cell is told by kind" in note for note in one.notes)
    rng = np.random.default_rng(1)
    fields = [a_field((*rng.multinomial(40, rng.dirichlet([3, 2, 1])).tolist(), 0, 0, 0, 0, 0)) for _ in range(10)]
    mixed = differential(fields)
    assert mixed.dispersion is not None
    assert mixed.dispersion.ratio > 2
    assert any("more than chance" in note for note in mixed.notes)


def test_nothing_at_all_is_a_differential_that_nobody_can_sign() -> None:
    found = differential([a_field((0,) * 8)])
    assert (found.white, found.cells) == (0, 0)
    assert all(each.share is None and each.per_100 is None for each in found.every_row)
    assert found.obstacles == ("There is no white cell whose kind is told.",)
    with pytest.raises(BadParameter):
        differential([])


def test_two_differentials_are_compared_kind_by_kind() -> None:
    first, second = differential([a_field()]), differential([a_field((48, 9, 43, 0, 0, 0, 0, 0))])
    found = dict(compare(first, second))
    assert not found["monocyte"].may_be_the_same
    assert found["lymphocyte"].may_be_the_same
    assert found["neutrophil"].first == 0.86


# Estimates per microlitre --------------------------------------------------------------------------------------------


def factor(estimated: Estimated, per_ul: float, field_mm2: float | None = None) -> LaboratoryFactorRecord:
    return LaboratoryFactorRecord(1, "2026-01-02T03:04:05.678+00:00", "Dr. F.", estimated, per_ul, field_mm2)


def test_nothing_is_estimated_without_the_laboratorys_own_factor() -> None:
    assert differential([a_field()]).estimates == ()


def test_an_estimate_is_cells_per_field_times_the_factor() -> None:
    fields = [a_field(), a_field()]
    (white, platelets) = differential(
        fields, factors=[factor(Estimated.WHITE, 2000), factor(Estimated.PLATELETS, 15000)]
    ).estimates
    assert (white.count, white.fields, white.value) == (208, 2, 208_000)  # the unidentified are white cells too
    assert white.interval == poisson_interval(208).scaled(1000)
    assert (platelets.count, platelets.value) == (80, 600_000)
    assert platelets.factor.author == "Dr. F."


def test_a_factor_for_an_area_needs_pixel_sizes() -> None:
    wanted = [factor(Estimated.WHITE, 2000, 0.05)]
    (unknown,) = differential([a_field()], factors=wanted).estimates
    assert (unknown.value, unknown.interval) == (None, None)
    (known,) = differential([a_field(area_mm2=0.1)], factors=wanted).estimates
    assert (known.fields, known.value) == (2, 2000 * 52)


def test_fields_that_differ_make_an_estimate_less_sure() -> None:
    rng = np.random.default_rng(2)
    fields = [a_field((int(n), 0, 0, 0, 0, 0, 0, 0)) for n in rng.negative_binomial(2, 0.1, 12)]
    (found,) = differential(fields, factors=[factor(Estimated.WHITE, 100)]).estimates
    assert found.interval is not None
    exact = poisson_interval(found.count).scaled(100 / 12)
    assert found.interval.high - found.interval.low > 1.5 * (exact.high - exact.low)
    assert "quasi-Poisson" in found.method


# From analyses and projects, and signing -----------------------------------------------------------------------------


def test_cells_of_an_analysis_are_those_that_count(make_analysis: Callable[..., Analysis]) -> None:
    analysis = make_analysis(failed=True)
    (cells,) = fields_of_analyses([analysis])
    assert cells.counts() == {"WBC": 1, "RBC": 1, "PLT": 1}
    assert cells.unreviewed() == cells.counts()
    assert "smear.png" in cells.note
    confirmed = replace(analysis, confirmed=np.ones(4, np.bool_))
    (all_of_them,) = fields_of_analyses([confirmed])
    assert all_of_them.counts()["RBC"] == 2
    assert all_of_them.unreviewed() == {"WBC": 0, "RBC": 0, "PLT": 0}
    assert any("kinds of white cells apart" in note for note in differential([cells]).notes)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two pictures with five cells each: neutrophils, a lymphocyte below the threshold, a platelet."""
    made = Project.create(tmp_path / "cells")
    paths = []
    for number in range(2):
        paths.append(tmp_path / f"smear_{number}.png")
        Image.fromarray(np.full((100 + number, 100, 3), 200, np.uint8)).save(paths[-1])
    made.add_pictures(paths, "A.")
    made.add_classes([(name, name, "#0072B2", "") for name in CLASSES], "A.")
    for picture in (1, 2):
        ids = np.frombuffer(np.random.default_rng(picture).bytes(80), "V16")
        boxes = np.tile(np.array([[1, 1, 9, 9]], np.float32), (5, 1))
        scores = np.array([0.9, 0.8, 0.9, 0.2, 0.9], np.float32)
        index = np.array([0, 0, 4, 1, 7], np.int16)
        made.add_objects(picture, Objects(ids, boxes, index, scores, CLASSES), "A.")
    return made


def ids_of(project: Project, *names: str) -> list[UUID]:
    numbers = {each.id: each.name for each in project.classes()}
    return [
        each.id
        for picture in (1, 2)
        for each in project.objects_in(picture)
        if numbers[each.state.class_id] in names and each.state.score != pytest.approx(0.2)
    ]


def test_a_project_is_signed_off_only_once_its_white_cells_are_reviewed(project: Project) -> None:
    with project:
        found = project_differential(project)
        assert (found.white, found.unidentified, found.unreviewed) == (4, 2, 6)
        with pytest.raises(EditRefused, match="6 cells are unreviewed"):
            sign_differential(project, "Dr. S.")
        project.change_objects(ids_of(project, "neutrophil"), "A.", status=Status.ACCEPTED)
        with pytest.raises(EditRefused, match="2 cells are unreviewed"):
            sign_differential(project, "Dr. S.")
        one, other = ids_of(project, "Unidentified")
        project.change_objects([one], "A.", class_id=3)  # a monocyte each
        (said,) = project_differential(project).obstacles
        assert said == "1 cell is unreviewed: look at it in the gallery, and accept or correct it."
        project.change_objects([other], "A.", class_id=3)
        with pytest.raises(BadParameter, match="with a name"):
            sign_differential(project, "  ")
        sign_differential(project, "Dr. S.", "first count")
        (signed,) = signatures(project.sign_offs(), project_differential(project))
        assert signed.holds
        assert "Signed off by Dr. S." in str(signed) and "6 cells, first count" in str(signed)
        assert json.loads(signed.record.counts)["monocyte"] == 2
        last = project.journal()[-1]
        assert (last.kind.value, last.author) == ("sign-off", "Dr. S.")


def test_a_signature_holds_for_the_cells_that_were_signed_and_no_others(project: Project) -> None:
    with project:
        project.change_objects(ids_of(project, "neutrophil", "Unidentified"), "A.", status=Status.ACCEPTED)
        sign_differential(project, "Dr. S.")

        def holds(found: Differential | None = None) -> bool:
            return signatures(project.sign_offs(), found or project_differential(project))[0].holds

        assert holds()
        project.change_objects(ids_of(project, "PLT"), "A.", status=Status.REJECTED)
        assert holds(), "platelets were never signed"
        project.change_objects(ids_of(project, "neutrophil")[:1], "A.", class_id=2)
        assert not holds()
        assert "no longer holds" in str(signatures(project.sign_offs(), project_differential(project))[0])
        project.undo("A.")
        assert holds()
        assert not holds(project_differential(project, {"lymphocyte": 0.1})), "other cells count at another threshold"
        project.rebuild()
        assert holds()


def test_thresholds_and_rejections_say_which_cells_of_a_project_count(project: Project) -> None:
    with project:
        assert sum(each.counts()["lymphocyte"] for each in fields_of_project(project)) == 0
        assert sum(each.counts()["lymphocyte"] for each in fields_of_project(project, {"lymphocyte": 0.1})) == 2
        project.change_objects(ids_of(project, "neutrophil"), "A.", status=Status.REJECTED)
        assert project_differential(project).white == 0
        areas = [each.area_mm2 for each in fields_of_project(project, with_areas=True)]
        assert areas == [None, None]

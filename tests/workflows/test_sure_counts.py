"""Counts of several pictures say what their intervals suppose, and audits of a project correct them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from PIL import Image

from cellwright.annotation import AuditItemRecord, Draw, Drawn, Status
from cellwright.annotation.answering import judged, sorted_into
from cellwright.core import BadParameter, Objects, PixelSize, PixelSizeSource
from cellwright.project import Project
from cellwright.stats import Simultaneous, binomial_interval, poisson_interval
from cellwright.workflows import Analysis, add_counts, count_table
from cellwright.workflows.audit import Strata, draw_audit, populations
from cellwright.workflows.audited_counts import audited_counts
from cellwright.workflows.sure_counts import CountKind, count_adequacy, project_counts, sure_counts, threshold_curves

CLASSES = ("WBC", "RBC", "PLT")
SIZE = PixelSize(0.5, 0.5, PixelSizeSource.USER)


def with_cells(analysis: Analysis, counts: tuple[int, int, int], score: float = 0.9) -> Analysis:
    n = sum(counts)
    classes = np.repeat(np.arange(3), counts).astype(np.int16)
    boxes = np.tile(np.array([[1, 1, 5, 5]], np.float32), (n, 1))
    ids = np.frombuffer(np.arange(4 * n, dtype=np.uint32).tobytes(), "V16")
    return analysis.with_objects(Objects(ids, boxes, classes, np.full(n, score, np.float32), CLASSES))


def test_one_picture_has_the_intervals_it_always_had(make_analysis: Callable[..., Analysis]) -> None:
    analysis = make_analysis(pixel_size=SIZE)
    table, sure = count_table(analysis), sure_counts([analysis])
    for old, new in zip((*table.rows, table.total), (*sure.rows, sure.total), strict=True):
        assert (new.name, new.count, new.count_interval) == (old.name, old.count, old.count_interval)
        assert (new.share, new.share_interval) == (old.share, old.share_interval)
        assert (new.per_mm2, new.per_mm2_interval) == (old.per_mm2, old.per_mm2_interval)
    assert "exact Poisson" in sure.count_method
    assert sure.total.dispersion is None
    # Below the threshold stands a red cell of 0.35: without a threshold it counts by its score.
    assert sure.row_named("RBC").expected.value == pytest.approx(0.35 + 0.45)


def test_pictures_that_differ_have_wider_intervals(make_analysis: Callable[..., Analysis]) -> None:
    base = make_analysis(pixel_size=SIZE)
    rng = np.random.default_rng(1)
    fields = [with_cells(base, (int(10 * rate), int(100 * rate), 5)) for rate in rng.gamma(4, 0.25, 12)]
    exact, clustered = sure_counts(fields, kind=CountKind.EXACT), sure_counts(fields)
    assert "quasi-Poisson" in clustered.count_method
    assert "bootstrap" in clustered.share_method
    one, other = exact.row_named("RBC"), clustered.row_named("RBC")
    assert one.dispersion is not None
    assert one.dispersion.ratio > 5
    assert tuple(one.count_interval) == tuple(poisson_interval(one.count))
    assert other.count_interval.high - other.count_interval.low > 2 * (one.count_interval.high - one.count_interval.low)
    booted = sure_counts(fields, kind=CountKind.BOOTSTRAP).row_named("RBC")
    assert booted.count in booted.count_interval
    assert booted == sure_counts(fields, kind=CountKind.BOOTSTRAP).row_named("RBC"), "the same seed, the same numbers"


@pytest.mark.parametrize("pixel_size", [SIZE, None])
def test_sums_of_the_command_line_have_the_intervals_of_reports(
    make_analysis: Callable[..., Analysis], pixel_size: PixelSize | None
) -> None:
    base = make_analysis(pixel_size=pixel_size)
    rng = np.random.default_rng(2)
    fields = [with_cells(base, (int(10 * rate), int(100 * rate), 5)) for rate in rng.gamma(4, 0.25, 6)]
    added, sure = add_counts([count_table(field) for field in fields]), sure_counts(fields)
    assert added.method == sure.count_method
    for one, other in zip((*added.rows, added.total), (*sure.rows, sure.total), strict=True):
        assert (one.name, one.count, one.count_interval) == (other.name, other.count, other.count_interval)
        assert (one.share, one.share_interval) == (other.share, other.share_interval)
        assert (one.per_mm2, one.per_mm2_interval) == (other.per_mm2, other.per_mm2_interval)
    few = add_counts([count_table(field) for field in fields[:4]])
    assert tuple(few.total.count_interval) == tuple(poisson_interval(few.total.count))


def test_no_share_of_pictures_that_agree_is_surer_than_its_cells(make_analysis: Callable[..., Analysis]) -> None:
    base = make_analysis()
    fields = [with_cells(base, (1, n, 0)) for n in (20, 21, 16, 15, 21, 14)]
    sure = sure_counts(fields)
    assert tuple(sure.row_named("WBC").share_interval or ()) == tuple(binomial_interval(6, 113))
    assert "not narrower than exact binomial" in sure.share_method
    booted = sure_counts(fields, kind=CountKind.BOOTSTRAP)
    assert booted.row_named("WBC").share_interval != sure.row_named("WBC").share_interval
    assert "narrower" not in booted.share_method, "as it was asked for"


def test_more_cells_are_needed_where_shares_differ_between_pictures(make_analysis: Callable[..., Analysis]) -> None:
    base = make_analysis()
    alike = [with_cells(base, (20, 80, 0))] * 8
    differing = [with_cells(base, (n, 100 - n, 0)) for n in (2, 50, 5, 40, 1, 30, 2, 30)]
    one, other = (count_adequacy(sure_counts(fields), "WBC") for fields in (alike, differing))
    assert one.share == other.share, "as many white cells in all"
    assert one.dispersion == 1
    assert other.needed > 5 * one.needed
    assert count_adequacy(sure_counts(differing[:4]), "WBC").dispersion == 1, "too few pictures to tell"


def test_simultaneous_shares_are_said_and_wider(make_analysis: Callable[..., Analysis]) -> None:
    fields = [with_cells(make_analysis(), (10, 200, 30))]
    alone = sure_counts(fields)
    for method in (Simultaneous.BONFERRONI, Simultaneous.GOODMAN):
        together = sure_counts(fields, simultaneous=method)
        assert "at once" in together.share_method
        one, other = alone.rows[0].share_interval, together.rows[0].share_interval
        assert one is not None
        assert other is not None
        assert other.high - other.low > one.high - one.low
    with pytest.raises(BadParameter):
        sure_counts(fields * 6, simultaneous=Simultaneous.GOODMAN)
    with pytest.raises(BadParameter):
        sure_counts(fields, kind=CountKind.BOOTSTRAP)


def test_adequacy_and_curves_are_of_the_counts(make_analysis: Callable[..., Analysis]) -> None:
    fields = [with_cells(make_analysis(), (5, 95, 0))]
    assert count_adequacy(sure_counts(fields), "WBC", 0.02, share=0.05).needed == 457
    curves = threshold_curves(fields)
    assert (curves["RBC"].at(0.5), curves["RBC"].at(0.95)) == (95, 0)
    confirmed = replace(fields[0], confirmed=np.ones(100, np.bool_))
    assert threshold_curves([confirmed])["RBC"].at(1.0) == 95


# Audits --------------------------------------------------------------------------------------------------------------

N = 300
SHOWN = np.arange(N) % 3
# The model calls every fifth white cell a red one; every tenth platelet is none at all.
TRUE = np.where((SHOWN == 1) & (np.arange(N) % 15 == 1), 0, SHOWN)
GONE = (SHOWN == 2) & (np.arange(N) % 30 == 2)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project.create(tmp_path / "cells")
    paths = []
    for number in range(2):
        paths.append(tmp_path / f"smear_{number}.png")
        Image.fromarray(np.full((100 + number, 100, 3), 200, np.uint8)).save(paths[-1])
    made.add_pictures(paths, "A.")
    made.add_classes([(name, name, "#0072B2", "") for name in CLASSES], "A.")
    ids = np.frombuffer(np.random.default_rng(3).bytes(16 * N), "V16")
    for picture in (1, 2):
        rows = np.arange(N) % 2 == picture - 1
        boxes = np.tile(np.array([[1, 1, 9, 9]], np.float32), (int(rows.sum()), 1))
        scores = np.full(int(rows.sum()), 0.9, np.float32)
        made.add_objects(picture, Objects(ids[rows], boxes, SHOWN[rows].astype(np.int16), scores, CLASSES), "A.")
    made.number_of = {ids[row].tobytes(): row for row in range(N)}  # type: ignore[attr-defined]
    return made


def answer(project: Project, audit_id: int, items: list[AuditItemRecord]) -> None:
    """Say the truth of everything that was drawn."""
    draws = project.audit_draws(audit_id)
    for item in items:
        name = UUID(hex=item.object)
        each = project.object(name)
        assert each is not None
        row = project.number_of[name.bytes]  # type: ignore[attr-defined]
        draw = {name: draws[item.object]}
        reviewer = project.reviewer("A.")
        if GONE[row]:
            edit = judged([each], reviewer, Status.REJECTED, draw)
        elif TRUE[row] == SHOWN[row]:
            edit = judged([each], reviewer, Status.ACCEPTED, draw)
        else:
            edit = sorted_into([each], reviewer, int(TRUE[row]) + 1, draw)
        project.apply(edit, "A.")


@pytest.mark.parametrize("strata", list(Strata))
def test_an_audit_of_everything_gives_the_truth(project: Project, strata: Strata) -> None:
    project.apply(draw_audit(populations(project, strata), N, 1, "A.", project.next_audit()), "A.")
    answer(project, 1, project.audit_items(1))
    found = audited_counts(project, 1)
    for c, name in enumerate(CLASSES):
        truth = int(((c == TRUE) & ~GONE).sum())
        row = found.row_named(name)
        assert row.counted == int((c == SHOWN).sum())
        assert (row.corrected.value, *row.corrected.interval) == pytest.approx((truth, truth, truth))
        assert row.rogan_gladen is not None
        assert row.rogan_gladen.value == pytest.approx(truth, abs=2)  # samples are whole numbers
    assert found.real.value == pytest.approx(int((~GONE).sum()))
    assert len(found.notes) == 2
    project.close()


@pytest.mark.parametrize("strata", list(Strata))
def test_a_part_of_an_audit_stands_for_the_rest(project: Project, strata: Strata) -> None:
    project.apply(draw_audit(populations(project, strata), 120, 1, "A.", project.next_audit()), "A.")
    items = project.audit_items(1)
    answer(project, 1, items[:90])
    found = audited_counts(project, 1)
    assert (found.population, found.drawn, found.answered) == (N, len(items), 90)
    assert "stand for the rest" in " ".join(found.notes)
    assert "order drawn" not in " ".join(found.notes)
    for c, name in enumerate(CLASSES):
        truth, row = int(((c == TRUE) & ~GONE).sum()), found.row_named(name)
        assert truth in row.corrected.interval
        assert row.corrected.interval.high - row.corrected.interval.low < 60
        assert row.counted == int((c == SHOWN).sum()), "what was counted before anybody answered"
    answer(project, 1, items[100:])
    assert "order drawn" in " ".join(audited_counts(project, 1).notes)
    project.close()


def test_an_audit_without_answers_or_that_is_not_there_says_so(project: Project) -> None:
    with pytest.raises(BadParameter, match="no audit"):
        audited_counts(project, 1)
    project.apply(draw_audit(populations(project, Strata.CLASS), 30, 1, "A.", project.next_audit()), "A.")
    with pytest.raises(BadParameter, match="Nobody has answered"):
        audited_counts(project, 1)
    assert Draw(Drawn.FREE).probability is None
    project.close()


def test_an_audit_that_was_not_drawn_as_it_says_is_refused(project: Project) -> None:
    edit = draw_audit(populations(project, Strata.NONE), 30, 1, "A.", project.next_audit())
    first, *items = edit.records
    assert isinstance(items[0].after, AuditItemRecord)
    favoured = replace(items[0], after=replace(items[0].after, probability=0.9))
    project.apply(replace(edit, records=(first, favoured, *items[1:])), "A.")
    answer(project, 1, project.audit_items(1))
    with pytest.raises(BadParameter, match="not drawn as it says"):
        audited_counts(project, 1)
    project.close()


def test_a_project_is_counted_as_its_pictures_are(project: Project) -> None:
    found = project_counts(project, 0.5)
    assert found.total.count == N
    assert found.pictures == 2
    project.close()

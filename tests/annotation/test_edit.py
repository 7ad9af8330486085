from __future__ import annotations

from uuid import UUID

import pytest

from cellwright.annotation import (
    AnnotatedObject,
    ClassRecord,
    Edit,
    EditKind,
    Geometry,
    ObjectChange,
    ObjectState,
    RecordChange,
    Status,
    added,
    deleted,
    merged,
    reclassified,
    reshaped,
    reviewed,
    split,
)
from cellwright.core import BadParameter

PLACE, ELSEWHERE = Geometry.of_box(0, 0, 4, 4), Geometry.of_box(4, 0, 9, 4)
ONE, TWO = (AnnotatedObject(UUID(int=i), 7, ObjectState(PLACE, 1, 0.5, "model:m@0")) for i in (1, 2))


@pytest.mark.parametrize(
    "edit",
    [
        added(7, [ONE.state]),
        deleted([ONE, TWO]),
        reclassified([ONE, TWO], 2),
        reviewed([ONE], Status.ACCEPTED),
        reshaped(ONE, ELSEWHERE, EditKind.PAINT),
        merged([ONE, TWO], ELSEWHERE),
        split(ONE, [PLACE, ELSEWHERE], "person:A."),
        Edit(EditKind.CLASSES, records=(RecordChange(None, ClassRecord(1, "a", "A", "#000000")),)),
    ],
    ids=lambda edit: edit.kind.value,
)
def test_the_inverse_leads_back_and_its_inverse_is_the_edit(edit: Edit) -> None:
    back = edit.inverse()
    assert back.inverse() == edit
    assert [(c.before, c.after) for c in back.objects] == [(c.after, c.before) for c in edit.objects]


def test_what_a_person_touches_is_corrected_and_keeps_its_source() -> None:
    (change,) = reclassified([ONE], 2).objects
    assert change.after is not None
    assert (change.after.class_id, change.after.status, change.after.source) == (2, Status.CORRECTED, "model:m@0")
    assert reclassified([ONE], 1).objects == ()


def test_merging_keeps_the_first_and_splitting_adds_the_rest() -> None:
    first, second = merged([ONE, TWO], ELSEWHERE).objects
    assert first.after is not None
    assert (first.id, first.after.geometry, second.after) == (ONE.id, ELSEWHERE, None)
    kept, new = split(ONE, [PLACE, ELSEWHERE], "person:A.").objects
    assert kept.id == ONE.id
    assert new.before is None
    assert new.after is not None
    assert new.after.source == "person:A."


def test_nonsense_is_no_edit() -> None:
    with pytest.raises(BadParameter, match="once"):
        Edit(EditKind.MIXED, (ObjectChange(ONE.id, 7, None, None),) * 2)
    with pytest.raises(BadParameter, match="two objects"):
        merged([ONE], PLACE)
    with pytest.raises(BadParameter, match="two parts"):
        split(ONE, [PLACE], "")
    with pytest.raises(BadParameter, match="#RRGGBB"):
        ClassRecord(1, "a", "A", "red")
    with pytest.raises(BadParameter, match="between 0 and 1"):
        ObjectState(PLACE, 1, float("nan"), "")
    with pytest.raises(BadParameter, match="one record"):
        RecordChange(None, None)

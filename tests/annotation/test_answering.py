"""Corrections made with the tools are reviews too: of what nobody had looked at, once, and freely."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cellwright.annotation import (
    Answer,
    Drawn,
    Edit,
    EditKind,
    Reviewer,
    ReviewRecord,
    Status,
    added,
    deleted,
    judged,
    merged,
    reclassified,
    reshaped,
    split,
    with_reviews,
)
from tests.annotation.test_edit import ELSEWHERE, ONE, PLACE, TWO

REVIEWER = Reviewer("A.", 5, 1, "2026-01-01T10:00:00.000+00:00")


def reviews_of(edit: Edit) -> list[ReviewRecord]:
    found = [change.after for change in with_reviews(edit, REVIEWER).records]
    return [each for each in found if isinstance(each, ReviewRecord)]


@pytest.mark.parametrize(
    ("edit", "answers"),
    [
        (reshaped(ONE, ELSEWHERE, EditKind.PAINT), [Answer.ACCEPTED]),
        (reclassified([ONE, TWO], 2), [Answer.RECLASSIFIED] * 2),
        (deleted([ONE, TWO]), [Answer.REJECTED] * 2),
        (merged([ONE, TWO], ELSEWHERE), [Answer.ACCEPTED, Answer.REJECTED]),
        (split(ONE, [PLACE, ELSEWHERE], "person:A."), [Answer.ACCEPTED]),
        (added(7, [ONE.state]), []),  # nobody was shown what was not there
    ],
)
def test_each_object_that_a_tool_changes_is_answered_once(edit: Edit, answers: list[Answer]) -> None:
    found = reviews_of(edit)
    assert [each.answer for each in found] == answers
    assert [each.id for each in found] == list(range(5, 5 + len(answers)))
    assert {each.drawn for each in found} <= {Drawn.FREE}
    assert all(each.score == 0.5 and each.class_before == 1 and each.probability is None for each in found)
    assert with_reviews(edit, REVIEWER).objects == edit.objects


def test_the_class_that_was_given_is_written_down() -> None:
    (review,) = reviews_of(reclassified([ONE], 2))
    assert (review.class_before, review.class_after, review.object) == (1, 2, ONE.id.hex)
    assert (review.y0, review.x0, review.y1, review.x1) == PLACE.box


def test_a_second_stroke_is_no_second_answer() -> None:
    corrected = replace(ONE, state=replace(ONE.state, status=Status.CORRECTED))
    assert reviews_of(reshaped(corrected, ELSEWHERE, EditKind.PAINT)) == []
    assert reviews_of(deleted([corrected])) == []


def test_what_tells_its_reviews_itself_is_left_as_it_is() -> None:
    edit = judged([ONE], REVIEWER, Status.REJECTED)
    assert with_reviews(edit, REVIEWER) == edit

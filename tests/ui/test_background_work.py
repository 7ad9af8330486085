"""Work is under way until the window has what came of it, not only until a worker is through."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from cellwright.jobs import Progress
from cellwright.jobs.queue import Job, JobQueue, JobState, Lane
from cellwright.ui.background.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot


@dataclass(frozen=True)
class Answer:
    """Operation: say 7, or fail."""

    fails: bool = False
    title: str = "Answer"

    def run(self) -> Generator[Progress, None, int]:
        yield Progress(1, 1, "thinking")
        if self.fails:
            raise RuntimeError("no answer")
        return 7


@pytest.fixture
def work(qtbot: QtBot) -> Iterator[Work]:
    made = Work(JobQueue())
    yield made
    made.close()


@pytest.mark.parametrize("fails", [False, True])
def test_work_is_under_way_until_its_result_was_taken(work: Work, fails: bool, qtbot: QtBot) -> None:
    taken: list[Job[Any]] = []
    job = work.submit_quietly(Answer(fails), Lane.FILES, taken.append, listed=True)
    assert job.wait(60), "the worker is through; no event has been handled since"
    assert job.state is (JobState.FAILED if fails else JobState.DONE)
    assert work.is_working and not work.is_quiet
    assert not taken
    qtbot.waitUntil(lambda: not work.is_working)
    assert taken == [job] and work.is_quiet


def test_quiet_work_is_heard_of_as_well(work: Work, qtbot: QtBot) -> None:
    taken: list[Job[Any]] = []
    job = work.submit_quietly(Answer(), Lane.FILES, taken.append)
    assert job.wait(60)
    assert not work.is_quiet, "what nobody lists is work too"
    assert not work.is_working
    qtbot.waitUntil(lambda: work.is_quiet)
    assert [each.result for each in taken] == [7]


def test_what_is_cancelled_before_it_began_is_heard_of(work: Work, qtbot: QtBot) -> None:
    taken: list[Job[Any]] = []
    job = work.submit_quietly(Answer(), Lane.DEVICE, taken.append, listed=True)
    work.cancel_all()
    qtbot.waitUntil(lambda: not work.is_working)
    assert taken == [job]

"""A step that waits can know that it is to stop, and no other thread's step thinks so."""

from __future__ import annotations

import threading
from collections.abc import Generator
from dataclasses import dataclass

from cellwright.jobs import JobQueue, JobState, Progress, is_stop_asked, run_inline, stoppable

PATIENCE = 120.0


@dataclass(frozen=True)
class Waits:
    """Waits in one step until it is asked to stop."""

    begun: threading.Event

    @property
    def title(self) -> str:
        return "Wait"

    def run(self) -> Generator[Progress, None, None]:
        yield Progress(0, 1, "waiting")
        self.begun.set()
        while not is_stop_asked():
            self.begun.wait(0.01)
        raise ValueError("stopped in the middle")


@dataclass(frozen=True)
class Asks:
    """Says whether it is to stop."""

    @property
    def title(self) -> str:
        return "Ask"

    def run(self) -> Generator[Progress, None, bool]:
        yield Progress(0, 1, "asking")
        return is_stop_asked()


def test_nobody_asks_where_nobody_drives() -> None:
    assert not is_stop_asked()
    assert not run_inline(Asks())


def test_a_step_is_told_in_the_middle_of_it() -> None:
    queue, begun = JobQueue(), threading.Event()
    try:
        job, other = queue.submit(Waits(begun)), None
        assert begun.wait(PATIENCE)
        job.cancel()
        assert job.wait(PATIENCE)
        other = queue.submit(Asks())
        assert other.wait(PATIENCE)
    finally:
        queue.close()
    assert job.state.is_end
    assert (other.state, other.result) == (JobState.DONE, False)


def test_blocks_within_blocks_come_back_to_the_outer_one() -> None:
    with stoppable(lambda: True):
        with stoppable(lambda: False):
            assert not is_stop_asked()
        assert is_stop_asked()
    assert not is_stop_asked()

"""Jobs end as they should, say so once, and lose no error."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import pytest

from cellwright.jobs import Job, JobQueue, JobState, Lane, Progress

PATIENCE = 120.0


@dataclass(frozen=True)
class Counting:
    """Count to `total`; `during` is called at every step on the worker's thread."""

    total: int = 3
    during: Callable[[int], object] = lambda step: None
    cleaned: threading.Event | None = None

    @property
    def title(self) -> str:
        return f"Count to {self.total}"

    def run(self) -> Generator[Progress, None, int]:
        try:
            for step in range(self.total):
                self.during(step)
                yield Progress(step + 1, self.total, f"step {step}")
            return self.total
        finally:
            if self.cleaned is not None:
                self.cleaned.set()


@pytest.fixture
def jobs() -> Iterator[JobQueue]:
    queue = JobQueue(device_workers=1, file_workers=2)
    yield queue
    assert queue.close(PATIENCE), "a worker thread was left over"


def test_a_job_runs_to_its_result_and_reports_every_step(jobs: JobQueue) -> None:
    seen: list[int] = []
    states: list[JobState] = []

    def watch(job: Job[int]) -> None:
        job.reported.connect(lambda progress: seen.append(progress.done))
        job.changed.connect(lambda: states.append(job.state))

    job = jobs.submit(Counting(3), watch=watch)
    assert job.wait(PATIENCE)
    assert (job.state, job.result, job.error) == (JobState.DONE, 3, None)
    assert seen == [1, 2, 3]
    assert states == [JobState.RUNNING, JobState.DONE]
    assert job.started_at is not None and job.ended_at is not None and job.started_at <= job.ended_at
    assert job.title == "Count to 3"


def test_signals_come_on_the_worker_thread(jobs: JobQueue) -> None:
    threads: set[str] = set()
    job = jobs.submit(Counting(1), watch=lambda job: job.ended.connect(lambda: threads.add(_thread())) and None)
    assert job.wait(PATIENCE)
    assert threads == {"device-0"}


@pytest.mark.parametrize("error", [RuntimeError("out of memory"), StopIteration(), MemoryError(), SystemExit(3)])
def test_no_error_is_swallowed_whatever_its_kind(jobs: JobQueue, error: BaseException) -> None:
    ended: list[int] = []

    def fail(step: int) -> None:
        raise error

    job = jobs.submit(Counting(2, fail), watch=lambda job: job.ended.connect(lambda: ended.append(job.id)) and None)
    assert job.wait(PATIENCE)
    assert job.state is JobState.FAILED
    assert ended == [job.id]
    assert "Traceback" in job.error_text
    if isinstance(error, StopIteration):  # a generator turns it into RuntimeError (PEP 479)
        assert isinstance(job.error, RuntimeError) and job.error.__cause__ is error
    else:
        assert job.error is error
    after = jobs.submit(Counting(1))
    assert after.wait(PATIENCE) and after.state is JobState.DONE, "the worker died with the job"


def test_a_running_job_is_cancelled_between_two_steps_and_cleans_up(jobs: JobQueue) -> None:
    running, cleaned = threading.Event(), threading.Event()
    go_on = threading.Event()

    def during(step: int) -> None:
        running.set()
        go_on.wait(PATIENCE)

    job = jobs.submit(Counting(1000, during, cleaned))
    assert running.wait(PATIENCE)
    job.cancel()
    assert job.is_cancelling
    go_on.set()
    assert job.wait(PATIENCE)
    assert job.state is JobState.CANCELLED
    assert job.result is None and cleaned.is_set() and not job.is_cancelling
    assert job.progress is not None and job.progress.done == 1


def test_a_queued_job_is_cancelled_at_once_and_never_starts(jobs: JobQueue) -> None:
    go_on = threading.Event()
    steps: list[int] = []
    first = jobs.submit(Counting(1, lambda step: go_on.wait(PATIENCE)))
    second = jobs.submit(Counting(1, steps.append))
    second.cancel()
    assert second.state is JobState.CANCELLED and second.wait(0)
    go_on.set()
    assert first.wait(PATIENCE) and first.state is JobState.DONE
    assert steps == [] and second.started_at is None


def test_cancelling_what_is_over_changes_nothing(jobs: JobQueue) -> None:
    job = jobs.submit(Counting(1))
    assert job.wait(PATIENCE)
    job.cancel()
    assert job.state is JobState.DONE and job.result == 1


def test_the_device_lane_is_one_after_the_other_and_files_run_beside_it(jobs: JobQueue) -> None:
    release = threading.Event()
    order: list[str] = []
    first = jobs.submit(Counting(1, lambda step: release.wait(PATIENCE) and order.append("first")))
    second = jobs.submit(Counting(1, lambda step: order.append("second")))
    beside = jobs.submit(Counting(1), Lane.FILES)
    assert beside.wait(PATIENCE) and beside.state is JobState.DONE
    assert second.state is JobState.QUEUED
    release.set()
    assert first.wait(PATIENCE) and second.wait(PATIENCE)
    assert order == ["first", "second"]


def test_a_listener_that_fails_does_not_fail_the_job(jobs: JobQueue, caplog: pytest.LogCaptureFixture) -> None:
    def broken(progress: Progress) -> None:
        raise ValueError("a panel is broken")

    job = jobs.submit(Counting(2), watch=lambda job: job.reported.connect(broken) and None)
    assert job.wait(PATIENCE)
    assert job.state is JobState.DONE
    assert "A listener to reported failed" in caplog.text


def test_closing_cancels_and_joins_and_then_takes_nothing_more() -> None:
    queue = JobQueue()
    running = threading.Event()
    job = queue.submit(Counting(10_000_000, lambda step: running.set()))
    waiting = queue.submit(Counting(1))
    assert running.wait(PATIENCE)
    assert queue.close(PATIENCE)
    assert job.state is waiting.state is JobState.CANCELLED
    assert not queue.is_busy
    with pytest.raises(RuntimeError, match="closed"):
        queue.submit(Counting(1))


def test_the_list_announces_each_job_before_it_can_run_and_forgets_ended_ones_only(jobs: JobQueue) -> None:
    announced: list[tuple[int, JobState]] = []
    jobs.added.connect(lambda job: announced.append((job.id, job.state)))
    release = threading.Event()
    running = jobs.submit(Counting(1, lambda step: release.wait(PATIENCE)))
    over = jobs.submit(Counting(1), Lane.FILES)
    assert over.wait(PATIENCE)
    assert announced == [(running.id, JobState.QUEUED), (over.id, JobState.QUEUED)]
    jobs.forget_ended()
    assert jobs.jobs == (running,) and jobs.is_busy
    release.set()
    assert running.wait(PATIENCE)


def test_time_left_follows_the_pace_of_the_steps(jobs: JobQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("cellwright.jobs.queue.time.monotonic", lambda: now[0])
    left: list[float | None] = []

    def during(step: int) -> None:
        now[0] += 2.0

    def watch(job: Job[int]) -> None:
        job.reported.connect(lambda progress: left.append(job.seconds_left()))

    job = jobs.submit(Counting(4, during), watch=watch)
    assert job.wait(PATIENCE)
    assert left == [None, 4.0, 2.0, 0.0]
    assert job.seconds == 8.0 and job.seconds_left() is None


def _thread() -> str:
    return threading.current_thread().name

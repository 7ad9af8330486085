"""An operation in a process of its own: followed, paused, stopped in time, taken up again; nothing is pickled."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from cellwright.core import BadParameter, OutputExists
from cellwright.jobs import IsolatedRun, RunState
from cellwright.jobs.isolated import CANCEL_SECONDS, FORCED_SECONDS, as_words, operation_from
from cellwright.testing.stepping import CountSteps

PATIENCE = 300.0
"""Seconds; a new process takes half a minute to come up where many others do the same."""


def until(claim, seconds=PATIENCE):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.01)


def counted(folder: Path) -> int:
    path = folder / "memory"
    return int(path.read_text() or 0) if path.exists() else 0


def test_a_run_reports_and_leaves_its_result(tmp_path):
    run = IsolatedRun.start(CountSteps(5, tmp_path / "memory"), tmp_path / "run")
    report = run.wait(PATIENCE)
    assert report.state is RunState.DONE
    assert report.result == {"reached": 5, "began": 0}
    assert (report.progress.done, report.progress.total, report.progress.message) == (5, 5, "Step 5")


def test_a_run_waits_while_it_is_paused_stops_when_asked_and_goes_on(tmp_path):
    run = IsolatedRun.start(CountSteps(10**6, tmp_path / "memory", 0.005), tmp_path / "run")
    until(lambda: counted(tmp_path) > 2)
    run.pause()
    until(lambda: run.report().state is RunState.PAUSED)
    reached = counted(tmp_path)
    # Another parent looks at the same run.
    other = IsolatedRun.attach(tmp_path / "run")
    assert other.is_alive() and other.report().state is RunState.PAUSED
    assert counted(tmp_path) == reached
    other.unpause()
    until(lambda: counted(tmp_path) > reached)
    with pytest.raises(OutputExists, match="being worked in"):
        IsolatedRun.start(CountSteps(3, tmp_path / "memory"), tmp_path / "run")
    assert other.cancel().state is RunState.CANCELLED
    until(lambda: not run.is_alive())  # one that had to be ended by force takes its time to go
    reached = counted(tmp_path)
    (tmp_path / "run" / "operation.json").write_text(
        (tmp_path / "run" / "operation.json").read_text().replace("1000000", str(reached + 2))
    )
    run.go_on()
    assert run.wait(PATIENCE).result == {"reached": reached + 2, "began": reached}


@pytest.mark.skipif(sys.platform == "win32", reason="processes end otherwise there")
def test_a_step_that_hangs_is_ended_by_force(tmp_path):
    assert CANCEL_SECONDS + FORCED_SECONDS < 2, "a person does not wait longer"
    run = IsolatedRun.start(CountSteps(9, tmp_path / "memory", 0.0, "hang"), tmp_path / "run")
    until(lambda: counted(tmp_path) == 2)
    assert run.cancel().state is RunState.CANCELLED  # by itself it would hang for ever
    until(lambda: not run.is_alive())


def test_what_goes_wrong_is_said_in_a_sentence(tmp_path):
    runs = {
        trouble: IsolatedRun.start(CountSteps(5, tmp_path / trouble, 0.0, trouble), tmp_path / f"run-{trouble}")
        for trouble in ("refuse", "memory")
    }
    assert runs["refuse"].wait(PATIENCE).problem == "Two is a bad number; count to one."
    report = runs["memory"].wait(PATIENCE)
    assert report.state is RunState.FAILED and "Memory ran out. Teach" in report.problem


@pytest.mark.skipif(sys.platform == "win32", reason="processes end otherwise there")
def test_a_run_that_was_killed_is_not_taken_for_running(tmp_path):
    run = IsolatedRun.start(CountSteps(10**6, tmp_path / "memory", 0.01), tmp_path / "run")
    until(lambda: counted(tmp_path) > 1)
    pid = json.loads((tmp_path / "run" / "state.json").read_text())["pid"]
    os.kill(pid, signal.SIGKILL)
    report = run.wait(PATIENCE)
    assert report.state is RunState.FAILED and "memory ran out" in report.problem
    assert IsolatedRun.attach(tmp_path / "run").report().state is RunState.FAILED


@pytest.mark.skipif(sys.platform == "win32", reason="sessions are of other systems")
def test_a_run_outlives_the_process_that_started_it(tmp_path):
    words = (
        "from pathlib import Path; from cellwright.jobs import IsolatedRun; "
        f"from cellwright.testing.stepping import CountSteps; folder = Path({str(tmp_path)!r}); "
        "IsolatedRun.start(CountSteps(10**6, folder / 'memory', 0.005), folder / 'run')"
    )
    subprocess.run([sys.executable, "-c", words], check=True, timeout=PATIENCE)
    run = IsolatedRun.attach(tmp_path / "run")
    until(lambda: counted(tmp_path) > 2)
    assert run.is_alive()
    assert run.cancel().state is RunState.CANCELLED


def test_operations_are_told_in_plain_words():
    operation = CountSteps(4, Path("memory").absolute(), 0.5)
    words = json.loads(json.dumps(as_words(operation)))
    assert operation_from(words) == operation


def test_nothing_but_our_own_operations_is_built_from_words():
    for name in ("os:system", "cellwright.core:Box", "cellwright.testing.stepping:time", "builtins:eval"):
        with pytest.raises(BadParameter, match="no operation of this program"):
            operation_from({"operation": name, "parameters": {}})
    with pytest.raises(BadParameter, match="other parameters"):
        operation_from({"operation": "cellwright.testing.stepping:CountSteps", "parameters": {"strange": 1}})

    @dataclass(frozen=True)
    class Foreign:
        title: str = "foreign"

        def run(self):
            yield

    with pytest.raises(BadParameter, match="no operation of this program"):
        as_words(Foreign())
    with pytest.raises(BadParameter, match="plain words"):
        as_words(CountSteps(4, {"not": "a path"}))


def test_there_must_be_a_run_to_look_at(tmp_path):
    with pytest.raises(BadParameter, match="no run"):
        IsolatedRun.attach(tmp_path)

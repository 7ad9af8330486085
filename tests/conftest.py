"""What every room's tests share: real data, settings of their own, no network, no display.

- `data_dir` is the folder of labelled sets and real files (``CELLWRIGHT_DATA``, else ``../shared/data`` beside the
  checkout). Without it a test is skipped with the reason; with ``CI=true`` it fails instead.
- The user's settings are out of reach: every test has a configuration folder of its own.
- The network is out of reach: connecting anywhere but to this machine raises.
- Windows are drawn by Qt's offscreen platform. Tests marked ``gl`` need OpenGL and run under Xvfb (``make test`` does).
- With ``CI=true`` a skipped test fails the run, unless its reason says that it needs hardware not here ("needs CUDA"),
  and what failed is printed as it happens: a run that is ended from outside has said what it knew.
"""

from __future__ import annotations

import gc
import itertools
import os
import random
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from hypothesis.internal.conjecture import providers

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

REPOSITORY = Path(__file__).resolve().parents[1]
UNDER_CI = os.environ.get("CI", "").lower() == "true"
EXCUSED = ("needs CUDA",)

_EVERY = 40
_TESTS = itertools.count(1)

# Before anything imports Qt, napari or openvino.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")

# Workers share the cores. With more threads than cores each turns in circles while it waits for one that has no core;
# a training then takes six times as long.
if "PYTEST_XDIST_WORKER_COUNT" in os.environ:
    _CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    os.environ.setdefault("CELLWRIGHT_THREADS", str(max(1, _CORES // int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))))

# Shared machines are slow at times: a test is wrong when its answer is, not when it took long.
hypothesis.settings.register_profile(
    "cellwright", deadline=None, derandomize=UNDER_CI, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("cellwright")
if UNDER_CI:  # numbers that stand in the modules loaded so far are drawn too: other tests before, other examples
    providers._get_local_constants = lambda: providers._local_constants


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout that is being tested."""
    return REPOSITORY


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real labelled sets and files; read-only."""
    folder = Path(os.environ.get("CELLWRIGHT_DATA") or REPOSITORY.parent / "shared" / "data")
    if folder.is_dir():
        return folder
    reason = f"no data at {folder}: set CELLWRIGHT_DATA to the folder of labelled sets"
    if UNDER_CI:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def qtbot(qapp: object, request: pytest.FixtureRequest) -> QtBot:
    """What presses buttons and waits for windows, as long as it takes."""
    from tests.patient_bot import PatientBot

    return PatientBot(request)


@pytest.fixture(autouse=True)
def settings_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point everything that remembers something about a person at an empty folder."""
    folder = tmp_path_factory.mktemp("person")
    monkeypatch.setenv("CELLWRIGHT_CONFIG_DIR", str(folder / "cellwright"))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(folder / name.lower()))
    monkeypatch.delenv("CELLWRIGHT_MODELS", raising=False)
    return folder


@pytest.fixture(scope="session", autouse=True)
def cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep compiled engines away from the person's, and share them among the tests of this run."""
    os.environ["CELLWRIGHT_CACHE_DIR"] = str(tmp_path_factory.getbasetemp() / "cache")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every connection that would leave this machine an error."""
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: object) -> None:
        local = self.family == getattr(socket, "AF_UNIX", None) or (
            isinstance(address, tuple) and str(address[0]) in {"127.0.0.1", "::1", "localhost"}
        )
        if not local:
            raise AssertionError(f"A test tried to reach {address}: pictures of patients stay on the machine.")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(autouse=True)
def chance_of_its_own() -> None:
    """Let each test draw the same numbers, whichever tests this process ran before."""
    random.seed(0)
    for name, seed in (("numpy.random", "seed"), ("torch", "manual_seed")):
        if name in sys.modules:
            getattr(sys.modules[name], seed)(0)


@pytest.fixture(scope="session", autouse=True)
def garbage_waits() -> Iterator[None]:
    """Keep every thread but this one from destroying widgets that a test left behind; see `cellwright.ui.tidying`."""
    gc.disable()
    # Thousands of tests and the modules they are written in stay for good: looking through them again finds nothing.
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
    gc.enable()


@pytest.fixture(autouse=True)
def garbage_goes(garbage_waits: None) -> Iterator[None]:
    """Look for garbage between tests: the young each time, all of it now and then, since that takes long."""
    yield
    gc.collect(2 if next(_TESTS) % _EVERY == 0 else 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave canvas tests out where nothing can draw them."""
    if os.environ["QT_QPA_PLATFORM"] != "offscreen":
        return
    for item in items:
        if item.get_closest_marker("gl"):
            item.add_marker(
                pytest.mark.skip(reason="Qt's offscreen platform has no OpenGL; `make test` runs it in Xvfb")
            )


class _AtOnce:
    """Prints what failed while the others still run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print a failure of this process or of a worker."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and report.failed:
            reporter.ensure_newline()
            reporter.write_line(f"FAILED {report.nodeid} ({report.when})\n{report.longreprtext}", red=True)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Under CI, say at once what failed; workers hand their reports on."""
    if UNDER_CI and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_AtOnce(config), "failures at once")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Under CI, a test that did not run is a test that failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not UNDER_CI or reporter is None:
        return
    reasons = [str(report.longrepr[2]) for report in reporter.stats.get("skipped", ()) if report.longrepr]
    unexcused = [reason for reason in reasons if not any(excuse in reason for excuse in EXCUSED)]
    if unexcused:
        reporter.write_line(f"{len(unexcused)} tests were skipped under CI: {sorted(set(unexcused))}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

"""`DaskRunner`: the tiles of a picture on the workers of a cluster, here or on other machines.

A worker that is killed costs the time of what it was doing: its blocks go to others, and none of their objects are
lost or counted twice, since a block's answer is taken once and whole. Needs the extra ``dask``.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cellwright.core import BadParameter, CellwrightError
from cellwright.workflows.cluster_step import Block, NotOnThisWorker, blocks_of, run_block

if TYPE_CHECKING:
    from distributed import Client, Future

    from cellwright.inference import Boxes, TileStep
    from cellwright.inference.runners import Answer

_LOG = logging.getLogger(__name__)

BLOCK = 1
"""Tiles that travel together at first, until it is known how long one takes."""
LARGEST_BLOCK = 128
BLOCK_S = 2.0
"""What a block should take on a worker: long beside the cluster's own work for it, short beside a slide's end."""
CONNECT_S = 20.0
"""How long a scheduler and its first worker may take to answer."""
PATIENCE_S = 120.0
"""How long all workers may be gone before the run gives up; a cluster that restarts its workers needs less."""
_START_S = 120.0
_MOST_WORKERS = 1024
_AHEAD = 2
_LOOK_S = 5.0
_CARE_S = 10.0
_FETCH_S = 60.0
"""How long an answer may take from the worker that holds it, once it is there."""


class ClusterLost(CellwrightError, ConnectionError):
    """A cluster cannot be reached, has no workers, or went away during a run."""


@dataclass(frozen=True, slots=True)
class _Flight:
    """A block under way."""

    block: Block
    steps: tuple[TileStep, ...]
    refused: frozenset[str] = frozenset()
    deaths: int = 0


@dataclass(frozen=True, slots=True)
class DaskRunner:
    """A `cellwright.inference.TileRunner` on a cluster; see `cluster_of` for how to get one.

    Parameters
    ----------
    client : distributed.Client
        Connected.
    block : int or None
        Tiles that are sent and worked on together; None begins with `BLOCK` and goes on with what takes `BLOCK_S`.
    patience_s : float
        How long to wait for workers where there are none any more.
    revive : callable or None
        Starts workers that went away for good; called now and then. None where somebody else looks after them.
    """

    client: Client
    block: int | None = None
    patience_s: float = PATIENCE_S
    revive: Callable[[], None] | None = field(default=None, compare=False)

    def run(self, steps: Iterable[TileStep]) -> Iterator[Answer]:
        """Yield each step with its answer, in any order, each exactly once.

        No more blocks are under way than keep all workers busy, so memory stays bounded however many steps there are.
        A block that no worker could do (each has died of it, or cannot open the picture) is split, then answered with
        the reason. Closing the iterator cancels what is under way.

        Raises
        ------
        ClusterLost
            If the scheduler goes away, or no worker is left for so long.
        """
        pace = _Pace(self.block)
        source = blocks_of(steps, pace.tiles)
        done: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
        flying: dict[str, tuple[Future[Any], _Flight]] = {}
        cared_at = time.monotonic()

        def send(flight: _Flight) -> None:
            future = self._submitted(flight)
            flying[future.key] = (future, flight)
            future.add_done_callback(done.put)

        try:
            while True:
                while len(flying) < self._room() and (taken := next(source, None)):
                    send(_Flight(*taken))
                if not flying:
                    return
                if time.monotonic() - cared_at > _CARE_S:
                    cared_at = self._cared()
                future = self._next(done, flying)
                if future.key not in flying:
                    continue
                _, flight = flying.pop(future.key)
                answers, again = self._settled(future, flight, pace)
                for each in again:
                    send(each)
                yield from answers
        finally:
            with contextlib.suppress(Exception):  # the cluster may be gone, which is what is being told already
                self.client.cancel([future for future, _ in flying.values()], force=True)

    def _submitted(self, flight: _Flight) -> Future[Any]:
        others = sorted(self._workers() - flight.refused) if flight.refused else None
        return self.client.submit(_on_worker, flight.block, pure=False, workers=others or None)

    def _settled(self, future: Future[Any], flight: _Flight, pace: _Pace) -> tuple[list[Answer], list[_Flight]]:
        """Return the answers of a block, or what is to be sent again."""
        from distributed import KilledWorker

        try:
            # Sent along at once where it is there; what holds it may die this very moment.
            result: _Done | _Refused = future.result(timeout=_FETCH_S)
        except KilledWorker:
            return self._after_deaths(flight)
        except (TimeoutError, CancelledError, OSError):
            return [], [flight]
        except Exception as error:  # noqa: BLE001 - whatever a worker came upon is told with the tiles
            _LOG.error("A block of %d tiles failed on a worker: %s", len(flight.steps), error)
            return _all(flight, RuntimeError(f"{type(error).__name__}: {error}")), []
        if isinstance(result, _Done):
            pace.heard(len(result.answers), result.seconds)
            return list(zip(flight.steps, result.answers, strict=True)), []
        refused = flight.refused | {result.worker}
        if self._workers() - refused:
            return [], [replace(flight, refused=refused)]
        return _all(flight, NotOnThisWorker(result.reason)), []

    def _after_deaths(self, flight: _Flight) -> tuple[list[Answer], list[_Flight]]:
        """Find the tile of a block that kills workers; one beside it on the same worker is not to blame."""
        if len(flight.steps) > 1:
            return [], [_Flight(*part, flight.refused) for part in blocks_of(flight.steps, lambda: 1)]
        if not flight.deaths:
            return [], [replace(flight, deaths=1)]
        return _all(flight, MemoryError("Every worker that looked at this tile died; has it enough memory?")), []

    def _room(self) -> int:
        """Return how many blocks may be under way: enough that no worker waits, and as many again as are few."""
        threads = sum(int(each["nthreads"]) for each in self._described().values())
        return _AHEAD * max(1, threads)

    def _next(
        self, done: queue.SimpleQueue[Future[Any]], flying: dict[str, tuple[Future[Any], _Flight]]
    ) -> Future[Any]:
        """Wait for a block; give up where nobody is left who could bring one."""
        gone_since: float | None = None
        while True:
            with contextlib.suppress(queue.Empty):
                return done.get(timeout=_LOOK_S)
            if self.client.status not in {"running", "connecting"}:
                raise ClusterLost("The scheduler of the cluster went away; start it again, and the run goes on.")
            # Word of a block that was lost and done again may itself get lost.
            if settled := next((future for future, _ in flying.values() if future.status != "pending"), None):
                return settled
            now = self._cared()
            if self._workers():
                gone_since = None
                continue
            gone_since = gone_since or now
            if now - gone_since > self.patience_s:
                raise ClusterLost(
                    f"The cluster has had no worker for {self.patience_s:.0f} s; start some, and the run goes on."
                )

    def _cared(self) -> float:
        """Have workers that are gone started again, and return the time."""
        if self.revive is not None:
            self.revive()
        return time.monotonic()

    def _workers(self) -> set[str]:
        return set(self._described())

    def _described(self) -> dict[str, dict[str, Any]]:
        # What the client knows by its heartbeat: asking costs no round trip.
        found: dict[str, dict[str, Any]] = self.client.scheduler_info(n_workers=-1)["workers"]
        return found


@dataclass(slots=True)
class _Pace:
    """How many tiles a block should hold, from how long blocks took."""

    fixed: int | None
    tile_s: float = 0.0

    def tiles(self) -> int:
        if self.fixed is not None or not self.tile_s:
            return self.fixed or BLOCK
        return min(LARGEST_BLOCK, max(1, round(BLOCK_S / self.tile_s)))

    def heard(self, tiles: int, seconds: float) -> None:
        """Learn from a block; the first ones, which load the model, are soon forgotten."""
        now = max(seconds, 1e-6) / tiles
        self.tile_s = 0.7 * self.tile_s + 0.3 * now if self.tile_s else now


@dataclass(frozen=True, slots=True, eq=False)
class _Done:
    """The answers of a block, and how long they took."""

    answers: list[Boxes | Exception]
    seconds: float


@dataclass(frozen=True, slots=True)
class _Refused:
    """A worker lacks what a block needs."""

    worker: str
    reason: str


def _on_worker(block: Block) -> _Done | _Refused:
    from distributed import get_worker

    began = time.perf_counter()
    try:
        return _Done(run_block(block), time.perf_counter() - began)
    except NotOnThisWorker as error:
        return _Refused(get_worker().address, str(error))


def _all(flight: _Flight, error: Exception) -> list[Answer]:
    return [(step, error) for step in flight.steps]


@contextlib.contextmanager
def cluster_of(*, workers: int | None = None, scheduler: str | None = None) -> Generator[DaskRunner]:
    """Give a runner on workers of this machine, or on a cluster that is running elsewhere.

    Parameters
    ----------
    workers : int or None
        Start so many worker processes here, on the loopback address alone.
    scheduler : str or None
        Address of a running scheduler, ``tcp://HOST:PORT``, or ``tls://HOST:PORT`` with the certificates that dask's
        own configuration names. A scheduler may run any code on its workers and here: trust it, and keep it on a
        private network.

    Raises
    ------
    BadParameter
        If not exactly one is asked for, or dask is not installed.
    ClusterLost
        If the cluster does not answer, or has no worker.
    """
    if (workers is None) == (scheduler is None):
        raise BadParameter("Ask for workers on this machine or for a scheduler elsewhere, one of the two.")
    if workers is not None and not 1 <= workers <= _MOST_WORKERS:
        raise BadParameter(f"--workers {workers} makes no sense; give a number from 1 to {_MOST_WORKERS}.")
    _refuse_missing()
    with contextlib.ExitStack() as stack:
        if workers is not None:
            from cellwright.workflows.cluster_local import local_cluster

            cluster = stack.enter_context(local_cluster(workers))
            client = stack.enter_context(_connected(cluster.scheduler_address))
            client.wait_for_workers(workers, timeout=_START_S)
            yield DaskRunner(client, revive=lambda: cluster.scale(workers))
            return
        client = stack.enter_context(_connected(str(scheduler)))
        _wait_for_one(client, str(scheduler))
        yield DaskRunner(client)


def _refuse_missing() -> None:
    try:
        import dask.config
        import distributed
    except ImportError:
        raise BadParameter(
            "Working with several processes or machines needs dask; install it with: pip install 'cellwright[dask]'"
        ) from None
    # Nothing is told to anybody and no page is served, whatever the person's own configuration says.
    dask.config.set({"distributed.worker.http.routes": [], "distributed.scheduler.http.routes": []})
    del distributed


def _connected(address: str) -> Client:
    from distributed import Client, Security

    if address.startswith("tls://") and Security().get_connection_args("client").get("ssl_context") is None:
        raise BadParameter(
            f"{address} needs certificates; name them to dask with DASK_DISTRIBUTED__COMM__TLS__CA_FILE and, under "
            "…__TLS__CLIENT__, CERT and KEY."
        )
    try:
        return Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError, TypeError) as error:
        why = next(iter(str(error).splitlines()), type(error).__name__)
        raise ClusterLost(
            f"No scheduler answers at {address} ({why.rstrip('.')}). "
            "Is it running, and is the address as it says, such as tcp://10.0.0.5:8786?"
        ) from None


def _wait_for_one(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=CONNECT_S)
    except TimeoutError:
        raise ClusterLost(
            f"The scheduler at {address} has no worker yet; start some with: dask worker {address} --no-dashboard"
        ) from None

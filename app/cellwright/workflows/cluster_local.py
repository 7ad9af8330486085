"""A cluster on this machine alone: worker processes on the loopback address, and no web page or other open door.

Loaded only where workers are asked for: it needs the extra ``dask``.
"""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Sequence
from typing import Any

import dask.config
from distributed import Nanny, Scheduler, SpecCluster, Worker

_LOOPBACK = "127.0.0.1"
_RETURN_S = 60
"""How long a worker that died may take to return before another one is started for it."""
_THREADS = 2
"""Threads of a worker: one reads while the other's tiles are in the network, which takes one at a time."""


class QuietScheduler(Scheduler):  # type: ignore[misc, unused-ignore]
    """A scheduler that opens no web page."""

    def start_http_server(self, *arguments: Any, **named: Any) -> None:
        """Open nothing."""


class QuietWorker(Worker):  # type: ignore[misc, unused-ignore]
    """A worker that opens no web page."""

    def start_http_server(self, *arguments: Any, **named: Any) -> None:
        """Open nothing."""


def local_cluster(workers: int) -> SpecCluster:
    """Start so many worker processes here and return their cluster, to be closed by the caller.

    Cores are shared among them. Where there are GPUs each worker gets one of its own, in turn.
    """
    # A worker that died loads its model anew; on a busy machine that takes longer than dask would wait for it.
    dask.config.set({"distributed.deploy.lost-worker-timeout": f"{_RETURN_S} s"})
    gpus = _gpus()
    return SpecCluster(
        scheduler={
            "cls": QuietScheduler,
            "options": {"host": _LOOPBACK, "port": 0, "protocol": "tcp://", "dashboard": False},
        },
        workers={
            number: {
                "cls": Nanny,
                "options": {
                    "host": _LOOPBACK,
                    "protocol": "tcp://",
                    "nthreads": _THREADS,
                    "worker_class": QuietWorker,
                    "memory_limit": 0,
                    "silence_logs": logging.ERROR,
                    "env": environment_of(number, workers, gpus),
                },
            }
            for number in range(workers)
        },
        silence_logs=logging.ERROR,
    )


def environment_of(number: int, workers: int, gpus: Sequence[str]) -> dict[str, str]:
    """Return what a worker is told: its share of the cores, and the one GPU that it sees, where there are any."""
    from cellwright.inference.hardware import THREADS_VARIABLE, usable_cores

    threads = os.environ.get(THREADS_VARIABLE, "") or str(max(1, usable_cores() // workers))
    shared = {THREADS_VARIABLE: threads, "OMP_NUM_THREADS": threads}
    return shared | ({"CUDA_VISIBLE_DEVICES": gpus[number % len(gpus)]} if gpus else {})


def _gpus() -> list[str]:
    """Return what CUDA calls the GPUs that may be used, asked without loading torch."""
    from cellwright.inference import may_have_cuda

    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return [name for name in chosen.split(",") if name.strip()]
    if not may_have_cuda():
        return []
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [str(number) for number, line in enumerate(listed.splitlines()) if line.startswith("GPU ")]

"""What this machine can compute with, found out without loading torch."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path

from cellwright.core import BadParameter

THREADS_VARIABLE = "CELLWRIGHT_THREADS"
"""Environment variable with the number of threads a network may use; all cores where it is not set."""


def network_threads() -> int:
    """Return how many threads a network may use on the CPU.

    Raises
    ------
    BadParameter
        If the variable is set to something that is no whole number above 0.
    """
    text = os.environ.get(THREADS_VARIABLE, "").strip()
    if not text:
        return usable_cores()
    if not text.isdecimal() or int(text) == 0:
        raise BadParameter(f"{THREADS_VARIABLE}={text!r} must be a whole number above 0, such as {usable_cores()}.")
    return int(text)


def usable_cores() -> int:
    """Return the number of cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def has_native_bf16() -> bool:
    """Whether the CPU multiplies bfloat16 in hardware (AMX or AVX-512 BF16); False where the system does not say."""
    return not _flags().isdisjoint(("avx512_bf16", "amx_bf16"))


@cache
def has_native_int8() -> bool:
    """Whether the CPU multiplies and adds 8-bit numbers in hardware (VNNI or AMX); False where the system is silent."""
    return not _flags().isdisjoint(("avx512_vnni", "avx_vnni", "amx_int8"))


def _flags() -> frozenset[str]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return frozenset()
    return frozenset(next((line.split() for line in text.splitlines() if line.startswith("flags")), []))


def may_have_cuda() -> bool:
    """Whether an NVIDIA driver is present, so that asking torch for CUDA is worth the seconds it takes to load."""
    places = ("/proc/driver/nvidia/version", "/dev/nvidiactl", "/usr/lib/wsl/lib/libcuda.so.1")
    return any(Path(place).exists() for place in places) or shutil.which("nvidia-smi") is not None

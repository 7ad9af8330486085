"""Run the benchmarks, each in a process of its own, and write docs/benchmarks.md.

``python -m benchmarks.run [NAME…]``: names are those of modules, without ``benchmarks.``; without any, all are run.
Sections of benchmarks that were not run keep what the page says of them.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from benchmarks.rows import Row

FOLDER = Path(__file__).resolve().parent
PAGE = FOLDER.parent / "docs" / "benchmarks.md"
NOT_BENCHMARKS = {"__init__", "cluster_simulation", "in_window", "rows", "run", "shared_tiles", "teaching_bars"}
LIBRARIES = ("numpy", "numba", "torch", "torchvision", "openvino", "PySide6", "napari", "pycocotools")
_SECTION = re.compile(r"^<!-- (\w+) -->\n(.*?)(?=^<!-- |\Z)", re.MULTILINE | re.DOTALL)


def benchmark_names() -> list[str]:
    """Return the names of the modules that measure something, in alphabetical order."""
    return sorted(file.stem for file in FOLDER.glob("*.py") if file.stem not in NOT_BENCHMARKS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; the number of benchmarks that failed or missed a bar is not an error, a crash is."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("names", nargs="*", help="which benchmarks; all when none is named")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.one:
        print(json.dumps([dataclasses.asdict(row) for row in _run_here(asked.names[0])]))  # noqa: T201
        return 0
    unknown = sorted(set(asked.names) - set(benchmark_names()))
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there is: {', '.join(benchmark_names())}")
    sections = _written_sections()
    failed = 0
    for name in asked.names or benchmark_names():
        section, is_whole = _section(name)
        failed += not is_whole
        sections[name] = section
        sys.stdout.write(section + "\n")
    known = {name: sections[name] for name in benchmark_names() if name in sections}
    PAGE.write_text(_page(known), encoding="utf-8")
    return min(failed, 1)


def _run_here(name: str) -> list[Row]:
    module = importlib.import_module(f"benchmarks.{name}")
    rows: list[Row] = module.run()
    return rows


def _section(name: str) -> tuple[str, bool]:
    """Run one benchmark in a fresh process and return its section of the page, and whether it ran to its end."""
    command = [sys.executable, "-m", "benchmarks.run", "--one", name]
    done = subprocess.run(command, cwd=FOLDER.parent, capture_output=True, text=True, check=False)
    title = f"<!-- {name} -->\n## {_title(name)}\n\n"
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return f"{title}Did not run ({when}): `{reason}`\n", False
    # A library may greet on standard output; the answer is the last line.
    rows = [Row(**row) for row in json.loads(done.stdout.strip().splitlines()[-1])]
    body = _table(rows) if rows else "Nothing to measure here: the data or a library is missing.\n"
    return f"{title}{body}\n`make bench ARGS={name}`, {when}\n", True


def _title(name: str) -> str:
    source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    first = source.lstrip().removeprefix('"""').split('"""')[0].strip().splitlines()[0]
    return first.rstrip(".")


def _table(rows: Sequence[Row]) -> str:
    lines = ["| what | ours | beside it | times better | bar | note |", "|---|---:|---:|---:|---|---|"]
    for row in rows:
        cells = [row.name, _figure(row.ours, row.unit), _figure(row.other, row.unit), _times(row), _bar(row), row.note]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:,.{digits}f} {unit}".rstrip()


def _times(row: Row) -> str:
    return "–" if row.times_better is None else f"{row.times_better:,.1f}×"


def _bar(row: Row) -> str:
    if row.bar is None:
        return ""
    sign = "≥" if row.higher_is_better else "≤"
    verdict = {True: "met", False: "**missed**", None: "not measured"}[row.is_met]
    return f"{sign} {row.bar:g} {row.unit}: {verdict}"


def _written_sections() -> dict[str, str]:
    if not PAGE.is_file():
        return {}
    found = _SECTION.findall(PAGE.read_text(encoding="utf-8"))
    return {name: f"<!-- {name} -->\n{body.rstrip()}\n" for name, body in found}


def _page(sections: dict[str, str]) -> str:
    head = (
        "# Benchmarks\n\n"
        "Written by `make bench`; do not edit. Each section is measured in a process of its own, ours and what stands\n"
        "beside it in the same run; times are medians of wall time.\n\n"
        f"Machine of the latest run: {_machine()}.\n\n"
    )
    return head + "\n".join(sections.values())


def _machine() -> str:
    versions = [f"{name} {version}" for name in LIBRARIES if (version := _version(name))]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    system = f"{platform.system()}, Python {platform.python_version()}"
    return "; ".join([f"{_processor()}, {cores} cores", system, ", ".join(versions)])


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if not described.is_file():
        return platform.processor() or platform.machine()
    text = described.read_text(encoding="utf-8", errors="replace")
    model = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    flags = re.search(r"^flags\s*:\s*(.+)$", text, re.MULTILINE)
    words = set(flags.group(1).split()) if flags else set()
    useful = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in words]
    return f"{model.group(1) if model else platform.machine()} ({', '.join(useful) or 'no vector flags known'})"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


if __name__ == "__main__":
    raise SystemExit(main())

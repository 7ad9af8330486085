"""Pictures of patients stay on the machine: a whole analysis opens no socket."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cellwright as package

# An audit hook sees every socket that Python makes in this process, however it is made, and every other process it
# starts, which the hook could not watch; and it cannot be taken out again.
PROGRAM = """
import socket, sys
from pathlib import Path

# What ctypes asks where a shared library lies.
LOOKING_FOR_A_LIBRARY = {"ldconfig", "gcc", "cc", "ld", "objdump"}

def watch(event, arguments):
    if event == "socket.__new__" and arguments[1] in (socket.AF_INET, socket.AF_INET6):
        print("SOCKET", arguments[1:], file=sys.stderr)
        raise PermissionError("a socket was opened")
    if event == "subprocess.Popen" and Path(str(arguments[0])).name in LOOKING_FOR_A_LIBRARY:
        return
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.sendto", "subprocess.Popen"):
        print("NETWORK", event, arguments[:3], file=sys.stderr)
        raise PermissionError(event)

sys.addaudithook(watch)
from cellwright.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run(*words: object) -> subprocess.CompletedProcess[str]:
    surroundings = {**os.environ, "PYTHONPATH": str(Path(package.__file__).parents[1])}
    command = [sys.executable, "-c", PROGRAM, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=surroundings, check=False, timeout=300)


def test_a_whole_analysis_on_the_default_engine_opens_no_socket(model: Path, smears: Path, tmp_path: Path) -> None:
    everything = "csv,xlsx,parquet,coco,yolo,voc,overlay"
    ended = run("analyze", smears, "--model", model, "--out", tmp_path, "--format", everything, "--with-pictures")
    assert ended.returncode == 0, ended.stderr
    assert "SOCKET" not in ended.stderr and "NETWORK" not in ended.stderr
    assert (tmp_path / "results.xlsx").exists()


def test_the_watch_itself_works() -> None:
    program = PROGRAM.replace("from cellwright.cli import main\nsys.exit(main(sys.argv[1:]))", "socket.socket()")
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode != 0 and "SOCKET" in ended.stderr

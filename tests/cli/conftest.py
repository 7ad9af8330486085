"""The command line on a tiny model and small pictures."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cellwright.cli import main
from tests.tiny_model import write_smear, write_tiny_model


@dataclass(frozen=True)
class Said:
    """Exit code, and what was printed on either stream."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def smears(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("smears")
    for seed in (1, 2):
        write_smear(folder / f"smear_{seed}.png", seed=seed)
    return folder


@pytest.fixture
def cellwright(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs the command line in this process."""

    def run(*words: object) -> Said:
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return run

"""Our own ways out keep the laws that those of other packages inherit."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from cellwright.export import read_table
from cellwright.testing.exporters import ExporterTests, small_disk
from cellwright.workflows import ExportFormat

_TABLES = {"objects.csv", "objects.parquet"}


class TestOwnExporters(ExporterTests):
    @pytest.fixture(params=[kind.value for kind in ExportFormat])
    def exporter_name(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.fixture
    def full_disk(self, exporter_name: str) -> AbstractContextManager[None]:
        # openpyxl collects sheets in temporary files, and leaves a trail of later errors where those fail
        return _disk_full_at_the_end() if exporter_name == "xlsx" else small_disk()

    def count(self, written: Sequence[Path]) -> int | None:
        found = [_count(path) for path in written]
        known = [each for each in found if each is not None]
        return sum(known) if known else None


@contextlib.contextmanager
def _disk_full_at_the_end() -> Iterator[None]:
    def refuse(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        yield


def _count(path: Path) -> int | None:
    """Objects in one file or folder, read as another program would; None where it does not tell."""
    if path.name in _TABLES:
        return len(read_table(path).columns[0].values)
    if path.name.endswith(".geojson"):
        return len(json.loads(path.read_text("utf-8"))["features"])
    if path.suffix == ".zip":
        return len(zipfile.ZipFile(path).namelist())
    if path.suffix == ".tif":
        import tifffile

        return len(np.unique(tifffile.imread(path))) - 1
    if path.name in {"coco", "coco-polygons"}:
        found = json.loads(next(path.rglob("*.json")).read_text("utf-8"))
        return len(found["annotations"])
    if path.name == "voc":
        return sum(file.read_text("utf-8").count("<object>") for file in path.rglob("*.xml"))
    return None

"""Formats of other packages stand beside ours; one that is broken is a sentence and a line, never a crash."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cellwright.core import BadParameter, OutputNotWritable, PluginNotUsable, UnknownName
from cellwright.workflows import Analysis, ExportFormat, export_analyses, format_named
from cellwright.workflows.exporters import EXPORTERS, OWN, exporter_of, format_name, other_formats
from cellwright.workflows.plugins import plugins

DECLARED = """
from cellwright.workflows.exporters import Exporter
CELLWRIGHT_INTERFACE = 1
LIST = Exporter("List of cells", "A line a cell.", "lab_writing:write_list", outputs=("cells.txt",))
EACH = Exporter("Sizes", "A file a picture.", "lab_writing:write_each", of_each=("sizes", ".json"))
OUTLINED = Exporter("Rims", "Outlines.", "lab_writing:write_each", of_each=("rims", ".json"), needs_outlines=True)
BROKEN = Exporter("Broken", "Nothing.", "lab_writing:write_broken", outputs=("broken.txt",))
FULL = Exporter("Full", "Nothing.", "lab_writing:write_full", outputs=("full.txt",))
STRAY = Exporter("Stray", "Elsewhere.", "lab_writing:write_list", outputs=("../stray.txt",))
NEITHER = Exporter("Neither", "Nowhere.", "lab_writing:write_list")
"""
WRITING = """
import json
from cellwright.core.atomic import replacing

def write_list(folder, results, *, overwrite):
    path = folder / "cells.txt"
    with replacing(path, overwrite=overwrite) as part:
        part.write_text("".join(f"{name}\\n" for name in results.objects.columns[0].cells()))
    return [path]

def write_each(path, picture, *, overwrite):
    with replacing(path, overwrite=overwrite) as part:
        part.write_text(json.dumps({"name": picture.name, "cells": len(picture.objects)}))
    return path

def write_broken(folder, results, *, overwrite):
    raise ZeroDivisionError("counted nothing by nothing")

def write_full(folder, results, *, overwrite):
    raise OSError(28, "No space left on device", str(folder / "full.txt"))
"""
NAMES = {
    "list": "LIST",
    "each": "EACH",
    "outlined": "OUTLINED",
    "broken": "BROKEN",
    "full": "FULL",
    "stray": "STRAY",
    "neither": "NEITHER",
    "missing": "MISSING",
}
Make = Callable[..., Analysis]


@pytest.fixture(autouse=True)
def lab_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package with formats, most of them broken in one way each."""
    place = tmp_path / "site"
    info = place / "lab_pack-1.0.dist-info"
    info.mkdir(parents=True)
    (place / "lab_formats.py").write_text(DECLARED)
    (place / "lab_writing.py").write_text(WRITING)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lab-pack\nVersion: 1.0\n")
    lines = [f"{name} = lab_formats:{at}" for name, at in NAMES.items()]
    (info / "entry_points.txt").write_text("\n".join(["[cellwright.exporters]", *lines]))
    monkeypatch.syspath_prepend(str(place))
    EXPORTERS.refresh()
    yield
    EXPORTERS.refresh()
    for name in ("lab_formats", "lab_writing"):
        sys.modules.pop(name, None)


def test_ours_are_those_of_the_metadata(repository: Path) -> None:
    import tomllib

    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"]["cellwright.exporters"] == OWN
    assert list(OWN) == [kind.value for kind in ExportFormat]


def test_names_are_known_without_importing_what_writes() -> None:
    assert format_named("csv") is ExportFormat.CSV
    assert format_named("list") == "list"
    assert format_name(ExportFormat.OME_TIFF) == "ome-tiff"
    assert {name for name, _ in other_formats()} == {"list", "each", "outlined", "broken", "full"}
    assert "lab_writing" not in sys.modules
    with pytest.raises(UnknownName, match="Did you mean 'csv'"):
        format_named("cvs")


def test_formats_of_others_are_written_beside_ours(tmp_path: Path, make_analysis: Make) -> None:
    analyses = [make_analysis(), make_analysis("b.png", n=0)]
    written = export_analyses(analyses, tmp_path / "out", [ExportFormat.CSV, "list", "each"])
    names = [path.relative_to(tmp_path / "out").as_posix() for path in written]
    assert names == ["objects.csv", "counts.csv", "cells.txt", "sizes/smear.json", "sizes/b.json"]
    assert len((tmp_path / "out" / "cells.txt").read_text().splitlines()) == 3
    assert json.loads((tmp_path / "out" / "sizes" / "smear.json").read_text()) == {"name": "smear.png", "cells": 3}


def test_a_format_that_needs_outlines_is_refused_where_there_are_boxes(tmp_path: Path, make_analysis: Make) -> None:
    with pytest.raises(BadParameter, match="no outlines"):
        export_analyses([make_analysis()], tmp_path / "out", ["outlined"])


@pytest.mark.parametrize(
    ("name", "reason"), [("stray", "no plain name"), ("neither", "either outputs or of_each"), ("missing", "MISSING")]
)
def test_what_declares_no_format_is_a_sentence(name: str, reason: str, tmp_path: Path, make_analysis: Make) -> None:
    with pytest.raises(PluginNotUsable, match=reason):
        exporter_of(name)
    with pytest.raises(PluginNotUsable):
        export_analyses([make_analysis()], tmp_path / "out", [name])


def test_one_that_fails_while_it_writes_is_a_sentence_and_a_line(tmp_path: Path, make_analysis: Make) -> None:
    with pytest.raises(PluginNotUsable, match="'broken' of the package 'lab-pack'"):
        export_analyses([make_analysis()], tmp_path / "out", [ExportFormat.CSV, "broken"])
    assert (tmp_path / "out" / "objects.csv").exists()
    problems = {each.name: each.problem for each in plugins() if each.group == "exporters"}
    assert "counted nothing by nothing" in problems["broken"]
    assert problems["list"] == ""


def test_a_disk_that_took_nothing_is_not_the_package_s_fault(tmp_path: Path, make_analysis: Make) -> None:
    with pytest.raises(OutputNotWritable, match="No space left"):
        export_analyses([make_analysis()], tmp_path / "out", ["full"])
    assert "full" not in EXPORTERS.failures()

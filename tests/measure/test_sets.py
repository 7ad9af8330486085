"""Words choose columns, plugins add sets, and the page of all columns is what the declarations say."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cellwright.core import BadParameter, PluginNotUsable, UnknownName
from cellwright.measure import MEASUREMENTS, Picture, chosen, measure_labels, measurements_page, offered, warm
from cellwright.measure.geometry import COLUMNS as GEOMETRY
from cellwright.measure.moments import COLUMNS as MOMENTS
from cellwright.measure.sets import OWN

SKIMAGE = (
    *("area", "area_convex", "area_filled", "area_bbox", "axis_major_length", "axis_minor_length", "eccentricity"),
    *("orientation", "perimeter", "perimeter_crofton", "feret_diameter_max", "solidity", "extent", "euler_number"),
    *("equivalent_diameter_area", "centroid-0", "centroid-1", "moments-0-0", "moments_central-2-0", "moments_hu-6"),
    *("moments_normalized-2-0", "circularity", "roundness", "aspect_ratio"),
)

PLUGIN = """
from dataclasses import dataclass
import numpy as np
from cellwright.measure import Column, Needs

CELLWRIGHT_INTERFACE = 1

@dataclass(frozen=True)
class Rows:
    title: str = "Rows"
    needs: Needs = Needs.OUTLINES
    def columns(self, channels, *, is_rgb):
        mine = Column("rows_filled", "runs of the object", "runs", "a plugin", dtype="int")
        return (mine, Column("area", "x", "x", "x"))
    def rim_px(self, options, pixel):
        return 0
    def measure(self, subject, wanted):
        return {"rows_filled": subject.masks.counts}
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "rows_plugin.py").write_text(PLUGIN)
    info = tmp_path / "rows_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rows-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[cellwright.measurements]\nrows = rows_plugin:Rows\nbroken = nowhere_to_be_found:Thing\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    MEASUREMENTS.refresh()
    yield
    monkeypatch.undo()
    MEASUREMENTS.refresh()


@pytest.mark.usefixtures("plugin")
def test_a_plugin_adds_its_columns_and_a_broken_one_is_named() -> None:
    offer = offered()
    assert [column.key for column in offer.columns["rows"]] == ["rows_filled"], "area is ours already"
    assert any("broken" in reason for reason in offer.left_out)
    _, (found,) = measure_labels(np.ones((3, 2), np.int32), ["rows_filled"])
    assert (found.name, found.values.tolist()) == ("rows_filled", [3])


HEAD = """
import numpy as np
from cellwright.measure import Column, Needs

CELLWRIGHT_INTERFACE = 1
"""

SET = """
class Set:
    title, needs = "Careless", Needs.OUTLINES
    def columns(self, channels, *, is_rgb):
        {declare}
    def rim_px(self, options, pixel):
        return 0
    def measure(self, subject, wanted):
        {answer}
"""
DECLARED = "return (Column('careless', 'x', 'x', 'x'),)"


def _install(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    name = "careless_measures"
    (folder / f"{name}.py").write_text(HEAD + text)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[cellwright.measurements]\ncareless = {name}:Set\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, name, raising=False)
    MEASUREMENTS.refresh()


@pytest.fixture
def looked_for_anew() -> Iterator[None]:
    yield
    MEASUREMENTS.refresh()


@pytest.mark.usefixtures("looked_for_anew")
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Set = 5", "int, which cannot be called"),
        ("class Set: pass", "Set, which has no title and no needs and no columns"),
        ("def Set():\n    raise KeyError('licence')", "KeyError: 'licence'"),
        (
            SET.replace("Needs.OUTLINES", "'all'").format(declare=DECLARED, answer="pass"),
            "not a cellwright.measure.Needs",
        ),
        (SET.format(declare="return ('area',)", answer="pass"), "'area', which is no cellwright.measure.Column"),
        (SET.format(declare="return 1 / 0", answer="pass"), "ZeroDivisionError"),
    ],
)
def test_a_set_that_cannot_say_what_it_measures_stops_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, reason: str
) -> None:
    _install(tmp_path, monkeypatch, text)
    offer = offered()
    assert "geometry" in offer.columns
    assert "careless" not in offer.columns
    assert any(reason in line and "careless_measures" in line for line in offer.left_out), offer.left_out
    assert reason in MEASUREMENTS.failures()["careless"]
    assert measure_labels(np.ones((3, 2), np.int32), ["area"])[1][0].values.tolist() == [6]


@pytest.mark.usefixtures("looked_for_anew")
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("raise KeyError('in the middle')", "KeyError: 'in the middle'"),
        ("return {'careless': [1.0]}", r"answers careless with \(1,\) values for 2 objects"),
        ("return {}", "declares careless and does not answer for it"),
        ("return {'careless': ['a', 'b']}", "could not convert string"),
        ("return None", "TypeError"),
    ],
)
def test_a_set_that_answers_otherwise_than_declared_is_named_and_never_a_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, reason: str
) -> None:
    _install(tmp_path, monkeypatch, SET.format(declare=DECLARED, answer=answer))
    labels = np.array([[1, 1, 0, 2]], np.int32)
    with pytest.raises(PluginNotUsable, match=f"'careless' of the package 'careless_measures' .*{reason}"):
        measure_labels(labels, ["area", "careless"])
    assert measure_labels(labels, ["area"])[1][0].values.tolist() == [2, 1]
    assert MEASUREMENTS.failures()["careless"]


def test_every_column_that_is_promised_is_offered() -> None:
    keys = set(offered(("c",), is_rgb=True).by_key())
    geometry = {column.key for column in (*GEOMETRY, *MOMENTS)}
    assert {name for name in SKIMAGE if name not in geometry} == set()
    inside = ["mean", "median", "min", "max", "std", "integrated"]
    stained = [f"intensity_{name}-{of}" for name in inside for of in ("c", "haematoxylin", "eosin", "dab")]
    around = ["intensity_mean_ring-c", "intensity_mean_ring-dab", "nucleus_cytoplasm_ratio-c", "area_ring"]
    texture = ["glcm_contrast-c", "glcm_correlation-c", "lbp-0-c", "lbp-9-c"]
    near = ["neighbour_distance", "neighbour_count", "neighbour_density", "neighbour_touching"]
    assert geometry | {*stained, *around, *texture, *near} <= keys


def test_all_sets_of_our_own_can_be_made_ready() -> None:
    warm()


def test_words_mean_sets_names_and_patterns() -> None:
    offer = offered(("red", "green"))

    def meant(*words: str) -> list[str]:
        return [column.key for _, column in chosen(words, offer).columns]

    assert meant("area_um2") == meant("area") == ["area"]
    assert meant("intensity_mean") == ["intensity_mean-red", "intensity_mean-green"]
    assert meant("intensity_m??-red") == ["intensity_min-red", "intensity_max-red"]
    assert meant("solidity", "area") == ["area", "solidity"], "in the order of the set"
    assert len(meant("geometry")) == len(offer.columns["geometry"])
    assert len(meant("all")) == sum(map(len, offer.columns.values()))


def test_words_that_mean_nothing_are_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownName, match="'solidity'"):
        chosen(["soliditty"], offered())
    with pytest.raises(UnknownName):
        chosen(["intensity_mean"], offered())
    with pytest.raises(BadParameter):
        chosen([], offered())


def test_without_a_picture_nothing_that_needs_one_is_offered() -> None:
    assert not any(column.of for columns in offered().columns.values() for column in columns)
    _, found = measure_labels(np.ones((2, 2), np.int32), ["all"], pixels=Picture(np.ones((2, 2, 1)), ("c",)))
    assert len(found) > len(measure_labels(np.ones((2, 2), np.int32), ["all"])[1])


def test_the_page_of_all_columns_is_what_the_declarations_say(repository: Path) -> None:
    page = (repository / "docs" / "measurements.md").read_text("utf-8")
    assert page == measurements_page(), "run `make measurements`"
    for name in OWN:
        assert f"## `{name}`" in page
    for key in (
        "`area`",
        "`area_um2`",
        "`feret_diameter_max_um`",
        "`neighbour_density_per_mm2`",
        "`glcm_contrast-*channel*`",
    ):
        assert key in page


def test_our_sets_are_declared_as_entry_points_as_those_of_plugins_are(repository: Path) -> None:
    import tomllib

    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"]["cellwright.measurements"] == OWN

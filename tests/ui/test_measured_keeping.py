"""What was measured in a project is there again when it is opened, and nothing that no longer holds."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cellwright.annotation import PictureRecord
from cellwright.core import Objects, PixelSize, PixelSizeSource
from cellwright.imaging import content_sha256
from cellwright.jobs import run_inline
from cellwright.measure import measure
from cellwright.project import Project, copy_project
from cellwright.project.measured import measured_path, read_measured, write_measured
from cellwright.ui.main_window import MainWindow
from cellwright.ui.measured_keeping import KeepMeasured, Origin, RecallMeasured
from cellwright.ui.state.measured import Taken, taken_of
from tests.ui.conftest import is_done
from tests.ui.known_boxes import KnownBoxes
from tests.ui.known_masks import disc_objects, many_discs

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

GROUPS = {"solidity": "geometry", "neighbour_distance": "neighbours"}
WORDS = tuple(GROUPS)


@pytest.fixture
def origin(tmp_path: Path, smear: Path) -> Origin:
    """A project with one picture."""
    picture = tmp_path / "measured.png"
    shutil.copy(smear, picture)
    Project.create(tmp_path / "cells").close()
    record = PictureRecord(1, "../measured.png", content_sha256(picture), picture.stat().st_size)
    return Origin(tmp_path / "cells", record, picture, None)


def measured(objects: Objects) -> Taken:
    assert objects.masks is not None
    found = measure(objects.masks, WORDS, boxes=objects.boxes)
    return taken_of(WORDS, found, np.ones(len(objects), bool), GROUPS)


def recalled(origin: Origin, objects: Objects, counted: np.ndarray | None = None) -> Taken:
    taken = run_inline(RecallMeasured(origin, objects, np.ones(len(objects), bool) if counted is None else counted))
    assert taken is not None
    return taken


@pytest.fixture
def kept(origin: Origin) -> tuple[Origin, Objects, Taken]:
    """Thirty discs that were measured, and that is kept."""
    objects = many_discs(30, (300, 300))
    taken = measured(objects)
    assert run_inline(KeepMeasured(origin, objects, taken, frozenset({"neighbours"})))
    return origin, objects, taken


def test_every_number_comes_back_to_its_object_whatever_the_order(kept: tuple[Origin, Objects, Taken]) -> None:
    origin, objects, taken = kept
    order = np.random.default_rng(1).permutation(30)
    found = recalled(origin, objects.take(order))
    assert found.asked == WORDS and found.rows.all() and not found.is_behind
    for name in WORDS:
        np.testing.assert_array_equal(found.columns[name].numbers, taken.columns[name].numbers[order])
        now, then = found.columns[name], taken.columns[name]
        assert (now.name, now.unit, now.key, now.group) == (then.name, then.unit, then.key, then.group)
        assert (now.description, now.decimals) == (then.description, then.decimals)


def test_a_changed_outline_has_no_number_and_nothing_that_depends_on_it_has_one(
    kept: tuple[Origin, Objects, Taken],
) -> None:
    origin, objects, taken = kept
    assert objects.masks is not None
    other = objects.masks.take(np.r_[1, np.arange(1, 30)])  # the first has the outline of the second
    found = recalled(origin, replace(objects, masks=other, boxes=other.boxes()))
    assert found.is_behind and found.asked == WORDS
    solidity = found.columns["solidity"].numbers
    assert np.isnan(solidity[0]) and np.array_equal(solidity[1:], taken.columns["solidity"].numbers[1:])
    assert np.isnan(found.columns["neighbour_distance"].numbers).all(), "distances are to all others"


@pytest.mark.parametrize("rows", [np.arange(29), np.r_[np.arange(30), 0]], ids=["one is gone", "one is new"])
def test_where_others_came_or_went_only_what_is_of_an_object_alone_is_told(
    kept: tuple[Origin, Objects, Taken], rows: np.ndarray
) -> None:
    origin, objects, taken = kept
    now = objects.take(rows)
    ids = now.ids.copy()
    if len(rows) > 30:
        ids[30] = np.frombuffer(bytes(range(16)), ids.dtype)[0]
    found = recalled(origin, replace(now, ids=ids))
    assert found.is_behind and np.isnan(found.columns["neighbour_distance"].numbers).all()
    np.testing.assert_array_equal(found.columns["solidity"].numbers[:29], taken.columns["solidity"].numbers[:29])


def test_nothing_is_told_of_another_picture_or_pixel_size_or_version(
    kept: tuple[Origin, Objects, Taken], monkeypatch: pytest.MonkeyPatch
) -> None:
    origin, objects, _ = kept
    in_um = replace(origin, pixel_size=PixelSize(0.5, 0.25, PixelSizeSource.USER))
    assert recalled(in_um, objects).columns == {} and recalled(in_um, objects).asked == WORDS
    with monkeypatch.context() as patch:
        patch.setattr("cellwright.__version__", "999")
        assert recalled(origin, objects).columns == {}
    origin.path.touch()  # a copy of the same file
    assert set(recalled(origin, objects).columns) == set(WORDS)
    data = bytearray(origin.path.read_bytes())
    data[-1] ^= 1
    origin.path.write_bytes(data)
    assert recalled(origin, objects).columns == {}


def test_a_damaged_file_is_as_good_as_none(kept: tuple[Origin, Objects, Taken]) -> None:
    origin, objects, _ = kept
    path = measured_path(origin.folder, 1)
    whole = path.read_bytes()
    for broken in (b"", whole[:200], whole[:-30], b"PK" + whole[2:].replace(b"geometry", b"geometrx")):
        path.write_bytes(broken)
        assert run_inline(RecallMeasured(origin, objects, np.ones(30, bool))) is None
    path.unlink()
    assert run_inline(RecallMeasured(origin, objects, np.ones(30, bool))) is None


def test_nothing_is_written_where_there_is_no_project_any_more(kept: tuple[Origin, Objects, Taken]) -> None:
    origin, objects, taken = kept
    shutil.rmtree(origin.folder)
    assert not run_inline(KeepMeasured(origin, objects, taken, frozenset()))
    assert not origin.folder.exists()


def test_measurements_outlive_the_window(
    open_window: Callable[..., MainWindow], known: KnownBoxes, smear: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    middles = [(100, 100), (100, 300), (300, 100), (300, 300), (450, 500)]
    known.objects = disc_objects(middles, 20, (0.9, 0.8, 0.95, 0.85, 0.7), [0, 1, 1, 2, 1])
    first = open_window()
    first.controller.open_paths([smear])
    qtbot.waitUntil(lambda: is_done(first), timeout=30_000)
    picture = first.session.current
    assert picture is not None
    first.measuring.cells.measure((picture,), WORDS)  # measured before there is a project
    qtbot.waitUntil(lambda: is_measured(first), timeout=30_000)
    first.correcting.files.create(tmp_path / "cells")
    path = measured_path(tmp_path / "cells", 1)
    qtbot.waitUntil(path.is_file, timeout=30_000)
    expected = solidity(first)
    first.measuring.cells.measure((picture,), ("area_convex",))
    qtbot.waitUntil(lambda: is_measured(first, "area_convex"), timeout=30_000)
    first.close()  # before the timer that keeps it, where nothing holds this thread up
    qtbot.waitUntil(lambda: first.controller.is_quiet)  # else it writes after what is written here
    kept = read_measured(tmp_path / "cells", 1)
    assert kept is not None and {each.name for each in kept.columns} == {*WORDS, "area_convex"}
    # other numbers in the file tell whether they are read or taken anew
    marked = tuple(replace(each, values=each.values + 1) for each in kept.columns)
    write_measured(tmp_path / "cells", 1, replace(kept, columns=marked))
    again = open_window()
    again.correcting.files.open(tmp_path / "cells")
    qtbot.waitUntil(lambda: is_measured(again), timeout=30_000)
    np.testing.assert_array_equal(solidity(again), expected + 1)
    with Project(tmp_path / "cells", read_only=True) as project:
        copy_project(project, tmp_path / "copy", "A.").close()
    assert measured_path(tmp_path / "copy", 1).read_bytes() == path.read_bytes()


def is_measured(window: MainWindow, name: str = "solidity") -> bool:
    picture = window.session.current
    found = window.session.measured(picture) if picture is not None else None
    return found is not None and name in found.names and not np.isnan(found.column(name).numbers).any()


def solidity(window: MainWindow) -> np.ndarray:
    picture = window.session.current
    assert picture is not None
    found = window.session.measured(picture)
    assert found is not None
    order = np.argsort(found.objects.ids.view("S16"))
    return found.column("solidity").numbers[order]

"""Slides that are no files, folders of OME-Zarr and addresses on a server, are counted into projects as files are."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cellwright.core import Box, Region, Regions, SlideNotReadable
from cellwright.imaging import open_slide
from cellwright.inference import DetectOptions, InlineRunner
from cellwright.jobs import run_inline
from cellwright.project import Project, copy_project
from cellwright.testing.oracles import OracleModel
from cellwright.testing.slides import KnownCells, KnownSlide
from cellwright.workflows.batch import BatchItem, BatchSlide, ItemState
from cellwright.workflows.batch_run import RunBatch
from tests.folder_server import served
from tests.imaging.slide_samples import write_ome_zarr

CELLS = KnownCells((700, 800))
MODEL = OracleModel(CELLS)
OPTIONS = DetectOptions(tile_px=512)
COLOURS = [{"label": name, "color": colour} for name, colour in zip("RGB", ("FF0000", "00FF00", "0000FF"), strict=True)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one slide as OME-Zarr."""
    made = tmp_path_factory.mktemp("web")
    with KnownSlide(CELLS) as slide:
        pixels = slide.read(Region(Box(0, 0, *CELLS.shape)))
    write_ome_zarr(made / "slide.ome.zarr", np.moveaxis(pixels, 2, 0)[None, :, None], 2, omero=COLOURS)
    return made


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    with served(folder) as address:
        yield address


def counted(project: Path, slide: str | Path) -> BatchItem:
    batch = RunBatch(
        project, (BatchSlide(Path(slide), regions=Regions.everything()),), MODEL, OPTIONS, runner=InlineRunner()
    )
    (item,) = run_inline(batch).items
    return item


def test_a_folder_of_ome_zarr_is_counted_and_found_again_where_it_was_moved(folder: Path, tmp_path: Path) -> None:
    place = Path(shutil.copytree(folder / "slide.ome.zarr", tmp_path / "a" / "slide.ome.zarr"))
    project = tmp_path / "project"
    Project.create(project).close()
    first = counted(project, place)
    assert (first.state, first.objects) == (ItemState.DONE, len(CELLS.truth(None)))
    assert counted(project, place).was_done
    place.rename(tmp_path / "moved.ome.zarr")
    with Project(project) as there:
        (picture,) = there.pictures()
        with pytest.raises(SlideNotReadable, match="is not there"):
            there.picture_ref(picture)
        moved = there.find_picture(picture, "A.", [tmp_path])
        assert there.picture_ref(moved).path.samefile(tmp_path / "moved.ome.zarr")
    (tmp_path / "moved.ome.zarr" / "0" / "0" / "0" / "0" / "0" / "0").write_bytes(b"other pixels")
    with Project(project) as there, pytest.raises(SlideNotReadable, match="content differs"):
        there.picture_ref(moved)


def test_a_slide_on_a_server_is_counted_and_its_address_is_kept(server: str, tmp_path: Path) -> None:
    project, address = tmp_path / "project", f"{server}/slide.ome.zarr"
    Project.create(project).close()
    first = counted(project, address)
    assert (first.state, first.objects) == (ItemState.DONE, len(CELLS.truth(None)))
    assert counted(project, address).was_done
    with Project(project) as there:
        (picture,) = there.pictures()
        assert picture.path == address
        with there.picture_ref(picture).open() as slide:
            assert slide.shape == CELLS.shape
        with copy_project(there, tmp_path / "far" / "copy", "A.") as copy:
            assert copy.pictures()[0].path == address


def test_what_a_server_gives_that_is_no_ome_zarr_is_told_with_what_to_do(server: str, folder: Path) -> None:
    (folder / "slide.svs").write_bytes(b"II*\0" + bytes(100))
    with pytest.raises(SlideNotReadable, match="copy it to this machine"):
        open_slide(f"{server}/slide.svs")

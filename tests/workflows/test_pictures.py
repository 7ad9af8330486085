"""Files and folders become the pictures that are meant, and nothing vanishes without a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from cellwright.workflows import find_pictures
from tests.imaging.samples import scene
from tests.imaging.slide_samples import tczyx, write_dicom_slide, write_ome_zarr, write_vms


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    for name in ("b.png", "a.jpg", "deep/er/c.tif", ".hidden/d.png", "deep/.e.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(path)
    (tmp_path / "notes.txt").write_text("not a picture")
    return tmp_path


def test_folders_are_searched_in_order_and_hidden_things_left_alone(shelf: Path) -> None:
    found = find_pictures([shelf])
    assert [path.relative_to(shelf).as_posix() for path in found.pictures] == ["a.jpg", "b.png", "deep/er/c.tif"]
    assert found.left_out == ()


def test_a_picture_named_twice_is_taken_once(shelf: Path) -> None:
    found = find_pictures([shelf / "b.png", shelf, shelf / "deep" / ".." / "b.png"])
    assert len(found.pictures) == 3 and found.pictures[0] == shelf / "b.png"


def test_a_file_named_outright_is_taken_whatever_it_is(shelf: Path) -> None:
    assert find_pictures([shelf / "notes.txt"]).pictures == (shelf / "notes.txt",)


def test_what_is_not_there_and_what_holds_nothing_is_said(shelf: Path) -> None:
    (shelf / "empty").mkdir()
    found = find_pictures([shelf / "gone.png", shelf / "empty"])
    assert found.pictures == ()
    assert [(left.what, left.reason.split()[0]) for left in found.left_out] == [
        (str(shelf / "gone.png"), "There"),
        (str(shelf / "empty"), "The"),
    ]


def test_a_folder_that_links_to_itself_ends(shelf: Path) -> None:
    (shelf / "loop").symlink_to(shelf, target_is_directory=True)
    assert len(find_pictures([shelf]).pictures) == 3


def test_a_slide_of_several_files_is_one_picture(tmp_path: Path) -> None:
    for name in ("zarr", "dicom", "vms"):
        (tmp_path / name).mkdir()
    write_ome_zarr(tmp_path / "zarr" / "a.zarr", tczyx(), 3)
    write_dicom_slide(tmp_path / "dicom", scene(300, 420))
    write_vms(tmp_path / "vms", scene(256, 256))
    found = find_pictures([tmp_path])
    names = [path.relative_to(tmp_path).as_posix() for path in found.pictures]
    assert names == ["dicom/level0.dcm", "vms/slide.vms", "zarr/a.zarr"]
    assert find_pictures([tmp_path / "zarr" / "a.zarr"]).pictures == (tmp_path / "zarr" / "a.zarr",)
    assert find_pictures([tmp_path / "dicom" / "level1.dcm"]).pictures == (tmp_path / "dicom" / "level1.dcm",)


def test_an_address_is_a_picture_on_a_server() -> None:
    found = find_pictures(["https://example.org/slide.zarr"])
    assert [path.as_posix() for path in found.pictures] == ["https:/example.org/slide.zarr"]
    assert found.left_out == ()

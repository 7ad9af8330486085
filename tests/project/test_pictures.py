from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.annotation import part_path, split_part
from cellwright.core import SlideNotReadable
from cellwright.project import Project
from cellwright.project.pictures import written_path
from tests.project.made import project_in


def test_near_pictures_are_relative_so_that_a_whole_folder_can_be_moved(tmp_path: Path) -> None:
    study = tmp_path / "study"
    study.mkdir()
    project = project_in(study)
    (picture,) = project.pictures()
    assert picture.path == "../blood.png"
    project.close()
    study.rename(tmp_path / "moved")
    with Project(tmp_path / "moved" / "p") as project:
        assert project.picture_path(picture).samefile(tmp_path / "moved" / "blood.png")


def test_far_pictures_are_absolute(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b" / "c"
    assert written_path(folder, tmp_path / "x.png") == (tmp_path / "x.png").resolve().as_posix()
    assert written_path(folder, folder / "in" / "x.png") == "in/x.png"


def test_a_moved_picture_is_found_by_its_content_and_that_can_be_undone(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        (picture,) = project.pictures()
        far = tmp_path / "far" / "deep"
        far.mkdir(parents=True)
        (tmp_path / "far" / "decoy.png").write_bytes(b"the bytes of another p")
        shutil.move(tmp_path / "blood.png", far / "renamed.png")
        with pytest.raises(SlideNotReadable, match="not there"):
            project.picture_path(picture)
        moved = project.find_picture(picture, "A.")
        assert project.picture_path(moved).samefile(far / "renamed.png")
        assert project.pictures() == [moved]
        project.undo("A.")
        assert project.pictures() == [picture]
        (far / "renamed.png").unlink()
        with pytest.raises(SlideNotReadable, match="was not found"):
            project.find_picture(picture, "A.", [far])


def test_another_picture_of_the_same_name_is_not_taken_for_it(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        (tmp_path / "blood.png").write_bytes(b"THE BYTES OF A PICTURE")
        with pytest.raises(SlideNotReadable, match="content differs"):
            project.picture_path(project.pictures()[0])


def test_the_same_content_is_added_once_and_an_unreadable_file_adds_none(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        copy = tmp_path / "copy.png"
        shutil.copy(tmp_path / "blood.png", copy)
        assert project.add_pictures([copy, copy], "A.") == project.pictures() * 2
        assert len(project.pictures()) == 1
        copy.write_bytes(b"new")
        with pytest.raises(SlideNotReadable):
            project.add_pictures([copy, tmp_path / "missing.png"], "A.")
        assert len(project.pictures()) == 1


@given(
    st.sampled_from(["a.tif", "in/b #1.lif", "c#series=2.czi", "d#z=1,t=2.tif"]),
    st.integers(0, 12),
    st.none() | st.tuples(st.integers(0, 9), st.integers(0, 99)),
)
def test_a_part_of_a_file_is_written_and_read_alike(file: str, series: int, plane: tuple[int, int] | None) -> None:
    written = part_path(file, plane, series)
    assert split_part(written) == (file, series, plane)
    assert (written == file) == (series == 0 and plane is None)


def test_paths_of_older_projects_mean_what_they_meant() -> None:
    assert split_part("stack.tif#z=2,t=0") == ("stack.tif", 0, (2, 0))
    assert split_part("plain.tif") == ("plain.tif", 0, None)
    assert split_part("odd#.tif") == ("odd#.tif", 0, None)
    assert split_part("odd#") == ("odd#", 0, None)

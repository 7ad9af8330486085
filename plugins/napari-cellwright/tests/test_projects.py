"""A project opens as its pictures and what is known of their cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from napari.layers import Labels, Layer
from napari_cellwright import as_layer
from napari_cellwright.reading import project_reader, read_projects
from npe2 import PluginManager, read

import cellwright as cw
from cellwright.cli import main
from cellwright.core import ProjectNotReadable
from cellwright.project import Project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("projects") / "nuclei"
    picture = str(cw.sample_picture("nuclei"))
    assert main(["new", str(folder)]) == 0
    assert main(["analyze", picture, "--model", "nuclei-stardist", "--project", str(folder)]) == 0
    return folder


def test_its_picture_and_cells_are_layers(project: Path, found: cw.Found) -> None:
    assert project_reader(str(project)) is not None
    image, *drawn = read_projects(str(project))
    assert image[2] == "image"
    (labels,) = (as_layer(each) for each in drawn)
    assert isinstance(labels, Labels)
    assert set(labels.features["uuid"]) == set(found.objects.id_strings())
    assert set(labels.features["status"]) == {"unreviewed"}
    assert set(labels.features["source"]) == {found.objects.source}
    assert (np.asarray(labels.data) > 0).sum() == (found.labels() > 0).sum()
    assert tuple(labels.scale) == tuple(Layer.create(*image).scale)


def test_napari_opens_the_folder_and_the_file_in_it(project: Path) -> None:
    PluginManager.instance().discover()
    for path in (project, project / "project.sqlite"):
        layers = read([str(path)], stack=False, plugin_name="napari-cellwright")
        assert [kind for _, _, kind in layers] == ["image", "labels"]


def test_a_project_without_pictures_says_so(tmp_path: Path) -> None:
    Project.create(tmp_path / "empty").close()
    with pytest.raises(ProjectNotReadable, match="it has no pictures"):
        read_projects(str(tmp_path / "empty"))

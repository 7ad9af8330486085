"""Corrected planes of stacks, and pictures of files that hold several, go out as pictures of a labelled set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from cellwright.annotation import Status
from cellwright.core import Objects
from cellwright.datasets import read_dataset
from cellwright.imaging import SlideRef
from cellwright.jobs import run_inline
from cellwright.project import Project
from cellwright.workflows import CheckDataset, Division, ExportDataset, ExportFormat, FreezeDataset, read_source


def objects(seed: int, n: int = 4) -> Objects:
    rng = np.random.default_rng(seed)
    corner = rng.integers(0, 30, (n, 2)).astype(np.float32)
    boxes = np.concatenate([corner, corner + 6], 1)
    return Objects(
        np.frombuffer(rng.bytes(16 * n), "V16"),
        boxes,
        np.zeros(n, np.int16),
        np.ones(n, np.float32),
        ("cell",),
        "model:m",
    )


def corrected(folder: Path, refs: list[SlideRef]) -> Project:
    project = Project.create(folder)
    project.add_classes([("cell", "Cell", "#009E73", "1")], "A.")
    for record in project.add_pictures(refs, "A."):
        found = objects(record.id)
        project.add_objects(record.id, found, "m")
        project.change_objects([each.id for each in project.objects_in(record.id)], "A.", status=Status.ACCEPTED)
    return project


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """Two time points of three planes, each of another grey."""
    path = tmp_path / "stack.ome.tif"
    planes = np.arange(6, dtype=np.uint8).reshape(2, 3, 1, 1) * 40 + np.zeros((1, 1, 40, 48), np.uint8)
    planes[..., 0, 0], planes[..., 0, 1] = 0, 255  # so that contrast is the same everywhere
    tifffile.imwrite(path, planes, metadata={"axes": "TZYX"}, photometric="minisblack")
    return path


def test_planes_go_out_with_their_own_pixels_and_labels(stack: Path, tmp_path: Path) -> None:
    refs = [SlideRef(stack, z=0, t=1), SlideRef(stack, z=2, t=0)]
    with corrected(tmp_path / "p", refs) as project:
        boxes = {each.plane: [o.state.geometry.box for o in project.objects_in(each.id)] for each in project.pictures()}
    done = run_inline(ExportDataset(tmp_path / "p", tmp_path / "out", ExportFormat.COCO, with_pictures=True))
    assert (done.pictures, done.objects) == (2, 8)
    labelled, report = read_dataset(tmp_path / "out")
    assert report.is_clean
    by_name = {each.path.name: each for each in labelled}
    assert set(by_name) == {"stack.ome_z0_t1.png", "stack.ome_z2_t0.png"}
    for ref, name in zip(refs, sorted(by_name), strict=True):
        picture = by_name[name]
        assert sorted(map(tuple, picture.boxes.tolist())) == sorted(boxes[(ref.z, ref.t)])
        seen = np.asarray(Image.open(picture.path).convert("L"))
        assert abs(int(seen[20, 20]) - 40 * (3 * ref.t + ref.z)) <= 40, "another plane would be further off"
    middle = [int(np.asarray(Image.open(by_name[name].path).convert("L"))[20, 20]) for name in sorted(by_name)]
    assert middle[0] > middle[1], "t 1, z 0 is lighter than t 0, z 2"


def test_planes_of_a_stack_stay_on_one_side_of_every_split(stack: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    Image.fromarray(np.zeros((40, 48, 3), np.uint8)).save(other)
    refs = [SlideRef(stack, z=z, t=t) for t in range(2) for z in range(3)]
    corrected(tmp_path / "p", [*refs, SlideRef(other)]).close()
    labelled, _ = read_source(tmp_path / "p")
    assert len({each.group for each in labelled}) == 2
    frozen = run_inline(FreezeDataset(tmp_path / "p", tmp_path / "v", division=Division({"train": 0.5, "val": 0.5})))
    of = {each.file: each.split for each in frozen.version.pictures}
    assert len(of) == 7
    assert len({split for file, split in of.items() if file.startswith("stack")}) == 1
    health = run_inline(CheckDataset(tmp_path / "p"))
    assert not health.duplicates, "neighbours in a stack are no mistake"


def test_planes_of_a_real_stack_are_written(data_dir: Path, tmp_path: Path) -> None:
    path = data_dir / "formats" / "CD_s_1_t_3_c_2_z_5.czi"
    refs = [SlideRef(path, z=1, t=0), SlideRef(path, z=3, t=2)]
    corrected(tmp_path / "p", refs).close()
    done = run_inline(ExportDataset(tmp_path / "p", tmp_path / "out", ExportFormat.YOLO, with_pictures=True))
    assert (done.pictures, done.objects) == (2, 8)
    names = sorted(each.name for each in (tmp_path / "out").rglob("*.png"))
    assert names == [f"{path.stem}_z1_t0.png", f"{path.stem}_z3_t2.png"]
    first, second = (np.asarray(Image.open(each)) for each in sorted((tmp_path / "out").rglob("*.png")))
    assert first.shape == second.shape
    assert (first != second).any()

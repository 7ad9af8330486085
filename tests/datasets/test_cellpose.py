"""Cellpose's files: outlines in, nothing else, and nothing of them is run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cellwright.core import DatasetNotReadable
from cellwright.datasets import Reason, read_dataset

Write = Callable[..., Path]


def seg(path: Path, masks: np.ndarray, **more: object) -> Path:
    """Write what Cellpose's window saves."""
    content = {
        "outlines": np.zeros(masks.shape, np.uint16),
        "colors": np.ones((int(masks.max(initial=0)), 3), np.uint8),
        "masks": masks,
        "chan_choose": [0, 0],
        "ismanual": np.zeros(int(masks.max(initial=0)), bool),
        "filename": "C:\\elsewhere\\secret.png",
        "flows": [np.zeros((*masks.shape[-2:], 3), np.uint8), [], None, np.float32(1)],
        "diameter": np.float64(30.0),
        **more,
    }
    np.save(path, content, allow_pickle=True)  # type: ignore[arg-type]
    return path


def labels() -> np.ndarray:
    made = np.zeros((80, 100), np.uint16)
    made[10:20, 30:50] = 3
    made[40:44, 60:61] = 7
    return made


def test_objects_and_their_pixels_are_read(tmp_path: Path, picture: Write) -> None:
    picture(tmp_path / "a.png")
    seg(tmp_path / "a_seg.npy", labels())
    labelled, report = read_dataset(tmp_path)
    assert report.format == "cellpose" and report.is_clean
    assert labelled.classes == ("object",)
    np.testing.assert_array_equal(labelled[0].boxes, [[10, 30, 20, 50], [40, 60, 44, 61]])
    source = labelled[0].labels
    assert source is not None
    np.testing.assert_array_equal(source.read() > 0, labels() > 0)
    np.testing.assert_array_equal(source.masks().areas(), [200, 4])


def test_one_file_and_one_class_can_be_named(tmp_path: Path, picture: Write) -> None:
    picture(tmp_path / "a.png")
    path = seg(tmp_path / "a_seg.npy", labels()[None])
    labelled, _ = read_dataset(path, classes=["cell"])
    assert labelled.classes == ("cell",) and len(labelled[0]) == 2
    with pytest.raises(DatasetNotReadable, match="one class"):
        read_dataset(path, classes=["a", "b"])


def test_the_name_inside_the_file_is_never_followed(tmp_path: Path, picture: Write) -> None:
    outside = picture(tmp_path / "outside" / "a.png")
    inside = tmp_path / "set"
    inside.mkdir()
    seg(inside / "a_seg.npy", labels(), filename=str(outside))
    with pytest.raises(DatasetNotReadable, match="missing"):
        read_dataset(inside)


@pytest.mark.parametrize(
    "masks",
    [np.zeros((3, 80, 100), np.uint16), np.zeros(7, np.uint16), np.full((80, 100), -1), np.full((80, 100), 0.5)],
)
def test_masks_of_another_make_leave_the_picture_out(tmp_path: Path, picture: Write, masks: np.ndarray) -> None:
    picture(tmp_path / "a.png")
    picture(tmp_path / "b.png")
    seg(tmp_path / "a_seg.npy", masks)
    seg(tmp_path / "b_seg.npy", labels())
    labelled, report = read_dataset(tmp_path)
    assert len(labelled) == 1 and report.count(Reason.BAD_LABELS) == 1


def test_masks_of_another_size_leave_the_picture_out(tmp_path: Path, picture: Write) -> None:
    picture(tmp_path / "a.png", 60, 60)
    picture(tmp_path / "b.png")
    seg(tmp_path / "a_seg.npy", labels())
    seg(tmp_path / "b_seg.npy", labels())
    _, report = read_dataset(tmp_path)
    assert report.count(Reason.LABELS_DIFFER) == 1


def test_what_would_run_is_left_out(tmp_path: Path, picture: Write) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            import os

            return os.system, (f"touch {tmp_path / 'ran'}",)

    picture(tmp_path / "a.png")
    seg(tmp_path / "a_seg.npy", labels(), extra=Evil())
    with pytest.raises(DatasetNotReadable, match="cannot be read"):
        read_dataset(tmp_path)
    assert not (tmp_path / "ran").exists()

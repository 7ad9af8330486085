"""Near-duplicates: the same field again, turned, mirrored, smaller or recompressed; never merely alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cellwright.datasets import look_at, near_duplicates, read_dataset


def field(seed: int, side: int = 256) -> Image.Image:
    """Draw soft blobs that no other seed has."""
    blobs = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)
    return Image.fromarray(blobs).resize((side, side), Image.Resampling.BICUBIC)


@pytest.mark.parametrize(
    ("change", "is_turned"),
    [
        (lambda p: p, False),
        (lambda p: p.resize((120, 120)), False),
        (lambda p: p.rotate(90, expand=True), True),
        (lambda p: p.transpose(Image.Transpose.FLIP_LEFT_RIGHT).rotate(180), True),
    ],
)
def test_the_same_field_again_is_found(tmp_path: Path, change: object, is_turned: bool) -> None:
    field(1).save(tmp_path / "a.png")
    change(field(1)).save(tmp_path / "b.jpg", quality=60)  # type: ignore[operator]
    for seed in range(2, 12):
        field(seed).save(tmp_path / f"other_{seed}.png")
    looks = [look for path in sorted(tmp_path.iterdir()) if (look := look_at(path)) is not None]
    (pair,) = near_duplicates(looks)
    assert {pair.first.name, pair.second.name} == {"a.png", "b.jpg"}
    assert pair.is_turned is is_turned and pair.similarity > 0.97


def test_pictures_of_one_grey_are_no_field(tmp_path: Path) -> None:
    for name in "ab":
        Image.new("RGB", (50, 50), (90, 90, 90)).save(tmp_path / f"{name}.png")
    looks = [look for path in tmp_path.iterdir() if (look := look_at(path)) is not None]
    assert len(looks) == 2 and not near_duplicates(looks)


def test_what_cannot_be_decoded_has_no_look(tmp_path: Path) -> None:
    field(1).save(tmp_path / "a.jpg")
    content = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(content[: len(content) // 2])
    (tmp_path / "no.png").write_bytes(b"no picture")
    assert look_at(tmp_path / "a.jpg") is not None
    assert look_at(tmp_path / "cut.jpg") is None and look_at(tmp_path / "no.png") is None


def test_a_real_set_of_one_people_is_not_all_alike(data_dir: Path) -> None:
    labelled, _ = read_dataset(data_dir / "chest_lung_heart")
    looks = [look for picture in labelled.pictures[:120] if (look := look_at(picture.path)) is not None]
    assert len(looks) == 120 and not near_duplicates(looks)

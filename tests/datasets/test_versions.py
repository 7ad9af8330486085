"""Frozen versions: the hash is of the content alone, a changed file is noticed, hostile files are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cellwright.core import DatasetNotReadable
from cellwright.datasets import DatasetVersion, VersionPicture, compare_versions, labels_digest, read_version

A, B, C = "a" * 64, "b" * 64, "c" * 64


def version(*pictures: VersionPicture, **more: Any) -> DatasetVersion:
    return DatasetVersion(
        **{"name": "v", "created": "2026-01-01T00:00:00+00:00", "classes": ("x",), "pictures": pictures} | more
    )


def picture(file: str = "a.png", sha256: str = A, labels: str = B, **more: Any) -> VersionPicture:
    return VersionPicture(file=file, sha256=sha256, labels_sha256=labels, objects=1, **more)


def test_the_hash_is_of_the_content_alone() -> None:
    base = version(picture())
    assert version(picture(), name="w", created="x", parent=C).hash == base.hash
    others = [
        version(picture(labels=C)),
        version(picture(sha256=C)),
        version(picture(split="val")),
        version(picture(), classes=("y",)),
        version(picture(), preparation={"tile_px": 8}),
    ]
    assert len({base.hash, *(each.hash for each in others)}) == 6


def test_what_was_written_is_read_and_a_change_by_hand_is_noticed(tmp_path: Path) -> None:
    made = version(picture(), parent=C)
    path = made.write(tmp_path)
    assert read_version(tmp_path) == made == read_version(path)
    path.write_text(path.read_text(encoding="utf-8").replace('"objects": 1', '"objects": 2'), encoding="utf-8")
    with pytest.raises(DatasetNotReadable, match="changed after"):
        read_version(tmp_path)


def test_what_changed_is_told_by_content() -> None:
    before = version(picture("a.png", A), picture("b.png", B), picture("twin.png", A))
    after = version(
        picture("renamed.png", A, C), picture("twin.png", A, split="val"), picture("c.png", C), classes=("x", "y")
    )
    changes = compare_versions(before, after)
    assert (changes.added, changes.removed) == (("c.png",), ("b.png",))
    assert changes.relabelled == ("renamed.png",) and changes.moved == (("twin.png", "", "val"),)
    assert changes.classes_added == ("y",) and not changes.is_same
    assert compare_versions(before, before).is_same


def test_the_order_of_objects_makes_no_difference() -> None:
    rows = [("a", b"12"), ("b", b"3"), ("a", b"1")]
    assert labels_digest(rows) == labels_digest(rows[::-1]) != labels_digest([("a", b"123"), ("b", b"1"), ("a", b"")])


@pytest.mark.parametrize(
    "change",
    [
        {"pictures": [{"file": "../x", "sha256": A, "labels_sha256": B, "objects": 1}]},
        {"pictures": [{"file": "/x", "sha256": A, "labels_sha256": B, "objects": 1}]},
        {"pictures": [{"file": "x", "sha256": "short", "labels_sha256": B, "objects": 1}]},
        {"pictures": [{"file": "x", "sha256": A, "labels_sha256": B, "objects": -1}]},
        {"format": 2},
        {"unknown": 1},
    ],
)
def test_hostile_and_newer_files_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = version(picture()).write(tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")
    with pytest.raises(DatasetNotReadable, match="no frozen version"):
        read_version(tmp_path)
    for text in ("{", "[]", "\x00"):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DatasetNotReadable):
            read_version(tmp_path)

"""Small projects for tests, and a fingerprint of everything that a person can see in one."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from uuid import UUID

import numpy as np

from cellwright.annotation import AnnotatedObject, Geometry, ObjectState
from cellwright.core import Objects
from cellwright.project import Project

CLASSES = [("NEU", "NEU", "#0072B2", "1"), ("EOS", "EOS", "#D55E00", "2")]
PERSON = "person:A."


def project_in(folder: Path) -> Project:
    """A project with one picture (1) and two classes (1, 2)."""
    picture = folder / "blood.png"
    picture.write_bytes(b"the bytes of a picture")
    project = Project.create(folder / "p")
    project.add_pictures([picture], "A.")
    project.add_classes(CLASSES, "A.")
    return project


def state(y: float = 10, x: float = 20, class_id: int = 1, score: float | None = None) -> ObjectState:
    return ObjectState(Geometry.of_box(y, x, y + 8, x + 6), class_id, score, PERSON)


def table(n: int, seed: int = 0, reach: float = 1000) -> Objects:
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, reach, (n, 2))
    return Objects(
        np.frombuffer(rng.bytes(16 * n), "V16"),
        np.concatenate([corner, corner + rng.uniform(1, 30, (n, 2))], 1).astype(np.float32),
        rng.integers(0, 2, n).astype(np.int16),
        rng.random(n).astype(np.float32),
        ("NEU", "EOS"),
        "model:blood@0123456789ab",
    )


def uuids(objects: Objects) -> list[UUID]:
    return [UUID(bytes=each.tobytes()) for each in objects.ids]


def seen(project: Project, picture: int = 1) -> dict[UUID, AnnotatedObject]:
    return {each.id: each for each in project.objects_in(picture)}


def everything(project: Project) -> object:
    """All that a person can see: records, and the objects that the tree of boxes knows."""
    found = [seen(project, picture.id) for picture in project.pictures()]
    return project.pictures(), project.classes(), project.models(), project.runs(), found


def rows(folder: Path, question: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(folder / "project.sqlite") as connection:
        answer = connection.execute(question).fetchall()
    connection.close()
    return answer

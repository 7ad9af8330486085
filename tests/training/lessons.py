"""Small lessons and projects drawn for tests: discs on a grey ground, every pixel of them known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from cellwright.annotation import AnnotatedObject, Geometry, ObjectState, Status, added
from cellwright.core import Masks
from cellwright.project import Project
from cellwright.shapes import masks_from_labels
from cellwright.training.lesson import Lesson, LessonPicture


def draw_discs(path: Path, seed: int, side: int = 128, count: int = 9) -> Masks:
    """Write a picture of discs and return their pixels."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((side, side), np.int32)
    y, x = np.mgrid[:side, :side]
    step = side // 3
    for number in range(count):
        cy, cx = (np.array(divmod(number, 3)) + 0.5) * step + rng.uniform(-4, 4, 2)
        labels[(y - cy) ** 2 + (x - cx) ** 2 < rng.uniform(9, 13) ** 2] = number + 1
    grey = np.where(labels > 0, 200, 40) + rng.normal(0, 6, labels.shape)
    Image.fromarray(np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, 2)).save(path)
    return masks_from_labels(labels)[0]


def disc_picture(path: Path, seed: int, *, has_masks: bool = True, classes: int = 1) -> LessonPicture:
    """Draw a picture and say what is on it."""
    masks = draw_discs(path, seed)
    kinds = np.arange(len(masks), dtype=np.int64) % classes
    return LessonPicture(path, f"{seed:064x}", (128, 128), masks.boxes(), kinds, masks if has_masks else None)


def disc_lesson(
    folder: Path, classes: tuple[str, ...], taught: int = 3, held_out: int = 3, *, has_masks: bool = True
) -> Lesson:
    """Draw pictures into a folder and make a lesson of them."""
    folder.mkdir(parents=True, exist_ok=True)
    every = [
        disc_picture(folder / f"{seed}.png", seed, has_masks=has_masks, classes=len(classes))
        for seed in range(taught + held_out)
    ]
    return Lesson(classes, tuple(every[:taught]), tuple(every[taught:]))


def disc_project(folder: Path, pictures: int = 4, name: str = "nucleus", *, is_reviewed: bool = True) -> Path:
    """Make a project of drawn pictures whose discs somebody accepted, and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{seed}.png" for seed in range(pictures)]
    drawn = [draw_discs(path, seed) for seed, path in enumerate(paths)]
    with Project.create(folder / "project") as project:
        (kind,) = project.add_classes([(name, name.capitalize(), "#0072B2", "1")], "tester")
        for record, masks in zip(project.add_pictures(paths, "tester"), drawn, strict=True):
            project.apply(added(record.id, states_of(masks, kind.id)), "tester")
            if is_reviewed:
                from cellwright.core import Box

                project.mark_reviewed(record.id, Box(0, 0, 128, 128), "tester")
    return folder / "project"


def states_of(masks: Masks, class_id: int, status: Status = Status.ACCEPTED) -> list[ObjectState]:
    """Return masks as objects that a person drew."""
    return [
        ObjectState(Geometry.of_mask(masks, row), class_id, None, "person:tester", status) for row in range(len(masks))
    ]


__all__ = ["AnnotatedObject", "disc_lesson", "disc_picture", "disc_project", "draw_discs", "states_of"]

"""`Lesson`: what a training is taught from a project, frozen on disk before it begins, so that resuming repeats it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import DatasetNotReadable, Masks
from cellwright.core.atomic import replacing
from cellwright.shapes import labels_from_masks
from cellwright.training.crops import UNKNOWN

_WORDS, _SHAPES = "lesson.json", "lesson.npz"


@dataclass(frozen=True, slots=True, eq=False)
class LessonPicture:
    """A picture and what people say is on it.

    Parameters
    ----------
    path : Path
        Where the file lies.
    sha256 : str
        Of its bytes; empty where nobody took it.
    shape : (int, int)
        Rows and columns.
    boxes : (N, 4) ndarray of float32
        y0, x0, y1, x1 in level-0 pixels.
    kinds : (N,) ndarray of int64
        Index into the classes of the lesson.
    masks : Masks or None
        The pixels of the objects; None where only boxes are known.
    known : (K, 4) ndarray of float32 or None
        y0, x0, y1, x1 of the parts that somebody looked at in full; they may overlap. None for the whole picture.
    group : str
        What must stay on one side of the split: the slide or the folder.
    """

    path: Path
    sha256: str
    shape: tuple[int, int]
    boxes: NDArray[np.float32]
    kinds: NDArray[np.int64]
    masks: Masks | None = None
    known: NDArray[np.float32] | None = None
    group: str = ""

    def __len__(self) -> int:
        return len(self.kinds)

    def seen(self) -> NDArray[np.bool_]:
        """Return where somebody looked, (H, W) bool; the objects' own pixels are not added."""
        if self.known is None:
            return np.ones(self.shape, np.bool_)
        seen = np.zeros(self.shape, np.bool_)
        for y0, x0, y1, x1 in self.known.round().astype(int).clip(0):
            seen[y0:y1, x0:x1] = True
        return seen

    def labels(self, *, by_class: bool = False) -> NDArray[np.int32]:
        """Return what each pixel is, (H, W) int32.

        Parameters
        ----------
        by_class : bool
            Whether pixels are numbered by class + 1, or by row + 1.

        Raises
        ------
        DatasetNotReadable
            If only boxes are known.
        """
        if self.masks is None:
            raise DatasetNotReadable(f"{self.path} has boxes but no outlines; this model learns from outlines.")
        values = self.kinds + 1 if by_class else None
        labels = labels_from_masks(self.masks, self.shape, values=values).astype(np.int32)
        if self.known is not None:
            labels[~self.seen() & (labels == 0)] = UNKNOWN
        return labels


@dataclass(frozen=True, slots=True)
class ClassLook:
    """How a class that the model lacks is shown: its name, its title and its colour ``#RRGGBB``."""

    name: str
    title: str
    colour: str


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """Pictures to learn from and pictures to be judged on.

    Parameters
    ----------
    classes : tuple of str
        What `LessonPicture.kinds` points into: those of the model, then the new ones.
    taught, held_out : tuple of LessonPicture
        To learn from; to be judged on, never to learn from or to choose anything by.
    journal_entry : int
        The latest entry of the project's journal that is in it; 0 where there is no project.
    looks : tuple of ClassLook
        How classes that the model lacks are shown.
    """

    classes: tuple[str, ...]
    taught: tuple[LessonPicture, ...]
    held_out: tuple[LessonPicture, ...] = ()
    journal_entry: int = 0
    looks: tuple[ClassLook, ...] = ()

    @property
    def objects(self) -> int:
        """How many objects there are to learn from."""
        return sum(len(picture) for picture in self.taught)

    @property
    def objects_by_class(self) -> dict[str, int]:
        """How many objects of each class there are to learn from."""
        kinds = np.concatenate([np.empty(0, np.int64), *(picture.kinds for picture in self.taught)])
        return dict(zip(self.classes, np.bincount(kinds, minlength=len(self.classes)).tolist(), strict=True))

    @property
    def digest(self) -> str:
        """SHA-256 of everything that is learned from, in hexadecimal; the same lesson has the same on any machine."""
        digest = hashlib.sha256(json.dumps(self.classes).encode())
        for picture in sorted(self.taught, key=lambda each: (each.sha256, str(each.path.name))):
            digest.update(json.dumps([picture.sha256, picture.shape]).encode())
            parts = [picture.boxes, picture.kinds]
            if picture.masks is not None:
                parts += [picture.masks.starts, picture.masks.spans]
            parts += [] if picture.known is None else [picture.known]
            for part in parts:
                digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()

    def save(self, folder: Path) -> None:
        """Write the lesson into a folder: words as JSON, outlines as numpy arrays; pictures by reference."""
        every = [(picture, False) for picture in self.taught] + [(picture, True) for picture in self.held_out]
        shapes: dict[str, NDArray[Any]] = {}
        for number, (picture, _) in enumerate(every):
            if picture.masks is not None:
                shapes |= {f"starts_{number}": picture.masks.starts, f"spans_{number}": picture.masks.spans}
        words = {
            "format": 1,
            "classes": self.classes,
            "journal_entry": self.journal_entry,
            "looks": [[look.name, look.title, look.colour] for look in self.looks],
            "pictures": [_words(picture) | {"held_out": held_out} for picture, held_out in every],
        }
        with replacing(folder / _SHAPES) as part, part.open("wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, **shapes)
        with replacing(folder / _WORDS) as part:
            part.write_text(json.dumps(words, indent=1) + "\n", encoding="utf-8")

    @staticmethod
    def load(folder: Path) -> Lesson:
        """Read a lesson back.

        Raises
        ------
        DatasetNotReadable
            If it is not there or damaged.
        """
        try:
            words = json.loads((folder / _WORDS).read_text(encoding="utf-8"))
            with np.load(folder / _SHAPES, allow_pickle=False) as shapes:
                every = [_picture(row, number, shapes) for number, row in enumerate(words["pictures"])]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DatasetNotReadable(
                f"The lesson in {folder} cannot be read: {error}. Begin the training anew."
            ) from error
        held = [bool(row["held_out"]) for row in words["pictures"]]
        return Lesson(
            tuple(words["classes"]),
            tuple(picture for picture, is_held in zip(every, held, strict=True) if not is_held),
            tuple(picture for picture, is_held in zip(every, held, strict=True) if is_held),
            int(words["journal_entry"]),
            tuple(ClassLook(*look) for look in words["looks"]),
        )

    def shuffled(self, seed: int) -> Lesson:
        """Return the lesson with its annotations exchanged among its pictures and turned: what teaches nothing true.

        For tests of the gate: what was learned from it must be refused.
        """
        rng = np.random.default_rng(seed)
        order = np.roll(np.arange(len(self.taught)), 1 + int(rng.integers(max(1, len(self.taught) - 1))))
        taught = tuple(
            _moved(picture, self.taught[int(other)], rng) for picture, other in zip(self.taught, order, strict=True)
        )
        return replace(self, taught=taught)


def _moved(picture: LessonPicture, other: LessonPicture, rng: np.random.Generator) -> LessonPicture:
    """Give a picture the objects of another one, shifted by chance, cut off at its edges, of shuffled classes."""
    from cellwright.core import Box

    h, w = picture.shape
    dy, dx = int(rng.integers(-h // 2, h // 2)), int(rng.integers(-w // 2, w // 2))
    boxes = (other.boxes + np.array([dy, dx, dy, dx], np.float32)).clip(0, np.array([h, w, h, w], np.float32))
    masks = None if other.masks is None else other.masks.shifted(dy, dx).clipped(Box(0, 0, h, w))
    rows = np.flatnonzero(((boxes[:, 2:] - boxes[:, :2]) >= 2).all(1) & (masks.counts > 0 if masks else True))
    return replace(
        picture,
        boxes=boxes[rows].astype(np.float32),
        kinds=rng.permutation(other.kinds[rows]),
        masks=None if masks is None else masks.take(rows),
        known=None,
    )


def _words(picture: LessonPicture) -> dict[str, Any]:
    return {
        "path": str(picture.path),
        "sha256": picture.sha256,
        "shape": list(picture.shape),
        "group": picture.group,
        "boxes": picture.boxes.tolist(),
        "kinds": picture.kinds.tolist(),
        "known": None if picture.known is None else picture.known.tolist(),
    }


def _picture(row: dict[str, Any], number: int, shapes: Any) -> LessonPicture:
    masks = None
    if f"starts_{number}" in shapes:
        masks = Masks(shapes[f"starts_{number}"], shapes[f"spans_{number}"])
    height, width = row["shape"]
    return LessonPicture(
        Path(row["path"]),
        str(row["sha256"]),
        (int(height), int(width)),
        np.asarray(row["boxes"], np.float32).reshape(-1, 4),
        np.asarray(row["kinds"], np.int64),
        masks,
        None if row["known"] is None else np.asarray(row["known"], np.float32).reshape(-1, 4),
        str(row["group"]),
    )

"""`PreviewDataset`: what a network will be shown: pictures prepared, and changed by chance as training changes them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Objects
from cellwright.datasets import Augmentation, LabelledPicture, LabelledSet, Piece, Preparation
from cellwright.jobs import Progress
from cellwright.workflows.dataset_augment import changed_copies, copied_pixels
from cellwright.workflows.dataset_export import objects_of, prepared_objects, whole_picture
from cellwright.workflows.dataset_source import read_source

_COLOURS = ((0, 114, 178), (213, 94, 0), (230, 159, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (240, 228, 66))
_MOST = 64
_GAP = 4


@dataclass(frozen=True, slots=True, eq=False)
class PreviewTile:
    """One picture as a network will see it.

    Parameters
    ----------
    name : str
        Of the picture it was made from.
    rgb : (H, W, 3) ndarray of uint8
        Its pixels.
    objects : Objects
        What is drawn on it.
    """

    name: str
    rgb: NDArray[np.uint8]
    objects: Objects


@dataclass(frozen=True, slots=True)
class PreviewDataset:
    """Make a few pictures as training would; an `Operation` whose result is a tuple of `PreviewTile`.

    Parameters
    ----------
    data : Path
        A project, or what `read_dataset` reads.
    preparation : Preparation
        What is done to every picture.
    recipe : Path or None
        A recipe whose augmentation is applied after it, boxes alone; None applies none.
    count : int
        How many, 1 … 64; spread over the set.
    seed : int
        Of chance: the same seed gives the same pictures.
    format, split : str
        As in `read_dataset`.
    augmentation : Augmentation
        Where it makes copies, each picture is shown as its first copy, whatever its split; and no recipe is applied.
    """

    data: Path
    preparation: Preparation = field(default_factory=Preparation)
    recipe: Path | None = None
    count: int = 12
    seed: int = 0
    format: str = "auto"
    split: str | None = None
    augmentation: Augmentation = field(default_factory=Augmentation)

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Preview {self.data.name}"

    def run(self) -> Generator[Progress, None, tuple[PreviewTile, ...]]:
        """Read the labels, then make picture after picture.

        Raises
        ------
        DatasetNotReadable, ProjectNotReadable
            If the set cannot be read.
        BadParameter
            If the recipe cannot be read, or no or too many pictures are asked for.
        SlideNotReadable
            If a picture cannot be read.
        """
        if not 1 <= self.count <= _MOST:
            raise BadParameter(f"A preview shows 1 to {_MOST} pictures, not {self.count}.")
        yield Progress(0, 0, "Reading labels")
        labelled, _ = read_source(self.data, self.format, self.split)
        rng = np.random.default_rng(self.seed)
        chosen = rng.permutation(len(labelled))[: self.count]
        made: list[PreviewTile] = []
        for number, index in enumerate(chosen.tolist()):
            yield Progress(number, len(chosen), labelled[index].path.name)
            made.append(self._prepared(labelled, index, rng))
        if self.recipe is not None and not self.augmentation.copies:
            yield Progress(len(chosen), len(chosen), "Augmenting")
            return tuple(augmented(made, self.recipe, self.count, rng))
        return tuple(made)

    def _prepared(self, labelled: LabelledSet, index: int, rng: np.random.Generator) -> PreviewTile:
        picture = labelled[index]
        pieces = list(self.preparation.pieces(picture.size))
        piece = pieces[int(rng.integers(len(pieces)))]
        objects = prepared_objects(objects_of(picture, labelled.classes), piece, self.preparation)
        if self.augmentation.copies:
            return self._copied(picture, piece, objects)
        pixels = piece.pixels(whole_picture(picture.ref), is_grey=self.preparation.is_grey)
        return PreviewTile(f"{picture.stem}{piece.name}", pixels, objects)

    def _copied(self, picture: LabelledPicture, piece: Piece, objects: Objects) -> PreviewTile:
        asked = replace(self.augmentation, copies=1, split=picture.split)
        (copy,) = changed_copies(picture, piece, objects, self.preparation, asked)
        return PreviewTile(copy.file_name, copied_pixels(picture, piece, self.preparation, asked, 0), copy.objects)


def augmented(pictures: Sequence[PreviewTile], recipe: Path, count: int, rng: np.random.Generator) -> list[PreviewTile]:
    """Return samples as the first phase of a recipe makes them of pictures with boxes.

    Raises
    ------
    BadParameter
        If the recipe cannot be read.
    """
    from cellwright.training.recipe_preview import BoxedPixels, augmented_boxes

    plain = [BoxedPixels(each.rgb, each.objects.boxes, each.objects.class_index) for each in pictures]
    sources = itertools.cycle(pictures)
    return [
        PreviewTile(source.name, made.rgb, _boxed(made.boxes, made.class_index, source.objects.classes))
        for made, source in zip(augmented_boxes(plain, recipe, count, rng), sources, strict=False)
    ]


def _boxed(boxes: NDArray[np.float32], kinds: NDArray[np.int16], classes: tuple[str, ...]) -> Objects:
    ids = np.frombuffer(np.arange(2 * len(boxes), dtype=np.uint64).tobytes(), "V16")
    return Objects(ids, boxes, kinds, np.ones(len(boxes), np.float32), classes)


def drawn(tile: PreviewTile, side: int) -> NDArray[np.uint8]:
    """Return a tile made to fit a square, boxes or outlines drawn in the colours of their classes.

    Parameters
    ----------
    tile : PreviewTile
        What to draw.
    side : int
        Of the square, in pixels.

    Returns
    -------
    (side, side, 3) ndarray of uint8
        On white.
    """
    from PIL import Image, ImageDraw

    height, width = tile.rgb.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    picture = Image.fromarray(tile.rgb).resize(size, Image.Resampling.BILINEAR)
    pen = ImageDraw.Draw(picture)
    kinds = tile.objects.class_index.tolist()
    if tile.objects.masks is None:
        for (y0, x0, y1, x1), kind in zip((tile.objects.boxes * scale).tolist(), kinds, strict=True):
            pen.rectangle((x0, y0, max(x0, x1 - 1), max(y0, y1 - 1)), outline=_COLOURS[kind % len(_COLOURS)])
    else:
        from cellwright.shapes import contours

        rings = contours(tile.objects.masks)
        for number, owner in enumerate(rings.object_of_ring.tolist()):
            points = [(x * scale, y * scale) for y, x in rings.ring(number).tolist()]
            pen.line([*points, points[0]], fill=_COLOURS[kinds[owner] % len(_COLOURS)])
    canvas = Image.new("RGB", (side, side), "white")
    canvas.paste(picture, ((side - size[0]) // 2, (side - size[1]) // 2))
    return np.asarray(canvas)


def contact_sheet(tiles: Sequence[PreviewTile], side: int = 240) -> NDArray[np.uint8]:
    """Return tiles side by side on white, (H, W, 3) uint8."""
    columns = math.ceil(math.sqrt(len(tiles)))
    rows = math.ceil(len(tiles) / columns)
    step = side + _GAP
    sheet = np.full((rows * step - _GAP, columns * step - _GAP, 3), 255, np.uint8)
    for number, tile in enumerate(tiles):
        y, x = number // columns * step, number % columns * step
        sheet[y : y + side, x : x + side] = drawn(tile, side)
    return sheet

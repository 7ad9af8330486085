"""An oracle for drawn slides: a model whose network reads from the pixels which tile it sees, and answers the truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box
from cellwright.inference import Predictor
from cellwright.testing.known_cells import KnownCells
from cellwright.testing.placecode import place_of
from cellwright.testing.smear import CLASSES
from cellwright.zoo import InputContract, ModelCard, ObjectClass, Thresholds

_FILL = 114
_SCORE = 0.9
_COLOURS = ("#0072B2", "#D55E00", "#E69F00")


@dataclass(frozen=True, slots=True)
class OracleModel:
    """A model that knows a slide: it travels to other processes and is opened there.

    Parameters
    ----------
    cells : KnownCells
        What it knows.
    tile_px, halo_px : int
        What its card asks for.
    batch : int
        Tiles that it is given at once.
    """

    cells: KnownCells
    tile_px: int = 512
    halo_px: int = 64
    batch: int = 4

    @property
    def card(self) -> ModelCard:
        """Its card: classes of the drawn smear, tiles at full resolution."""
        return ModelCard(
            name="oracle",
            title="Oracle",
            architecture={"kind": "oracle", "seed": self.cells.seed},
            input=InputContract(tile_px=self.tile_px, halo_px=self.halo_px, stride=16, fit=False),
            classes=tuple(
                ObjectClass(name=name, title=name, colour=colour, badge=name[0])
                for name, colour in zip(CLASSES, _COLOURS, strict=True)
            ),
            thresholds=Thresholds(confidence=dict.fromkeys(CLASSES, 0.5), floor=0.3),
        )

    def open(self, device: str = "auto") -> Predictor:
        """Return it ready to answer, on any device alike."""
        del device
        return Predictor(Path("oracle"), self.card, OracleEngine(self.cells, self.batch))


class OracleEngine:
    """An `Engine` that answers with every cell of which the tile shows at least half, as much as it shows.

    Parameters
    ----------
    cells : KnownCells
        The truth.
    batch : int
        Tiles that it is given at once.
    """

    name, device, notes = "oracle", "cpu", ()

    def __init__(self, cells: KnownCells, batch: int = 4) -> None:
        self.cells, self.batch = cells, batch

    def run(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, H, W, 3) → (N, A, 4 + C): y0, x0, y1, x1 in pixels of the tile, and a probability a class."""
        answers = [self._answer(image) for image in images]
        longest = max(len(answer) for answer in answers)
        return np.stack([np.pad(answer, ((0, longest - len(answer)), (0, 0))) for answer in answers])

    def close(self) -> None:
        """Nothing to give back."""

    def _answer(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        height, width = _content(image)
        y, x = place_of(image[:height, :width])
        tile = Box(y, x, y + height, x + width)
        found = self.cells.placed(tile)
        whole = np.clip(found.boxes, 0, [*self.cells.shape, *self.cells.shape])
        seen = np.clip(whole, [y, x, y, x], [y + height, x + width] * 2)
        rows = _area(seen) * 2 >= _area(whole)
        answer = np.zeros((int(rows.sum()), 4 + len(CLASSES)), np.float32)
        answer[:, :4] = seen[rows] - [y, x, y, x]
        answer[np.arange(len(answer)), 4 + found.class_index[rows]] = _SCORE
        return answer


def _area(boxes: NDArray[np.int64]) -> NDArray[np.int64]:
    size: NDArray[np.int64] = (boxes[:, 2:] - boxes[:, :2]).clip(0).prod(1)
    return size


def _content(image: NDArray[np.uint8]) -> tuple[int, int]:
    """Return rows and columns of what was read, without what was added to reach the network's size."""
    rows = np.flatnonzero((image != _FILL).any((1, 2)))
    columns = np.flatnonzero((image[0] != _FILL).any(1))
    return (int(rows[-1]) + 1 if len(rows) else 0), (int(columns[-1]) + 1 if len(columns) else 0)

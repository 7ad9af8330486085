"""Where on the pictures the objects of a set lie: a map that shows labels which stop at an edge or crowd a corner."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.datasets.labelled import LabelledSet


def heat_map(labelled: LabelledSet, class_index: int | None = None, cells: int = 24) -> NDArray[np.int64]:
    """Count the middles of boxes in a grid over the pictures, each stretched to the same square.

    Parameters
    ----------
    labelled : LabelledSet
        Whose boxes; ignored ones count.
    class_index : int, optional
        Only boxes of this class.
    cells : int
        Rows and columns of the grid.

    Returns
    -------
    (cells, cells) ndarray of int64
        Row 0 is the top of the pictures.
    """
    counts = np.zeros((cells, cells), np.int64)
    for picture in labelled:
        rows = slice(None) if class_index is None else picture.class_index == class_index
        middles = (picture.boxes[rows, :2] + picture.boxes[rows, 2:]).astype(np.float64) / 2
        place = np.minimum((middles / picture.size * cells).astype(np.intp), cells - 1)
        np.add.at(counts, (place[:, 0], place[:, 1]), 1)
    return counts

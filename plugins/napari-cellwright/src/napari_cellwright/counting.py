"""`count`: how many objects of each class a layer holds, how sure that is, and how many on a square millimetre."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from cellwright.core import BadParameter
from cellwright.workflows import CountRow, CountTable, count_table
from napari_cellwright.layer_objects import kept_of, objects_of
from napari_cellwright.placing import Plane, pixel_size_of

if TYPE_CHECKING:
    import napari.layers
    import pandas as pd


def count(
    objects: napari.layers.Layer,
    level: Annotated[float, {"min": 0.5, "max": 0.999, "step": 0.01}] = 0.95,
    plane: Plane = (),
) -> pd.DataFrame:
    """Count the objects of a layer as they stand now, class by class.

    Parameters
    ----------
    objects : napari.layers.Labels, Shapes or Points
        Made by Cellwright, by hand or by another plugin.
    level : float
        Probability that an interval covers.
    plane : tuple of int
        Index along each axis before rows and columns; empty for the first.

    Returns
    -------
    DataFrame
        A row a class and one for all: count with its exact Poisson interval, share with its exact binomial interval,
        and, where area and pixel size are known, cells on a square millimetre. ``attrs["coverage"]`` says what was
        left out of the analysis.

    Raises
    ------
    BadParameter
        If the layer holds no objects.
    """
    if not 0.0 < level < 1.0:
        raise BadParameter(f"level={level:g} must lie between 0 and 1, such as 0.95.")
    found, _ = objects_of(objects, plane)
    kept = kept_of(objects)
    if kept is not None and found.classes == kept.analysis.card.class_names:
        table = count_table(kept.analysis.with_objects(found), 0.0, level=level)
    else:
        table = count_table(found, area_mm2=_area_mm2(objects), level=level)
    return _frame(table)


def _area_mm2(layer: napari.layers.Layer) -> float | None:
    """Return the area of a label picture; nobody knows how large the picture under shapes and points is."""
    size = pixel_size_of(layer)
    if size is None or layer.__class__.__name__ != "Labels":
        return None
    rows, columns = (layer.data[0] if layer.multiscale else layer.data).shape[-2:]
    return int(rows) * int(columns) * size.area_um2 / 1e6


def _frame(table: CountTable) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame([_row(each) for each in (*table.rows, table.total)])
    frame.attrs |= {"level": table.level, "coverage": table.note, "complete": table.is_complete}
    return frame


def _row(row: CountRow) -> dict[str, Any]:
    share, density = row.share_interval, row.per_mm2_interval
    return {
        "class": row.title,
        "count": row.count,
        "count_low": row.count_interval.low,
        "count_high": row.count_interval.high,
        "share_percent": np.nan if row.share is None else 100 * row.share,
        "share_low_percent": np.nan if share is None else 100 * share.low,
        "share_high_percent": np.nan if share is None else 100 * share.high,
        "per_mm2": np.nan if row.per_mm2 is None else row.per_mm2,
        "per_mm2_low": np.nan if density is None else density.low,
        "per_mm2_high": np.nan if density is None else density.high,
    }

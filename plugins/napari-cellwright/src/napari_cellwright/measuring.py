"""`measure`: the objects of a layer measured on a picture, as columns of the layer's features."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter
from cellwright.jobs import Progress, run_inline
from cellwright.workflows import Analysis, PictureInfo
from cellwright.workflows.measuring import DEFAULT_COLUMNS, MeasureAnalyses
from napari_cellwright.layer_objects import analysis_of
from napari_cellwright.placing import Pictured, Plane, picture_of

if TYPE_CHECKING:
    import napari.layers
    import pandas as pd


def set_names(*_: object) -> list[str]:
    """Return the names of the sets of measurements, our own and those of plugins."""
    from cellwright.measure.sets import MEASUREMENTS

    return list(MEASUREMENTS)


@dataclass(frozen=True, slots=True, eq=False)
class MeasureLayer:
    """The work of `measure`: an operation whose result is a table with a row for each object of the layer.

    Parameters
    ----------
    analysis : Analysis
        The layer's objects and the picture they are measured on.
    values : (N,) ndarray of int
        The label or row of each.
    columns : tuple of str
        What is measured.
    """

    analysis: Analysis
    values: NDArray[np.integer]
    columns: tuple[str, ...]

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Measure {self.analysis.picture.name}"

    def run(self) -> Generator[Progress, None, pd.DataFrame]:
        """Measure some objects at a time.

        Raises
        ------
        SlideNotReadable
            If the picture cannot be read.
        UnknownName
            If nothing is called as one of `columns`.
        """
        import pandas as pd

        table = yield from MeasureAnalyses((self.analysis,), self.columns, thresholds=0.0).run()
        frame = pd.DataFrame({column.name: column.values for column in table.columns if column.name != "picture"})
        frame.attrs["units"] = {column.name: column.unit for column in table.columns if column.unit}
        frame.insert(0, "index", self.values)
        return frame


def measuring_work(
    objects: napari.layers.Layer,
    image: napari.layers.Image,
    columns: tuple[str, ...] | list[str] = DEFAULT_COLUMNS,
    every_channel: bool = True,
    plane: Plane = (),
) -> MeasureLayer:
    """Return the work of `measure` without doing it; to be called on the viewer's thread, and run on any other."""
    pictured = picture_of(image, plane, every_channel=every_channel)
    analysis, values = analysis_of(objects, _info(pictured), plane)
    if not len(analysis.objects):
        raise BadParameter(f"{objects.name} holds no objects to measure; analyze a picture or draw some first.")
    return MeasureLayer(analysis, values, tuple(columns))


def measure(
    objects: napari.layers.Layer,
    image: napari.layers.Image,
    columns: Annotated[list[str], {"choices": set_names, "widget_type": "Select"}] = list(DEFAULT_COLUMNS),  # noqa: B006
    every_channel: bool = True,
    plane: Plane = (),
    *,
    on_progress: Callable[[Progress], None] | None = None,
) -> pd.DataFrame:
    """Measure the objects of a layer and put the numbers into its features.

    Parameters
    ----------
    objects : napari.layers.Labels or Shapes
        Made by Cellwright, by hand or by another plugin.
    image : napari.layers.Image
        Whose values and pixel size are taken.
    columns : list of str
        Sets, names or patterns: ``["geometry", "intensity_mean*"]``; see `set_names`.
    every_channel : bool
        Whether all channels of the file are measured, and not the layer's alone.
    plane : tuple of int
        Index along each axis before rows and columns; empty for the first.
    on_progress : callable, optional
        Called with every report; what it raises stops the work.

    Returns
    -------
    DataFrame
        A row for each object, in the order of the layer; ``attrs["units"]`` names the unit of each column.

    Raises
    ------
    SlideNotReadable, UnknownName, BadParameter
        If the picture cannot be read, nothing is called so, or there is nothing to measure.
    """
    table = run_inline(measuring_work(objects, image, columns, every_channel, plane), on_progress)
    put_into_features(objects, table)
    return table


def put_into_features(layer: napari.layers.Layer, table: pd.DataFrame) -> None:
    """Join what was measured to a layer's features; columns of the same name are replaced."""
    known = layer.features.copy()
    is_labels = layer.__class__.__name__ == "Labels"
    if is_labels:
        own = known.set_index("index") if "index" in known else known.iloc[:0]
        measured = table.set_index("index")
        joined = measured.join(own[[name for name in own if name not in measured]]).reset_index()
    else:
        measured = table.set_index("index").reindex(range(len(known)))
        joined = known.assign(**{str(name): measured[name].to_numpy() for name in measured})
    first = [name for name in ("index", "uuid", "class", "score", "source") if name in joined]
    layer.features = joined[[*first, *(name for name in joined if name not in first)]]


def _info(pictured: Pictured) -> PictureInfo:
    """Return what is known of the picture; the pixel size of the layer comes before that of the file."""
    with pictured.ref.open() as slide:
        size, note = slide.pixel_size, slide.pixel_size_note
        shape, name = slide.shape, slide.name
    if pictured.pixel_size is not None:
        size, note = pictured.pixel_size, "the layer's scale"
    return PictureInfo(pictured.ref, name, shape, size, note, "")

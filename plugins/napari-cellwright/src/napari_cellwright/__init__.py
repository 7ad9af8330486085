"""Cellwright in napari: pictures in, cells found, measured and counted, results out. Knows no Qt.

`analyze`, `measure` and `count` are plain functions of layers, which the forms in napari's menu call too; `as_layer`
makes a layer of an answer.
"""

from napari_cellwright.analyzing import analyze
from napari_cellwright.counting import count
from napari_cellwright.measuring import measure
from napari_cellwright.object_layers import as_layer

__all__ = ["analyze", "as_layer", "count", "measure"]
__version__ = "0.1.0"

"""The picture and what is drawn over it; the only part of the program that knows napari and vispy."""

from cellwright.ui.canvas.options import CanvasOptions, ShownObjects
from cellwright.ui.canvas.view import PictureCanvas, import_viewer

__all__ = ["CanvasOptions", "PictureCanvas", "ShownObjects", "import_viewer"]

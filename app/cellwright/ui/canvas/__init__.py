"""The picture and what is drawn over it; the only part of the program that knows napari and vispy."""

from cellwright.ui.canvas.gestures import Tool
from cellwright.ui.canvas.handles import Editable
from cellwright.ui.canvas.options import CanvasOptions, ShownObjects
from cellwright.ui.canvas.tools import Brush
from cellwright.ui.canvas.view import PictureCanvas, import_viewer

__all__ = ["Brush", "CanvasOptions", "Editable", "PictureCanvas", "ShownObjects", "Tool", "import_viewer"]

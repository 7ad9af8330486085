"""The window: shows a session, lets a person edit it, hands long work to jobs. Loads neither torch nor napari."""

from cellwright.ui.app import main
from cellwright.ui.lasting import keep_for_good
from cellwright.ui.main_window import MainWindow
from cellwright.ui.state.picture import Picture, PictureState
from cellwright.ui.state.session import Session

__all__ = ["MainWindow", "Picture", "PictureState", "Session", "main"]

keep_for_good()

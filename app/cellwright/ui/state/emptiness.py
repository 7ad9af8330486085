"""Why a table or a panel of numbers is empty, in a sentence that says what comes next."""

from __future__ import annotations

from cellwright.core import Objects
from cellwright.ui.state.picture import Picture, PictureState


def why_empty(picture: Picture | None) -> str:
    """Return why nothing is known of the cells of a picture, or where there is none."""
    if picture is None:
        return "Open a picture, and its cells appear here."
    if picture.is_unreadable:
        return "The file could not be read; the reason stands above."
    if picture.state is PictureState.FAILED:
        return picture.problem
    if picture.state.is_busy:
        return "Cells appear here as they are found."
    if picture.is_being_read:
        return "Its cells are being read from the project."
    return "Not analyzed yet."


def nothing_shown(picture: Picture, objects: Objects) -> str:
    """Return why none of the cells of a picture is shown."""
    if picture.state.is_busy:
        return "Cells appear here as they are found."
    if not len(objects):
        return "Nothing was found on this picture."
    return "Nothing is sure enough to be shown: lower the confidence, or tick a class under Counts."

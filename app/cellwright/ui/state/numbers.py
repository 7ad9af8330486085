"""The numbers of a picture as they stand now: at the present thresholds, with the pixel size that holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellwright.ui.state.picture import Picture
from cellwright.ui.state.session import Session

if TYPE_CHECKING:
    from cellwright.workflows import Analysis, AreaTable, CountTable


def now_of(picture: Picture, analysis: Analysis) -> Analysis:
    """Return an analysis of a picture with the pixel size that a person may have entered since."""
    return analysis if picture.user_pixel_size is None else analysis.with_pixel_size(picture.user_pixel_size)


def count_table_of(session: Session, picture: Picture) -> CountTable | None:
    """Return the counts of a picture at the present thresholds; None before anything was found."""
    from cellwright.workflows import count_table

    if picture.objects is None:
        return None
    thresholds = session.thresholds_for(picture)
    if picture.analysis is not None:
        return count_table(now_of(picture, picture.analysis), thresholds)
    titles = {style.name: style.title for style in picture.styles}
    if picture.marks is not None:
        return count_table(picture.objects.take(session.counted(picture)), titles=titles)
    return count_table(picture.objects, thresholds, titles=titles)


def area_table_of(session: Session, picture: Picture) -> AreaTable | None:
    """Return how large each class is, where the model that looked at a picture sorts pixels into classes."""
    from cellwright.workflows import area_table, finds_areas

    if picture.analysis is None or not finds_areas(picture.analysis.card):
        return None
    return area_table(now_of(picture, picture.analysis), session.thresholds_for(picture))

"""What a person says about the size of pixels goes into the project, and comes back when it is opened again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject

from cellwright.core import CellwrightError, PixelSize
from cellwright.imaging import resolved
from cellwright.ui.correcting.belonging import Belonging
from cellwright.ui.correcting.host import Host
from cellwright.ui.correcting.project_link import OpenProject, StillWriting
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.state.picture import Picture


class PixelSizeKeeping(QObject):
    """Keeps the pixel sizes of a session and of its project the same.

    What the project knows holds when it is opened; from then on whoever speaks last: the person here, or another
    window or program that changed the project.

    Parameters
    ----------
    host : Host
        The window.
    belonging : Belonging
        How pictures belong to the project.
    """

    def __init__(self, host: Host, belonging: Belonging, parent: QObject) -> None:
        super().__init__(parent)
        self._host, self._session = host, host.session
        self._link: OpenProject | None = None
        self._agreed: dict[int, PixelSize | None] = {}
        self._session.picture_changed.connect(self._on_picture)
        self._session.pictures_changed.connect(self._bring_all_together)
        belonging.freed.connect(self._bring_all_together)

    def set_link(self, link: OpenProject | None) -> None:
        """Keep them with another project, or with none."""
        self._link = link
        self._agreed.clear()
        if link is not None:
            link.records_changed.connect(self._bring_all_together)
            self._bring_all_together()

    def stop(self) -> None:
        """Follow the session no more, before the window goes."""
        self._session.picture_changed.disconnect(self._on_picture)
        self._session.pictures_changed.disconnect(self._bring_all_together)

    def _bring_all_together(self) -> None:
        if self._link is not None:
            kept = self._link.pixel_sizes()
            for picture in self._session.pictures:
                self._bring_together(self._link, picture, kept)

    def _on_picture(self, picture: Picture) -> None:
        # told often while pictures are analyzed: most of the time nothing was said about pixels
        if self._link is not None and picture.user_pixel_size != self._agreed.get(picture.key):
            self._bring_together(self._link, picture, self._link.pixel_sizes())

    def _bring_together(
        self, link: OpenProject, picture: Picture, all_kept: Mapping[tuple[Path, int], PixelSize | None]
    ) -> None:
        place = resolved(picture.path), picture.series
        if place not in all_kept:
            return  # when it joins, records change
        kept, said = all_kept[place], picture.user_pixel_size
        is_known = picture.key in self._agreed
        if said == kept:
            self._agreed[picture.key] = kept
        elif said == self._agreed[picture.key] if is_known else kept is not None:
            self._agreed[picture.key] = kept
            self._session.set_pixel_size(picture, kept)
        elif not link.is_read_only:
            self._write(link, picture, said)

    def _write(self, link: OpenProject, picture: Picture, said: PixelSize | None) -> None:
        before = dict(self._agreed)
        self._agreed[picture.key] = said  # writing tells everyone, this one too
        try:
            link.set_pixel_size(picture.written, said)
        except StillWriting:
            self._agreed = before  # it is brought along when that is over
        except CellwrightError as error:
            self._agreed = before
            self._host.say(Message(Level.ERROR, str(error)))

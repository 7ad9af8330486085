"""What is drawn on the picture becomes steps of work: each gesture is asked what it means, and that is done."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from cellwright.annotation import (
    AnnotatedObject,
    ClassRecord,
    Edit,
    EditKind,
    GeometryKind,
    Status,
    inside_lasso,
    with_reviews,
)
from cellwright.core import BadParameter, Box, CellwrightError, Masks, Objects
from cellwright.shapes import contours
from cellwright.ui.canvas.gestures import BoxChanged, Clicked, Gesture, Lassoed, PointMoved
from cellwright.ui.correcting.corrections import Corrections
from cellwright.ui.correcting.host import Host
from cellwright.ui.correcting.meaning import edit_of
from cellwright.ui.correcting.pointing import Pointing
from cellwright.ui.correcting.project_link import OpenProject, StillWriting, added
from cellwright.ui.correcting.scene import Scene
from cellwright.ui.correcting.storing import new_classes
from cellwright.ui.correcting.tables import rows_of_ids
from cellwright.ui.correcting.wording import entry_text
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.state.picture import Picture

if TYPE_CHECKING:
    from cellwright.ui.state.loading import LoadedPicture

_USUAL_PX = 32.0
"""Diameter of a cell where none is known yet."""
_FIRST_CLASS = ("cell", "Cell", "#009E73", "1")
_SAID_MS = 5000


class Drawing(QObject):
    """Makes steps of gestures.

    Parameters
    ----------
    host : Host
        The window.
    corrections : Corrections
        Begins each step.
    """

    def __init__(self, host: Host, corrections: Corrections, parent: QObject) -> None:
        super().__init__(parent)
        self._host, self._session = host, host.session
        self._corrections = corrections
        self._pointing = Pointing(host, self)
        self.overwrite = False
        """Whether paint takes pixels from neighbours."""

    def take(self, gesture: Gesture) -> None:
        """Do what a gesture means; where it means nothing, say why."""
        picture = self._session.current
        if picture is None:
            return
        if isinstance(gesture, Lassoed):
            self._select(picture, gesture)
        elif isinstance(gesture, Clicked):
            self._pointing.ask(picture, (gesture.y, gesture.x), partial(self._attempt, picture, gesture))
        else:
            self._attempt(picture, gesture)

    def _attempt(self, picture: Picture, gesture: Gesture, said: Objects | None = None) -> None:
        try:
            self._do(picture, gesture, said)
        except StillWriting as words:
            self._host.status.showMessage(str(words), _SAID_MS)
            self._corrections.wait_for(picture, partial(self._attempt, picture, gesture, said))
        except BadParameter as error:
            # a slip of the hand: a line is enough, nothing has to be closed
            self._host.status.showMessage(str(error), _SAID_MS)
        except CellwrightError as error:
            self._host.say(Message(Level.WARNING, str(error)))
        self._host.update_actions()

    def _do(self, picture: Picture, gesture: Gesture, said: Objects | None) -> None:
        loaded = self._host.opener.loaded_picture(picture)
        if loaded is None:
            raise BadParameter("The picture is not there yet; draw when it is shown.")
        link, number = self._corrections.begin()
        chosen = self._chosen(link, gesture)
        scene = Scene(
            number,
            loaded.shape,
            self._class_of_new(link, chosen),
            link.source,
            chosen,
            partial(link.project.objects_in, number),
            partial(_crop, loaded),
            self._usual_size(picture) if isinstance(gesture, Clicked) else _USUAL_PX,
            self.overwrite,
            partial(_is_hidden, link, self._session.thresholds_for(picture)),
            said,
            {each.name: each.id for each in link.classes},
            bool(self._corrections.new_class),
        )
        edit = edit_of(gesture, scene)
        redrawn = self._redrawn(picture, edit)
        entry = link.apply(with_reviews(edit, link.reviewer()), later=redrawn is not None)
        if redrawn is not None:
            self._show_redrawn(*redrawn)
        else:
            self._select_made(picture, edit)
        self._host.status.showMessage(f"Done: {entry_text(entry)} · Ctrl+Z takes it back", _SAID_MS)

    def _chosen(self, link: OpenProject, gesture: Gesture) -> AnnotatedObject | None:
        name = self._session.selected_id
        if isinstance(gesture, BoxChanged | PointMoved):
            name = gesture.id.bytes
        found = link.objects([name]) if name is not None else []
        return found[0] if found else None

    def _class_of_new(self, link: OpenProject, chosen: AnnotatedObject | None) -> int:
        """Return the class of what is drawn: of the last key pressed, else of the selected cell, else the first."""
        if not link.classes:
            new = new_classes(link.project, self._corrections.styles())
            new = new or [ClassRecord(link.project.next_id(ClassRecord), *_FIRST_CLASS)]
            link.apply(Edit(EditKind.CLASSES, records=tuple(added(each) for each in new)), is_aside=True)
        wanted = next((each for each in link.classes if each.name == self._corrections.new_class), None)
        if wanted is not None:
            return wanted.id
        return chosen.state.class_id if chosen is not None else link.classes[0].id

    def _usual_size(self, picture: Picture) -> float:
        """Return the usual diameter of a cell: as measured, else the middle one of those that count."""
        if picture.object_px is not None:
            return picture.object_px
        if picture.objects is None or not len(picture.objects):
            return _USUAL_PX
        sizes = np.sqrt(picture.objects.sizes[self._session.counted(picture)].prod(axis=1))
        return float(np.median(sizes)) if len(sizes) else _USUAL_PX

    def _redrawn(self, picture: Picture, edit: Edit) -> tuple[int, Masks] | None:
        """Return row and mask where a step gives one outline another shape and changes nothing else that is seen."""
        canvas, objects = self._host.centre.canvas, picture.objects
        if canvas is None or objects is None or objects.masks is None or len(edit.objects) != 1 or edit.records:
            return None
        change = edit.objects[0]
        both = (change.before, change.after)
        if any(each is None or each.geometry.kind is not GeometryKind.MASK for each in both) or change.after is None:
            return None
        if self._session.selected_id == change.id.bytes:
            row = self._session.selected
        else:
            row = int(rows_of_ids(objects.ids, np.frombuffer(change.id.bytes, "V16"))[0])
        if row is None or row < 0 or not objects.masks.counts[row]:
            return None
        return row, change.after.geometry.masks()

    def _show_redrawn(self, row: int, mask: Masks) -> None:
        """Draw one outline anew at once; everything else follows a moment later."""
        canvas = self._host.centre.canvas
        assert canvas is not None
        canvas.change_mask(row, mask)
        if self._session.selected != row:
            self._session.select(row)
        found = contours(mask)
        canvas.set_selected(mask.boxes()[0], tuple(found.ring(k) for k in range(len(found))))

    def _select_made(self, picture: Picture, edit: Edit) -> None:
        """Select what a step made or changed first, so that the next stroke goes on with it."""
        there = [change.id.bytes for change in edit.objects if change.after is not None]
        if picture.objects is None or not there:
            return
        rows = rows_of_ids(picture.objects.ids, np.frombuffer(b"".join(there), "V16"))
        if edit.kind in (EditKind.ADD, EditKind.PAINT, EditKind.SPLIT, EditKind.REVIEW) and len(rows) and rows[0] >= 0:
            self._session.select(int(rows[0]))

    def _select(self, picture: Picture, gesture: Lassoed) -> None:
        objects = picture.objects
        if objects is None:
            return
        shown = self._session.shown(picture)
        rows = shown[inside_lasso(objects.boxes[shown], gesture.points)]
        if gesture.is_adding:
            rows = np.union1d(rows, self._session.selected_rows)
        self._session.select_rows(rows)
        self._host.status.showMessage(f"{len(rows):,} cells selected", _SAID_MS)


def _is_hidden(link: OpenProject, limits: Sequence[float], each: AnnotatedObject) -> bool:
    """Whether nobody has looked at a cell and its score is below what its class needs to be shown."""
    state = each.state
    if state.status is not Status.UNREVIEWED or state.score is None:
        return False
    row = next((at for at, kind in enumerate(link.classes) if kind.id == state.class_id), None)
    return row is not None and row < len(limits) and state.score < limits[row]


def _crop(loaded: LoadedPicture, box: Box) -> NDArray[np.uint8]:
    return loaded.crop(box)

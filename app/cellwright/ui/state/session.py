"""What the window shows and edits: pictures, model, thresholds, what is visible and selected. Knows no Qt."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from cellwright.core import BadParameter, Objects, PixelSize
from cellwright.ui.state.class_style import ClassStyle, styles_of
from cellwright.ui.state.filtered import RowFilter
from cellwright.ui.state.marks import Marks
from cellwright.ui.state.measured import Measured, Taken
from cellwright.ui.state.measured_pictures import MeasuredPictures
from cellwright.ui.state.picture import Picture, PictureState, PlaneResult

if TYPE_CHECKING:
    from cellwright.ui.state.look import Look
    from cellwright.zoo import ModelCard


class Session:
    """The state of one window; every change is announced by a signal on the thread that made it (the window's).

    Attributes
    ----------
    augment : bool
        Whether the next analyses look at turned copies of every picture too, where the model allows it.
    pictures_changed : Signal()
        The list of open pictures is another one.
    picture_changed : Signal(Picture)
        State, size or problem of one picture changed.
    current_changed : Signal(object)
        Another `Picture`, or None, is shown.
    objects_changed : Signal(Picture)
        What was found on a picture changed.
    filter_changed : Signal()
        Thresholds, visible classes or `only` changed.
    selection_changed : Signal()
        Another cell, or none, is selected; or another class is lit up.
    model_changed : Signal()
        Another model is chosen.
    overlap_changed : Signal()
        Another overlap makes two objects one.
    measured_changed : Signal(Picture)
        `measured` of a picture answers otherwise: other objects, another pixel size, or more was measured.
    """

    pictures_changed = Signal()
    picture_changed = Signal(Picture)
    current_changed = Signal(object)
    objects_changed = Signal(Picture)
    filter_changed = Signal()
    selection_changed = Signal()
    model_changed = Signal()
    overlap_changed = Signal()
    measured_changed = Signal(Picture)

    def __init__(self) -> None:
        self._pictures: list[Picture] = []
        self._current: Picture | None = None
        self._thresholds: dict[str, float] = {}
        self._overlap = 0.5
        self.augment = False
        self._hidden: set[str] = set()
        self._lit: str | None = None
        self._selected: int | None = None
        self._chosen: NDArray[np.intp] = np.zeros(0, np.intp)
        self._card: ModelCard | None = None
        self._model_folder: Path | None = None
        self._classifier: tuple[Path, ModelCard] | None = None
        self._card_in_use: ModelCard | None = None
        self._measured = MeasuredPictures()
        self._only = RowFilter()
        self.picture_changed.connect(self._follow_measured)

    # ---- pictures

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Open pictures in the order of the list."""
        return tuple(self._pictures)

    @property
    def current(self) -> Picture | None:
        """The picture that is shown."""
        return self._current

    def add(self, paths: Iterable[Path], series: int = 0, title: str = "") -> list[Picture]:
        """Put pictures into the list, each once; return one `Picture` a path, new or already open.

        Parameters
        ----------
        paths : iterable of Path
            Files.
        series : int
            Which picture of files that hold several.
        title : str
            What it is called.
        """
        answer, is_new = [], False
        for path in (Path(p).absolute() for p in paths):
            picture = self.open_picture(path, series)
            if picture is None:
                picture = Picture(path, series, title)
                self._pictures.append(picture)
                is_new = True
            answer.append(picture)
        if is_new:
            self.pictures_changed.emit()
        return answer

    def open_picture(self, path: Path, series: int = 0) -> Picture | None:
        """Return the open picture of a file, which of several it may hold; None where it is not open."""
        there = path.resolve()
        mine = (each for each in self._pictures if each.series == series)
        return next((each for each in mine if each.path == path or each.path.resolve() == there), None)

    def remove(self, picture: Picture) -> None:
        """Take a picture from the list; its neighbour is shown if it was the one shown."""
        if picture not in self._pictures:
            return
        at = self._pictures.index(picture)
        picture.generation += 1
        self._pictures.remove(picture)
        self._measured.drop(picture)
        self.pictures_changed.emit()
        if picture is self._current:
            self.show(self._pictures[min(at, len(self._pictures) - 1)] if self._pictures else None)

    def show(self, picture: Picture | None) -> None:
        """Make a picture the one that is shown; selection is dropped."""
        if picture is self._current:
            return
        self._current, self._lit = picture, None
        self._choose(np.zeros(0, np.intp), None)
        self.current_changed.emit(picture)
        self.selection_changed.emit()

    def step(self, by: int) -> None:
        """Show the picture that stands `by` places further in the list, around its end."""
        if self._pictures:
            at = self._pictures.index(self._current) if self._current in self._pictures else -1
            self.show(self._pictures[(at + by) % len(self._pictures)])

    def picture_with_key(self, key: int) -> Picture | None:
        """Return the open picture with that key, or None if it was closed."""
        return next((picture for picture in self._pictures if picture.key == key), None)

    def set_pixel_size(self, picture: Picture, size: PixelSize | None) -> None:
        """Note what a person said about a picture's pixel size; None goes back to what the file says."""
        picture.user_pixel_size = size
        self.picture_changed.emit(picture)

    def set_objects(
        self,
        picture: Picture,
        objects: Objects | None,
        styles: tuple[ClassStyle, ...] = (),
        marks: Marks | None = None,
    ) -> None:
        """Replace what was found on a picture, and what people think of it; selected cells still there stay so."""
        is_current = picture is self._current
        first, chosen = (self.selected_id, self.selected_ids) if is_current else (None, None)
        # the very same rows: nobody has to look for the selected ones among a million
        is_same = objects is not None and picture.objects is not None and objects.ids is picture.objects.ids
        picture.objects, picture.marks = objects, marks
        picture.styles = styles or picture.styles
        if chosen is not None and len(chosen) and not is_same:
            rows = rows_of(objects, chosen)
            row = rows_of(objects, np.frombuffer(first, "V16")) if first is not None else rows
            self._choose(rows, int(row[0]) if len(row) else None)
        self.objects_changed.emit(picture)
        self.measured_changed.emit(picture)
        if chosen is not None and len(chosen):
            self.selection_changed.emit()

    def show_plane(self, picture: Picture, look: Look) -> None:
        """See a picture with another look; on another plane of a stack, with what was found there."""
        before = picture.plane
        if look.plane == before:
            picture.look = look
            return
        if picture.analysis is not None and picture.objects is not None:
            picture.results[before] = PlaneResult(picture.objects, picture.styles, picture.analysis, picture.marks)
        picture.look = look
        found = picture.results.pop(look.plane, None)
        picture.analysis = found.analysis if found is not None else None
        if not picture.state.is_busy:
            picture.state = PictureState.DONE if found is not None else PictureState.OPEN
        self.select(None)
        if found is None:
            self.set_objects(picture, None)
        else:
            self.set_objects(picture, found.objects, found.styles, found.marks)
        self.picture_changed.emit(picture)

    # ---- measurements

    def measured(self, picture: Picture) -> Measured | None:
        """Return the columns of a picture's objects, row by row as these stand; None before anything was found."""
        return self._measured.of(picture)

    def take_measured(self, picture: Picture, objects: Objects, size: PixelSize | None, taken: Taken) -> bool:
        """Keep what a job measured on these objects; return False, and keep nothing, if they have changed since."""
        if not self._measured.take(picture, objects, size, taken):
            return False
        self.measured_changed.emit(picture)
        return True

    def _follow_measured(self, picture: Picture) -> None:
        """Say so when a picture's pixel size became known or another one."""
        if self._measured.is_stale(picture):
            self.measured_changed.emit(picture)

    # ---- model and thresholds

    @property
    def card(self) -> ModelCard | None:
        """Card of the chosen model; None while there is no usable one."""
        return self._card

    @property
    def model_folder(self) -> Path | None:
        """Folder of the chosen model."""
        return self._model_folder

    def set_model(self, folder: Path | None, card: ModelCard | None) -> None:
        """Choose a model; thresholds become those of its card."""
        self._model_folder, self._card = folder, card
        self._follow_models()

    @property
    def classifier_folder(self) -> Path | None:
        """Folder of the classifier that tells apart what the model finds; None where none does."""
        return self._classifier[0] if self._classifier is not None else None

    def set_classifier(self, folder: Path | None, card: ModelCard | None) -> None:
        """Tell apart what the model finds with a classifier, or with none; holds from the next analysis on.

        A classifier that does not fit the model is let go of, now and when another model is chosen.
        """
        self._classifier = None if folder is None or card is None else (folder, card)
        self._follow_models()

    def _follow_models(self) -> None:
        self._card_in_use = card = self._joined()
        self._thresholds = dict(card.thresholds.confidence) if card is not None else {}
        self._hidden &= set(self._thresholds)
        self._overlap = card.thresholds.nms_iou if card is not None else 0.5
        self.model_changed.emit()
        self.filter_changed.emit()

    def _joined(self) -> ModelCard | None:
        if self._card is None or self._classifier is None:
            return self._card
        from cellwright.workflows import joined_card

        try:
            return joined_card(self._card, self._classifier[1])
        except BadParameter:
            self._classifier = None
            return self._card

    @property
    def styles(self) -> tuple[ClassStyle, ...]:
        """Classes of the chosen model."""
        return styles_of(self._card_in_use) if self._card_in_use is not None else ()

    @property
    def floor(self) -> float:
        """Score below which nothing was kept, and so the lowest threshold that has a meaning."""
        return self._card_in_use.thresholds.floor if self._card_in_use is not None else 0.05

    @property
    def thresholds(self) -> dict[str, float]:
        """Confidence from which a cell counts, by class name (a copy)."""
        return dict(self._thresholds)

    def threshold(self, name: str) -> float:
        """Return the threshold of a class; 0.5 for a class that the model does not know."""
        return self._thresholds.get(name, 0.5)

    def thresholds_for(self, picture: Picture) -> list[float]:
        """Return the threshold of each class of a picture's objects, in class order.

        A class that the chosen model does not know has the threshold of the model that found it.
        """
        own = picture.analysis.card.thresholds.confidence if picture.analysis is not None else {}
        names = picture.objects.classes if picture.objects is not None else ()
        return [self._thresholds.get(name, own.get(name, 0.5)) for name in names]

    def set_threshold(self, name: str, value: float) -> None:
        """Set one class's threshold, kept within floor and 1."""
        self._set_thresholds({name: value})

    def set_all_thresholds(self, value: float) -> None:
        """Set one threshold for every class."""
        self._set_thresholds(dict.fromkeys(self._thresholds, value))

    def shift_thresholds(self, by: float) -> None:
        """Raise or lower every class's threshold."""
        self._set_thresholds({name: value + by for name, value in self._thresholds.items()})

    def reset_thresholds(self) -> None:
        """Go back to the card's thresholds."""
        if self._card_in_use is not None:
            self._set_thresholds(dict(self._card_in_use.thresholds.confidence))
            self.set_overlap(self._card_in_use.thresholds.nms_iou)

    @property
    def overlap(self) -> float:
        """Intersection over union above which two objects of a class are one."""
        return self._overlap

    def set_overlap(self, value: float) -> None:
        """Choose another overlap, kept within 0.05 and 0.95."""
        kept = round(min(0.95, max(0.05, value)), 4)
        if kept != self._overlap:
            self._overlap = kept
            self.overlap_changed.emit()

    def _set_thresholds(self, values: dict[str, float]) -> None:
        kept = {name: round(min(1.0, max(self.floor, value)), 4) for name, value in values.items()}
        if any(self._thresholds.get(name) != value for name, value in kept.items()):
            self._thresholds.update(kept)
            self.filter_changed.emit()

    # ---- what is visible

    def is_visible(self, name: str) -> bool:
        """Whether boxes and rows of a class are shown."""
        return name not in self._hidden

    def set_visible(self, name: str, visible: bool) -> None:
        """Show or hide a class; its count stays."""
        if visible == self.is_visible(name):
            return
        (self._hidden.discard if visible else self._hidden.add)(name)
        self.filter_changed.emit()

    def counted(self, picture: Picture) -> NDArray[np.bool_]:
        """(N,) mask of a picture's objects that count: surer than their class's threshold, or confirmed by a person."""
        objects = picture.objects
        if objects is None:
            return np.zeros(0, bool)
        limits = np.array(self.thresholds_for(picture), np.float32)
        mask: NDArray[np.bool_] = objects.scores >= limits[objects.class_index]
        return mask if picture.marks is None else picture.marks.counted(mask)

    def shown(self, picture: Picture) -> NDArray[np.intp]:
        """Rows of a picture's objects that are counted, of a visible class, and meant by `only` where that is asked."""
        rows = self.showable(picture)
        measured = self.measured(picture) if self._only.text else None
        kept = self._only.kept(measured) if measured is not None else None
        return rows if kept is None else rows[kept[rows]]

    def showable(self, picture: Picture) -> NDArray[np.intp]:
        """Rows of a picture's objects that are counted and of a visible class, whatever `only` says."""
        objects = picture.objects
        if objects is None:
            return np.zeros(0, np.intp)
        visible = np.array([self.is_visible(name) for name in objects.classes], bool)
        return np.flatnonzero(self.counted(picture) & visible[objects.class_index])

    @property
    def only(self) -> str:
        """The filter that says which cells are shown, in picture, table and plots alike; empty for all."""
        return self._only.text

    def show_only(self, text: str) -> None:
        """Show only the cells that a filter means, or all of them for an empty text; counts stay what they are."""
        if text != self._only.text:
            self._only = RowFilter(text)
            self.filter_changed.emit()

    def only_problem(self, picture: Picture) -> str:
        """Return why `only` cannot be asked about a picture, all of whose cells are shown then; empty where it can."""
        measured = self.measured(picture)
        return self._only.problem(measured) if measured is not None else ""

    # ---- selection

    @property
    def selected(self) -> int | None:
        """Row, in the shown picture's objects, of the selected cell."""
        return self._selected

    @property
    def selected_id(self) -> bytes | None:
        """Stable id of the selected cell."""
        if self._selected is None or self._current is None or self._current.objects is None:
            return None
        return bytes(self._current.objects.ids[self._selected].tobytes())

    @property
    def lit_class(self) -> str | None:
        """The class whose cells stand out, chosen by a click on its count."""
        return self._lit

    @property
    def selected_rows(self) -> NDArray[np.intp]:
        """(K,) rows of all selected cells, rising; `selected` is one of them."""
        return self._chosen

    @property
    def selected_ids(self) -> NDArray[np.void]:
        """(K,) stable ids of all selected cells."""
        objects = self._current.objects if self._current is not None else None
        return np.zeros(0, "V16") if objects is None else objects.ids[self._chosen]

    def select(self, row: int | None) -> None:
        """Select a cell of the shown picture, or none."""
        self.select_rows(np.zeros(0, np.intp) if row is None else np.array([row], np.intp), row)

    def select_rows(self, rows: NDArray[np.intp], first: int | None = None) -> None:
        """Select several cells of the shown picture.

        Parameters
        ----------
        rows : (K,) ndarray of intp
            Which; those that are not there are left out.
        first : int, optional
            Of which the panel tells more; the first of them where None is given.
        """
        objects = self._current.objects if self._current is not None else None
        is_chosen = np.zeros(len(objects) if objects is not None else 0, np.bool_)
        is_chosen[rows[(rows >= 0) & (rows < len(is_chosen))]] = True
        kept = np.flatnonzero(is_chosen)
        if first is None or not 0 <= first < len(is_chosen) or not is_chosen[first]:
            first = int(kept[0]) if len(kept) else None
        if first != self._selected or not np.array_equal(kept, self._chosen):
            self._choose(kept, first)
            self.selection_changed.emit()

    def _choose(self, rows: NDArray[np.intp], first: int | None) -> None:
        self._chosen, self._selected = rows, first

    def light_up(self, name: str | None) -> None:
        """Let the cells of one class stand out, or of none."""
        if name != self._lit:
            self._lit = name
            self.selection_changed.emit()


def rows_of(objects: Objects | None, ids: NDArray[np.void]) -> NDArray[np.intp]:
    """Return the rows, rising, of the objects that have one of these ids."""
    if objects is None or not len(ids):
        return np.zeros(0, np.intp)
    # as text, which numpy can sort; trailing zeros are dropped on both sides alike
    return np.flatnonzero(np.isin(objects.ids.view("S16"), np.ascontiguousarray(ids).view("S16")))

"""What a classifier says of a slide's cells while it is counted: of each as it becomes final, whatever the tiles."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cellwright.annotation import UNIDENTIFIED
from cellwright.core import Objects, PixelSize, Regions, SlideNotReadable
from cellwright.jobs import Progress
from cellwright.workflows.cascade import (
    Shown,
    crops_of,
    joined_card,
    sort_objects,
    told_sentence,
    untold_objects,
    whole_boxes,
)
from cellwright.zoo import ModelCard

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellwright.imaging import Slide, Tissue
    from cellwright.inference import Boxes, DetectOptions, ModelSource, Predictor

UNTOLD = -1
"""Under this number, which no tile has, a run keeps the cells whose surroundings could not be read."""
RULER_TILES = 12
"""So many tiles, spread over the slide, are looked at beforehand where cells of a class tell the scale."""


class Telling:
    """Tells objects of a slide apart as they become final.

    What an object becomes follows from the slide, the two models and the object alone, so that neither tiles nor their
    order nor interruptions matter. One whose surroundings cannot be read is `UNIDENTIFIED`, and remembered.

    Parameters
    ----------
    slide : Slide
        Open.
    detector : ModelCard
        Of the model that finds the objects.
    classifier : Predictor
        Ready to answer.
    pixel_size : PixelSize or None
        Of the slide.
    shown : Shown
        How crops are shown.
    picture_id : str
        Names the slide in the objects' ids.
    """

    def __init__(
        self,
        slide: Slide,
        detector: ModelCard,
        classifier: Predictor,
        pixel_size: PixelSize | None,
        shown: Shown,
        picture_id: str,
    ) -> None:
        self._slide, self._detector, self._classifier = slide, detector, classifier
        self._pixel_size, self._shown, self._picture_id = pixel_size, shown, picture_id
        self._untold: dict[bytes, Boxes] = {}
        self._is_changed = False
        self.card = joined_card(detector, classifier.card)
        """Of the two models together: what the objects' classes and thresholds are."""
        self.scale = ""
        """How large the crops are, and why; empty until something was told."""

    @property
    def untold(self) -> tuple[bytes, ...]:
        """Ids of the objects whose surroundings could not be read."""
        return tuple(self._untold)

    def load(self, kept: Mapping[int, bytes]) -> None:
        """Take over what an earlier run kept."""
        found = untold_of(kept)
        ids = self._found(found).ids
        self._untold = {ids[row].tobytes(): found.take(np.array([row])) for row in range(len(found))}

    def take_changed(self) -> dict[int, bytes | None]:
        """Return what is to be kept from now on; nothing where that is as it was when this was asked last."""
        from cellwright.inference import Boxes
        from cellwright.inference.slide_plan import as_bytes

        if not self._is_changed:
            return {}
        self._is_changed = False
        return {UNTOLD: as_bytes(Boxes.concatenate(list(self._untold.values()))) if self._untold else None}

    def forget(self, ids: NDArray[np.void]) -> None:
        """Remember some objects no longer: they are going to be found again."""
        gone = self._untold.keys() & {each.tobytes() for each in ids}
        self._untold = {name: each for name, each in self._untold.items() if name not in gone}
        self._is_changed |= bool(gone)

    def told(self, found: Boxes) -> Objects:
        """Return what the detector found under the classes of both models."""
        objects = self._found(found)
        pieces, unread = self._told(objects, np.arange(len(objects)))
        for row, name in enumerate(each.tobytes() for each in objects.ids) if unread or self._untold else ():
            if row in unread:
                self._untold[name] = found.take(np.array([row]))
                self._is_changed = True
            elif self._untold.pop(name, None) is not None:
                self._is_changed = True
        return Objects.concatenate(pieces)

    def again(self) -> tuple[Objects, Objects]:
        """Ask anew about what could not be read; return those told now, as they were called before and are now."""
        from cellwright.inference import Boxes

        found = Boxes.concatenate(list(self._untold.values()))
        before, now = untold_objects(self._found(found), self._detector, self._classifier.card), self.told(found)
        rows = np.array([each.tobytes() not in self._untold for each in now.ids], bool)
        return before.take(rows), now.take(rows)

    def _found(self, found: Boxes) -> Objects:
        from cellwright.inference.answers import as_objects

        return as_objects(found, self._detector, self._picture_id)

    def _told(self, objects: Objects, rows: NDArray[np.intp]) -> tuple[list[Objects], frozenset[int]]:
        """Return rows told apart, in their order, and which of them could not be read."""
        asked = objects.take(rows)
        try:
            return [self._sorted(asked)], frozenset()
        except SlideNotReadable:
            if len(rows) == 1:
                return [untold_objects(asked, self._detector, self._classifier.card)], frozenset(rows.tolist())
        # Each is told as if it were alone, so that what can be read is found by halving.
        first, second = (self._told(objects, part) for part in np.array_split(rows, 2))
        return first[0] + second[0], first[1] | second[1]

    def _sorted(self, objects: Objects) -> Objects:
        steps = sort_objects(self._slide, objects, self._detector, self._classifier, self._pixel_size, self._shown)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                if end.value.notes:
                    self.scale = end.value.scale
                sorted_objects: Objects = end.value.objects
                return sorted_objects


def untold_of(kept: Mapping[int, bytes]) -> Boxes:
    """Return, among what a run keeps, the objects whose surroundings could not be read."""
    from cellwright.inference import Boxes
    from cellwright.inference.slide_plan import from_bytes

    return from_bytes(kept[UNTOLD]) if UNTOLD in kept else Boxes.concatenate([])


def telling_parameters(detector: ModelCard, classifier: ModelCard, pixel_size: PixelSize | None) -> dict[str, Any]:
    """Return what decides about the classes of a run beside its options; a run with others is another run.

    Raises
    ------
    BadParameter
        See `cascade.crops_of`.
    """
    crops = crops_of(classifier, detector)
    size = pixel_size if crops.side_um is not None else None
    names = {*crops.of, crops.ruler} & set(detector.class_names)
    return {
        "detector": {name: detector.thresholds.confidence[name] for name in sorted(names)},
        "classifier": classifier.model_dump(
            mode="json", include={"name", "input", "classes", "crops", "thresholds", "calibration"}
        ),
        "pixel_size": None if size is None else [size.y_um, size.x_um],
    }


def telling_notes(detector: ModelCard, classifier: ModelCard, totals: Mapping[str, int], scale: str) -> tuple[str, ...]:
    """Say how many objects of a run were told apart."""
    crops, number = crops_of(classifier, detector), dict.fromkeys(joined_card(detector, classifier).class_names, 0)
    for key, count in totals.items():
        kind, _, rest = key.partition(":")
        if kind == "scored":
            number[rest.rpartition(":")[0]] += count
    told = sum(count for name, count in number.items() if name not in {*detector.class_names, UNIDENTIFIED})
    asked = told + number[UNIDENTIFIED]
    return (told_sentence(classifier, crops, told, asked, scale),) if asked else ()


def rulers_on(
    slide: Slide,
    model: Path | ModelSource,
    detector: ModelCard,
    device: str,
    options: DetectOptions,
    regions: Regions,
    tissue: Tissue | None,
    ruler: str,
) -> Generator[Progress, None, NDArray[np.float32]]:
    """Look for objects that tell the scale of a slide on some of its tiles, before it is counted.

    The tiles are as large as the model's card asks for and lie where they lie for everybody, so that the answer does
    not depend on how the slide is cut when it is counted; those that cannot be read are passed by.

    Returns
    -------
    (M, 4) ndarray of float32
        Boxes of whole objects of the class `ruler` that count.
    """
    from cellwright.inference import InlineRunner
    from cellwright.inference.answers import as_objects
    from cellwright.inference.seams import is_owned
    from cellwright.inference.slide_plan import plan_slide

    own = replace(options, tile_px=None, origin=(0, 0))
    plan = plan_slide(slide, detector, own, regions, tissue)
    steps = list(plan.steps(slide, model, detector, device, own))
    some = np.unique(np.linspace(0, len(steps) - 1, min(len(steps), RULER_TILES)).round().astype(int)) if steps else ()
    found = [np.empty((0, 4), np.float32)]
    for done, (step, answer) in enumerate(InlineRunner().run(steps[at] for at in some)):
        yield Progress(0, 0, f"Measuring {ruler}, which tell the scale: {done + 1} of {len(some)} tiles")
        if not isinstance(answer, Exception):
            objects = as_objects(answer.take(is_owned(answer.boxes, step.tile.owner)), detector, "")
            found.append(whole_boxes(objects, detector, ruler, slide.shape))
    return np.concatenate(found)

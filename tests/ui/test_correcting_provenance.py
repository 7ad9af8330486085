"""Whose word a cell is can be seen: nothing over the model's thin line, a thick line, a dashed one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from cellwright.annotation import Status
from cellwright.ui.canvas.geometry import Viewport
from cellwright.ui.canvas.options import ShownObjects
from cellwright.ui.canvas.provenance import MOST_DRAWN, ProvenanceLines
from cellwright.ui.state.marks import STATUSES, Marks, Provenance
from tests.ui.known_boxes import make_objects
from tests.ui.known_masks import disc_objects

VIEW = Viewport(100.0, 100.0, 1.0, 200, 200)
BLUE = (0, 0, 255)


def shown(provenance: list[int], *, is_masks: bool = True) -> ShownObjects:
    objects = disc_objects([(50, 50), (50, 150), (150, 50)], 20)
    if not is_masks:
        objects = replace(objects, masks=None)
    colours = np.tile(np.array([BLUE], np.uint8), (3, 1))
    return ShownObjects(objects, np.arange(3), (), colours, provenance=np.array(provenance, np.uint8))


def painted(what: ShownObjects) -> tuple[int, NDArray[np.uint8]]:
    assert QApplication.instance() is not None
    image = QImage(200, 200, QImage.Format.Format_RGB888)
    image.fill(QColor("#000000"))
    lines = ProvenanceLines()
    lines.show(what)
    painter = QPainter(image)
    drawn = lines.paint(painter, VIEW)
    painter.end()
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(200, image.bytesPerLine())[:, :600]
    return drawn, pixels.reshape(200, 200, 3).copy()


@pytest.mark.parametrize("is_masks", [True, False])
def test_each_provenance_has_its_line(is_masks: bool, qapp: QApplication) -> None:
    drawn, pixels = painted(shown([Provenance.MODEL, Provenance.ACCEPTED, Provenance.CORRECTED], is_masks=is_masks))
    assert drawn == 2
    model, accepted, corrected = pixels[:100, :100], pixels[:100, 100:], pixels[100:, :100]
    assert not model.any()
    assert (accepted[..., 2] == 255).any()
    assert not (accepted[..., 0] == 255).any(), "in the colour of the class alone"
    assert (corrected == 255).all(2).any(), "dashes in white"
    assert ((corrected[..., 2] == 255) & (corrected[..., 0] == 0)).any(), "between them the class"


def test_what_is_out_of_view_costs_nothing_and_too_many_are_left_out(qapp: QApplication) -> None:
    n = MOST_DRAWN + 1
    objects = make_objects(n, (200, 200))
    many = ShownObjects(
        objects, np.arange(n), (), np.zeros((n, 3), np.uint8), provenance=np.full(n, Provenance.ACCEPTED, np.uint8)
    )
    assert painted(many)[0] == 0
    few = replace(many, rows=np.arange(20))
    assert painted(few)[0] == 20


def test_a_persons_word_decides_what_counts() -> None:
    marks = Marks(np.arange(4, dtype=np.uint8), np.array([1, 0, 0, 0], np.int32), ("model:m@1", "person:A."))
    assert [STATUSES[each] for each in marks.status] == list(Status)
    sure = np.array([False, False, False, True])
    assert marks.counted(sure).tolist() == [True, True, True, False], "rejected never, drawn and confirmed always"
    assert marks.provenance.tolist() == [2, 1, 2, 0]
    assert Marks.unreviewed(3, "model:m@1").is_reviewed.tolist() == [False] * 3

"""How one crop is drawn: its pixels, the badge of its class, its score, and whose word it is."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from cellwright.ui.looks.icons import badge
from cellwright.ui.looks.theme import Theme, mix
from cellwright.ui.state.marks import Provenance

_BADGE_PX = 18
_BAND_PX = 18


@dataclass(frozen=True, slots=True)
class CropLook:
    """How one crop is drawn.

    Parameters
    ----------
    image : QImage or None
        None while it is being cut.
    colour, letter : str
        Of its class.
    text : str
        Beside the badge: its score.
    provenance : Provenance
        Whose word it is, drawn as on the picture: a dashed line for the model's, a plain one for what was accepted, a
        double one for what was corrected.
    is_rejected : bool
        Whether a person rejected it.
    """

    image: QImage | None
    colour: str
    letter: str
    text: str
    provenance: Provenance
    is_rejected: bool = False


def paint_crop(painter: QPainter, rect: QRect, look: CropLook, theme: Theme, is_chosen: bool, is_hovered: bool) -> None:
    """Draw one crop into a rectangle."""
    if look.image is None:
        painter.fillRect(rect, QColor(mix(theme.panel, theme.text, 0.06)))
    else:
        painter.drawImage(rect, look.image)
    if look.is_rejected:
        painter.fillRect(rect, QColor(0, 0, 0, 120))
        painter.setPen(QPen(QColor(theme.bad), 2))
        painter.drawLine(rect.topLeft(), rect.bottomRight())
    _frame(painter, rect, look)
    band = QRect(rect.left(), rect.bottom() - _BAND_PX + 1, rect.width(), _BAND_PX)
    painter.fillRect(band, QColor(0, 0, 0, 150))
    painter.drawPixmap(band.left(), band.top(), badge(look.letter, look.colour, _BADGE_PX))
    painter.setPen(QColor("#ffffff"))
    painter.drawText(band.adjusted(_BADGE_PX + 5, 0, -4, 0), Qt.AlignmentFlag.AlignVCenter, look.text)
    if is_chosen or is_hovered:
        painter.setPen(QPen(QColor(theme.accent if is_chosen else theme.focus), 3))
        painter.drawRect(QRectF(rect).adjusted(-1.5, -1.5, 1.5, 1.5))


def _frame(painter: QPainter, rect: QRect, look: CropLook) -> None:
    line = QPen(QColor(look.colour), 2)
    if look.provenance is Provenance.MODEL:
        line.setStyle(Qt.PenStyle.DashLine)
    painter.setPen(line)
    painter.drawRect(QRectF(rect).adjusted(1, 1, -1, -1))
    if look.provenance is Provenance.CORRECTED:
        painter.setPen(QPen(QColor(look.colour), 1))
        painter.drawRect(QRectF(rect).adjusted(4.5, 4.5, -4.5, -4.5))

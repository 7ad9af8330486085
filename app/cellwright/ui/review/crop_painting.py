"""How one crop is drawn: its pixels, the badge of its class, its score, and whose word it is."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPixmap

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


def crop_tile(look: CropLook, side_px: int, ratio: float, theme: Theme) -> QPixmap:
    """Return a crop with its frame, badge and score.

    Parameters
    ----------
    look : CropLook
        What is drawn.
    side_px : int
        Side in logical pixels.
    ratio : float
        Device pixels per logical pixel.
    theme : Theme
        Colours of what is not there yet and of what was rejected.
    """
    tile = QPixmap(round(side_px * ratio), round(side_px * ratio))
    tile.setDevicePixelRatio(ratio)
    tile.fill(QColor(mix(theme.panel, theme.text, 0.06)))
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    rect = QRect(0, 0, side_px, side_px)
    if look.image is not None:
        painter.drawImage(rect, look.image)
    if look.is_rejected:
        painter.fillRect(rect, QColor(0, 0, 0, 120))
        painter.setPen(QPen(QColor(theme.bad), 2))
        painter.drawLine(rect.topLeft(), rect.bottomRight())
    _frame(painter, rect, look)
    band = QRect(0, side_px - _BAND_PX, side_px, _BAND_PX)
    painter.fillRect(band, QColor(0, 0, 0, 150))
    painter.drawPixmap(band.left(), band.top(), badge(look.letter, look.colour, _BADGE_PX))
    painter.setPen(QColor("#ffffff"))
    painter.drawText(band.adjusted(_BADGE_PX + 5, 0, -4, 0), Qt.AlignmentFlag.AlignVCenter, look.text)
    painter.end()
    return tile


def paint_ring(painter: QPainter, rect: QRect, colour: str) -> None:
    """Draw the ring around a crop that is meant."""
    painter.setPen(QPen(QColor(colour), 3))
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

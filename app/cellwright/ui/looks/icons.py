"""Icons of one family, drawn for this program, in the colours of the theme and sharp on any screen."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from cellwright.bundled import bundled
from cellwright.ui.looks.theme import ink_on

_SIDES_PX = (16, 20, 24, 32, 48, 64)


@cache
def icon(name: str, colour: str, disabled: str = "", selected: str = "") -> QIcon:
    """Return an icon of resources/icons with its lines in a colour.

    Parameters
    ----------
    name : str
        File name without ``.svg``; an empty or unknown name gives an empty icon.
    colour, disabled, selected : str
        ``#rrggbb`` of the lines, of the lines while the action is not on offer, and on the ground of a selected row.
    """
    text = _svg(name)
    found = QIcon()
    if not text:
        return found
    inks = {
        QIcon.Mode.Normal: colour,
        QIcon.Mode.Disabled: disabled or colour,
        QIcon.Mode.Selected: selected or colour,
        QIcon.Mode.Active: colour,
    }
    for mode, ink in inks.items():
        for side in _SIDES_PX:
            found.addPixmap(_render(text.replace("currentColor", ink), side), mode)
    return found


def app_icon() -> QIcon:
    """Return the icon of the program."""
    return icon("cellwright", "#000000")


@cache
def badge(letter: str, colour: str, side_px: int = 18, ratio: float = 2.0) -> QPixmap:
    """Return the mark of a class: its letter on its colour, so that no one needs to tell colours apart.

    Parameters
    ----------
    letter, colour : str
        Of the class; the colour as ``#rrggbb``.
    side_px : int
        Side in logical pixels.
    ratio : float
        Device pixels per logical pixel it is drawn with.
    """
    pixmap = QPixmap(QSize(round(side_px * ratio), round(side_px * ratio)))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawRoundedRect(QRectF(0, 0, side_px, side_px), 4, 4)
    font = QFont(painter.font())
    font.setPixelSize(round(side_px * 0.68))
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(QColor(ink_on(colour)))
    painter.drawText(QRectF(0, 0, side_px, side_px), Qt.AlignmentFlag.AlignCenter, letter)
    painter.end()
    return pixmap


@cache
def badge_icon(letter: str, colour: str) -> QIcon:
    """Return `badge` as an icon that looks the same in a selected row."""
    found = QIcon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
        found.addPixmap(badge(letter, colour), mode)
    return found


@cache
def _svg(name: str) -> str:
    path = bundled("resources", "icons", f"{name}.svg") if name else None
    return path.read_text(encoding="utf-8") if path is not None and path.is_file() else ""


def _render(svg: str, side: int) -> QPixmap:
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, side, side))
    painter.end()
    return pixmap

"""The looks of the window: two palettes, one stylesheet, and the class colours that everyone can tell apart."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from string import Template
from typing import Final

from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from cellwright.bundled import bundled
from cellwright.core import unknown_name

OKABE_ITO: Final = ("#0072B2", "#D55E00", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#F0E442")
"""Colours that stay apart for colour-blind eyes."""

GRID_PX: Final = 8
"""Every margin and gap is a multiple, or half, of this."""

TEXT_PX: Final = 13


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one look, each ``#rrggbb``.

    Parameters
    ----------
    window, panel, raised : str
        Three depths: behind everything, of panels, of buttons and fields.
    border, text, muted : str
        Lines, words, and words that matter less.
    accent, on_accent : str
        The one colour of what can be done next, and the words on it.
    focus : str
        Ring around what the keyboard acts on.
    good, warn, bad : str
        Done, needs a look, went wrong.
    canvas : str
        Around the picture.
    """

    name: str
    window: str
    panel: str
    raised: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    focus: str
    good: str
    warn: str
    bad: str
    canvas: str

    @property
    def is_dark(self) -> bool:
        """Whether light words stand on a dark ground."""
        return luminance(self.window) < 0.5


DARK: Final = Theme(
    name="dark",
    window="#171a20",
    panel="#1f232b",
    raised="#2b313c",
    border="#3d4552",
    text="#e8ebf0",
    muted="#a3adbb",
    accent="#2f81d6",
    on_accent="#ffffff",
    focus="#8cc4ff",
    good="#4cc38a",
    warn="#e8b04a",
    bad="#ff7b72",
    canvas="#0e1014",
)
LIGHT: Final = Theme(
    name="light",
    window="#eef0f4",
    panel="#ffffff",
    raised="#e6e9ef",
    border="#c3cad5",
    text="#1a1f27",
    muted="#566071",
    accent="#0b62c4",
    on_accent="#ffffff",
    focus="#0b62c4",
    good="#1a7f4b",
    warn="#8a5a00",
    bad="#c02a22",
    canvas="#dde1e8",
)
THEMES: Final = {theme.name: theme for theme in (DARK, LIGHT)}


def theme_named(name: str) -> Theme:
    """Return a look by name; ``"system"`` asks the desktop which one it prefers.

    Raises
    ------
    UnknownName
        If there is no such look.
    """
    if name == "system":
        return DARK if _desktop_is_dark() else LIGHT
    try:
        return THEMES[name]
    except KeyError:
        raise unknown_name("theme", name, ["system", *THEMES]) from None


def apply_theme(theme: Theme) -> None:
    """Give the running application this look; every open widget follows."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return
    app.setStyle("Fusion")
    font = QFont(app.font())
    font.setPixelSize(TEXT_PX)
    app.setFont(font)
    app.setPalette(_palette(theme))
    app.setStyleSheet(stylesheet(theme))


def stylesheet(theme: Theme) -> str:
    """Return the one stylesheet of the application in the colours of a theme."""
    made = {
        "hover": mix(theme.raised, theme.text, 0.08),
        "soft": mix(theme.panel, theme.text, 0.04),
        "hover_accent": mix(theme.accent, theme.on_accent, 0.12),
        "check": bundled("resources", "icons", "check.svg").as_posix(),
        "chevron": bundled("resources", "icons", "chevron.svg").as_posix(),
    }
    return _SHEET.substitute(asdict(theme), **made)


def mix(one: str, other: str, amount: float) -> str:
    """Return the colour that lies `amount` of the way (0 to 1) from one to the other."""
    a, b = QColor(one), QColor(other)
    pairs = ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
    return QColor(*(round((1 - amount) * x + amount * y) for x, y in pairs)).name()


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour in [0, 1], as WCAG 2 defines it."""
    made = QColor(colour)
    parts = (made.redF(), made.greenF(), made.blueF())
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours in [1, 21], as WCAG 2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink_on(colour: str) -> str:
    """Return black or white, whichever reads better on a colour."""
    return max(("#ffffff", "#111111"), key=lambda ink: contrast(ink, colour))


def _desktop_is_dark() -> bool:
    from PySide6.QtCore import Qt

    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


def _palette(theme: Theme) -> QPalette:
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    palette = QPalette()
    colours = {
        role.Window: theme.panel,
        role.WindowText: theme.text,
        role.Base: theme.panel,
        role.AlternateBase: mix(theme.panel, theme.text, 0.03),
        role.Text: theme.text,
        role.PlaceholderText: theme.muted,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.bad,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.Link: theme.focus,
        role.Accent: theme.accent,
    }
    for which, colour in colours.items():
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group.Disabled, which, QColor(mix(theme.panel, theme.muted, 0.65)))
    return palette


_SHEET = Template("""
QMainWindow, QDialog { background: $window; }
QWidget#startPage, QWidget#centre, QScrollArea > QWidget > QWidget#startPage { background: $window; }
QMainWindow::separator { background: $window; width: 6px; height: 6px; }
QMainWindow::separator:hover { background: $accent; }

QMenuBar { background: $window; padding: 2px 4px; }
QMenuBar::item { padding: 4px 10px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $raised; }
QMenu { background: $panel; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 5px 28px 5px 24px; border-radius: 4px; }
QMenu::item:selected { background: $accent; color: $on_accent; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
QMenu::icon { padding-left: 6px; }

QToolBar { background: $window; border: none; padding: 4px 8px; spacing: 4px; }
QToolBar::separator { width: 1px; background: $border; margin: 5px 5px; }
QToolButton { border: 1px solid transparent; border-radius: 5px; padding: 4px 8px; }
QToolButton:hover { background: $raised; }
QToolButton:checked { background: $raised; border-color: $border; }
QToolButton:pressed { background: $hover; }
QToolButton:focus { border-color: $focus; }
QToolButton:disabled { color: $muted; }
QToolButton[kind="primary"] { background: $accent; color: $on_accent; font-weight: 600; padding: 5px 12px; }
QToolButton[kind="primary"]:hover { background: $hover_accent; }
QToolButton[kind="primary"]:focus { border: 2px solid $focus; padding: 4px 11px; }
QToolButton[kind="primary"]:disabled { background: $raised; color: $muted; }

QDockWidget { font-weight: 600; titlebar-close-icon: none; titlebar-normal-icon: none; }
QDockWidget QWidget { font-weight: normal; }
QDockWidget::title { background: $window; padding: 5px 10px; border: none; }
QWidget#panel { background: $panel; }
QScrollArea, QScrollArea > QWidget > QWidget#panel { background: $panel; border: none; }

QStatusBar { background: $window; border-top: 1px solid $border; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: $muted; padding: 0 6px; }

QPushButton { background: $raised; border: 1px solid $border; border-radius: 5px; padding: 5px 14px; min-height: 18px; }
QPushButton:hover { background: $hover; }
QPushButton:focus { border: 2px solid $focus; padding: 4px 13px; }
QPushButton:disabled { color: $muted; background: $panel; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QPushButton[kind="primary"]:focus { border: 2px solid $focus; }
QPushButton[kind="primary"]:disabled { background: $raised; color: $muted; border-color: $border; }
QPushButton[kind="link"] { background: transparent; border: 1px solid transparent; color: $text;
    padding: 3px 6px; text-align: left; }
QPushButton[kind="link"]:hover { background: $raised; }
QPushButton[kind="link"]:focus { border: 1px solid $focus; }
QPushButton[kind="link"]:disabled { color: $muted; }
QPushButton[kind="small"] { padding: 2px 8px; min-height: 16px; }
QPushButton[kind="small"]:focus { padding: 1px 7px; }
QPushButton[kind="small"]:checked { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton[kind="small"]:checked:focus { border-color: $focus; }
QPushButton[kind="sample"] { background: $panel; text-align: left; padding: 8px 12px; border-radius: 8px;
    font-weight: 600; }
QPushButton[kind="sample"]:hover { background: $raised; }
QPushButton[kind="sample"]:focus { border: 2px solid $focus; padding: 7px 11px; }
QPushButton[kind="recent"] { background: transparent; border: 1px solid transparent; text-align: left;
    padding: 6px 8px; }
QPushButton[kind="recent"]:hover { background: $raised; }
QPushButton[kind="recent"]:focus { border-color: $focus; }

QLineEdit, QPlainTextEdit, QTextEdit { background: $window; border: 1px solid $border;
    border-radius: 4px; padding: 3px 6px; selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus { border: 2px solid $focus; padding: 2px 5px; }
QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus { border: none; padding: 0; background: transparent; }
QAbstractSpinBox { min-height: 24px; }
QComboBox { background: $raised; border: 1px solid $border; border-radius: 4px; padding: 4px 8px; min-height: 18px; }
QComboBox:hover { background: $hover; }
QComboBox:focus { border: 2px solid $focus; padding: 3px 7px; }
QComboBox:disabled { color: $muted; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url("$chevron"); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $panel; border: 1px solid $border; }

QCheckBox, QRadioButton { spacing: 6px; border: 1px solid transparent; border-radius: 4px; padding: 1px 2px; }
QCheckBox:focus, QRadioButton:focus { border-color: $focus; }
QCheckBox::indicator, QTreeView::indicator { width: 14px; height: 14px; border: 1px solid $muted; border-radius: 3px;
    background: $window; }
QCheckBox::indicator:hover, QTreeView::indicator:hover, QRadioButton::indicator:hover { border-color: $focus; }
QCheckBox::indicator:checked, QTreeView::indicator:checked { background: $accent; border-color: $accent;
    image: url("$check"); }
QTreeView::item { padding: 3px 2px; }
QTreeView::indicator:indeterminate { background: $muted; }
QCheckBox::indicator:disabled { border-color: $border; }
QRadioButton::indicator { width: 14px; height: 14px; border: 1px solid $muted; border-radius: 8px;
    background: $window; }
QRadioButton::indicator:checked { background: qradialgradient(cx: 0.5, cy: 0.5, radius: 0.5, fx: 0.5, fy: 0.5,
    stop: 0 $accent, stop: 0.6 $accent, stop: 0.66 $window, stop: 1 $window); border-color: $accent; }

QSlider:horizontal { min-height: 22px; border: 1px solid transparent; border-radius: 4px; }
QSlider:focus { border-color: $focus; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $border; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $accent; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; background: $text; }
QSlider::handle:horizontal:hover { background: $focus; }
QSlider::handle:horizontal:disabled { background: $muted; }
QSlider::sub-page:horizontal:disabled { background: $border; }

QTabWidget::pane { border: none; background: $panel; }
QTabBar::tab { background: $window; color: $muted; padding: 6px 14px; border: none;
    border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; background: $panel; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:focus { border-bottom: 2px solid $focus; }

QTableView, QListView, QListWidget, QTreeView { background: $panel; alternate-background-color: $soft; border: none;
    gridline-color: $border; selection-background-color: $accent; selection-color: $on_accent; outline: none; }
QListView[kind="popup"] { border: 1px solid $border; padding: 2px; }
QTableView:focus, QListView:focus, QListWidget:focus { border: 1px solid $focus; }
QListWidget::item { border-radius: 4px; padding: 2px; }
QListWidget::item:selected { background: $accent; color: $on_accent; }
QHeaderView { background: $panel; border: none; }
QHeaderView::section { background: $window; color: $muted; padding: 5px 18px 5px 8px; border: none;
    border-right: 1px solid $border; border-bottom: 1px solid $border; font-weight: 600; }
QHeaderView::section:hover { color: $text; }
QTableCornerButton::section { background: $window; border: none; }

QProgressBar { background: $window; border: 1px solid $border; border-radius: 4px; height: 8px; text-align: center; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }

QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $border; border-radius: 4px; min-height: 28px; min-width: 28px; margin: 1px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: 4px 6px; }

QLabel[kind="title"] { font-size: 26px; font-weight: 600; }
QLabel[kind="heading"] { font-size: 15px; font-weight: 600; }
QLabel[kind="section"] { font-weight: 600; }
QLabel[kind="muted"] { color: $muted; }
QLabel[kind="number"] { font-size: 15px; font-weight: 600; }
QLabel[kind="warn"] { color: $warn; }
QLabel[kind="bad"] { color: $bad; }
QLabel[kind="good"] { color: $good; }
QLabel:disabled { color: $muted; }

QFrame#dropArea { border: 2px dashed $border; border-radius: 12px; background: $panel; }
QFrame#dropArea[active="true"] { border-color: $accent; background: $soft; }
QFrame#card { border: 1px solid $border; border-radius: 8px; background: $panel; }
QFrame#rule { background: $border; max-height: 1px; min-height: 1px; border: none; }
QFrame#banner { border-radius: 6px; border: 1px solid $border; border-left: 4px solid $accent; background: $panel; }
QFrame#banner[level="error"] { border-left-color: $bad; }
QFrame#banner[level="warning"] { border-left-color: $warn; }
QFrame#banner[level="good"] { border-left-color: $good; }
QFrame#classRow { border: 1px solid transparent; border-radius: 6px; background: transparent; }
QFrame#classRow[lit="true"] { border-color: $focus; background: $soft; }
QFrame#job { border: none; border-bottom: 1px solid $border; background: $panel; }
QDialog#palette { background: $panel; border: 1px solid $border; }
""")

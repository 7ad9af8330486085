"""`TileSheet`: tiles of one resolution in one texture that goes round like a tape: moving costs new tiles only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from vispy import gloo
from vispy.scene.visuals import create_visual_node
from vispy.visuals import Visual

from cellwright.ui.state.tile_grid import Span, TileKey

_VERTEX = """
attribute vec2 a_corner;
attribute vec2 a_place;
varying vec2 v_place;
void main() {
    v_place = a_place;
    gl_Position = $transform(vec4(a_corner, 0.0, 1.0));
}
"""

# v_place counts tiles from the first of the span; a slot that holds no tile of the span lets what lies below through.
_FRAGMENT = """
uniform sampler2D u_pixels;
uniform sampler2D u_filled;
uniform vec2 u_slots;
uniform vec2 u_first;
uniform vec4 u_within;
uniform float u_opacity;
varying vec2 v_place;
void main() {
    vec2 place = clamp(v_place, u_within.xy, u_within.zw);
    vec2 at = fract((place + u_first) / u_slots);
    if (texture2D(u_filled, at).r < 0.5) discard;
    vec4 seen = texture2D(u_pixels, at);
    gl_FragColor = vec4(seen.rgb, seen.a * u_opacity);
}
"""

# Two triangles without an area draw nothing; see `cellwright.ui.canvas.boxes` for why nothing is ever hidden.
_NOWHERE: NDArray[np.float32] = np.zeros((6, 2), np.float32)
_CORNERS = np.array([[0, 0], [1, 0], [1, 1], [0, 0], [1, 1], [0, 1]], np.float64)


class TileSheetVisual(Visual):  # type: ignore[misc]
    """Draws the tiles of a `Span` where they belong in the picture.

    A tile lies in the slot (row modulo rows of slots, column modulo columns of slots) of a texture, and is sent to the
    graphics card once, however far the picture is moved about.

    Parameters
    ----------
    tile_px : int
        Side of a tile in pixels.
    """

    def __init__(self, tile_px: int) -> None:
        super().__init__(_VERTEX, _FRAGMENT)
        self.unfreeze()
        self._tile_px = tile_px
        self._slots = (0, 0)
        self._held: dict[tuple[int, int], TileKey] = {}
        self._old: set[tuple[int, int]] = set()
        self._pixels: Any = None
        self._filled: Any = None
        self.span: Span | None = None
        self._draw_mode = "triangles"
        self.shared_program["a_corner"] = gloo.VertexBuffer(_NOWHERE)
        self.shared_program["a_place"] = gloo.VertexBuffer(_NOWHERE)
        self.shared_program["u_opacity"] = 1.0
        self.shared_program["u_within"] = (0.0, 0.0, 1.0, 1.0)
        self.shared_program["u_first"] = (0.0, 0.0)
        self._make_slots(1, 1)
        self.set_gl_state("translucent", depth_test=False, cull_face=False)
        self.freeze()

    def show(self, span: Span, shape: tuple[int, int]) -> None:
        """Draw the tiles of a span, those that have been put in, and no others.

        Parameters
        ----------
        span : Span
            Which.
        shape : (int, int)
            Rows and columns of the picture, beyond which nothing is drawn.
        """
        rows, columns = span.row1 - span.row0, span.column1 - span.column0
        if rows > self._slots[0] or columns > self._slots[1]:
            self._make_slots(max(rows, self._slots[0]), max(columns, self._slots[1]))
        if self.span is None or self.span.level != span.level:
            self._held = {}
        self.span = span
        self._held = {slot: key for slot, key in self._held.items() if span.holds(key)}
        self._old &= set(self._held)
        self._send_filled()
        side = self._tile_px << span.level
        y1, x1 = min(shape[0], span.row1 * side), min(shape[1], span.column1 * side)
        size = np.array([x1 - span.column0 * side, y1 - span.row0 * side], np.float64)
        first = np.array([span.column0 * side, span.row0 * side], np.float64)
        self.shared_program["a_corner"].set_data((first + _CORNERS * size).astype(np.float32))
        self.shared_program["a_place"].set_data((_CORNERS * size / side).astype(np.float32))
        slots = self._slots
        self.shared_program["u_first"] = (float(span.column0 % slots[1]), float(span.row0 % slots[0]))
        # half a pixel inside: the slot beyond the edge is that of the far side
        half = 0.5 / self._tile_px
        across, down = size / side
        self.shared_program["u_within"] = (half, half, float(across) - half, float(down) - half)
        self.update()

    def put(self, key: TileKey, pixels: NDArray[np.uint8]) -> None:
        """Take a tile of the span, (T, T, 4)."""
        if self.span is None or not self.span.holds(key):
            return
        row, column = slot = self._slot(key)
        self._pixels.set_data(pixels, offset=(row * self._tile_px, column * self._tile_px))
        self._old.discard(slot)
        if self._held.get(slot) != key:
            self._held[slot] = key
            self._send_filled()
        self.update()

    def has(self, key: TileKey) -> bool:
        """Whether a tile is drawn."""
        return self._held.get(self._slot(key)) == key

    def is_current(self, key: TileKey) -> bool:
        """Whether a tile is drawn, and as the picture is to be seen now."""
        return self.has(key) and self._slot(key) not in self._old

    def tiles_are_old(self) -> None:
        """Draw what is there until it is put in anew."""
        self._old = set(self._held)

    def clear(self) -> None:
        """Draw nothing."""
        if self.span is None:
            return
        self.span = None
        self._held, self._old = {}, set()
        self.shared_program["a_corner"].set_data(_NOWHERE)
        self.update()

    def set_opacity(self, opacity: float) -> None:
        """Say how opaque the tiles are, in [0, 1]."""
        self.shared_program["u_opacity"] = float(opacity)
        self.update()

    def _slot(self, key: TileKey) -> tuple[int, int]:
        return key.row % self._slots[0], key.column % self._slots[1]

    def _make_slots(self, rows: int, columns: int) -> None:
        self._slots = (rows, columns)
        self._held, self._old = {}, set()
        shape = (rows * self._tile_px, columns * self._tile_px, 4)
        self._pixels = gloo.Texture2D(shape, format="rgba", interpolation="linear", wrapping="repeat")
        self._filled = gloo.Texture2D(
            (rows, columns, 1), format="luminance", interpolation="nearest", wrapping="repeat"
        )
        self.shared_program["u_pixels"] = self._pixels
        self.shared_program["u_filled"] = self._filled
        self.shared_program["u_slots"] = (float(columns), float(rows))

    def _send_filled(self) -> None:
        filled = np.zeros((*self._slots, 1), np.uint8)
        for slot in self._held:
            filled[slot] = 255
        self._filled.set_data(filled)

    def _prepare_transforms(self, view: Any) -> None:
        view.view_program.vert["transform"] = view.get_transform()

    def _prepare_draw(self, view: Any) -> bool:  # noqa: ARG002 - passed by name
        return self.span is not None

    def _compute_bounds(self, _axis: int, _view: Any) -> tuple[float, float]:
        return (0.0, 1.0)


TileSheet = create_visual_node(TileSheetVisual)
"""The visual as a node of a scene."""

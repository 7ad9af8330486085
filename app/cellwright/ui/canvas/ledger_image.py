"""`LedgerTiles`: the account of every tile over the slide, in colours and in patterns as large at any zoom."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from vispy import gloo
from vispy.scene.visuals import create_visual_node
from vispy.visuals import Visual

from cellwright.core import Coverage
from cellwright.ui.state.ledger import LOOKS, tiles_of

UNDER_DENSITY = 997_000

_VERTEX = """
attribute vec2 a_corner;
attribute float a_look;
varying float v_look;
void main() {
    v_look = a_look;
    gl_Position = $transform(vec4(a_corner, 0.0, 1.0));
}
"""

_FRAGMENT = """
uniform vec4 u_ground[5];
uniform vec4 u_ink[5];
uniform float u_pattern[5];
uniform float u_ratio;
varying float v_look;
void main() {
    vec4 ground = vec4(0.0);
    vec4 ink = vec4(0.0);
    float pattern = 0.0;
    for (int i = 0; i < 5; i++) {
        if (abs(v_look - float(i)) < 0.5) {
            ground = u_ground[i];
            ink = u_ink[i];
            pattern = u_pattern[i];
        }
    }
    vec2 at = gl_FragCoord.xy / u_ratio;
    bool rising = mod(at.x - at.y, 9.0) < 1.6;
    bool falling = mod(at.x + at.y, 9.0) < 1.6;
    bool dotted = length(mod(at, 8.0) - vec2(4.0)) < 1.3;
    bool is_ink = (pattern > 0.5 && pattern < 1.5 && rising) || (pattern > 1.5 && pattern < 2.5 && falling)
        || (pattern > 2.5 && pattern < 3.5 && (rising || falling)) || (pattern > 3.5 && dotted);
    gl_FragColor = is_ink ? ink : ground;
}
"""

# Triangles without an area draw nothing; see `cellwright.ui.canvas.boxes` for why nothing is ever hidden.
_NOWHERE: NDArray[np.float32] = np.zeros((3, 2), np.float32)


class LedgerTilesVisual(Visual):  # type: ignore[misc]
    """Two triangles a tile.

    Parameters
    ----------
    ratio : float
        Device pixels per logical pixel.
    """

    def __init__(self, ratio: float = 1.0) -> None:
        super().__init__(_VERTEX, _FRAGMENT)
        self.unfreeze()
        self.coverage: Coverage | None = None
        self._draw_mode = "triangles"
        self.shared_program["a_corner"] = gloo.VertexBuffer(_NOWHERE)
        self.shared_program["a_look"] = gloo.VertexBuffer(np.zeros(3, np.float32))
        for at, look in enumerate(LOOKS):
            self.shared_program[f"u_ground[{at}]"] = look.ground
            self.shared_program[f"u_ink[{at}]"] = look.ink
            self.shared_program[f"u_pattern[{at}]"] = float(look.pattern)
        self.shared_program["u_ratio"] = float(ratio)
        self.set_gl_state("translucent", depth_test=False, cull_face=False)
        self.freeze()

    def show(self, coverage: Coverage | None) -> None:
        """Draw this account; None or an empty one draws nothing."""
        if coverage is self.coverage:
            return
        self.coverage = coverage
        corners, looks = _NOWHERE, np.zeros(3, np.float32)
        if coverage is not None and coverage.records:
            boxes, of_tile = tiles_of(coverage)
            y0, x0, y1, x1 = boxes.T
            corners = np.stack([x0, y0, x1, y0, x1, y1, x0, y0, x1, y1, x0, y1], axis=1).reshape(-1, 2)
            looks = np.repeat(of_tile, 6)
        self.shared_program["a_corner"] = gloo.VertexBuffer(np.ascontiguousarray(corners, np.float32))
        self.shared_program["a_look"] = gloo.VertexBuffer(np.ascontiguousarray(looks, np.float32))
        self.update()

    def _prepare_transforms(self, view: Any) -> None:
        view.view_program.vert["transform"] = view.get_transform()

    def _prepare_draw(self, view: Any) -> bool:  # noqa: ARG002 - passed by name
        return self.coverage is not None

    def _compute_bounds(self, _axis: int, _view: Any) -> tuple[float, float]:
        return (0.0, 1.0)


LedgerTiles = create_visual_node(LedgerTilesVisual)
"""The visual as a node of a scene."""

"""Where the cells of an endless smear lie: a loosened lattice in which neighbours push each other apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box
from cellwright.testing.cells import Kind, Outline, draw_outline, radius_of
from cellwright.testing.noise import Field, local_generator

_SITES, _LOOKS, _PLATELETS = 1, 2, 3
_ROUNDS = 3
# Rows and columns of the lattice that can reach a place: one a round of pushing, and the largest cell's own width.
_RIM = 2 * _ROUNDS + 4
_WHITE_MIX = (
    (Kind.NEUTROPHIL, 0.58),
    (Kind.LYMPHOCYTE, 0.24),
    (Kind.MONOCYTE, 0.09),
    (Kind.EOSINOPHIL, 0.06),
    (Kind.BASOPHIL, 0.03),
)
_NEIGHBOURS = tuple((i, j) for i in (-2, -1, 0, 1, 2) for j in (-2, -1, 0, 1, 2) if (i, j) != (0, 0))


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the smear, before it is drawn.

    Parameters
    ----------
    kind : Kind
        What it is.
    site : (int, int, int)
        Purpose, row and column of the lattice site it belongs to: its identity in this smear.
    centre : (float, float)
        y, x in level-0 pixels.
    outline : Outline
        Its rim.
    """

    kind: Kind
    site: tuple[int, int, int]
    centre: tuple[float, float]
    outline: Outline

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """y0, x0, y1, x1 of the rim in level-0 pixels."""
        y0, x0, y1, x1 = self.outline.extent()
        return self.centre[0] + y0, self.centre[1] + x0, self.centre[0] + y1, self.centre[1] + x1


@dataclass(frozen=True, slots=True)
class Layout:
    """What decides where cells lie.

    Parameters
    ----------
    seed : int
        Which smear, >= 0.
    red_cell_px : float
        Mean diameter of a red cell in pixels.
    crowding : float
        Share of lattice sites that hold a cell, in (0, 1].
    white_share : float
        Share of cells that are white, in [0, 1]; about 0.001 in a healthy person.
    platelet_share : float
        Share of the gaps between cells that hold a platelet, in [0, 1].
    """

    seed: int
    red_cell_px: float
    crowding: float
    white_share: float
    platelet_share: float

    @property
    def pitch_px(self) -> float:
        """Distance between neighbouring sites of the lattice."""
        return 1.28 * self.red_cell_px

    def cells_in(self, box: Box) -> Iterator[Cell]:
        """Yield the cells that may reach into `box`, in an order that depends on the lattice alone."""
        pitch_y, pitch_x = 0.866 * self.pitch_px, self.pitch_px
        i0, i1 = int(box.y0 // pitch_y) - _RIM, int(box.y1 // pitch_y) + _RIM + 1
        j0, j1 = int(box.x0 // pitch_x) - _RIM, int(box.x1 // pitch_x) + _RIM + 1
        sites = _Sites(self, i0, i1, j0, j1)
        sites.push_apart()
        reach = Box(box.y0, box.x0, box.y1, box.x1).grow(int(self.red_cell_px * 1.6))
        yield from (cell for cell in sites.cells() if reach.contains_point(*cell.centre))
        yield from (cell for cell in sites.platelets() if reach.contains_point(*cell.centre))


class _Sites:
    """The lattice sites of one window of the plane: what each holds and where it lies."""

    def __init__(self, layout: Layout, i0: int, i1: int, j0: int, j1: int) -> None:
        self.layout = layout
        self.origin = (i0, j0)
        rows, columns = i1 - i0, j1 - j0
        drawn = np.empty((rows, columns, 6))
        for i in range(rows):
            for j in range(columns):
                drawn[i, j] = local_generator(layout.seed, _SITES, i0 + i, j0 + j).random(6)
        self.drawn = drawn
        self.kinds = [[self._kind(*drawn[i, j, :3]) for j in range(columns)] for i in range(rows)]
        radius = layout.red_cell_px / 2
        radii = [[radius_of(kind, radius) if kind else 0.0 for kind in row] for row in self.kinds]
        self.radius: Field = np.array(radii)
        self.is_white: NDArray[np.bool_] = self.radius > 1.05 * radius
        self.lattice = self._lattice(np.arange(i0, i1), np.arange(j0, j1))
        self.centres = self.lattice + 0.76 * layout.pitch_px * (drawn[..., 3:5] - 0.5)

    def _kind(self, is_taken: float, is_white: float, which: float) -> Kind | None:
        if is_taken >= self.layout.crowding:
            return None
        if is_white >= self.layout.white_share:
            return Kind.RED
        for kind, share in _WHITE_MIX:
            if which < share:
                return kind
            which -= share
        return Kind.NEUTROPHIL

    def _lattice(self, i: NDArray[np.int_], j: NDArray[np.int_]) -> Field:
        """(I, J, 2) sites of a hexagonal lattice: every other row moved by half a step."""
        y = np.broadcast_to((0.866 * self.layout.pitch_px * i)[:, None], (len(i), len(j)))
        x = self.layout.pitch_px * (j[None, :] + 0.5 * (i % 2)[:, None])
        return np.stack([y, x], axis=-1)

    def push_apart(self) -> None:
        """Move cells out of each other: red cells until they overlap a little, white cells keep their room."""
        for _ in range(_ROUNDS):
            move = np.zeros_like(self.centres)
            for away, overlap in self._overlaps():
                move += 0.55 * np.maximum(overlap, 0.0)[..., None] * away
            # A white cell is heavy: its neighbours make way.
            self.centres = self.centres + np.where(self.is_white[..., None], 0.25, 1.0) * move

    def _overlaps(self) -> Iterator[tuple[Field, Field]]:
        """Per neighbour: (I, J, 2) unit vectors away from it and (I, J) how far both are too close, in pixels."""
        rows, columns = self.radius.shape
        for di, dj in _NEIGHBOURS:
            centre = np.full((rows, columns, 2), np.inf)
            radius = np.zeros((rows, columns))
            is_white = np.zeros((rows, columns), bool)
            here = (slice(max(0, -di), rows - max(0, di)), slice(max(0, -dj), columns - max(0, dj)))
            there = (slice(max(0, di), rows - max(0, -di)), slice(max(0, dj), columns - max(0, -dj)))
            centre[here], radius[here] = self.centres[there], self.radius[there]
            is_white[here] = self.is_white[there]
            offset = np.where(np.isfinite(centre), self.centres - centre, 1e6)
            distance = np.maximum(np.hypot(offset[..., 0], offset[..., 1]), 1e-6)
            # How much of both radii must lie between: pairs of red cells differ, so that some overlap.
            slack = 0.74 + 0.30 * np.mod(self.drawn[..., 5] + self._other(self.drawn[..., 5], here, there), 1.0)
            share = np.where(self.is_white | is_white, 1.0, slack)
            wanted = np.where((radius > 0) & (self.radius > 0), share * (radius + self.radius), 0.0)
            yield offset / distance[..., None], wanted - distance

    @staticmethod
    def _other(values: Field, here: tuple[slice, slice], there: tuple[slice, slice]) -> Field:
        out = np.zeros_like(values)
        out[here] = values[there]
        return out

    def _is_crushed(self) -> NDArray[np.bool_]:
        """Red cells that could not get out of a white one's way, and white ones that lie in another."""
        worst = np.zeros(self.radius.shape)
        for _, overlap in self._overlaps():
            worst = np.maximum(worst, overlap)
        return np.asarray(worst > 0.45 * self.layout.red_cell_px)

    def cells(self) -> Iterator[Cell]:
        """Yield red and white cells, row by row."""
        crushed = self._is_crushed()
        for (i, j), radius in np.ndenumerate(self.radius):
            kind = self.kinds[i][j]
            if kind is None or radius == 0 or (crushed[i, j] and kind is Kind.RED):
                continue
            site = (_LOOKS, self.origin[0] + i, self.origin[1] + j)
            y, x = self.centres[i, j]
            outline = draw_outline(kind, self.layout.red_cell_px / 2, local_generator(self.layout.seed, *site))
            yield Cell(kind, site, (float(y), float(x)), outline)

    def platelets(self) -> Iterator[Cell]:
        """Yield the platelets that lie free in the gaps between cells."""
        taken = self.radius > 0
        centres, radii = self.centres[taken], self.radius[taken]
        gap = self.lattice + self.layout.pitch_px * np.array([0.29, 0.5])
        for (i, j), _ in np.ndenumerate(self.radius):
            site = (_PLATELETS, self.origin[0] + i, self.origin[1] + j)
            random = local_generator(self.layout.seed, *site)
            u = random.random(3)
            if u[0] >= self.layout.platelet_share:
                continue
            centre = gap[i, j] + 0.5 * self.layout.pitch_px * (u[1:] - 0.5)
            outline = draw_outline(Kind.PLATELET, self.layout.red_cell_px / 2, random)
            room = np.hypot(*(centres - centre).T) - radii
            if room.min(initial=np.inf) > 0.8 * outline.radius_px:
                yield Cell(Kind.PLATELET, site, (float(centre[0]), float(centre[1])), outline)

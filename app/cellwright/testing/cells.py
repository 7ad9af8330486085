"""How one cell of a Wright-stained smear looks: the light it absorbs, drawn on a patch of its own."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from cellwright.testing.noise import Field, clouds

# Optical densities by channel (red, green, blue) at full thickness, near what log(background / cell) is on real smears.
_HAEMOGLOBIN = np.array([0.215, 0.325, 0.215])
_CHROMATIN = np.array([1.12, 1.98, 0.40])
_PLATELET = np.array([0.70, 1.05, 0.26])


class Kind(str, Enum):
    """What a cell is."""

    RED = "red"
    """Erythrocyte: a disc, paler in the middle."""
    NEUTROPHIL = "neutrophil"
    """Two to five lobes on a string, pale pink fine grains."""
    LYMPHOCYTE = "lymphocyte"
    """A round nucleus that leaves a narrow rim of blue."""
    MONOCYTE = "monocyte"
    """Large, a bent nucleus, grey-blue with small holes."""
    EOSINOPHIL = "eosinophil"
    """Two lobes among coarse brick-red grains."""
    BASOPHIL = "basophil"
    """Coarse violet grains that hide the nucleus."""
    PLATELET = "platelet"
    """A small ragged speck, violet grains in pale blue."""


@dataclass(frozen=True, slots=True)
class _White:
    """Looks of one kind of white cell: radius in red-cell radii, cytoplasm, grains, nucleus strength."""

    radius: float
    cytoplasm: tuple[float, float, float]
    grains: tuple[float, float, float]
    grain_size: float
    chromatin: float


_WHITES = {
    Kind.NEUTROPHIL: _White(1.62, (0.15, 0.25, 0.14), (0.08, 0.17, 0.07), 0.030, 1.00),
    Kind.LYMPHOCYTE: _White(1.30, (0.40, 0.34, 0.06), (0.06, 0.08, 0.03), 0.060, 0.95),
    Kind.MONOCYTE: _White(1.85, (0.36, 0.36, 0.11), (0.12, 0.14, 0.05), 0.040, 0.85),
    Kind.EOSINOPHIL: _White(1.60, (0.22, 0.52, 0.36), (0.16, 0.44, 0.30), 0.052, 1.00),
    Kind.BASOPHIL: _White(1.48, (0.55, 0.90, 0.30), (0.80, 1.20, 0.40), 0.110, 0.80),
}


@dataclass(frozen=True, slots=True)
class Outline:
    """A closed curve around a centre: radius by angle.

    Parameters
    ----------
    radius_px : float
        Mean radius.
    stretch, angle : float
        Long over short axis, and where the long one points, in radians.
    waves : (K, 3) ndarray of float64
        Waves along the curve: how many a turn, how high (a share of the radius), where they begin (radians).
    tail : float
        Length of a teardrop's tail as a share of the radius; 0 for none.
    """

    radius_px: float
    stretch: float
    angle: float
    waves: Field
    tail: float = 0.0

    def at(self, theta: Field) -> Field:
        """Return the radius in pixels towards each angle (radians, measured from +x towards +y)."""
        turned = theta - self.angle
        ellipse = 1.0 / np.sqrt(np.cos(turned) ** 2 / self.stretch + np.sin(turned) ** 2 * self.stretch)
        ripple = np.ones_like(theta)
        for turns, height, phase in self.waves:
            ripple += height * np.cos(turns * theta + phase)
        pull = 1.0 + self.tail * np.exp(-0.5 * (np.angle(np.exp(1j * turned)) / 0.22) ** 2)
        return np.asarray(self.radius_px * ellipse * ripple * pull)

    def extent(self) -> tuple[float, float, float, float]:
        """Return y0, x0, y1, x1 of the curve in pixels from the centre."""
        theta = np.linspace(-np.pi, np.pi, 181)
        radius = self.at(theta)
        y, x = radius * np.sin(theta), radius * np.cos(theta)
        return float(y.min()), float(x.min()), float(y.max()), float(x.max())


def radius_of(kind: Kind, red_radius_px: float) -> float:
    """Return the mean radius in pixels of a kind of cell where red cells have `red_radius_px`."""
    if kind is Kind.RED:
        return red_radius_px
    if kind is Kind.PLATELET:
        return 0.37 * red_radius_px
    return _WHITES[kind].radius * red_radius_px


def draw_outline(kind: Kind, red_radius_px: float, random: np.random.Generator) -> Outline:
    """Draw the curve around a cell of this kind."""
    u = random.random(6)
    spread = 0.12 if kind is Kind.RED else 0.10
    radius = radius_of(kind, red_radius_px) * (1 + spread * (2 * u[0] - 1))
    heights = {Kind.RED: 0.018, Kind.PLATELET: 0.060}.get(kind, 0.022)
    turns = np.arange(2.0, 5.0 if kind is Kind.PLATELET else 8.0)
    drawn = random.random((len(turns), 2))
    waves = np.stack([turns, heights * (2 * drawn[:, 0] - 1) * 2 / np.sqrt(turns), 2 * np.pi * drawn[:, 1]], axis=1)
    if kind is Kind.RED and u[4] < 0.06:  # crenated: a scalloped rim
        waves = np.concatenate([waves, [[11.0 + np.floor(4 * u[5]), 0.03, 2 * np.pi * u[5]]]])
    stretch = 1 + (0.30 if kind is Kind.RED else 0.14) * u[1] ** 2
    tail = 0.55 * u[5] if kind is Kind.RED and u[3] < 0.03 else 0.0
    return Outline(radius, stretch, 2 * np.pi * u[2], waves, tail)


@dataclass(frozen=True, slots=True)
class Patch:
    """What one cell absorbs.

    Parameters
    ----------
    y0, x0 : int
        Where the patch begins in the picture.
    density : (Y, X, 3) ndarray of float64
        Optical density (natural logarithm) by channel; 0 where the cell is not. A bright fringe is below 0.
    """

    y0: int
    x0: int
    density: Field


def draw_cell(
    kind: Kind,
    centre: tuple[float, float],
    outline: Outline,
    softness_px: float,
    random: np.random.Generator,
) -> Patch:
    """Draw the light that one cell absorbs.

    Parameters
    ----------
    kind : Kind
        What to draw.
    centre : (float, float)
        y, x in the picture's pixels.
    outline : Outline
        The cell's rim, as `draw_outline` made it.
    softness_px : float
        Width of the rim in pixels: how far out of focus the cell lies.
    random : numpy.random.Generator
        Decides what distinguishes this cell from others of its kind.
    """
    extent = outline.extent()
    margin = int(np.ceil(3 * softness_px)) + 3
    y0, x0 = (int(np.floor(c + low)) - margin for c, low in zip(centre, extent[:2], strict=True))
    y1, x1 = (int(np.ceil(c + high)) + margin + 1 for c, high in zip(centre, extent[2:], strict=True))
    y, x = np.mgrid[y0:y1, x0:x1].astype(float)
    y, x = y + 0.5 - centre[0], x + 0.5 - centre[1]
    place = _Place(y, x, outline, softness_px)
    if kind is Kind.RED:
        density = _red(place, random)
    elif kind is Kind.PLATELET:
        density = _platelet(place, random)
    else:
        density = _white(kind, place, random)
    return Patch(y0, x0, density)


class _Place:
    """A patch's coordinates, seen from the cell: offset from its centre, depth below its rim."""

    def __init__(self, y: Field, x: Field, outline: Outline, softness_px: float) -> None:
        self.y, self.x = y, x
        self.outline = outline
        self.softness_px = softness_px
        distance = np.hypot(y, x)
        # The curve is smooth: a look-up in half-degree steps is right to a hundredth of a pixel, and ten times as fast.
        theta = np.linspace(-np.pi, np.pi, 721)
        rim = np.interp(np.arctan2(y, x), theta, outline.at(theta))
        self.depth_px: Field = rim - distance
        self.relative: Field = distance / rim
        self.inside: Field = _step(self.depth_px, softness_px)

    @property
    def shape(self) -> tuple[int, int]:
        return self.y.shape[0], self.y.shape[1]


def _step(depth_px: Field, width_px: float) -> Field:
    """0 outside, 1 inside, a smooth ramp `width_px` wide where the depth is 0."""
    t = np.clip(depth_px / width_px + 0.5, 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def _red(place: _Place, random: np.random.Generator) -> Field:
    u = random.random(6)
    radius, soft = place.outline.radius_px, place.softness_px
    off_y, off_x = 0.12 * radius * (2 * u[:2] - 1)
    middle = np.hypot(place.y - off_y, place.x - off_x) / radius
    pallor = 0.88 * np.clip(1.35 * u[2] - 0.05, 0.0, 1.0)
    thickness = 1.0 - pallor * np.exp(-((middle / (0.32 + 0.22 * u[3])) ** 3.2))
    thickness += 0.10 * np.exp(-(((place.relative - 0.80) / 0.16) ** 2))
    thickness *= 1.0 + 0.035 * clouds(random, place.shape, 0.28 * radius)
    # Light bends at the rim: a dark line inside, a bright one outside.
    fringe = 0.14 * np.exp(-(((place.depth_px - 0.6 * soft) / (0.6 * soft)) ** 2))
    fringe -= 0.12 * np.exp(-(((place.depth_px + 0.9 * soft) / (0.6 * soft)) ** 2))
    strength = 0.80 + 0.40 * u[4]
    hue = _HAEMOGLOBIN * (1.0 + 0.06 * (2 * u[5] - 1) * np.array([1.0, 0.0, -1.0]))
    return np.asarray((strength * thickness * place.inside + fringe)[..., None] * hue)


def _platelet(place: _Place, random: np.random.Generator) -> Field:
    radius = place.outline.radius_px
    grains = np.clip(0.40 + 1.3 * clouds(random, place.shape, 0.22 * radius), 0.0, 1.0)
    core = np.exp(-((place.relative / 0.80) ** 4))
    amount = (0.22 + 0.90 * grains * core) * place.inside * (0.85 + 0.3 * random.random())
    blue = 0.10 * place.inside * (1 - core)
    return np.asarray(amount[..., None] * _PLATELET + blue[..., None] * np.array([1.0, 0.6, 0.0]))


def _white(kind: Kind, place: _Place, random: np.random.Generator) -> Field:
    looks = _WHITES[kind]
    radius = place.outline.radius_px
    body = _cytoplasm(kind, looks, place, random)
    nucleus = _step(_nucleus_depth(kind, place, random), max(1.6, 0.8 * place.softness_px))
    chromatin = _CHROMATIN * looks.chromatin * (0.94 + 0.12 * random.random())
    # Clumped chromatin, with paler clefts between the clumps.
    clefts = np.exp(-((clouds(random, place.shape, 0.095 * radius) / 0.10) ** 2))
    patchy = clouds(random, place.shape, 0.16 * radius)
    fine = clouds(random, place.shape, 0.035 * radius)
    dense = (1.02 - 0.20 * clefts + 0.12 * patchy + 0.16 * fine)[..., None] * chromatin
    density = body * (1 - nucleus[..., None]) + dense * nucleus[..., None]
    if kind is Kind.BASOPHIL:
        density += _grains(looks, place, random)[..., None] * np.array(looks.grains) * nucleus[..., None] * 0.5
    return np.asarray(density * place.inside[..., None])


def _cytoplasm(kind: Kind, looks: _White, place: _Place, random: np.random.Generator) -> Field:
    radius = place.outline.radius_px
    cloud = 1.0 + 0.20 * clouds(random, place.shape, 0.25 * radius)
    if kind is Kind.MONOCYTE:  # vacuoles: small clear holes
        holes = clouds(random, place.shape, 0.10 * radius)
        cloud *= 1.0 - 0.55 * _step(holes - 0.42, 0.12)
    # The sheet thickens a little towards the rim, where grains and membrane gather.
    cloud *= 0.92 + 0.16 * place.relative**4
    body = cloud[..., None] * np.array(looks.cytoplasm)
    return np.asarray(body + _grains(looks, place, random)[..., None] * np.array(looks.grains))


def _grains(looks: _White, place: _Place, random: np.random.Generator) -> Field:
    """Grains as bumps of a rough field, between 0 and about 1."""
    rough = clouds(random, place.shape, max(1.5, looks.grain_size * place.outline.radius_px))
    return np.clip(0.30 + 1.5 * rough, 0.0, 1.0)


def _nucleus_depth(kind: Kind, place: _Place, random: np.random.Generator) -> Field:
    """Depth below the rim of the nucleus in pixels, negative outside; the rim is bent a little everywhere."""
    radius = place.outline.radius_px
    bend_y, bend_x = (0.085 * radius * clouds(random, place.shape, 0.24 * radius) for _ in range(2))
    y, x = place.y + bend_y, place.x + bend_x
    if kind in (Kind.LYMPHOCYTE, Kind.BASOPHIL):
        share = 0.80 if kind is Kind.LYMPHOCYTE else 0.74
        shift = 0.10 * radius * (2 * random.random(2) - 1)
        stretch = 1.0 + 0.14 * random.random()
        return np.asarray(share * radius - np.hypot((y - shift[0]) * stretch, x - shift[1]))
    if kind is Kind.MONOCYTE:
        return _bow(y, x, radius, lobes=9, sweep=2.6 + 0.9 * random.random(), bow=0.34, thickness=0.36, random=random)
    if kind is Kind.EOSINOPHIL:
        return _bow(y, x, radius, lobes=2, sweep=2.0 + 0.8 * random.random(), bow=0.42, thickness=0.33, random=random)
    lobes = 3 + int(3 * random.random())
    sweep = 3.4 + 1.6 * random.random()
    return _bow(y, x, radius, lobes=lobes, sweep=sweep, bow=0.47, thickness=0.62 / np.sqrt(lobes), random=random)


def _bow(
    y: Field,
    x: Field,
    radius: float,
    *,
    lobes: int,
    sweep: float,
    bow: float,
    thickness: float,
    random: np.random.Generator,
) -> Field:
    """Lobes along an arc, each tied to the next by a strand.

    `sweep` is how far round the arc goes in radians; `bow` the arc's radius and `thickness` the lobes', as shares of
    the cell's.
    """
    start = 2 * np.pi * random.random()
    jitter = random.random((lobes, 3))
    wobble = 0.25 if lobes < 9 else 0.04  # many lobes stand for one smooth band
    angles = start + sweep * np.linspace(0.0, 1.0, lobes) + wobble * (2 * jitter[:, 0] - 1) * 0.6
    arc = radius * bow * (1 + wobble * (2 * jitter[:, 1] - 1))
    centres = np.stack([arc * np.sin(angles), arc * np.cos(angles)], axis=1)
    # An arc that is not closed leans to one side; a nucleus lies near the middle.
    centres -= 0.6 * centres.mean(axis=0)
    sizes = radius * thickness * (1 + wobble * 1.2 * (2 * jitter[:, 2] - 1))
    depth = np.full_like(y, -np.inf)
    for (cy, cx), size, angle in zip(centres, sizes, angles, strict=True):
        along = (y - cy) * np.cos(angle) - (x - cx) * np.sin(angle)
        across = (y - cy) * np.sin(angle) + (x - cx) * np.cos(angle)
        depth = np.maximum(depth, size - np.hypot(along / 1.12, across * 1.08))
    strand = 0.12 * radius if lobes < 9 else 0.8 * sizes.mean()
    for first, second in itertools.pairwise(centres):
        depth = np.maximum(depth, strand - _distance_to_segment(y, x, first, second))
    return depth


def _distance_to_segment(y: Field, x: Field, first: Sequence[float] | Field, second: Sequence[float] | Field) -> Field:
    along_y, along_x = second[0] - first[0], second[1] - first[1]
    length2 = max(along_y**2 + along_x**2, 1e-9)
    t: NDArray[np.float64] = np.clip(((y - first[0]) * along_y + (x - first[1]) * along_x) / length2, 0.0, 1.0)
    return np.asarray(np.hypot(y - first[0] - t * along_y, x - first[1] - t * along_x))

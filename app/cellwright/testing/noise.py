"""Randomness that depends on where it is, not on what was drawn before: tiles of one picture fit together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box

Field = NDArray[np.float64]

_GRAIN_BLOCK_PX = 128
# Lattice indices may be negative; seeds may not.
_OFFSET = 1 << 31


def local_generator(seed: int, purpose: int, i: int, j: int) -> np.random.Generator:
    """Return the random numbers that belong to one place.

    Only `Generator.random` is asked of it, whose stream numpy keeps the same from version to version.
    """
    return np.random.Generator(np.random.PCG64([seed, purpose, i + _OFFSET, j + _OFFSET]))


def clouds(random: np.random.Generator, shape: tuple[int, int], grain_px: float) -> Field:
    """Draw smooth random values between -1 and 1.

    Parameters
    ----------
    random : numpy.random.Generator
        Where the values come from.
    shape : (int, int)
        Rows and columns.
    grain_px : float
        Distance over which the values change, in pixels, > 0.

    Returns
    -------
    (Y, X) ndarray of float64
    """
    rows, columns = (int(np.ceil(side / grain_px)) + 3 for side in shape)
    knots = 2.0 * random.random((rows, columns)) - 1.0
    return _spline_weights(shape[0], grain_px, rows) @ knots @ _spline_weights(shape[1], grain_px, columns).T


def _spline_weights(length: int, grain_px: float, knots: int) -> Field:
    """(length, knots) weights of the uniform cubic B-spline through equally spaced knots."""
    position = np.arange(length) / grain_px
    first = np.floor(position).astype(int)
    t = position - first
    weights = np.zeros((length, knots))
    pieces = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    for step, piece in enumerate(pieces):
        weights[np.arange(length), first + step] = piece / 6.0
    return weights


def waves(seed: int, purpose: int, box: Box, longest_px: float, count: int = 6) -> Field:
    """Return a slowly changing field over any part of an endless plane.

    Parameters
    ----------
    seed, purpose : int
        Which field.
    box : Box
        Which part of the plane, in pixels.
    longest_px : float
        The longest wavelength; the shortest is a third of it.
    count : int
        How many plane waves are added.

    Returns
    -------
    (Y, X) ndarray of float64
        Mean about 0, within -1 … 1.
    """
    random = local_generator(seed, purpose, 0, 0)
    y, x = np.arange(box.y0, box.y1), np.arange(box.x0, box.x1)
    total = np.zeros((box.height, box.width))
    for angle, stretch, phase in random.random((count, 3)):
        k = 2 * np.pi / (longest_px * (1 - 2 / 3 * stretch))
        along_y = k * np.sin(2 * np.pi * angle) * y + 2 * np.pi * phase
        along_x = k * np.cos(2 * np.pi * angle) * x
        # cos(a + b) as two outer products: no cosine per pixel.
        total += np.outer(np.cos(along_y), np.cos(along_x)) - np.outer(np.sin(along_y), np.sin(along_x))
    return np.asarray(total / count)


def grain(seed: int, purpose: int, box: Box) -> Field:
    """Return sensor noise over any part of an endless plane: (Y, X, 3) float64, mean 0, standard deviation about 1."""
    side = _GRAIN_BLOCK_PX
    out = np.empty((box.height, box.width, 3))
    for i in range(box.y0 // side, -(-box.y1 // side)):
        for j in range(box.x0 // side, -(-box.x1 // side)):
            part = box.intersect(Box(i * side, j * side, (i + 1) * side, (j + 1) * side))
            # Four uniform numbers added are near enough to a bell curve for a camera.
            block = local_generator(seed, purpose, i, j).random((side, side, 3, 4)).sum(axis=-1)
            inside = block[part.y0 - i * side : part.y1 - i * side, part.x0 - j * side : part.x1 - j * side]
            out[part.y0 - box.y0 : part.y1 - box.y0, part.x0 - box.x0 : part.x1 - box.x0] = inside
    return np.asarray((out - 2.0) * np.sqrt(3.0))


def soften(picture: Field, sigma_px: float, margin: int) -> Field:
    """Blur (Y, X, C) values with a Gaussian and cut `margin` pixels off every side, which the blur has used up."""
    reach = np.arange(-margin, margin + 1)
    weights = np.exp(-0.5 * (reach / sigma_px) ** 2)
    weights /= weights.sum()
    for axis in (0, 1):
        length = picture.shape[axis] - 2 * margin
        parts = (np.take(picture, range(k, k + length), axis=axis) * w for k, w in enumerate(weights))
        picture = sum(parts, start=np.zeros(1))
    return picture

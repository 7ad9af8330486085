"""The cell that a person points at: what a network found there, else what sets itself off from its surroundings."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation.geometry import Geometry
from cellwright.core import BadParameter, Box
from cellwright.shapes import masks_from_labels

_Picture = NDArray[np.float32]
_Mask = NDArray[np.bool_]

_SEED = 0.12
"""Radius of what surely belongs to the cell that was clicked, as a part of its usual size."""

_WINDOW = 1.6
"""How far a click looks around, as a part of the usual size."""

_FEWEST = 10
"""Pixels of ground that anything can be concluded from."""

_NARROWEST = 3
"""Sides of the smallest box that anything can be found in."""

_TURNS, _PRIOR, _MOST_SURE = 3, 4.0, 4.0
"""How often the two kinds are estimated; how much the ellipse weighs; how much one pixel's colour may say at most."""

_LEAST_VARIANCE = 0.02
"""Of either kind: without it the few values in between, along a sharp edge, would all count as the more varied kind."""

_SMALLEST, _LARGEST = 0.08, 4.0
"""What is found must have between so much and so much of the area of a disc of the usual size."""

_ROUNDEST, _CLEAREST = 0.88, 1.6
"""Least part of its convex hull that a cell fills, and how many standard deviations it differs from the ground around.

What a threshold makes of noise is ragged and hardly darker than its surroundings. Of 360 clicks on noise of ten kinds
3 still find something (138 without this), of 392 beside real nuclei and blood cells 10 (133 without); of what was found
rightly, 4 % of the nuclei and 16 % of the blood cells are lost.
"""


def found_at_click(
    crop: NDArray[np.generic],
    origin: tuple[int, int],
    click: tuple[float, float],
    size_px: float,
    *,
    labels: NDArray[np.integer] | None = None,
    probability: NDArray[np.floating] | None = None,
) -> Geometry | None:
    """Return the cell under a click.

    What is more like the place clicked than like its surroundings, by Otsu's threshold (1979) of how far each colour is
    from it, is parted from cells that touch it by a watershed of the depth below its outline.

    Parameters
    ----------
    crop : (H, W) or (H, W, C) ndarray
        The picture around the click, of any scale of values.
    origin : (int, int)
        y, x of the crop's first pixel in level-0 pixels.
    click : (float, float)
        y, x in level-0 pixels (edges count).
    size_px : float
        The usual diameter of a cell here, > 0; right within a factor of two is enough.
    labels : (H, W) ndarray of int, optional
        What the loaded network found: an object's number, 0 for the ground. What it says at the click is the answer.
    probability : (H, W) ndarray of float, optional
        The loaded network's probability that a pixel belongs to an object. Where given, it takes the picture's place.

    Returns
    -------
    Geometry or None
        A mask; None where nothing there sets itself off, or only something far smaller or larger than a cell, that
        goes on beyond what is looked at, or is as ragged and faint as noise.

    Raises
    ------
    BadParameter
        If the click is outside the crop, a map has another shape than the crop, or the size is not above 0.
    """
    if not 0 < size_px < math.inf:
        raise BadParameter(f"A cell cannot be {size_px} pixels wide; give its usual diameter, above 0.")
    row, column = math.floor(click[0]) - origin[0], math.floor(click[1]) - origin[1]
    if not (0 <= row < crop.shape[0] and 0 <= column < crop.shape[1]):
        raise BadParameter(f"The click at y {click[0]:g}, x {click[1]:g} lies outside the picture that was read.")
    for each in (labels, probability):
        if each is not None and each.shape != crop.shape[:2]:
            raise BadParameter(f"A network's map of {each.shape} does not lie over a picture of {crop.shape[:2]}.")
    if labels is not None and labels[row, column]:
        return _at(labels == labels[row, column], origin)
    reach = math.ceil(_WINDOW * size_px)
    y0, x0 = max(0, row - reach), max(0, column - reach)
    window = (slice(y0, row + reach + 1), slice(x0, column + reach + 1))
    at = (row - y0, column - x0)
    if probability is not None:
        features, covered = None, np.asarray(probability[window]) >= 0.5
    else:
        features = _features(crop[window], size_px)
        covered = _like_the_click(features, at, size_px)
    if not covered[at]:
        return None
    found = _own_part(covered, at, size_px)
    disc = math.pi / 4 * size_px**2
    if not _SMALLEST * disc <= int(found.sum()) <= _LARGEST * disc:
        return None
    if features is not None and not (
        _ends_within(found, (y0, x0), crop.shape[:2]) and _stands_out(features, covered, found, size_px)
    ):
        return None
    return _at(found, (origin[0] + y0, origin[1] + x0))


def found_in_box(crop: NDArray[np.generic], origin: tuple[int, int], box: Box) -> Geometry | None:
    """Return the cell that fills a box that was drawn around it.

    Cell and ground are two normal distributions of colour and of how rough the picture is, estimated in turns from
    what was taken for each (as GrabCut does with mixtures: Rother, Kolmogorov & Blake, 2004), beginning with the
    ellipse that fills the box, which also weighs in throughout.

    Parameters
    ----------
    crop : (H, W) or (H, W, C) ndarray
        The picture around the box, of any scale of values.
    origin : (int, int)
        y, x of the crop's first pixel in level-0 pixels.
    box : Box
        In level-0 pixels; nothing outside is part of the answer.

    Returns
    -------
    Geometry or None
        A mask without holes; None where the box is smaller than 3 pixels, lies outside the crop or holds no cell.
    """
    height, width = crop.shape[:2]
    inner = box.shift(-origin[0], -origin[1]).intersect(Box(0, 0, height, width))
    if min(inner.height, inner.width) < _NARROWEST:
        return None
    side = min(inner.height, inner.width)
    features = _features(crop[inner.y0 : inner.y1, inner.x0 : inner.x1], side)
    if not features.any():  # all alike
        return None
    features = _with_roughness(features)
    found = _connected(_two_kinds(features, side))
    return _at(found, (origin[0] + inner.y0, origin[1] + inner.x0)) if found.any() else None


def _features(crop: NDArray[np.generic], size_px: float) -> _Picture:
    """Return (H, W, C) float32, smoothed a little, each channel in [0, 1] over what is seen."""
    from scipy.ndimage import gaussian_filter

    pixels = np.asarray(crop, np.float32)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels[..., :3]
    blur = min(2.0, size_px / 20)
    smooth = gaussian_filter(pixels, (blur, blur, 0))
    low, high = np.quantile(smooth, (0.005, 0.995), axis=(0, 1))
    scaled: _Picture = ((smooth - low) / max(float((high - low).max()), 1e-6)).astype(np.float32)
    return scaled


def _with_roughness(features: _Picture) -> _Picture:
    """Return the channels and one more: the standard deviation around each pixel, in [0, 1]."""
    from scipy.ndimage import gaussian_filter

    grey = features.mean(2)
    rough = np.sqrt(np.maximum(gaussian_filter(grey * grey, 2) - gaussian_filter(grey, 2) ** 2, 0))
    return np.concatenate([features, (rough / max(float(rough.max()), 1e-6))[..., None]], 2)


def _two_kinds(features: _Picture, side: int) -> _Mask:
    """Return which pixels of a box are the cell's."""
    from scipy.ndimage import gaussian_filter

    height, width = features.shape[:2]
    y, x = np.ogrid[:height, :width]
    away = np.hypot((y + 0.5) / height * 2 - 1, (x + 0.5) / width * 2 - 1)
    cell: _Mask = away < 0.8
    for _ in range(_TURNS):
        if min(int(cell.sum()), int((~cell).sum())) <= features.shape[2]:
            break
        more = np.clip(_likelihood(features, cell) - _likelihood(features, ~cell), -_MOST_SURE, _MOST_SURE)
        cell = gaussian_filter(more, max(1.0, side / 25)) + _PRIOR * (0.9 - away) > 0
    return cell


def _likelihood(features: _Picture, kind: _Mask) -> NDArray[np.float64]:
    """Return the logarithm of how likely each pixel is under the normal distribution of one kind."""
    sample = features[kind].astype(np.float64)
    spread = np.cov(sample.T) + _LEAST_VARIANCE * np.eye(features.shape[2])
    off = features - sample.mean(0)
    square = np.einsum("yxi,ij,yxj->yx", off, np.linalg.inv(spread), off)
    likelihood: NDArray[np.float64] = -0.5 * (square + np.linalg.slogdet(spread)[1])
    return likelihood


def _like_the_click(features: _Picture, at: tuple[int, int], size_px: float) -> _Mask:
    """Return which pixels are more like those clicked than like the ground around; none where all are alike."""
    from skimage.filters import threshold_otsu

    near = _disc(features.shape[:2], at, max(1.0, _SEED * size_px))
    seed = np.median(features[near], axis=0)
    far = np.sqrt(((features - seed) ** 2).sum(2))
    if float(far.max()) <= float(far.min()):
        return np.zeros(far.shape, np.bool_)
    alike: _Mask = far <= threshold_otsu(far)  # type: ignore[no-untyped-call]
    return alike


def _disc(shape: tuple[int, ...], at: tuple[int, int], radius: float) -> _Mask:
    y, x = np.ogrid[: shape[0], : shape[1]]
    inside: _Mask = (y - at[0]) ** 2 + (x - at[1]) ** 2 <= radius * radius
    return inside


def _own_part(covered: _Mask, at: tuple[int, int], size_px: float) -> _Mask:
    """Return the part of what is covered that belongs to the click, parted from cells that touch it at the waists."""
    from scipy.ndimage import binary_fill_holes, distance_transform_edt, gaussian_filter, label
    from skimage.feature import peak_local_max
    from skimage.segmentation import watershed

    parts, _ = label(covered)
    filled = binary_fill_holes(parts == parts[at])
    depth = gaussian_filter(distance_transform_edt(np.pad(filled, 1))[1:-1, 1:-1], max(0.5, size_px / 16))
    apart = max(1, round(0.3 * size_px))
    inside = filled.astype(np.int32)
    peaks = peak_local_max(depth, apart, labels=inside, exclude_border=False)  # type: ignore[no-untyped-call]
    markers = np.zeros(covered.shape, np.int32)
    for number, (y, x) in enumerate(peaks, 1):
        markers[y, x] = number
    basins = watershed(-depth, markers, mask=filled)  # type: ignore[no-untyped-call]
    found: _Mask = basins == basins[at]
    return found


def _ends_within(found: _Mask, corner: tuple[int, int], shape: tuple[int, ...]) -> bool:
    """Whether what was found ends inside the window, but for the sides where the crop itself ends."""
    height, width = found.shape
    sides = (
        corner[0] > 0 and found[0].any(),
        corner[1] > 0 and found[:, 0].any(),
        corner[0] + height < shape[0] and found[-1].any(),
        corner[1] + width < shape[1] and found[:, -1].any(),
    )
    return not any(sides)


def _stands_out(features: _Picture, covered: _Mask, found: _Mask, size_px: float) -> bool:
    """Whether what was found is as round and as clear as cells are, and noise is not; see `_ROUNDEST`."""
    from scipy.ndimage import binary_dilation, binary_erosion
    from skimage.measure import regionprops

    if float(regionprops(found.astype(np.uint8))[0].solidity) < _ROUNDEST:  # type: ignore[no-untyped-call]
        return False
    rim = max(1, round(0.08 * size_px))
    inner = binary_erosion(found, iterations=rim)
    near, beside = binary_dilation(found, iterations=rim), binary_dilation(found, iterations=3 * rim)
    ground = beside & ~near & ~covered
    cell = features[inner if inner.any() else found]
    around = features[ground if int(ground.sum()) >= _FEWEST else ~covered]
    if len(around) < _FEWEST:
        return False
    apart = np.abs(cell.mean(0) - around.mean(0)).max()
    spread = math.hypot(float(cell.std(0).max()), float(around.std(0).max())) / math.sqrt(2)
    return bool(apart >= _CLEAREST * spread)


def _connected(mask: _Mask) -> _Mask:
    """Return the connected part with most pixels, its holes filled."""
    from scipy.ndimage import binary_fill_holes, label

    parts, count = label(mask)
    if not count:
        return mask
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    filled: _Mask = binary_fill_holes(parts == int(sizes.argmax()))
    return filled


def _at(found: _Mask, origin: tuple[int, int]) -> Geometry:
    return Geometry.of_mask(masks_from_labels(found, origin)[0])

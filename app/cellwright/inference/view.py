"""How a picture is shown to a network: at which scale, fitted whole or in tiles, and what is read for each tile."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Box, PixelSize, Region
from cellwright.imaging import Limits, Slide, read_rgb
from cellwright.inference.tiles import Tile, shifted_tiles
from cellwright.zoo import InputContract, ModelCard

FILL = 114
"""Grey level of what is added to reach a multiple of the stride; networks are trained with the same."""
FIT_LIMIT = 2.0
"""A picture whose long side is at most this many tile sides is fitted into one tile."""


DENSE_TILE_PX = 2048
"""Least side of a tile for networks that answer for every pixel, in their own pixels: they take any size alike, and the
more a tile holds, the less is looked at twice."""

REGION_TILES = 1.25
"""How many of its tiles' sides a network of masks in boxes looks at at once."""


@dataclass(frozen=True, slots=True)
class View:
    """The plan of looking at one picture.

    Parameters
    ----------
    tiles : tuple of Tile
        Which parts are looked at, in level-0 pixels.
    downsample : float
        Level-0 pixels per pixel read.
    fit_px : int or None
        Long side each tile is resized to after reading; None to leave what is read.
    input_shape : tuple of int
        Rows and columns the network is given, the same for every tile; multiples of the stride.
    notes : tuple of str
        What a person should know about the scale.
    """

    tiles: tuple[Tile, ...]
    downsample: float
    fit_px: int | None
    input_shape: tuple[int, int]
    notes: tuple[str, ...] = ()

    def content_shape(self, tile: Tile) -> tuple[int, int]:
        """Return rows and columns of the tile's own pixels in the network's input, before padding."""
        height, width = Region(tile.read, self.downsample).shape
        return fitted_shape((height, width), self.fit_px) if self.fit_px else (height, width)

    def step(self, tile: Tile) -> tuple[float, float]:
        """Return level-0 pixels per pixel of the network's input, down and across."""
        if not self.fit_px:
            return self.downsample, self.downsample
        # Height and width are rounded apart, so each has its own exact factor.
        height, width = self.content_shape(tile)
        return tile.read.height / height, tile.read.width / width


def plan_view(
    shape: tuple[int, int],
    pixel_size: PixelSize | None,
    contract: InputContract,
    object_px: float | None = None,
    largest: float = 1.0,
    origin: tuple[int, int] = (0, 0),
) -> View:
    """Choose how a picture is shown to a network.

    When the pixel sizes of picture and model are both known, the picture is read at the model's, unless they agree
    within the model's tolerance. Otherwise a picture up to `FIT_LIMIT` tiles long is fitted where the model asks for
    it: its long side becomes the tile's, its shape is kept. So is a picture of any size where tiles have no halo: such
    a model knows whole pictures only, as of a chest. Other larger ones are tiled at their own resolution, or shrunk as
    the model asks for, and tiles
    then begin at multiples of the stride, where the network sees the same as in the whole picture.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the picture.
    pixel_size : PixelSize or None
        Of its level-0 pixels.
    contract : InputContract
        What the network was trained to look at.
    object_px : float or None
        Diameter of a typical object in level-0 pixels, where a person measured it; comes before pixel sizes.
    largest : float
        The largest of the sizes that `at_size` will be asked for. Above 1, tiles are as much smaller, down to four
        halos, so that the network need not be given more than at its own size.
    origin : (int, int)
        How far the first tiles reach beyond the upper and left edge; see `shifted_tiles`.
    """
    if contract.centre < 1.0:
        return _centre_view(Box(0, 0, *shape), contract)
    downsample, notes = _measured_scale(object_px, contract)
    if downsample is None:
        downsample, notes = _physical_scale(pixel_size, contract)
    picture = Box(0, 0, *shape)
    is_small = contract.halo_px == 0 or max(shape) <= FIT_LIMIT * contract.tile_px
    if contract.fit and downsample is None and is_small:
        whole = Tile(0, picture, picture, picture)
        content = fitted_shape(shape, contract.tile_px)
        input_shape = _padded_shape([content], contract.stride)
        found = () if picture.is_empty else (whole,)
        return View(found, 1.0, contract.tile_px, input_shape, _fit_note(shape, content))
    scale = downsample or contract.shrink
    tile_px, halo_px = math.floor(contract.tile_px * scale), math.floor(contract.halo_px * scale)
    if largest > 1.0:
        # Where more than half of a tile were halo, tiles would be many times as many.
        tile_px = max(math.floor(tile_px / largest), min(tile_px, 4 * halo_px))
    align = contract.stride if scale == 1.0 and contract.stride <= tile_px - 2 * halo_px else 1
    tiles = shifted_tiles(picture, max(tile_px, 2 * halo_px + 1), halo_px, align, origin)
    contents = {Region(tile.read, scale).shape for tile in tiles}
    return View(tiles, scale, None, _padded_shape(contents, contract.stride), notes)


def _centre_view(picture: Box, contract: InputContract) -> View:
    """Show the square about the middle of a picture that a classifier asks for; its answer is about the whole."""
    if picture.is_empty:
        return View((), 1.0, contract.tile_px, (contract.stride, contract.stride))
    seen = centre_square(picture, contract.centre)
    tile = Tile(0, seen, picture, picture)
    return View((tile,), 1.0, contract.tile_px, (contract.tile_px, contract.tile_px))


def centre_square(picture: Box, share: float) -> Box:
    """Return the square about the middle of a picture whose side is a share of the shorter one, at least a pixel."""
    side = max(1, round(share * min(picture.height, picture.width)))
    y0 = picture.y0 + (picture.height - side) // 2
    x0 = picture.x0 + (picture.width - side) // 2
    return Box(y0, x0, y0 + side, x0 + side)


def at_size(view: View, size: float, stride: int) -> View:
    """Show the same tiles of a picture `size` times as large, 1 being as `view` does.

    Parameters
    ----------
    view : View
        From `plan_view`.
    size : float
        Above 0.
    stride : int
        Of the network.
    """
    if size == 1.0:
        return view
    downsample = view.downsample if view.fit_px else view.downsample / size
    fit_px = max(1, round(view.fit_px * size)) if view.fit_px else None
    scaled = View(view.tiles, downsample, fit_px, view.input_shape, view.notes)
    return replace(scaled, input_shape=_padded_shape({scaled.content_shape(tile) for tile in view.tiles}, stride))


def contract_in_use(card: ModelCard) -> InputContract:
    """Return what a model is to look at here: its card's contract, with larger tiles where more fit at no cost."""
    asked, kind = card.input, card.decoding.kind
    # A network whose stride is its tile takes that size and no other.
    if asked.fit or kind == "boxes" or asked.stride == asked.tile_px:
        return asked
    # A list of regions is only so long, so that tiles may grow by little: enough for a camera's 640 pixels at 512.
    least = REGION_TILES * asked.tile_px if kind == "regions" else DENSE_TILE_PX
    side = max(asked.tile_px, int(least) // asked.stride * asked.stride)
    return asked.model_copy(update={"tile_px": side})


def read_tile(slide: Slide, view: View, tile: Tile, limits: Limits, z: int = 0, t: int = 0) -> NDArray[np.uint8]:
    """Read what the network is shown of a tile.

    Returns
    -------
    (H, W, 3) ndarray of uint8
        `View.input_shape` rows and columns: the tile's pixels at the top left, grey below and right of them.

    Raises
    ------
    SlideNotReadable
        If the picture cannot be decoded there.
    """
    return shown(read_rgb(slide, Region(tile.read, view.downsample, z, t), limits), view)


def shown(pixels: NDArray[np.uint8], view: View) -> NDArray[np.uint8]:
    """Bring the (Y, X, 3) pixels of a tile, as read, into the shape that the network is given."""
    if view.fit_px:
        pixels = resized(pixels, fitted_shape((pixels.shape[0], pixels.shape[1]), view.fit_px))
    height, width = pixels.shape[:2]
    if (height, width) == view.input_shape:
        return np.ascontiguousarray(pixels)
    padded = np.full((*view.input_shape, 3), FILL, np.uint8)
    padded[:height, :width] = pixels
    return padded


def boxes_to_level0(boxes: NDArray[np.float32], view: View, tile: Tile, picture: Box) -> NDArray[np.float32]:
    """Move boxes from the network's input to level-0 pixels, cut off at the picture's edges.

    Parameters
    ----------
    boxes : (N, 4) ndarray of float32
        y0, x0, y1, x1 in pixels of the network's input.
    view, tile
        Where they were found.
    picture : Box
        The whole picture.

    Returns
    -------
    (N, 4) ndarray of float32
        y0, x0, y1, x1; y0 <= y1 and x0 <= x1, some of them empty where a box lay in the padding.
    """
    step = np.array(view.step(tile) * 2)
    offset = np.array([tile.read.y0, tile.read.x0] * 2)
    # In double precision: on a slide of 100,000 pixels float32 keeps only 1/128 of a pixel, once.
    moved = boxes.astype(np.float64) * step + offset
    low, high = np.array([picture.y0, picture.x0] * 2), np.array([picture.y1, picture.x1] * 2)
    moved = np.clip(moved, low, high)
    moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2])
    result: NDArray[np.float32] = moved.astype(np.float32)
    return result


def fitted_shape(shape: tuple[int, int], long_side: int) -> tuple[int, int]:
    """Return rows and columns of a picture whose long side becomes `long_side`, each at least 1."""
    scale = long_side / max(*shape, 1)
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def resized(pixels: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize (Y, X, 3) pixels linearly, averaging where they shrink, as training pictures are."""
    if pixels.shape[:2] == shape:
        return pixels
    from PIL import Image

    image = Image.fromarray(pixels).resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
    return np.asarray(image)


def _physical_scale(pixel_size: PixelSize | None, contract: InputContract) -> tuple[float | None, tuple[str, ...]]:
    """Return level-0 pixels per pixel to read, None where a size is unknown, and what to say about it."""
    if pixel_size is None or contract.um_per_px is None:
        return None, ()
    own = math.sqrt(pixel_size.area_um2)
    ratio = contract.um_per_px / own
    if 1 / contract.scale_tolerance <= ratio <= contract.scale_tolerance:
        return 1.0, ()
    note = (
        f"The picture has {own:.3g} µm/px and was analysed at {contract.um_per_px:.3g} µm/px, "
        "the scale that the model was trained at."
    )
    return ratio, (note,)


def _measured_scale(object_px: float | None, contract: InputContract) -> tuple[float | None, tuple[str, ...]]:
    """Return level-0 pixels per pixel to read from the sizes of objects, None where one of the two is unknown."""
    if object_px is None or contract.object_px is None:
        return None, ()
    if not 0.0 < object_px < math.inf:
        raise BadParameter(f"An object cannot be {object_px} pixels wide; measure one again.")
    ratio = object_px / contract.object_px
    if 1 / contract.scale_tolerance <= ratio <= contract.scale_tolerance:
        return 1.0, ()
    note = (
        f"A typical object of {object_px:.3g} px was looked at as {contract.object_px:.3g} px wide, "
        "the size that the model was trained on."
    )
    return ratio, (note,)


def _fit_note(shape: tuple[int, int], content: tuple[int, int]) -> tuple[str, ...]:
    if content == shape:
        return ()
    return (f"The picture of {shape[1]}×{shape[0]} pixels was analysed at {content[1]}×{content[0]}.",)


def _padded_shape(contents: list[tuple[int, int]] | set[tuple[int, int]], stride: int) -> tuple[int, int]:
    height = max((shape[0] for shape in contents), default=stride)
    width = max((shape[1] for shape in contents), default=stride)
    return -(-height // stride) * stride, -(-width // stride) * stride

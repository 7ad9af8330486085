"""The drawn pictures that come with Cellwright, under File ▸ Open Sample."""

from __future__ import annotations

from cellwright import sample_picture
from napari_cellwright.picture_layers import LayerTuple
from napari_cellwright.reading import read_pictures


def smear() -> list[LayerTuple]:
    """Return a drawn blood smear; try ``blood-cells-yolo`` on it."""
    return read_pictures(str(sample_picture("smear")))


def nuclei() -> list[LayerTuple]:
    """Return drawn nuclei in fluorescence; try ``nuclei-stardist`` on them."""
    return read_pictures(str(sample_picture("nuclei")))


def chest() -> list[LayerTuple]:
    """Return a drawn chest X-ray; try ``chest-unet`` on it."""
    return read_pictures(str(sample_picture("chest")))

"""The bundled sample pictures: which ones they are, and the command that draws them anew.

``python -m cellwright.testing.sample --picture nuclei --out resources/samples/nuclei.png``
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Objects
from cellwright.testing.chest import ChestPhantom
from cellwright.testing.nuclei import Nuclei
from cellwright.testing.smear import Smear

SAMPLE = Smear(seed=391, shape=(600, 800), red_cell_px=92.0, white_share=0.075, platelet_share=0.14)
"""The bundled smear: more white cells than a healthy person has, so that there is something of each class."""

SAMPLE_NUCLEI = Nuclei(seed=7, shape=(512, 640))
"""The bundled fluorescence field: some nuclei touch, some are dim."""

SAMPLE_CHEST = ChestPhantom(seed=3)
"""The bundled chest radiograph."""


@dataclass(frozen=True, slots=True)
class _Sample:
    """A sample as it goes into files."""

    what: str
    seed: int
    pixel_size_um: float | None
    read: Callable[[], NDArray[np.uint8] | NDArray[np.uint16]]
    truth: Callable[[], Objects]


_SAMPLES = {
    "smear": _Sample(
        "Every cell of the drawn sample smear; boxes are y0, x0, y1, x1 in pixels.",
        SAMPLE.seed,
        SAMPLE.pixel_size_um,
        lambda: SAMPLE.read(SAMPLE.box),
        SAMPLE.truth,
    ),
    "nuclei": _Sample(
        "Every nucleus of the drawn fluorescence field; boxes are y0, x0, y1, x1, areas are in pixels.",
        SAMPLE_NUCLEI.seed,
        SAMPLE_NUCLEI.pixel_size_um,
        lambda: SAMPLE_NUCLEI.read(SAMPLE_NUCLEI.box),
        SAMPLE_NUCLEI.truth,
    ),
    "chest": _Sample(
        "Lungs and heart of the drawn chest radiograph; boxes are y0, x0, y1, x1, areas are in pixels.",
        SAMPLE_CHEST.seed,
        None,
        SAMPLE_CHEST.read,
        SAMPLE_CHEST.truth,
    ),
}


def write_sample(path: Path, picture: str = "smear") -> Iterator[Path]:
    """Draw a sample as a PNG that carries its pixel size, and what is on it as JSON beside it; yield both paths.

    Parameters
    ----------
    path : Path
        The PNG.
    picture : "smear", "nuclei" or "chest"
        Which sample.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    sample = _SAMPLES[picture]
    path.parent.mkdir(parents=True, exist_ok=True)
    about = PngInfo()
    about.add_text("Software", "Cellwright: python -m cellwright.testing.sample")
    pixels = sample.read()
    resolution: dict[str, Any] = {}
    if sample.pixel_size_um is not None:
        resolution["dpi"] = (25_400.0 / sample.pixel_size_um,) * 2
    Image.fromarray(pixels).save(path, optimize=True, pnginfo=about, **resolution)
    yield path
    beside = path.with_suffix(".json")
    beside.write_text(json.dumps(_as_json(sample, pixels.shape[:2]), indent=1) + "\n", encoding="utf-8")
    yield beside


def _as_json(sample: _Sample, shape: tuple[int, ...]) -> dict[str, object]:
    truth = sample.truth()
    areas = None if truth.masks is None else truth.masks.areas().tolist()
    size = {} if sample.pixel_size_um is None else {"pixel_size_um": round(sample.pixel_size_um, 6)}
    return {
        "what": sample.what,
        "seed": sample.seed,
        "shape": list(shape),
        **size,
        "classes": list(truth.classes),
        "counts": dict(zip(truth.classes, truth.counts().tolist(), strict=True)),
        "objects": [
            {
                "id": name,
                "class": truth.classes[index],
                "box": [round(float(side), 1) for side in box],
                **({} if areas is None else {"area_px": areas[row]}),
            }
            for row, (name, index, box) in enumerate(
                zip(truth.id_strings(), truth.class_index, truth.boxes, strict=True)
            )
        ],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw a bundled sample anew."""
    parser = argparse.ArgumentParser(prog="python -m cellwright.testing.sample", description=main.__doc__)
    parser.add_argument("--picture", choices=tuple(_SAMPLES), default="smear", help="which one (default: smear)")
    parser.add_argument("--out", type=Path, required=True, help="the PNG to write; what is on it goes beside as JSON")
    options = parser.parse_args(arguments)
    list(write_sample(options.out, options.picture))


if __name__ == "__main__":
    main()
